//! What a session knows of itself: user, database, schemas, settings, times.

use super::Entry;
use super::Strictness::{Called, Strict};
use super::text_at;
use crate::WITHHELD_SETTINGS;
use crate::cast::names::{schema_oid, search_path};
use crate::error::{Result, SystemError};
use crate::eval::{Run, Set};
use crate::relations::preset;
use crate::value::Value;

fn database(run: &Run, _: &[Value]) -> Result<Value> {
    Ok(run.context.database.into())
}

fn user(run: &Run, _: &[Value]) -> Result<Value> {
    Ok(run.context.user.into())
}

/// Schemas of the search path that exist; the implicit one only when asked for.
fn schemas(run: &Run, implicit: bool) -> Vec<Value> {
    let path: Vec<&str> = if implicit {
        search_path(run.context).collect()
    } else {
        run.context.search_path.iter().map(String::as_str).collect()
    };
    path.into_iter().filter(|name| schema_oid(name, run.context).is_some()).map(Value::from).collect()
}

/// A setting: first what this statement has set, then the session's, then the preset.
fn setting(run: &Run, name: &str) -> Option<String> {
    let sets = run.settings.borrow();
    let own = sets.iter().rev().find(|set| set.name.eq_ignore_ascii_case(name)).map(|set| set.shown.clone());
    own.or_else(|| (run.context.setting)(name)).or_else(|| preset(name).map(|preset| preset.value.to_string()))
}

fn is_withheld(name: &str) -> bool {
    WITHHELD_SETTINGS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn current_setting(run: &Run, args: &[Value]) -> Result<Value> {
    let Some(name) = text_at(args, 0) else { return Ok(Value::Null) };
    if is_withheld(name) {
        return Err(SystemError::WithheldSetting(name.to_ascii_lowercase()));
    }
    match setting(run, name) {
        Some(value) => Ok(value.into()),
        None if args.get(1) == Some(&Value::Bool(true)) => Ok(Value::Null),
        None => Err(SystemError::UndefinedSetting(name.to_string())),
    }
}

/// Gives the value back; the session applies it once the statement has succeeded.
fn set_config(run: &Run, args: &[Value]) -> Result<Value> {
    let Some(name) = text_at(args, 0) else {
        return Err(SystemError::InvalidParameter("SET requires parameter name".into()));
    };
    let value = text_at(args, 1);
    // The session says why the others cannot be set.
    if setting(run, name).is_none() && !name.contains('.') && !is_withheld(name) {
        return Err(SystemError::UndefinedSetting(name.to_string()));
    }
    let local = args.get(2) == Some(&Value::Bool(true));
    run.step(100)?;
    let shown = (run.context.once_set)(name, value).unwrap_or_else(|| value.unwrap_or_default().to_string());
    let value = value.map(String::from);
    run.settings.borrow_mut().push(Set { name: name.to_string(), value, local, shown: shown.clone() });
    Ok(shown.into())
}

fn version(run: &Run, _: &[Value]) -> Result<Value> {
    let version = setting(run, "server_version").unwrap_or_else(|| "15.0".into());
    Ok(format!("PostgreSQL {version} (Sluice {})", env!("CARGO_PKG_VERSION")).into())
}

/// Notes the wait; one in the past or of no length is none.
fn pause(run: &Run, micros: f64) -> Result<Value> {
    if micros > 0.0 {
        run.pause_micros.set(run.pause_micros.get().saturating_add(micros as u64));
    }
    run.step(100)?;
    Ok("".into())
}

fn sleep(run: &Run, args: &[Value]) -> Result<Value> {
    pause(run, args.first().and_then(Value::as_float).unwrap_or(0.0) * 1e6)
}

fn sleep_for(run: &Run, args: &[Value]) -> Result<Value> {
    const DAY: f64 = 86_400e6;
    let Some(Value::Interval(wait)) = args.first() else { return Ok(Value::Null) };
    pause(run, f64::from(wait.months) * 30.0 * DAY + f64::from(wait.days) * DAY + wait.micros as f64)
}

fn sleep_until(run: &Run, args: &[Value]) -> Result<Value> {
    let Some(Value::Timestamptz(end)) = args.first() else { return Ok(Value::Null) };
    pause(run, end.saturating_sub(run.context.now_micros) as f64)
}

/// Whether a session will be signalled: her own only, as PostgreSQL lets one do without further rights.
fn signal(run: &Run, args: &[Value], end: bool) -> Result<Value> {
    run.step(100)?;
    let pid = args.first().and_then(Value::as_int).and_then(|pid| i32::try_from(pid).ok());
    let own = pid.filter(|pid| (run.context.own_session)(*pid));
    run.signals.borrow_mut().extend(own.map(|pid| (pid, end)));
    Ok(own.is_some().into())
}

fn nothing(_: &Run, _: &[Value]) -> Result<Value> {
    Ok(Value::Null)
}

fn void(_: &Run, _: &[Value]) -> Result<Value> {
    Ok("".into())
}

fn started(run: &Run, _: &[Value]) -> Result<Value> {
    Ok(Value::Timestamptz(run.context.started_micros))
}

pub(super) static TABLE: &[Entry] = &[
    ("current_database() name", Strict, database),
    ("current_catalog() name", Strict, database),
    ("current_user() name", Strict, user),
    ("current_role() name", Strict, user),
    ("session_user() name", Strict, user),
    ("user() name", Strict, user),
    ("current_schema() name", Strict, |run, _| Ok(schemas(run, false).into_iter().next().unwrap_or(Value::Null))),
    ("current_schemas(bool) name[]", Strict, |run, args| {
        Ok(Value::array(schemas(run, args.first() == Some(&Value::Bool(true)))))
    }),
    ("version() text", Strict, version),
    ("current_setting(text) text", Strict, current_setting),
    ("current_setting(text,bool) text", Strict, current_setting),
    ("set_config(text,text,bool) text", Called, set_config),
    ("pg_sleep(float8) void", Strict, sleep),
    ("pg_sleep_for(interval) void", Strict, sleep_for),
    ("pg_sleep_until(timestamptz) void", Strict, sleep_until),
    ("pg_cancel_backend(int4) bool", Strict, |run, args| signal(run, args, false)),
    ("pg_terminate_backend(int4) bool", Strict, |run, args| signal(run, args, true)),
    ("pg_terminate_backend(int4,int8) bool", Strict, |run, args| signal(run, args, true)),
    ("pg_backend_pid() int4", Strict, |run, _| Ok(Value::Int(run.context.backend_pid.into()))),
    ("pg_is_in_recovery() bool", Strict, |_, _| Ok(Value::Bool(false))),
    ("pg_is_wal_replay_paused() bool", Strict, |_, _| Ok(Value::Bool(false))),
    ("pg_postmaster_start_time() timestamptz", Strict, started),
    ("pg_conf_load_time() timestamptz", Strict, started),
    ("inet_server_addr() text", Called, nothing),
    ("inet_client_addr() text", Called, nothing),
    ("inet_server_port() int4", Called, nothing),
    ("inet_client_port() int4", Called, nothing),
    ("pg_advisory_unlock_all() void", Strict, void),
    ("pg_stat_clear_snapshot() void", Strict, void),
];
