//! From an accepted connection to a session: password, database, settings of the startup packet, first messages.
//!
//! Invariant: an unknown user and a wrong password take the same path and the same time, delays included; nothing of
//! the database or the settings is told before the password was right. Both outcomes are in the audit.

use std::sync::Arc;

use sluice_base::{ClientError, Language, ToClient};
use sluice_model::audit::{Event, SessionInfo};
use sluice_model::principal::RequestContext;
use sluice_wire::{Backend, Connection, Startup, TransactionStatus, WireError};

use super::Session;
use super::error::SessionError;
use super::held::Ledger;
use super::io::Io;
use super::portal::Names;
use super::role::{Identity, visible_path};
use super::settings::Settings;
use super::transaction::Transaction;
use crate::state::{State, role_names};

/// Logs a client in. `None`: she was turned away, has been told why, and the audit knows.
pub async fn login(state: &Arc<State>, mut conn: Connection, startup: Startup) -> Option<Session> {
    let claimed = claimed(&startup);
    if let Err(refused) = authenticate(state, &mut conn, &startup).await {
        note_failure(state, claimed, &refused.told, refused.cause);
        return None;
    }
    match session(state, &startup) {
        Ok((info, settings)) => Some(begin(state, conn, startup, info, settings).await),
        Err(error) => {
            conn.close_with(error.as_ref()).await;
            let cause = error.message.en.clone();
            note_failure(state, claimed, &error, cause);
            None
        }
    }
}

struct Refused {
    told: ClientError,
    cause: String,
}

async fn authenticate(state: &State, conn: &mut Connection, startup: &Startup) -> Result<(), Refused> {
    let address = startup.peer.ip();
    tokio::time::sleep(state.failures.delay(address, &startup.user)).await;
    let users = state.current().users.clone();
    let verifier = users.get(&startup.user).map(|user| &user.verifier);
    match conn.authenticate(verifier).await {
        Ok(()) => {
            state.failures.succeeded(address, &startup.user);
            Ok(())
        }
        Err(error) => {
            if matches!(error, WireError::PasswordFailed { .. }) {
                state.failures.failed(address, &startup.user);
            }
            let known = if verifier.is_some() { "" } else { " (unknown user)" };
            Err(Refused { told: error.to_client(), cause: format!("{error}{known}") })
        }
    }
}

/// What the audit may say of somebody who has not shown a password.
fn claimed(startup: &Startup) -> SessionInfo {
    SessionInfo {
        session_id: uuid::Uuid::now_v7().to_string(),
        user: startup.user.chars().take(63).collect(),
        known_how: "unknown".to_string(),
        client_addr: Some(startup.peer.ip().to_string()),
        application_name: startup.parameters.get("application_name").cloned().unwrap_or_default(),
        tls: startup.tls,
        database: startup.database.clone(),
        ..SessionInfo::default()
    }
}

fn note_failure(state: &State, session: SessionInfo, told: &ClientError, cause: String) {
    tracing::info!(client = session.client_addr.as_deref().unwrap_or("-"), code = told.code.code(), "login refused");
    let sqlstate = told.code.code().to_string();
    // No rows depend on this record; a sink that cannot take it has raised its own alarm.
    drop(state.sink.note(Event::LoginFailed { session, sqlstate, cause }));
}

/// Everything that the startup packet asks for, checked.
fn session(state: &State, startup: &Startup) -> Result<(SessionInfo, Settings), Box<ClientError>> {
    if startup.database != state.database {
        return Err(told(SessionError::UnknownDatabase(startup.database.chars().take(63).collect())));
    }
    let current = state.current();
    let mut settings = Settings::new(state.limits.statement_timeout_ms);
    settings.establish("session_authorization", &startup.user);
    settings.establish("ssl", if state.accept.load().tls.is_some() { "on" } else { "off" });
    settings.establish("max_connections", &state.limits.connections_max.to_string());
    // Parameters of their own go before those in `options`.
    for (name, value) in options(startup.parameters.get("options").map_or("", String::as_str)).map_err(told)? {
        settings.start_with(&name, &value).map_err(told)?;
    }
    for (name, value) in startup.parameters.iter().filter(|(name, _)| *name != "options") {
        settings.start_with(name, value).map_err(told)?;
    }
    let users = &current.users;
    let Some(user) = users.get(&startup.user) else {
        return Err(told(SessionError::UserGone(startup.user.clone())));
    };
    let policies = &current.snapshot.policies;
    let context = RequestContext {
        client_addr: Some(startup.peer.ip()),
        application_name: settings.get("application_name").unwrap_or_default(),
        purpose: settings.get("sluice.purpose").unwrap_or_default(),
        now_micros: state.sink.now_micros(),
    };
    let path = visible_path(&user.principal(policies, context), &current.snapshot);
    settings.establish("search_path", &Settings::path_text(&path));
    let info = SessionInfo {
        known_how: "login".to_string(),
        roles: role_names(&policies.roles_of(&user.name, &user.groups, &user.roles)),
        zone: policies.zone_of(startup.peer.ip()).map(str::to_string),
        application_name: settings.get("application_name").unwrap_or_default(),
        ..claimed(startup)
    };
    Ok((info, settings))
}

fn told(error: impl ToClient) -> Box<ClientError> {
    Box::new(error.to_client())
}

/// Reads `-c name=value`, `-cname=value` and `--name=value`; a backslash keeps the character after it.
fn options(text: &str) -> Result<Vec<(String, String)>, SessionError> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => word.extend(chars.next()),
            c if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    let mut found = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let pair = match (word.strip_prefix("--"), word.strip_prefix("-c")) {
            (Some(long), _) => long.to_string(),
            (None, Some("")) => words.next().ok_or(SessionError::StartupOptions)?,
            (None, Some(glued)) => glued.to_string(),
            (None, None) => return Err(SessionError::StartupOptions),
        };
        let (name, value) = pair.split_once('=').ok_or(SessionError::StartupOptions)?;
        found.push((name.replace('-', "_"), value.to_string()));
    }
    Ok(found)
}

async fn begin(
    state: &Arc<State>,
    mut conn: Connection,
    startup: Startup,
    info: SessionInfo,
    mut settings: Settings,
) -> Session {
    let info = Arc::new(info);
    drop(state.sink.note(Event::Login { session: info.as_ref().clone() }));
    let registered = state.register(info.clone(), startup.protocol);
    conn.set_language(language(&settings));
    conn.set_encoding(settings.encoding());
    for (name, value) in settings.untold() {
        conn.queue(Backend::ParameterStatus { name, value: &value });
    }
    conn.queue(Backend::BackendKeyData(&registered.key));
    conn.queue(Backend::ReadyForQuery(TransactionStatus::Idle));
    let (pid, encoding_of) = (registered.key.pid(), settings.generation());
    let ledger = Ledger::new(state.limits.session_bytes_max, state.held.clone());
    let io = Io::new(conn, &registered, state.phase());
    Session {
        io,
        state: state.clone(),
        info,
        identity: Identity { user: startup.user, address: startup.peer.ip() },
        settings,
        transaction: Transaction::default(),
        names: Names::new(state.limits.prepared_max, ledger.clone()),
        ledger,
        pid,
        last: None,
        derived: None,
        encoding_of,
        skipping: false,
        _registered: registered,
    }
}

fn language(settings: &Settings) -> Language {
    settings.language()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_as_a_shell_would_split_them() {
        let check = |text: &str, expected: &[(&str, &str)]| {
            let pairs = expected.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
            assert_eq!(options(text), Ok(pairs), "{text}");
        };
        check("", &[]);
        check("-c search_path=retail", &[("search_path", "retail")]);
        check(
            "-csearch_path=a,b --extra-float-digits=3  -c application_name=x\\ y\\\\",
            &[("search_path", "a,b"), ("extra_float_digits", "3"), ("application_name", "x y\\")],
        );
        for broken in ["-c", "-c name", "-x", "name=value", "--flag"] {
            assert_eq!(options(broken), Err(SessionError::StartupOptions), "{broken}");
        }
    }
}
