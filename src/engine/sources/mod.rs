//! Connectors: how rows leave a source as Arrow batches of the schema that was asked for.
//!
//! Invariant: a stream gives exactly the requested schema or ends in an error; a value that does not fit is never cut,
//! rounded or replaced. Dropping a stream stops the work at the source, and a connection that may still be busy never
//! goes back to its pool. Nothing that names a host, a secret or a value reaches a client (see [`SourceError`]).
//!
//! Left out: which SQL is sent (the renderer and its [`crate::dialect`]), and any decision about who may read.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use futures::Stream;
use sluice_base::{Datum, SqlType};
use sluice_model::catalog::{Connection, SourceKind};

pub(crate) mod calendar;
mod columns;
mod decimal;
mod error;
mod feed;
pub(crate) mod file_scan;
mod files;
mod mysql;
mod pool;
mod postgres;
mod read_ahead;
mod settings;
mod sqlite;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod testserver;

pub use error::{SourceError, ValueProblem};
pub use files::{FileKind, FileSource};
pub use mysql::MysqlSource;
pub use postgres::PostgresSource;
pub use read_ahead::ReadAhead;
pub use sqlite::SqliteSource;

use crate::dialect::Dialect;
use settings::Settings;

/// Rows of one batch unless the request says otherwise.
pub const BATCH_ROWS: usize = 8_192;
/// A batch is closed early when its values reach this many bytes, or fewer where many scans read ahead.
pub const BATCH_BYTES: usize = 4 << 20;
/// What the smallest share of a batch is: below, handing over costs more than reading.
const BATCH_BYTES_MIN: usize = 16 << 10;

/// Batches of one scan; dropping it cancels the work at the source.
pub type BatchStream = Pin<Box<dyn Stream<Item = Result<RecordBatch, SourceError>> + Send>>;

/// Turns a secret reference (`env:NAME`, `file:PATH`) into its text; the error says why in words without the secret.
pub type Secrets<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// One statement for a source. Every text value stands in `params`, none in `sql`.
#[derive(Debug, Clone)]
pub struct ScanRequest {
    /// Statement in the source's dialect, with its placeholders.
    pub sql: String,
    /// Values of the placeholders, in order, with the types the renderer gave them.
    pub params: Vec<(SqlType, Datum)>,
    /// Arrow schema of the answer; column by column the statement's output.
    pub schema: SchemaRef,
    /// Declared SQL type of each column of `schema`.
    pub types: Vec<SqlType>,
    /// Whether a value of the column that cannot be read is NULL; empty for no column. So it is where nobody sees the
    /// value as it is: an error would tell of it (governance G15).
    pub unreadable_as_null: Vec<bool>,
    /// Rows of one batch; 0 means [`BATCH_ROWS`].
    pub batch_rows: usize,
    /// Shared by all scans of the engine.
    pub read_ahead: ReadAhead,
    /// Time the source may take, milliseconds; 0 is no limit beyond the connection's own.
    pub timeout_ms: u64,
    /// Rows of one table, neither joined nor aggregated: the source may keep the statement prepared and run it again.
    /// MariaDB merges derived tables when it first runs a statement, and for the others what that leaves behind
    /// makes the second execution fail (error 1140).
    pub reusable: bool,
}

/// One column of a source's table, as `check --sources` compares it with the catalog.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceColumn {
    /// Name at the source.
    pub name: String,
    /// The source's own word for its type.
    pub type_name: String,
    /// The nearest SQL type; `None` where there is none that a catalog could declare.
    pub sql_type: Option<SqlType>,
    /// Whether the source allows NULL in it.
    pub nullable: bool,
}

/// A source that runs SQL.
#[async_trait]
pub trait SqlSource: Send + Sync + std::fmt::Debug {
    /// Connection id.
    fn id(&self) -> &str;
    /// Kind: decides the dialect.
    fn kind(&self) -> SourceKind;
    /// Runs one statement and streams its rows.
    async fn scan(&self, request: ScanRequest) -> Result<BatchStream, SourceError>;
    /// Reaches the source and runs the shortest statement there is.
    async fn ping(&self) -> Result<(), SourceError>;
    /// Columns of `SCHEMA.TABLE` or `TABLE`, in their order; a table that is absent is [`SourceError::NoTable`].
    async fn columns(&self, table: &str) -> Result<Vec<SourceColumn>, SourceError>;
    /// Columns of a whole small table as texts: the organisation. Rows without the first are left out.
    async fn read_texts(&self, table: &str, columns: &[&str]) -> Result<Vec<Vec<Option<String>>>, SourceError>;
}

/// A source that holds batches of its own: the server's audit store.
#[async_trait]
pub trait BatchSource: Send + Sync + std::fmt::Debug {
    /// Connection id.
    fn id(&self) -> &str;
    /// Streams a table's rows; batches hold the columns of `schema` at `projection`, in that order.
    async fn scan(&self, table: &str, schema: SchemaRef, projection: &[usize]) -> Result<BatchStream, SourceError>;
}

/// One opened connection of the catalog.
#[derive(Debug, Clone)]
pub enum Source {
    /// Runs SQL.
    Sql(Arc<dyn SqlSource>),
    /// Files that the engine reads itself.
    Files(Arc<FileSource>),
    /// Gives batches of its own.
    Batches(Arc<dyn BatchSource>),
}

impl Source {
    /// Columns of a whole small table as texts: the organisation. Rows without the first are left out.
    ///
    /// # Errors
    /// As the source's own; a store of batches holds no such table.
    pub async fn read_texts(&self, table: &str, columns: &[&str]) -> Result<Vec<Vec<Option<String>>>, SourceError> {
        match self {
            Source::Sql(source) => source.read_texts(table, columns).await,
            Source::Files(source) => file_scan::texts(source, table, columns).await,
            Source::Batches(source) => Err(SourceError::NoTable {
                connection: source.id().into(),
                table: table.into(),
                reason: "a tree is read from an SQL source or from files".into(),
            }),
        }
    }
}

/// All opened connections, by id.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    by_id: BTreeMap<String, Source>,
}

impl Sources {
    /// No sources yet.
    pub fn new() -> Sources {
        Sources::default()
    }

    /// Opens what the catalog names, without reaching for it yet: a source that is down fails its own statements only.
    /// Connections of kind `audit` are left out; the server inserts its own store.
    pub fn open(connections: &BTreeMap<String, Connection>, secrets: Secrets<'_>) -> Result<Sources, SourceError> {
        let mut sources = Sources::new();
        for (id, connection) in connections {
            let mut settings = Settings::of(connection, secrets);
            let source = match connection.kind {
                SourceKind::Postgres => Source::Sql(Arc::new(PostgresSource::open(id, settings)?)),
                SourceKind::Mysql => Source::Sql(Arc::new(MysqlSource::open(id, settings)?)),
                SourceKind::Sqlite => Source::Sql(Arc::new(SqliteSource::open(id, settings)?)),
                SourceKind::Parquet | SourceKind::Csv => {
                    let kind = if connection.kind == SourceKind::Csv { FileKind::Csv } else { FileKind::Parquet };
                    let root = settings.required("path")?;
                    settings.finish()?;
                    Source::Files(Arc::new(FileSource::new(id, kind, root)))
                }
                SourceKind::Audit => continue,
            };
            sources.insert(id, source);
        }
        Ok(sources)
    }

    /// The source of a connection id.
    pub fn get(&self, id: &str) -> Option<&Source> {
        self.by_id.get(id)
    }

    /// Adds or replaces one source.
    pub fn insert(&mut self, id: impl Into<String>, source: Source) {
        self.by_id.insert(id.into(), source);
    }

    /// All sources with their ids, in order of id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.by_id.iter().map(|(id, source)| (id.as_str(), source))
    }
}

impl ScanRequest {
    /// That its parts belong together.
    fn check(&self, connection: &str) -> Result<(), SourceError> {
        if self.schema.fields().len() == self.types.len() {
            return Ok(());
        }
        let problem = format!("{} fields, {} types", self.schema.fields().len(), self.types.len());
        Err(SourceError::Request { connection: connection.into(), problem })
    }
}

/// Whether a connector reads a column of type `found` (see [`SourceColumn::sql_type`]) as the declared type. Where a
/// source checks value by value (SQLite, CSV, narrowing in MySQL), this says that it may be right, not that it will be.
pub fn reads_as(kind: SourceKind, found: &SqlType, declared: &SqlType) -> bool {
    use SqlType::*;
    if found == declared || (found.is_text() && declared.is_text()) {
        return true;
    }
    let by_value = matches!(kind, SourceKind::Sqlite | SourceKind::Mysql);
    match (found, declared) {
        (Text, _) if kind == SourceKind::Csv => true,
        (Text, Date | Time | Timestamp | Timestamptz | Uuid | Numeric(_)) => kind == SourceKind::Sqlite,
        (Bool | Int2 | Int4 | Int8, Bool | Int2 | Int4 | Int8) if by_value => true,
        (Int2, Int4 | Int8 | Float4 | Float8) | (Int4, Int8 | Float8) | (Float4, Float8) => true,
        (Int2 | Int4 | Int8, Numeric(_)) => true,
        (Int8, Float8) | (Float8, Float4 | Numeric(_)) => kind == SourceKind::Sqlite,
        (Numeric(_), Int2 | Int4 | Int8) => by_value,
        (Numeric(Some((p, s))), Numeric(Some((precision, scale)))) => {
            s <= scale && i16::from(*p) - i16::from(*s) <= i16::from(*precision) - i16::from(*scale)
        }
        (Numeric(_), Numeric(_)) => true,
        (Text | Varchar(_) | Json | Jsonb, Json | Jsonb) | (Json | Jsonb | Char, Text | Varchar(_)) => true,
        (Timestamp, Timestamptz) | (Timestamptz, Timestamp) => kind == SourceKind::Mysql,
        (Timestamp, Date) | (Bytea, Uuid) => by_value,
        _ => false,
    }
}

/// The statement of [`SqlSource::read_texts`].
fn texts_sql(
    dialect: &dyn Dialect,
    connection: &str,
    table: &str,
    columns: &[&str],
    as_text: impl Fn(&str) -> String,
) -> Result<String, SourceError> {
    let bad = |name: &str| SourceError::Name { connection: connection.into(), name: name.into() };
    let quoted = columns.iter().map(|column| dialect.quote(column).map_err(|_| bad(column)));
    let quoted = quoted.collect::<Result<Vec<String>, _>>()?;
    let first = quoted.first().ok_or_else(|| bad(""))?;
    let table_sql = dialect.table(table).map_err(|_| bad(table))?;
    let shown: Vec<String> = quoted.iter().map(|column| as_text(column)).collect();
    Ok(format!("SELECT {} FROM {table_sql} WHERE {first} IS NOT NULL", shown.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_type_is_compared_with_the_found_one() {
        use SourceKind::{Csv, Mysql, Postgres, Sqlite};
        use SqlType::*;
        let decimal = |p, s| Numeric(Some((p, s)));
        for (kind, found, declared, expected) in [
            (Postgres, Int4, Int4, true),
            (Postgres, Int4, Int8, true),
            (Postgres, Int8, Int4, false),
            (Mysql, Int8, Int4, true),
            (Sqlite, Int8, Bool, true),
            (Postgres, Int4, Bool, false),
            (Postgres, Varchar(Some(9)), Text, true),
            (Postgres, Bpchar(Some(9)), Varchar(None), true),
            (Postgres, Text, Json, true),
            (Postgres, Text, Date, false),
            (Sqlite, Text, Date, true),
            (Csv, Text, decimal(9, 2), true),
            (Postgres, decimal(9, 2), decimal(9, 2), true),
            (Postgres, decimal(9, 2), decimal(12, 4), true),
            (Postgres, decimal(9, 2), decimal(9, 4), false),
            (Postgres, decimal(9, 2), decimal(12, 1), false),
            (Postgres, Numeric(None), decimal(9, 2), true),
            (Postgres, Int8, decimal(20, 0), true),
            (Postgres, decimal(20, 0), Int8, false),
            (Mysql, decimal(20, 0), Int8, true),
            (Postgres, Float8, Float4, false),
            (Postgres, Timestamp, Timestamptz, false),
            (Mysql, Timestamp, Timestamptz, true),
            (Postgres, Bytea, Uuid, false),
        ] {
            assert_eq!(reads_as(kind, &found, &declared), expected, "{kind:?} {found:?} as {declared:?}");
        }
    }

    #[test]
    fn the_servers_own_store_is_not_opened_here() {
        let connection = Connection { id: "audit".into(), kind: SourceKind::Audit, settings: BTreeMap::new() };
        let connections = BTreeMap::from([("audit".to_string(), connection)]);
        let sources = Sources::open(&connections, &|_| Err("no secrets".into())).unwrap();
        assert!(sources.get("audit").is_none());
        assert_eq!(sources.iter().count(), 0);
    }
}
