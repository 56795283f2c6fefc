//! From files and sources to a set that can be served.
//!
//! Invariant: a set is whole or it is not there. Catalog, policies, users and keys are checked against each other, and
//! every finding of every file is told at once.

use std::sync::Arc;

use sluice_engine::sources::{Source, SourceError, Sources};
use sluice_engine::{Engine, EngineError};
use sluice_model::Snapshot;
use sluice_model::catalog::{AUDIT_CONNECTION, Catalog};
use sluice_model::diagnostic::Diagnostic;
use sluice_model::policy::{OrgTree, PolicySet};

use super::org::Org;
use crate::audit::AuditStore;
use crate::config::Config;
use crate::state::Current;
use crate::users::Users;

/// Why a set cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Something is wrong in the files.
    #[error("{}", listed(.0))]
    Files(Vec<Diagnostic>),
    /// A source's settings cannot be used.
    #[error("{0}")]
    Source(#[from] SourceError),
    /// The engine cannot be set up.
    #[error("{0}")]
    Engine(#[from] EngineError),
    /// A thread of ours broke off.
    #[error("loading broke off: {0}")]
    Broken(String),
}

impl LoadError {
    /// The findings in the files.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            LoadError::Files(found) => found,
            LoadError::Source(_) | LoadError::Engine(_) | LoadError::Broken(_) => &[],
        }
    }
}

fn listed(found: &[Diagnostic]) -> String {
    let lines: Vec<String> = found.iter().map(Diagnostic::to_string).collect();
    lines.join("\n")
}

/// Everything that comes from files, checked.
#[derive(Debug, Clone)]
pub struct Files {
    /// Catalog.
    pub catalog: Arc<Catalog>,
    /// Policies.
    pub policies: Arc<PolicySet>,
    /// Users.
    pub users: Arc<Users>,
    /// What is allowed but should be looked at.
    pub warnings: Vec<Diagnostic>,
}

impl Files {
    /// Reads and checks the files that a configuration names.
    pub fn load(config: &Config) -> Result<Files, Vec<Diagnostic>> {
        let (catalog_files, policy_files, users_file) =
            (config.catalog_files(), config.policy_files(), config.users_file());
        let mut found = Vec::new();
        let users = keep(users_file.and_then(|file| Users::load(&file)), &mut found);
        let load = |files: Vec<_>| sluice_model::catalog::load(&files, config.connections.clone(), &config.placement);
        let catalog = keep(catalog_files.and_then(load), &mut found);
        // Policies mean nothing without their catalog; its findings come first.
        let policies = match &catalog {
            Some(catalog) => {
                keep(policy_files.and_then(|files| sluice_model::policy::load(&files, catalog)), &mut found)
            }
            None => None,
        };
        if let Some(policies) = &policies {
            found.extend(missing_keys(config, policies));
        }
        let (Some(catalog), Some(policies), Some(users)) = (catalog, policies, users) else { return Err(found) };
        if !found.is_empty() {
            return Err(found);
        }
        let mut warnings = catalog.warnings.clone();
        warnings.extend(policies.warnings.iter().cloned());
        warnings.extend(undeclared_roles(config, &policies, &users));
        Ok(Files { catalog: Arc::new(catalog), policies: Arc::new(policies), users: Arc::new(users), warnings })
    }

    /// Whether these are other files than those in force.
    pub fn differ_from(&self, current: &Current) -> bool {
        self.catalog.id != current.snapshot.catalog.id
            || self.policies.id != current.snapshot.policies.id
            || self.users.id() != current.users.id()
    }
}

fn keep<T>(loaded: Result<T, Vec<Diagnostic>>, found: &mut Vec<Diagnostic>) -> Option<T> {
    match loaded {
        Ok(loaded) => Some(loaded),
        Err(more) => {
            found.extend(more);
            None
        }
    }
}

/// A mask whose key is absent would hide everything; better said when loading.
fn missing_keys(config: &Config, policies: &PolicySet) -> Vec<Diagnostic> {
    let missing = policies.key_names().into_iter().filter(|name| !config.keys.contains_key(*name));
    missing
        .map(|name| Diagnostic {
            file: config.path.display().to_string(),
            line: 0,
            column: 0,
            code: "missing-key",
            message: format!("the policies use mask key `{name}`, which `keys:` does not have"),
            hint: Some(format!("add `keys: {{{name}: env:NAME}}` or `file:PATH`")),
        })
        .collect()
}

/// A role that no policy declares gives nothing: mostly a slip of the keyboard.
fn undeclared_roles(config: &Config, policies: &PolicySet, users: &Users) -> Vec<Diagnostic> {
    let known = |role: &str| policies.roles().any(|declared| declared == role);
    let mut found = Vec::new();
    for user in users.iter() {
        for role in user.roles.iter().filter(|role| !known(role)) {
            let hint =
                sluice_model::names::nearest(role, policies.roles()).map(|near| format!("did you mean `{near}`?"));
            found.push(Diagnostic {
                file: config.users.display().to_string(),
                line: 0,
                column: 0,
                code: "unknown-role",
                message: format!("users.{}: no policy declares role `{role}`", user.name),
                hint,
            });
        }
    }
    found
}

/// What stays as it is when files are loaded anew: sources with their pools, and the engine over them.
pub struct Loader {
    /// The configuration.
    pub config: Arc<Config>,
    /// The opened sources.
    pub sources: Sources,
    /// The engine over them.
    pub engine: Arc<Engine>,
    /// The organisation tree as read last.
    pub org: Org,
}

impl Loader {
    /// Opens the sources, loads all files and reads the organisation tree: the first set of a server. `audit` is the
    /// store behind the built-in relations; commands that do not serve have none.
    ///
    /// # Errors
    /// Everything that is wrong in the files, or the first thing that is wrong with a source's settings. A source that
    /// cannot be reached is no error: rules over the organisation tree show nothing until it can be read.
    pub async fn open(config: Arc<Config>, audit: Option<AuditStore>) -> Result<(Loader, Current), LoadError> {
        let files = load_apart(&config).await?;
        let keys = config.mask_keys().map_err(LoadError::Files)?;
        let mut sources = open_sources(&config)?;
        if let Some(store) = audit {
            sources.insert(AUDIT_CONNECTION, Source::Batches(Arc::new(store)));
        }
        let engine = Arc::new(Engine::new(sources.clone(), keys, &config.limits)?);
        let mut loader = Loader { config, sources, engine, org: Org::default() };
        warn(&files.warnings);
        loader.org.read(&files.catalog, &loader.sources).await;
        let current = loader.current(files, 1);
        Ok((loader, current))
    }

    /// A set of these files, with the tree as read last.
    pub fn current(&self, files: Files, epoch: u64) -> Current {
        let Files { catalog, policies, users, .. } = files;
        let org: Arc<OrgTree> = self.org.tree();
        let snapshot = Arc::new(Snapshot { epoch, catalog, policies, org });
        Current { snapshot, engine: self.engine.clone(), users }
    }
}

/// Opens the sources of a configuration, without reaching for them yet.
pub fn open_sources(config: &Config) -> Result<Sources, SourceError> {
    Sources::open(&config.connections, &|reference| config.secret(reference))
}

/// Loads files beside the tasks of the server.
pub(super) async fn load_apart(config: &Arc<Config>) -> Result<Files, LoadError> {
    let config = config.clone();
    match tokio::task::spawn_blocking(move || Files::load(&config)).await {
        Ok(loaded) => loaded.map_err(LoadError::Files),
        Err(error) => Err(LoadError::Broken(error.to_string())),
    }
}

pub(super) fn warn(warnings: &[Diagnostic]) {
    for warning in warnings {
        tracing::warn!("{warning}");
    }
}
