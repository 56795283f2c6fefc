//! `regclass`, `regtype`, `regproc` and their kin: OIDs that read and print as names.

use std::collections::HashMap;
use std::sync::OnceLock;

use sluice_base::SqlType;

use crate::Context;
use crate::error::{Result, SystemError};
use crate::relations::{all, find, find_by_oid, format_type, operators, procs, type_info, type_info_by_name, withheld};
use crate::typing::parse_type_text;
use crate::visible::{OWNER_NAME, OWNER_OID, ObjectRef, VisibleRelation};

/// Keywords with their category: `U` unreserved, `C`, `T`, `R` need quotes as names.
pub(crate) fn keywords() -> &'static HashMap<&'static str, (&'static str, bool)> {
    static KEYWORDS: OnceLock<HashMap<&'static str, (&'static str, bool)>> = OnceLock::new();
    KEYWORDS.get_or_init(|| {
        include_str!("../data/keywords.tsv")
            .lines()
            .skip(1)
            .filter_map(|line| {
                let mut cells = line.split('\t');
                Some((cells.next()?, (cells.next()?, cells.next()? == "t")))
            })
            .collect()
    })
}

/// A name as it must be written in SQL.
pub(crate) fn quote_ident(name: &str) -> String {
    let safe = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b == b'_')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && keywords().get(name).is_none_or(|(category, _)| *category == "U");
    if safe { name.to_string() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Splits `a."B c".d` into its parts, folded; `None` where it is no name.
pub(crate) fn split_name(text: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        let (part, tail) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let mut part = String::new();
                let mut chars = quoted.char_indices();
                let end = loop {
                    match chars.next()? {
                        (at, '"') if quoted[at + 1..].starts_with('"') => {
                            chars.next();
                            part.push('"');
                        }
                        (at, '"') => break at,
                        (_, other) => part.push(other),
                    }
                };
                (part, quoted[end + 1..].trim_start())
            }
            None => {
                let end = rest.find(|c: char| c == '.' || c.is_whitespace() || c == '"').unwrap_or(rest.len());
                (rest[..end].to_ascii_lowercase(), rest[end..].trim_start())
            }
        };
        if part.is_empty() {
            return None;
        }
        parts.push(part);
        if tail.is_empty() {
            return Some(parts);
        }
        rest = tail.strip_prefix('.')?.trim_start();
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Schemas searched for an unqualified name; `pg_catalog` comes first unless it is named.
pub(crate) fn search_path<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a str> {
    let named = context.search_path.iter().any(|schema| schema == "pg_catalog");
    (!named).then_some("pg_catalog").into_iter().chain(context.search_path.iter().map(String::as_str))
}

fn relation_in(schema: &str, name: &str, context: &Context) -> Option<u32> {
    if let Some(position) = find(schema, name) {
        return Some(all()[position].oid);
    }
    if let Some(oid) = withheld::oid_of(schema, name) {
        return Some(oid);
    }
    if let Some(relation) = context.visible.relation_by_name(schema, name) {
        return Some(relation.oid);
    }
    let owner = context.visible.schema_by_name(schema)?;
    context.visible.relations.iter().find_map(|relation| {
        let key = relation.key.as_ref()?;
        let here = context.visible.schema_oid_of(relation) == owner.oid;
        (here && &*key.name == name).then_some(key.index_oid)
    })
}

/// The OID of a visible relation by its name; by another of its names where none is listed under this one.
pub(crate) fn relation_oid(parts: &[String], context: &Context) -> Option<u32> {
    let other = |schema: &str, name: &str| Some(context.visible.relation_by_other_name(schema, name)?.oid);
    match parts {
        [name] => search_path(context)
            .find_map(|schema| relation_in(schema, name, context))
            .or_else(|| search_path(context).find_map(|schema| other(schema, name))),
        [schema, name] => relation_in(schema, name, context).or_else(|| other(schema, name)),
        [database, schema, name] if database == context.database => {
            relation_in(schema, name, context).or_else(|| other(schema, name))
        }
        _ => None,
    }
}

/// Schema and name of a visible relation or index.
pub(crate) fn relation_name<'a>(oid: u32, context: &Context<'a>) -> Option<(&'a str, &'a str)> {
    if let Some(position) = find_by_oid(oid) {
        let shape = all().get(position)?;
        return Some((shape.schema, shape.name));
    }
    if let Some(name) = withheld::name_of(oid) {
        return Some(("pg_catalog", name));
    }
    let (position, is_index) = match context.visible.object(oid)? {
        ObjectRef::Relation(position) => (position, false),
        ObjectRef::Index(position) => (position, true),
        _ => return None,
    };
    let relation = context.visible.relations.get(position)?;
    let schema = context.visible.schema_of(relation);
    if is_index { Some((schema, &relation.key.as_ref()?.name)) } else { Some((schema, &relation.name)) }
}

/// True where the relation is found by its bare name.
pub(crate) fn is_visible(oid: u32, context: &Context) -> Option<bool> {
    let (_, name) = relation_name(oid, context)?;
    let first = search_path(context).find_map(|schema| relation_in(schema, name, context));
    Some(first == Some(oid))
}

/// Name of a schema by its OID.
pub(crate) fn schema_name<'a>(oid: u32, context: &Context<'a>) -> Option<&'a str> {
    match oid {
        11 => Some("pg_catalog"),
        13_207 => Some("information_schema"),
        13_600 => Some("sluice"),
        _ => match context.visible.object(oid)? {
            ObjectRef::Schema(position) => Some(&*context.visible.schemas.get(position)?.name),
            _ => None,
        },
    }
}

/// OID of a schema by its name.
pub(crate) fn schema_oid(name: &str, context: &Context) -> Option<u32> {
    match name {
        "pg_catalog" => Some(11),
        "information_schema" => Some(13_207),
        "sluice" => Some(13_600),
        _ => context.visible.schema_by_name(name).map(|schema| schema.oid),
    }
}

/// The text of an OID of this type; `None` for plain numbers.
pub(crate) fn oid_text(number: i64, sql_type: &SqlType, context: &Context) -> Option<String> {
    let oid = u32::try_from(number).ok()?;
    if *sql_type != SqlType::Oid && oid == 0 && crate::typing::is_oid_like(sql_type) {
        return Some(if matches!(sql_type, SqlType::Regoper | SqlType::Regoperator) { "0" } else { "-" }.into());
    }
    match sql_type {
        SqlType::Regclass => {
            let (schema, name) = relation_name(oid, context)?;
            Some(if is_visible(oid, context) == Some(true) {
                quote_ident(name)
            } else {
                format!("{}.{}", quote_ident(schema), quote_ident(name))
            })
        }
        SqlType::Regtype => match type_info(oid) {
            Some(_) => Some(format_type(oid, None)),
            None => row_type_text(oid, context),
        },
        SqlType::Regproc => procs().by_oid.get(&oid).map(|proc| quote_ident(proc.name)),
        SqlType::Regprocedure => procs().by_oid.get(&oid).map(|proc| {
            let types: Vec<String> = proc.arguments.iter().map(|argument| format_type(*argument, None)).collect();
            format!("{}({})", quote_ident(proc.name), types.join(","))
        }),
        SqlType::Regoper => {
            let found = operators().iter().find(|operator| operator.oid == oid)?;
            let only = operators().iter().filter(|operator| operator.name == found.name).count() == 1;
            Some(if only { found.name.to_string() } else { format!("pg_catalog.{}", found.name) })
        }
        SqlType::Regoperator => operators()
            .iter()
            .find(|operator| operator.oid == oid)
            .map(|found| format!("{}({},{})", found.name, operand(found.left), operand(found.right))),
        SqlType::Regrole => role_name(oid, context).map(quote_ident),
        SqlType::Regnamespace => schema_name(oid, context).map(quote_ident),
        _ => None,
    }
}

/// The OID that a name stands for; `None` for plain numbers.
pub(crate) fn oid_in(text: &str, sql_type: &SqlType, context: &Context) -> Result<Option<u32>> {
    let text = text.trim();
    if *sql_type == SqlType::Oid || is_number(text) {
        return Ok(None);
    }
    if text == "-" {
        return Ok(Some(0));
    }
    if *sql_type == SqlType::Regtype {
        return match type_oid(text).or_else(|| row_type_oid(text, context)) {
            Some(oid) => Ok(Some(oid)),
            None => Err(SystemError::UndefinedObject("type", text.to_string())),
        };
    }
    if matches!(sql_type, SqlType::Regprocedure | SqlType::Regoper | SqlType::Regoperator) {
        return signature_in(text, sql_type).map(Some);
    }
    let parts = split_name(text).ok_or_else(|| SystemError::Syntax("invalid name syntax".into()))?;
    match sql_type {
        SqlType::Regclass => {
            relation_oid(&parts, context).map(Some).ok_or_else(|| SystemError::UndefinedTable(parts.join(".")))
        }
        SqlType::Regproc => {
            proc_oid(&parts).map(Some).ok_or_else(|| SystemError::UndefinedObject("function", parts.join(".")))
        }
        SqlType::Regnamespace => match parts.as_slice() {
            [name] => {
                schema_oid(name, context).map(Some).ok_or_else(|| SystemError::UndefinedObject("schema", name.clone()))
            }
            _ => Err(SystemError::Syntax("invalid name syntax".into())),
        },
        SqlType::Regrole => match parts.as_slice() {
            [name] => {
                role_oid(name, context).map(Some).ok_or_else(|| SystemError::UndefinedObject("role", name.clone()))
            }
            _ => Err(SystemError::Syntax("invalid name syntax".into())),
        },
        _ => Ok(None),
    }
}

/// The roles that are told: the owner of everything and the user herself.
fn role_name<'a>(oid: u32, context: &Context<'a>) -> Option<&'a str> {
    let visible = context.visible;
    if oid == OWNER_OID { Some(OWNER_NAME) } else { (oid == visible.user_oid).then_some(visible.user.as_str()) }
}

fn role_oid(name: &str, context: &Context) -> Option<u32> {
    let visible = context.visible;
    if name == OWNER_NAME { Some(OWNER_OID) } else { (name == visible.user).then_some(visible.user_oid) }
}

/// The type of an operand as `regoperator` spells it: there may be none.
fn operand(oid: u32) -> String {
    if oid == 0 { "NONE".into() } else { format_type(oid, None) }
}

/// `name(type, type)` of a function or operator, or the bare name of an operator that is the only one.
fn signature_in(text: &str, sql_type: &SqlType) -> Result<u32> {
    let operator = *sql_type != SqlType::Regprocedure;
    let unknown = || match operator {
        true => SystemError::UndefinedOperator(text.to_string()),
        false => SystemError::UndefinedObject("function", text.to_string()),
    };
    let (name, types) = match text.split_once('(') {
        Some((name, types)) => (name, Some(types.strip_suffix(')').ok_or_else(unknown)?)),
        None => (text, None),
    };
    let name = name.trim();
    let name = name.strip_prefix("pg_catalog.").unwrap_or(name);
    let given = |types: &str| {
        let spelled = types.split(',').map(str::trim).filter(|spelled| !spelled.is_empty());
        let oid = |spelled: &str| if spelled.eq_ignore_ascii_case("none") { Some(0) } else { type_oid(spelled) };
        spelled.map(oid).collect::<Option<Vec<u32>>>()
    };
    let types = types.map(|types| given(types).ok_or_else(unknown)).transpose()?;
    if operator {
        let mut named = operators()
            .iter()
            .filter(|known| known.name == name)
            .filter(|known| types.as_ref().is_none_or(|types| types.as_slice() == [known.left, known.right]));
        let only = named.next().filter(|_| named.next().is_none());
        return only.map(|known| known.oid).ok_or_else(unknown);
    }
    let types = types.ok_or_else(unknown)?;
    let parts = split_name(name).ok_or_else(unknown)?;
    let oids = parts.last().and_then(|name| procs().by_name.get(name.as_str())).map_or(&[][..], Vec::as_slice);
    let fits = |oid: &&u32| procs().by_oid.get(*oid).is_some_and(|proc| proc.arguments == types);
    oids.iter().find(fits).copied().ok_or_else(unknown)
}

/// The type of a visible relation's rows, or of arrays of them: the relation and whether it is the array.
pub(crate) fn row_type<'a>(oid: u32, context: &Context<'a>) -> Option<(&'a VisibleRelation, bool)> {
    let (position, array) = match context.visible.object(oid)? {
        ObjectRef::RowType(position) => (position, false),
        ObjectRef::RowArray(position) => (position, true),
        _ => return None,
    };
    context.visible.relations.get(position).map(|relation| (relation, array))
}

/// A row type as `format_type` spells it: by the relation's name, with its schema where that is not searched first.
pub(crate) fn row_type_text(oid: u32, context: &Context) -> Option<String> {
    let (relation, array) = row_type(oid, context)?;
    let name = oid_text(relation.oid.into(), &SqlType::Regclass, context)?;
    Some(if array { format!("{name}[]") } else { name })
}

/// OID of a row type by the name of its relation, or of its arrays by that name with `[]`.
fn row_type_oid(text: &str, context: &Context) -> Option<u32> {
    let (name, array) = match text.trim().strip_suffix("[]") {
        Some(name) => (name, true),
        None => (text, false),
    };
    let oid = relation_oid(&split_name(name)?, context)?;
    let relation = context.visible.relation(oid)?;
    Some(if array { relation.array_type_oid } else { relation.type_oid })
}

/// OID of a type by any of its spellings, also of types that only `pg_type` knows.
pub(crate) fn type_oid(text: &str) -> Option<u32> {
    let text = text.trim();
    let bare = text.strip_prefix("pg_catalog.").unwrap_or(text);
    let by_row = || {
        let (base, arrays) = match bare.strip_suffix("[]") {
            Some(base) => (base, true),
            None => (bare, false),
        };
        let parts = split_name(base)?;
        let name = match parts.as_slice() {
            [name] => name,
            [schema, name] if schema == "pg_catalog" => name,
            _ => return None,
        };
        let info = type_info_by_name(name)?;
        if arrays { Some(info.array).filter(|oid| *oid != 0) } else { Some(info.oid) }
    };
    // Types that stand in for others in expressions still have rows of their own.
    let spelled = parse_type_text(text).filter(|found| *found != SqlType::Text && *found != SqlType::Oid);
    match spelled {
        Some(found) => Some(found.oid()),
        None => by_row().or_else(|| parse_type_text(text).map(|found| found.oid())),
    }
}

/// OID of a function by its name, where only one has it.
pub(crate) fn proc_oid(parts: &[String]) -> Option<u32> {
    let name = match parts {
        [name] => name,
        [schema, name] if schema == "pg_catalog" => name,
        _ => return None,
    };
    procs().by_name.get(name.as_str()).and_then(|oids| oids.first().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_split_and_quote() {
        assert_eq!(split_name("a.\"B \"\"c\".D"), Some(vec!["a".into(), "B \"c".into(), "d".into()]));
        assert_eq!(split_name("a..b"), None);
        assert_eq!(split_name("\"a"), None);
        assert_eq!(quote_ident("客户"), "\"客户\"");
        assert_eq!(quote_ident("select"), "\"select\"");
        assert_eq!(quote_ident("level"), "level");
    }

    #[test]
    fn types_by_name() {
        for (text, oid) in
            [("int4", 23), ("_text", 1009), ("xid", 28), ("trigger", 2279), ("text[]", 1009), ("oid", 26)]
        {
            assert_eq!(type_oid(text), Some(oid), "{text}");
        }
        assert_eq!(type_oid("hstore"), None);
    }
}
