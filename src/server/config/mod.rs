//! `sluice.yaml`: where the server listens, which files it loads, which sources it reaches, and its bounds.
//!
//! Invariant: an unknown key, a value of the wrong form or a secret written out refuses to start, and the message names
//! file, line, column and key. Secrets are references (`env:NAME`, `file:PATH`), resolved at the moment of use; neither
//! a log nor `Debug` ever shows one. Relative paths count from the file's own folder.

mod files;
mod read;
mod secrets;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use sluice_base::Limits;
use sluice_model::catalog::{Connection, Placement, SourceFile};
use sluice_model::diagnostic::Diagnostic;
use sluice_model::mask::MaskKeys;

use crate::audit::AuditOptions;
pub(crate) use read::from_yaml;
pub use secrets::Secret;

/// Certificate and key of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// PEM file of the certificate chain.
    pub cert: PathBuf,
    /// PEM file of the private key.
    pub key: PathBuf,
    /// Refuse sessions without TLS.
    pub required: bool,
}

/// How changes of files and of the organisation tree are noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReloadOptions {
    /// Watch the folders; SIGHUP reloads in any case.
    pub watch: bool,
    /// Time between two readings of the organisation tree, milliseconds.
    pub org_refresh_ms: u64,
    /// Age at which an organisation tree that cannot be read anew is no longer believed, milliseconds.
    pub org_stale_ms: u64,
}

impl Default for ReloadOptions {
    fn default() -> ReloadOptions {
        ReloadOptions { watch: true, org_refresh_ms: 60_000, org_stale_ms: 3_600_000 }
    }
}

/// Form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogOptions {
    /// Form; the command line may say otherwise.
    pub format: Option<LogFormat>,
    /// Filter in `tracing`'s directives, such as `info` or `sluice_server=debug`; the command line may say otherwise.
    pub level: Option<String>,
}

/// The settings of one server.
#[derive(Clone)]
pub struct Config {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// TLS, where it is offered.
    pub tls: Option<TlsFiles>,
    /// Name of the one database.
    pub database: String,
    /// Folder of the catalog.
    pub catalog: PathBuf,
    /// Folder of the policies.
    pub policies: PathBuf,
    /// File of the users.
    pub users: PathBuf,
    /// The audit log.
    pub audit: AuditOptions,
    /// Sources by id, secrets as references.
    pub connections: BTreeMap<String, Connection>,
    /// Entities that this deployment has at other sources than the catalog says.
    pub placement: BTreeMap<String, Placement>,
    /// Keys of keyed masks by name.
    pub keys: BTreeMap<String, Secret>,
    /// Bounds.
    pub limits: Limits,
    /// Reload.
    pub reload: ReloadOptions,
    /// Log.
    pub log: LogOptions,
    /// The file itself.
    pub path: PathBuf,
}

/// Shows nothing that could be a secret or the address of a source.
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kinds: BTreeMap<_, _> = self.connections.iter().map(|(id, connection)| (id, connection.kind)).collect();
        f.debug_struct("Config")
            .field("path", &self.path)
            .field("listen", &self.listen)
            .field("tls", &self.tls)
            .field("database", &self.database)
            .field("catalog", &self.catalog)
            .field("policies", &self.policies)
            .field("users", &self.users)
            .field("audit", &self.audit)
            .field("connections", &kinds)
            .field("placement", &self.placement.keys())
            .field("keys", &self.keys.keys())
            .field("limits", &self.limits)
            .field("reload", &self.reload)
            .field("log", &self.log)
            .finish()
    }
}

impl Config {
    /// Reads a file.
    pub fn load(path: &Path) -> Result<Config, Vec<Diagnostic>> {
        let file = files::read_file(path).map_err(|diagnostic| vec![diagnostic])?;
        Config::parse(path, &file.text)
    }

    /// Reads a file's text; `path` is for messages and relative paths.
    pub fn parse(path: &Path, text: &str) -> Result<Config, Vec<Diagnostic>> {
        read::parse(path, text)
    }

    /// Folder from which relative paths count.
    pub fn folder(&self) -> &Path {
        folder_of(&self.path)
    }

    /// Turns a secret reference into its text; an error says why, without the secret.
    pub fn secret(&self, reference: &str) -> Result<String, String> {
        Secret::parse(reference)?.resolve(self.folder())
    }

    /// The keys of keyed masks.
    pub fn mask_keys(&self) -> Result<MaskKeys, Vec<Diagnostic>> {
        let (mut keys, mut found) = (MaskKeys::new(), Vec::new());
        for (name, secret) in &self.keys {
            let added = secret.resolve(self.folder()).and_then(|text| {
                let long_enough = keys.insert(name, text.as_bytes());
                if long_enough { Ok(()) } else { Err("the key is shorter than 16 bytes".to_string()) }
            });
            if let Err(problem) = added {
                found.push(files::finding(&self.path, "unusable-key", format!("keys.{name}: {problem}")));
            }
        }
        if found.is_empty() { Ok(keys) } else { Err(found) }
    }

    /// The catalog's files.
    pub fn catalog_files(&self) -> Result<Vec<SourceFile>, Vec<Diagnostic>> {
        files::read_folder(&self.catalog)
    }

    /// The policies' files.
    pub fn policy_files(&self) -> Result<Vec<SourceFile>, Vec<Diagnostic>> {
        files::read_folder(&self.policies)
    }

    /// The users' file.
    pub fn users_file(&self) -> Result<SourceFile, Vec<Diagnostic>> {
        files::read_file(&self.users).map_err(|diagnostic| vec![diagnostic])
    }
}

/// The YAML files of a folder and the folders in it, for commands that have no configuration.
pub fn read_folder(path: &Path) -> Result<Vec<SourceFile>, Vec<Diagnostic>> {
    files::read_folder(path)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
