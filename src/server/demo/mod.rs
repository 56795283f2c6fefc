//! The demo bank: a deterministic bank with realistic shapes, written as SQLite and Parquet for `sluice demo`, as CSV
//! for tests, and loaded into PostgreSQL and MariaDB for `sluice load`.
//!
//! Invariant: what a seed gives never depends on the machine, the thread or the day; a test pins it by hash.
//! Left out: any write to a table or file that this module did not make.

pub mod bank;
mod draw;
mod error;
mod files;
mod identity;
mod names;
mod servers;
mod sqlite;
mod table;
#[cfg(test)]
mod tests;

pub use bank::{Bank, SEED, Scale};
pub use error::DemoError;
pub use files::{Format, write as write_files};
pub use servers::{load_mysql, load_postgres, load_servers};
pub use sqlite::write as write_sqlite;
pub use table::{Cell, ColumnSpec, Kind, Row, TableSpec};
