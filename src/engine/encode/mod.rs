//! Rows become messages: DataRow and CopyData, written whole into the connection's buffer.
//!
//! Invariants: how a column is written is chosen once for each block, not for each value; no value costs an
//! allocation (lists, records and masks' small results aside); what is appended is always whole messages: a value
//! that cannot be sent takes its row back and ends in an error. Binary output is PostgreSQL's, byte for byte.
//!
//! Left out on purpose: infinite dates (the engine has none), arrays of more than one dimension.

mod block;
mod cells;
mod copy;
mod datetime;
mod datum;
mod error;
mod number;
mod numeric;
mod rows;
mod settings;
mod text;

#[cfg(test)]
mod tests;

pub use block::RowBlock;
pub use copy::{CopyEncoder, CopyFormat, ForceQuote};
pub use error::EncodeError;
pub use rows::RowEncoder;
pub use settings::{ByteaOutput, DateForm, DateStyle, EncodeSettings, IntervalStyle};
pub use sluice_base::Format;
