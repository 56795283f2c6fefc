//! Literals given the type of the field they stand beside.
//!
//! Invariant: a literal is converted when a rule is loaded, exactly or not at all; nothing is cast while rows pass.

use sluice_base::{Datum, SqlType};

use crate::decimal::Decimal;
use crate::sql::Literal;

/// The value of a literal as the given type; `Err` says what does not fit.
pub(crate) fn typed(literal: &Literal, sql_type: &SqlType) -> Result<Datum, String> {
    match (literal, sql_type) {
        (Literal::Null, _) => Ok(Datum::Null),
        (Literal::Bool(value), SqlType::Bool) => Ok(Datum::Bool(*value)),
        (Literal::Number(digits), SqlType::Int2 | SqlType::Int4 | SqlType::Int8) => {
            digits.parse::<i64>().map(Datum::Int).map_err(|_| format!("{digits} is not a 64-bit integer"))
        }
        (Literal::Number(digits), SqlType::Numeric(_)) => match Decimal::parse(digits) {
            Some(value) => Ok(Datum::Numeric(value.to_string())),
            None => Err(format!("{digits} is not a decimal of at most 38 digits")),
        },
        (Literal::Number(digits), SqlType::Float4 | SqlType::Float8) => match digits.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Datum::Float(value)),
            _ => Err(format!("{digits} is not a finite number")),
        },
        (Literal::Text(text), sql_type) if sql_type.is_text() => Ok(Datum::Text(text.clone())),
        (Literal::Text(text), sql_type) => from_text(text, sql_type),
        (literal, sql_type) => Err(format!("{} does not fit type {}", kind(literal), sql_type.sql_name())),
    }
}

fn kind(literal: &Literal) -> &'static str {
    match literal {
        Literal::Null => "NULL",
        Literal::Bool(_) => "a boolean",
        Literal::Number(_) => "a number",
        Literal::Text(_) => "a text",
    }
}

/// Texts of the types that are written in quotes.
pub(crate) fn from_text(text: &str, sql_type: &SqlType) -> Result<Datum, String> {
    let read = match sql_type {
        SqlType::Date => date(text).map(Datum::Date),
        SqlType::Time => time(text).map(Datum::Time),
        SqlType::Timestamp => timestamp(text).map(Datum::Timestamp),
        SqlType::Timestamptz => timestamptz(text).map(Datum::Timestamptz),
        SqlType::Uuid => uuid(text).map(Datum::Uuid),
        other => return Err(format!("a text does not fit type {}", other.sql_name())),
    };
    read.ok_or_else(|| format!("`{text}` is not a {}", sql_type.sql_name()))
}

fn date(text: &str) -> Option<i32> {
    let date = chrono::NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok()?;
    i32::try_from(date.signed_duration_since(chrono::NaiveDate::from_ymd_opt(1970, 1, 1)?).num_days()).ok()
}

fn time(text: &str) -> Option<i64> {
    let text = text.trim();
    let time = chrono::NaiveTime::parse_from_str(text, "%H:%M:%S%.f")
        .or_else(|_| chrono::NaiveTime::parse_from_str(text, "%H:%M"))
        .ok()?;
    time.signed_duration_since(chrono::NaiveTime::MIN).num_microseconds()
}

fn timestamp(text: &str) -> Option<i64> {
    let text = text.trim().replacen('T', " ", 1);
    match chrono::NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f") {
        Ok(found) => Some(found.and_utc().timestamp_micros()),
        Err(_) => i64::from(date(&text)?).checked_mul(86_400_000_000),
    }
}

/// With its offset written out: a rule must not mean another moment in another session.
fn timestamptz(text: &str) -> Option<i64> {
    let text = text.trim().replacen('T', " ", 1);
    let text = text.strip_suffix('Z').map_or(text.clone(), |bare| format!("{bare}+00"));
    chrono::DateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f%#z").ok().map(|found| found.timestamp_micros())
}

fn uuid(text: &str) -> Option<[u8; 16]> {
    let digits: String = text.trim().chars().filter(|c| *c != '-').collect();
    if digits.len() != 32 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0u8; 16];
    for (position, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(position * 2..position * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_convert_exactly_or_not_at_all() {
        let text = |t: &str| Literal::Text(t.into());
        let number = |n: &str| Literal::Number(n.into());
        let cases = [
            (text("1970-01-02"), SqlType::Date, Some(Datum::Date(1))),
            (text("1970-13-02"), SqlType::Date, None),
            (text("1970-01-01 00:00:01.5"), SqlType::Timestamp, Some(Datum::Timestamp(1_500_000))),
            (text("1970-01-01 08:00:00+08"), SqlType::Timestamptz, Some(Datum::Timestamptz(0))),
            (text("1970-01-01T00:00:00Z"), SqlType::Timestamptz, Some(Datum::Timestamptz(0))),
            (text("1970-01-01 08:00:00"), SqlType::Timestamptz, None),
            (text("00:01"), SqlType::Time, Some(Datum::Time(60_000_000))),
            (text("5"), SqlType::Int4, None),
            (number("5"), SqlType::Int4, Some(Datum::Int(5))),
            (number("1.5"), SqlType::Int4, None),
            (number("1.50"), SqlType::Numeric(Some((5, 1))), Some(Datum::Numeric("1.50".into()))),
            (number("5"), SqlType::Text, None),
            (Literal::Bool(true), SqlType::Bool, Some(Datum::Bool(true))),
        ];
        for (literal, sql_type, expected) in cases {
            assert_eq!(typed(&literal, &sql_type).ok(), expected, "{literal:?} {sql_type:?}");
        }
    }
}
