//! The demo bank: a deterministic bank with realistic shapes, written as SQLite and Parquet for `sluice demo`, as CSV
//! for tests, and loaded into PostgreSQL and MariaDB for `sluice load`.
//!
//! Invariant: what a seed gives never depends on the machine, the thread or the day; a test pins it by hash.
//! Left out: any write to a table or file that this module did not make.

pub mod bank;
mod command;
mod draw;
mod error;
pub mod files;
mod guide;
mod identity;
mod names;
pub mod servers;
mod setup;
mod shipped;
pub mod sqlite;
mod table;
#[cfg(test)]
mod tests;

pub use bank::{Bank, SEED, Scale};
pub use command::{DemoOptions, run};
pub use error::DemoError;
pub use servers::load_servers;
pub use setup::{PASSWORD, USERS, default_directory, prepare, write_users};
pub use table::{Cell, ColumnSpec, Kind, Row, TableSpec};
