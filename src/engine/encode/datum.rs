//! Single values, as system relations, SHOW and EXPLAIN give them, in text and binary.
//!
//! Text is written by what the value is; binary by what its column was announced as.

use super::datetime::{
    SECOND, binary_date, binary_timestamp, put_date, put_interval, put_time, put_timestamp, put_timestamptz,
};
use super::number::{put_float4, put_float8, put_integer};
use super::numeric::put_text_as_binary;
use super::text::{put_array_item, put_bytea, put_record_field, put_uuid};
use super::{EncodeError, EncodeSettings};
use bytes::{BufMut, BytesMut};
use sluice_base::{Datum, Format, Interval, SqlType};

type Put = Result<(), EncodeError>;

pub(super) fn put(
    out: &mut BytesMut,
    value: &Datum,
    sql_type: &SqlType,
    format: Format,
    settings: &EncodeSettings,
) -> Put {
    match format {
        Format::Text => put_text(out, value, sql_type, settings),
        Format::Binary => put_binary(out, value, sql_type, settings),
    }
}

fn out_of_range(sql_type: &SqlType) -> EncodeError {
    EncodeError::OutOfRange { sql_type: sql_type.clone() }
}

fn put_text(out: &mut BytesMut, value: &Datum, sql_type: &SqlType, settings: &EncodeSettings) -> Put {
    match value {
        Datum::Null => {}
        Datum::Bool(v) if sql_type.is_text() => out.put_slice(if *v { b"true" } else { b"false" }),
        Datum::Bool(v) => out.put_u8(if *v { b't' } else { b'f' }),
        Datum::Int(v) => put_integer(out, *v),
        Datum::Float(v) if *sql_type == SqlType::Float4 => put_float4(out, *v as f32, settings.extra_float_digits),
        Datum::Float(v) if matches!(sql_type, SqlType::Numeric(_)) => out.put_slice(plain(*v).as_bytes()),
        Datum::Float(v) => put_float8(out, *v, settings.extra_float_digits),
        Datum::Numeric(v) | Datum::Text(v) => out.put_slice(v.as_bytes()),
        Datum::Bytes(v) => put_bytea(out, v, settings.bytea_output),
        Datum::Date(v) => put_date(out, *v, settings.datestyle),
        Datum::Time(v) => put_time(out, (*v).clamp(0, 86_400 * SECOND)),
        Datum::Timestamp(v) => put_timestamp(out, *v, settings.datestyle),
        Datum::Timestamptz(v) => {
            if !put_timestamptz(out, *v, &settings.timezone, settings.datestyle) {
                return Err(out_of_range(&SqlType::Timestamptz));
            }
        }
        Datum::Interval(v) => put_interval(out, v, settings.intervalstyle),
        Datum::Uuid(v) => put_uuid(out, v),
        Datum::Array(items) => put_array_text(out, items, sql_type, settings)?,
        Datum::Record(fields) => {
            let mut scratch = BytesMut::new();
            out.put_u8(b'(');
            for (at, field) in fields.iter().enumerate() {
                if at > 0 {
                    out.put_u8(b',');
                }
                if !field.is_null() {
                    scratch.clear();
                    put_text(&mut scratch, field, &type_of(field), settings)?;
                    put_record_field(out, &scratch);
                }
            }
            out.put_u8(b')');
        }
    }
    Ok(())
}

/// A float as numeric prints it: digits alone.
pub(super) fn plain(value: f64) -> String {
    match value {
        v if v.is_nan() => "NaN".into(),
        v if v.is_infinite() => if v > 0.0 { "Infinity" } else { "-Infinity" }.into(),
        v => v.to_string(),
    }
}

fn put_array_text(out: &mut BytesMut, items: &[Datum], sql_type: &SqlType, settings: &EncodeSettings) -> Put {
    let vector = matches!(sql_type, SqlType::Int2vector | SqlType::Oidvector);
    let item_type = item_type(sql_type);
    let mut scratch = BytesMut::new();
    if !vector {
        out.put_u8(b'{');
    }
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.put_u8(if vector { b' ' } else { b',' });
        }
        scratch.clear();
        match item {
            Datum::Null => out.put_slice(b"NULL"),
            // PostgreSQL prints inner arrays without quotes.
            Datum::Array(_) => put_text(out, item, &item_type, settings)?,
            _ => {
                put_text(&mut scratch, item, &item_type, settings)?;
                put_array_item(out, &scratch);
            }
        }
    }
    if !vector {
        out.put_u8(b'}');
    }
    Ok(())
}

fn item_type(sql_type: &SqlType) -> SqlType {
    match sql_type {
        SqlType::Array(item) => item.as_ref().clone(),
        SqlType::Int2vector => SqlType::Int2,
        SqlType::Oidvector => SqlType::Oid,
        _ => SqlType::Unknown,
    }
}

/// The type that a value speaks for by itself: for fields of records, which nothing else types.
fn type_of(value: &Datum) -> SqlType {
    match value {
        Datum::Null | Datum::Text(_) => SqlType::Text,
        Datum::Bool(_) => SqlType::Bool,
        Datum::Int(v) if i32::try_from(*v).is_ok() => SqlType::Int4,
        Datum::Int(_) => SqlType::Int8,
        Datum::Float(_) => SqlType::Float8,
        Datum::Numeric(_) => SqlType::Numeric(None),
        Datum::Bytes(_) => SqlType::Bytea,
        Datum::Date(_) => SqlType::Date,
        Datum::Time(_) => SqlType::Time,
        Datum::Timestamp(_) => SqlType::Timestamp,
        Datum::Timestamptz(_) => SqlType::Timestamptz,
        Datum::Interval(_) => SqlType::Interval,
        Datum::Uuid(_) => SqlType::Uuid,
        Datum::Array(items) => SqlType::Array(Box::new(items.first().map_or(SqlType::Text, type_of))),
        Datum::Record(_) => SqlType::Record,
    }
}

fn put_binary(out: &mut BytesMut, value: &Datum, sql_type: &SqlType, settings: &EncodeSettings) -> Put {
    let range = || out_of_range(sql_type);
    match (sql_type, value) {
        (_, Datum::Null) | (SqlType::Void, _) => {}
        (SqlType::Bool, Datum::Bool(v)) => out.put_u8(u8::from(*v)),
        (SqlType::Int2, Datum::Int(v)) => out.put_i16(i16::try_from(*v).map_err(|_| range())?),
        (SqlType::Int4, Datum::Int(v)) => out.put_i32(i32::try_from(*v).map_err(|_| range())?),
        (SqlType::Int8, Datum::Int(v)) => out.put_i64(*v),
        (
            SqlType::Oid
            | SqlType::Xid
            | SqlType::Regclass
            | SqlType::Regtype
            | SqlType::Regproc
            | SqlType::Regnamespace
            | SqlType::Regprocedure
            | SqlType::Regoper
            | SqlType::Regoperator
            | SqlType::Regrole,
            Datum::Int(v),
        ) => out.put_u32(u32::try_from(*v).map_err(|_| range())?),
        (SqlType::Float4, Datum::Float(v)) => out.put_f32(*v as f32),
        (SqlType::Float4, Datum::Int(v)) => out.put_f32(*v as f32),
        (SqlType::Float8, Datum::Float(v)) => out.put_f64(*v),
        (SqlType::Float8, Datum::Int(v)) => out.put_f64(*v as f64),
        (SqlType::Numeric(_), Datum::Numeric(v)) => put_numeric(out, v, sql_type)?,
        (SqlType::Numeric(_), Datum::Int(v)) => put_numeric(out, &v.to_string(), sql_type)?,
        (SqlType::Numeric(_), Datum::Float(v)) => put_numeric(out, &plain(*v), sql_type)?,
        (
            SqlType::Text
            | SqlType::Varchar(_)
            | SqlType::Bpchar(_)
            | SqlType::Name
            | SqlType::Char
            | SqlType::Unknown
            | SqlType::Aclitem
            | SqlType::NodeTree
            | SqlType::Json,
            value,
        ) => put_text(out, value, sql_type, settings)?,
        (SqlType::Jsonb, value) => {
            out.put_u8(1);
            put_text(out, value, sql_type, settings)?;
        }
        (SqlType::Bytea, Datum::Bytes(v)) => out.put_slice(v),
        (SqlType::Date, Datum::Date(v)) => out.put_i32(binary_date(*v).ok_or_else(range)?),
        (SqlType::Time, Datum::Time(v)) => out.put_i64(*v),
        (SqlType::Timestamp, Datum::Timestamp(v)) => out.put_i64(binary_timestamp(*v).ok_or_else(range)?),
        (SqlType::Timestamptz, Datum::Timestamptz(v)) => out.put_i64(binary_timestamp(*v).ok_or_else(range)?),
        (SqlType::Interval, Datum::Interval(v)) => put_interval_binary(out, v),
        (SqlType::Uuid, Datum::Uuid(v)) => out.put_slice(v),
        (SqlType::Array(_), Datum::Array(items)) => put_array_binary(out, items, sql_type, settings)?,
        (SqlType::Int2vector | SqlType::Oidvector, Datum::Array(items)) => {
            put_array_binary(out, items, sql_type, settings)?;
        }
        (SqlType::Int2vector | SqlType::Oidvector, Datum::Text(text)) => {
            put_array_binary(out, &vector(text, sql_type)?, sql_type, settings)?;
        }
        (SqlType::Record, Datum::Record(fields)) => {
            out.put_i32(fields.len() as i32);
            for field in fields {
                let field_type = type_of(field);
                out.put_u32(field_type.oid());
                put_sized(out, field, &field_type, settings)?;
            }
        }
        (sql_type, value) => {
            let found = format!("a value of type {}", type_of(value).sql_name());
            return Err(EncodeError::Unsupported { sql_type: sql_type.clone(), found });
        }
    }
    Ok(())
}

fn put_numeric(out: &mut BytesMut, text: &str, sql_type: &SqlType) -> Put {
    if put_text_as_binary(out, text) { Ok(()) } else { Err(EncodeError::NotOfType { sql_type: sql_type.clone() }) }
}

pub(super) fn put_interval_binary(out: &mut BytesMut, interval: &Interval) {
    out.put_i64(interval.micros);
    out.put_i32(interval.days);
    out.put_i32(interval.months);
}

/// Numbers with spaces between them, the text of `int2vector` and `oidvector`.
pub(super) fn vector(text: &str, sql_type: &SqlType) -> Result<Vec<Datum>, EncodeError> {
    let fault = || EncodeError::NotOfType { sql_type: sql_type.clone() };
    text.split_ascii_whitespace().map(|word| word.parse().map(Datum::Int).map_err(|_| fault())).collect()
}

/// Header, then each item behind its length. Vectors count from 0, other arrays from 1.
pub(super) fn put_array_binary(
    out: &mut BytesMut,
    items: &[Datum],
    sql_type: &SqlType,
    settings: &EncodeSettings,
) -> Put {
    let vector = matches!(sql_type, SqlType::Int2vector | SqlType::Oidvector);
    let item_type = item_type(sql_type);
    put_array_header(out, items.len(), items.iter().any(Datum::is_null), &item_type, vector);
    items.iter().try_for_each(|item| put_sized(out, item, &item_type, settings))
}

pub(super) fn put_array_header(out: &mut BytesMut, items: usize, nulls: bool, item_type: &SqlType, vector: bool) {
    let dimensions = i32::from(items > 0 || vector);
    out.put_i32(dimensions);
    out.put_i32(i32::from(nulls));
    out.put_u32(item_type.oid());
    if dimensions > 0 {
        out.put_i32(items as i32);
        out.put_i32(i32::from(!vector));
    }
}

/// A value behind its length, in binary.
fn put_sized(out: &mut BytesMut, value: &Datum, sql_type: &SqlType, settings: &EncodeSettings) -> Put {
    if value.is_null() {
        out.put_i32(-1);
        return Ok(());
    }
    let at = out.len();
    out.put_i32(0);
    put_binary(out, value, sql_type, settings)?;
    let length = (out.len() - at - 4) as i32;
    out[at..at + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}
