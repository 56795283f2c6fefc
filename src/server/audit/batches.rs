//! The audit log as a source of Arrow batches: what the engine scans for `audit.queries`.
//!
//! Invariant: bounded memory (see [`super::kept`] for what is kept), and nothing past the acknowledged end of the log is read. Files are read in a thread of
//! their own, which stops when the stream is dropped.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use async_trait::async_trait;
use sluice_engine::sources::{BatchSource, BatchStream, SourceError};
use tokio::sync::mpsc;

use super::format::FormatError;
use super::kept::{Kept, read_records};
use super::queries::{Fold, Row, damaged_row};
use super::reader::SegmentReader;
use super::storage::{COMMANDS_FOLDER, segment_name, segments};
use super::writer::Position;

/// The one relation of this source.
const QUERIES: &str = "queries";
/// Rows of a batch, at most.
const BATCH_ROWS: usize = 1_024;
/// A batch is closed early when its statements reach this many bytes.
const BATCH_BYTES: usize = 4 << 20;

/// Reads the log of one directory.
#[derive(Debug)]
pub struct AuditStore {
    connection_id: String,
    directory: PathBuf,
    durable: Arc<Mutex<Position>>,
    kept: Arc<Mutex<Kept>>,
}

impl AuditStore {
    /// A store of which nothing is read: for commands that plan statements and run none.
    pub fn unread(connection_id: &str) -> AuditStore {
        AuditStore::new(connection_id, PathBuf::new(), Arc::default(), Arc::default())
    }

    pub(super) fn new(
        connection_id: &str,
        directory: PathBuf,
        durable: Arc<Mutex<Position>>,
        kept: Arc<Mutex<Kept>>,
    ) -> AuditStore {
        AuditStore { connection_id: connection_id.to_string(), directory, durable, kept }
    }
}

#[async_trait]
impl BatchSource for AuditStore {
    fn id(&self) -> &str {
        &self.connection_id
    }

    async fn scan(&self, table: &str, schema: SchemaRef, projection: &[usize]) -> Result<BatchStream, SourceError> {
        let request = |problem: String| SourceError::Request { connection: self.connection_id.clone(), problem };
        if table != QUERIES {
            return Err(SourceError::NoTable {
                connection: self.connection_id.clone(),
                table: table.to_string(),
                reason: "the audit log has no such relation".into(),
            });
        }
        let schema = Arc::new(schema.project(projection).map_err(|error| request(error.to_string()))?);
        let columns = columns(&schema).map_err(request)?;
        let end = *self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        let (sender, receiver) = mpsc::channel(2);
        let mut scan = Scan {
            connection: self.connection_id.clone(),
            directory: self.directory.clone(),
            end,
            kept: self.kept.clone(),
            schema,
            columns,
            sender,
        };
        tokio::task::spawn_blocking(move || scan.run());
        Ok(Box::pin(futures::stream::unfold(receiver, |mut receiver| async {
            receiver.recv().await.map(|batch| (batch, receiver))
        })))
    }
}

/// One running scan.
struct Scan {
    connection: String,
    directory: PathBuf,
    end: Position,
    kept: Arc<Mutex<Kept>>,
    schema: SchemaRef,
    columns: Vec<Cells>,
    sender: mpsc::Sender<Result<RecordBatch, SourceError>>,
}

/// Whoever reads has gone.
struct Gone;

impl Scan {
    fn run(&mut self) {
        // An error here means that nobody reads any more, so there is nobody to tell.
        self.read().unwrap_or(());
    }

    fn read(&mut self) -> Result<(), Gone> {
        let looked = self.kept.lock().unwrap_or_else(PoisonError::into_inner).look(&self.directory, self.end);
        match looked {
            Ok(Some(mut rows)) => self.emit_all(&mut rows)?,
            Ok(None) => self.read_log(&self.directory, Some(self.end))?,
            Err(error) => return self.send(Err(self.failed(&error))),
        }
        // Commands that read data while the server has its own log locked keep one beside it.
        let commands = self.directory.join(COMMANDS_FOLDER);
        if commands.is_dir() { self.read_log(&commands, None) } else { Ok(()) }
    }

    /// Reads the files of a log from their beginning, without keeping what they hold. Without an `end` it is the log of
    /// another process: a record that is being written is passed over.
    fn read_log(&self, directory: &Path, end: Option<Position>) -> Result<(), Gone> {
        let numbers = match segments(directory) {
            Ok(numbers) => numbers,
            Err(error) => return self.send(Err(self.failed(&error.into()))),
        };
        let (mut fold, mut last_at, mut rows) = (Fold::default(), 0, Vec::new());
        let newest = numbers.last().copied();
        for number in numbers.into_iter().filter(|number| end.is_none_or(|end| *number <= end.segment)) {
            let limit = end.filter(|end| end.segment == number).map_or(u64::MAX, |end| end.offset);
            let path = directory.join(segment_name(number));
            if let Err(error) = self.read_segment(&path, limit, &mut fold, &mut last_at, &mut rows)? {
                if matches!(error, FormatError::Io(_)) {
                    return self.send(Err(self.failed(&error)));
                }
                if end.is_none() && newest == Some(number) && matches!(error, FormatError::Torn) {
                    continue;
                }
                tracing::error!(alert = true, segment = segment_name(number), %error, "an audit segment is damaged");
                rows.push(Arc::new(damaged_row(last_at, segment_name(number))));
            }
        }
        rows.extend(fold.running().into_iter().map(Arc::new));
        self.emit_all(&mut rows)
    }

    /// Folds one segment; the inner error is that of the segment.
    fn read_segment(
        &self,
        path: &Path,
        limit: u64,
        fold: &mut Fold,
        last_at: &mut i64,
        rows: &mut Vec<Arc<Row>>,
    ) -> Result<Result<(), FormatError>, Gone> {
        let mut segment = match SegmentReader::open(path, limit) {
            Ok(segment) => segment,
            Err(error) => return Ok(Err(error)),
        };
        let read = read_records(&mut segment, fold, last_at, |fresh, _| {
            rows.extend(fresh.drain(..).map(Arc::new));
            match rows.len() >= BATCH_ROWS {
                true => self.emit(rows).map_or_else(ControlFlow::Break, ControlFlow::Continue),
                false => ControlFlow::Continue(()),
            }
        });
        match read {
            Ok(ControlFlow::Continue(())) => Ok(Ok(())),
            Ok(ControlFlow::Break(gone)) => Err(gone),
            Err(error) => Ok(Err(error)),
        }
    }

    fn emit_all(&self, rows: &mut Vec<Arc<Row>>) -> Result<(), Gone> {
        while !rows.is_empty() {
            self.emit(rows)?;
        }
        Ok(())
    }

    /// Sends the first rows as one batch.
    fn emit(&self, rows: &mut Vec<Arc<Row>>) -> Result<(), Gone> {
        let mut bytes = 0;
        let fits = |row: &&Arc<Row>| {
            bytes += row.statement.as_ref().map_or(0, String::len) + row.source_sql.as_ref().map_or(0, String::len);
            bytes <= BATCH_BYTES
        };
        let count = rows.iter().take(BATCH_ROWS).take_while(fits).count().max(1).min(rows.len());
        let taken: Vec<Arc<Row>> = rows.drain(..count).collect();
        let arrays = self.columns.iter().map(|cells| cells.array(&taken)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(taken.len()));
        let batch = RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options);
        self.send(
            batch.map_err(|error| SourceError::Request {
                connection: self.connection.clone(),
                problem: error.to_string(),
            }),
        )
    }

    fn send(&self, item: Result<RecordBatch, SourceError>) -> Result<(), Gone> {
        self.sender.blocking_send(item).map_err(|_| Gone)
    }

    fn failed(&self, error: &FormatError) -> SourceError {
        SourceError::Failed { connection: self.connection.clone(), sqlstate: None, text: error.to_string() }
    }
}

/// How one column is read from a row.
#[derive(Clone, Copy)]
enum Cells {
    Text(fn(&Row) -> Option<String>),
    Int(fn(&Row) -> Option<u64>),
    Time(fn(&Row) -> Option<i64>),
    Millis(fn(&Row) -> Option<u64>),
}

impl Cells {
    fn array(self, rows: &[Arc<Row>]) -> ArrayRef {
        match self {
            Cells::Text(of) => Arc::new(rows.iter().map(|row| of(row)).collect::<StringArray>()),
            Cells::Int(of) => {
                let int = |row: &Arc<Row>| of(row).map(|value| i64::try_from(value).unwrap_or(i64::MAX));
                Arc::new(rows.iter().map(int).collect::<Int64Array>())
            }
            Cells::Time(of) => {
                Arc::new(rows.iter().map(|row| of(row)).collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
            }
            Cells::Millis(of) => {
                Arc::new(rows.iter().map(|row| of(row).map(|micros| micros as f64 / 1_000.0)).collect::<Float64Array>())
            }
        }
    }

    fn data_type(self) -> DataType {
        match self {
            Cells::Text(_) => DataType::Utf8,
            Cells::Int(_) => DataType::Int64,
            Cells::Time(_) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Cells::Millis(_) => DataType::Float64,
        }
    }
}

/// Text of the session, NULL where it is empty: a cancel request has no user.
fn of_session(row: &Row, of: fn(&sluice_model::audit::SessionInfo) -> String) -> Option<String> {
    row.session.as_ref().map(of).filter(|text| !text.is_empty())
}

fn cells(column: &str) -> Option<Cells> {
    let cells = match column {
        "event" => Cells::Text(|row| Some(row.event.to_string())),
        "opened_at" => Cells::Time(|row| Some(row.opened_at)),
        "closed_at" => Cells::Time(|row| row.closed_at),
        "query_id" => Cells::Text(|row| Some(row.query_id.clone())),
        "session_id" => Cells::Text(|row| of_session(row, |session| session.session_id.clone())),
        "user_name" => Cells::Text(|row| of_session(row, |session| session.user.clone())),
        "roles" => Cells::Text(|row| of_session(row, |session| session.roles.join(", "))),
        "client_addr" => Cells::Text(|row| row.session.as_ref().and_then(|session| session.client_addr.clone())),
        "application_name" => Cells::Text(|row| of_session(row, |session| session.application_name.clone())),
        "database" => Cells::Text(|row| of_session(row, |session| session.database.clone())),
        "statement" => Cells::Text(|row| row.statement.clone()),
        "outcome" => Cells::Text(|row| row.outcome.clone()),
        "sqlstate" => Cells::Text(|row| row.sqlstate.clone()),
        "rows" => Cells::Int(|row| row.rows),
        "bytes" => Cells::Int(|row| row.bytes),
        "duration_ms" => Cells::Millis(|row| row.duration_micros),
        "relations" => Cells::Text(|row| row.relations.clone()),
        "fields" => Cells::Text(|row| row.fields.clone()),
        "rules" => Cells::Text(|row| row.rules.clone()),
        "masks" => Cells::Text(|row| row.masks.clone()),
        "lookups" => Cells::Int(|row| row.lookups),
        "source_sql" => Cells::Text(|row| row.source_sql.clone()),
        "catalog_id" => Cells::Text(|row| row.catalog_id.clone()),
        "policy_id" => Cells::Text(|row| row.policy_id.clone()),
        "shadows" => Cells::Text(|row| row.shadows.clone()),
        _ => return None,
    };
    Some(cells)
}

/// How each column of a schema is read; an error names the column that cannot be.
fn columns(schema: &SchemaRef) -> Result<Vec<Cells>, String> {
    let column = |field: &Arc<arrow::datatypes::Field>| match cells(field.name()) {
        Some(cells) if cells.data_type() == *field.data_type() => Ok(cells),
        Some(_) => Err(format!("column {:?} of audit.queries is not {}", field.name(), field.data_type())),
        None => Err(format!("audit.queries has no column {:?}", field.name())),
    };
    schema.fields().iter().map(column).collect()
}
