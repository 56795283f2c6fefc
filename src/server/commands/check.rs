//! `sluice check`: compile catalog and policies, and on demand compare them with the live sources.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use sluice_model::catalog::{Catalog, Connection, SourceKind};
use sluice_model::diagnostic::Diagnostic;
use sluice_model::policy::PolicySet;

use super::locate::Places;
use super::report::{Findings, ReportFormat, count};
use super::{put, sources};
use crate::config::{Config, read_folder};
use crate::reload::Files;

/// What is to be checked.
#[derive(Debug, Clone, Default)]
pub struct CheckOptions {
    /// The configuration, with everything it names.
    pub config: Option<PathBuf>,
    /// Without a configuration: the catalog's folder.
    pub catalog: Option<PathBuf>,
    /// Without a configuration: the policies' folder.
    pub policies: Option<PathBuf>,
    /// Compare with the live sources too; takes a configuration.
    pub sources: bool,
    /// How findings are printed.
    pub format: ReportFormat,
}

/// Checks and prints findings to `out`.
pub async fn check(options: &CheckOptions, out: &mut dyn Write) -> ExitCode {
    let mut findings = Findings::default();
    match &options.config {
        Some(path) => check_config(path.clone(), options.sources, &mut findings).await,
        None => check_folders(options, &mut findings),
    }
    findings.errors.sort();
    put(out, &findings.print(options.format));
    if findings.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn check_config(path: PathBuf, with_sources: bool, findings: &mut Findings) {
    let config = match Config::load(&path) {
        Ok(config) => config,
        Err(found) => return findings.errors.extend(found),
    };
    if let Err(found) = config.mask_keys() {
        findings.errors.extend(found);
    }
    if let Some(Err(error)) = config.tls.as_ref().map(crate::tls::load) {
        findings.errors.push(whole(&path.display().to_string(), "tls", error.to_string()));
    }
    let files = match Files::load(&config) {
        Ok(files) => files,
        Err(found) => return findings.errors.extend(found),
    };
    findings.warnings.extend(files.warnings.iter().cloned());
    findings.checked.extend(counted(&files.catalog, &files.policies));
    findings.checked.push(count(files.users.iter().count(), "user", "users"));
    if with_sources {
        sources::compare(&config, &files, findings).await;
    }
}

/// Catalog and policies alone: connections are taken for granted, because they belong to a deployment.
fn check_folders(options: &CheckOptions, findings: &mut Findings) {
    let Some(catalog_folder) = &options.catalog else {
        return findings.errors.push(whole("sluice check", "nothing-to-check", "give --config or --catalog".into()));
    };
    if options.sources {
        let message = "--sources needs --config: without it no source is known".to_string();
        return findings.errors.push(whole("sluice check", "no-config", message));
    }
    let files = match read_folder(catalog_folder) {
        Ok(files) => files,
        Err(found) => return findings.errors.extend(found),
    };
    let assumed = Places::of(&files).connections().into_iter();
    let connections: BTreeMap<String, Connection> = assumed
        .map(|id| (id.clone(), Connection { id, kind: SourceKind::Postgres, settings: BTreeMap::new() }))
        .collect();
    let catalog = match sluice_model::catalog::load(&files, connections, &BTreeMap::new()) {
        Ok(catalog) => catalog,
        Err(found) => return findings.errors.extend(found),
    };
    findings.warnings.extend(catalog.warnings.iter().cloned());
    let Some(policy_folder) = &options.policies else {
        return findings.checked.push(entities(&catalog));
    };
    let policies = read_folder(policy_folder).and_then(|files| sluice_model::policy::load(&files, &catalog));
    match policies {
        Ok(policies) => {
            findings.warnings.extend(policies.warnings.iter().cloned());
            findings.checked.extend(counted(&catalog, &policies));
        }
        Err(found) => findings.errors.extend(found),
    }
}

fn counted(catalog: &Catalog, policies: &PolicySet) -> [String; 2] {
    [entities(catalog), count(policies.rule_ids().len(), "rule", "rules")]
}

/// The bank's own entities; the built-in ones are nobody's to check.
fn entities(catalog: &Catalog) -> String {
    let own = catalog.entities.iter().filter(|entity| entity.connection != sluice_model::catalog::AUDIT_CONNECTION);
    count(own.count(), "entity", "entities")
}

fn whole(file: &str, code: &'static str, message: String) -> Diagnostic {
    Diagnostic { file: file.to_string(), line: 0, column: 0, code, message, hint: None }
}
