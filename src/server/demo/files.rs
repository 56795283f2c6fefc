//! The `dw` tables as Parquet (for the demo) or CSV (for tests of that source), in part files.
//!
//! Invariant: the big tables are cut by day into several parts, each written by one worker, so that two cores can
//! write and later scan them, and a range of days prunes whole row groups.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Int32Builder, Int64Builder, RecordBatch, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::bank::{Balance, Bank, CalendarDay, Transaction};
use super::error::DemoError;
use super::table::{Cell, ColumnSpec, Kind, Row, write_text};

/// Rows per batch handed to the writer.
const BATCH_ROWS: usize = 16 * 1024;
/// Rows per row group: small enough that a range of days skips most of a file.
const ROW_GROUP_ROWS: usize = 128 * 1024;
/// Parts of daily balances and of transactions.
const BALANCE_PARTS: usize = 4;
const TRANSACTION_PARTS: usize = 2;

/// File format of the `dw` tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Parquet, compressed by snappy.
    Parquet,
    /// CSV of RFC 4180 with a header line; NULL is nothing, empty text is `""`.
    Csv,
}

/// One file to write.
enum Part {
    Calendar,
    Balances(Range<usize>),
    Transactions(Range<usize>),
}

/// Writes every `dw` table to `root/<table>/part-<n>.<parquet|csv>`, on as many threads as `workers` says.
pub fn write(bank: &Bank, root: &Path, format: Format, workers: usize) -> Result<(), DemoError> {
    let mut parts = Vec::new();
    let mut add = |table: &str, n: usize, part: Part| -> Result<(), DemoError> {
        let folder = root.join(table);
        fs::create_dir_all(&folder).map_err(DemoError::file(&folder))?;
        let extension = if format == Format::Parquet { "parquet" } else { "csv" };
        parts.push((folder.join(format!("part-{n}.{extension}")), part));
        Ok(())
    };
    for (n, days) in cut(bank.days(), BALANCE_PARTS).enumerate() {
        add(Balance::TABLE.name, n, Part::Balances(days))?;
    }
    for (n, days) in cut(bank.days(), TRANSACTION_PARTS).enumerate() {
        add(Transaction::TABLE.name, n, Part::Transactions(days))?;
    }
    add(CalendarDay::TABLE.name, 0, Part::Calendar)?;

    let next = AtomicUsize::new(0);
    let work = || -> Result<(), DemoError> {
        while let Some((path, part)) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
            write_part(bank, path, part, format)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..workers.max(1)).map(|_| scope.spawn(work)).collect();
        running.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|_| Err(DemoError::Worker("writing files".to_string())))
        })
    })
}

/// Cuts `0..days` into at most `parts` ranges of about the same length.
fn cut(days: usize, parts: usize) -> impl Iterator<Item = Range<usize>> {
    let parts = parts.min(days).max(1);
    (0..parts).map(move |n| days * n / parts..days * (n + 1) / parts)
}

fn write_part(bank: &Bank, path: &Path, part: &Part, format: Format) -> Result<(), DemoError> {
    let path = path.to_path_buf();
    match part {
        Part::Calendar => write_file(bank.calendar(), path, format),
        Part::Balances(days) => write_file(bank.balances(days.clone()), path, format),
        Part::Transactions(days) => write_file(bank.transactions(days.clone()), path, format),
    }
}

fn write_file<R: Row>(rows: impl Iterator<Item = R>, path: PathBuf, format: Format) -> Result<(), DemoError> {
    let file = File::create(&path).map_err(DemoError::file(&path))?;
    match format {
        Format::Parquet => write_parquet(rows, file),
        Format::Csv => write_csv(rows, file).map_err(DemoError::file(&path)),
    }
}

fn write_parquet<R: Row>(mut rows: impl Iterator<Item = R>, file: File) -> Result<(), DemoError> {
    let schema = schema_of(R::TABLE.columns);
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .build();
    let mut writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))?;
    loop {
        let mut builders: Vec<Builder> = R::TABLE.columns.iter().map(|column| Builder::new(column.kind)).collect();
        let mut count = 0;
        for row in rows.by_ref().take(BATCH_ROWS) {
            count += 1;
            for (builder, cell) in builders.iter_mut().zip(row.cells()) {
                builder.push(cell);
            }
        }
        if count == 0 {
            break;
        }
        let arrays = builders.iter_mut().map(Builder::finish).collect::<Result<Vec<_>, _>>()?;
        writer.write(&RecordBatch::try_new(schema.clone(), arrays)?)?;
    }
    writer.close()?;
    Ok(())
}

fn write_csv<R: Row>(rows: impl Iterator<Item = R>, file: File) -> std::io::Result<()> {
    let mut out = BufWriter::new(file);
    let names: Vec<&str> = R::TABLE.columns.iter().map(|column| column.name).collect();
    writeln!(out, "{}", names.join(","))?;
    let (mut line, mut text) = (String::new(), String::new());
    for row in rows {
        line.clear();
        for (n, cell) in row.cells().into_iter().enumerate() {
            if n > 0 {
                line.push(',');
            }
            text.clear();
            write_text(cell, R::TABLE.scale(n), &mut text);
            let quoted = matches!(cell, Cell::Text("")) || text.contains(['"', ',', '\n', '\r']);
            if quoted {
                line.push('"');
                line.push_str(&text.replace('"', "\"\""));
                line.push('"');
            } else {
                line.push_str(&text);
            }
        }
        writeln!(out, "{line}")?;
    }
    out.flush()
}

fn schema_of(columns: &[ColumnSpec]) -> SchemaRef {
    let fields: Vec<Field> =
        columns.iter().map(|column| Field::new(column.name, data_type(column.kind), column.nullable)).collect();
    Arc::new(Schema::new(fields))
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text(_) => DataType::Utf8,
        Kind::Int4 => DataType::Int32,
        Kind::Int8 => DataType::Int64,
        Kind::Decimal(precision, scale) => DataType::Decimal128(precision, scale as i8),
        Kind::Date => DataType::Date32,
        Kind::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
        Kind::Bool => DataType::Boolean,
    }
}

/// A column of a batch in the making.
enum Builder {
    Text(StringBuilder),
    Int4(Int32Builder),
    Int8(Int64Builder),
    Decimal(Decimal128Builder, u8, u8),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Bool(BooleanBuilder),
}

impl Builder {
    fn new(kind: Kind) -> Builder {
        match kind {
            Kind::Text(_) => Builder::Text(StringBuilder::new()),
            Kind::Int4 => Builder::Int4(Int32Builder::new()),
            Kind::Int8 => Builder::Int8(Int64Builder::new()),
            Kind::Decimal(precision, scale) => Builder::Decimal(Decimal128Builder::new(), precision, scale),
            Kind::Date => Builder::Date(Date32Builder::new()),
            Kind::Timestamp => Builder::Timestamp(TimestampMicrosecondBuilder::new()),
            Kind::Bool => Builder::Bool(BooleanBuilder::new()),
        }
    }

    /// Appends a cell; one that does not fit its column becomes NULL, which a column that is not nullable refuses.
    fn push(&mut self, cell: Cell<'_>) {
        match (self, cell) {
            (Builder::Text(builder), Cell::Text(text)) => builder.append_value(text),
            (Builder::Int4(builder), Cell::Int(value)) => builder.append_option(i32::try_from(value).ok()),
            (Builder::Int8(builder), Cell::Int(value)) => builder.append_value(value),
            (Builder::Decimal(builder, ..), Cell::Decimal(value)) => builder.append_value(i128::from(value)),
            (Builder::Date(builder), Cell::Date(date)) => builder.append_value(Date32Type::from_naive_date(date)),
            (Builder::Timestamp(builder), Cell::Timestamp(time)) => {
                builder.append_value(time.and_utc().timestamp_micros());
            }
            (Builder::Bool(builder), Cell::Bool(value)) => builder.append_value(value),
            (Builder::Text(builder), _) => builder.append_null(),
            (Builder::Int4(builder), _) => builder.append_null(),
            (Builder::Int8(builder), _) => builder.append_null(),
            (Builder::Decimal(builder, ..), _) => builder.append_null(),
            (Builder::Date(builder), _) => builder.append_null(),
            (Builder::Timestamp(builder), _) => builder.append_null(),
            (Builder::Bool(builder), _) => builder.append_null(),
        }
    }

    fn finish(&mut self) -> Result<ArrayRef, DemoError> {
        Ok(match self {
            Builder::Text(builder) => Arc::new(builder.finish()),
            Builder::Int4(builder) => Arc::new(builder.finish()),
            Builder::Int8(builder) => Arc::new(builder.finish()),
            Builder::Decimal(builder, precision, scale) => {
                Arc::new(builder.finish().with_precision_and_scale(*precision, *scale as i8)?)
            }
            Builder::Date(builder) => Arc::new(builder.finish()),
            Builder::Timestamp(builder) => Arc::new(builder.finish()),
            Builder::Bool(builder) => Arc::new(builder.finish()),
        })
    }
}
