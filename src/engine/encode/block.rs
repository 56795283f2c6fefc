//! What the engine hands to an encoder: rows in whichever form they came.

use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use sluice_base::Datum;

/// Some rows of a result.
#[derive(Debug, Clone)]
pub enum RowBlock {
    /// Columns of the engine.
    Batch(RecordBatch),
    /// Rows of a small, finished result.
    Values(Vec<Vec<Datum>>),
    /// Rows that a source has encoded already, as whole DataRow messages in the formats that this client asked for.
    Encoded {
        /// Number of messages.
        rows: usize,
        /// The messages, one after the other.
        bytes: Bytes,
    },
}

impl RowBlock {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        match self {
            RowBlock::Batch(batch) => batch.num_rows(),
            RowBlock::Values(rows) => rows.len(),
            RowBlock::Encoded { rows, .. } => *rows,
        }
    }
}
