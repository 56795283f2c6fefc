//! Casts: every way from one type to another that PostgreSQL has, for the types of `base`.
//!
//! Invariant: a cast either gives a value of the target type or an error with PostgreSQL's SQLSTATE; the text forms
//! are those of `DateStyle = ISO` and `IntervalStyle = postgres`.

pub(crate) mod array;
pub(crate) mod datetime;
pub(crate) mod names;
mod text_in;
mod text_out;

use sluice_base::{Interval, SqlType};

pub(crate) use text_in::text_in;
pub(crate) use text_out::text_out;

use crate::Context;
use crate::decimal::Decimal;
use crate::error::{Result, SystemError};
use crate::typing::{array_lower, element_type, is_oid_like, is_textual, plain};
use crate::value::{ArrayValue, Value};

/// Longest `name` in bytes.
const NAME_BYTES: usize = 63;

/// Cuts text to at most `bytes`, at a character.
pub(crate) fn truncate(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let mut end = bytes;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn out_of_range(sql_type: &SqlType) -> SystemError {
    SystemError::OutOfRange(sql_type.sql_name())
}

/// Checks an integer against the range of its type.
pub(crate) fn fit_int(value: i64, sql_type: &SqlType) -> Result<Value> {
    let fits = match sql_type {
        SqlType::Int2 => i16::try_from(value).is_ok(),
        SqlType::Int4 => i32::try_from(value).is_ok(),
        SqlType::Int8 => true,
        // Negative numbers wrap, as they do in PostgreSQL.
        other if is_oid_like(other) => {
            return match value {
                v if u32::try_from(v).is_ok() => Ok(Value::Int(v)),
                v if i32::try_from(v).is_ok() => Ok(Value::Int(i64::from(v as i32 as u32))),
                _ => Err(SystemError::OutOfRange("OID".into())),
            };
        }
        _ => true,
    };
    if fits { Ok(Value::Int(value)) } else { Err(out_of_range(sql_type)) }
}

/// Fits text into a textual type. `explicit` casts cut what is too long; others refuse it.
pub(crate) fn fit_text(text: &str, sql_type: &SqlType, explicit: bool) -> Result<Value> {
    Ok(match sql_type {
        SqlType::Name => Value::from(truncate(text, NAME_BYTES)),
        SqlType::Char => Value::from(text.chars().next().map_or(String::new(), String::from)),
        SqlType::Varchar(Some(limit)) | SqlType::Bpchar(Some(limit)) => {
            let limit = *limit as usize;
            let length = text.chars().count();
            if length > limit && !explicit && text.chars().skip(limit).any(|c| c != ' ') {
                return Err(SystemError::InvalidParameter(format!("value too long for type {}", sql_type.sql_name())));
            }
            let cut: String = text.chars().take(limit).collect();
            match sql_type {
                SqlType::Bpchar(_) if length < limit => Value::from(format!("{cut:<limit$}")),
                _ => Value::from(cut),
            }
        }
        _ => Value::from(text),
    })
}

pub(crate) fn fit_decimal(value: Decimal, sql_type: &SqlType) -> Result<Value> {
    let SqlType::Numeric(Some((precision, scale))) = sql_type else { return Ok(Value::decimal(value)) };
    let rounded = value.round(u32::try_from(*scale).unwrap_or(0))?;
    if rounded.fits(*precision) {
        Ok(Value::decimal(rounded))
    } else {
        Err(SystemError::OutOfRange("numeric field".into()))
    }
}

/// Casts a value; NULL stays NULL.
pub(crate) fn cast(value: &Value, from: &SqlType, to: &SqlType, context: &Context) -> Result<Value> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    if matches!((from, to), (SqlType::Oid, SqlType::Oid)) || (plain(from) == plain(to) && plain(to) == *to) {
        return Ok(value.clone());
    }
    // No cast of SQL: what stands for a `jsonb` where two are compared.
    if let (SqlType::Jsonb, SqlType::Bytea, Value::Text(text)) = (from, to, value) {
        return Ok(Value::Bytes(crate::functions::jsonb_key(text)?.as_bytes().into()));
    }
    if is_textual(to) {
        return fit_text(&text_out(value, from, context)?, to, true);
    }
    if matches!(to, SqlType::Json | SqlType::Jsonb)
        && (is_textual(from) || matches!(from, SqlType::Json | SqlType::Jsonb))
    {
        return text_in(&text_out(value, from, context)?, to, context);
    }
    if is_textual(from) {
        return match value.as_text() {
            Some(text) => text_in(text, to, context),
            None => Err(SystemError::Internal("text type without text")),
        };
    }
    between_types(value, from, to, context)
}

fn cannot(from: &SqlType, to: &SqlType) -> SystemError {
    SystemError::CannotCoerce(from.sql_name(), to.sql_name())
}

fn between_types(value: &Value, from: &SqlType, to: &SqlType, context: &Context) -> Result<Value> {
    match (value, to) {
        (Value::Bool(flag), SqlType::Int4) => Ok(Value::Int(i64::from(*flag))),
        (Value::Int(number), SqlType::Bool) if *from == SqlType::Int4 => Ok(Value::Bool(*number != 0)),
        (Value::Int(number), SqlType::Int2 | SqlType::Int4 | SqlType::Int8) => fit_int(*number, to),
        (Value::Int(number), to) if is_oid_like(to) => fit_int(*number, to),
        (Value::Float(number), SqlType::Int2 | SqlType::Int4 | SqlType::Int8) => {
            let rounded = number.round_ties_even();
            if rounded.is_finite() && rounded.abs() < 9.223e18 {
                fit_int(rounded as i64, to)
            } else {
                Err(out_of_range(to))
            }
        }
        (Value::Numeric(number), SqlType::Int2 | SqlType::Int4 | SqlType::Int8) => fit_int(number.round_to_int()?, to),
        (Value::Int(_) | Value::Float(_) | Value::Numeric(_), SqlType::Float8) => {
            value.as_float().map(Value::Float).ok_or_else(|| cannot(from, to))
        }
        (Value::Int(_) | Value::Float(_) | Value::Numeric(_), SqlType::Float4) => {
            value.as_float().map(|f| Value::Float(f64::from(f as f32))).ok_or_else(|| cannot(from, to))
        }
        (Value::Int(_) | Value::Numeric(_), SqlType::Numeric(_)) => {
            fit_decimal(value.as_decimal().ok_or_else(|| cannot(from, to))?, to)
        }
        (Value::Float(number), SqlType::Numeric(_)) => {
            let text = if *from == SqlType::Float4 { (*number as f32).to_string() } else { number.to_string() };
            let decimal = Decimal::parse(&text).ok_or_else(|| cannot(from, to))??;
            fit_decimal(decimal, to)
        }
        (Value::Array(array), _) => cast_array(array, from, to, context),
        (Value::Record(_), SqlType::Record) => Ok(value.clone()),
        _ => between_times(value, from, to, context),
    }
}

fn between_times(value: &Value, from: &SqlType, to: &SqlType, context: &Context) -> Result<Value> {
    const DAY: i64 = 86_400_000_000;
    Ok(match (value, to) {
        (Value::Date(days), SqlType::Timestamp) => Value::Timestamp(datetime::midnight(*days)?),
        (Value::Date(days), SqlType::Timestamptz) => {
            Value::Timestamptz(datetime::from_local(context, datetime::midnight(*days)?))
        }
        (Value::Timestamp(micros), SqlType::Date) => Value::Date(datetime::day_of(*micros)?),
        (Value::Timestamp(micros), SqlType::Timestamptz) => Value::Timestamptz(datetime::from_local(context, *micros)),
        (Value::Timestamptz(micros), SqlType::Timestamp) => Value::Timestamp(datetime::to_local(context, *micros)),
        (Value::Timestamptz(micros), SqlType::Date) => {
            Value::Date(datetime::day_of(datetime::to_local(context, *micros))?)
        }
        (Value::Timestamp(micros), SqlType::Time) => Value::Time(micros.rem_euclid(DAY)),
        (Value::Timestamptz(micros), SqlType::Time) => {
            Value::Time(datetime::to_local(context, *micros).rem_euclid(DAY))
        }
        (Value::Time(micros), SqlType::Interval) => Value::Interval(Interval { months: 0, days: 0, micros: *micros }),
        (Value::Interval(interval), SqlType::Time) => Value::Time(interval.micros.rem_euclid(DAY)),
        _ => return Err(cannot(from, to)),
    })
}

fn cast_array(array: &ArrayValue, from: &SqlType, to: &SqlType, context: &Context) -> Result<Value> {
    let (Some(from_item), Some(to_item)) = (element_type(from), element_type(to)) else { return Err(cannot(from, to)) };
    let items = array.items.iter().map(|item| cast(item, &from_item, &to_item, context)).collect::<Result<Vec<_>>>()?;
    // A vector keeps counting from 0 when it becomes an array.
    let lower = if array_lower(to) == 0 { 0 } else { array.lower };
    Ok(Value::Array(ArrayValue { lower, items }.into()))
}

/// True where a cast exists, whether or not it succeeds for a given value.
pub(crate) fn castable(from: &SqlType, to: &SqlType) -> bool {
    use SqlType::*;
    let (from, to) = (&plain(from), &plain(to));
    if from == to || crate::typing::implicit(from, to) || *from == Unknown {
        return true;
    }
    if is_textual(to) {
        return true;
    }
    if is_textual(from) {
        return !matches!(to, Void | Record);
    }
    match (from, to) {
        (Array(a), Array(b)) => castable(a, b),
        (Int2vector | Oidvector, Array(item)) => element_type(from).is_some_and(|own| castable(&own, item)),
        (Array(item), Int2vector) => **item == Int2,
        (Array(item), Oidvector) => **item == Oid,
        (a, b) if a.is_number() && b.is_number() => true,
        (a, Int8 | Int4) if is_oid_like(a) => true,
        (Int8 | Int4 | Int2, b) if is_oid_like(b) => true,
        (a, b) if is_oid_like(a) && is_oid_like(b) => *a == Oid || *b == Oid,
        (Bool, Int4) | (Int4, Bool) | (Json, Jsonb) | (Jsonb, Json) => true,
        (Timestamp | Timestamptz, Date | Time | Timestamp) | (Date, Timestamp) => true,
        (Interval, Time) => true,
        _ => false,
    }
}
