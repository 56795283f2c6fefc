//! Correlated scalar subqueries as aggregates, which alone the optimizer joins: `LIMIT 1` is the first value in its
//! order, and one without a bound has a single value or is an error, as in PostgreSQL.

use std::sync::Arc;

use datafusion_common::tree_node::{Transformed, TreeNode};
use datafusion_common::{DataFusionError, Result, ScalarValue};
use datafusion_expr::expr::{AggregateFunction, Sort as SortKey};
use datafusion_expr::{Expr, Limit, LogicalPlan, LogicalPlanBuilder, Projection};

use super::single::single_value;
use super::{always_one_row, subquery_of};

/// Rewrites the scalar subqueries in an expression.
pub(super) fn at_most_one_row(expr: Expr) -> Result<Transformed<Expr>> {
    expr.transform_up(|part| match part {
        Expr::ScalarSubquery(subquery) if !subquery.outer_ref_columns.is_empty() => {
            let plan = named(Arc::unwrap_or_clone(subquery.subquery))?;
            let aggregated = match first_of(&plan) {
                _ if is_aggregate(&plan) => plan,
                Some((input, value, order)) => aggregate(input, first_value(value, order))?,
                None => {
                    let value = first_column(&plan)?;
                    aggregate(plan, single_value(value))?
                }
            };
            Ok(Transformed::yes(Expr::ScalarSubquery(subquery_of(named(aggregated)?))))
        }
        other => Ok(Transformed::no(other)),
    })
}

/// The value under a name of its own: the join brings columns of the relations inside beside it.
fn named(plan: LogicalPlan) -> Result<LogicalPlan> {
    const NAME: &str = "\u{1}value";
    match plan {
        LogicalPlan::Projection(projection) if projection.expr.len() == 1 => {
            let value = projection.expr.into_iter().map(|expr| expr.unalias().alias(NAME)).collect();
            Projection::try_new(value, projection.input).map(LogicalPlan::Projection)
        }
        // The order may name the value.
        LogicalPlan::Sort(sort) => Ok(LogicalPlan::Sort(sort)),
        LogicalPlan::Limit(limit) => Ok(LogicalPlan::Limit(limit)),
        other => {
            let value = first_column(&other)?.alias(NAME);
            LogicalPlanBuilder::from(other).project(vec![value])?.build()
        }
    }
}

/// True for an aggregate over everything, with a HAVING or without.
fn is_aggregate(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => is_aggregate(&projection.input),
        LogicalPlan::Filter(filter) => is_aggregate(&filter.input),
        other => always_one_row(other),
    }
}

/// Input, value and order of a plan that ends in `LIMIT 1`.
fn first_of(plan: &LogicalPlan) -> Option<(LogicalPlan, Expr, Vec<SortKey>)> {
    let limit = match plan {
        LogicalPlan::Limit(limit) if is_one(limit) => limit,
        _ => return None,
    };
    let first = |plan: &LogicalPlan| first_column(plan).ok();
    Some(match limit.input.as_ref() {
        LogicalPlan::Sort(sort) => (sort.input.as_ref().clone(), first(&sort.input)?, sort.expr.clone()),
        LogicalPlan::Projection(projection) => match projection.input.as_ref() {
            LogicalPlan::Sort(sort) => {
                (sort.input.as_ref().clone(), projection.expr.first()?.clone().unalias(), sort.expr.clone())
            }
            _ => (limit.input.as_ref().clone(), first(&limit.input)?, Vec::new()),
        },
        other => (other.clone(), first(other)?, Vec::new()),
    })
}

fn is_one(limit: &Limit) -> bool {
    let number = |expr: &Option<Box<Expr>>| match expr.as_deref() {
        Some(Expr::Literal(ScalarValue::Int64(Some(n)), _)) => Some(*n),
        _ => None,
    };
    number(&limit.fetch) == Some(1) && (limit.skip.is_none() || number(&limit.skip) == Some(0))
}

fn first_value(value: Expr, order: Vec<SortKey>) -> Expr {
    let function = datafusion_functions_aggregate::first_last::first_value_udaf();
    Expr::AggregateFunction(AggregateFunction::new_udf(function, vec![value], false, None, order, None))
}

fn aggregate(input: LogicalPlan, call: Expr) -> Result<LogicalPlan> {
    LogicalPlanBuilder::from(input).aggregate(Vec::<Expr>::new(), vec![call])?.build()
}

fn first_column(plan: &LogicalPlan) -> Result<Expr> {
    let column = plan.schema().columns().into_iter().next().map(Expr::Column);
    column.ok_or_else(|| DataFusionError::Plan("a subquery without columns".into()))
}
