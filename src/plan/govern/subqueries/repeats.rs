//! Whether a plan gives the same rows when it is read a second time.
//!
//! Invariant: sound, not complete. What is not named here may give others: a random value, rows that a LIMIT or a window
//! chooses among equals, a text or a sum of doubles that hangs on the order of its rows.

use datafusion_common::Result;
use datafusion_common::tree_node::TreeNodeRecursion;
use datafusion_expr::expr::AggregateFunction;
use datafusion_expr::{Distinct, Expr, ExprSchemable, LogicalPlan};

use super::super::GovernedSource;

/// Aggregates whose value is the same whatever the order of the rows.
const UNORDERED: [&str; 7] = ["count", "min", "max", "bool_and", "bool_or", "bit_and", "bit_or"];

pub(super) fn repeats(plan: &LogicalPlan) -> Result<bool> {
    let mut same = true;
    plan.apply_with_subqueries(|node| {
        same &= match node {
            LogicalPlan::TableScan(scan) => {
                scan.fetch.is_none() && scan.source.downcast_ref::<GovernedSource>().is_some()
            }
            LogicalPlan::Sort(sort) => sort.fetch.is_none(),
            LogicalPlan::Aggregate(aggregate) => aggregate.aggr_expr.iter().all(|call| is_unordered(call, aggregate)),
            LogicalPlan::Distinct(Distinct::All(_))
            | LogicalPlan::Projection(_)
            | LogicalPlan::Filter(_)
            | LogicalPlan::Join(_)
            | LogicalPlan::Union(_)
            | LogicalPlan::SubqueryAlias(_)
            | LogicalPlan::Subquery(_)
            | LogicalPlan::Unnest(_)
            | LogicalPlan::Values(_)
            | LogicalPlan::EmptyRelation(_) => true,
            _ => false,
        };
        same &= !node.expressions().iter().any(Expr::is_volatile);
        Ok(if same { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    })?;
    Ok(same)
}

fn is_unordered(call: &Expr, aggregate: &datafusion_expr::Aggregate) -> bool {
    match call {
        Expr::Alias(alias) => is_unordered(&alias.expr, aggregate),
        Expr::AggregateFunction(AggregateFunction { func, .. }) => {
            let exact = || call.get_type(aggregate.input.schema()).is_ok_and(|found| !found.is_floating());
            UNORDERED.contains(&func.name()) || matches!(func.name(), "sum" | "avg") && exact()
        }
        _ => false,
    }
}
