//! Limits of persons in force: what she has taken of her day, and what runs for her now.
//!
//! Invariants: no row leaves, and no raw value is compared, before it is counted; and no day's count is forgotten. Rows
//! are set aside in portions, and a portion is in the audit log before its first row leaves; after a crash the whole
//! portion counts as taken. Counters are those of one server; persons are told apart by login name.
//!
//! Left out: counting for persons without a limit. A rule that begins to apply to somebody counts from then on.

mod counters;
mod error;
mod meter;
#[cfg(test)]
mod tests;

pub use counters::Quotas;
pub use error::QuotaError;
pub use meter::Meter;
