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

mod error;
mod files;

pub use error::{SourceError, ValueProblem};
pub use files::{FileKind, FileSource};

/// Rows of one batch unless the request says otherwise.
pub const BATCH_ROWS: usize = 8_192;
/// A batch is closed early when its values reach this many bytes.
pub const BATCH_BYTES: usize = 4 << 20;

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
    /// Rows of one batch; 0 means [`BATCH_ROWS`].
    pub batch_rows: usize,
    /// Time the source may take, milliseconds; 0 is no limit beyond the connection's own.
    pub timeout_ms: u64,
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
    /// All (key, parent) pairs of a table of two text-like columns: the organisation tree. Rows without a key are left out.
    async fn read_pairs(
        &self,
        table: &str,
        key: &str,
        parent: &str,
    ) -> Result<Vec<(String, Option<String>)>, SourceError>;
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
