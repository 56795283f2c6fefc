//! SQLite: one file, read by one blocking thread per scan.
//!
//! Invariant: the file is never written. SQLite types each value by itself, so every value is checked against the
//! declared type when it is read (`decode`).
//!
//! Left out: attached databases; several threads for one scan.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::config::DbConfig;
use rusqlite::{ErrorCode, InterruptHandle, OpenFlags};
use sluice_model::catalog::SourceKind;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::columns::Batch;
use super::feed::{self, Feed, Watch};
use super::settings::Settings;
use super::{BatchStream, ScanRequest, SourceColumn, SourceError, SqlSource};
use crate::dialect::Sqlite;

mod decode;

/// A SQLite file.
#[derive(Debug)]
pub struct SqliteSource {
    shared: Arc<Shared>,
}

struct Shared {
    id: String,
    path: PathBuf,
    pool_max: usize,
    queue_timeout: Duration,
    statement_timeout_ms: u64,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<rusqlite::Connection>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("id", &self.id).field("pool_max", &self.pool_max).finish()
    }
}

impl SqliteSource {
    /// A source over a file with the default limits: 8 scans at once, 5 s in the queue.
    pub fn new(id: impl Into<String>, path: impl AsRef<Path>) -> SqliteSource {
        SqliteSource::with(id.into(), path.as_ref().to_path_buf(), 8, Duration::from_secs(5), 0)
    }

    /// Settings: `path`, `pool_max`, `queue_timeout_ms`, `statement_timeout_ms`.
    pub(super) fn open(id: &str, mut settings: Settings<'_>) -> Result<SqliteSource, SourceError> {
        let path = PathBuf::from(settings.required("path")?);
        let pool_max = settings.number("pool_max", 8, 1, 1_000)? as usize;
        let queue_timeout = Duration::from_millis(settings.number("queue_timeout_ms", 5_000, 1, 600_000)?);
        let statement_timeout_ms = settings.number("statement_timeout_ms", 0, 0, i32::MAX as u64)?;
        settings.finish()?;
        Ok(SqliteSource::with(id.into(), path, pool_max, queue_timeout, statement_timeout_ms))
    }

    fn with(id: String, path: PathBuf, pool_max: usize, queue_timeout: Duration, timeout_ms: u64) -> SqliteSource {
        let shared = Shared {
            id,
            path,
            pool_max,
            queue_timeout,
            statement_timeout_ms: timeout_ms,
            permits: Arc::new(Semaphore::new(pool_max)),
            idle: Mutex::new(Vec::new()),
        };
        SqliteSource { shared: Arc::new(shared) }
    }

    /// Runs short work on a connection, on a thread where it may block.
    async fn with_connection<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, SourceError> {
        let permit = self.shared.permit().await?;
        let shared = self.shared.clone();
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let connection = shared.connect()?;
            let answer = work(&connection).map_err(|error| shared.failed(error))?;
            shared.give_back(connection);
            Ok(answer)
        });
        task.await.map_err(|error| self.shared.request(format!("the reading thread broke off: {error}")))?
    }
}

#[async_trait]
impl SqlSource for SqliteSource {
    fn id(&self) -> &str {
        &self.shared.id
    }

    fn kind(&self) -> SourceKind {
        SourceKind::Sqlite
    }

    async fn scan(&self, request: ScanRequest) -> Result<BatchStream, SourceError> {
        request.check(&self.shared.id)?;
        let permit = self.shared.permit().await?;
        let (feed, outlet) = feed::channel(&self.shared.id);
        let shared = self.shared.clone();
        let watch = feed.watch();
        let runtime = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || run(&shared, &request, feed, watch, permit, &runtime));
        outlet.stream().await
    }

    async fn ping(&self) -> Result<(), SourceError> {
        // `SELECT 1` would not read the file at all.
        self.with_connection(|connection| {
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).map(drop)
        })
        .await
    }

    async fn columns(&self, table: &str) -> Result<Vec<SourceColumn>, SourceError> {
        let (schema, name) = match table.split_once('.') {
            Some((schema, name)) => (schema.to_string(), name.to_string()),
            None => ("main".to_string(), table.to_string()),
        };
        let found = self
            .with_connection(move |connection| {
                let mut statement = connection
                    .prepare("SELECT name, type, \"notnull\" FROM pragma_table_xinfo(?1, ?2) ORDER BY cid")?;
                let rows = statement.query_map([name, schema], |row| {
                    let (name, type_name): (String, String) = (row.get(0)?, row.get(1)?);
                    let sql_type = decode::declared_type(&type_name);
                    Ok(SourceColumn { name, type_name, sql_type, nullable: row.get::<_, i64>(2)? == 0 })
                })?;
                rows.collect::<rusqlite::Result<Vec<SourceColumn>>>()
            })
            .await?;
        if found.is_empty() {
            let (connection, table) = (self.shared.id.clone(), table.to_string());
            return Err(SourceError::NoTable { connection, table, reason: "no such table or view".into() });
        }
        Ok(found)
    }

    async fn read_texts(&self, table: &str, columns: &[&str]) -> Result<Vec<Vec<Option<String>>>, SourceError> {
        let as_text = |column: &str| format!("CAST({column} AS TEXT)");
        let sql = super::texts_sql(&Sqlite, &self.shared.id, table, columns, as_text)?;
        let width = columns.len();
        self.with_connection(move |connection| {
            let mut statement = connection.prepare(&sql)?;
            let rows = statement.query_map([], |row| (0..width).map(|column| row.get(column)).collect())?;
            rows.collect()
        })
        .await
    }
}

impl Shared {
    async fn permit(&self) -> Result<OwnedSemaphorePermit, SourceError> {
        let waiting = self.permits.clone().acquire_owned();
        match tokio::time::timeout(self.queue_timeout, waiting).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(SourceError::Busy {
                connection: self.id.clone(),
                waited_ms: self.queue_timeout.as_millis() as u64,
                pool_max: self.pool_max,
            }),
        }
    }

    fn connect(&self) -> Result<rusqlite::Connection, SourceError> {
        if let Some(connection) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Ok(connection);
        }
        let open = || -> rusqlite::Result<rusqlite::Connection> {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = rusqlite::Connection::open_with_flags(&self.path, flags)?;
            connection.busy_timeout(Duration::from_secs(5))?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
            // Otherwise a misspelt name in double quotes would be read as a text.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
            connection.execute_batch("PRAGMA query_only = ON; PRAGMA case_sensitive_like = ON;")?;
            Ok(connection)
        };
        open().map_err(|error| SourceError::Unavailable { connection: self.id.clone(), reason: error.to_string() })
    }

    fn give_back(&self, connection: rusqlite::Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }

    fn timeout(&self, request_ms: u64) -> Option<Duration> {
        let limits = [request_ms, self.statement_timeout_ms];
        limits.into_iter().filter(|ms| *ms > 0).min().map(Duration::from_millis)
    }

    fn failed(&self, error: rusqlite::Error) -> SourceError {
        let connection = self.id.clone();
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => SourceError::Timeout { connection },
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::NotADatabase
                | ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::PermissionDenied,
            ) => SourceError::Unavailable { connection, reason: error.to_string() },
            _ => SourceError::Failed { connection, sqlstate: None, text: error.to_string() },
        }
    }

    fn request(&self, problem: String) -> SourceError {
        SourceError::Request { connection: self.id.clone(), problem }
    }
}

const RUNNING: u8 = 0;
const DROPPED: u8 = 1;
const TIMED_OUT: u8 = 2;

/// Lets another task stop a running statement.
struct Stop {
    why: AtomicU8,
    done: AtomicBool,
    handle: InterruptHandle,
}

/// Waits for the reader to go away or the time to be over, then interrupts until the thread has noticed: an interrupt
/// between two steps of SQLite would be lost.
async fn guard(stop: Arc<Stop>, watch: Watch, timeout: Option<Duration>, ended: tokio::sync::oneshot::Receiver<()>) {
    let over = async {
        match timeout {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = ended => return,
        () = watch.closed() => stop.why.store(DROPPED, Ordering::Release),
        () = over => stop.why.store(TIMED_OUT, Ordering::Release),
    }
    drop(watch);
    while !stop.done.load(Ordering::Acquire) {
        stop.handle.interrupt();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// One scan, from its first to its last row.
fn run(
    shared: &Shared,
    request: &ScanRequest,
    mut feed: Feed,
    watch: Watch,
    permit: OwnedSemaphorePermit,
    runtime: &tokio::runtime::Handle,
) {
    let _permit = permit;
    let connection = match shared.connect() {
        Ok(connection) => connection,
        Err(error) => return feed.fail_blocking(error),
    };
    let handle = connection.get_interrupt_handle();
    let stop = Arc::new(Stop { why: AtomicU8::new(RUNNING), done: AtomicBool::new(false), handle });
    let (ended_sender, ended) = tokio::sync::oneshot::channel();
    let guard = runtime.spawn(guard(stop.clone(), watch, shared.timeout(request.timeout_ms), ended));
    let outcome = read(shared, &connection, request, &mut feed, &stop);
    stop.done.store(true, Ordering::Release);
    drop(ended_sender);
    // The guard may be about to interrupt once more; only after it has ended is the connection clean.
    let clean = runtime.block_on(guard).is_ok() && stop.why.load(Ordering::Acquire) == RUNNING;
    if clean && outcome.is_ok() {
        shared.give_back(connection);
    }
    match (outcome, stop.why.load(Ordering::Acquire)) {
        (_, DROPPED) | (Ok(Ended::NoReader), _) => {}
        (Ok(Ended::AllRows), _) => feed.end_blocking(),
        (Ok(Ended::Stopped), _) => feed.fail_blocking(SourceError::Timeout { connection: shared.id.clone() }),
        (Err(error), _) => feed.fail_blocking(error),
    }
}

enum Ended {
    AllRows,
    NoReader,
    Stopped,
}

fn read(
    shared: &Shared,
    connection: &rusqlite::Connection,
    request: &ScanRequest,
    feed: &mut Feed,
    stop: &Stop,
) -> Result<Ended, SourceError> {
    let failed = |error| shared.failed(error);
    let mut batch = Batch::new(&shared.id, request)?;
    let mut statement = connection.prepare_cached(&request.sql).map_err(failed)?;
    if statement.column_count() != batch.width() {
        let problem = format!("{} columns asked, {} answered", batch.width(), statement.column_count());
        return Err(shared.request(problem));
    }
    if statement.parameter_count() != request.params.len() {
        let problem = format!("{} parameters, {} given", statement.parameter_count(), request.params.len());
        return Err(shared.request(problem));
    }
    for (at, (_, value)) in request.params.iter().enumerate() {
        let value = decode::bind(value).map_err(|problem| SourceError::Parameter {
            connection: shared.id.clone(),
            position: at + 1,
            problem,
        })?;
        statement.raw_bind_parameter(at + 1, value).map_err(failed)?;
    }
    let mut rows = statement.raw_query();
    feed.ready();
    while let Some(row) = rows.next().map_err(failed)? {
        if stop.why.load(Ordering::Acquire) != RUNNING {
            return Ok(Ended::Stopped);
        }
        let mut bytes = 0;
        for position in 0..batch.width() {
            let value = row.get_ref(position).map_err(failed)?;
            bytes += decode::value(&mut batch, position, value)?;
        }
        if batch.end_row(bytes) && !feed.send_blocking(batch.take()?) {
            return Ok(Ended::NoReader);
        }
    }
    if !batch.is_empty() && !feed.send_blocking(batch.take()?) {
        return Ok(Ended::NoReader);
    }
    Ok(Ended::AllRows)
}

#[cfg(test)]
mod tests;
