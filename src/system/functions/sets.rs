//! Set-returning functions.

use std::fmt;

use sluice_base::SqlType;

use super::{int_at, json_read, text_at};
use crate::cast::names::keywords;
use crate::error::{Result, SystemError};
use crate::eval::{ROWS_MAX, Run, pattern};
use crate::typing::{Ty, array_of, element_type, implicit};
use crate::value::{Row, Value};
use crate::visible::{OWNER_NAME, OWNER_OID};

/// A set-returning function chosen for a call.
#[derive(Clone)]
pub(crate) struct SetFunction {
    /// What its arguments are cast to.
    pub(crate) args: Vec<SqlType>,
    /// Its columns; a single column has the function's own name in PostgreSQL.
    pub(crate) columns: Vec<(String, SqlType)>,
    pub(crate) run: SetBody,
}

/// What a set-returning function does with its arguments.
pub(crate) type SetBody = fn(&Run, &[Value]) -> Result<Vec<Row>>;

/// Argument types, columns, body.
type Signature = (Vec<SqlType>, Vec<(String, SqlType)>, SetBody);

impl fmt::Debug for SetFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.columns)
    }
}

impl SetFunction {
    /// The type of one row of it as a value.
    pub(crate) fn ty(&self) -> Ty {
        match self.columns.as_slice() {
            [(_, only)] => only.clone().into(),
            columns => Ty::record(columns.to_vec()),
        }
    }
}

fn one(value: Value) -> Row {
    [value].into()
}

fn series(run: &Run, args: &[Value]) -> Result<Vec<Row>> {
    if args.iter().any(Value::is_null) {
        return Ok(Vec::new());
    }
    let (first, last) = (int_at(args, 0)?, int_at(args, 1)?);
    let step = if args.len() > 2 { int_at(args, 2)? } else { 1 };
    if step == 0 {
        return Err(SystemError::InvalidParameter("step size cannot equal zero".into()));
    }
    let mut rows = Vec::new();
    let mut next = Some(first);
    while let Some(value) = next.filter(|value| if step > 0 { *value <= last } else { *value >= last }) {
        run.step(2)?;
        if rows.len() >= ROWS_MAX {
            return Err(SystemError::TooLarge);
        }
        run.hold_rows(1, 1)?;
        rows.push(one(Value::Int(value)));
        next = value.checked_add(step);
    }
    Ok(rows)
}

fn subscripts(run: &Run, args: &[Value]) -> Result<Vec<Row>> {
    let Some(array) = args.first().and_then(Value::as_array) else { return Ok(Vec::new()) };
    run.hold_rows(array.items.len(), 1)?;
    if args.get(1) != Some(&Value::Int(1)) {
        return Ok(Vec::new());
    }
    let lower = i64::from(array.lower);
    let numbers = (0..array.items.len() as i64).map(|place| one(Value::Int(lower + place)));
    Ok(if args.get(2) == Some(&Value::Bool(true)) { numbers.rev().collect() } else { numbers.collect() })
}

fn unnest(run: &Run, args: &[Value]) -> Result<Vec<Row>> {
    let array = args.first().and_then(Value::as_array);
    run.hold_rows(array.map_or(0, |array| array.items.len()), 1)?;
    Ok(array.map_or_else(Vec::new, |array| array.items.iter().cloned().map(one).collect()))
}

fn expand_array(run: &Run, args: &[Value]) -> Result<Vec<Row>> {
    let Some(array) = args.first().and_then(Value::as_array) else { return Ok(Vec::new()) };
    run.hold_rows(array.items.len(), 2)?;
    let numbered = array.items.iter().zip(1_i64..);
    Ok(numbered.map(|(item, number)| [item.clone(), Value::Int(number)].into()).collect())
}

fn pg_get_keywords(_: &Run, _: &[Value]) -> Result<Vec<Row>> {
    let mut words: Vec<_> = keywords().iter().collect();
    words.sort_unstable();
    Ok(words
        .into_iter()
        .map(|(word, (category, bare))| {
            let meaning = match *category {
                "U" => "unreserved",
                "C" => "unreserved (cannot be function or type name)",
                "T" => "reserved (can be function or type name)",
                _ => "reserved",
            };
            let label = if *bare { "can be bare label" } else { "requires AS" };
            [(*word).into(), (*category).into(), (*bare).into(), meaning.into(), label.into()].into()
        })
        .collect())
}

fn options(_: &Run, args: &[Value]) -> Result<Vec<Row>> {
    let Some(array) = args.first().and_then(Value::as_array) else { return Ok(Vec::new()) };
    Ok(array
        .items
        .iter()
        .filter_map(Value::as_text)
        .map(|option| match option.split_once('=') {
            Some((name, value)) => [name.into(), value.into()].into(),
            None => [option.into(), Value::Null].into(),
        })
        .collect())
}

fn empty(_: &Run, _: &[Value]) -> Result<Vec<Row>> {
    Ok(Vec::new())
}

fn string_to_table(run: &Run, args: &[Value]) -> Result<Vec<Row>> {
    let (Some(text), Some(delimiter)) = (text_at(args, 0), text_at(args, 1)) else { return Ok(Vec::new()) };
    parts(if delimiter.is_empty() { 1 } else { text.matches(delimiter).count() + 1 }, text, run)?;
    Ok(match (text, delimiter) {
        ("", _) => Vec::new(),
        (text, "") => vec![one(text.into())],
        (text, delimiter) => text.split(delimiter).map(|part| one(part.into())).collect(),
    })
}

/// Counts the parts of a text as rows before they are made.
fn parts(count: usize, text: &str, run: &Run) -> Result<()> {
    run.holds(count, 1)?;
    run.step(count)?;
    run.hold(text.len())?;
    // Each is a text of its own, in a row of its own.
    run.hold_rows(count, 2)
}

fn regexp_split(run: &Run, args: &[Value]) -> Result<Vec<Row>> {
    let (Some(text), Some(by)) = (text_at(args, 0), text_at(args, 1)) else { return Ok(Vec::new()) };
    let regex = pattern::regex(by, false, run)?;
    parts(regex.count(text, run)? + 1, text, run)?;
    Ok(regex.split(text).map(|part| one(part.into())).collect())
}

/// The groups of the first match, or of each with the flag `g`.
fn regexp_matches(run: &Run, args: &[Value]) -> Result<Vec<Row>> {
    let (Some(text), Some(by)) = (text_at(args, 0), text_at(args, 1)) else { return Ok(Vec::new()) };
    let flags = text_at(args, 2).unwrap_or_default();
    let regex = pattern::regex(by, flags.contains('i'), run)?;
    let mut rows = Vec::new();
    let mut take = |captures: regex::Captures<'_>| {
        run.step(2)?;
        run.holds(rows.len() + 1, 1)?;
        run.hold_rows(2, captures.len())?;
        let skip = usize::from(captures.len() > 1);
        let groups = captures.iter().skip(skip).map(|group| group.map_or(Value::Null, |m| m.as_str().into()));
        rows.push(one(run.made(Value::array(groups.collect()))?));
        Ok(())
    };
    if flags.contains('g') {
        regex.each(text, run, take)?;
    } else if let Some(first) = regex.captures(text, run)? {
        take(first)?;
    }
    Ok(rows)
}

fn named(columns: &[(&str, SqlType)]) -> Vec<(String, SqlType)> {
    columns.iter().map(|(name, sql_type)| (name.to_string(), sql_type.clone())).collect()
}

/// The integer type that a series of these arguments has.
fn series_type(given: &[SqlType]) -> Option<SqlType> {
    [SqlType::Int4, SqlType::Int8].into_iter().find(|to| given.iter().all(|from| implicit(from, to)))
}

fn columns_of(relation: &str) -> Vec<(String, SqlType)> {
    let shape = crate::relations::find("pg_catalog", relation).and_then(|place| crate::relations::all().get(place));
    shape
        .map_or_else(Vec::new, |shape| shape.columns.iter().map(|c| (c.name.to_string(), c.sql_type.clone())).collect())
}

/// The rows of the system relation that is a view of this function in PostgreSQL.
fn rows_of(run: &Run, relation: &str) -> Result<Vec<Row>> {
    let source = run.catalog(relation);
    run.step(source.rows.len())?;
    Ok(source.rows.clone())
}

/// The grants of an access list, one row each: `name=letters/grantor`, no name for everybody.
fn aclexplode(run: &Run, args: &[Value]) -> Result<Vec<Row>> {
    const PRIVILEGES: [(char, &str); 3] = [('r', "SELECT"), ('U', "USAGE"), ('C', "CREATE")];
    let visible = run.context.visible;
    let role = |name: &str| match name.trim_matches('"') {
        "" => Value::from(0_u32),
        OWNER_NAME => OWNER_OID.into(),
        _ => visible.user_oid.into(),
    };
    let mut rows = Vec::new();
    for item in args.first().and_then(Value::as_array).map_or(&[][..], |list| &list.items) {
        let Some((grant, grantor)) = item.as_text().and_then(|item| item.rsplit_once('/')) else { continue };
        let Some((grantee, letters)) = grant.rsplit_once('=') else { continue };
        for (letter, privilege) in PRIVILEGES.iter().filter(|(letter, _)| letters.contains(*letter)) {
            let grantable = letters.contains(&format!("{letter}*"));
            rows.push([role(grantor), role(grantee), (*privilege).into(), grantable.into()].into());
        }
    }
    run.step(rows.len())?;
    Ok(rows)
}

fn array_argument(given: &[SqlType]) -> Option<(SqlType, SqlType)> {
    match given.first()? {
        SqlType::Unknown => Some((array_of(&SqlType::Text), SqlType::Text)),
        array => Some((array.clone(), element_type(array)?)),
    }
}

/// The type that a function of JSON is for, by its name.
fn json_kind(name: &str) -> SqlType {
    if name.starts_with("jsonb") { SqlType::Jsonb } else { SqlType::Json }
}

/// A function in FROM whose columns are told behind its alias, with their types; `None` for other functions. Names and
/// types of the columns are further arguments.
pub(crate) fn record_function(name: &str, columns: &[(String, SqlType)]) -> Option<SetFunction> {
    let run: SetBody = match name {
        "json_to_record" | "jsonb_to_record" => json_read::to_record,
        "json_to_recordset" | "jsonb_to_recordset" => json_read::to_records,
        _ => return None,
    };
    let args = vec![json_kind(name), array_of(&SqlType::Text), array_of(&SqlType::Oid)];
    Some(SetFunction { args, columns: columns.to_vec(), run })
}

/// The set-returning function of this name for arguments of these types; `None` where there is none.
pub(crate) fn set_function(schema: Option<&str>, name: &str, given: &[SqlType]) -> Option<SetFunction> {
    use SqlType::{Bool, Char, Int4, Oid, Regclass, Text};
    let texts = array_of(&Text);
    let (args, columns, run): Signature = match (schema, name, given.len()) {
        (Some("information_schema"), "_pg_expandarray", 1) => {
            let (array, item) = array_argument(given)?;
            (vec![array], named(&[("x", item), ("n", Int4)]), expand_array)
        }
        (Some("information_schema"), _, _) => return None,
        (_, "generate_series", 2 | 3) => {
            let item = series_type(given)?;
            (vec![item.clone(); given.len()], named(&[(name, item)]), series)
        }
        (_, "generate_subscripts", 2 | 3) => {
            let (array, _) = array_argument(given)?;
            (vec![array, Int4, Bool], named(&[(name, Int4)]), subscripts)
        }
        (_, "unnest", 1) => {
            let (array, item) = array_argument(given)?;
            (vec![array], named(&[(name, item)]), unnest)
        }
        (_, "pg_get_keywords", 0) => {
            let columns =
                [("word", Text), ("catcode", Char), ("barelabel", Bool), ("catdesc", Text), ("baredesc", Text)];
            (vec![], named(&columns), pg_get_keywords)
        }
        (_, "pg_options_to_table", 1) => {
            (vec![texts], named(&[("option_name", Text), ("option_value", Text)]), options)
        }
        // No relation is a partition, so none has ancestors.
        (_, "pg_partition_ancestors", 1) => (vec![Regclass], named(&[("relid", Regclass)]), empty),
        (_, "pg_partition_tree", 1) => {
            let columns = [("relid", Regclass), ("parentrelid", Regclass), ("isleaf", Bool), ("level", Int4)];
            (vec![Regclass], named(&columns), empty)
        }
        (_, "pg_show_all_settings", 0) => (vec![], columns_of("pg_settings"), |run, _| rows_of(run, "pg_settings")),
        (_, "pg_timezone_names", 0) => {
            (vec![], columns_of("pg_timezone_names"), |run, _| rows_of(run, "pg_timezone_names"))
        }
        (_, "aclexplode", 1) => {
            let columns = [("grantor", Oid), ("grantee", Oid), ("privilege_type", Text), ("is_grantable", Bool)];
            (vec![texts], named(&columns), aclexplode)
        }
        // No extension can be had.
        (_, "pg_available_extensions", 0) => {
            (vec![], named(&[("name", SqlType::Name), ("default_version", Text), ("comment", Text)]), empty)
        }
        (_, "pg_listening_channels", 0) => (vec![], named(&[(name, Text)]), empty),
        (_, "string_to_table", 2) => (vec![Text, Text], named(&[(name, Text)]), string_to_table),
        (_, "regexp_matches", 2 | 3) => (vec![Text; given.len()], named(&[(name, texts)]), regexp_matches),
        // Nothing is published.
        (_, "pg_get_publication_tables", 1) => {
            let columns = [("relid", Oid), ("attrs", SqlType::Int2vector), ("qual", Text)];
            (vec![Text], named(&columns), empty)
        }
        (_, "pg_identify_object", 3) => {
            let columns = [("type", Text), ("schema", Text), ("name", Text), ("identity", Text)];
            (vec![Oid, Oid, Int4], named(&columns), super::identify::identify)
        }
        (_, "json_array_elements" | "jsonb_array_elements", 1) => {
            let own = json_kind(name);
            (vec![own.clone()], named(&[("value", own)]), json_read::elements)
        }
        (_, "json_array_elements_text" | "jsonb_array_elements_text", 1) => {
            (vec![json_kind(name)], named(&[("value", Text)]), json_read::elements_text)
        }
        (_, "json_each" | "jsonb_each", 1) => {
            let own = json_kind(name);
            (vec![own.clone()], named(&[("key", Text), ("value", own)]), json_read::each)
        }
        (_, "json_each_text" | "jsonb_each_text", 1) => {
            (vec![json_kind(name)], named(&[("key", Text), ("value", Text)]), json_read::each_text)
        }
        (_, "json_object_keys" | "jsonb_object_keys", 1) => {
            (vec![json_kind(name)], named(&[(name, Text)]), json_read::keys)
        }
        (_, "regexp_split_to_table", 2) => (vec![Text, Text], named(&[(name, Text)]), regexp_split),
        _ => return None,
    };
    Some(SetFunction { args, columns, run })
}
