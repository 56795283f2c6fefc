//! How many rows EXPLAIN tells: a number for tools that want one, from the shape of the statement alone.
//!
//! Invariant: it depends on nothing but the text. Neither the data nor a rule moves it, so two people are told the same.

use datafusion_expr::{FetchType, LogicalPlan};

/// What a relation is said to have: what PostgreSQL says of a foreign table that it knows nothing about.
const SCAN_ROWS: u64 = 1000;

/// Rows of a plan.
pub(super) fn rows(plan: &LogicalPlan) -> u64 {
    crate::guarded(true, || match plan {
        LogicalPlan::TableScan(_) => SCAN_ROWS,
        LogicalPlan::EmptyRelation(_) => 1,
        LogicalPlan::Values(values) => values.values.len() as u64,
        LogicalPlan::Aggregate(aggregate) if aggregate.group_expr.is_empty() => 1,
        LogicalPlan::Limit(limit) => match limit.get_fetch_type() {
            Ok(FetchType::Literal(Some(fetch))) => rows(&limit.input).min(fetch as u64),
            _ => rows(&limit.input),
        },
        LogicalPlan::Union(union) => union.inputs.iter().map(|input| rows(input)).fold(0, u64::saturating_add),
        other => other.inputs().into_iter().map(rows).max().unwrap_or(SCAN_ROWS),
    })
}
