//! Names, comments and types of objects: `format_type`, `obj_description`, `pg_get_userbyid`, `to_regclass`.

use sluice_base::SqlType;

use super::Entry;
use super::Strictness::{Called, Strict};
use super::{int_at, oid_at, text_at};
use crate::cast::names::{oid_in, row_type_text};
use crate::error::{Result, SystemError};
use crate::eval::Run;
use crate::relations::{self, comments};
use crate::value::Value;
use crate::visible::{OWNER_NAME, OWNER_OID};

fn format_type(run: &Run, args: &[Value]) -> Result<Value> {
    let Some(oid) = oid_at(args, 0) else { return Ok(Value::Null) };
    let text = row_type_text(oid, run.context);
    Ok(text.unwrap_or_else(|| relations::format_type(oid, args.get(1).and_then(Value::as_int))).into())
}

/// The comment on an object, by the relation it is listed in.
fn comment(run: &Run, class: Option<u32>, oid: u32, column: i64) -> Value {
    let source = run.catalog("pg_description");
    let Some(numbers) = source.index(0).and_then(|index| index.get(&crate::value::Key(Value::from(oid)))) else {
        return Value::Null;
    };
    numbers
        .iter()
        .filter_map(|number| source.rows.get(*number as usize))
        .find(|row| {
            let same_class = class.is_none_or(|class| row.get(1) == Some(&Value::from(class)));
            same_class && row.get(2) == Some(&Value::Int(column))
        })
        .and_then(|row| row.get(3).cloned())
        .unwrap_or(Value::Null)
}

fn class_oid(name: &str) -> Option<u32> {
    relations::find("pg_catalog", name).and_then(|place| relations::all().get(place)).map(|shape| shape.oid)
}

fn obj_description(run: &Run, args: &[Value]) -> Result<Value> {
    let Some(oid) = oid_at(args, 0) else { return Ok(Value::Null) };
    match text_at(args, 1) {
        None => Ok(comment(run, None, oid, 0)),
        Some(name) => Ok(class_oid(name).map_or(Value::Null, |class| comment(run, Some(class), oid, 0))),
    }
}

fn col_description(run: &Run, args: &[Value]) -> Result<Value> {
    let Some(oid) = oid_at(args, 0) else { return Ok(Value::Null) };
    match int_at(args, 1)? {
        0 => Ok(Value::Null),
        column => Ok(comment(run, Some(comments::PG_CLASS), oid, column)),
    }
}

fn pg_get_userbyid(run: &Run, args: &[Value]) -> Result<Value> {
    Ok(match oid_at(args, 0) {
        Some(OWNER_OID) => OWNER_NAME.into(),
        Some(oid) if oid == run.context.visible.user_oid => run.context.visible.user.as_str().into(),
        Some(oid) => format!("unknown (OID={oid})").into(),
        None => Value::Null,
    })
}

/// `to_reg...`: as the cast, but NULL where there is no such object.
fn to_reg(run: &Run, args: &[Value], sql_type: &SqlType) -> Result<Value> {
    let Some(text) = text_at(args, 0) else { return Ok(Value::Null) };
    match oid_in(text, sql_type, run.context) {
        Ok(found) => Ok(found.map_or(Value::Null, Value::from)),
        Err(SystemError::Unsupported(what)) => Err(SystemError::Unsupported(what)),
        Err(_) => Ok(Value::Null),
    }
}

/// The spellings of the one encoding, and a few that clients compare with.
const ENCODINGS: &[(i64, &str)] =
    &[(0, "SQL_ASCII"), (6, "UTF8"), (8, "LATIN1"), (37, "GBK"), (39, "GB18030"), (2, "EUC_CN")];

fn encoding_number(name: &str) -> i64 {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    let plain = if plain == "UNICODE" { "UTF8".to_string() } else { plain };
    ENCODINGS
        .iter()
        .find(|(_, known)| known.chars().filter(char::is_ascii_alphanumeric).collect::<String>() == plain)
        .map_or(-1, |(number, _)| *number)
}

/// What a btree index column has: ascending, NULLs last.
fn index_column_property(run: &Run, args: &[Value]) -> Result<Value> {
    let Some(oid) = oid_at(args, 0) else { return Ok(Value::Null) };
    if !matches!(run.context.visible.object(oid), Some(crate::visible::ObjectRef::Index(_))) {
        return Ok(Value::Null);
    }
    Ok(match text_at(args, 2).unwrap_or_default() {
        "asc" | "nulls_last" | "orderable" | "returnable" | "search_array" | "search_nulls" => true.into(),
        "desc" | "nulls_first" | "distance_orderable" => false.into(),
        _ => Value::Null,
    })
}

pub(super) static TABLE: &[Entry] = &[
    ("format_type(oid,int4) text", Called, format_type),
    ("obj_description(oid) text", Strict, obj_description),
    ("obj_description(oid,name) text", Strict, obj_description),
    ("col_description(oid,int4) text", Strict, col_description),
    ("shobj_description(oid,name) text", Strict, |_, _| Ok(Value::Null)),
    ("pg_get_userbyid(oid) name", Strict, pg_get_userbyid),
    ("to_regclass(text) regclass", Strict, |run, args| to_reg(run, args, &SqlType::Regclass)),
    ("to_regtype(text) regtype", Strict, |run, args| to_reg(run, args, &SqlType::Regtype)),
    ("to_regproc(text) regproc", Strict, |run, args| to_reg(run, args, &SqlType::Regproc)),
    ("to_regnamespace(text) regnamespace", Strict, |run, args| to_reg(run, args, &SqlType::Regnamespace)),
    ("to_regprocedure(text) regprocedure", Strict, |run, args| to_reg(run, args, &SqlType::Regprocedure)),
    ("to_regoper(text) regoper", Strict, |run, args| to_reg(run, args, &SqlType::Regoper)),
    ("to_regoperator(text) regoperator", Strict, |run, args| to_reg(run, args, &SqlType::Regoperator)),
    ("pg_describe_object(oid,oid,int4) text", Strict, super::identify::describe),
    ("to_regrole(text) regrole", Strict, |run, args| to_reg(run, args, &SqlType::Regrole)),
    ("pg_encoding_to_char(int4) name", Strict, |_, args| {
        let wanted = int_at(args, 0)?;
        Ok(ENCODINGS.iter().find(|(number, _)| *number == wanted).map_or("", |(_, name)| name).into())
    }),
    ("pg_char_to_encoding(name) int4", Strict, |_, args| Ok(Value::Int(text_at(args, 0).map_or(-1, encoding_number)))),
    ("getdatabaseencoding() name", Strict, |_, _| Ok("UTF8".into())),
    ("pg_client_encoding() name", Strict, |run, _| {
        Ok((run.context.setting)("client_encoding").unwrap_or_else(|| "UTF8".into()).into())
    }),
    ("pg_index_column_has_property(regclass,int4,text) bool", Strict, index_column_property),
    ("pg_index_has_property(regclass,text) bool", Strict, |_, _| Ok(false.into())),
];
