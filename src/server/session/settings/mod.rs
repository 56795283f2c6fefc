//! The settings of one session: `SET`, `SHOW`, `RESET`, their life in transactions, and what the client is told of.
//!
//! Invariant: a setting that PostgreSQL does not have is refused (42704), except `prefix.name` ones, which PostgreSQL lets
//! any client invent and which mean nothing here. A value is checked before it is kept.
//! Left out: settings of the server itself; those are in its configuration file.

mod definitions;
mod postgres;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use sluice_base::{ClientError, Encoding, Language, SqlState, ToClient};

use definitions::{Change, Definition};
pub use definitions::{Kind, SERVER_VERSION, Unit};

/// Settings with an invented name that one session may hold.
const CUSTOM_MAX: usize = 64;

/// Why a setting cannot be shown or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// No such setting.
    #[error("no setting {0:?}")]
    Unknown(String),
    /// It tells a fact.
    #[error("setting {0:?} cannot be changed")]
    Fixed(String),
    /// In PostgreSQL, the client sets it as it connects.
    #[error("setting {0:?} belongs to the start of a session")]
    Start(String),
    /// In PostgreSQL, the server reads it as it starts.
    #[error("setting {0:?} belongs to the start of the server")]
    Restart(String),
    /// In PostgreSQL, it stands in the configuration.
    #[error("setting {0:?} belongs to the configuration")]
    Reload(String),
    /// In PostgreSQL, a superuser sets it.
    #[error("setting {0:?} is a superuser's to set")]
    Superuser(String),
    /// In PostgreSQL, a superuser sees it.
    #[error("setting {0:?} is a superuser's to see")]
    Withheld(String),
    /// Not a value for it.
    #[error("invalid value for setting {name:?}")]
    Invalid {
        /// The setting.
        name: String,
        /// What the client gave, cut.
        value: String,
        /// What it takes.
        allowed: Option<String>,
    },
    /// A number outside its bounds.
    #[error("value for setting {name:?} is outside {range}")]
    OutOfRange {
        /// The setting.
        name: String,
        /// The number that the client gave, with the setting's unit.
        value: String,
        /// Its bounds.
        range: String,
    },
    /// Neither on nor off.
    #[error("setting {0:?} is on or off")]
    NotBoolean(String),
    /// Too many invented names.
    #[error("more than {CUSTOM_MAX} settings of invented names")]
    TooMany,
}

impl ToClient for SettingError {
    fn to_client(&self) -> ClientError {
        match self {
            SettingError::Unknown(name) => ClientError::new(
                SqlState::UndefinedObject,
                format!("unrecognized configuration parameter \"{name}\""),
                format!("未知的配置参数 \"{name}\""),
            ),
            SettingError::Fixed(name) => ClientError::new(
                SqlState::CantChangeRuntimeParam,
                format!("parameter \"{name}\" cannot be changed"),
                format!("参数 \"{name}\" 不能修改"),
            ),
            SettingError::Start(name) => ClientError::new(
                SqlState::CantChangeRuntimeParam,
                format!("parameter \"{name}\" cannot be set after connection start"),
                format!("连接建立之后不能设置参数 \"{name}\""),
            ),
            SettingError::Restart(name) => ClientError::new(
                SqlState::CantChangeRuntimeParam,
                format!("parameter \"{name}\" cannot be changed without restarting the server"),
                format!("不重启服务器就不能修改参数 \"{name}\""),
            ),
            SettingError::Reload(name) => ClientError::new(
                SqlState::CantChangeRuntimeParam,
                format!("parameter \"{name}\" cannot be changed now"),
                format!("现在不能修改参数 \"{name}\""),
            ),
            SettingError::Superuser(name) => ClientError::new(
                SqlState::InsufficientPrivilege,
                format!("permission denied to set parameter \"{name}\""),
                format!("没有设置参数 \"{name}\" 的权限"),
            ),
            SettingError::Withheld(name) => ClientError::new(
                SqlState::InsufficientPrivilege,
                format!("must be superuser or have privileges of pg_read_all_settings to examine \"{name}\""),
                format!("只有超级用户或具有 pg_read_all_settings 权限者可以查看 \"{name}\""),
            ),
            SettingError::Invalid { name, value, allowed } => {
                let error = ClientError::new(
                    SqlState::InvalidParameterValue,
                    format!("invalid value for parameter \"{name}\": \"{value}\""),
                    format!("参数 \"{name}\" 的值无效: \"{value}\""),
                );
                match allowed {
                    Some(allowed) => {
                        error.hint(format!("Available values: {allowed}."), format!("可用的值: {allowed}。"))
                    }
                    None => error,
                }
            }
            SettingError::OutOfRange { name, value, range } => ClientError::new(
                SqlState::InvalidParameterValue,
                format!("{value} is outside the valid range for parameter \"{name}\" ({range})"),
                format!("{value} 超出参数 \"{name}\" 的有效范围 ({range})"),
            ),
            SettingError::NotBoolean(name) => ClientError::new(
                SqlState::InvalidParameterValue,
                format!("parameter \"{name}\" requires a Boolean value"),
                format!("参数 \"{name}\" 需要布尔值"),
            ),
            SettingError::TooMany => ClientError::new(
                SqlState::ConfigurationLimitExceeded,
                format!("a session may hold at most {CUSTOM_MAX} settings of its own naming"),
                format!("一个会话最多可有 {CUSTOM_MAX} 个自定义参数"),
            ),
        }
    }
}

/// What stands now: values of the session and, above them, those of the transaction alone.
#[derive(Debug, Clone, Default, PartialEq)]
struct Values {
    session: BTreeMap<String, String>,
    local: BTreeMap<String, String>,
}

/// One line of `SHOW ALL` and `pg_settings`.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Name.
    pub name: &'static str,
    /// Value as `SHOW` prints it.
    pub shown: String,
    /// Value in the base unit.
    pub raw: String,
    /// Kind of value.
    pub kind: Kind,
    /// Value after `RESET`, in the base unit.
    pub reset: String,
    /// Built-in default.
    pub boot: &'static str,
    /// Who may change it, as `pg_settings` says.
    pub context: &'static str,
    /// One line of description.
    pub description: &'static str,
}

/// The settings of one session.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the server knows of the session and of itself; stands where the client has said nothing.
    known: BTreeMap<String, String>,
    /// What the startup packet asked for: `RESET` goes back to it.
    reset: BTreeMap<String, String>,
    now: Arc<Values>,
    /// `[0]`: at the start of the transaction; `[i]`: at its i-th savepoint.
    saved: Vec<Arc<Values>>,
    /// What the client was last told.
    told: BTreeMap<&'static str, String>,
    /// Changes with the values; what is derived from them is kept under this number.
    generation: u64,
    /// The generation that the client was last told of.
    told_generation: Option<u64>,
    /// The server's bound on a statement, milliseconds; 0 is none.
    statement_timeout_max_ms: u64,
}

impl Settings {
    /// Built-in defaults, under the server's bound on a statement.
    pub fn new(statement_timeout_max_ms: u64) -> Settings {
        Settings {
            known: BTreeMap::new(),
            reset: BTreeMap::new(),
            now: Arc::default(),
            saved: Vec::new(),
            told: BTreeMap::new(),
            generation: 0,
            told_generation: None,
            statement_timeout_max_ms,
        }
    }

    /// Sets what the server knows about the session (user, TLS, default search path): facts included.
    pub fn establish(&mut self, name: &str, value: &str) {
        let Some(definition) = postgres::find(name) else { return };
        let before = self.known.insert(key(definition), value.to_string());
        if before.as_deref() != Some(value) {
            self.generation += 1;
        }
    }

    /// A setting from the startup packet: `RESET` goes back to it.
    ///
    /// # Errors
    /// As [`Settings::set`].
    pub fn start_with(&mut self, name: &str, value: &str) -> Result<(), SettingError> {
        let (key, value) = self.check(name, value)?;
        self.reset.insert(key, value);
        self.generation += 1;
        Ok(())
    }

    /// `SET name = value`; `None` is `DEFAULT`.
    ///
    /// # Errors
    /// [`SettingError`]: unknown, fixed, or not a value for it.
    pub fn set(&mut self, name: &str, value: Option<&str>, local: bool) -> Result<(), SettingError> {
        let Some(value) = value else { return self.reset(name, local) };
        let (key, value) = self.check(name, value)?;
        // What a transaction is, it is to its own end.
        let of_transaction = ["transaction_deferrable", "transaction_isolation", "transaction_read_only"];
        let local = local || of_transaction.contains(&key.as_str());
        let now = self.change();
        if local {
            now.local.insert(key, value);
        } else {
            now.local.remove(&key);
            now.session.insert(key, value);
        }
        Ok(())
    }

    /// Sets a value that a statement of its own has checked (`SET ROLE`), for the transaction alone where `local`.
    pub fn set_special(&mut self, name: &str, value: Option<&str>, local: bool) {
        let default = postgres::find(name).map_or("", |definition| definition.default);
        let now = self.change();
        if local {
            now.local.insert(name.to_string(), value.unwrap_or(default).to_string());
            return;
        }
        now.local.remove(name);
        match value {
            Some(value) => now.session.insert(name.to_string(), value.to_string()),
            None => now.session.remove(name),
        };
    }

    fn change(&mut self) -> &mut Values {
        self.generation += 1;
        Arc::make_mut(&mut self.now)
    }

    fn check(&self, name: &str, value: &str) -> Result<(String, String), SettingError> {
        let Some(definition) = postgres::find(name) else {
            let key = custom(name)?;
            if !self.now.session.contains_key(&key) && self.custom_count() >= CUSTOM_MAX {
                return Err(SettingError::TooMany);
            }
            return match value.len() <= 1_024 && !value.contains('\0') {
                true => Ok((key, value.to_string())),
                false => Err(SettingError::Invalid { name: key, value: String::new(), allowed: None }),
            };
        };
        may_change(definition)?;
        if definition.change == Change::Special {
            return Err(SettingError::Fixed(definition.name.to_string()));
        }
        let value = values::read(definition, value, &self.raw(definition))?;
        Ok((key(definition), value))
    }

    fn custom_count(&self) -> usize {
        let invented = |name: &&String| postgres::find(name).is_none();
        self.now.session.keys().chain(self.now.local.keys()).chain(self.reset.keys()).filter(invented).count()
    }

    /// `RESET name`
    ///
    /// # Errors
    /// Unknown or fixed.
    pub fn reset(&mut self, name: &str, local: bool) -> Result<(), SettingError> {
        let key = match postgres::find(name) {
            Some(definition) => {
                may_change(definition)?;
                key(definition)
            }
            None => return self.reset_invented(name),
        };
        let back = self.reset.get(&key).or_else(|| self.known.get(&key)).cloned();
        let now = self.change();
        now.local.remove(&key);
        match (local, back) {
            (false, _) => {
                now.session.remove(&key);
            }
            (true, Some(value)) => {
                now.local.insert(key, value);
            }
            (true, None) => {
                let default = postgres::find(&key).map(|definition| definition.default.to_string());
                now.local.insert(key, default.unwrap_or_default());
            }
        }
        Ok(())
    }

    /// An invented setting has no value to go back to: it is known from then on, and empty.
    fn reset_invented(&mut self, name: &str) -> Result<(), SettingError> {
        let (key, _) = self.check(name, "")?;
        let back = self.reset.get(&key).cloned().unwrap_or_default();
        let now = self.change();
        now.local.remove(&key);
        now.session.insert(key, back);
        Ok(())
    }

    /// `RESET ALL`: everything but the role and the session's user, as PostgreSQL does.
    pub fn reset_all(&mut self) {
        let special = |name: &str| postgres::find(name).is_some_and(|d| d.change == Change::Special);
        let now = self.change();
        now.local.clear();
        now.session.retain(|name, _| special(name));
    }

    /// The value in the base unit; `None` for an unknown name.
    pub fn get(&self, name: &str) -> Option<String> {
        match postgres::find(name) {
            Some(definition) => Some(self.raw(definition)),
            None => self.held(&name.to_ascii_lowercase()).cloned(),
        }
    }

    /// The name in its own spelling and the value as `SHOW` prints it.
    ///
    /// # Errors
    /// Unknown.
    pub fn show(&self, name: &str) -> Result<(String, String), SettingError> {
        match postgres::find(name) {
            Some(definition) if postgres::is_withheld(definition) => {
                Err(SettingError::Withheld(definition.name.to_string()))
            }
            Some(definition) => Ok((definition.name.to_string(), values::show(definition, &self.raw(definition)))),
            None => {
                let key = name.to_ascii_lowercase();
                let held = self.held(&key).cloned().ok_or_else(|| SettingError::Unknown(name.to_string()))?;
                Ok((key, held))
            }
        }
    }

    /// All settings that have a definition, in the order of `SHOW ALL`.
    pub fn list(&self) -> Vec<Listed> {
        let listed = |definition: &'static Definition| {
            let raw = self.raw(definition);
            let key = key(definition);
            let reset = self.reset.get(&key).or_else(|| self.known.get(&key));
            let reset = reset.map_or(definition.default, String::as_str);
            Listed {
                name: definition.name,
                shown: values::show(definition, &raw),
                raw,
                kind: definition.kind,
                reset: reset.to_string(),
                boot: definition.default,
                context: definition.change.context(),
                description: definition.description,
            }
        };
        postgres::all().iter().filter(|definition| !postgres::is_withheld(definition)).map(listed).collect()
    }

    fn held(&self, key: &str) -> Option<&String> {
        let own = self.now.local.get(key).or_else(|| self.now.session.get(key));
        own.or_else(|| self.reset.get(key)).or_else(|| self.known.get(key))
    }

    fn raw(&self, definition: &Definition) -> String {
        let mut held = self.held(&key(definition));
        if definition.name == "transaction_isolation" {
            // A transaction that said nothing has the session's level.
            held = held.or_else(|| self.held("default_transaction_isolation"));
        }
        if definition.name == "transaction_read_only" {
            held = held.or_else(|| self.held("default_transaction_read_only"));
        }
        let value = held.map_or(definition.default, String::as_str);
        if definition.name == "statement_timeout" {
            return self.bounded_timeout(value).to_string();
        }
        value.to_string()
    }

    /// A session may lower the server's bound on a statement, never raise it.
    fn bounded_timeout(&self, value: &str) -> u64 {
        let wished: u64 = value.parse().unwrap_or(0);
        match (wished, self.statement_timeout_max_ms) {
            (0, max) => max,
            (wished, 0) => wished,
            (wished, max) => wished.min(max),
        }
    }

    /// A transaction begins.
    pub fn begin(&mut self) {
        self.saved = vec![self.now.clone()];
    }

    /// A savepoint is set.
    pub fn savepoint(&mut self) {
        self.saved.push(self.now.clone());
    }

    /// Savepoints above a depth are forgotten.
    pub fn release(&mut self, depth: usize) {
        self.saved.truncate(depth + 1);
    }

    /// Everything since the savepoint of this depth is undone (0: since the transaction began); it stays.
    pub fn rollback_to(&mut self, depth: usize) {
        if let Some(saved) = self.saved.get(depth) {
            self.now = saved.clone();
            self.generation += 1;
            self.saved.truncate(depth + 1);
        }
    }

    /// The transaction ends: its `SET LOCAL` values go, and on a rollback its `SET` values too.
    pub fn end(&mut self, committed: bool) {
        if !committed {
            self.rollback_to(0);
        }
        self.saved.clear();
        if !self.now.local.is_empty() {
            self.change().local.clear();
        }
    }

    /// Reported settings whose value the client does not know yet; each is told once.
    pub fn untold(&mut self) -> Vec<(&'static str, String)> {
        let mut fresh = Vec::new();
        if self.told_generation.replace(self.generation) == Some(self.generation) {
            return fresh;
        }
        for definition in postgres::all().iter().filter(|definition| definition.reported) {
            let value = self.raw(definition);
            if self.told.get(definition.name) != Some(&value) {
                self.told.insert(definition.name, value.clone());
                fresh.push((definition.name, value));
            }
        }
        fresh
    }

    /// A number that changes whenever a value may have changed.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Language of messages, from `lc_messages`.
    pub fn language(&self) -> Language {
        self.get("lc_messages").map_or(Language::En, |locale| Language::of_locale(&locale))
    }

    /// The client's encoding, from `client_encoding`.
    pub fn encoding(&self) -> Encoding {
        // Only names of encodings pass its check.
        self.get("client_encoding").and_then(|name| Encoding::named(&name)).unwrap_or(Encoding::UTF8)
    }

    /// Bound on a statement, milliseconds; 0 is none.
    pub fn statement_timeout_ms(&self) -> u64 {
        self.number("statement_timeout")
    }

    /// A whole number that is not negative; 0 where it is.
    pub fn number(&self, name: &str) -> u64 {
        self.get(name).and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    /// Schemas in search order; `$user` has no schema here.
    pub fn search_path(&self) -> Vec<String> {
        let list = self.get("search_path").unwrap_or_default();
        let mut names = values::identifiers(&list).unwrap_or_default();
        names.retain(|name| !name.is_empty() && name != "$user");
        names
    }

    /// The text form of a list of schemas.
    pub fn path_text(names: &[String]) -> String {
        values::join(names)
    }
}

/// Refuses what a session may not change, as PostgreSQL refuses it to an ordinary user.
fn may_change(definition: &Definition) -> Result<(), SettingError> {
    let refused = match definition.change {
        Change::Session | Change::Special => return Ok(()),
        Change::Never => SettingError::Fixed,
        Change::Start => SettingError::Start,
        Change::Restart => SettingError::Restart,
        Change::Reload => SettingError::Reload,
        Change::Superuser => SettingError::Superuser,
    };
    Err(refused(definition.name.to_string()))
}

/// The key a setting is kept under.
fn key(definition: &Definition) -> String {
    definition.name.to_ascii_lowercase()
}

/// The key of an invented setting: `prefix.name`; `sluice.` is ours.
fn custom(name: &str) -> Result<String, SettingError> {
    let lower = name.to_ascii_lowercase();
    let word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$');
    let valid = lower.len() <= 128
        && lower
            .split_once('.')
            .is_some_and(|(prefix, rest)| prefix != "sluice" && word(prefix) && rest.split('.').all(word));
    if valid { Ok(lower) } else { Err(SettingError::Unknown(name.chars().take(128).collect())) }
}
