//! `sluice explain --as USER SQL`: what a person would get, without running anything.
//!
//! Invariant: the statement goes the way of every other, so what is shown is what would be done; but nothing is
//! admitted, so nothing can be executed.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use sluice_base::{ClientError, Language, SqlState, ToClient};
use sluice_model::Principal;
use sluice_model::audit::system_micros;
use sluice_model::catalog::AUDIT_CONNECTION;
use sluice_model::principal::RequestContext;
use sluice_plan::{Asker, Query, StatementKind};

use super::{failure, put, report};
use crate::audit::AuditStore;
use crate::config::Config;
use crate::reload::{LoadError, Loader};
use crate::state::Current;

/// What is to be explained.
#[derive(Debug, Clone)]
pub struct ExplainOptions {
    /// The configuration.
    pub config: PathBuf,
    /// Login name of the person.
    pub user: String,
    /// The statement.
    pub sql: String,
}

/// Explains to `out`; what is refused, and everything that is wrong, goes to `err`.
pub async fn explain(options: &ExplainOptions, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    let config = match Config::load(&options.config) {
        Ok(config) => Arc::new(config),
        Err(found) => {
            put(err, &report::errors(&found));
            return ExitCode::FAILURE;
        }
    };
    let limits = config.limits.clone();
    let (_loader, current) = match Loader::open(config, Some(AuditStore::unread(AUDIT_CONNECTION))).await {
        Ok(opened) => opened,
        Err(LoadError::Files(found)) => {
            put(err, &report::errors(&found));
            return ExitCode::FAILURE;
        }
        Err(error) => return failure(err, &error.to_string()),
    };
    let Some(user) = current.users.get(&options.user) else {
        return failure(err, &format!("the users file has no user {:?}", options.user));
    };
    let context = RequestContext { now_micros: system_micros(), ..RequestContext::default() };
    let principal = user.principal(&current.snapshot.policies, context);
    match lines(&options.sql, &current, &principal, &limits) {
        Ok(lines) => {
            put(out, &format!("{}\n", lines.join("\n")));
            ExitCode::SUCCESS
        }
        Err(refused) => {
            put(err, &refusal(&refused));
            ExitCode::FAILURE
        }
    }
}

/// What the client would be told.
fn refusal(error: &ClientError) -> String {
    let mut text = format!("refused: {}: {}\n", error.code.code(), error.message.text(Language::En));
    for (word, more) in [("detail", &error.detail), ("hint", &error.hint)] {
        if let Some(more) = more {
            text.push_str(&format!("  {word}: {}\n", more.text(Language::En)));
        }
    }
    if error.code == SqlState::UndefinedParameter {
        text.push_str("  hint: write the values into the statement; explain takes no parameters\n");
    }
    text
}

fn lines(
    sql: &str,
    current: &Current,
    principal: &Principal,
    limits: &sluice_base::Limits,
) -> Result<Vec<String>, Box<ClientError>> {
    let statements = sluice_plan::parse(sql, limits).map_err(|error| Box::new(error.to_client()))?;
    let mut lines = vec![person(principal)];
    for statement in &statements {
        if statements.len() > 1 {
            lines.push(format!("statement: {}", statement.text));
        }
        match query_of(&statement.kind) {
            Some(query) if query.system_only() => {
                lines.push("answered from the system relations; no source is asked".to_string());
            }
            Some(query) => lines.extend(query_lines(query, current, principal, limits)?),
            None => lines.push("a session command; no relation is read".to_string()),
        }
    }
    Ok(lines)
}

fn person(principal: &Principal) -> String {
    let listed = |items: Vec<&str>| if items.is_empty() { "none".to_string() } else { items.join(", ") };
    let roles = listed(principal.roles.iter().map(String::as_str).collect());
    let units = listed(principal.org_units.iter().map(String::as_str).collect());
    format!("as {}: roles {roles}; units {units}", principal.user)
}

fn query_of(kind: &StatementKind) -> Option<&Query> {
    match kind {
        StatementKind::Query(query)
        | StatementKind::Explain { query, .. }
        | StatementKind::CopyOut { query, .. }
        | StatementKind::Declare { query, .. }
        | StatementKind::Prepare { query, .. } => Some(query),
        _ => None,
    }
}

fn query_lines(
    query: &Query,
    current: &Current,
    principal: &Principal,
    limits: &sluice_base::Limits,
) -> Result<Vec<String>, Box<ClientError>> {
    let snapshot = &current.snapshot;
    let timezone = sluice_base::TimeZone::default();
    let asker = Asker { principal, snapshot, search_path: &snapshot.catalog.search_path, limits, timezone: &timezone };
    let governed = sluice_plan::prepare(query, &asker, &[]).map_err(|error| Box::new(error.to_client()))?;
    let mut lines = sluice_plan::explain_policy(&governed, &snapshot.catalog, true);
    lines.extend(sluice_plan::explain_limits(&sluice_model::policy::allowance(principal, snapshot), true));
    lines.extend(current.engine.explain(governed, snapshot).map_err(|error| Box::new(error.to_client()))?);
    Ok(lines)
}
