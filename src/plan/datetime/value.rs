//! Arguments and results of the functions, row by row, whatever their Arrow type is.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array,
    Int64Array, IntervalMonthDayNanoArray, StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Float32Type, Float64Type, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType,
    IntervalUnit, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use datafusion_common::{DataFusionError, Result};
use sluice_base::Interval;

use super::fault::DatetimeFault as Fault;
use crate::numeric::{Figure, Numbers};

/// The types that arguments and results have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Text,
    Bytes,
    Bool,
    Int,
    Long,
    Float,
    Real,
    Numeric,
    Date,
    Time,
    /// `timestamp`
    Stamp,
    /// `timestamptz`
    Moment,
    Span,
}

/// Arrow type of a `timestamptz`.
pub(super) fn moment_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// Arrow type of a `timestamp`.
pub(super) fn stamp_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, None)
}

impl Kind {
    /// Of an Arrow type; `None` for what no function here takes, and for NULL.
    pub(super) fn of(data_type: &DataType) -> Option<Kind> {
        Some(match data_type {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Kind::Text,
            DataType::Binary => Kind::Bytes,
            DataType::Boolean => Kind::Bool,
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => Kind::Int,
            DataType::Int64 | DataType::UInt32 | DataType::UInt64 => Kind::Long,
            DataType::Float16 | DataType::Float32 => Kind::Real,
            DataType::Float64 => Kind::Float,
            DataType::Date32 => Kind::Date,
            DataType::Time64(_) => Kind::Time,
            DataType::Timestamp(_, None) => Kind::Stamp,
            DataType::Timestamp(_, Some(_)) => Kind::Moment,
            DataType::Interval(_) => Kind::Span,
            other if other.is_decimal() || *other == crate::numeric::scaled_type() => Kind::Numeric,
            _ => return None,
        })
    }

    /// The Arrow type that values of the kind are brought to; numerics keep theirs.
    pub(super) fn arrow(self, given: &DataType) -> DataType {
        match self {
            Kind::Text => DataType::Utf8,
            Kind::Bytes => DataType::Binary,
            Kind::Bool => DataType::Boolean,
            Kind::Int => DataType::Int32,
            Kind::Long => DataType::Int64,
            Kind::Float => DataType::Float64,
            Kind::Real => DataType::Float32,
            Kind::Numeric if Kind::of(given) == Some(Kind::Numeric) => given.clone(),
            Kind::Numeric if given.is_integer() => DataType::Decimal128(20, 0),
            Kind::Numeric => crate::types::arrow_type(&sluice_base::SqlType::Numeric(None)),
            Kind::Date => DataType::Date32,
            Kind::Time => DataType::Time64(TimeUnit::Microsecond),
            Kind::Stamp => stamp_type(),
            Kind::Moment => moment_type(),
            Kind::Span => DataType::Interval(IntervalUnit::MonthDayNano),
        }
    }

    /// Whether PostgreSQL turns a value of another kind into this one without being told to.
    pub(super) fn takes(self, other: Kind) -> bool {
        use Kind as K;
        self == other
            || matches!(
                (other, self),
                (K::Int, K::Long | K::Float | K::Numeric)
                    | (K::Long, K::Float | K::Numeric)
                    | (K::Real, K::Float)
                    | (K::Numeric, K::Float)
                    | (K::Date, K::Stamp | K::Moment)
                    | (K::Stamp, K::Moment)
                    | (K::Time, K::Span)
            )
    }

    /// Whether the type is the preferred one of its category.
    pub(super) fn preferred(self) -> bool {
        matches!(self, Kind::Float | Kind::Moment | Kind::Span | Kind::Text | Kind::Bool)
    }

    /// The type's name in a message.
    pub(super) fn sql(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Bytes => "bytea",
            Kind::Bool => "boolean",
            Kind::Int => "integer",
            Kind::Long => "bigint",
            Kind::Float => "double precision",
            Kind::Real => "real",
            Kind::Numeric => "numeric",
            Kind::Date => "date",
            Kind::Time => "time without time zone",
            Kind::Stamp => "timestamp without time zone",
            Kind::Moment => "timestamp with time zone",
            Kind::Span => "interval",
        }
    }
}

/// A value of a row.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    Null,
    Text(&'a str),
    Owned(String),
    Bytes(&'a [u8]),
    OwnedBytes(Vec<u8>),
    Bool(bool),
    Int(i64),
    Float(f64),
    Real(f32),
    Numeric(Figure),
    /// A decimal of the scale of the result's type.
    Decimal(i128),
    Date(i32),
    Time(i64),
    Stamp(i64),
    Moment(i64),
    Span(Interval),
}

/// A column of arguments.
pub(super) struct Column {
    kind: Option<Kind>,
    array: ArrayRef,
    numbers: Option<Numbers>,
}

impl Column {
    pub(super) fn of(array: &ArrayRef) -> Result<Column> {
        let kind = Kind::of(array.data_type());
        let array = match kind {
            // An integer column of any width, a text of any layout.
            Some(Kind::Int) => cast(array, &DataType::Int64)?,
            Some(kind @ (Kind::Text | Kind::Long | Kind::Time | Kind::Stamp | Kind::Moment | Kind::Span)) => {
                let target = match kind {
                    Kind::Long => DataType::Int64,
                    kind => kind.arrow(array.data_type()),
                };
                if *array.data_type() == target { Arc::clone(array) } else { cast(array, &target)? }
            }
            _ => Arc::clone(array),
        };
        let numbers = if kind == Some(Kind::Numeric) { Some(Numbers::of(&array)?) } else { None };
        Ok(Column { kind, array, numbers })
    }

    /// The value of a row; `None` for NULL.
    pub(super) fn get(&self, row: usize) -> Result<Option<Value<'_>>> {
        let array = &self.array;
        let Some(kind) = self.kind else { return Ok(None) };
        if let Some(numbers) = &self.numbers {
            return Ok(numbers.get(row).map(Value::Numeric));
        }
        if array.is_null(row) {
            return Ok(None);
        }
        Ok(Some(match kind {
            Kind::Text => Value::Text(array.as_string::<i32>().value(row)),
            Kind::Bytes => Value::Bytes(array.as_binary::<i32>().value(row)),
            Kind::Bool => Value::Bool(array.as_boolean().value(row)),
            Kind::Int | Kind::Long => Value::Int(array.as_primitive::<Int64Type>().value(row)),
            Kind::Float => Value::Float(array.as_primitive::<Float64Type>().value(row)),
            Kind::Real => Value::Real(array.as_primitive::<Float32Type>().value(row)),
            Kind::Date => Value::Date(array.as_primitive::<Date32Type>().value(row)),
            Kind::Time => Value::Time(array.as_primitive::<Time64MicrosecondType>().value(row)),
            Kind::Stamp => Value::Stamp(array.as_primitive::<TimestampMicrosecondType>().value(row)),
            Kind::Moment => Value::Moment(array.as_primitive::<TimestampMicrosecondType>().value(row)),
            Kind::Span => {
                let span = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
                Value::Span(Interval { months: span.months, days: span.days, micros: span.nanoseconds / 1_000 })
            }
            Kind::Numeric => return Ok(None),
        }))
    }
}

/// Results as a column of a type.
pub(super) fn column(results: Vec<Option<Value<'_>>>, target: &DataType) -> Result<ArrayRef> {
    let other = || DataFusionError::Internal("a result of another type".into());
    macro_rules! gathered {
        ($array:ty, $pattern:pat => $value:expr) => {{
            let each = results.into_iter().map(|result| match result {
                None | Some(Value::Null) => Ok(None),
                Some($pattern) => $value.map(Some),
                Some(_) => Err(other()),
            });
            each.collect::<Result<$array>>()?
        }};
    }
    Ok(match target {
        DataType::Utf8 => {
            let each = results.into_iter().map(|result| match result {
                None | Some(Value::Null) => Ok(None),
                Some(Value::Owned(text)) => Ok(Some(text)),
                Some(Value::Text(text)) => Ok(Some(text.to_string())),
                Some(_) => Err(other()),
            });
            Arc::new(each.collect::<Result<StringArray>>()?)
        }
        DataType::Binary => Arc::new(gathered!(BinaryArray, Value::OwnedBytes(v) => Ok(v))),
        DataType::Int64 => Arc::new(gathered!(Int64Array, Value::Int(v) => Ok(v))),
        DataType::Boolean => Arc::new(gathered!(BooleanArray, Value::Bool(v) => Ok(v))),
        DataType::Int32 => {
            let narrow = |v: i64| i32::try_from(v).map_err(|_| DataFusionError::from(Fault::Range("integer")));
            Arc::new(gathered!(Int32Array, Value::Int(v) => narrow(v)))
        }
        DataType::Float64 => Arc::new(gathered!(Float64Array, Value::Float(v) => Ok(v))),
        DataType::Date32 => Arc::new(gathered!(Date32Array, Value::Date(v) => Ok(v))),
        DataType::Time64(_) => Arc::new(gathered!(Time64MicrosecondArray, Value::Time(v) => Ok(v))),
        DataType::Timestamp(_, None) => Arc::new(gathered!(TimestampMicrosecondArray, Value::Stamp(v) => Ok(v))),
        DataType::Timestamp(_, Some(zone)) => {
            let array = gathered!(TimestampMicrosecondArray, Value::Moment(v) => Ok(v));
            Arc::new(array.with_timezone(Arc::clone(zone)))
        }
        DataType::Interval(_) => Arc::new(
            gathered!(IntervalMonthDayNanoArray, Value::Span(v) => arrow_span(v).map_err(DataFusionError::from)),
        ),
        DataType::Decimal128(precision, scale) => {
            let array = gathered!(Decimal128Array, Value::Decimal(v) => Ok(v));
            Arc::new(array.with_precision_and_scale(*precision, *scale)?)
        }
        scaled if *scaled == crate::numeric::scaled_type() => {
            let texts = results.into_iter().map(|result| match result {
                None | Some(Value::Null) => Ok(None),
                Some(Value::Owned(text)) => Ok(Some(text)),
                Some(_) => Err(other()),
            });
            crate::numeric::scaled_of_texts(&texts.collect::<Result<Vec<_>>>()?)?
        }
        found => return Err(DataFusionError::Internal(format!("a result of type {found}"))),
    })
}

/// The engine counts nanoseconds.
pub(super) fn arrow_span(span: Interval) -> Result<IntervalMonthDayNano, Fault> {
    let nanos = span.micros.checked_mul(1_000).ok_or(Fault::Range("interval"))?;
    Ok(IntervalMonthDayNano::new(span.months, span.days, nanos))
}
