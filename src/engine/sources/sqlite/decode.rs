//! SQLite values to Arrow, and parameters to SQLite values.
//!
//! What may stand where (anything else is an error, never a conversion):
//!
//! | declared | INTEGER | REAL | TEXT | BLOB |
//! |---|---|---|---|---|
//! | bool | 0, 1 | | | |
//! | int2, int4, int8 | in range | | | |
//! | float8 | up to 2^53 | yes | | |
//! | float4 | up to 2^24 | if a single has it | | |
//! | numeric(p,s) | yes | its shortest text, up to 15 digits | exact | |
//! | text, json | | | UTF-8 | |
//! | bytea | | | | yes |
//! | date, time, timestamp, timestamptz | | | ISO | |
//! | uuid | | | 36 characters | 16 bytes |
//!
//! A `DECIMAL(p,s)` column has numeric affinity: SQLite turns `12.34` into the nearest double. The shortest text that
//! reads as the same double is what was written, as long as it had at most 15 digits; longer ones are refused, as the
//! digits may be lost already.

use rusqlite::types::{Value, ValueRef};
use sluice_base::{Datum, SqlType};

use crate::sources::columns::{Batch, Column, Pushed};
use crate::sources::{SourceError, ValueProblem, calendar};

/// Digits that every double keeps.
const DOUBLE_DIGITS: usize = 15;

/// Adds one value to its column; gives its size in bytes.
pub(super) fn value(batch: &mut Batch, position: usize, value: ValueRef<'_>) -> Result<usize, SourceError> {
    match value {
        ValueRef::Null => batch.null(position).map(|()| 1),
        ValueRef::Integer(number) => {
            batch.cell(position, |column| column.push_int(i128::from(number)))?;
            Ok(8)
        }
        ValueRef::Real(number) => {
            batch.cell(position, |column| real(column, number))?;
            Ok(8)
        }
        ValueRef::Text(bytes) => {
            batch.cell(position, |column| text(column, bytes))?;
            Ok(bytes.len())
        }
        ValueRef::Blob(bytes) => {
            batch.cell(position, |column| match column {
                Column::Uuid(_) => column.push_uuid(bytes),
                _ => column.push_bytes(bytes),
            })?;
            Ok(bytes.len())
        }
    }
}

fn real(column: &mut Column, number: f64) -> Pushed {
    match column {
        Column::Float8(_) => column.push_f64(number),
        Column::Float4(_) => {
            let single = number as f32;
            if f64::from(single) == number { column.push_f32(single) } else { Err(ValueProblem::OutOfRange) }
        }
        Column::Decimal128 { .. } | Column::Decimal256 { .. } => {
            let shortest = format!("{number:e}");
            let mantissa = shortest.split('e').next().unwrap_or_default();
            if mantissa.bytes().filter(u8::is_ascii_digit).count() > DOUBLE_DIGITS {
                return Err(ValueProblem::OutOfRange);
            }
            column.push_decimal_text(&shortest)
        }
        _ => Err(ValueProblem::OtherType),
    }
}

fn text(column: &mut Column, bytes: &[u8]) -> Pushed {
    let text = std::str::from_utf8(bytes).map_err(|_| ValueProblem::NotUtf8)?;
    match column {
        Column::Text(_) | Column::TextView(_) => column.push_text(text),
        Column::Decimal128 { .. } | Column::Decimal256 { .. } => column.push_decimal_text(text),
        Column::Date(_) => column.push_date(calendar::date_of_text(text)?),
        Column::Time(_) => column.push_time(calendar::time_of_text(text)?),
        Column::Timestamp(_) => column.push_timestamp(calendar::timestamp_of_text(text)?),
        Column::Timestamptz(_) => column.push_timestamptz(calendar::timestamptz_of_text(text)?),
        Column::Uuid(_) => column.push_uuid(&calendar::uuid_of_text(text)?),
        _ => Err(ValueProblem::OtherType),
    }
}

/// A parameter as SQLite takes it.
pub(super) fn bind(value: &Datum) -> Result<Value, ValueProblem> {
    Ok(match value {
        Datum::Null => Value::Null,
        Datum::Bool(value) => Value::Integer(i64::from(*value)),
        Datum::Int(value) => Value::Integer(*value),
        // SQLite would make NULL of it.
        Datum::Float(value) if value.is_nan() => return Err(ValueProblem::NotFinite),
        Datum::Float(value) => Value::Real(*value),
        Datum::Numeric(text) => Value::Text(text.clone()),
        Datum::Text(text) if text.contains('\0') => return Err(ValueProblem::Nul),
        Datum::Text(text) => Value::Text(text.clone()),
        Datum::Bytes(bytes) => Value::Blob(bytes.clone()),
        Datum::Date(days) => Value::Text(calendar::date_text(*days)?),
        Datum::Time(micros) => Value::Text(calendar::time_text(*micros)?),
        Datum::Timestamp(micros) | Datum::Timestamptz(micros) => Value::Text(calendar::timestamp_text(*micros)?),
        Datum::Uuid(uuid) => Value::Text(calendar::uuid_text(uuid)),
        Datum::Interval(_) | Datum::Array(_) | Datum::Record(_) => return Err(ValueProblem::OtherType),
    })
}

/// The SQL type nearest to a column's declaration.
pub(super) fn declared_type(declared: &str) -> Option<SqlType> {
    let upper = declared.trim().to_ascii_uppercase();
    let (name, arguments) = match upper.split_once('(') {
        Some((name, rest)) => (name.trim(), rest.trim_end_matches(')')),
        None => (upper.as_str(), ""),
    };
    let mut numbers = arguments.split(',').map(|number| number.trim().parse::<u32>().ok());
    let (first, second) = (numbers.next().flatten(), numbers.next().flatten());
    Some(match name {
        "BOOL" | "BOOLEAN" => SqlType::Bool,
        "SMALLINT" | "INT2" | "TINYINT" => SqlType::Int2,
        "INT" | "INTEGER" | "INT4" | "MEDIUMINT" | "BIGINT" | "INT8" => SqlType::Int8,
        "REAL" | "DOUBLE" | "DOUBLE PRECISION" | "FLOAT" => SqlType::Float8,
        "NUMERIC" | "DECIMAL" => {
            let precision = first.and_then(|p| u8::try_from(p).ok());
            let scale = second.map_or(Some(0), |s| i8::try_from(s).ok());
            SqlType::Numeric(precision.zip(scale))
        }
        "TEXT" | "CLOB" => SqlType::Text,
        "VARCHAR" | "CHARACTER VARYING" | "NVARCHAR" => SqlType::Varchar(first),
        "CHAR" | "CHARACTER" | "NCHAR" => SqlType::Bpchar(first),
        "BLOB" | "BYTEA" => SqlType::Bytea,
        "DATE" => SqlType::Date,
        "TIME" => SqlType::Time,
        "DATETIME" | "TIMESTAMP" => SqlType::Timestamp,
        "TIMESTAMPTZ" => SqlType::Timestamptz,
        "JSON" => SqlType::Json,
        "UUID" => SqlType::Uuid,
        _ => return None,
    })
}
