//! One column of a batch, ready to be written cell by cell.
//!
//! Invariant: everything that depends on the column (its Arrow type, its announced type, casts between the two) is
//! settled in [`Cells::of`]; [`Cells::put`] only looks at one enum.

use super::datetime::{
    binary_date, binary_timestamp, put_date, put_interval, put_time, put_timestamp, put_timestamptz,
};
use super::datum::{self, plain, put_array_header, put_interval_binary};
use super::number::{put_float4, put_float8, put_integer};
use super::numeric::{Decimal, put_text_as_binary};
use super::text::{put_array_item, put_bytea, put_uuid, read_uuid};
use super::{EncodeError, EncodeSettings};
use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BinaryViewArray, BooleanArray, Date32Array, Decimal128Array,
    Decimal256Array, FixedSizeBinaryArray, Float32Array, Float64Array, Int16Array, Int32Array, Int64Array,
    IntervalMonthDayNanoArray, LargeBinaryArray, LargeStringArray, ListArray, StringArray, StringViewArray,
    Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{CastOptions, can_cast_types, cast_with_options};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use arrow::util::display::FormatOptions;
use bytes::{BufMut, BytesMut};
use sluice_base::{Format, Interval, SqlType};
use sluice_plan::numeric::{OPEN, Shown, display_scale, scaled_type, shown};

/// One column, with its announced type and format.
pub(super) struct Cells {
    sql_type: SqlType,
    binary: bool,
    nulls: Option<NullBuffer>,
    values: Values,
    /// Letters up to which a text is filled up with blanks.
    padded: usize,
}

/// The column's values, in the one Arrow type that its announced type is written from.
enum Values {
    Null,
    Bool(BooleanArray),
    Int16(Int16Array),
    Int32(Int32Array),
    Int64(Int64Array),
    Oid(Int64Array),
    Float32(Float32Array),
    Float64(Float64Array),
    Decimal128 {
        array: Decimal128Array,
        scale: i8,
    },
    Decimal256 {
        array: Decimal256Array,
        scale: i8,
        shown: Shown,
    },
    /// Quotients with a display scale for each.
    Scaled {
        array: Decimal256Array,
        scales: Int16Array,
    },
    NumericFloat(Float64Array),
    NumericText(StringArray),
    Text(StringArray),
    LargeText(LargeStringArray),
    TextView(StringViewArray),
    Bytes(BinaryArray),
    LargeBytes(LargeBinaryArray),
    BytesView(BinaryViewArray),
    FixedBytes(FixedSizeBinaryArray),
    Date(Date32Array),
    Time(Time64MicrosecondArray),
    Timestamp(TimestampMicrosecondArray),
    Timestamptz(TimestampMicrosecondArray),
    Interval(IntervalMonthDayNanoArray),
    Uuid(FixedSizeBinaryArray),
    UuidText(StringArray),
    Vector(StringArray),
    List {
        offsets: OffsetBuffer<i32>,
        items: Box<Cells>,
    },
}

impl Cells {
    /// Prepares a column. Where its Arrow type is not the one its announced type is written from, it is cast as a
    /// whole; a value that does not survive the cast is an error.
    pub(super) fn of(array: &ArrayRef, sql_type: &SqlType, format: Format) -> Result<Cells, EncodeError> {
        let binary = format == Format::Binary;
        let values = values_of(array, sql_type, format)?;
        let padded = match sql_type {
            SqlType::Bpchar(Some(length)) => *length as usize,
            _ => 0,
        };
        Ok(Cells { sql_type: sql_type.clone(), binary, nulls: array.logical_nulls(), values, padded })
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        matches!(self.values, Values::Null) || self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// The cell's text where it lies in the batch as it is to be sent.
    pub(super) fn text(&self, row: usize) -> Option<&[u8]> {
        match &self.values {
            _ if self.padded > 0 => None,
            Values::Text(array) => Some(array.value(row).as_bytes()),
            Values::LargeText(array) => Some(array.value(row).as_bytes()),
            Values::TextView(array) => Some(array.value(row).as_bytes()),
            _ => None,
        }
    }

    fn out_of_range(&self) -> EncodeError {
        EncodeError::OutOfRange { sql_type: self.sql_type.clone() }
    }

    fn not_of_type(&self) -> EncodeError {
        EncodeError::NotOfType { sql_type: self.sql_type.clone() }
    }

    /// Appends the cell of a row that is not null.
    pub(super) fn put(&self, row: usize, out: &mut BytesMut, settings: &EncodeSettings) -> Result<(), EncodeError> {
        let binary = self.binary;
        match &self.values {
            Values::Null => {}
            Values::Bool(a) if binary => out.put_u8(u8::from(a.value(row))),
            Values::Bool(a) => out.put_u8(if a.value(row) { b't' } else { b'f' }),
            Values::Int16(a) if binary => out.put_i16(a.value(row)),
            Values::Int16(a) => put_integer(out, a.value(row).into()),
            Values::Int32(a) if binary => out.put_i32(a.value(row)),
            Values::Int32(a) => put_integer(out, a.value(row).into()),
            Values::Int64(a) if binary => out.put_i64(a.value(row)),
            Values::Int64(a) => put_integer(out, a.value(row)),
            Values::Oid(a) => {
                let oid = u32::try_from(a.value(row)).map_err(|_| self.out_of_range())?;
                if binary { out.put_u32(oid) } else { put_integer(out, oid.into()) }
            }
            Values::Float32(a) if binary => out.put_f32(a.value(row)),
            Values::Float32(a) => put_float4(out, a.value(row), settings.extra_float_digits),
            Values::Float64(a) if binary => out.put_f64(a.value(row)),
            Values::Float64(a) => put_float8(out, a.value(row), settings.extra_float_digits),
            Values::Decimal128 { array, scale } => self.put_decimal(out, Decimal::of_i128(array.value(row), *scale)),
            Values::Decimal256 { array, scale, shown } => {
                let digits = display_scale(array.value(row), *scale, *shown);
                self.put_decimal(out, Decimal::of_i256(array.value(row), *scale).shown(digits.into()));
            }
            Values::Scaled { array, scales } => {
                self.put_decimal(out, Decimal::of_i256(array.value(row), OPEN.1).shown(scales.value(row).into()));
            }
            Values::NumericFloat(a) => self.put_numeric(out, &plain(a.value(row)))?,
            Values::NumericText(a) => self.put_numeric(out, a.value(row))?,
            Values::Text(a) => self.put_str(out, a.value(row)),
            Values::LargeText(a) => self.put_str(out, a.value(row)),
            Values::TextView(a) => self.put_str(out, a.value(row)),
            Values::Bytes(a) => self.put_bytes(out, a.value(row), settings),
            Values::LargeBytes(a) => self.put_bytes(out, a.value(row), settings),
            Values::BytesView(a) => self.put_bytes(out, a.value(row), settings),
            Values::FixedBytes(a) => self.put_bytes(out, a.value(row), settings),
            Values::Date(a) if binary => out.put_i32(binary_date(a.value(row)).ok_or_else(|| self.out_of_range())?),
            Values::Date(a) => put_date(out, a.value(row), settings.datestyle),
            Values::Time(a) if binary => out.put_i64(a.value(row)),
            Values::Time(a) => put_time(out, a.value(row).clamp(0, 86_400_000_000)),
            Values::Timestamp(a) | Values::Timestamptz(a) if binary => {
                out.put_i64(binary_timestamp(a.value(row)).ok_or_else(|| self.out_of_range())?);
            }
            Values::Timestamp(a) => put_timestamp(out, a.value(row), settings.datestyle),
            Values::Timestamptz(a) => {
                if !put_timestamptz(out, a.value(row), &settings.timezone, settings.datestyle) {
                    return Err(self.out_of_range());
                }
            }
            Values::Interval(a) => {
                let value = a.value(row);
                let interval = Interval { months: value.months, days: value.days, micros: value.nanoseconds / 1_000 };
                if binary {
                    put_interval_binary(out, &interval);
                } else {
                    put_interval(out, &interval, settings.intervalstyle);
                }
            }
            Values::Uuid(a) if binary => out.put_slice(a.value(row)),
            Values::Uuid(a) => put_uuid(out, a.value(row)),
            Values::UuidText(a) => {
                let uuid = read_uuid(a.value(row)).ok_or_else(|| self.not_of_type())?;
                if binary { out.put_slice(&uuid) } else { put_uuid(out, &uuid) }
            }
            Values::Vector(a) if binary => {
                let items = datum::vector(a.value(row), &self.sql_type)?;
                datum::put_array_binary(out, &items, &self.sql_type, settings)?;
            }
            Values::Vector(a) => out.put_slice(a.value(row).as_bytes()),
            Values::List { offsets, items } => {
                let range = offsets[row] as usize..offsets[row + 1] as usize;
                items.put_list(range, out, settings, binary)?;
            }
        }
        Ok(())
    }

    fn put_decimal(&self, out: &mut BytesMut, decimal: Decimal) {
        if self.binary { decimal.put_binary(out) } else { decimal.put_text(out) }
    }

    fn put_numeric(&self, out: &mut BytesMut, text: &str) -> Result<(), EncodeError> {
        if !self.binary {
            out.put_slice(text.as_bytes());
            return Ok(());
        }
        if put_text_as_binary(out, text) { Ok(()) } else { Err(self.not_of_type()) }
    }

    fn put_str(&self, out: &mut BytesMut, text: &str) {
        if self.binary && self.sql_type == SqlType::Jsonb {
            out.put_u8(1); // version of the format
        }
        out.put_slice(text.as_bytes());
        if self.padded > 0 {
            out.put_bytes(b' ', self.padded.saturating_sub(text.chars().count()));
        }
    }

    fn put_bytes(&self, out: &mut BytesMut, bytes: &[u8], settings: &EncodeSettings) {
        if self.binary { out.put_slice(bytes) } else { put_bytea(out, bytes, settings.bytea_output) }
    }

    /// The items in a range, as one array.
    fn put_list(
        &self,
        range: std::ops::Range<usize>,
        out: &mut BytesMut,
        settings: &EncodeSettings,
        binary: bool,
    ) -> Result<(), EncodeError> {
        if binary {
            let nulls = range.clone().any(|item| self.is_null(item));
            put_array_header(out, range.len(), nulls, &self.sql_type, false);
            return range.into_iter().try_for_each(|item| self.put_sized(item, out, settings));
        }
        let mut scratch = BytesMut::new();
        out.put_u8(b'{');
        let first = range.start;
        for item in range {
            if item > first {
                out.put_u8(b',');
            }
            if self.is_null(item) {
                out.put_slice(b"NULL");
                continue;
            }
            scratch.clear();
            self.put(item, &mut scratch, settings)?;
            put_array_item(out, &scratch);
        }
        out.put_u8(b'}');
        Ok(())
    }

    /// Appends the cell behind its length; -1 for null.
    pub(super) fn put_sized(
        &self,
        row: usize,
        out: &mut BytesMut,
        settings: &EncodeSettings,
    ) -> Result<(), EncodeError> {
        if self.is_null(row) {
            out.put_i32(-1);
            return Ok(());
        }
        let at = out.len();
        out.put_i32(0);
        self.put(row, out, settings)?;
        let length = i32::try_from(out.len() - at - 4).map_err(|_| EncodeError::RowTooLarge)?;
        out[at..at + 4].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }
}

fn values_of(array: &ArrayRef, sql_type: &SqlType, format: Format) -> Result<Values, EncodeError> {
    if array.data_type() == &DataType::Null {
        return Ok(Values::Null);
    }
    if let DataType::Dictionary(_, value) = array.data_type() {
        let plain = cast(array, value.as_ref(), sql_type)?;
        return values_of(&plain, sql_type, format);
    }
    let to = |target: DataType| cast(array, &target, sql_type);
    Ok(match sql_type {
        SqlType::Bool => Values::Bool(to(DataType::Boolean)?.as_boolean().clone()),
        SqlType::Int2 => Values::Int16(to(DataType::Int16)?.as_primitive::<Int16Type>().clone()),
        SqlType::Int4 => Values::Int32(to(DataType::Int32)?.as_primitive::<Int32Type>().clone()),
        SqlType::Int8 => Values::Int64(to(DataType::Int64)?.as_primitive::<Int64Type>().clone()),
        SqlType::Oid | SqlType::Xid => Values::Oid(to(DataType::Int64)?.as_primitive::<Int64Type>().clone()),
        SqlType::Regclass
        | SqlType::Regtype
        | SqlType::Regproc
        | SqlType::Regnamespace
        | SqlType::Regprocedure
        | SqlType::Regoper
        | SqlType::Regoperator
        | SqlType::Regrole => match (array.data_type().is_integer(), format) {
            (true, _) | (false, Format::Binary) => {
                Values::Oid(to(DataType::Int64)?.as_primitive::<Int64Type>().clone())
            }
            (false, Format::Text) => text_values(array, sql_type)?,
        },
        SqlType::Float4 => Values::Float32(to(DataType::Float32)?.as_primitive::<Float32Type>().clone()),
        SqlType::Float8 => Values::Float64(to(DataType::Float64)?.as_primitive::<Float64Type>().clone()),
        SqlType::Numeric(declared) => numeric_values(array, *declared, sql_type)?,
        SqlType::Text
        | SqlType::Varchar(_)
        | SqlType::Bpchar(_)
        | SqlType::Name
        | SqlType::Char
        | SqlType::Json
        | SqlType::Jsonb
        | SqlType::Unknown
        | SqlType::Aclitem
        | SqlType::NodeTree
        | SqlType::Anyarray
        | SqlType::Void => text_values(array, sql_type)?,
        SqlType::Date => Values::Date(to(DataType::Date32)?.as_primitive::<Date32Type>().clone()),
        SqlType::Time => {
            let array = to(DataType::Time64(TimeUnit::Microsecond))?;
            Values::Time(array.as_primitive::<Time64MicrosecondType>().clone())
        }
        SqlType::Timestamp => Values::Timestamp(timestamps(array, sql_type)?),
        SqlType::Timestamptz => Values::Timestamptz(timestamps(array, sql_type)?),
        SqlType::Interval => {
            let array = to(DataType::Interval(IntervalUnit::MonthDayNano))?;
            Values::Interval(array.as_primitive::<IntervalMonthDayNanoType>().clone())
        }
        SqlType::Uuid => match array.data_type() {
            DataType::FixedSizeBinary(16) => Values::Uuid(array.as_fixed_size_binary().clone()),
            _ => Values::UuidText(to(DataType::Utf8)?.as_string::<i32>().clone()),
        },
        SqlType::Bytea => match array.data_type() {
            DataType::LargeBinary => Values::LargeBytes(array.as_binary::<i64>().clone()),
            DataType::BinaryView => Values::BytesView(array.as_binary_view().clone()),
            DataType::FixedSizeBinary(_) => Values::FixedBytes(array.as_fixed_size_binary().clone()),
            _ => Values::Bytes(to(DataType::Binary)?.as_binary::<i32>().clone()),
        },
        SqlType::Int2vector | SqlType::Oidvector => Values::Vector(to(DataType::Utf8)?.as_string::<i32>().clone()),
        SqlType::Record if format == Format::Text => text_values(array, sql_type)?,
        SqlType::Record => return Err(unsupported(array, sql_type)),
        SqlType::Array(item) => list_values(array, item, sql_type, format)?,
    })
}

fn text_values(array: &ArrayRef, sql_type: &SqlType) -> Result<Values, EncodeError> {
    Ok(match array.data_type() {
        DataType::LargeUtf8 => Values::LargeText(array.as_string::<i64>().clone()),
        DataType::Utf8View => Values::TextView(array.as_string_view().clone()),
        _ => Values::Text(cast(array, &DataType::Utf8, sql_type)?.as_string::<i32>().clone()),
    })
}

/// Decimals keep their scale, except where the display scale is each value's own.
fn numeric_values(array: &ArrayRef, declared: Option<(u8, i8)>, sql_type: &SqlType) -> Result<Values, EncodeError> {
    Ok(match array.data_type() {
        DataType::Decimal128(_, scale) => {
            Values::Decimal128 { array: array.as_primitive::<Decimal128Type>().clone(), scale: *scale }
        }
        DataType::Decimal256(_, scale) => Values::Decimal256 {
            array: array.as_primitive::<Decimal256Type>().clone(),
            scale: *scale,
            shown: if declared.is_none() { shown(array.data_type()) } else { Shown::Type },
        },
        found if *found == scaled_type() => {
            let parts = array.as_struct();
            Values::Scaled {
                array: parts.column(0).as_primitive::<Decimal256Type>().clone(),
                scales: parts.column(1).as_primitive::<Int16Type>().clone(),
            }
        }
        DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) => {
            let array = cast(array, &DataType::Decimal128(38, *scale), sql_type)?;
            Values::Decimal128 { array: array.as_primitive::<Decimal128Type>().clone(), scale: *scale }
        }
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            Values::NumericFloat(cast(array, &DataType::Float64, sql_type)?.as_primitive::<Float64Type>().clone())
        }
        found if found.is_integer() => {
            let array = cast(array, &DataType::Decimal128(38, 0), sql_type)?;
            Values::Decimal128 { array: array.as_primitive::<Decimal128Type>().clone(), scale: 0 }
        }
        _ => Values::NumericText(cast(array, &DataType::Utf8, sql_type)?.as_string::<i32>().clone()),
    })
}

/// Microseconds; the zone that Arrow notes beside them does not change what they count.
fn timestamps(array: &ArrayRef, sql_type: &SqlType) -> Result<TimestampMicrosecondArray, EncodeError> {
    let zone = match array.data_type() {
        DataType::Timestamp(_, zone) => zone.clone(),
        _ => None,
    };
    let array = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, zone), sql_type)?;
    Ok(array.as_primitive::<TimestampMicrosecondType>().clone())
}

fn list_values(array: &ArrayRef, item: &SqlType, sql_type: &SqlType, format: Format) -> Result<Values, EncodeError> {
    let list: ListArray = match array.data_type() {
        DataType::List(_) => array.as_list::<i32>().clone(),
        DataType::LargeList(field) | DataType::FixedSizeList(field, _) | DataType::ListView(field) => {
            cast(array, &DataType::List(field.clone()), sql_type)?.as_list::<i32>().clone()
        }
        // Text in PostgreSQL's own form, from a source that has no arrays.
        _ if format == Format::Text => return text_values(array, sql_type),
        _ => return Err(unsupported(array, sql_type)),
    };
    if matches!(item, SqlType::Array(_)) {
        return Err(unsupported(array, sql_type));
    }
    // Only the items that this block shows: a slice keeps the whole child behind its offsets.
    let first = list.offsets()[0];
    let last = list.offsets()[list.len()];
    let shown = list.values().slice(first as usize, (last - first) as usize);
    let offsets = OffsetBuffer::new(list.offsets().iter().map(|offset| offset - first).collect());
    Ok(Values::List { offsets, items: Box::new(Cells::of(&shown, item, format)?) })
}

fn unsupported(array: &ArrayRef, sql_type: &SqlType) -> EncodeError {
    EncodeError::Unsupported { sql_type: sql_type.clone(), found: array.data_type().to_string() }
}

/// Casts the whole column, or gives it back where there is nothing to cast.
fn cast(array: &ArrayRef, target: &DataType, sql_type: &SqlType) -> Result<ArrayRef, EncodeError> {
    if array.data_type() == target {
        return Ok(ArrayRef::clone(array));
    }
    if !can_cast_types(array.data_type(), target) {
        return Err(unsupported(array, sql_type));
    }
    let strict = CastOptions { safe: false, format_options: FormatOptions::default() };
    // The error of Arrow quotes the value; ours only says which kind of trouble it was.
    cast_with_options(array.as_ref(), target, &strict).map_err(|_| {
        if array.data_type().is_numeric() || array.data_type().is_temporal() {
            EncodeError::OutOfRange { sql_type: sql_type.clone() }
        } else {
            EncodeError::NotOfType { sql_type: sql_type.clone() }
        }
    })
}
