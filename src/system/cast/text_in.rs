//! Values from text, as PostgreSQL's input functions read it.

use sluice_base::SqlType;

use super::{array, datetime, fit_decimal, fit_int, fit_text, names};
use crate::Context;
use crate::decimal::Decimal;
use crate::error::{Result, SystemError};
use crate::typing::{array_lower, element_type, is_oid_like, is_textual};
use crate::value::{ArrayValue, Value};

fn invalid(sql_type: &SqlType) -> SystemError {
    SystemError::InvalidText(sql_type.sql_name())
}

fn bool_in(text: &str) -> Option<bool> {
    let lower = text.trim().to_ascii_lowercase();
    let begins = |word: &str| !lower.is_empty() && word.starts_with(&lower);
    match lower.as_str() {
        "1" | "on" => Some(true),
        "0" | "of" | "off" => Some(false),
        _ if begins("true") || begins("yes") => Some(true),
        _ if begins("false") || begins("no") => Some(false),
        _ => None,
    }
}

fn int_in(text: &str, sql_type: &SqlType) -> Result<Value> {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(invalid(sql_type));
    }
    let number = text.parse().map_err(|_| SystemError::OutOfRange(sql_type.sql_name()))?;
    fit_int(number, sql_type)
}

fn float_in(text: &str, sql_type: &SqlType) -> Result<Value> {
    let lower = text.trim().to_ascii_lowercase();
    let value = match lower.as_str() {
        "nan" => f64::NAN,
        "inf" | "infinity" | "+infinity" => f64::INFINITY,
        "-inf" | "-infinity" => f64::NEG_INFINITY,
        other if other.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e')) => {
            other.parse().map_err(|_| invalid(sql_type))?
        }
        _ => return Err(invalid(sql_type)),
    };
    Ok(Value::Float(if *sql_type == SqlType::Float4 { f64::from(value as f32) } else { value }))
}

fn uuid_in(text: &str) -> Option<[u8; 16]> {
    let digits: String = text.trim().trim_matches(['{', '}']).chars().filter(|c| *c != '-').collect();
    if digits.len() != 32 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 16];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

fn bytea_in(text: &str) -> Option<Vec<u8>> {
    if let Some(digits) = text.strip_prefix("\\x") {
        let digits: Vec<u8> = digits.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        if !digits.len().is_multiple_of(2) {
            return None;
        }
        return digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next()? {
            b'\\' => bytes.push(b'\\'),
            first @ b'0'..=b'3' => {
                let (second, third) = (rest.next()?, rest.next()?);
                if !matches!((second, third), (b'0'..=b'7', b'0'..=b'7')) {
                    return None;
                }
                bytes.push((first - b'0') * 64 + (second - b'0') * 8 + (third - b'0'));
            }
            _ => return None,
        }
    }
    Some(bytes)
}

fn array_in(text: &str, sql_type: &SqlType, item_type: &SqlType, context: &Context) -> Result<Value> {
    let items = array::split(text)?
        .into_iter()
        .map(|item| match item {
            None => Ok(Value::Null),
            Some(item) => text_in(&item, item_type, context),
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Value::Array(ArrayValue { lower: array_lower(sql_type), items }.into()))
}

fn vector_in(text: &str, item_type: &SqlType, context: &Context) -> Result<Value> {
    let items = text.split_whitespace().map(|item| text_in(item, item_type, context)).collect::<Result<Vec<_>>>()?;
    Ok(Value::vector(items))
}

/// A date or time in a form that is not read here: the other engine may know it, where no relation is asked.
fn told<T>(read: Result<T>, text: &str) -> Result<T> {
    let era = text.trim_end().to_ascii_lowercase().ends_with("bc");
    match read {
        Ok(_) if era => Err(SystemError::Unsupported("a date before Christ".into())),
        Err(SystemError::InvalidDatetime(_)) => Err(SystemError::Unsupported("this form of a date or time".into())),
        read => read,
    }
}

/// Reads a value of the type.
pub(crate) fn text_in(text: &str, sql_type: &SqlType, context: &Context) -> Result<Value> {
    match sql_type {
        textual if is_textual(textual) => fit_text(text, textual, true),
        SqlType::Bool => bool_in(text).map(Value::Bool).ok_or_else(|| invalid(sql_type)),
        SqlType::Int2 | SqlType::Int4 | SqlType::Int8 => int_in(text, sql_type),
        oid if is_oid_like(oid) => match names::oid_in(text, oid, context)? {
            Some(found) => Ok(Value::from(found)),
            None => int_in(text, oid),
        },
        SqlType::Float4 | SqlType::Float8 => float_in(text, sql_type),
        SqlType::Numeric(_) => match Decimal::parse(text) {
            Some(number) => fit_decimal(number?, sql_type),
            None if matches!(text.trim().to_ascii_lowercase().as_str(), "nan" | "infinity" | "-infinity") => {
                Err(SystemError::Unsupported("a numeric that is not finite".into()))
            }
            None => Err(invalid(sql_type)),
        },
        SqlType::Date => told(datetime::date_in(text, context), text).map(Value::Date),
        SqlType::Time => told(datetime::time_in(text), text).map(Value::Time),
        SqlType::Timestamp => told(datetime::timestamp_in(text, context), text).map(Value::Timestamp),
        SqlType::Timestamptz => told(datetime::timestamptz_in(text, context), text).map(Value::Timestamptz),
        SqlType::Interval => told(datetime::interval_in(text), text).map(Value::Interval),
        SqlType::Uuid => uuid_in(text).map(Value::Uuid).ok_or_else(|| invalid(sql_type)),
        SqlType::Bytea => bytea_in(text).map(|b| Value::Bytes(b.into())).ok_or_else(|| invalid(sql_type)),
        SqlType::Json => crate::functions::check_json(text).map(|()| Value::from(text)),
        SqlType::Jsonb => crate::functions::normal_json(text).map(Value::from),
        SqlType::Int2vector => vector_in(text, &SqlType::Int2, context),
        SqlType::Oidvector => vector_in(text, &SqlType::Oid, context),
        SqlType::Array(item) => {
            let item_type = element_type(sql_type).unwrap_or_else(|| (**item).clone());
            array_in(text, sql_type, &item_type, context)
        }
        SqlType::Void => Ok(Value::from("")),
        other => Err(SystemError::CannotCoerce("text".into(), other.sql_name())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_by_prefix() {
        for (text, expected) in
            [("t", Some(true)), ("yes", Some(true)), ("off", Some(false)), ("f", Some(false)), ("o", None), ("", None)]
        {
            assert_eq!(bool_in(text), expected, "{text}");
        }
    }

    #[test]
    fn bytea_in_both_forms() {
        assert_eq!(bytea_in("\\xDEad"), Some(vec![0xde, 0xad]));
        assert_eq!(bytea_in("a\\\\\\001"), Some(vec![b'a', b'\\', 1]));
        assert_eq!(bytea_in("\\xabc"), None);
    }
}
