//! The rows that a recursive query has found so far, as its own recursive term reads them.
//!
//! Invariant: they were made by the statement itself, above the barriers of the scans that they come from; there is no
//! other data behind such a relation.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion_expr::TableSource;

/// A reference of a recursive query to itself.
#[derive(Debug, Clone)]
pub struct WorkTable {
    name: String,
    schema: SchemaRef,
}

impl WorkTable {
    pub(crate) fn new(name: &str, schema: SchemaRef) -> WorkTable {
        WorkTable { name: name.to_string(), schema }
    }

    /// The query that it belongs to; no two of a statement have one name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its columns.
    pub fn columns(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

impl TableSource for WorkTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
