//! Types of expressions: which casts are implicit, what several types have in common, and SQL's spellings of types.
//!
//! Invariant: the rules are PostgreSQL's (documentation, chapter "Type Conversion") for the types of `base`; a type
//! outside them is an error, never a guess.

use std::sync::Arc;

use sluice_base::SqlType;
use sqlparser::ast::{
    ArrayElemTypeDef, CharacterLength, DataType, ExactNumberInfo, ObjectName, ObjectNamePart, TimezoneInfo,
};

use crate::error::{Result, SystemError};

/// The type of an expression; `fields` where it is a record whose fields are known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ty {
    pub(crate) sql: SqlType,
    pub(crate) fields: Option<Arc<[(String, SqlType)]>>,
}

impl Ty {
    pub(crate) fn record(fields: Vec<(String, SqlType)>) -> Ty {
        Ty { sql: SqlType::Record, fields: Some(fields.into()) }
    }

    pub(crate) fn is_unknown(&self) -> bool {
        self.sql == SqlType::Unknown
    }
}

impl From<SqlType> for Ty {
    fn from(sql: SqlType) -> Ty {
        Ty { sql, fields: None }
    }
}

/// The type without its modifier.
pub(crate) fn plain(sql_type: &SqlType) -> SqlType {
    match sql_type {
        SqlType::Numeric(_) => SqlType::Numeric(None),
        SqlType::Varchar(_) => SqlType::Varchar(None),
        SqlType::Bpchar(_) => SqlType::Bpchar(None),
        SqlType::Array(item) => SqlType::Array(Box::new(plain(item))),
        other => other.clone(),
    }
}

pub(crate) fn array_of(item: &SqlType) -> SqlType {
    SqlType::Array(Box::new(plain(item)))
}

/// The type of the items of an array or vector.
pub(crate) fn element_type(sql_type: &SqlType) -> Option<SqlType> {
    match sql_type {
        SqlType::Array(item) => Some((**item).clone()),
        SqlType::Int2vector => Some(SqlType::Int2),
        SqlType::Oidvector => Some(SqlType::Oid),
        _ => None,
    }
}

/// The number of the first item: vectors count from 0.
pub(crate) fn array_lower(sql_type: &SqlType) -> i32 {
    if matches!(sql_type, SqlType::Int2vector | SqlType::Oidvector) { 0 } else { 1 }
}

/// `oid` and the types that are an OID with a name.
pub(crate) fn is_oid_like(sql_type: &SqlType) -> bool {
    *sql_type == SqlType::Oid || sql_type.is_oid_with_name()
}

/// Text of any kind, `"char"` included.
pub(crate) fn is_textual(sql_type: &SqlType) -> bool {
    sql_type.is_text() || *sql_type == SqlType::Char
}

pub(crate) fn is_temporal(sql_type: &SqlType) -> bool {
    matches!(sql_type, SqlType::Date | SqlType::Timestamp | SqlType::Timestamptz)
}

fn number_rank(sql_type: &SqlType) -> Option<u8> {
    Some(match sql_type {
        SqlType::Int2 => 1,
        SqlType::Int4 => 2,
        SqlType::Int8 => 3,
        SqlType::Numeric(_) => 4,
        SqlType::Float4 => 5,
        SqlType::Float8 => 6,
        _ => return None,
    })
}

/// True where PostgreSQL casts without being asked.
pub(crate) fn implicit(from: &SqlType, to: &SqlType) -> bool {
    use SqlType::*;
    let (from, to) = (plain(from), plain(to));
    if from == to || from == Unknown {
        return true;
    }
    if let (Some(a), Some(b)) = (number_rank(&from), number_rank(&to)) {
        return a < b;
    }
    match (&from, &to) {
        (Int2 | Int4 | Int8, to) if is_oid_like(to) => true,
        (from, Oid) if is_oid_like(from) => true,
        (Oid, to) if is_oid_like(to) => true,
        (Regproc, Regprocedure) | (Regprocedure, Regproc) | (Regoper, Regoperator) | (Regoperator, Regoper) => true,
        (from, Int8) if is_oid_like(from) => false,
        (Text | Varchar(_) | Name | Bpchar(_) | Char, Text) => true,
        (Text | Name, Varchar(_)) | (Varchar(_), Bpchar(_)) | (Text, Bpchar(_)) => true,
        (Bpchar(_), Varchar(_)) | (Text | Varchar(_) | Bpchar(_), Name) => true,
        (Text | Varchar(_), Regclass) => true,
        (Date, Timestamp | Timestamptz) | (Timestamp, Timestamptz) | (Time, Interval) => true,
        (Int2vector, Array(item)) => **item == Int2,
        (Oidvector, Array(item)) => **item == Oid,
        (Array(a), Array(b)) => implicit(a, b),
        _ => false,
    }
}

fn preferred(sql_type: &SqlType) -> bool {
    use SqlType::*;
    matches!(sql_type, Bool | Text | Oid | Float8 | Timestamptz | Interval)
}

fn category(sql_type: &SqlType) -> char {
    use SqlType::*;
    match sql_type {
        Bool => 'B',
        Int2 | Int4 | Int8 | Float4 | Float8 | Numeric(_) => 'N',
        other if is_oid_like(other) => 'N',
        Text | Varchar(_) | Bpchar(_) | Name => 'S',
        Char => 'Z',
        Date | Time | Timestamp | Timestamptz => 'D',
        Interval => 'T',
        Array(_) | Int2vector | Oidvector => 'A',
        Unknown => 'X',
        Record | Void => 'P',
        _ => 'U',
    }
}

/// What UNION, CASE, ARRAY and their like make of several types.
pub(crate) fn common_type(types: &[SqlType], what: &str) -> Result<SqlType> {
    let mut chosen: Option<SqlType> = None;
    for next in types.iter().filter(|t| **t != SqlType::Unknown) {
        let Some(current) = &chosen else {
            chosen = Some(next.clone());
            continue;
        };
        if plain(current) == plain(next) {
            if current != next {
                chosen = Some(plain(current));
            }
            continue;
        }
        let same_kind = category(current) == category(next) || (is_textual(current) && is_textual(next));
        if !same_kind {
            return Err(SystemError::DatatypeMismatch(format!(
                "{what} types {} and {} cannot be matched",
                current.sql_name(),
                next.sql_name()
            )));
        }
        let takes_next = !preferred(current) && implicit(current, next) && !implicit(next, current);
        if takes_next {
            chosen = Some(plain(next));
        }
    }
    Ok(chosen.unwrap_or(SqlType::Text))
}

/// The parts of a name, folded as PostgreSQL folds identifiers.
pub(crate) fn name_parts(name: &ObjectName) -> Result<Vec<String>> {
    name.0
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(ident) => Ok(fold(ident)),
            ObjectNamePart::Function(_) => Err(SystemError::Unsupported("a computed name".into())),
        })
        .collect()
}

/// An identifier as the catalog has it: unquoted ones in lower case.
pub(crate) fn fold(ident: &sqlparser::ast::Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_ascii_lowercase() }
}

/// A type by the name that stands in `pg_type`, or by SQL's name for it.
pub(crate) fn type_by_name(name: &str) -> Option<SqlType> {
    use SqlType::*;
    if let Some(item) = name.strip_prefix('_') {
        return type_by_name(item).filter(|t| t.array_oid() != 0).map(|t| Array(Box::new(t)));
    }
    Some(match name {
        "boolean" => Bool,
        "smallint" => Int2,
        "integer" | "int" => Int4,
        "bigint" => Int8,
        "real" => Float4,
        "double precision" | "float" => Float8,
        "decimal" => Numeric(None),
        "character varying" => Varchar(None),
        "character" => Bpchar(None),
        "timestamp without time zone" => Timestamp,
        "timestamp with time zone" => Timestamptz,
        "time without time zone" => Time,
        // Types of catalog columns that `base` tells by their nearest kin.
        "xid" | "cid" | "regcollation" => Oid,
        "pg_node_tree" | "aclitem" | "inet" | "cidr" | "pg_lsn" | "cstring" | "tid" => Text,
        "anyarray" => Array(Box::new(Text)),
        "pg_ndistinct" | "pg_dependencies" | "pg_mcv_list" | "refcursor" | "xml" => Text,
        other => SqlType::scalars().iter().find(|t| t.typname() == other)?.clone(),
    })
}

fn undefined(name: &str) -> SystemError {
    SystemError::UndefinedObject("type", name.to_string())
}

fn small(value: u64, what: &str) -> Result<u32> {
    u32::try_from(value).map_err(|_| SystemError::InvalidParameter(format!("length for type {what} is too large")))
}

fn length(declared: &Option<CharacterLength>, what: &str) -> Result<Option<u32>> {
    match declared {
        None | Some(CharacterLength::Max) => Ok(None),
        Some(CharacterLength::IntegerLength { length, .. }) => small(*length, what).map(Some),
    }
}

fn numeric(info: &ExactNumberInfo) -> Result<SqlType> {
    let (precision, scale) = match info {
        ExactNumberInfo::None => return Ok(SqlType::Numeric(None)),
        ExactNumberInfo::Precision(p) => (*p, 0),
        ExactNumberInfo::PrecisionAndScale(p, s) => (*p, *s),
    };
    match (u8::try_from(precision), i8::try_from(scale)) {
        (Ok(p), Ok(s)) if p > 0 => Ok(SqlType::Numeric(Some((p, s)))),
        _ => Err(SystemError::Unsupported("numeric of more than 255 digits".into())),
    }
}

/// The type that a cast names.
pub(crate) fn of_data_type(data_type: &DataType) -> Result<SqlType> {
    Ok(match data_type {
        DataType::Boolean | DataType::Bool => SqlType::Bool,
        DataType::SmallInt(None) | DataType::Int2(None) => SqlType::Int2,
        DataType::Int(None) | DataType::Integer(None) | DataType::Int4(None) => SqlType::Int4,
        DataType::BigInt(None) | DataType::Int8(None) => SqlType::Int8,
        DataType::Real | DataType::Float4 => SqlType::Float4,
        DataType::Float(ExactNumberInfo::Precision(p)) if *p <= 24 => SqlType::Float4,
        DataType::Float(_) | DataType::Float8 | DataType::DoublePrecision => SqlType::Float8,
        DataType::Double(_) => SqlType::Float8,
        DataType::Numeric(info) | DataType::Decimal(info) | DataType::Dec(info) => numeric(info)?,
        DataType::Text => SqlType::Text,
        DataType::Varchar(n) | DataType::CharacterVarying(n) | DataType::CharVarying(n) => {
            SqlType::Varchar(length(n, "varchar")?)
        }
        DataType::Char(n) | DataType::Character(n) => SqlType::Bpchar(Some(length(n, "char")?.unwrap_or(1))),
        // A precision would have to be kept; without relations the other engine rounds to it.
        DataType::Timestamp(Some(..6), _) | DataType::Time(Some(..6), _) => {
            return Err(SystemError::Unsupported("a time of less than six digits".into()));
        }
        DataType::Interval { fields: Some(_), .. } | DataType::Interval { precision: Some(..6), .. } => {
            return Err(SystemError::Unsupported("an interval of some fields or digits".into()));
        }
        DataType::Date => SqlType::Date,
        DataType::Time(_, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => SqlType::Time,
        DataType::Timestamp(_, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => SqlType::Timestamp,
        DataType::Timestamp(_, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz) => SqlType::Timestamptz,
        DataType::Interval { .. } => SqlType::Interval,
        DataType::Uuid => SqlType::Uuid,
        DataType::Bytea => SqlType::Bytea,
        DataType::JSON => SqlType::Json,
        DataType::JSONB => SqlType::Jsonb,
        DataType::Regclass => SqlType::Regclass,
        DataType::Array(ArrayElemTypeDef::SquareBracket(item, _)) => match of_data_type(item)? {
            // PostgreSQL keeps the dimensions out of the type.
            nested @ SqlType::Array(_) => nested,
            scalar => SqlType::Array(Box::new(scalar)),
        },
        DataType::Custom(name, modifiers) => custom(name, modifiers)?,
        DataType::Bit(_) | DataType::BitVarying(_) | DataType::VarBit(_) => {
            return Err(SystemError::Unsupported("a bit string of this form".into()));
        }
        other => return Err(undefined(&other.to_string().to_ascii_lowercase())),
    })
}

/// What a domain of `information_schema` is made of, which is what a client is told of it.
fn domain(name: &str) -> Option<SqlType> {
    Some(match name {
        "cardinal_number" => SqlType::Int4,
        "character_data" => SqlType::Varchar(None),
        "sql_identifier" => SqlType::Name,
        "yes_or_no" => SqlType::Varchar(Some(3)),
        _ => return None,
    })
}

fn custom(name: &ObjectName, modifiers: &[String]) -> Result<SqlType> {
    let parts = name_parts(name)?;
    let base = match parts.as_slice() {
        [base] => base,
        [schema, base] if schema == "pg_catalog" => base,
        [schema, base] if schema == "information_schema" => {
            return domain(base).ok_or_else(|| undefined(&parts.join(".")));
        }
        _ => return Err(undefined(&parts.join("."))),
    };
    let found = type_by_name(base).ok_or_else(|| undefined(base))?;
    let numbers: Vec<u32> = modifiers.iter().filter_map(|m| m.trim().parse().ok()).collect();
    Ok(match (found, numbers.as_slice()) {
        (SqlType::Varchar(_), [n]) => SqlType::Varchar(Some(*n)),
        (SqlType::Bpchar(_), [n]) => SqlType::Bpchar(Some(*n)),
        (found, _) => found,
    })
}

/// A type spelled in a text, as `'...'::regtype` and `to_regtype` read it.
pub(crate) fn parse_type_text(text: &str) -> Option<SqlType> {
    let mut spelled = text.trim();
    let mut dimensions = 0;
    while let Some(rest) = spelled.strip_suffix("[]") {
        spelled = rest.trim_end();
        dimensions += 1;
    }
    let spelled =
        spelled.strip_prefix("pg_catalog.").or_else(|| spelled.strip_prefix("\"pg_catalog\".")).unwrap_or(spelled);
    let found = match spelled.strip_prefix('"').and_then(|s| s.strip_suffix('"')) {
        Some(quoted) => SqlType::scalars()
            .iter()
            .find(|t| t.typname() == quoted)
            .cloned()
            .or_else(|| quoted.strip_prefix('_').and_then(|_| type_by_name(quoted)))?,
        None => {
            let lower = spelled.to_ascii_lowercase();
            let bare = lower.split('(').next().unwrap_or_default().trim();
            // Without quotes, `char` is character(1).
            if bare == "char" { SqlType::Bpchar(None) } else { type_by_name(bare)? }
        }
    };
    let found = plain(&found);
    if dimensions > 0 && !matches!(found, SqlType::Array(_)) {
        return if found.array_oid() == 0 { None } else { Some(SqlType::Array(Box::new(found))) };
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_types_are_postgresqls() {
        use SqlType::*;
        for (types, expected) in [
            (vec![Int4, Int8], Int8),
            (vec![Name, Text], Name),
            (vec![Varchar(None), Text], Varchar(None)),
            (vec![Unknown, Name], Name),
            (vec![Unknown, Unknown], Text),
            (vec![Varchar(Some(3)), Varchar(Some(5))], Varchar(None)),
            (vec![Int4, Oid], Oid),
            (vec![Date, Timestamptz], Timestamptz),
        ] {
            assert_eq!(common_type(&types, "UNION"), Ok(expected), "{types:?}");
        }
        assert!(common_type(&[Int4, Text], "CASE").is_err());
    }

    #[test]
    fn spellings() {
        for (text, expected) in [
            ("pg_catalog.int4", Some(SqlType::Int4)),
            ("integer[]", Some(SqlType::Array(Box::new(SqlType::Int4)))),
            ("\"char\"", Some(SqlType::Char)),
            ("char", Some(SqlType::Bpchar(None))),
            ("hstore", None),
        ] {
            assert_eq!(parse_type_text(text), expected, "{text}");
        }
    }
}
