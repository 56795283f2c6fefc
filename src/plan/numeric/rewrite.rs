//! Averages of integers and numerics as a sum divided by a count, in aggregations and in windows.
//!
//! Invariant: the rewritten node has the columns of the old one, by name, type and order; DISTINCT, FILTER and the window
//! are those of the average.

use std::sync::Arc;

use datafusion_common::tree_node::Transformed;
use datafusion_common::{Column, Result};
use datafusion_expr::expr::{AggregateFunction, WindowFunction};
use datafusion_expr::{
    Aggregate, AggregateUDF, Expr, ExprSchemable, LogicalPlan, Projection, Window, WindowFunctionDefinition,
};
use datafusion_functions_aggregate::count::count_udaf;

use super::aggregate::Average;
use super::scaled::{Operation, call, value};

/// Rewrites every average of the plan and its nested plans. `sum` is the exact one.
pub(crate) fn averages(plan: LogicalPlan, sum: &Arc<AggregateUDF>) -> Result<LogicalPlan> {
    plan.transform_up_with_subqueries(|node| match node {
        LogicalPlan::Aggregate(aggregate)
            if aggregate.aggr_expr.iter().any(|call| parts(call, sum, &aggregate.input).is_some()) =>
        {
            split_aggregate(aggregate, sum).map(Transformed::yes)
        }
        LogicalPlan::Window(window)
            if window.window_expr.iter().any(|call| parts(call, sum, &window.input).is_some()) =>
        {
            split_window(window, sum).map(Transformed::yes)
        }
        other => Ok(Transformed::no(other)),
    })
    .map(|rewritten| rewritten.data)
}

/// The sum and the count of an average of numerics; `None` for any other expression.
fn parts(expr: &Expr, sum: &Arc<AggregateUDF>, input: &LogicalPlan) -> Option<(Expr, Expr)> {
    let with = |function: Arc<AggregateUDF>| match expr.clone().unalias() {
        Expr::AggregateFunction(call) => Expr::AggregateFunction(AggregateFunction { func: function, ..call }),
        Expr::WindowFunction(call) => {
            let fun = WindowFunctionDefinition::AggregateUDF(function);
            Expr::WindowFunction(Box::new(WindowFunction { fun, ..*call }))
        }
        other => other,
    };
    let function = match expr {
        Expr::Alias(alias) => return parts(&alias.expr, sum, input),
        Expr::AggregateFunction(call) => &call.func,
        Expr::WindowFunction(call) => match &call.fun {
            WindowFunctionDefinition::AggregateUDF(function) => function,
            WindowFunctionDefinition::WindowUDF(_) => return None,
        },
        _ => return None,
    };
    let numeric =
        function.inner().is::<Average>() && expr.get_type(input.schema()).is_ok_and(|found| found.is_decimal());
    numeric.then(|| (with(Arc::clone(sum)), with(count_udaf())))
}

fn split_aggregate(aggregate: Aggregate, sum: &Arc<AggregateUDF>) -> Result<LogicalPlan> {
    let before = LogicalPlan::Aggregate(aggregate.clone());
    let mut split = Split::default();
    let places: Vec<Place> =
        aggregate.aggr_expr.iter().map(|expr| split.add(expr, parts(expr, sum, &aggregate.input))).collect();
    let after = Aggregate::try_new(aggregate.input, aggregate.group_expr, split.exprs)?;
    project(&before, LogicalPlan::Aggregate(after), places)
}

fn split_window(window: Window, sum: &Arc<AggregateUDF>) -> Result<LogicalPlan> {
    let before = LogicalPlan::Window(window.clone());
    let mut split = Split::default();
    let places: Vec<Place> =
        window.window_expr.iter().map(|expr| split.add(expr, parts(expr, sum, &window.input))).collect();
    let after = Window::try_new(split.exprs, window.input)?;
    project(&before, LogicalPlan::Window(after), places)
}

/// Where the value of a call is found among the calls of the new node.
enum Place {
    At(usize),
    Quotient(usize, usize),
}

/// The calls of the new node, each once.
#[derive(Default)]
struct Split {
    exprs: Vec<Expr>,
}

impl Split {
    fn add(&mut self, expr: &Expr, parts: Option<(Expr, Expr)>) -> Place {
        match parts {
            Some((sum, count)) => Place::Quotient(self.one(sum), self.one(count)),
            None => Place::At(self.one(expr.clone())),
        }
    }

    fn one(&mut self, expr: Expr) -> usize {
        match self.exprs.iter().position(|known| *known == expr) {
            Some(at) => at,
            None => {
                let at = self.exprs.len();
                // Names leave casts out: different calls may have one name.
                let name = expr.schema_name().to_string();
                let taken = self.exprs.iter().any(|known| known.schema_name().to_string() == name);
                self.exprs.push(if taken { expr.alias(format!("\u{1}{name}:{at}")) } else { expr });
                at
            }
        }
    }
}

/// The columns of the old node over the new one: those before the calls as they are, then the calls.
fn project(before: &LogicalPlan, after: LogicalPlan, places: Vec<Place>) -> Result<LogicalPlan> {
    let (old, new) = (before.schema(), after.schema());
    let kept = old.fields().len() - places.len();
    let column = |at: usize| Expr::Column(Column::from(new.qualified_field(at)));
    // The engine's own column of grouping sets is read by `grouping()` alone, inside the aggregation.
    let hidden = |at: &usize| new.field(*at).name() == Aggregate::INTERNAL_GROUPING_ID;
    let mut exprs: Vec<Expr> = (0..kept).filter(|at| !hidden(at)).map(column).collect();
    for (n, place) in places.iter().enumerate() {
        let (qualifier, field) = old.qualified_field(kept + n);
        exprs.push(match place {
            Place::At(at) if new.field(kept + at).name() == field.name() => column(kept + at),
            Place::At(at) => column(kept + at).alias_qualified(qualifier.cloned(), field.name()),
            Place::Quotient(sum, count) => {
                let quotient = call(Operation::Divide, vec![column(kept + sum), column(kept + count)]);
                value(quotient).alias_qualified(qualifier.cloned(), field.name())
            }
        });
    }
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(after))?))
}
