//! Values that a LIMIT leaves out are not computed: the target list of `ORDER BY ... LIMIT` comes after the sort.
//!
//! PostgreSQL does so for what is expensive (`make_sort_input_target` in its planner). Here the sort and its limit get to
//! the source as well, which they do not below an expression that the source cannot compute.
//!
//! Invariant: only a sort with a limit moves, and only where its keys are columns that the target list hands on as they
//! are; which rows come, and in which order, stays the same.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::expr::Sort as SortKey;
use datafusion::logical_expr::{Expr, LogicalPlan, Projection, Sort};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

/// The rule.
#[derive(Debug)]
pub(super) struct Late;

impl OptimizerRule for Late {
    fn name(&self) -> &str {
        "late_target_list"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Sort(Sort { expr, input, fetch: Some(fetch) }) = &plan else {
            return Ok(Transformed::no(plan));
        };
        let LogicalPlan::Projection(projection) = input.as_ref() else { return Ok(Transformed::no(plan)) };
        if projection.expr.iter().all(|item| plain(item).is_some()) || projection.expr.iter().any(is_many) {
            return Ok(Transformed::no(plan));
        }
        let Some(keys) = expr.iter().map(|key| below(key, projection)).collect::<Option<Vec<_>>>() else {
            return Ok(Transformed::no(plan));
        };
        let sort = Sort { expr: keys, input: Arc::clone(&projection.input), fetch: Some(*fetch) };
        let schema = Arc::clone(&projection.schema);
        let late = Projection::try_new_with_schema(projection.expr.clone(), Arc::new(LogicalPlan::Sort(sort)), schema)?;
        Ok(Transformed::yes(LogicalPlan::Projection(late)))
    }
}

/// The same key over the rows that the target list is computed from.
fn below(key: &SortKey, projection: &Projection) -> Option<SortKey> {
    let Expr::Column(column) = &key.expr else { return None };
    let place = projection.schema.maybe_index_of_column(column)?;
    Some(SortKey { expr: plain(projection.expr.get(place)?)?.clone(), ..key.clone() })
}

/// The column that an item hands on.
fn plain(item: &Expr) -> Option<&Expr> {
    match item {
        Expr::Column(_) => Some(item),
        Expr::Alias(alias) => plain(&alias.expr),
        _ => None,
    }
}

/// Items that give several rows for one.
fn is_many(item: &Expr) -> bool {
    item.exists(|part| Ok(matches!(part, Expr::Unnest(_)))).unwrap_or(true)
}
