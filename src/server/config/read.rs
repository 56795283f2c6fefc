//! From the text of `sluice.yaml` to a [`Config`].

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_saphyr::Spanned;
use sluice_base::Limits;
use sluice_model::catalog::{Connection, Placement, SourceKind};
use sluice_model::diagnostic::Diagnostic;

use super::{Config, LogFormat, LogOptions, ReloadOptions, Secret, TlsFiles, folder_of};
use crate::audit::{AuditOptions, Durability};

/// Settings of a connection that name files.
const PATH_SETTINGS: [&str; 2] = ["path", "ca"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigText {
    listen: Spanned<String>,
    tls: Option<TlsText>,
    database: Spanned<String>,
    catalog: PathBuf,
    policies: PathBuf,
    users: PathBuf,
    audit: Spanned<AuditText>,
    #[serde(default)]
    connections: BTreeMap<String, Spanned<BTreeMap<String, String>>>,
    #[serde(default)]
    placement: BTreeMap<String, PlacementText>,
    #[serde(default)]
    keys: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    reload: ReloadText,
    #[serde(default)]
    log: LogText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsText {
    cert: PathBuf,
    key: PathBuf,
    #[serde(default)]
    required: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuditText {
    directory: PathBuf,
    #[serde(default)]
    durability: Durability,
    fsync_interval_ms: Option<u64>,
    segment_bytes: Option<u64>,
    queue_bytes: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlacementText {
    connection: String,
    table: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ReloadText {
    watch: Option<bool>,
    org_refresh_ms: Option<Spanned<u64>>,
    org_stale_ms: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct LogText {
    format: Option<LogFormat>,
    level: Option<String>,
}

/// Collects findings that need more than the form of a value.
struct Findings<'a> {
    file: &'a Path,
    found: Vec<Diagnostic>,
}

impl Findings<'_> {
    fn push<T>(&mut self, at: &Spanned<T>, code: &'static str, message: String) {
        self.found.push(Diagnostic {
            file: self.file.display().to_string(),
            line: narrow(at.referenced.line()),
            column: narrow(at.referenced.column()),
            code,
            message,
            hint: None,
        });
    }
}

pub(super) fn parse(path: &Path, text: &str) -> Result<Config, Vec<Diagnostic>> {
    let raw: ConfigText = from_yaml(path, text).map_err(|finding| vec![finding])?;
    let folder = folder_of(path);
    let mut findings = Findings { file: path, found: Vec::new() };
    let listen = raw.listen.value.parse::<SocketAddr>().unwrap_or_else(|_| {
        let message = "listen: an address and port are expected, such as 127.0.0.1:6432".to_string();
        findings.push(&raw.listen, "wrong-value", message);
        SocketAddr::from(([127, 0, 0, 1], 0))
    });
    if raw.database.value.is_empty() || raw.database.value.contains('\0') {
        findings.push(&raw.database, "wrong-value", "database: a name is expected".to_string());
    }
    let audit = audit(&raw.audit, folder, &mut findings);
    let connections = connections(&raw.connections, folder, &mut findings);
    let keys = keys(&raw.keys, &mut findings);
    let reload = reload(&raw.reload, &mut findings);
    if !findings.found.is_empty() {
        return Err(findings.found);
    }
    Ok(Config {
        listen,
        tls: raw.tls.map(|tls| TlsFiles {
            cert: folder.join(tls.cert),
            key: folder.join(tls.key),
            required: tls.required,
        }),
        database: raw.database.value,
        catalog: folder.join(raw.catalog),
        policies: folder.join(raw.policies),
        users: folder.join(raw.users),
        audit,
        connections,
        placement: raw
            .placement
            .into_iter()
            .map(|(entity, place)| (entity, Placement { connection: place.connection, table: place.table }))
            .collect(),
        keys,
        limits: raw.limits,
        reload,
        log: LogOptions { format: raw.log.format, level: raw.log.level },
        path: path.to_path_buf(),
    })
}

fn audit(raw: &Spanned<AuditText>, folder: &Path, findings: &mut Findings) -> AuditOptions {
    let text = &raw.value;
    let usual = AuditOptions::new(folder.join(&text.directory));
    let options = AuditOptions {
        durability: text.durability,
        fsync_interval_ms: text.fsync_interval_ms.unwrap_or(usual.fsync_interval_ms),
        segment_bytes: text.segment_bytes.unwrap_or(usual.segment_bytes),
        queue_bytes: text.queue_bytes.unwrap_or(usual.queue_bytes),
        directory: usual.directory,
    };
    let mut at_least = |key: &str, value: u64, least: u64| {
        if value < least {
            findings.push(raw, "wrong-value", format!("audit.{key}: {value} is less than {least}"));
        }
    };
    at_least("segment_bytes", options.segment_bytes, 1 << 20);
    at_least("queue_bytes", options.queue_bytes as u64, 8 << 20);
    options
}

fn connections(
    raw: &BTreeMap<String, Spanned<BTreeMap<String, String>>>,
    folder: &Path,
    findings: &mut Findings,
) -> BTreeMap<String, Connection> {
    let mut connections = BTreeMap::new();
    for (id, text) in raw {
        let mut settings = text.value.clone();
        let kind = match settings.remove("kind").as_deref() {
            Some("postgres") => SourceKind::Postgres,
            Some("mysql") => SourceKind::Mysql,
            Some("sqlite") => SourceKind::Sqlite,
            Some("parquet") => SourceKind::Parquet,
            Some("csv") => SourceKind::Csv,
            Some(other) => {
                let known = "postgres, mysql, sqlite, parquet or csv";
                findings.push(text, "unknown-kind", format!("connections.{id}.kind: {other:?} is not {known}"));
                continue;
            }
            None => {
                findings.push(text, "missing-key", format!("connections.{id}: needs `kind`"));
                continue;
            }
        };
        for key in PATH_SETTINGS {
            if let Some(path) = settings.get_mut(key) {
                *path = folder.join(&path).display().to_string();
            }
        }
        connections.insert(id.clone(), Connection { id: id.clone(), kind, settings });
    }
    connections
}

fn keys(raw: &BTreeMap<String, Spanned<String>>, findings: &mut Findings) -> BTreeMap<String, Secret> {
    let mut keys = BTreeMap::new();
    for (name, reference) in raw {
        match Secret::parse(&reference.value) {
            Ok(secret) => {
                keys.insert(name.clone(), secret);
            }
            Err(problem) => findings.push(reference, "wrong-value", format!("keys.{name}: {problem}")),
        }
    }
    keys
}

fn reload(raw: &ReloadText, findings: &mut Findings) -> ReloadOptions {
    let usual = ReloadOptions::default();
    if let Some(refresh) = raw.org_refresh_ms.as_ref().filter(|refresh| refresh.value < 100) {
        findings.push(refresh, "wrong-value", "reload.org_refresh_ms: at least 100 is expected".to_string());
    }
    ReloadOptions {
        watch: raw.watch.unwrap_or(usual.watch),
        org_refresh_ms: raw.org_refresh_ms.as_ref().map_or(usual.org_refresh_ms, |refresh| refresh.value),
        org_stale_ms: raw.org_stale_ms.unwrap_or(usual.org_stale_ms),
    }
}

/// Reads YAML into a type; the finding names line, column and key, and quotes nothing of the file but the key.
pub(crate) fn from_yaml<'t, T: Deserialize<'t>>(path: &Path, text: &'t str) -> Result<T, Diagnostic> {
    serde_saphyr::from_str(text).map_err(|error| {
        let (line, column) = error.location().map_or((0, 0), |at| (narrow(at.line()), narrow(at.column())));
        let said = error.without_snippet().to_string();
        let said = said.split_once(" at line ").map_or(said.as_str(), |(said, _)| said);
        let unknown = said.strip_prefix("unknown field `").and_then(|rest| rest.split_once("`, expected "));
        let file = path.display().to_string();
        if let Some((key, expected)) = unknown {
            let known = expected.trim_start_matches("one of ").split(", ").map(|name| name.trim_matches('`'));
            let hint = sluice_model::names::nearest(key, known).map(|near| format!("did you mean `{near}`?"));
            let hint = hint.or_else(|| Some(format!("known here: {}", expected.trim_start_matches("one of "))));
            let message = format!("unknown key `{key}`");
            return Diagnostic { file, line, column, code: "unknown-key", message, hint };
        }
        let message = match key_at(text, line, column) {
            Some(key) if !said.contains('`') => format!("`{key}`: {said}"),
            _ => said.to_string(),
        };
        Diagnostic { file, line, column, code: "yaml", message, hint: None }
    })
}

/// The key that stands before a value on its line.
fn key_at(text: &str, line: u32, column: u32) -> Option<String> {
    let line = text.lines().nth(usize::try_from(line).ok()?.checked_sub(1)?)?;
    let before: String = line.chars().take(usize::try_from(column).ok()?.checked_sub(1)?).collect();
    let key = before.trim_end().strip_suffix(':')?.rsplit([' ', '{', ',', '-']).next()?;
    (!key.is_empty()).then(|| key.to_string())
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
