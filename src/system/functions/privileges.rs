//! `has_..._privilege`: the truth for a read-only server. SELECT and USAGE on what is visible, CONNECT, EXECUTE.

use super::Entry;
use super::Strictness::Strict;
use super::{oid_at, text_at};
use crate::cast::names::{relation_name, relation_oid, schema_name, schema_oid, split_name};
use crate::error::{Result, SystemError};
use crate::eval::Run;
use crate::relations::{all, find_by_oid, withheld};
use crate::value::Value;
use crate::visible::OWNER_NAME;

/// What is asked about: the arguments behind the optional role.
struct Question<'v> {
    object: &'v Value,
    rest: &'v [Value],
}

/// Takes a leading role off, which must be the one who asks or the owner.
fn question<'v>(run: &Run, args: &'v [Value], with_role: bool) -> Result<Question<'v>> {
    let args = if with_role {
        check_role(run, args.first())?;
        &args[1..]
    } else {
        args
    };
    match args {
        [object, rest @ ..] => Ok(Question { object, rest }),
        [] => Err(SystemError::Internal("a privilege of nothing")),
    }
}

fn check_role(run: &Run, role: Option<&Value>) -> Result<()> {
    let visible = run.context.visible;
    match role {
        Some(Value::Text(name)) if **name == *visible.user || **name == *OWNER_NAME || &**name == "public" => Ok(()),
        Some(Value::Text(name)) => Err(SystemError::UndefinedObject("role", name.to_string())),
        _ => Ok(()),
    }
}

/// Whether one of the comma-separated privileges is held.
fn holds(wanted: &str, held: &[&str], known: &[&str]) -> Result<Value> {
    let mut found = false;
    for word in wanted.split(',') {
        let word = word.trim().to_ascii_uppercase();
        let (word, grantable) = match word.strip_suffix(" WITH GRANT OPTION") {
            Some(word) => (word.trim().to_string(), true),
            None => (word, false),
        };
        if !known.contains(&word.as_str()) {
            return Err(SystemError::InvalidParameter("unrecognized privilege type".into()));
        }
        found |= !grantable && held.contains(&word.as_str());
    }
    Ok(Value::Bool(found))
}

const TABLE_PRIVILEGES: &[&str] =
    &["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "RULE"];

fn table_of(run: &Run, object: &Value) -> Result<Option<u32>> {
    match object {
        Value::Text(text) => {
            let parts = split_name(text).ok_or_else(|| SystemError::Syntax("invalid name syntax".into()))?;
            relation_oid(&parts, run.context).map(Some).ok_or_else(|| SystemError::UndefinedTable(parts.join(".")))
        }
        other => Ok(other
            .as_int()
            .and_then(|oid| u32::try_from(oid).ok())
            .filter(|oid| relation_name(*oid, run.context).is_some())),
    }
}

fn table(run: &Run, args: &[Value], with_role: bool) -> Result<Value> {
    let asked = question(run, args, with_role)?;
    match table_of(run, asked.object)? {
        Some(oid) => {
            let held: &[&str] = if withheld::name_of(oid).is_some() { &[] } else { &["SELECT"] };
            holds(text_at(asked.rest, 0).unwrap_or_default(), held, TABLE_PRIVILEGES)
        }
        None => Ok(Value::Null),
    }
}

fn column_exists(run: &Run, oid: u32, column: &Value) -> bool {
    let place = |number: i64, width: usize| number >= 1 && number <= width as i64;
    if let Some(shape) = find_by_oid(oid).and_then(|position| all().get(position)) {
        return match column {
            Value::Text(name) => shape.place(name).is_some(),
            other => other.as_int().is_some_and(|number| place(number, shape.columns.len())),
        };
    }
    run.context.visible.relation(oid).is_some_and(|relation| match column {
        Value::Text(name) => relation.fields.iter().any(|field| field.name == *name),
        other => other.as_int().is_some_and(|number| place(number, relation.fields.len())),
    })
}

fn column(run: &Run, args: &[Value], with_role: bool) -> Result<Value> {
    let asked = question(run, args, with_role)?;
    let Some(oid) = table_of(run, asked.object)? else { return Ok(Value::Null) };
    match asked.rest.first() {
        Some(column) if column_exists(run, oid, column) => {
            holds(text_at(asked.rest, 1).unwrap_or_default(), &["SELECT"], TABLE_PRIVILEGES)
        }
        Some(Value::Text(name)) => Err(SystemError::UndefinedColumn(name.to_string())),
        _ => Ok(Value::Null),
    }
}

fn schema(run: &Run, args: &[Value], with_role: bool) -> Result<Value> {
    let asked = question(run, args, with_role)?;
    let exists = match asked.object {
        Value::Text(name) => match schema_oid(name, run.context) {
            Some(_) => true,
            None => return Err(SystemError::UndefinedObject("schema", name.to_string())),
        },
        _ => oid_at(std::slice::from_ref(asked.object), 0).is_some_and(|oid| schema_name(oid, run.context).is_some()),
    };
    if !exists {
        return Ok(Value::Null);
    }
    holds(text_at(asked.rest, 0).unwrap_or_default(), &["USAGE"], &["USAGE", "CREATE"])
}

fn plain(run: &Run, args: &[Value], with_role: bool, held: &[&str], known: &[&str]) -> Result<Value> {
    let asked = question(run, args, with_role)?;
    holds(text_at(asked.rest, 0).unwrap_or_default(), held, known)
}

const DATABASE: (&[&str], &[&str]) = (&["CONNECT"], &["CONNECT", "CREATE", "TEMP", "TEMPORARY"]);
const FUNCTION: (&[&str], &[&str]) = (&["EXECUTE"], &["EXECUTE"]);
const USAGE: (&[&str], &[&str]) = (&["USAGE"], &["USAGE", "CREATE", "SELECT", "UPDATE"]);
const SETTING: (&[&str], &[&str]) = (&[], &["SET", "ALTER SYSTEM"]);
const NONE: (&[&str], &[&str]) = (&[], &["CREATE", "USAGE", "SELECT", "UPDATE"]);

fn has_role(run: &Run, args: &[Value]) -> Result<Value> {
    let roles = &args[..args.len() - 1];
    let visible = run.context.visible;
    let mine = |role: &Value| match role {
        Value::Text(name) => **name == *visible.user,
        other => other.as_int() == Some(visible.user_oid.into()),
    };
    for role in roles {
        check_role(run, Some(role))?;
    }
    Ok(Value::Bool(roles.iter().all(mine)))
}

pub(super) static TABLE: &[Entry] = &[
    ("has_table_privilege(text,text) bool", Strict, |run, args| table(run, args, false)),
    ("has_table_privilege(oid,text) bool", Strict, |run, args| table(run, args, false)),
    ("has_table_privilege(name,text,text) bool", Strict, |run, args| table(run, args, true)),
    ("has_table_privilege(name,oid,text) bool", Strict, |run, args| table(run, args, true)),
    ("has_table_privilege(oid,oid,text) bool", Strict, |run, args| table(run, args, true)),
    ("has_any_column_privilege(text,text) bool", Strict, |run, args| table(run, args, false)),
    ("has_any_column_privilege(oid,text) bool", Strict, |run, args| table(run, args, false)),
    ("has_any_column_privilege(name,text,text) bool", Strict, |run, args| table(run, args, true)),
    ("has_any_column_privilege(name,oid,text) bool", Strict, |run, args| table(run, args, true)),
    ("has_column_privilege(text,text,text) bool", Strict, |run, args| column(run, args, false)),
    ("has_column_privilege(oid,text,text) bool", Strict, |run, args| column(run, args, false)),
    ("has_column_privilege(text,int2,text) bool", Strict, |run, args| column(run, args, false)),
    ("has_column_privilege(oid,int2,text) bool", Strict, |run, args| column(run, args, false)),
    ("has_column_privilege(name,text,text,text) bool", Strict, |run, args| column(run, args, true)),
    ("has_column_privilege(name,oid,int2,text) bool", Strict, |run, args| column(run, args, true)),
    ("has_schema_privilege(text,text) bool", Strict, |run, args| schema(run, args, false)),
    ("has_schema_privilege(oid,text) bool", Strict, |run, args| schema(run, args, false)),
    ("has_schema_privilege(name,text,text) bool", Strict, |run, args| schema(run, args, true)),
    ("has_schema_privilege(name,oid,text) bool", Strict, |run, args| schema(run, args, true)),
    ("has_database_privilege(text,text) bool", Strict, |run, args| plain(run, args, false, DATABASE.0, DATABASE.1)),
    ("has_database_privilege(oid,text) bool", Strict, |run, args| plain(run, args, false, DATABASE.0, DATABASE.1)),
    ("has_database_privilege(name,text,text) bool", Strict, |run, args| plain(run, args, true, DATABASE.0, DATABASE.1)),
    ("has_database_privilege(name,oid,text) bool", Strict, |run, args| plain(run, args, true, DATABASE.0, DATABASE.1)),
    ("has_function_privilege(text,text) bool", Strict, |run, args| plain(run, args, false, FUNCTION.0, FUNCTION.1)),
    ("has_function_privilege(oid,text) bool", Strict, |run, args| plain(run, args, false, FUNCTION.0, FUNCTION.1)),
    ("has_function_privilege(name,oid,text) bool", Strict, |run, args| plain(run, args, true, FUNCTION.0, FUNCTION.1)),
    ("has_type_privilege(text,text) bool", Strict, |run, args| plain(run, args, false, USAGE.0, USAGE.1)),
    ("has_type_privilege(oid,text) bool", Strict, |run, args| plain(run, args, false, USAGE.0, USAGE.1)),
    ("has_language_privilege(text,text) bool", Strict, |run, args| plain(run, args, false, USAGE.0, USAGE.1)),
    ("has_language_privilege(oid,text) bool", Strict, |run, args| plain(run, args, false, USAGE.0, USAGE.1)),
    ("has_sequence_privilege(text,text) bool", Strict, |run, args| plain(run, args, false, NONE.0, NONE.1)),
    ("has_sequence_privilege(oid,text) bool", Strict, |run, args| plain(run, args, false, NONE.0, NONE.1)),
    ("has_sequence_privilege(name,oid,text) bool", Strict, |run, args| plain(run, args, true, NONE.0, NONE.1)),
    ("has_tablespace_privilege(text,text) bool", Strict, |run, args| plain(run, args, false, NONE.0, NONE.1)),
    ("has_tablespace_privilege(oid,text) bool", Strict, |run, args| plain(run, args, false, NONE.0, NONE.1)),
    ("has_tablespace_privilege(name,text,text) bool", Strict, |run, args| plain(run, args, true, NONE.0, NONE.1)),
    ("has_language_privilege(name,text,text) bool", Strict, |run, args| plain(run, args, true, USAGE.0, USAGE.1)),
    ("has_language_privilege(name,oid,text) bool", Strict, |run, args| plain(run, args, true, USAGE.0, USAGE.1)),
    ("has_type_privilege(name,text,text) bool", Strict, |run, args| plain(run, args, true, USAGE.0, USAGE.1)),
    ("has_type_privilege(name,oid,text) bool", Strict, |run, args| plain(run, args, true, USAGE.0, USAGE.1)),
    ("has_function_privilege(name,text,text) bool", Strict, |run, args| plain(run, args, true, FUNCTION.0, FUNCTION.1)),
    ("has_table_privilege(oid,text,text) bool", Strict, |run, args| table(run, args, true)),
    ("has_any_column_privilege(oid,oid,text) bool", Strict, |run, args| table(run, args, true)),
    ("has_any_column_privilege(oid,text,text) bool", Strict, |run, args| table(run, args, true)),
    ("has_column_privilege(name,text,int2,text) bool", Strict, |run, args| column(run, args, true)),
    ("has_column_privilege(name,oid,text,text) bool", Strict, |run, args| column(run, args, true)),
    ("has_column_privilege(oid,oid,int2,text) bool", Strict, |run, args| column(run, args, true)),
    ("has_column_privilege(oid,oid,text,text) bool", Strict, |run, args| column(run, args, true)),
    ("has_column_privilege(oid,text,int2,text) bool", Strict, |run, args| column(run, args, true)),
    ("has_column_privilege(oid,text,text,text) bool", Strict, |run, args| column(run, args, true)),
    ("has_schema_privilege(oid,oid,text) bool", Strict, |run, args| schema(run, args, true)),
    ("has_schema_privilege(oid,text,text) bool", Strict, |run, args| schema(run, args, true)),
    ("has_database_privilege(oid,oid,text) bool", Strict, |run, args| plain(run, args, true, DATABASE.0, DATABASE.1)),
    ("has_database_privilege(oid,text,text) bool", Strict, |run, args| plain(run, args, true, DATABASE.0, DATABASE.1)),
    ("has_function_privilege(oid,oid,text) bool", Strict, |run, args| plain(run, args, true, FUNCTION.0, FUNCTION.1)),
    ("has_function_privilege(oid,text,text) bool", Strict, |run, args| plain(run, args, true, FUNCTION.0, FUNCTION.1)),
    ("has_type_privilege(oid,oid,text) bool", Strict, |run, args| plain(run, args, true, USAGE.0, USAGE.1)),
    ("has_type_privilege(oid,text,text) bool", Strict, |run, args| plain(run, args, true, USAGE.0, USAGE.1)),
    ("has_language_privilege(oid,oid,text) bool", Strict, |run, args| plain(run, args, true, USAGE.0, USAGE.1)),
    ("has_language_privilege(oid,text,text) bool", Strict, |run, args| plain(run, args, true, USAGE.0, USAGE.1)),
    ("has_sequence_privilege(name,text,text) bool", Strict, |run, args| plain(run, args, true, NONE.0, NONE.1)),
    ("has_sequence_privilege(oid,oid,text) bool", Strict, |run, args| plain(run, args, true, NONE.0, NONE.1)),
    ("has_sequence_privilege(oid,text,text) bool", Strict, |run, args| plain(run, args, true, NONE.0, NONE.1)),
    ("has_tablespace_privilege(name,oid,text) bool", Strict, |run, args| plain(run, args, true, NONE.0, NONE.1)),
    ("has_tablespace_privilege(oid,oid,text) bool", Strict, |run, args| plain(run, args, true, NONE.0, NONE.1)),
    ("has_tablespace_privilege(oid,text,text) bool", Strict, |run, args| plain(run, args, true, NONE.0, NONE.1)),
    ("has_server_privilege(oid,text) bool", Strict, |run, args| plain(run, args, false, NONE.0, NONE.1)),
    ("has_foreign_data_wrapper_privilege(oid,text) bool", Strict, |run, args| plain(run, args, false, NONE.0, NONE.1)),
    ("has_parameter_privilege(text,text) bool", Strict, |run, args| plain(run, args, false, SETTING.0, SETTING.1)),
    ("has_parameter_privilege(name,text,text) bool", Strict, |run, args| plain(run, args, true, SETTING.0, SETTING.1)),
    ("pg_has_role(name,text) bool", Strict, has_role),
    ("pg_has_role(oid,text) bool", Strict, has_role),
    ("pg_has_role(name,name,text) bool", Strict, has_role),
    ("pg_has_role(name,oid,text) bool", Strict, has_role),
    ("pg_has_role(oid,oid,text) bool", Strict, has_role),
    ("row_security_active(oid) bool", Strict, |_, _| Ok(Value::Bool(false))),
    ("row_security_active(text) bool", Strict, |_, _| Ok(Value::Bool(false))),
];
