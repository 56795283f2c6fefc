//! Expected text and bytes are those of PostgreSQL 15, taken from its output and send functions.

mod rows;
mod styles;
mod values;

use super::*;
use arrow::array::*;
use arrow::datatypes::{DataType, Field, Int32Type, IntervalMonthDayNano, Schema, i256};
use arrow::record_batch::RecordBatch;
use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use sluice_base::Interval as Span;
use sluice_base::{Column, Datum, Interval, SqlState, SqlType, TimeZone, ToClient};
use std::sync::Arc;

fn china() -> EncodeSettings {
    EncodeSettings { timezone: TimeZone::parse("PRC").expect("a known zone"), ..EncodeSettings::default() }
}

fn column(sql_type: &SqlType) -> Column {
    Column::computed("c", sql_type.clone())
}

/// The fields of the one DataRow in `out`; checks the framing on the way.
fn fields(out: &[u8]) -> Vec<Option<Vec<u8>>> {
    assert_eq!(out[0], b'D');
    assert_eq!(u32::from_be_bytes(out[1..5].try_into().unwrap()) as usize, out.len() - 1);
    let count = u16::from_be_bytes(out[5..7].try_into().unwrap());
    let mut rest = &out[7..];
    let fields = (0..count).map(|_| {
        let (length, after) = rest.split_first_chunk::<4>().unwrap();
        let length = i32::from_be_bytes(*length);
        let (field, after) = after.split_at(length.max(0) as usize);
        rest = after;
        (length >= 0).then(|| field.to_vec())
    });
    let fields = fields.collect();
    assert!(rest.is_empty());
    fields
}

fn encode(
    block: &RowBlock,
    sql_type: &SqlType,
    format: Format,
    settings: &EncodeSettings,
) -> Result<Option<Vec<u8>>, EncodeError> {
    let mut out = BytesMut::new();
    RowEncoder::new(&[column(sql_type)], &[format], settings)?.data_rows(block, 0, 1, &mut out)?;
    Ok(fields(&out).remove(0))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn batch(array: ArrayRef) -> RowBlock {
    let schema = Schema::new(vec![Field::new("c", array.data_type().clone(), true)]);
    RowBlock::Batch(RecordBatch::try_new(Arc::new(schema), vec![array]).unwrap())
}

/// Checks text and binary of one value; `binary` in hex, empty where it is not to be had.
fn check(block: &RowBlock, sql_type: &SqlType, text: &str, binary: &str, what: &str) {
    let found = encode(block, sql_type, Format::Text, &china()).unwrap().expect("not null");
    assert_eq!(String::from_utf8(found).unwrap(), text, "{what}: text of {sql_type:?}");
    match encode(block, sql_type, Format::Binary, &china()) {
        Ok(found) => assert_eq!(hex(&found.expect("not null")), binary, "{what}: binary of {sql_type:?} {text}"),
        Err(error) => assert_eq!(binary, "", "{what}: {error}"),
    }
}

/// The value as a column of the engine, where the engine has such columns.
fn as_array(value: &Datum, sql_type: &SqlType) -> Option<ArrayRef> {
    Some(match (sql_type, value) {
        (SqlType::Bool, Datum::Bool(v)) => Arc::new(BooleanArray::from(vec![*v])),
        (SqlType::Int2, Datum::Int(v)) => Arc::new(Int16Array::from(vec![*v as i16])),
        (SqlType::Int4, Datum::Int(v)) => Arc::new(Int32Array::from(vec![*v as i32])),
        (SqlType::Int8 | SqlType::Oid | SqlType::Regtype, Datum::Int(v)) => Arc::new(Int64Array::from(vec![*v])),
        (SqlType::Float4, Datum::Float(v)) => Arc::new(Float32Array::from(vec![*v as f32])),
        (SqlType::Float8, Datum::Float(v)) => Arc::new(Float64Array::from(vec![*v])),
        (SqlType::Numeric(_), Datum::Numeric(v)) => {
            let (whole, fraction) = v.split_once('.').unwrap_or((v, ""));
            let unscaled: i128 = format!("{whole}{fraction}").parse().ok()?;
            let array = Decimal128Array::from(vec![unscaled]);
            Arc::new(array.with_precision_and_scale(38, fraction.len() as i8).unwrap())
        }
        (SqlType::Date, Datum::Date(v)) => Arc::new(Date32Array::from(vec![*v])),
        (SqlType::Time, Datum::Time(v)) => Arc::new(Time64MicrosecondArray::from(vec![*v])),
        (SqlType::Timestamp, Datum::Timestamp(v)) => Arc::new(TimestampMicrosecondArray::from(vec![*v])),
        (SqlType::Timestamptz, Datum::Timestamptz(v)) => {
            Arc::new(TimestampMicrosecondArray::from(vec![*v]).with_timezone("UTC"))
        }
        (SqlType::Interval, Datum::Interval(v)) => {
            let value = IntervalMonthDayNano::new(v.months, v.days, v.micros.checked_mul(1_000)?);
            Arc::new(IntervalMonthDayNanoArray::from(vec![value]))
        }
        (SqlType::Uuid, Datum::Uuid(v)) => {
            Arc::new(FixedSizeBinaryArray::try_from_iter(std::iter::once(v.as_slice())).unwrap())
        }
        (SqlType::Bytea, Datum::Bytes(v)) => Arc::new(BinaryArray::from(vec![v.as_slice()])),
        (SqlType::Array(_) | SqlType::Regclass, _) => return None,
        (_, Datum::Text(v)) => Arc::new(StringArray::from(vec![v.as_str()])),
        _ => return None,
    })
}
