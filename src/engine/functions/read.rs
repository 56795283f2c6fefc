//! Texts to values, by PostgreSQL's input syntax: blanks around a value do not matter, and a text that is none of the
//! type is told apart from one that is out of its range. No error holds the text.
//!
//! Left out: what a value here cannot be. `NaN` and infinities of `numeric` are refused as not supported.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, ArrowPrimitiveType, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, Float32Array,
    Float64Array, PrimitiveArray, Time64MicrosecondArray, Time64NanosecondArray, TimestampMicrosecondArray,
    TimestampNanosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Int16Type, Int32Type, Int64Type, TimeUnit, i256};

use super::cast::type_name;
use crate::EngineError;
use sluice_base::TimeZone;
use sluice_plan::datetime::{read_date, read_time, read_timestamp, read_timestamptz};

type Read<T> = Result<T, EngineError>;

/// The types that texts are read as here.
pub(super) fn reads(to: &DataType) -> bool {
    match to {
        DataType::Boolean | DataType::Int16 | DataType::Int32 | DataType::Int64 => true,
        DataType::Float32 | DataType::Float64 | DataType::Decimal128(..) | DataType::Decimal256(..) => true,
        DataType::Date32 => true,
        DataType::Time64(unit) | DataType::Timestamp(unit, _) => {
            matches!(unit, TimeUnit::Microsecond | TimeUnit::Nanosecond)
        }
        _ => false,
    }
}

/// Reads texts as one of the types above.
pub(super) fn array<'t>(texts: impl Iterator<Item = Option<&'t str>>, to: &DataType) -> Read<ArrayRef> {
    let internal = |error: datafusion::arrow::error::ArrowError| EngineError::Internal(error.to_string());
    Ok(match to {
        DataType::Boolean => Arc::new(each(texts, boolean).collect::<Read<BooleanArray>>()?),
        DataType::Int16 => integers::<Int16Type>(texts, to)?,
        DataType::Int32 => integers::<Int32Type>(texts, to)?,
        DataType::Int64 => integers::<Int64Type>(texts, to)?,
        DataType::Float32 => Arc::new(each(texts, real).collect::<Read<Float32Array>>()?),
        DataType::Float64 => Arc::new(each(texts, double).collect::<Read<Float64Array>>()?),
        DataType::Decimal128(precision, scale) => {
            let read = |text: &str| decimal(text, *precision, *scale)?.parse::<i128>().map_err(|_| NUMERIC);
            let values = each(texts, read).collect::<Read<Decimal128Array>>()?;
            Arc::new(values.with_precision_and_scale(*precision, *scale).map_err(internal)?)
        }
        DataType::Decimal256(precision, scale) => {
            let read = |text: &str| i256::from_string(&decimal(text, *precision, *scale)?).ok_or(NUMERIC);
            let values = each(texts, read).collect::<Read<Decimal256Array>>()?;
            Arc::new(values.with_precision_and_scale(*precision, *scale).map_err(internal)?)
        }
        DataType::Date32 => Arc::new(each(texts, |text| Ok(read_date(text)?)).collect::<Read<Date32Array>>()?),
        DataType::Time64(_) | DataType::Timestamp(..) => moments(texts, to)?,
        other => return Err(EngineError::Internal(format!("texts are not read as {other}"))),
    })
}

/// In microseconds, the unit of the engine's columns, or in the planner's own nanoseconds.
fn moments<'t>(texts: impl Iterator<Item = Option<&'t str>>, to: &DataType) -> Read<ArrayRef> {
    let nanos = |micros: i64| micros.checked_mul(1_000).ok_or(EngineError::DatetimeRange);
    Ok(match to {
        DataType::Time64(TimeUnit::Nanosecond) => {
            let read = |text: &str| nanos(read_time(text)?);
            Arc::new(each(texts, read).collect::<Read<Time64NanosecondArray>>()?)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, zone) => {
            let read = |text: &str| nanos(stamp(text, zone.is_some())?);
            let values = each(texts, read).collect::<Read<TimestampNanosecondArray>>()?;
            Arc::new(values.with_timezone_opt(zone.clone()))
        }
        DataType::Timestamp(_, zone) => {
            let read = |text: &str| stamp(text, zone.is_some());
            let values = each(texts, read).collect::<Read<TimestampMicrosecondArray>>()?;
            Arc::new(values.with_timezone_opt(zone.clone()))
        }
        _ => Arc::new(each(texts, |text| Ok(read_time(text)?)).collect::<Read<Time64MicrosecondArray>>()?),
    })
}

/// What the clients' own casts become is read in their zone, by the plan room; here a clock is one of UTC.
fn stamp(text: &str, zoned: bool) -> Read<i64> {
    Ok(if zoned { read_timestamptz(text, &TimeZone::utc())? } else { read_timestamp(text)? })
}

const NUMERIC: EngineError = EngineError::TypeRange("numeric");

fn each<'t, T>(
    texts: impl Iterator<Item = Option<&'t str>>,
    read: impl Fn(&str) -> Read<T>,
) -> impl Iterator<Item = Read<Option<T>>> {
    texts.map(move |text| text.map(&read).transpose())
}

fn integers<'t, T>(texts: impl Iterator<Item = Option<&'t str>>, to: &DataType) -> Read<ArrayRef>
where
    T: ArrowPrimitiveType,
    T::Native: TryFrom<i128>,
{
    let read = |text: &str| {
        let value = integer(text, type_name(to))?;
        T::Native::try_from(value).map_err(|_| EngineError::TypeRange(type_name(to)))
    };
    let values = each(texts, read).collect::<Read<Vec<Option<T::Native>>>>()?;
    Ok(Arc::new(PrimitiveArray::<T>::from_iter(values)))
}

/// Blanks as C's `isspace` knows them.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}'])
}

fn boolean(text: &str) -> Read<bool> {
    let word = trimmed(text).to_ascii_lowercase();
    let begins = |whole: &str, least: usize| word.len() >= least && whole.starts_with(&word);
    if word == "1" || begins("true", 1) || begins("yes", 1) || begins("on", 2) {
        Ok(true)
    } else if word == "0" || begins("false", 1) || begins("no", 1) || begins("off", 2) {
        Ok(false)
    } else {
        Err(EngineError::InvalidInput("boolean"))
    }
}

fn integer(text: &str, type_name: &'static str) -> Read<i128> {
    let text = trimmed(text);
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(EngineError::InvalidInput(type_name));
    }
    text.parse().map_err(|_| EngineError::TypeRange(type_name))
}

fn double(text: &str) -> Read<f64> {
    let text = trimmed(text);
    let value: f64 = text.parse().map_err(|_| EngineError::InvalidInput("double precision"))?;
    let lost = value.is_infinite() || (value == 0.0 && has_digit_but_zero(text));
    if lost && !is_word(text) { Err(EngineError::TypeRange("double precision")) } else { Ok(value) }
}

fn real(text: &str) -> Read<f32> {
    let text = trimmed(text);
    let value: f32 = text.parse().map_err(|_| EngineError::InvalidInput("real"))?;
    let lost = value.is_infinite() || (value == 0.0 && has_digit_but_zero(text));
    if lost && !is_word(text) { Err(EngineError::TypeRange("real")) } else { Ok(value) }
}

/// `inf` and `nan`, as against a number that is too large or too small.
fn is_word(text: &str) -> bool {
    text.trim_start_matches(['-', '+']).starts_with(|first: char| first.is_ascii_alphabetic())
}

fn has_digit_but_zero(text: &str) -> bool {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
}

/// A number as the digits of an integer of the given scale, rounded half away from zero.
fn decimal(text: &str, precision: u8, scale: i8) -> Read<String> {
    const BAD: EngineError = EngineError::InvalidInput("numeric");
    let text = trimmed(text);
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = unsigned.to_ascii_lowercase();
    if matches!(lower.as_str(), "nan" | "inf" | "infinity") {
        return Err(EngineError::SpecialValue("numeric"));
    }
    let (mantissa, exponent) = match lower.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, exponent_of(exponent).ok_or(BAD)?),
        None => (lower.as_str(), 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(BAD);
    }
    let shift = exponent + i64::from(scale) - fraction.len() as i64;
    let kept = digits.trim_start_matches('0').len() as i64 + shift;
    if digits.bytes().all(|byte| byte == b'0') || kept < 0 {
        return Ok("0".into());
    }
    if kept > i64::from(precision) {
        return Err(NUMERIC);
    }
    let mut up = false;
    match usize::try_from(shift) {
        Ok(zeros) => digits.push_str(&"0".repeat(zeros)),
        Err(_) => {
            let end = (digits.len() as i64 + shift).max(0) as usize;
            // Where the number is smaller than its first digit's place, that place is a zero.
            up = digits.len() as i64 + shift >= 0 && digits.as_bytes()[end] >= b'5';
            digits.truncate(end);
        }
    }
    let digits = digits.trim_start_matches('0');
    let digits = if up { increased(digits) } else { digits.to_string() };
    if digits.len() > usize::from(precision) {
        return Err(NUMERIC);
    }
    Ok(if digits.is_empty() { "0".into() } else { format!("{sign}{digits}") })
}

/// An exponent; one past any number is as good as a large one.
fn exponent_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    const FAR: i64 = 1 << 40;
    Some(text.parse().map_or(if text.starts_with('-') { -FAR } else { FAR }, |exponent: i64| exponent.clamp(-FAR, FAR)))
}

/// The digits of the next integer.
fn increased(digits: &str) -> String {
    let nines = digits.bytes().rev().take_while(|byte| *byte == b'9').count();
    let (head, tail) = digits.split_at(digits.len() - nines);
    let zeros = "0".repeat(tail.len());
    match head.as_bytes().split_last() {
        None => format!("1{zeros}"),
        Some((last, _)) => format!("{}{}{zeros}", &head[..head.len() - 1], char::from(last + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans() {
        for word in ["t", " TRUE ", "yes", "Y", "on", "1", "tru"] {
            assert!(boolean(word).unwrap(), "{word}");
        }
        for word in ["f", "false", "no", "n", "of", "OFF", "0\n"] {
            assert!(!boolean(word).unwrap(), "{word}");
        }
        for word in ["", "o", "2", "truth", "10", "真"] {
            assert!(matches!(boolean(word), Err(EngineError::InvalidInput("boolean"))), "{word}");
        }
    }

    #[test]
    fn integers() {
        let read = |text: &str| integer(text, "integer").map_err(|error| error.to_string());
        assert_eq!(read(" +12\t"), Ok(12));
        assert_eq!(read("-0012"), Ok(-12));
        let bad = EngineError::InvalidInput("integer").to_string();
        for text in ["", " ", "1.0", "1e3", "0x10", "1_000", "--1", "1 2", "\u{a0}1", "١"] {
            assert_eq!(read(text), Err(bad.clone()), "{text}");
        }
        assert_eq!(read(&"9".repeat(60)), Err(EngineError::TypeRange("integer").to_string()));
    }

    #[test]
    fn doubles() {
        assert_eq!(double(" 1e3 ").unwrap(), 1000.0);
        assert!(double("NaN").unwrap().is_nan());
        assert_eq!(double("-Infinity").unwrap(), f64::NEG_INFINITY);
        assert_eq!(double("0e5").unwrap(), 0.0);
        assert!(matches!(double("1e400"), Err(EngineError::TypeRange(_))));
        assert!(matches!(double("1e-400"), Err(EngineError::TypeRange(_))));
        assert!(matches!(real("1e39"), Err(EngineError::TypeRange("real"))));
        assert!(matches!(double("1,5"), Err(EngineError::InvalidInput(_))));
    }

    #[test]
    fn decimals() {
        let read = |text: &str| decimal(text, 6, 2).map_err(|error| error.to_string());
        let good = [
            ("1.5", "150"),
            ("-1.005", "-101"),
            ("1.004", "100"),
            (".5", "50"),
            ("5.", "500"),
            (" +12e2 ", "120000"),
            ("12345e-3", "1235"),
            ("9.995", "1000"),
            ("0.004", "0"),
            ("-0.004", "0"),
            ("0.005", "1"),
            ("0.0005", "0"),
            ("0e999999999999", "0"),
            ("1e-999999999999999999999", "0"),
            ("0009999.99", "999999"),
        ];
        for (text, expected) in good {
            assert_eq!(read(text), Ok(expected.to_string()), "{text}");
        }
        for text in ["9999.995", "10000", "1e5", "1e999999999999999999999"] {
            assert_eq!(read(text), Err(NUMERIC.to_string()), "{text}");
        }
        for text in ["", ".", "-", "e5", "1e", "1e+", "1.2.3", "1 2", "abc", "1e5.0"] {
            assert_eq!(read(text), Err(EngineError::InvalidInput("numeric").to_string()), "{text}");
        }
        for text in ["NaN", "-infinity", "Inf"] {
            assert_eq!(read(text), Err(EngineError::SpecialValue("numeric").to_string()), "{text}");
        }
    }
}
