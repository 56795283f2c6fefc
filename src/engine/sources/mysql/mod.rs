//! MariaDB, MySQL and relatives, over mysql_async with rustls.
//!
//! Invariant: sessions are read-only, in UTC and UTF-8, with backslash an ordinary character. A connection whose
//! statement was dropped gets KILL QUERY from a side connection and is thrown away.
//!
//! Left out: compression, and splitting one scan over several connections.

use std::sync::Arc;

use async_trait::async_trait;
use deadpool::managed::{Object, Pool};
use mysql_async::prelude::Queryable;
use mysql_async::{Error, Params, Row, Value};
use sluice_model::catalog::SourceKind;

use super::columns::Batch;
use super::feed::{self, Feed};
use super::settings::{Settings, TlsMode};
use super::{BatchStream, ScanRequest, SourceColumn, SourceError, SqlSource, pool};
use crate::dialect::Mysql;

mod decode;
mod session;

use decode::ZeroDates;
use session::{Manager, Session};

/// A MySQL or MariaDB server's database.
#[derive(Debug)]
pub struct MysqlSource {
    shared: Arc<Shared>,
}

struct Shared {
    id: String,
    pool: Pool<Manager>,
    zero_dates: ZeroDates,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("id", &self.id).field("pool", &self.pool.status()).finish()
    }
}

impl MysqlSource {
    /// Settings: as for PostgreSQL, but `tls` is `disable`, `require` or `verify-full`; and `zero_dates`: `error` (the default) or `null`.
    pub(super) fn open(id: &str, mut settings: Settings<'_>) -> Result<MysqlSource, SourceError> {
        let zero_dates = match settings.optional("zero_dates") {
            None | Some("error") => ZeroDates::Error,
            Some("null") => ZeroDates::Null,
            Some(_) => return Err(settings.error("zero_dates must be error or null")),
        };
        let server = settings.server(3306)?;
        // The driver has no way to go on without TLS, and none to check the signer but not the name.
        if matches!(server.tls, TlsMode::Prefer | TlsMode::VerifyCa(_)) {
            return Err(settings.error("tls for mysql must be disable, require or verify-full"));
        }
        settings.finish()?;
        let manager = Manager::new(server.clone());
        let pool = pool::open(id, manager, &server)?;
        Ok(MysqlSource { shared: Arc::new(Shared { id: id.into(), pool, zero_dates }) })
    }
}

#[async_trait]
impl SqlSource for MysqlSource {
    fn id(&self) -> &str {
        &self.shared.id
    }

    fn kind(&self) -> SourceKind {
        SourceKind::Mysql
    }

    async fn scan(&self, request: ScanRequest) -> Result<BatchStream, SourceError> {
        request.check(&self.shared.id)?;
        let (feed, outlet) = feed::channel(&self.shared.id);
        tokio::spawn(run(self.shared.clone(), request, feed));
        outlet.stream().await
    }

    async fn ping(&self) -> Result<(), SourceError> {
        self.shared.rows("SELECT 1", Vec::new()).await.map(drop)
    }

    async fn columns(&self, table: &str) -> Result<Vec<SourceColumn>, SourceError> {
        let (schema, name) = match table.split_once('.') {
            Some((schema, name)) => (schema, name),
            None => (self.shared.pool.manager().server().database.as_str(), table),
        };
        let rows = self.shared.rows(COLUMNS, vec![Value::from(schema), Value::from(name)]).await?;
        let columns: Option<Vec<SourceColumn>> = rows.iter().map(decode::source_column).collect();
        match columns {
            Some(columns) if !columns.is_empty() => Ok(columns),
            Some(_) => {
                let (connection, table) = (self.shared.id.clone(), table.to_string());
                Err(SourceError::NoTable { connection, table, reason: "no such table, or no right to it".into() })
            }
            None => Err(self.shared.request("a column's description could not be read".into())),
        }
    }

    async fn read_texts(&self, table: &str, columns: &[&str]) -> Result<Vec<Vec<Option<String>>>, SourceError> {
        let as_text = |column: &str| format!("CONVERT({column} USING utf8mb4)");
        let sql = super::texts_sql(&Mysql, &self.shared.id, table, columns, as_text)?;
        let rows = self.shared.rows(&sql, Vec::new()).await?;
        let text = |row: &Row, column: usize| match row.get_opt::<Option<String>, usize>(column) {
            Some(Ok(text)) => Ok(text),
            _ => Err(self.shared.request("a column could not be read as text".into())),
        };
        rows.iter().map(|row| (0..columns.len()).map(|column| text(row, column)).collect()).collect()
    }
}

const COLUMNS: &str = "\
SELECT CAST(column_name AS CHAR), CAST(column_type AS CHAR), LOWER(CAST(data_type AS CHAR)), \
       CAST(is_nullable AS CHAR), CAST(COALESCE(character_maximum_length, 0) AS SIGNED), \
       CAST(COALESCE(numeric_precision, 0) AS SIGNED), CAST(COALESCE(numeric_scale, 0) AS SIGNED) \
FROM information_schema.columns \
WHERE BINARY table_schema = ? AND BINARY table_name = ? ORDER BY ordinal_position";

impl Shared {
    async fn session(&self) -> Result<Object<Manager>, SourceError> {
        let failed = |error: Error| self.unavailable(&error.to_string());
        pool::session(&self.id, &self.pool, self.pool.manager().server(), failed).await
    }

    /// A short statement, its rows at once.
    async fn rows(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, SourceError> {
        let mut guard = Guard::new(self.session().await?);
        let limit = self.pool.manager().server().timeout_ms(0);
        let session = guard.session();
        let rows = async {
            session.set_timeout(limit).await?;
            session.connection.exec::<Row, _, _>(sql, Params::from(params)).await
        };
        let rows = rows.await.map_err(|error| self.failed(error))?;
        guard.idle();
        Ok(rows)
    }

    fn unavailable(&self, reason: &str) -> SourceError {
        pool::unavailable(&self.id, reason)
    }

    fn request(&self, problem: String) -> SourceError {
        SourceError::Request { connection: self.id.clone(), problem }
    }

    fn failed(&self, error: Error) -> SourceError {
        let connection = self.id.clone();
        match error {
            Error::Server(told) => match told.code {
                // Statement time is over: MariaDB, MySQL; and interrupted, by an operator as nobody listens to our own.
                1969 | 3024 | 1317 => SourceError::Timeout { connection },
                // Too many connections, access denied, unknown database, shutting down, killed.
                1040 | 1044 | 1045 | 1049 | 1053 | 1203 | 1226 | 1927 => {
                    self.unavailable(&format!("{} {}", told.code, told.message))
                }
                code => {
                    let text = format!("{code} {}", told.message);
                    // A text with characters that the column's character set lacks, such as an emoji for a GBK column.
                    let state = if code == 1267 {
                        sluice_base::SqlState::CharacterNotInRepertoire.code().to_string()
                    } else {
                        told.state
                    };
                    SourceError::Failed { connection, sqlstate: Some(state), text }
                }
            },
            Error::Driver(error) => self.unavailable(&error.to_string()),
            Error::Io(error) => self.unavailable(&error.to_string()),
            Error::Other(error) => self.unavailable(&error.to_string()),
            Error::Url(error) => self.unavailable(&error.to_string()),
        }
    }
}

/// Holds a session; unless it is said to be idle, the statement is killed and the connection thrown away.
struct Guard {
    session: Option<Object<Manager>>,
}

impl Guard {
    fn new(session: Object<Manager>) -> Guard {
        Guard { session: Some(session) }
    }

    fn session(&mut self) -> &mut Session {
        // `idle` and `drop` alone take it, and both end the guard.
        match &mut self.session {
            Some(session) => session,
            None => unreachable!("a guard keeps its session until it ends"),
        }
    }

    /// Nothing is running: the connection may be used again.
    fn idle(mut self) {
        drop(self.session.take());
    }

    /// The connection is of no use, and nothing runs at the server.
    fn broken(mut self) {
        if let Some(session) = self.session.take() {
            drop(Object::take(session));
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let (Some(session), Ok(runtime)) = (self.session.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(session::kill(session));
        }
    }
}

/// One scan, from its connection to its last row; stops when nobody reads any more.
async fn run(shared: Arc<Shared>, request: ScanRequest, mut feed: Feed) {
    let watch = feed.watch();
    let mut attempts = 0;
    loop {
        attempts += 1;
        let session = tokio::select! {
            () = watch.closed() => return,
            session = shared.session() => session,
        };
        let session = match session {
            Ok(session) => session,
            Err(error) => return feed.fail(error).await,
        };
        let reused = Object::metrics(&session).recycle_count > 0;
        let mut guard = Guard::new(session);
        let outcome = tokio::select! {
            () = watch.closed() => None,
            outcome = read(&shared, guard.session(), &request, &mut feed) => Some(outcome),
        };
        return match outcome {
            // The guard kills what is still running.
            None | Some(Ok(Ended::NoReader)) => {}
            Some(Ok(Ended::AllRows)) => {
                guard.idle();
                feed.end().await;
            }
            // An idle connection may have died since it was used last; nothing was sent yet.
            Some(Err(Broken::LostAtStart(_))) if reused && attempts <= 3 => {
                guard.broken();
                continue;
            }
            Some(Err(Broken::LostAtStart(error) | Broken::Lost(error))) => {
                guard.broken();
                feed.fail(error).await;
            }
            Some(Err(Broken::Refused(error))) => {
                guard.idle();
                feed.fail(error).await;
            }
            Some(Err(Broken::Midway(error))) => {
                drop(guard);
                feed.fail(error).await;
            }
        };
    }
}

enum Ended {
    AllRows,
    NoReader,
}

/// Why a scan broke off, by what is left of the connection.
enum Broken {
    /// The connection is gone, before the first row.
    LostAtStart(SourceError),
    /// The connection is gone.
    Lost(SourceError),
    /// The server refused or ended the statement; the connection is idle.
    Refused(SourceError),
    /// The server may still be running the statement.
    Midway(SourceError),
}

impl Shared {
    fn broken(&self, error: Error) -> Broken {
        if error.is_fatal() { Broken::Lost(self.failed(error)) } else { Broken::Refused(self.failed(error)) }
    }

    fn broken_at_start(&self, error: Error) -> Broken {
        match self.broken(error) {
            Broken::Lost(error) => Broken::LostAtStart(error),
            other => other,
        }
    }
}

async fn read(shared: &Shared, session: &mut Session, request: &ScanRequest, feed: &mut Feed) -> Result<Ended, Broken> {
    let mut batch = Batch::new(&shared.id, request).map_err(Broken::Refused)?;
    let params = decode::bind_all(&shared.id, &request.params).map_err(Broken::Refused)?;
    let limit = shared.pool.manager().server().timeout_ms(request.timeout_ms);
    let at_start = |error| shared.broken_at_start(error);
    session.set_timeout(limit).await.map_err(at_start)?;
    let statement = session.prepare(&request.sql, request.reusable).await.map_err(at_start)?;
    if usize::from(statement.num_params()) != params.len() || statement.columns().len() != batch.width() {
        let problem = format!(
            "{} columns asked, {} answered; {} parameters, {} given",
            batch.width(),
            statement.columns().len(),
            statement.num_params(),
            params.len()
        );
        return Err(Broken::Refused(shared.request(problem)));
    }
    feed.ready();
    let params = if params.is_empty() { Params::Empty } else { Params::Positional(params) };
    let mut rows = session.connection.exec_iter(&statement, params).await.map_err(at_start)?;
    // The description made when preparing does not know what a parameter will be.
    let columns = decode::columns(&shared.id, rows.columns_ref(), request).map_err(Broken::Midway)?;
    while let Some(row) = rows.next().await.map_err(|error| shared.broken(error))? {
        let mut bytes = 0;
        for (position, column) in columns.iter().enumerate() {
            let Some(value) = row.as_ref(position) else {
                return Err(Broken::Midway(shared.request("a row is shorter than its description".into())));
            };
            bytes += decode::value(&mut batch, position, *column, value, shared.zero_dates).map_err(Broken::Midway)?;
        }
        if batch.end_row(bytes) {
            let full = batch.take().map_err(Broken::Midway)?;
            if !feed.send(full).await {
                return Ok(Ended::NoReader);
            }
        }
    }
    drop(rows);
    if !batch.is_empty() {
        // All rows are read: whether anybody takes the last ones changes nothing at the server.
        feed.send(batch.take().map_err(Broken::Refused)?).await;
    }
    Ok(Ended::AllRows)
}

#[cfg(test)]
mod tests;
