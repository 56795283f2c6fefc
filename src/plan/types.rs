//! The one table between SQL types and Arrow types, both ways, and between values and scalars.
//!
//! `numeric(p,s)` is a decimal of that precision and scale. `numeric` alone is [`NUMERIC_DEFAULT`]: 38 digits before the
//! point and 37 behind it, shown without zeros at the end. What arithmetic makes of them is told by [`crate::numeric`]:
//! every decimal, and a decimal with its display scale beside it, is announced as `numeric`.

use std::sync::Arc;

use arrow::datatypes::{DataType, IntervalMonthDayNano, IntervalUnit, TimeUnit};
use datafusion_common::ScalarValue;
use sluice_base::{Datum, Interval, SqlType};

use crate::PlanError;

/// Precision and scale given to a `numeric` that declares none.
pub const NUMERIC_DEFAULT: (u8, i8) = crate::numeric::UNDECLARED;

/// The Arrow type that carries values of an SQL type through the engine.
pub fn arrow_type(sql_type: &SqlType) -> DataType {
    match sql_type {
        SqlType::Bool => DataType::Boolean,
        SqlType::Int2 => DataType::Int16,
        SqlType::Int4 => DataType::Int32,
        SqlType::Int8 => DataType::Int64,
        SqlType::Oid | SqlType::Xid => DataType::Int64,
        SqlType::Regclass
        | SqlType::Regtype
        | SqlType::Regproc
        | SqlType::Regnamespace
        | SqlType::Regprocedure
        | SqlType::Regoper
        | SqlType::Regoperator
        | SqlType::Regrole => DataType::Int64,
        SqlType::Float4 => DataType::Float32,
        SqlType::Float8 => DataType::Float64,
        SqlType::Numeric(declared) => {
            let (precision, scale) = declared.unwrap_or(NUMERIC_DEFAULT);
            if precision <= 38 {
                DataType::Decimal128(precision, scale)
            } else {
                DataType::Decimal256(precision.min(76), scale)
            }
        }
        SqlType::Text
        | SqlType::Varchar(_)
        | SqlType::Bpchar(_)
        | SqlType::Name
        | SqlType::Char
        | SqlType::Json
        | SqlType::Jsonb
        | SqlType::Unknown
        | SqlType::Void
        | SqlType::Int2vector
        | SqlType::Oidvector
        | SqlType::Aclitem
        | SqlType::NodeTree
        | SqlType::Anyarray
        | SqlType::Record => DataType::Utf8,
        SqlType::Date => DataType::Date32,
        SqlType::Time => DataType::Time64(TimeUnit::Microsecond),
        SqlType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
        SqlType::Timestamptz => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        SqlType::Interval => DataType::Interval(IntervalUnit::MonthDayNano),
        SqlType::Uuid => DataType::FixedSizeBinary(16),
        SqlType::Bytea => DataType::Binary,
        SqlType::Array(item) => DataType::new_list(arrow_type(item), true),
    }
}

/// The SQL type under which a computed Arrow column is announced; `None` for types no client can be given.
pub fn sql_type(arrow: &DataType) -> Option<SqlType> {
    Some(match arrow {
        DataType::Boolean => SqlType::Bool,
        DataType::Int8 | DataType::Int16 | DataType::UInt8 => SqlType::Int2,
        DataType::Int32 | DataType::UInt16 => SqlType::Int4,
        DataType::Int64 | DataType::UInt32 => SqlType::Int8,
        // Row numbers and ranks are such; none comes near the end of a bigint.
        DataType::UInt64 => SqlType::Int8,
        DataType::Float16 | DataType::Float32 => SqlType::Float4,
        DataType::Float64 => SqlType::Float8,
        DataType::Decimal32(_, _) | DataType::Decimal64(_, _) => SqlType::Numeric(None),
        DataType::Decimal128(_, _) | DataType::Decimal256(_, _) => SqlType::Numeric(None),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => SqlType::Text,
        DataType::Date32 | DataType::Date64 => SqlType::Date,
        DataType::Time32(_) | DataType::Time64(_) => SqlType::Time,
        DataType::Timestamp(_, None) => SqlType::Timestamp,
        DataType::Timestamp(_, Some(_)) => SqlType::Timestamptz,
        DataType::Interval(_) | DataType::Duration(_) => SqlType::Interval,
        DataType::FixedSizeBinary(16) => SqlType::Uuid,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            SqlType::Bytea
        }
        // A quotient with its display scale beside it.
        DataType::Struct(_) if *arrow == crate::numeric::scaled_type() => SqlType::Numeric(None),
        DataType::Dictionary(_, value) => return sql_type(value),
        DataType::List(item) | DataType::LargeList(item) => SqlType::Array(Box::new(sql_type(item.data_type())?)),
        _ => return None,
    })
}

/// A value as the engine's scalar of its type.
///
/// # Errors
/// [`PlanError::InvalidValue`] where the value does not fit the type.
pub fn scalar(sql_type: &SqlType, value: &Datum) -> Result<ScalarValue, PlanError> {
    let arrow = arrow_type(sql_type);
    Ok(match (value, &arrow) {
        (Datum::Null, arrow) => ScalarValue::try_from(arrow).map_err(|error| PlanError::Internal(error.to_string()))?,
        (Datum::Bool(v), DataType::Boolean) => ScalarValue::Boolean(Some(*v)),
        (Datum::Int(v), DataType::Int16) => ScalarValue::Int16(Some(fit(*v, "smallint")?)),
        (Datum::Int(v), DataType::Int32) => ScalarValue::Int32(Some(fit(*v, "integer")?)),
        (Datum::Int(v), DataType::Int64) => ScalarValue::Int64(Some(*v)),
        (Datum::Int(v), DataType::Float64) => ScalarValue::Float64(Some(*v as f64)),
        (Datum::Float(v), DataType::Float32) => ScalarValue::Float32(Some(*v as f32)),
        (Datum::Float(v), DataType::Float64) => ScalarValue::Float64(Some(*v)),
        (Datum::Int(v), DataType::Decimal128(_, _) | DataType::Decimal256(_, _)) => numeric(&v.to_string(), sql_type)?,
        (Datum::Numeric(v), DataType::Decimal128(_, _) | DataType::Decimal256(_, _)) => numeric(v, sql_type)?,
        (Datum::Text(v), DataType::Utf8) => ScalarValue::Utf8(Some(v.clone())),
        (Datum::Date(v), DataType::Date32) => ScalarValue::Date32(Some(*v)),
        (Datum::Time(v), DataType::Time64(_)) => ScalarValue::Time64Microsecond(Some(*v)),
        (Datum::Timestamp(v), DataType::Timestamp(_, None)) => ScalarValue::TimestampMicrosecond(Some(*v), None),
        (Datum::Timestamptz(v), DataType::Timestamp(_, Some(zone))) => {
            ScalarValue::TimestampMicrosecond(Some(*v), Some(Arc::clone(zone)))
        }
        (Datum::Interval(v), DataType::Interval(_)) => ScalarValue::IntervalMonthDayNano(Some(
            IntervalMonthDayNano::new(v.months, v.days, v.micros.saturating_mul(1_000)),
        )),
        (Datum::Uuid(v), DataType::FixedSizeBinary(16)) => ScalarValue::FixedSizeBinary(16, Some(v.to_vec())),
        (Datum::Bytes(v), DataType::Binary) => ScalarValue::Binary(Some(v.clone())),
        _ => return Err(PlanError::InvalidValue("of the parameter")),
    })
}

/// A scalar of the engine as a value; `None` for kinds that no catalog type has.
pub fn datum(value: &ScalarValue) -> Option<Datum> {
    if value.is_null() {
        return Some(Datum::Null);
    }
    Some(match value {
        ScalarValue::Boolean(Some(v)) => Datum::Bool(*v),
        ScalarValue::Int16(Some(v)) => Datum::Int(i64::from(*v)),
        ScalarValue::Int32(Some(v)) => Datum::Int(i64::from(*v)),
        ScalarValue::Int64(Some(v)) => Datum::Int(*v),
        ScalarValue::Float32(Some(v)) => Datum::Float(f64::from(*v)),
        ScalarValue::Float64(Some(v)) => Datum::Float(*v),
        ScalarValue::Decimal128(Some(v), _, scale) => Datum::Numeric(decimal_text(&v.to_string(), *scale)?),
        ScalarValue::Decimal256(Some(v), _, scale) => Datum::Numeric(decimal_text(&v.to_string(), *scale)?),
        ScalarValue::Utf8(Some(v)) | ScalarValue::LargeUtf8(Some(v)) | ScalarValue::Utf8View(Some(v)) => {
            Datum::Text(v.clone())
        }
        ScalarValue::Date32(Some(v)) => Datum::Date(*v),
        ScalarValue::Time64Microsecond(Some(v)) => Datum::Time(*v),
        ScalarValue::TimestampMicrosecond(Some(v), None) => Datum::Timestamp(*v),
        ScalarValue::TimestampMicrosecond(Some(v), Some(_)) => Datum::Timestamptz(*v),
        ScalarValue::IntervalMonthDayNano(Some(v)) => {
            Datum::Interval(Interval { months: v.months, days: v.days, micros: v.nanoseconds / 1_000 })
        }
        ScalarValue::FixedSizeBinary(16, Some(v)) => Datum::Uuid(v.as_slice().try_into().ok()?),
        ScalarValue::Binary(Some(v)) => Datum::Bytes(v.clone()),
        _ => return None,
    })
}

/// Puts the point into the digits of an unscaled number.
pub fn decimal_text(digits: &str, scale: i8) -> Option<String> {
    let scale = usize::try_from(scale).ok()?;
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    Some(if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

/// A UUID in the forms that PostgreSQL reads: 32 digits, dashes behind groups of four, braces around all.
pub(crate) fn read_uuid(text: &str) -> Option<[u8; 16]> {
    let text = text.trim();
    let inside = text.strip_prefix('{').map_or(Some(text), |rest| rest.strip_suffix('}'))?;
    let mut digits = Vec::with_capacity(32);
    for letter in inside.chars() {
        match letter.to_digit(16) {
            Some(digit) => digits.push(digit as u8),
            None if letter == '-' && !digits.is_empty() && digits.len() % 4 == 0 && digits.len() < 32 => {}
            None => return None,
        }
    }
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    if digits.len() == 32 && !inside.contains("--") { bytes.try_into().ok() } else { None }
}

/// Bytes in PostgreSQL's two forms: `\x` and hexadecimal digits, or text with backslashes.
pub(crate) fn read_bytea(text: &str) -> Option<Vec<u8>> {
    if let Some(hex) = text.strip_prefix("\\x") {
        let digits: Option<Vec<u8>> = hex
            .chars()
            .filter(|letter| !letter.is_ascii_whitespace())
            .map(|letter| letter.to_digit(16).map(|digit| digit as u8))
            .collect();
        let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
        return Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect());
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
                let mut code = u32::from(first - b'0');
                for _ in 0..2 {
                    let digit = rest.next().filter(|digit| (b'0'..=b'7').contains(digit))?;
                    code = code * 8 + u32::from(digit - b'0');
                }
                bytes.push(u8::try_from(code).ok()?);
            }
            _ => return None,
        }
    }
    Some(bytes)
}

fn fit<T: TryFrom<i64>>(value: i64, name: &'static str) -> Result<T, PlanError> {
    T::try_from(value).map_err(|_| PlanError::InvalidValue(name))
}

/// A decimal scalar. A declared `numeric(p,s)` keeps its scale; an undeclared one takes the value's own digits.
fn numeric(text: &str, sql_type: &SqlType) -> Result<ScalarValue, PlanError> {
    let (digits, scale) = decimal_digits(text).ok_or(PlanError::InvalidValue("numeric"))?;
    let (precision, target) = match sql_type {
        SqlType::Numeric(Some((precision, target))) => (*precision, *target),
        _ => ((digits.trim_start_matches('-').len().max(scale as usize + 1)).min(38) as u8, scale),
    };
    let shift = i32::from(target) - i32::from(scale);
    if shift < 0 && !digits.ends_with(&"0".repeat(shift.unsigned_abs() as usize)) {
        return Err(PlanError::InvalidValue("numeric"));
    }
    let scaled = if shift >= 0 {
        format!("{digits}{}", "0".repeat(shift as usize))
    } else {
        digits[..digits.len() - shift.unsigned_abs() as usize].to_string()
    };
    let value: i128 = if scaled.is_empty() || scaled == "-" {
        0
    } else {
        scaled.parse().map_err(|_| PlanError::InvalidValue("numeric"))?
    };
    Ok(ScalarValue::Decimal128(Some(value), precision.clamp(1, 38), target))
}

/// Splits `-12.340e2` into all its digits as one integer text and the scale.
fn decimal_digits(text: &str) -> Option<(String, i8)> {
    let text = text.trim();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) || exponent.abs() > 60 {
        return None;
    }
    let scale = fraction.len() as i32 - exponent;
    let kept = digits.trim_start_matches('0');
    let kept = if kept.is_empty() { "0" } else { kept };
    if scale < 0 {
        return Some((format!("{sign}{kept}{}", "0".repeat(scale.unsigned_abs() as usize)), 0));
    }
    i8::try_from(scale).ok().map(|scale| (format!("{sign}{kept}"), scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerics_keep_every_digit() {
        let cases = [
            ("12.34", None, Some((1234, 2))),
            ("-0.050", None, Some((-50, 3))),
            ("1e3", None, Some((1000, 0))),
            ("7", Some((18, 2)), Some((700, 2))),
            ("7.129", Some((18, 2)), None),
            ("7.120", Some((18, 2)), Some((712, 2))),
            ("abc", None, None),
            ("", None, None),
            ("1.", None, Some((1, 0))),
        ];
        for (text, declared, expected) in cases {
            let got = match scalar(&SqlType::Numeric(declared), &Datum::Numeric(text.into())) {
                Ok(ScalarValue::Decimal128(Some(value), _, scale)) => Some((value, scale)),
                _ => None,
            };
            assert_eq!(got, expected, "{text}");
        }
    }

    #[test]
    fn uuids_and_bytes_as_they_are_written() {
        let uuid = read_uuid("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
        assert!(uuid.is_some());
        assert_eq!(read_uuid("{A0EEBC999C0B4EF8BB6D6BB9BD380A11}"), uuid);
        assert_eq!(read_uuid("a0eebc99-9c0b"), None);
        assert_eq!(read_uuid("a0eebc9-99c0b-4ef8-bb6d-6bb9bd380a11"), None);
        assert_eq!(read_bytea("\\xDEAD"), Some(vec![0xde, 0xad]));
        assert_eq!(read_bytea("a\\\\b\\001"), Some(vec![b'a', b'\\', b'b', 1]));
        assert_eq!(read_bytea("\\xabc"), None);
        assert_eq!(read_bytea("\\9"), None);
    }

    #[test]
    fn every_sql_type_has_an_arrow_type_that_maps_back_to_its_family() {
        for sql in SqlType::scalars() {
            let back = sql_type(&arrow_type(sql));
            assert!(back.is_some(), "{sql:?}");
        }
    }
}
