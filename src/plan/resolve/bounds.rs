//! LIMIT and OFFSET that are no constants, and FETCH WITH TIES: rows are numbered in the order of the query, and those
//! whose number is within the bounds are kept.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion_common::tree_node::Transformed;
use datafusion_common::{Column, Result, ScalarValue};
use datafusion_expr::expr::{ScalarFunction, Sort as SortKey, WindowFunction};
use datafusion_expr::{Expr, ExprFunctionExt, Filter, Limit, LogicalPlan, Projection, Sort, Window, cast, lit};
use datafusion_functions_window::rank::rank_udwf;
use datafusion_functions_window::row_number::row_number_udwf;

use super::lift::has_subquery;
use crate::nested;

/// The number of a row; no client can type it.
const NUMBER: &str = "\u{1}row";
/// The number of the first row that is equal to a row by the order.
const RANK: &str = "\u{1}rank";

/// Rewrites such bounds in a whole plan, nested plans included.
pub(super) fn bounded(plan: LogicalPlan) -> Result<LogicalPlan> {
    let done = plan.transform_up_with_subqueries(|node| match node {
        LogicalPlan::Limit(limit) if is_computed(&limit) => of_limit(limit).map(Transformed::yes),
        other => Ok(Transformed::no(other)),
    })?;
    Ok(done.data)
}

fn is_computed(limit: &Limit) -> bool {
    let computed =
        |bound: &Option<Box<Expr>>| bound.as_deref().is_some_and(|bound| has_subquery(bound) || tied(bound).is_some());
    computed(&limit.skip) || computed(&limit.fetch)
}

/// The number of rows inside of WITH TIES.
fn tied(bound: &Expr) -> Option<&Expr> {
    match bound {
        Expr::ScalarFunction(ScalarFunction { func, args }) if func.name() == nested::WITH_TIES => args.first(),
        _ => None,
    }
}

fn of_limit(limit: Limit) -> Result<LogicalPlan> {
    let columns: Vec<Expr> = limit.input.schema().columns().into_iter().map(Expr::Column).collect();
    let (input, keys, items) = match Arc::unwrap_or_clone(limit.input) {
        LogicalPlan::Sort(sort) => (sort.input, sort.expr, columns),
        LogicalPlan::Projection(projection) => match projection.input.as_ref() {
            LogicalPlan::Sort(sort) => {
                let items = projection.expr.iter().zip(projection.schema.iter()).map(|(item, (qualifier, field))| {
                    item.clone().unalias().alias_qualified(qualifier.cloned(), field.name())
                });
                (Arc::clone(&sort.input), sort.expr.clone(), items.collect())
            }
            _ => (Arc::new(LogicalPlan::Projection(projection)), Vec::new(), columns),
        },
        other => (Arc::new(other), Vec::new(), columns),
    };
    let ties = limit.fetch.as_deref().and_then(tied).cloned();
    let mut calls = vec![numbered(row_number_udwf(), &keys, NUMBER)?];
    if ties.is_some() {
        calls.push(numbered(rank_udwf(), &keys, RANK)?);
    }
    let rows = LogicalPlan::Window(Window::try_new(calls, input)?);
    let number = |name: &str| cast(Expr::Column(Column::new_unqualified(name)), DataType::Int64);
    let given = |bound: Expr, otherwise: i64| {
        let bound = cast(bound, DataType::Int64);
        datafusion_functions::core::expr_fn::coalesce(vec![bound, lit(otherwise)])
    };
    let skip = match limit.skip.map(|skip| *skip) {
        None | Some(Expr::Literal(ScalarValue::Int64(Some(0)), _)) => None,
        Some(skip) => Some(given(skip, 0)),
    };
    let fetch = ties.clone().or(limit.fetch.map(|fetch| *fetch));
    let mut within = skip.clone().map_or(lit(true), |skip| number(NUMBER).gt(skip));
    if let Some(fetch) = fetch {
        let last = match skip {
            Some(skip) => cast(fetch, DataType::Int64) + skip,
            None => fetch,
        };
        within = within.and(number(if ties.is_some() { RANK } else { NUMBER }).lt_eq(given(last, i64::MAX)));
    }
    let kept = LogicalPlan::Filter(Filter::try_new(within, Arc::new(rows))?);
    let by = vec![Expr::Column(Column::new_unqualified(NUMBER)).sort(true, false)];
    let sorted = LogicalPlan::Sort(Sort { expr: by, input: Arc::new(kept), fetch: None });
    Projection::try_new(items, Arc::new(sorted)).map(LogicalPlan::Projection)
}

fn numbered(function: Arc<datafusion_expr::WindowUDF>, keys: &[SortKey], name: &str) -> Result<Expr> {
    let call = Expr::from(WindowFunction::new(function, vec![]));
    let call = if keys.is_empty() { call } else { call.order_by(keys.to_vec()).build()? };
    Ok(call.alias(name))
}
