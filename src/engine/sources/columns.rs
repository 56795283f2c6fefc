//! Builders of Arrow columns, one per column of a scan, chosen once.
//!
//! Invariant: a push either stores exactly the value or says why it cannot; nothing is cut, rounded or replaced.
//! The builders know Arrow types only; what a source's bytes mean is the connector's part.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Decimal256Builder,
    FixedSizeBinaryBuilder, Float32Builder, Float64Builder, Int16Builder, Int32Builder, Int64Builder,
    IntervalMonthDayNanoBuilder, ListArray, NullBufferBuilder, StringBuilder, StringViewBuilder,
    Time64MicrosecondBuilder, TimestampMicrosecondBuilder, UInt32Builder,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{
    DataType, Decimal256Type, DecimalType, FieldRef, IntervalMonthDayNano, IntervalUnit, SchemaRef, TimeUnit, i256,
};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};

use super::decimal::{self, Wide};
use super::read_ahead::Reading;
use super::{ScanRequest, SourceError, ValueProblem};

/// What a push answers.
pub(super) type Pushed = Result<(), ValueProblem>;

/// The builder of one column.
#[derive(Debug)]
pub(super) enum Column {
    Bool(BooleanBuilder),
    Int2(Int16Builder),
    Int4(Int32Builder),
    Int8(Int64Builder),
    UInt4(UInt32Builder),
    Float4(Float32Builder),
    Float8(Float64Builder),
    Decimal128 { builder: Decimal128Builder, precision: u8, scale: i8 },
    Decimal256 { builder: Decimal256Builder, precision: u8, scale: i8 },
    Text(StringBuilder),
    TextView(StringViewBuilder),
    Bytes(BinaryBuilder),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    Timestamptz(TimestampMicrosecondBuilder),
    Interval(IntervalMonthDayNanoBuilder),
    Uuid(FixedSizeBinaryBuilder),
    List(Box<ListColumn>),
}

/// Builder of arrays of one dimension.
#[derive(Debug)]
pub(super) struct ListColumn {
    field: FieldRef,
    items: Column,
    /// Items before each list, and behind the last.
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl ListColumn {
    fn new(field: &FieldRef) -> Option<ListColumn> {
        let items = Column::new(field.data_type())?;
        Some(ListColumn { field: field.clone(), items, offsets: vec![0], nulls: NullBufferBuilder::new(0) })
    }

    fn last(&self) -> i32 {
        self.offsets.last().copied().unwrap_or(0)
    }

    fn finish(&mut self) -> ArrayRef {
        let offsets = OffsetBuffer::new(std::mem::replace(&mut self.offsets, vec![0]).into());
        Arc::new(ListArray::new(self.field.clone(), offsets, self.items.finish(), self.nulls.finish()))
    }
}

impl Column {
    /// A builder for an Arrow type of a scan; `None` for a type no connector gives.
    fn new(data_type: &DataType) -> Option<Column> {
        Some(match data_type {
            DataType::Boolean => Column::Bool(BooleanBuilder::new()),
            DataType::Int16 => Column::Int2(Int16Builder::new()),
            DataType::Int32 => Column::Int4(Int32Builder::new()),
            DataType::Int64 => Column::Int8(Int64Builder::new()),
            DataType::UInt32 => Column::UInt4(UInt32Builder::new()),
            DataType::Float32 => Column::Float4(Float32Builder::new()),
            DataType::Float64 => Column::Float8(Float64Builder::new()),
            DataType::Decimal128(precision, scale) => Column::Decimal128 {
                builder: Decimal128Builder::new().with_data_type(data_type.clone()),
                precision: *precision,
                scale: *scale,
            },
            DataType::Decimal256(precision, scale) => Column::Decimal256 {
                builder: Decimal256Builder::new().with_data_type(data_type.clone()),
                precision: *precision,
                scale: *scale,
            },
            DataType::Utf8 => Column::Text(StringBuilder::new()),
            DataType::Utf8View => Column::TextView(StringViewBuilder::new()),
            DataType::Binary => Column::Bytes(BinaryBuilder::new()),
            DataType::Date32 => Column::Date(Date32Builder::new()),
            DataType::Time64(TimeUnit::Microsecond) => Column::Time(Time64MicrosecondBuilder::new()),
            DataType::Timestamp(TimeUnit::Microsecond, None) => {
                Column::Timestamp(TimestampMicrosecondBuilder::new().with_data_type(data_type.clone()))
            }
            DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => {
                Column::Timestamptz(TimestampMicrosecondBuilder::new().with_data_type(data_type.clone()))
            }
            DataType::Interval(IntervalUnit::MonthDayNano) => Column::Interval(IntervalMonthDayNanoBuilder::new()),
            DataType::FixedSizeBinary(16) => Column::Uuid(FixedSizeBinaryBuilder::new(16)),
            DataType::List(field) => Column::List(Box::new(ListColumn::new(field)?)),
            _ => return None,
        })
    }

    pub(super) fn push_null(&mut self) {
        match self {
            Column::Bool(b) => b.append_null(),
            Column::Int2(b) => b.append_null(),
            Column::Int4(b) => b.append_null(),
            Column::Int8(b) => b.append_null(),
            Column::UInt4(b) => b.append_null(),
            Column::Float4(b) => b.append_null(),
            Column::Float8(b) => b.append_null(),
            Column::Decimal128 { builder, .. } => builder.append_null(),
            Column::Decimal256 { builder, .. } => builder.append_null(),
            Column::Text(b) => b.append_null(),
            Column::TextView(b) => b.append_null(),
            Column::Bytes(b) => b.append_null(),
            Column::Date(b) => b.append_null(),
            Column::Time(b) => b.append_null(),
            Column::Timestamp(b) | Column::Timestamptz(b) => b.append_null(),
            Column::Interval(b) => b.append_null(),
            Column::Uuid(b) => b.append_null(),
            Column::List(list) => {
                list.offsets.push(list.last());
                list.nulls.append_null();
            }
        }
    }

    pub(super) fn push_bool(&mut self, value: bool) -> Pushed {
        match self {
            Column::Bool(b) => {
                b.append_value(value);
                Ok(())
            }
            _ => Err(ValueProblem::OtherType),
        }
    }

    /// An integer into any numeric column it fits; into a boolean column 0 and 1 only.
    pub(super) fn push_int(&mut self, value: i128) -> Pushed {
        const OUT: ValueProblem = ValueProblem::OutOfRange;
        match self {
            Column::Bool(b) => match value {
                0 => b.append_value(false),
                1 => b.append_value(true),
                _ => return Err(OUT),
            },
            Column::Int2(b) => b.append_value(i16::try_from(value).map_err(|_| OUT)?),
            Column::Int4(b) => b.append_value(i32::try_from(value).map_err(|_| OUT)?),
            Column::Int8(b) => b.append_value(i64::try_from(value).map_err(|_| OUT)?),
            Column::UInt4(b) => b.append_value(u32::try_from(value).map_err(|_| OUT)?),
            Column::Float4(b) if value.unsigned_abs() <= 1 << 24 => b.append_value(value as f32),
            Column::Float8(b) if value.unsigned_abs() <= 1 << 53 => b.append_value(value as f64),
            Column::Float4(_) | Column::Float8(_) => return Err(OUT),
            Column::Decimal128 { builder, precision, scale } => {
                builder.append_value(decimal::of_int::<i128>(value, *precision, *scale)?);
            }
            Column::Decimal256 { builder, precision, scale } => {
                builder.append_value(decimal::of_int::<i256>(value, *precision, *scale)?);
            }
            _ => return Err(ValueProblem::OtherType),
        }
        Ok(())
    }

    /// A single-precision number; widening to double is exact.
    pub(super) fn push_f32(&mut self, value: f32) -> Pushed {
        match self {
            Column::Float4(b) => b.append_value(value),
            Column::Float8(b) => b.append_value(f64::from(value)),
            _ => return Err(ValueProblem::OtherType),
        }
        Ok(())
    }

    /// A double-precision number, into a double column only.
    pub(super) fn push_f64(&mut self, value: f64) -> Pushed {
        match self {
            Column::Float8(b) => b.append_value(value),
            _ => return Err(ValueProblem::OtherType),
        }
        Ok(())
    }

    /// A decimal in text (`-12.50`, `1e3`): exact at the column's scale or refused.
    pub(super) fn push_decimal_text(&mut self, text: &str) -> Pushed {
        match self {
            Column::Decimal128 { builder, precision, scale } => {
                builder.append_value(decimal::of_text::<i128>(text, *precision, *scale)?);
            }
            Column::Decimal256 { builder, precision, scale } => {
                builder.append_value(decimal::of_text::<i256>(text, *precision, *scale)?);
            }
            Column::Bool(_) | Column::Int2(_) | Column::Int4(_) | Column::Int8(_) | Column::UInt4(_) => {
                let whole = decimal::of_text::<i128>(text, 38, 0)?;
                return self.push_int(whole);
            }
            _ => return Err(ValueProblem::OtherType),
        }
        Ok(())
    }

    /// PostgreSQL's binary `numeric`.
    pub(super) fn push_pg_numeric(&mut self, raw: &[u8]) -> Pushed {
        match self {
            Column::Decimal128 { builder, precision, scale } => {
                builder.append_value(decimal::of_pg_numeric::<i128>(raw, *precision, *scale)?);
            }
            Column::Decimal256 { builder, precision, scale } => {
                builder.append_value(decimal::of_pg_numeric::<i256>(raw, *precision, *scale)?);
            }
            _ => return Err(ValueProblem::OtherType),
        }
        Ok(())
    }

    pub(super) fn push_text(&mut self, value: &str) -> Pushed {
        match self {
            Column::Text(b) => b.append_value(value),
            Column::TextView(b) => b.append_value(value),
            _ => return Err(ValueProblem::OtherType),
        }
        Ok(())
    }

    /// Bytes that must be UTF-8, into a text column.
    pub(super) fn push_utf8(&mut self, value: &[u8]) -> Pushed {
        self.push_text(std::str::from_utf8(value).map_err(|_| ValueProblem::NotUtf8)?)
    }

    pub(super) fn push_bytes(&mut self, value: &[u8]) -> Pushed {
        match self {
            Column::Bytes(b) => b.append_value(value),
            _ => return Err(ValueProblem::OtherType),
        }
        Ok(())
    }

    /// Days since 1970-01-01.
    pub(super) fn push_date(&mut self, days: i32) -> Pushed {
        match self {
            Column::Date(b) => b.append_value(days),
            _ => return Err(ValueProblem::OtherType),
        }
        Ok(())
    }

    /// Microseconds since midnight, 0 to 24 h.
    pub(super) fn push_time(&mut self, micros: i64) -> Pushed {
        if !(0..=86_400_000_000).contains(&micros) {
            return Err(ValueProblem::NoSuchTime);
        }
        match self {
            Column::Time(b) => b.append_value(micros),
            _ => return Err(ValueProblem::OtherType),
        }
        Ok(())
    }

    /// Microseconds since 1970-01-01 00:00:00, of a timestamp without a zone.
    pub(super) fn push_timestamp(&mut self, micros: i64) -> Pushed {
        match self {
            Column::Timestamp(b) => b.append_value(micros),
            _ => return Err(ValueProblem::OtherType),
        }
        Ok(())
    }

    /// Microseconds since 1970-01-01 00:00:00 UTC.
    pub(super) fn push_timestamptz(&mut self, micros: i64) -> Pushed {
        match self {
            Column::Timestamptz(b) => b.append_value(micros),
            _ => return Err(ValueProblem::OtherType),
        }
        Ok(())
    }

    pub(super) fn push_interval(&mut self, months: i32, days: i32, micros: i64) -> Pushed {
        match self {
            Column::Interval(b) => {
                let nanos = micros.checked_mul(1_000).ok_or(ValueProblem::OutOfRange)?;
                b.append_value(IntervalMonthDayNano::new(months, days, nanos));
                Ok(())
            }
            _ => Err(ValueProblem::OtherType),
        }
    }

    pub(super) fn push_uuid(&mut self, value: &[u8]) -> Pushed {
        match self {
            Column::Uuid(b) => b.append_value(value).map_err(|_| ValueProblem::Malformed),
            _ => Err(ValueProblem::OtherType),
        }
    }

    /// An array: `fill` pushes its items, one after the other, and tells how many. After an error the column is of no
    /// further use.
    pub(super) fn push_list(&mut self, fill: impl FnOnce(&mut Column) -> Result<usize, ValueProblem>) -> Pushed {
        match self {
            Column::List(list) => {
                let count = i32::try_from(fill(&mut list.items)?).map_err(|_| ValueProblem::OutOfRange)?;
                let end = list.last().checked_add(count).ok_or(ValueProblem::OutOfRange)?;
                list.offsets.push(end);
                list.nulls.append_non_null();
                Ok(())
            }
            _ => Err(ValueProblem::OtherType),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Column::Bool(b) => Arc::new(b.finish()),
            Column::Int2(b) => Arc::new(b.finish()),
            Column::Int4(b) => Arc::new(b.finish()),
            Column::Int8(b) => Arc::new(b.finish()),
            Column::UInt4(b) => Arc::new(b.finish()),
            Column::Float4(b) => Arc::new(b.finish()),
            Column::Float8(b) => Arc::new(b.finish()),
            Column::Decimal128 { builder, .. } => Arc::new(builder.finish()),
            Column::Decimal256 { builder, .. } => Arc::new(builder.finish()),
            Column::Text(b) => Arc::new(b.finish()),
            Column::TextView(b) => Arc::new(b.finish()),
            Column::Bytes(b) => Arc::new(b.finish()),
            Column::Date(b) => Arc::new(b.finish()),
            Column::Time(b) => Arc::new(b.finish()),
            Column::Timestamp(b) | Column::Timestamptz(b) => Arc::new(b.finish()),
            Column::Interval(b) => Arc::new(b.finish()),
            Column::Uuid(b) => Arc::new(b.finish()),
            Column::List(list) => list.finish(),
        }
    }
}

/// The batch being built: its columns, and how full it is.
#[derive(Debug)]
pub(super) struct Batch {
    connection: String,
    schema: SchemaRef,
    columns: Vec<Column>,
    unreadable_as_null: Vec<bool>,
    rows: usize,
    rows_max: usize,
    bytes: usize,
    bytes_max: usize,
    reading: Reading,
}

impl Batch {
    /// Builders for what a request asks for.
    pub(super) fn new(connection: &str, request: &ScanRequest) -> Result<Batch, SourceError> {
        let schema = &request.schema;
        let columns: Result<Vec<Column>, SourceError> = schema
            .fields()
            .iter()
            .map(|field| {
                Column::new(field.data_type()).ok_or_else(|| SourceError::Request {
                    connection: connection.into(),
                    problem: format!("no builder for {}", field.data_type()),
                })
            })
            .collect();
        let rows_max = if request.batch_rows == 0 { super::BATCH_ROWS } else { request.batch_rows };
        let reading = request.read_ahead.begin();
        Ok(Batch {
            connection: connection.into(),
            schema: schema.clone(),
            columns: columns?,
            unreadable_as_null: request.unreadable_as_null.clone(),
            rows: 0,
            rows_max,
            bytes: 0,
            bytes_max: reading.batch_bytes(),
            reading,
        })
    }

    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// Adds one cell: the push's own problem gets its place.
    pub(super) fn cell(
        &mut self,
        position: usize,
        push: impl FnOnce(&mut Column) -> Pushed,
    ) -> Result<(), SourceError> {
        let Err(problem) = push(&mut self.columns[position]) else { return Ok(()) };
        // An array may have been added to in part.
        let whole = !matches!(self.columns[position], Column::List(_));
        if whole && self.unreadable_as_null.get(position) == Some(&true) {
            self.columns[position].push_null();
            return Ok(());
        }
        Err(SourceError::Value { connection: self.connection.clone(), column: position + 1, problem })
    }

    /// Adds a NULL, unless the column is declared without.
    pub(super) fn null(&mut self, position: usize) -> Result<(), SourceError> {
        if !self.schema.field(position).is_nullable() {
            return Err(SourceError::Value {
                connection: self.connection.clone(),
                column: position + 1,
                problem: ValueProblem::UnexpectedNull,
            });
        }
        self.columns[position].push_null();
        Ok(())
    }

    /// Ends a row that brought so many bytes; true when the batch is full.
    pub(super) fn end_row(&mut self, bytes: usize) -> bool {
        self.rows += 1;
        self.bytes += bytes;
        self.rows >= self.rows_max || self.bytes >= self.bytes_max
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Gives the rows so far and starts anew.
    pub(super) fn take(&mut self) -> Result<RecordBatch, SourceError> {
        let arrays: Vec<ArrayRef> = self.columns.iter_mut().map(Column::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        self.rows = 0;
        self.bytes = 0;
        self.bytes_max = self.reading.batch_bytes();
        RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)
            .map_err(|error| SourceError::Request { connection: self.connection.clone(), problem: error.to_string() })
    }
}

impl Wide for i256 {
    const ZERO: i256 = i256::ZERO;

    fn of(value: i128) -> Option<i256> {
        Some(i256::from_i128(value))
    }

    fn mul_add(self, factor: u32, addend: u32) -> Option<i256> {
        let factor = i256::from_i128(i128::from(factor));
        self.checked_mul(factor)?.checked_add(i256::from_i128(i128::from(addend)))
    }

    fn negated(self) -> Option<i256> {
        self.checked_neg()
    }

    fn within(self, digits: u8) -> bool {
        Decimal256Type::is_valid_decimal_precision(self, digits)
    }
}
