//! Where audit records are kept: append-only, hash-chained segments in one directory, and the relation
//! `audit.queries` that is read from them.
//!
//! Invariants: a record is acknowledged only after it was handed to the operating system (`durability: default`) or
//! synced to disk (`strict`); each record carries the hash of the one before, across segments; one process writes to
//! a directory at a time. What cannot be written is told to the caller, who then sends no rows.
//!
//! Left out on purpose: sealing into Parquet, signed heads, retention and export. The format leaves room for them.

mod batches;
mod format;
mod kept;
mod queries;
mod queue;
mod reader;
mod recover;
mod sink;
mod storage;
mod taken;
#[cfg(test)]
mod tests;
mod writer;

pub use batches::AuditStore;
pub use format::FormatError;
pub use reader::{Verified, verify};
pub use sink::{AuditOptions, Durability, FileSink};
pub use storage::StoreError;
