//! JSON taken apart: members, elements, paths.
//!
//! Invariant: a value that is told is a piece of the text it stands in. A `jsonb` keeps its own form through that,
//! because its text has that form already.

use sluice_base::SqlType;

use super::Entry;
use super::Strictness::Strict;
use super::json::unquoted;
use super::text_at;
use crate::cast::text_in;
use crate::error::{Result, SystemError};
use crate::eval::Run;
use crate::value::{Row, Value};

/// What a text of JSON is made of, one level down.
enum Parts<'t> {
    /// A number, a string, `true`, `false` or `null`.
    Scalar,
    List(Vec<&'t str>),
    Object(Vec<(String, &'t str)>),
}

const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

fn broken() -> SystemError {
    SystemError::InvalidText("json".into())
}

/// The end of the value that begins the text, which is JSON.
fn end_of_value(text: &str) -> Option<usize> {
    let (mut depth, mut inside, mut escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        if inside {
            (inside, escaped) = (escaped || c != '"', !escaped && c == '\\');
            if !inside && depth == 0 {
                return Some(at + 1);
            }
            continue;
        }
        match c {
            '"' => inside = true,
            '[' | '{' => depth += 1,
            ']' | '}' if depth == 0 => return Some(at),
            ']' | '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            ',' | ':' if depth == 0 => return Some(at),
            c if depth == 0 && BLANKS.contains(&c) => return Some(at),
            _ => {}
        }
    }
    (depth == 0 && !inside).then_some(text.len())
}

/// Takes a value off the front.
fn value<'t>(rest: &mut &'t str) -> Result<&'t str> {
    let (found, behind) = rest.split_at(end_of_value(rest).ok_or_else(broken)?);
    *rest = behind.trim_start_matches(BLANKS);
    Ok(found)
}

fn take(rest: &mut &str, wanted: char) -> bool {
    match rest.strip_prefix(wanted) {
        Some(behind) => {
            *rest = behind.trim_start_matches(BLANKS);
            true
        }
        None => false,
    }
}

fn parts(text: &str) -> Result<Parts<'_>> {
    let mut rest = text.trim_matches(BLANKS);
    if take(&mut rest, '[') {
        let mut items = Vec::new();
        while !take(&mut rest, ']') {
            items.push(value(&mut rest)?);
            take(&mut rest, ',');
        }
        return Ok(Parts::List(items));
    }
    if !take(&mut rest, '{') {
        return Ok(Parts::Scalar);
    }
    let mut members = Vec::new();
    while !take(&mut rest, '}') {
        let key = unquoted(value(&mut rest)?)?;
        if !take(&mut rest, ':') {
            return Err(broken());
        }
        members.push((key, value(&mut rest)?));
        take(&mut rest, ',');
    }
    Ok(Parts::Object(members))
}

/// A value as text: a string without its quotes, nothing for `null`.
fn as_text(json: &str) -> Result<Value> {
    Ok(match json.trim_matches(BLANKS) {
        "null" => Value::Null,
        text if text.starts_with('"') => unquoted(text)?.into(),
        text => text.into(),
    })
}

/// Of several members of one name the last counts.
fn member<'t>(members: &[(String, &'t str)], name: &str) -> Option<&'t str> {
    members.iter().rev().find(|(key, _)| key == name).map(|(_, value)| *value)
}

fn element<'t>(items: &[&'t str], number: i64) -> Option<&'t str> {
    let place = if number < 0 { number.checked_add(i64::try_from(items.len()).ok()?)? } else { number };
    items.get(usize::try_from(place).ok()?).copied()
}

fn json(args: &[Value]) -> &str {
    text_at(args, 0).unwrap_or_default()
}

/// `->`: a member by its name, an element by its number.
fn arrow(args: &[Value]) -> Result<Option<&str>> {
    let text = json(args);
    Ok(match (parts(text)?, args.get(1)) {
        (Parts::Object(members), Some(Value::Text(name))) => member(&members, name),
        (Parts::List(items), Some(Value::Int(number))) => element(&items, *number),
        _ => None,
    })
}

/// As [`arrow`]; a scalar of `jsonb` is its own only element.
fn arrow_b(args: &[Value]) -> Result<Option<&str>> {
    match (parts(json(args))?, args.get(1)) {
        (Parts::Scalar, Some(Value::Int(0 | -1))) => Ok(Some(json(args))),
        _ => arrow(args),
    }
}

/// `#>`: one step after the other. What is read at each is counted before.
fn path(args: &[Value], read: impl Fn(usize) -> Result<()>) -> Result<Option<&str>> {
    let Some(steps) = args.get(1).and_then(Value::as_array) else { return Ok(None) };
    let mut found = json(args);
    for step in &steps.items {
        let Some(step) = step.as_text() else { return Ok(None) };
        read(found.len())?;
        let next = match parts(found)? {
            Parts::Object(members) => member(&members, step),
            Parts::List(items) => step.trim().parse().ok().and_then(|number| element(&items, number)),
            Parts::Scalar => None,
        };
        let Some(next) = next else { return Ok(None) };
        found = next;
    }
    Ok(Some(found))
}

fn piece(found: Result<Option<&str>>) -> Result<Value> {
    Ok(found?.map_or(Value::Null, Value::from))
}

fn text_of(found: Result<Option<&str>>) -> Result<Value> {
    found?.map_or(Ok(Value::Null), as_text)
}

fn length(_: &Run, args: &[Value]) -> Result<Value> {
    match parts(json(args))? {
        Parts::List(items) => Ok(Value::Int(i64::try_from(items.len()).unwrap_or(i64::MAX))),
        _ => Err(SystemError::InvalidParameter("cannot get array length of a non-array".into())),
    }
}

fn kind(_: &Run, args: &[Value]) -> Result<Value> {
    let text = json(args).trim_start_matches(BLANKS);
    Ok(match text.chars().next() {
        Some('{') => "object",
        Some('[') => "array",
        Some('"') => "string",
        Some('t' | 'f') => "boolean",
        Some('n') => "null",
        _ => "number",
    }
    .into())
}

fn list(args: &[Value]) -> Result<Vec<&str>> {
    let refused = |text: &str| Err(SystemError::InvalidParameter(text.into()));
    match parts(json(args))? {
        Parts::List(items) => Ok(items),
        Parts::Object(_) => refused("cannot extract elements from an object"),
        Parts::Scalar => refused("cannot extract elements from a scalar"),
    }
}

fn object<'t>(args: &'t [Value], name: &str) -> Result<Vec<(String, &'t str)>> {
    match parts(json(args))? {
        Parts::Object(members) => Ok(members),
        _ => Err(SystemError::InvalidParameter(format!("cannot call {name} on a non-object"))),
    }
}

fn rows(run: &Run, rows: Vec<Row>) -> Result<Vec<Row>> {
    run.step(rows.len())?;
    Ok(rows)
}

/// `json_array_elements`
pub(super) fn elements(run: &Run, args: &[Value]) -> Result<Vec<Row>> {
    if args.iter().any(Value::is_null) {
        return Ok(Vec::new());
    }
    rows(run, list(args)?.into_iter().map(|item| [item.into()].into()).collect())
}

/// `json_array_elements_text`
pub(super) fn elements_text(run: &Run, args: &[Value]) -> Result<Vec<Row>> {
    if args.iter().any(Value::is_null) {
        return Ok(Vec::new());
    }
    let items = list(args)?.into_iter().map(|item| Ok([as_text(item)?].into())).collect::<Result<_>>()?;
    rows(run, items)
}

/// `json_each`
pub(super) fn each(run: &Run, args: &[Value]) -> Result<Vec<Row>> {
    if args.iter().any(Value::is_null) {
        return Ok(Vec::new());
    }
    let members = object(args, "json_each")?;
    rows(run, members.into_iter().map(|(key, value)| [key.into(), value.into()].into()).collect())
}

/// `json_each_text`
pub(super) fn each_text(run: &Run, args: &[Value]) -> Result<Vec<Row>> {
    if args.iter().any(Value::is_null) {
        return Ok(Vec::new());
    }
    let members = object(args, "json_each_text")?.into_iter();
    let members = members.map(|(key, value)| Ok([key.into(), as_text(value)?].into())).collect::<Result<_>>()?;
    rows(run, members)
}

/// `json_object_keys`
pub(super) fn keys(run: &Run, args: &[Value]) -> Result<Vec<Row>> {
    if args.iter().any(Value::is_null) {
        return Ok(Vec::new());
    }
    let members = object(args, "json_object_keys")?;
    rows(run, members.into_iter().map(|(key, _)| [key.into()].into()).collect())
}

/// `json_to_record`: behind the JSON, the names of the columns and the OIDs of their types.
pub(super) fn to_record(run: &Run, args: &[Value]) -> Result<Vec<Row>> {
    if args.iter().any(Value::is_null) {
        return Ok(Vec::new());
    }
    Ok(vec![record(run, &object(args, "json_to_record")?, args)?])
}

/// `json_to_recordset`
pub(super) fn to_records(run: &Run, args: &[Value]) -> Result<Vec<Row>> {
    if args.iter().any(Value::is_null) {
        return Ok(Vec::new());
    }
    let refused = || SystemError::InvalidParameter("argument of json_to_recordset must be an array of objects".into());
    let Parts::List(items) = parts(json(args))? else { return Err(refused()) };
    run.step(items.len())?;
    let record = |item| match parts(item)? {
        Parts::Object(members) => record(run, &members, args),
        _ => Err(refused()),
    };
    items.into_iter().map(record).collect()
}

fn record(run: &Run, members: &[(String, &str)], args: &[Value]) -> Result<Row> {
    let (Some(names), Some(types)) = (args.get(1).and_then(Value::as_array), args.get(2).and_then(Value::as_array))
    else {
        return Err(SystemError::Internal("a record without columns"));
    };
    // Each column looks at all members.
    run.step(members.len().saturating_mul(names.items.len()) / 4)?;
    let columns = names.items.iter().zip(&types.items);
    let cell = |(name, oid): (&Value, &Value)| {
        let sql_type = oid.as_int().and_then(|oid| u32::try_from(oid).ok()).and_then(SqlType::from_oid);
        let sql_type = sql_type.ok_or(SystemError::Internal("a column of an unknown type"))?;
        let Some(found) = member(members, name.as_text().unwrap_or_default()) else { return Ok(Value::Null) };
        if matches!(sql_type, SqlType::Json | SqlType::Jsonb) {
            return Ok(found.into());
        }
        match as_text(found)? {
            Value::Text(text) => text_in(&text, &sql_type, run.context),
            _ => Ok(Value::Null),
        }
    };
    columns.map(cell).collect::<Result<Vec<_>>>().map(Row::from)
}

pub(super) static TABLE: &[Entry] = &[
    ("->(json,text) json", Strict, |_, args| piece(arrow(args))),
    ("->(json,int4) json", Strict, |_, args| piece(arrow(args))),
    ("->(jsonb,text) jsonb", Strict, |_, args| piece(arrow_b(args))),
    ("->(jsonb,int4) jsonb", Strict, |_, args| piece(arrow_b(args))),
    ("->>(json,text) text", Strict, |_, args| text_of(arrow(args))),
    ("->>(json,int4) text", Strict, |_, args| text_of(arrow(args))),
    ("->>(jsonb,text) text", Strict, |_, args| text_of(arrow_b(args))),
    ("->>(jsonb,int4) text", Strict, |_, args| text_of(arrow_b(args))),
    ("#>(json,text[]) json", Strict, |run, args| piece(path(args, |bytes| run.step(bytes / 16)))),
    ("#>(jsonb,text[]) jsonb", Strict, |run, args| piece(path(args, |bytes| run.step(bytes / 16)))),
    ("#>>(json,text[]) text", Strict, |run, args| text_of(path(args, |bytes| run.step(bytes / 16)))),
    ("#>>(jsonb,text[]) text", Strict, |run, args| text_of(path(args, |bytes| run.step(bytes / 16)))),
    ("json_array_length(json) int4", Strict, length),
    ("jsonb_array_length(jsonb) int4", Strict, length),
    ("json_typeof(json) text", Strict, kind),
    ("jsonb_typeof(jsonb) text", Strict, kind),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn args(json: &str, second: impl Into<Value>) -> Vec<Value> {
        vec![json.into(), second.into()]
    }

    #[test]
    fn pieces_are_those_of_the_text() {
        let text = r#" {"a" : {"b":[1, "t,]\"", null]}, "c":"x\u4e2d", "a2":-1.50, "c":"y"} "#;
        assert_eq!(arrow(&args(text, "a")), Ok(Some(r#"{"b":[1, "t,]\"", null]}"#)));
        assert_eq!(arrow(&args(text, "a2")), Ok(Some("-1.50")));
        assert_eq!(text_of(arrow(&args(text, "c"))), Ok("y".into()), "the last of one name");
        assert_eq!(arrow(&args(text, "d")), Ok(None));
        let free = |_| Ok(());
        let steps = |steps: &[&str]| Value::array(steps.iter().map(|step| Value::from(*step)).collect());
        assert_eq!(text_of(path(&args(text, steps(&["a", "b", "1"])), free)), Ok("t,]\"".into()));
        assert_eq!(text_of(path(&args(text, steps(&["a", "b", "-1"])), free)), Ok(Value::Null));
        assert_eq!(path(&args("5", steps(&[])), free), Ok(Some("5")));
        assert_eq!(arrow(&args("[[1, 2],3]", Value::Int(0))), Ok(Some("[1, 2]")));
        assert_eq!(arrow(&args("[1]", "a")), Ok(None));
        assert_eq!(arrow_b(&args("\"x\"", Value::Int(0))), Ok(Some("\"x\"")));
        assert_eq!(arrow(&args("\"x\"", Value::Int(0))), Ok(None));
        assert!(matches!(parts("[ ]"), Ok(Parts::List(items)) if items.is_empty()));
        assert!(matches!(parts("{}"), Ok(Parts::Object(members)) if members.is_empty()));
    }
}
