//! Which mask fits which type. Checked when a rule is loaded, for every field it matches.
//!
//! Invariant: a mask that passes keeps the field's type and changes at least what it promises to change; one that
//! would leave every value of the type as it is (`round(2)` on two decimals) does not pass.

use sluice_base::{Datum, SqlType, TimeZone};

use super::Mask;
use super::keys::TOKEN_CHARS;
use crate::decimal::Decimal;
use crate::literal;
use crate::sql::Literal;

/// Length of a hash in characters.
const HASH_CHARS: u32 = 64;

/// The mask as it applies to a field of this type: constants get the type, days of a timestamptz the bank's zone.
///
/// # Errors
/// Why the mask does not fit the type.
pub fn check(mask: &Mask, sql_type: &SqlType, zone: &TimeZone) -> Result<Mask, String> {
    let zone = (*sql_type == SqlType::Timestamptz).then(|| zone.clone());
    let padded = matches!(sql_type, SqlType::Bpchar(_));
    let fits = match mask {
        Mask::Hide => true,
        Mask::Constant(value) => return constant(value, sql_type),
        Mask::Keep { .. }
        | Mask::CnIdCard
        | Mask::CnMobile
        | Mask::CnName
        | Mask::BankCard
        | Mask::Email
        | Mask::Address(_)
        | Mask::Uscc => sql_type.is_text(),
        Mask::Hash { key, .. } => match length(sql_type) {
            Some(length) if length < HASH_CHARS => {
                return Err(format!("a hash has {HASH_CHARS} characters and does not fit {}", sql_type.sql_name()));
            }
            _ if sql_type.is_text() => return Ok(Mask::Hash { key: key.clone(), padded }),
            _ => false,
        },
        Mask::Token { domain, key, .. } => match length(sql_type) {
            Some(length) if length < TOKEN_CHARS => {
                return Err(format!("a token has {TOKEN_CHARS} characters and does not fit {}", sql_type.sql_name()));
            }
            _ if sql_type.is_text() => {
                return Ok(Mask::Token { domain: domain.clone(), key: key.clone(), padded });
            }
            _ => false,
        },
        Mask::Fpe { .. } => sql_type.is_text(),
        Mask::ShiftDays { key, days, .. } => match sql_type {
            SqlType::Date | SqlType::Timestamp | SqlType::Timestamptz => {
                return Ok(Mask::ShiftDays { key: key.clone(), days: *days, zone });
            }
            _ => false,
        },
        Mask::Round(digits) => return round(*digits, mask, sql_type),
        Mask::Bucket(width) => return bucket(width, mask, sql_type),
        Mask::DateTrunc { unit, .. } => match sql_type {
            SqlType::Date if unit == "day" => return Err("`date_trunc('day')` leaves every date as it is".into()),
            SqlType::Date | SqlType::Timestamp | SqlType::Timestamptz => {
                return Ok(Mask::DateTrunc { unit: unit.clone(), zone });
            }
            _ => false,
        },
    };
    if fits { Ok(mask.clone()) } else { Err(format!("this mask does not fit type {}", sql_type.sql_name())) }
}

fn length(sql_type: &SqlType) -> Option<u32> {
    match sql_type {
        SqlType::Varchar(length) | SqlType::Bpchar(length) => *length,
        SqlType::Name => Some(63),
        _ => None,
    }
}

fn constant(value: &Datum, sql_type: &SqlType) -> Result<Mask, String> {
    let literal = match value {
        Datum::Bool(value) => Literal::Bool(*value),
        Datum::Numeric(digits) => Literal::Number(digits.clone()),
        Datum::Text(text) => Literal::Text(text.clone()),
        other => return Ok(Mask::Constant(other.clone())),
    };
    if let (Literal::Text(text), Some(length)) = (&literal, length(sql_type))
        && text.chars().count() > length as usize
    {
        return Err(format!("the constant is longer than {}", sql_type.sql_name()));
    }
    let typed = literal::typed(&literal, sql_type)?;
    let fits = match (&typed, sql_type) {
        (Datum::Int(value), SqlType::Int2) => i16::try_from(*value).is_ok(),
        (Datum::Int(value), SqlType::Int4) => i32::try_from(*value).is_ok(),
        (Datum::Numeric(digits), SqlType::Numeric(Some((precision, scale)))) => {
            let room = i64::from(*precision) - i64::from(*scale);
            Decimal::parse(digits).is_some_and(|value| {
                let whole = i64::from(value.precision()) - i64::from(value.scale);
                i64::from(value.scale) <= i64::from(*scale) && (whole <= room || value.unscaled == 0)
            })
        }
        _ => true,
    };
    if fits { Ok(Mask::Constant(typed)) } else { Err(format!("the constant does not fit {}", sql_type.sql_name())) }
}

/// Digits after the point that the type can hold; `None` where there is no end to them.
fn scale_of(sql_type: &SqlType) -> Result<Option<i32>, String> {
    match sql_type {
        SqlType::Int2 | SqlType::Int4 | SqlType::Int8 => Ok(Some(0)),
        SqlType::Numeric(Some((_, scale))) => Ok(Some(i32::from(*scale))),
        SqlType::Numeric(None) | SqlType::Float4 | SqlType::Float8 => Ok(None),
        other => Err(format!("this mask does not fit type {}", other.sql_name())),
    }
}

fn round(digits: i32, mask: &Mask, sql_type: &SqlType) -> Result<Mask, String> {
    match scale_of(sql_type)? {
        Some(scale) if digits >= scale => {
            Err(format!("`round({digits})` leaves every {} as it is", sql_type.sql_name()))
        }
        _ => Ok(mask.clone()),
    }
}

fn bucket(width: &str, mask: &Mask, sql_type: &SqlType) -> Result<Mask, String> {
    let scale = scale_of(sql_type)?;
    let width_value = Decimal::parse(width).ok_or("the width is not a number")?;
    if let Some(scale) = scale.and_then(|scale| u32::try_from(scale).ok()) {
        match width_value.at_scale(scale) {
            Some(units) if units > 1 => {}
            Some(_) => return Err(format!("`bucket({width})` leaves every {} as it is", sql_type.sql_name())),
            None => return Err(format!("the width {width} has more decimals than {}", sql_type.sql_name())),
        }
    }
    Ok(mask.clone())
}
