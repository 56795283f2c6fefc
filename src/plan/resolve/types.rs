//! Type names as clients write them.

use sluice_base::SqlType;
use sqlparser::ast::{ArrayElemTypeDef, CharacterLength, DataType, ExactNumberInfo, TimezoneInfo};

use crate::PlanError;

/// The SQL type of a type name in PREPARE or a cast.
pub(crate) fn sql_type_of(data_type: &DataType) -> Result<SqlType, PlanError> {
    Ok(match data_type {
        DataType::Bool | DataType::Boolean => SqlType::Bool,
        DataType::SmallInt(_) | DataType::Int2(_) => SqlType::Int2,
        DataType::Int(_) | DataType::Integer(_) | DataType::Int4(_) => SqlType::Int4,
        DataType::BigInt(_) | DataType::Int8(_) => SqlType::Int8,
        DataType::Real | DataType::Float4 => SqlType::Float4,
        DataType::Float8 | DataType::DoublePrecision | DataType::Double(_) | DataType::Float(_) => SqlType::Float8,
        DataType::Numeric(info) | DataType::Decimal(info) | DataType::Dec(info) => numeric(info)?,
        DataType::Text => SqlType::Text,
        DataType::Varchar(length) | DataType::CharacterVarying(length) | DataType::CharVarying(length) => {
            SqlType::Varchar(chars(length))
        }
        DataType::Char(length) | DataType::Character(length) => SqlType::Bpchar(chars(length).or(Some(1))),
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
        DataType::Array(ArrayElemTypeDef::SquareBracket(item, _)) => SqlType::Array(Box::new(sql_type_of(item)?)),
        DataType::Custom(name, modifiers) => custom(name, modifiers)?,
        other => return Err(PlanError::Unsupported(format!("type {}", first_word(&format!("{other:?}"))))),
    })
}

fn custom(name: &sqlparser::ast::ObjectName, modifiers: &[String]) -> Result<SqlType, PlanError> {
    let parts = crate::query::fold_name(name)?;
    let word = match parts.as_slice() {
        [word] => word,
        [schema, word] if schema == "pg_catalog" => word,
        _ => return Err(PlanError::Unsupported("this type name".into())),
    };
    let length = || modifiers.first().and_then(|m| m.parse::<u32>().ok());
    SqlType::scalars()
        .iter()
        .find(|known| known.typname() == *word)
        .map(|known| match known {
            SqlType::Varchar(_) => SqlType::Varchar(length()),
            SqlType::Bpchar(_) => SqlType::Bpchar(length()),
            other => other.clone(),
        })
        .ok_or_else(|| PlanError::UndefinedType(word.clone()))
}

fn numeric(info: &ExactNumberInfo) -> Result<SqlType, PlanError> {
    let (precision, scale) = match info {
        ExactNumberInfo::None => return Ok(SqlType::Numeric(None)),
        ExactNumberInfo::Precision(precision) => (*precision, 0),
        ExactNumberInfo::PrecisionAndScale(precision, scale) => (*precision, *scale),
    };
    match (u8::try_from(precision), i8::try_from(scale)) {
        (Ok(p), Ok(s)) if (1..=76).contains(&p) && s >= 0 && s.unsigned_abs() <= p => {
            Ok(SqlType::Numeric(Some((p, s))))
        }
        _ => Err(PlanError::Unsupported("numeric of this precision or scale".into())),
    }
}

fn chars(length: &Option<CharacterLength>) -> Option<u32> {
    match length {
        Some(CharacterLength::IntegerLength { length, .. }) => u32::try_from(*length).ok(),
        _ => None,
    }
}

fn first_word(text: &str) -> String {
    text.split(['(', ' ', '{']).next().unwrap_or_default().to_lowercase()
}
