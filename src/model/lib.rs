//! What the bank has declared and what may be learnt of it: the semantic catalog, the policies over it, who asks,
//! what was decided, and the record of it.
//!
//! Invariants: no IO (files arrive as strings, time as a value), and no query engine is named here. A decision is a
//! pure function of principal and snapshot.

pub mod access;
pub mod allowance;
pub mod audit;
pub mod catalog;
pub mod decimal;
pub mod decision;
pub mod diagnostic;
pub mod dialect;
mod literal;
pub mod mask;
pub mod names;
pub mod policy;
pub mod predicate;
pub mod principal;
pub mod snapshot;
mod sql;
pub mod yaml;

pub use decision::{Decision, FieldDecision};
pub use principal::Principal;
pub use snapshot::Snapshot;
