//! `ARRAY(SELECT ...)` in the plan: the rows of the subquery, in its order, under `array_agg`; no rows are an empty array.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion_common::tree_node::{Transformed, TreeNode};
use datafusion_common::{Column, DataFusionError, Result, ScalarValue, Spans};
use datafusion_expr::expr::{AggregateFunction, ScalarFunction, WindowFunction};
use datafusion_expr::expr_rewriter::NamePreserver;
use datafusion_expr::{
    Expr, ExprFunctionExt, Limit, LogicalPlan, LogicalPlanBuilder, Projection, Sort, Subquery, Window,
};
use datafusion_functions_aggregate::array_agg::array_agg_udaf;
use datafusion_functions_window::row_number::row_number_udwf;

use crate::nested;

/// The place of a row in the order of the subquery; no client can type it.
const PLACE: &str = "\u{1}place";

/// Makes aggregates of the array subqueries of a whole plan, nested plans included.
pub(super) fn gathered(plan: LogicalPlan) -> Result<LogicalPlan> {
    let done = plan.transform_up_with_subqueries(|node| {
        let names = NamePreserver::new(&node);
        node.map_expressions(|expr| {
            let name = names.save(&expr);
            let done = expr.transform_up(|part| match part {
                Expr::ScalarFunction(ScalarFunction { func, mut args }) if func.name() == nested::ARRAY_QUERY => {
                    match args.pop() {
                        Some(Expr::ScalarSubquery(subquery)) => array(subquery).map(Transformed::yes),
                        _ => Err(DataFusionError::Internal("an array of no subquery".into())),
                    }
                }
                other => Ok(Transformed::no(other)),
            })?;
            Ok(done.update_data(|expr| name.restore(expr)))
        })
    })?;
    Ok(done.data)
}

fn array(subquery: Subquery) -> Result<Expr> {
    let plan = Arc::unwrap_or_clone(subquery.subquery);
    let (plan, ordered) = numbered(plan)?;
    let schema = Arc::clone(plan.schema());
    let first = schema.columns().into_iter().next();
    let item = Expr::Column(first.ok_or_else(|| DataFusionError::Plan("a subquery without columns".into()))?);
    let item_type = schema.field(0).data_type().clone();
    let order = if ordered { vec![Expr::Column(Column::new_unqualified(PLACE)).sort(true, false)] } else { Vec::new() };
    let call = AggregateFunction::new_udf(array_agg_udaf(), vec![item], false, None, order, None);
    let call = Expr::AggregateFunction(call).alias("\u{1}array");
    let plan = LogicalPlanBuilder::from(plan).aggregate(Vec::<Expr>::new(), vec![call])?.build()?;
    let item_type = if item_type.is_null() { DataType::Utf8 } else { item_type };
    let none = ScalarValue::List(ScalarValue::new_list_nullable(&[], &item_type));
    let outer_ref_columns = plan.all_out_ref_exprs();
    let subquery = Expr::ScalarSubquery(Subquery { subquery: Arc::new(plan), outer_ref_columns, spans: Spans::new() });
    Ok(datafusion_functions::core::expr_fn::coalesce(vec![subquery, Expr::Literal(none, None)]))
}

/// A plan with the places of its rows as a last column, where it has an order.
fn numbered(plan: LogicalPlan) -> Result<(LogicalPlan, bool)> {
    let place = || Expr::Column(Column::new_unqualified(PLACE));
    Ok(match plan {
        LogicalPlan::Sort(sort) => {
            let number = Expr::from(WindowFunction::new(row_number_udwf(), vec![]));
            let number = number.order_by(sort.expr.clone()).build()?.alias(PLACE);
            let input = Arc::new(LogicalPlan::Window(Window::try_new(vec![number], sort.input)?));
            (LogicalPlan::Sort(Sort { input, ..sort }), true)
        }
        LogicalPlan::Limit(limit) => {
            let (input, ordered) = numbered(Arc::unwrap_or_clone(limit.input))?;
            (LogicalPlan::Limit(Limit { input: Arc::new(input), ..limit }), ordered)
        }
        LogicalPlan::Projection(projection) => {
            let (input, ordered) = numbered(Arc::unwrap_or_clone(projection.input))?;
            let items = projection.expr.into_iter().zip(projection.schema.iter());
            let items = items
                .map(|(item, (qualifier, field))| item.unalias().alias_qualified(qualifier.cloned(), field.name()))
                .chain(ordered.then(place));
            (LogicalPlan::Projection(Projection::try_new(items.collect(), Arc::new(input))?), ordered)
        }
        other => (other, false),
    })
}
