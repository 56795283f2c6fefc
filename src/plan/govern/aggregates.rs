//! Aggregates over fields that exist inside aggregates alone (governance G13): small groups show NULL.
//!
//! Invariant: runs after every other use of such a field was refused (see [`super::lineage`]), so each is the whole
//! argument of `sum`, `avg` or `count` over rows of its own relation, each row once: joined, if at all, to relations by
//! their keys. A group's number is that of the
//! rows whose value is not NULL: a group of five of whom one is paid tells that one's pay.
//!
//! What this does not stop: two large groups that differ by one row. Totals are for people who are trusted not to do
//! that sum; each such statement is in the audit with its conditions.

use std::sync::Arc;

use arrow::datatypes::FieldRef as ArrowField;
use datafusion_common::tree_node::Transformed;
use datafusion_common::{Column, Result};
use datafusion_expr::expr::{AggregateFunction, AggregateFunctionParams};
use datafusion_expr::{Aggregate, Expr, LogicalPlan, Projection, lit, when};
use datafusion_functions_aggregate::expr_fn::count;

use super::GovernedSource;
use super::lineage::FieldRef;
use super::unique::{Side, meets_one};
use crate::PlanError;
use crate::planner::from_planner;

/// Aggregates that may be given a field of this kind: none gives back a single value.
const ALLOWED: [&str; 3] = ["sum", "avg", "count"];

/// The column that one of the allowed aggregates is called on, with nothing beside it.
pub(super) fn plain_call(expr: &Expr) -> Option<&Column> {
    let call = match expr {
        Expr::Alias(alias) => return plain_call(&alias.expr),
        Expr::AggregateFunction(call) => call,
        _ => return None,
    };
    let AggregateFunction { func, params } = call;
    let AggregateFunctionParams { args, distinct, filter, order_by, null_treatment: _ } = params;
    match args.as_slice() {
        [Expr::Column(column)]
            if ALLOWED.contains(&func.name()) && !distinct && filter.is_none() && order_by.is_empty() =>
        {
            Some(column)
        }
        _ => None,
    }
}

/// Puts the number of each group beside such aggregates, and NULL in their place where it is too small.
pub(super) fn guard(plan: LogicalPlan) -> std::result::Result<LogicalPlan, PlanError> {
    let guarded = plan.transform_up_with_subqueries(|node| match node {
        LogicalPlan::Aggregate(aggregate) => of_aggregate(aggregate),
        // What became nullable below must be known above.
        other if !other.inputs().is_empty() => other.recompute_schema().map(Transformed::yes),
        other => Ok(Transformed::no(other)),
    });
    guarded.map(|t| t.data).map_err(from_planner)
}

fn of_aggregate(aggregate: Aggregate) -> Result<Transformed<LogicalPlan>> {
    let least = |expr: &Expr| plain_call(expr).and_then(|column| field_of(&aggregate.input, column)).map(|(_, n)| n);
    let found: Vec<Option<u64>> = aggregate.aggr_expr.iter().map(least).collect();
    if found.iter().all(Option::is_none) {
        return Aggregate::try_new(aggregate.input, aggregate.group_expr, aggregate.aggr_expr)
            .map(|same| Transformed::yes(LogicalPlan::Aggregate(same)));
    }
    let mut calls = aggregate.aggr_expr.clone();
    for (number, (call, least)) in aggregate.aggr_expr.iter().zip(&found).enumerate() {
        if let (Some(column), Some(_)) = (plain_call(call), least) {
            calls.push(count(Expr::Column(column.clone())).alias(group_size(number)));
        }
    }
    let keys = aggregate.schema.fields().len() - aggregate.aggr_expr.len();
    let counted = Aggregate::try_new(aggregate.input, aggregate.group_expr, calls)?;
    // The engine's own column of grouping sets is read by `grouping()` alone, inside the aggregation.
    let shown = |(_, (_, field)): &(usize, (_, &ArrowField))| field.name() != Aggregate::INTERNAL_GROUPING_ID;
    let items = aggregate.schema.iter().enumerate().filter(shown).map(|(place, (qualifier, field))| {
        let value = Expr::Column(Column::new(qualifier.cloned(), field.name()));
        let number = place.checked_sub(keys);
        match number.and_then(|number| Some((number, (*found.get(number)?)?))) {
            Some((number, least)) => {
                let size = Expr::Column(Column::new_unqualified(group_size(number)));
                let least = i64::try_from(least).unwrap_or(i64::MAX);
                let shown = when(size.gt_eq(lit(least)), value).end()?;
                Ok(shown.alias_qualified(qualifier.cloned(), field.name()))
            }
            None => Ok(value),
        }
    });
    let items = items.collect::<Result<Vec<_>>>()?;
    Projection::try_new(items, Arc::new(LogicalPlan::Aggregate(counted)))
        .map(|shown| Transformed::yes(LogicalPlan::Projection(shown)))
}

/// Names that no client can write.
fn group_size(number: usize) -> String {
    format!("\u{1}group{number}")
}

/// The field that a column is, unchanged and with each of its rows once, where it exists in aggregates alone.
pub(super) fn field_of(plan: &LogicalPlan, column: &Column) -> Option<(FieldRef, u64)> {
    let position = plan.schema().maybe_index_of_column(column)?;
    match plan {
        LogicalPlan::TableScan(scan) => {
            let source = scan.source.downcast_ref::<GovernedSource>()?;
            let place = scan.projection.as_ref().map_or(Some(position), |kept| kept.get(position).copied())?;
            let field = *source.fields().get(place)?;
            let least = source.decision().fields.get(field)?.aggregate_only?;
            Some(((source.decision().entity, field), least))
        }
        LogicalPlan::SubqueryAlias(alias) => field_of(&alias.input, alias.input.schema().columns().get(position)?),
        LogicalPlan::Filter(filter) => field_of(&filter.input, column),
        LogicalPlan::Sort(sort) => field_of(&sort.input, column),
        LogicalPlan::Limit(limit) => field_of(&limit.input, column),
        // A join keeps each row once where it looks something up by its key. Rows that an outer join fills with NULL
        // have no value to count.
        LogicalPlan::Join(join) => {
            let side =
                if join.left.schema().maybe_index_of_column(column).is_some() { Side::Left } else { Side::Right };
            let own = if side == Side::Left { &join.left } else { &join.right };
            if meets_one(join, side) { field_of(own, column) } else { None }
        }
        LogicalPlan::Projection(projection) => {
            let mut expr = projection.expr.get(position)?;
            while let Expr::Alias(alias) = expr {
                expr = &alias.expr;
            }
            match expr {
                Expr::Column(inner) => field_of(&projection.input, inner),
                _ => None,
            }
        }
        _ => None,
    }
}
