//! From text to a governed plan: parse, resolve names against the semantic catalog, govern each scan.
//!
//! Invariants: a [`Governed`] is made by [`prepare`] only; every scan in it is a leaf over a
//! [`govern::GovernedSource`] that carries its decision, so there is nothing below it that could be reached or moved.
//! This room depends on DataFusion's planning crates alone: it cannot execute.

mod bytes;
mod chinese;
pub mod datetime;
mod effort;
mod error;
mod generic;
pub mod govern;
mod nested;
pub mod numeric;
mod planner;
#[cfg(all(feature = "leak-probe", debug_assertions))]
mod probe;
mod query;
mod resolve;
mod statement;
pub mod types;

pub use error::PlanError;
pub use generic::{PLANS_BYTES, PlanCacheMode, Plans};
pub use govern::{
    Explanation, GenericPlan, Governed, GovernedSource, LookupPredicate, Telling, WorkTable, explain_limits,
};
pub use nested::{Grows, grows, pattern_matches, spelled};
pub use query::Query;
pub use resolve::{Asker, Described, SessionCall, SessionValue, checked_pattern};
pub use statement::{
    Argument, CopyFormat, CopyOptions, ExplainOptions, FetchCount, IsolationLevel, Statement, StatementKind,
    TransactionModes, parse,
};

use sluice_base::{Datum, SqlType};

/// Names and types of a query's columns and parameters, without running it.
///
/// # Errors
/// Whatever [`prepare`] would refuse at the same place.
pub fn describe(query: &Query, asker: &Asker, param_types: &[Option<SqlType>]) -> Result<Described, PlanError> {
    guarded(query.is_short(), || resolve::describe(query, asker, param_types)).map(|(described, _)| described)
}

/// Resolves and governs a query for one principal, with its parameter values.
///
/// # Errors
/// [`PlanError`], each kind with its SQLSTATE.
pub fn prepare(query: &Query, asker: &Asker, params: &[(SqlType, Datum)]) -> Result<Governed, PlanError> {
    guarded(query.is_short(), || {
        let resolved = resolve::resolve(query, asker, params)?;
        govern::govern(resolved, asker)
    })
}

/// Stack for walks over deep, but bounded, statements.
const STACK_BYTES: usize = 64 << 20;

/// Tokens up to which a statement is short: however it is nested, its tree is never deep.
const SHORT_TOKENS: usize = 400;

/// Runs a planning step with stack enough: passes of the planner and the optimizer recurse over the tree. What a deep tree
/// touches of a stack goes back at once, because the stack is its own; a short statement runs on its thread's, where that
/// is large.
pub fn guarded<T>(short: bool, work: impl FnOnce() -> T) -> T {
    if short { stacker::maybe_grow(STACK_BYTES, STACK_BYTES, work) } else { stacker::grow(STACK_BYTES, work) }
}
