//! The optimizer's rules: DataFusion's own, but for one that changes types.
//!
//! `count(DISTINCT x), sum(y)` becomes an aggregation over an aggregation there, and a sum of sums is of a wider type than
//! the sum that was announced. So the rule is left out where there is a sum beside what is distinct.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::optimizer::{ApplyOrder, Optimizer};
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

/// Every rule, in DataFusion's order.
pub(super) fn optimizer_rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let kept = |rule: Arc<dyn OptimizerRule + Send + Sync>| match rule.name() {
        "single_distinct_aggregation_to_group_by" => Arc::new(WithoutSums { rule }) as Arc<_>,
        _ => rule,
    };
    Optimizer::new().rules.into_iter().map(kept).collect()
}

/// A rule that passes over aggregations with a sum of all values.
#[derive(Debug)]
struct WithoutSums {
    rule: Arc<dyn OptimizerRule + Send + Sync>,
}

impl OptimizerRule for WithoutSums {
    fn name(&self) -> &str {
        self.rule.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.rule.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let sums = match &plan {
            LogicalPlan::Aggregate(aggregate) => aggregate.aggr_expr.iter().any(is_sum_of_all),
            _ => false,
        };
        if sums { Ok(Transformed::no(plan)) } else { self.rule.rewrite(plan, config) }
    }
}

fn is_sum_of_all(expr: &Expr) -> bool {
    match expr {
        Expr::Alias(alias) => is_sum_of_all(&alias.expr),
        Expr::AggregateFunction(call) => call.func.name() == "sum" && !call.params.distinct,
        _ => false,
    }
}
