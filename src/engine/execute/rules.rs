//! The engine's optimizer rules, less what PostgreSQL's types do not allow.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{FunctionalDependencies, Result};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::eliminate_duplicated_expr::EliminateDuplicatedExpr;
use datafusion::optimizer::eliminate_join::EliminateJoin;
use datafusion::optimizer::optimize_projections::OptimizeProjections;
use datafusion::optimizer::optimizer::{ApplyOrder, Optimizer};
use datafusion::optimizer::push_down_filter::PushDownFilter;
use datafusion::optimizer::single_distinct_to_groupby::SingleDistinctToGroupBy;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

/// All rules, in the engine's order.
pub(super) fn rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let ours: [Rule; 5] = [
        Arc::new(DistinctWithoutSum(SingleDistinctToGroupBy::new())),
        Arc::new(FilterAboveTotals(PushDownFilter::new())),
        Arc::new(WithoutDependencies(Arc::new(OptimizeProjections::new()))),
        Arc::new(WithoutDependencies(Arc::new(EliminateJoin::new()))),
        Arc::new(SortKeysKept(EliminateDuplicatedExpr::new())),
    ];
    let rule = |rule: Rule| ours.iter().find(|own| own.name() == rule.name()).map_or(rule, Arc::clone);
    Optimizer::new().rules.into_iter().map(rule).collect()
}

type Rule = Arc<dyn OptimizerRule + Send + Sync>;

/// Conditions towards the scans, but none below an aggregate that has a row for no rows: what is left of `c = 1 AND c =
/// 2` over a total is a constant, and a constant goes below any GROUP BY. Below grouping sets not even a condition on a
/// key may go: the rows of the other sets have NULL there.
#[derive(Debug)]
struct FilterAboveTotals(PushDownFilter);

impl OptimizerRule for FilterAboveTotals {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if over_totals(&plan) { Ok(Transformed::no(plan)) } else { self.0.rewrite(plan, config) }
    }
}

/// True for filters, one or several, over such an aggregate.
fn over_totals(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Filter(filter) => match filter.input.as_ref() {
            LogicalPlan::Aggregate(aggregate) => {
                let sets = |key: &Expr| matches!(key, Expr::GroupingSet(_));
                aggregate.group_expr.is_empty() || aggregate.group_expr.iter().any(sets)
            }
            below => over_totals(below),
        },
        _ => false,
    }
}

/// `count(DISTINCT x)` as two groupings. A `sum` beside it would become a sum of sums, which has another type: that of
/// integers is bigint and that of bigints numeric, and each sum of numerics has room for more digits.
#[derive(Debug)]
struct DistinctWithoutSum(SingleDistinctToGroupBy);

impl OptimizerRule for DistinctWithoutSum {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let is_sum = |expr: &Expr| match expr {
            Expr::AggregateFunction(AggregateFunction { func, params }) => func.name() == "sum" && !params.distinct,
            _ => false,
        };
        match &plan {
            LogicalPlan::Aggregate(aggregate) if aggregate.aggr_expr.iter().any(is_sum) => Ok(Transformed::no(plan)),
            _ => self.0.rewrite(plan, config),
        }
    }
}

/// A rule that takes no key for granted which a join has repeated: the engine hands the dependencies of a grouped side
/// on as if they held for all columns of the join, so that keys of GROUP BY, and whole joins, would be dropped.
#[derive(Debug)]
struct WithoutDependencies(Rule);

impl OptimizerRule for WithoutDependencies {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let independent = plan.transform_up(|node| match node {
            LogicalPlan::Join(mut join) if !join.schema.functional_dependencies().is_empty() => {
                let schema = join.schema.as_ref().clone();
                join.schema = Arc::new(schema.with_functional_dependencies(FunctionalDependencies::empty())?);
                Ok(Transformed::yes(LogicalPlan::Join(join)))
            }
            other if !other.inputs().is_empty() && !other.schema().functional_dependencies().is_empty() => {
                other.recompute_schema().map(Transformed::yes)
            }
            other => Ok(Transformed::no(other)),
        })?;
        self.0.rewrite(independent.data, config)
    }
}

/// Keys that are written twice count once in GROUP BY. Those of a sort stay: by the same dependencies, keys would go that
/// tell rows apart.
#[derive(Debug)]
struct SortKeysKept(EliminateDuplicatedExpr);

impl OptimizerRule for SortKeysKept {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if matches!(plan, LogicalPlan::Sort(_)) { Ok(Transformed::no(plan)) } else { self.0.rewrite(plan, config) }
    }
}
