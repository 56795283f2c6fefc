//! What most commands begin with: a configuration, everything it names, and a person.
//!
//! Invariant: nothing is served and nothing is read from a source but the organisation tree. The audit's relations can
//! be planned over, and are empty: commands do not read the log of a server that may be writing it.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use sluice_base::{ClientError, Datum, Language, SqlType, TimeZone, ToClient};
use sluice_model::audit::system_micros;
use sluice_model::catalog::AUDIT_CONNECTION;
use sluice_model::diagnostic::Diagnostic;
use sluice_model::principal::RequestContext;
use sluice_model::{Principal, Snapshot};
use sluice_plan::{Asker, Governed, PlanError, Query, StatementKind};

use super::{failure, put, report};
use crate::audit::AuditStore;
use crate::config::Config;
use crate::reload::{LoadError, Loader};
use crate::session::visible_path;
use crate::state::Current;

/// A configuration with what it names.
pub(super) struct Opened {
    pub config: Arc<Config>,
    pub current: Current,
}

/// Why a command cannot begin.
pub(super) enum NotOpened {
    Files(Vec<Diagnostic>),
    Other(String),
}

impl NotOpened {
    /// Tells what is wrong.
    pub fn tell(&self, err: &mut dyn Write) -> ExitCode {
        match self {
            NotOpened::Files(found) => {
                put(err, &report::errors(found));
                ExitCode::FAILURE
            }
            NotOpened::Other(problem) => failure(err, problem),
        }
    }
}

impl Opened {
    /// Loads a configuration and what it names.
    pub async fn open(path: &Path) -> Result<Opened, NotOpened> {
        let config = Arc::new(Config::load(path).map_err(NotOpened::Files)?);
        match Loader::open(config.clone(), Some(AuditStore::unread(AUDIT_CONNECTION))).await {
            Ok((_, current)) => Ok(Opened { config, current }),
            Err(LoadError::Files(found)) => Err(NotOpened::Files(found)),
            Err(error) => Err(NotOpened::Other(error.to_string())),
        }
    }

    /// Catalog, policies and organisation tree.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.current.snapshot
    }

    /// A user as she would be if she logged in on this machine now.
    pub fn person(&self, user: &str) -> Result<Principal, String> {
        let Some(found) = self.current.users.get(user) else {
            return Err(format!("the users file has no user {user:?}"));
        };
        Ok(found.principal(&self.snapshot().policies, here_and_now()))
    }

    /// Plans and governs a query under a snapshot, which may be another than the configuration's own.
    pub fn govern(&self, query: &Query, person: &Principal, snapshot: &Snapshot) -> Result<Governed, Box<ClientError>> {
        let path = visible_path(person, snapshot);
        govern(query, &self.asker(person, snapshot, &path, &TimeZone::default()))
            .map_err(|error| Box::new(error.to_client()))
    }

    /// True where a query has parameters, whose values no record holds.
    pub fn has_parameters(&self, query: &Query, person: &Principal, snapshot: &Snapshot) -> bool {
        let (path, timezone) = (visible_path(person, snapshot), TimeZone::default());
        let asker = self.asker(person, snapshot, &path, &timezone);
        sluice_plan::describe(query, &asker, &[]).is_ok_and(|described| !described.params.is_empty())
    }

    fn asker<'a>(
        &'a self,
        person: &'a Principal,
        snapshot: &'a Snapshot,
        path: &'a [String],
        timezone: &'a TimeZone,
    ) -> Asker<'a> {
        Asker { database: &self.config.database, ..asker(person, snapshot, path, &self.config.limits, timezone) }
    }
}

/// The request of a command: no client, no purpose.
pub(super) fn here_and_now() -> RequestContext {
    RequestContext { now_micros: system_micros(), ..RequestContext::default() }
}

/// Who asks, by the search path of a session of hers that has set none, in a database of the catalog's name.
pub(super) fn asker<'a>(
    principal: &'a Principal,
    snapshot: &'a Snapshot,
    search_path: &'a [String],
    limits: &'a sluice_base::Limits,
    timezone: &'a TimeZone,
) -> Asker<'a> {
    Asker { principal, snapshot, database: &snapshot.catalog.name, search_path, limits, timezone, session: &[] }
}

/// Plans and governs a query; parameters get stand-ins of their types, because a decision does not hang on a value.
pub(super) fn govern(query: &Query, asker: &Asker) -> Result<Governed, PlanError> {
    match sluice_plan::prepare(query, asker, &[]) {
        Err(PlanError::UndefinedParameter(_)) => {
            // What has no type without its values is not described; the numbers tell how many there are.
            let types = sluice_plan::describe(query, asker, &[]).map(|described| described.params).unwrap_or_default();
            // A text is also what is told of a parameter whose type nothing fixes (LIMIT $1, amount * $1).
            let with = |unfixed| with_stand_ins(query, asker, types.clone(), &unfixed);
            with(SqlType::Text)
                .or_else(|error| with(SqlType::Int8).or_else(|_| with(SqlType::Numeric(None))).map_err(|_| error))
        }
        outcome => outcome,
    }
}

/// Plans with stand-ins for parameters of these types, and as many more as there turn out to be.
fn with_stand_ins(
    query: &Query,
    asker: &Asker,
    mut types: Vec<SqlType>,
    unfixed: &SqlType,
) -> Result<Governed, PlanError> {
    /// Parameters that the protocol can bind.
    const PARAMETERS_MAX: usize = 65_535;
    loop {
        match sluice_plan::prepare(query, asker, &stand_ins(&types, unfixed)) {
            Err(PlanError::UndefinedParameter(number)) if number > types.len() && number <= PARAMETERS_MAX => {
                types.resize(number, SqlType::Text);
            }
            outcome => return outcome,
        }
    }
}

/// One value per parameter; what is described as a text is of type `unfixed`. A text is long enough for a look-up.
fn stand_ins(types: &[SqlType], unfixed: &SqlType) -> Vec<(SqlType, Datum)> {
    let value = |sql_type: &SqlType| match sql_type {
        SqlType::Text | SqlType::Varchar(_) | SqlType::Bpchar(_) | SqlType::Unknown => Datum::Text("parameter".into()),
        SqlType::Bool => Datum::Bool(true),
        SqlType::Int2 | SqlType::Int4 | SqlType::Int8 => Datum::Int(1),
        SqlType::Float4 | SqlType::Float8 => Datum::Float(1.0),
        SqlType::Numeric(_) => Datum::Numeric("1".into()),
        SqlType::Date => Datum::Date(0),
        SqlType::Timestamp => Datum::Timestamp(0),
        SqlType::Timestamptz => Datum::Timestamptz(0),
        _ => Datum::Null,
    };
    let chosen = types.iter().map(|sql_type| if *sql_type == SqlType::Text { unfixed } else { sql_type });
    chosen.map(|sql_type| (sql_type.clone(), value(sql_type))).collect()
}

/// The query inside a statement; that of PREPARE as well.
pub(super) fn query_of(kind: &StatementKind) -> Option<&Query> {
    match kind {
        StatementKind::Prepare { query, .. } => Some(query),
        other => crate::session::query_of(other),
    }
}

/// What a client would be told of a refusal, in lines.
pub(super) fn refusal(error: &ClientError, language: Language) -> String {
    let words = match language {
        Language::En => ["refused", "detail", "hint"],
        Language::Zh => ["拒绝", "详细", "提示"],
    };
    let mut text = format!("{}: {}: {}\n", words[0], error.code.code(), error.message.text(language));
    for (word, more) in [(words[1], &error.detail), (words[2], &error.hint)] {
        if let Some(more) = more {
            text.push_str(&format!("  {word}: {}\n", more.text(language)));
        }
    }
    text
}
