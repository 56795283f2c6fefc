//! PostgreSQL and relatives, over tokio-postgres with rustls.
//!
//! Invariant: sessions are read-only, in UTC, with an empty search path. A connection whose statement was dropped is
//! cancelled at the server and thrown away; only one that is known to be idle goes back to the pool.
//!
//! Left out: relaying a source's own row bytes, COPY, and splitting one scan over several connections.

use std::sync::Arc;

use async_trait::async_trait;
use deadpool::managed::{Object, Pool};
use futures::StreamExt;
use sluice_base::{SqlState, SqlType};
use sluice_model::catalog::SourceKind;
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Row, Statement};

use super::columns::Batch;
use super::feed::{self, Feed};
use super::settings::Settings;
use super::{BatchStream, ScanRequest, SourceColumn, SourceError, SqlSource, pool};
use crate::dialect::Postgres;

mod bind;
mod decode;
mod session;

use bind::Bind;
use session::{Manager, Session};

/// A PostgreSQL server's database.
#[derive(Debug)]
pub struct PostgresSource {
    shared: Arc<Shared>,
}

struct Shared {
    id: String,
    pool: Pool<Manager>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("id", &self.id).field("pool", &self.pool.status()).finish()
    }
}

impl PostgresSource {
    /// Settings: `host` (a name, an address or the folder of a socket), `port`, `database`, `user`, `password` (a
    /// reference), `tls` (`require` unless set), `ca`, `pool_max`, `queue_timeout_ms`, `connect_timeout_ms`,
    /// `statement_timeout_ms`.
    pub(super) fn open(id: &str, mut settings: Settings<'_>) -> Result<PostgresSource, SourceError> {
        let server = settings.server(5432)?;
        settings.finish()?;
        let manager = Manager::new(id, server)?;
        let pool = pool::open(id, manager.clone(), manager.server())?;
        Ok(PostgresSource { shared: Arc::new(Shared { id: id.into(), pool }) })
    }
}

#[async_trait]
impl SqlSource for PostgresSource {
    fn id(&self) -> &str {
        &self.shared.id
    }

    fn kind(&self) -> SourceKind {
        SourceKind::Postgres
    }

    async fn scan(&self, request: ScanRequest) -> Result<BatchStream, SourceError> {
        request.check(&self.shared.id)?;
        let (feed, outlet) = feed::channel(&self.shared.id);
        tokio::spawn(run(self.shared.clone(), request, feed));
        outlet.stream().await
    }

    async fn ping(&self) -> Result<(), SourceError> {
        self.shared.rows("SELECT 1", &[]).await.map(drop)
    }

    async fn columns(&self, table: &str) -> Result<Vec<SourceColumn>, SourceError> {
        let (schema, name) = table.split_once('.').unwrap_or(("public", table));
        let rows = self.shared.rows(COLUMNS, &[schema, name]).await?;
        let bad = |error| self.shared.failed(error);
        let mut columns = Vec::with_capacity(rows.len());
        for row in &rows {
            let (oid, modifier): (u32, i32) = (row.try_get(2).map_err(bad)?, row.try_get(3).map_err(bad)?);
            columns.push(SourceColumn {
                name: row.try_get(0).map_err(bad)?,
                type_name: row.try_get(1).map_err(bad)?,
                sql_type: decode::sql_type(oid, modifier, row.try_get(5).map_err(bad)?),
                nullable: row.try_get(4).map_err(bad)?,
            });
        }
        if columns.is_empty() {
            let (connection, table) = (self.shared.id.clone(), table.to_string());
            return Err(SourceError::NoTable {
                connection,
                table,
                reason: "no such relation, or no right to it".into(),
            });
        }
        Ok(columns)
    }

    async fn read_texts(&self, table: &str, columns: &[&str]) -> Result<Vec<Vec<Option<String>>>, SourceError> {
        let as_text = |column: &str| format!("{column}::text");
        let sql = super::texts_sql(&Postgres, &self.shared.id, table, columns, as_text)?;
        let rows = self.shared.rows(&sql, &[]).await?;
        let texts = |row: &Row| (0..columns.len()).map(|column| row.try_get(column)).collect::<Result<_, _>>();
        rows.iter().map(|row| texts(row).map_err(|error| self.shared.failed(error))).collect()
    }
}

/// Columns of a relation: a domain is told by the type under it, as its rows are.
const COLUMNS: &str = "\
SELECT a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), b.oid, \
       CASE WHEN t.typbasetype <> 0 THEN t.typtypmod ELSE a.atttypmod END, \
       NOT (a.attnotnull OR t.typnotnull), b.typtype = 'e' OR b.typname = 'citext' \
FROM pg_catalog.pg_attribute a \
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN t.typbasetype <> 0 THEN t.typbasetype ELSE t.oid END \
WHERE n.nspname::text = $1::text AND c.relname::text = $2::text AND a.attnum > 0 AND NOT a.attisdropped \
ORDER BY a.attnum";

impl Shared {
    async fn session(&self) -> Result<Object<Manager>, SourceError> {
        pool::session(&self.id, &self.pool, self.pool.manager().server(), |error| self.failed(error)).await
    }

    /// A short statement with text parameters, its rows at once.
    async fn rows(&self, sql: &str, params: &[&str]) -> Result<Vec<Row>, SourceError> {
        let mut session = self.session().await?;
        let limit = self.pool.manager().server().timeout_ms(0);
        let binds: Vec<Bind> = params.iter().map(|text| Bind::text(text)).collect();
        let found = async {
            session.set_timeout(limit).await?;
            let statement = session.prepare(sql, &vec![Type::TEXT; binds.len()]).await?;
            let rows = session.client().query_raw(&statement, binds).await?;
            rows.collect::<Vec<_>>().await.into_iter().collect::<Result<Vec<Row>, _>>()
        };
        found.await.map_err(|error| self.failed(error))
    }

    fn unavailable(&self, reason: &str) -> SourceError {
        pool::unavailable(&self.id, reason)
    }

    /// An error of the driver or the server, sorted by what the caller can do about it.
    fn failed(&self, error: tokio_postgres::Error) -> SourceError {
        let connection = self.id.clone();
        let Some(told) = error.as_db_error() else {
            return self.unavailable(&session::words(&error));
        };
        let state = told.code().code();
        let text = told.message().to_string();
        match state {
            // Query cancelled: our own cancellations have nobody listening, so this is statement_timeout or an operator.
            _ if state == SqlState::QueryCanceled.code() => SourceError::Timeout { connection },
            // Connection and authorization failures, an unknown database, no more connections, shutting down.
            _ if state.starts_with("08") || state.starts_with("28") || state.starts_with("57P") => {
                self.unavailable(&format!("{state} {text}"))
            }
            _ if state == SqlState::InvalidCatalogName.code() || state == SqlState::TooManyConnections.code() => {
                self.unavailable(&format!("{state} {text}"))
            }
            _ => SourceError::Failed { connection, sqlstate: Some(state.to_string()), text },
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
        let mut session = match session {
            Ok(session) => session,
            Err(error) => return feed.fail(error).await,
        };
        let reused = Object::metrics(&session).recycle_count > 0;
        let mut busy = false;
        let outcome = tokio::select! {
            () = watch.closed() => None,
            outcome = read(&shared, &mut session, &request, &mut feed, &mut busy) => Some(outcome),
        };
        let closed = session.client().is_closed();
        if busy && !closed {
            // Dropped by the reader, or broken off at a value: the server may still be at it.
            tokio::spawn(session::cancel(session));
        } else if closed {
            drop(Object::take(session));
        } else {
            drop(session);
        }
        return match outcome {
            None => {}
            Some(Ok(())) => feed.end().await,
            // An idle connection may have died since; a cached plan may be older than the table. Nothing was sent yet.
            Some(Err(Broken::Again(_))) if attempts <= 3 && (reused || !closed) => continue,
            Some(Err(Broken::Again(error) | Broken::Failed(error))) => feed.fail(error).await,
        };
    }
}

/// Why a scan broke off.
enum Broken {
    /// Before its first row, in a way that another try may mend.
    Again(SourceError),
    /// For good.
    Failed(SourceError),
}

impl From<SourceError> for Broken {
    fn from(error: SourceError) -> Broken {
        Broken::Failed(error)
    }
}

/// "Cached plan must not change result type": the table was altered under a prepared statement.
const STALE_PLAN: SqlState = SqlState::FeatureNotSupported;

/// Whether the server has ended the session: its last word (shutting down, terminated) may be read before the connection
/// counts as closed.
fn is_ended(error: &tokio_postgres::Error) -> bool {
    error.is_closed() || error.code().is_some_and(|code| code.code() == SqlState::AdminShutdown.code())
}

async fn read(
    shared: &Shared,
    session: &mut Session,
    request: &ScanRequest,
    feed: &mut Feed,
    busy: &mut bool,
) -> Result<(), Broken> {
    let mut batch = Batch::new(&shared.id, request)?;
    let binds = bind::all(&shared.id, &request.params)?;
    let types: Vec<Type> = binds.iter().map(|bind| bind.sql_type().clone()).collect();
    let statement = match session.prepare(&request.sql, &types).await {
        Ok(statement) => statement,
        Err(error) if is_ended(&error) => return Err(Broken::Again(shared.failed(error))),
        Err(error) => return Err(shared.failed(error).into()),
    };
    let decoders = decoders(shared, request, &statement, binds.len())?;
    let limit = session.server().timeout_ms(request.timeout_ms);
    let set = session.timeout_change(limit);
    let client = session.client();
    // The server keeps its first answer back until it has rows, so nobody has to wait for that.
    feed.ready();
    // One round trip for both: the server runs them in this order.
    *busy = true;
    let setting = async {
        match &set {
            Some(sql) => client.batch_execute(sql).await,
            None => Ok(()),
        }
    };
    let (set_done, rows) = tokio::join!(setting, client.query_raw(&statement, binds));
    let rows = match (set_done, rows) {
        (Ok(()), Ok(rows)) => rows,
        // The statement itself is running; only its time limit was refused.
        (Err(error), Ok(_)) => return Err(shared.failed(error).into()),
        (_, Err(error)) => {
            // The server answers an error when the statement is over.
            *busy = false;
            let stale = error.code().is_some_and(|code| code.code() == STALE_PLAN.code());
            let again = stale || is_ended(&error);
            session.forget();
            let error = shared.failed(error);
            return Err(if again { Broken::Again(error) } else { Broken::Failed(error) });
        }
    };
    session.timeout_changed(limit);
    let mut rows = std::pin::pin!(rows);
    while let Some(row) = rows.next().await {
        let row = row.map_err(|error| {
            *busy = false;
            shared.failed(error)
        })?;
        for (position, decode) in decoders.iter().enumerate() {
            match row.try_get::<_, Option<Raw<'_>>>(position).map_err(|error| shared.failed(error))? {
                None => batch.null(position)?,
                Some(Raw(raw)) => batch.cell(position, |column| decode.store(column, raw))?,
            }
        }
        if batch.end_row(row.raw_size_bytes()) && !feed.send(batch.take()?).await {
            return Ok(());
        }
    }
    *busy = false;
    if !batch.is_empty() {
        feed.send(batch.take()?).await;
    }
    Ok(())
}

/// One decoder per column, by what the server answers and what was declared.
fn decoders(
    shared: &Shared,
    request: &ScanRequest,
    statement: &Statement,
    binds: usize,
) -> Result<Vec<decode::Decode>, SourceError> {
    let columns = statement.columns();
    if columns.len() != request.types.len() || statement.params().len() != binds {
        let problem = format!(
            "{} columns asked, {} answered; {} parameters, {binds} given",
            request.types.len(),
            columns.len(),
            statement.params().len()
        );
        return Err(SourceError::Request { connection: shared.id.clone(), problem });
    }
    let declared = request.types.iter().zip(request.schema.fields());
    let pairs = columns.iter().zip(declared).enumerate();
    pairs
        .map(|(at, (column, (sql_type, field)))| {
            decode::decoder(column.type_(), sql_type, field.data_type()).ok_or_else(|| SourceError::TypeMismatch {
                connection: shared.id.clone(),
                column: at + 1,
                declared: sql_type.sql_name(),
                found: column.type_().name().to_string(),
            })
        })
        .collect()
}

/// A value's bytes as they came, whatever its type.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Raw<'a>, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Raw(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Text-like SQL types are all sent as `text`.
fn wire_type(sql_type: &SqlType) -> Option<Type> {
    match sql_type {
        SqlType::Varchar(_) | SqlType::Bpchar(_) | SqlType::Name | SqlType::Char | SqlType::Unknown => Some(Type::TEXT),
        SqlType::Array(item) => Type::from_oid(SqlType::from_oid(wire_type(item)?.oid())?.array_oid()),
        SqlType::Void | SqlType::Record => None,
        other => Type::from_oid(other.oid()),
    }
}

#[cfg(test)]
mod tests;
