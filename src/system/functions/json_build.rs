//! JSON made of values: of rows, arrays and what else a type prints.
//!
//! Invariant: the analyser gives every value as a text of JSON already, by its type (`analyze/json.rs`); what is put
//! together here is never read again. Taking JSON apart is `json_read`'s.

use sluice_base::SqlType;

use super::Entry;
use super::Strictness::{Called, Strict};
use super::json::{normal_json, quoted};
use super::text_at;
use crate::cast::text_out;
use crate::error::{Result, SystemError};
use crate::eval::Run;
use crate::value::Value;

/// What stands for a value that is a text of JSON, or NULL.
pub(crate) fn json_or_null(value: Option<&Value>) -> &str {
    value.and_then(Value::as_text).unwrap_or("null")
}

/// A key and a value of an object.
pub(crate) fn field(key: Option<&Value>, value: Option<&Value>, between: &str) -> Result<String> {
    let key = key.and_then(Value::as_text);
    let key = key.ok_or_else(|| SystemError::InvalidParameter("field name must not be null".into()))?;
    Ok(format!("{}{between}{}", quoted(key), json_or_null(value)))
}

/// A scalar or an array of scalars; times are written as ISO 8601 has them.
fn json_of(value: &Value, run: &Run) -> Result<String> {
    let text = |sql_type| text_out(value, &sql_type, run.context);
    let time = |sql_type| Ok::<_, SystemError>(quoted(&text(sql_type)?.replacen(' ', "T", 1)));
    Ok(match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) if !number.is_finite() => quoted(&text(SqlType::Float8)?),
        Value::Float(_) => text(SqlType::Float8)?,
        Value::Numeric(number) => number.to_string(),
        Value::Text(text) => quoted(text),
        Value::Date(_) => quoted(&text(SqlType::Date)?),
        Value::Timestamp(_) => time(SqlType::Timestamp)?,
        Value::Timestamptz(_) => {
            let text = text(SqlType::Timestamptz)?.replacen(' ', "T", 1);
            // The offset always has minutes.
            let minutes = text.rsplit(['+', '-']).next().is_some_and(|offset| offset.contains(':'));
            quoted(&if minutes { text } else { format!("{text}:00") })
        }
        Value::Array(array) => {
            let items = array.items.iter().map(|item| json_of(item, run)).collect::<Result<Vec<_>>>()?;
            format!("[{}]", items.join(","))
        }
        _ => return Err(SystemError::Internal("a value whose JSON the analyser did not settle")),
    })
}

fn object(_: &Run, args: &[Value]) -> Result<Value> {
    let fields = args.chunks(2).enumerate().map(|(place, pair)| {
        if pair.first().is_none_or(Value::is_null) {
            return Err(SystemError::InvalidParameter(format!("argument {}: key must not be null", 2 * place + 1)));
        }
        field(pair.first(), pair.get(1), " : ")
    });
    Ok(format!("{{{}}}", fields.collect::<Result<Vec<_>>>()?.join(", ")).into())
}

fn list(_: &Run, args: &[Value]) -> Result<Value> {
    let items: Vec<&str> = args.iter().map(|item| json_or_null(Some(item))).collect();
    Ok(format!("[{}]", items.join(", ")).into())
}

/// A record, the names of its fields and their JSON.
fn row(_: &Run, args: &[Value]) -> Result<Value> {
    let (Some(Value::Record(_)), Some(Value::Array(names))) = (args.first(), args.get(1)) else {
        return Ok(Value::Null);
    };
    let fields = names.items.iter().zip(&args[2..]).map(|(name, json)| field(Some(name), Some(json), ":"));
    Ok(format!("{{{}}}", fields.collect::<Result<Vec<_>>>()?.join(",")).into())
}

pub(super) static TABLE: &[Entry] = &[
    ("json_build_object(variadic any) json", Called, object),
    ("json_build_array(variadic any) json", Called, list),
    ("json_build_array() json", Called, list),
    ("json_build_object() json", Called, object),
    ("row_to_json(record,text[],variadic json) json", Called, row),
    ("to_json(any) json", Strict, |run, args| json_of(&args[0], run).map(Value::from)),
    ("jsonb(json) jsonb", Strict, |_, args| normal_json(text_at(args, 0).unwrap_or_default()).map(Value::from)),
];
