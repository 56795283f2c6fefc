//! The engine's optimizer rules, less what PostgreSQL's types do not allow.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{FunctionalDependencies, Result};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::common_subexpr_eliminate::CommonSubexprEliminate;
use datafusion::optimizer::eliminate_duplicated_expr::EliminateDuplicatedExpr;
use datafusion::optimizer::eliminate_join::EliminateJoin;
use datafusion::optimizer::optimize_projections::OptimizeProjections;
use datafusion::optimizer::optimizer::{ApplyOrder, Optimizer};
use datafusion::optimizer::push_down_filter::PushDownFilter;
use datafusion::optimizer::push_down_limit::PushDownLimit;
use datafusion::optimizer::simplify_expressions::SimplifyExpressions;
use datafusion::optimizer::single_distinct_to_groupby::SingleDistinctToGroupBy;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};
use sluice_base::Limits;

use super::constants::Copies;
use super::late::Late;

type Rule = Arc<dyn OptimizerRule + Send + Sync>;

/// All rules, in the engine's order. Where constants were computed, [`Copies`] looks at them next; where sorts were told of
/// their limits, [`Late`] looks at their target lists.
pub(super) fn rules(limits: &Limits) -> Vec<Rule> {
    let ours: [Rule; 6] = [
        Arc::new(Except { rule: Arc::new(CommonSubexprEliminate::new()), left: has_window }),
        Arc::new(Except { rule: Arc::new(SingleDistinctToGroupBy::new()), left: has_sum }),
        Arc::new(Except { rule: Arc::new(PushDownFilter::new()), left: over_totals }),
        Arc::new(Except { rule: Arc::new(EliminateDuplicatedExpr::new()), left: is_sort }),
        Arc::new(WithoutDependencies(Arc::new(OptimizeProjections::new()))),
        Arc::new(WithoutDependencies(Arc::new(EliminateJoin::new()))),
    ];
    let rule = |rule: Rule| ours.iter().find(|own| own.name() == rule.name()).map_or(rule, Arc::clone);
    let copies: Rule = Arc::new(Copies::new(limits));
    let computes = SimplifyExpressions::new();
    let limits_sorts = PushDownLimit::new();
    let with_ours = |rule: Rule| match rule.name() {
        name if name == computes.name() => vec![rule, Arc::clone(&copies)],
        name if name == limits_sorts.name() => vec![rule, Arc::new(Late)],
        _ => vec![rule],
    };
    Optimizer::new().rules.into_iter().map(rule).flat_map(with_ours).collect()
}

/// A rule that leaves some nodes as they are.
#[derive(Debug)]
struct Except {
    rule: Rule,
    left: fn(&LogicalPlan) -> bool,
}

impl OptimizerRule for Except {
    fn name(&self) -> &str {
        self.rule.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.rule.apply_order()
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if (self.left)(&plan) { Ok(Transformed::no(plan)) } else { self.rule.rewrite(plan, config) }
    }
}

/// A `sum` beside `count(DISTINCT x)`, which the engine makes two groupings of: a sum of sums has another type than the
/// sum. That of integers is bigint and that of bigints numeric, and each sum of numerics has room for more digits.
fn has_sum(plan: &LogicalPlan) -> bool {
    let is_sum = |expr: &Expr| match expr {
        Expr::AggregateFunction(AggregateFunction { func, params }) => func.name() == "sum" && !params.distinct,
        _ => false,
    };
    matches!(plan, LogicalPlan::Aggregate(aggregate) if aggregate.aggr_expr.iter().any(is_sum))
}

/// Windows: where two calls have become the same one (`sum(x)` and the sum that a deviation of `x` needs), the engine would
/// compute it once in a projection below, which cannot hold a window.
fn has_window(plan: &LogicalPlan) -> bool {
    plan.exists(|node| Ok(matches!(node, LogicalPlan::Window(_)))).unwrap_or(true)
}

/// The keys of a sort: by the dependencies that [`WithoutDependencies`] tells of, keys would go that tell rows apart.
fn is_sort(plan: &LogicalPlan) -> bool {
    matches!(plan, LogicalPlan::Sort(_))
}

/// Conditions, one or several, over an aggregate that has a row for no rows: what is left of `c = 1 AND c = 2` over a
/// total is a constant, and the engine puts a constant below any GROUP BY. Below grouping sets not even a condition on a
/// key may go: the rows of the other sets have NULL there.
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
