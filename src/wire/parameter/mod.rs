//! Parameters of Bind: bytes and a type become a value.
//!
//! Invariants: decoding is total over any bytes, takes memory in proportion to them (numeric: up to PostgreSQL's own
//! 147,000 digits), and never repeats the value in an error. What PostgreSQL reads is read the same way or refused;
//! nothing is read as something else.
//!
//! Left out on purpose: the words for the current time (`now`, `today`), month names, Julian days, `DateStyle` other
//! than ISO, infinite dates, arrays of more than one dimension. Each is refused by name.

mod array;
mod binary;
mod datetime;
mod interval;
mod json;
mod number;

use crate::{ParameterFault, WireError};
use sluice_base::{Datum, Format, SqlType, TimeZone};

type Decoded<T = Datum> = Result<T, ParameterFault>;

/// Decodes a parameter for a session in UTC: see [`decode_parameter_in`].
pub fn decode_parameter(format: Format, bytes: &[u8], sql_type: &SqlType) -> Result<Datum, WireError> {
    decode_parameter_in(format, bytes, sql_type, &TimeZone::utc())
}

/// Decodes a parameter that is not NULL. The session's time zone counts for `timestamptz` text without an offset.
pub fn decode_parameter_in(
    format: Format,
    bytes: &[u8],
    sql_type: &SqlType,
    zone: &TimeZone,
) -> Result<Datum, WireError> {
    let decoded = match format {
        Format::Text => utf8(bytes).and_then(|text| of_text(text, sql_type, zone)),
        Format::Binary => binary::decode(bytes, sql_type),
    };
    decoded.map_err(|fault| WireError::Parameter { fault, type_name: sql_type.sql_name() })
}

fn utf8(bytes: &[u8]) -> Decoded<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => Err(ParameterFault::Encoding),
    }
}

fn of_text(text: &str, sql_type: &SqlType, zone: &TimeZone) -> Decoded {
    match sql_type {
        SqlType::Bool => boolean(text),
        SqlType::Int2 => number::integer(text, i16::MIN.into(), i16::MAX.into()).map(Datum::Int),
        SqlType::Int4 => number::integer(text, i32::MIN.into(), i32::MAX.into()).map(Datum::Int),
        SqlType::Int8 => number::integer(text, i64::MIN, i64::MAX).map(Datum::Int),
        SqlType::Oid | SqlType::Xid => {
            number::integer(text, i32::MIN.into(), u32::MAX.into()).map(|n| Datum::Int(as_oid(n)))
        }
        SqlType::Float4 => number::float4(text).map(Datum::Float),
        SqlType::Float8 => number::float8(text).map(Datum::Float),
        SqlType::Numeric(_) => number::numeric(text).map(Datum::Numeric),
        SqlType::Text | SqlType::Varchar(_) | SqlType::Bpchar(_) | SqlType::Unknown => Ok(Datum::Text(text.into())),
        SqlType::Name => Ok(Datum::Text(text[..text.floor_char_boundary(63)].into())),
        SqlType::Char => Ok(Datum::Text(text.chars().next().map(String::from).unwrap_or_default())),
        SqlType::Date => datetime::date(text).map(Datum::Date),
        SqlType::Time => datetime::time(text).map(Datum::Time),
        SqlType::Timestamp => datetime::timestamp(text).map(Datum::Timestamp),
        SqlType::Timestamptz => datetime::timestamptz(text, zone).map(Datum::Timestamptz),
        SqlType::Interval => interval::parse(text).map(Datum::Interval),
        SqlType::Uuid => uuid(text).map(Datum::Uuid),
        SqlType::Bytea => bytea(text).map(Datum::Bytes),
        SqlType::Json | SqlType::Jsonb => json::check(text).map(|()| Datum::Text(text.into())),
        SqlType::Regclass
        | SqlType::Regtype
        | SqlType::Regproc
        | SqlType::Regnamespace
        | SqlType::Regprocedure
        | SqlType::Regoper
        | SqlType::Regoperator
        | SqlType::Regrole => {
            Ok(text.trim().parse::<u32>().map_or_else(|_| Datum::Text(text.into()), |oid| Datum::Int(oid.into())))
        }
        SqlType::Int2vector => vector(text, i16::MIN.into(), i16::MAX.into()),
        SqlType::Oidvector => vector(text, 0, u32::MAX.into()),
        SqlType::Array(item) => array::of_text(text, item, zone),
        SqlType::Void | SqlType::Record | SqlType::Aclitem | SqlType::NodeTree | SqlType::Anyarray => {
            Err(ParameterFault::Unsupported("a parameter"))
        }
    }
}

/// True for a type that an array may hold here.
fn array_item(sql_type: &SqlType) -> bool {
    use SqlType::*;
    !matches!(sql_type, Array(_) | Void | Record | Int2vector | Oidvector | Aclitem | NodeTree | Anyarray)
}

/// A negative number as PostgreSQL reads it for an OID.
fn as_oid(number: i64) -> i64 {
    if number < 0 { number + (1 << 32) } else { number }
}

/// PostgreSQL takes every prefix of these words that names one of them alone.
fn boolean(text: &str) -> Decoded {
    let word = text.trim_matches(is_space).to_ascii_lowercase();
    let prefix_of = |whole: &str, least: usize| word.len() >= least && whole.starts_with(&word);
    if prefix_of("true", 1) || prefix_of("yes", 1) || word == "on" || word == "1" {
        Ok(Datum::Bool(true))
    } else if prefix_of("false", 1) || prefix_of("no", 1) || prefix_of("off", 2) || word == "0" {
        Ok(Datum::Bool(false))
    } else {
        Err(ParameterFault::Text)
    }
}

/// White space of C's `isspace`.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

/// 32 hex digits, a hyphen allowed behind each group of four, braces allowed around.
fn uuid(text: &str) -> Decoded<[u8; 16]> {
    let inner = match text.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}').ok_or(ParameterFault::Text)?,
        None => text,
    };
    let mut bytes = [0; 16];
    let mut rest = inner.as_bytes();
    for (at, byte) in bytes.iter_mut().enumerate() {
        let [high, low, after @ ..] = rest else { return Err(ParameterFault::Text) };
        *byte = hex_byte(*high, *low).ok_or(ParameterFault::Text)?;
        let hyphen = at % 2 == 1 && at < 15 && after.first() == Some(&b'-');
        rest = if hyphen { &after[1..] } else { after };
    }
    if rest.is_empty() { Ok(bytes) } else { Err(ParameterFault::Text) }
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16);
    Some((digit(high)? << 4 | digit(low)?) as u8)
}

/// `\x` and hex digits with white space between bytes, or the older escapes.
fn bytea(text: &str) -> Decoded<Vec<u8>> {
    let fault = ParameterFault::Text;
    let mut bytes = Vec::with_capacity(text.len() / 2);
    if let Some(hex) = text.strip_prefix("\\x") {
        let mut rest = hex.as_bytes();
        loop {
            rest = match rest {
                [] => return Ok(bytes),
                [b, after @ ..] if is_space(char::from(*b)) => after,
                [high, low, after @ ..] => {
                    bytes.push(hex_byte(*high, *low).ok_or(fault)?);
                    after
                }
                [_] => return Err(fault),
            }
        }
    }
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return Ok(bytes),
            [b'\\', b'\\', after @ ..] => {
                bytes.push(b'\\');
                after
            }
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..] => {
                bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                after
            }
            [b'\\', ..] => return Err(fault),
            [byte, after @ ..] => {
                bytes.push(*byte);
                after
            }
        }
    }
}

/// Numbers with white space between them.
fn vector(text: &str, least: i64, most: i64) -> Decoded {
    let numbers = text.split(is_space).filter(|word| !word.is_empty());
    numbers.map(|word| number::integer(word, least, most).map(Datum::Int)).collect::<Decoded<_>>().map(Datum::Array)
}
