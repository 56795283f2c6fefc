//! Subqueries in places where the planner leaves them undone (ORDER BY, GROUP BY, arguments of aggregates and windows,
//! DISTINCT ON, join conditions) move into a projection below, or a filter above, as PostgreSQL's hidden columns do.
//!
//! Invariant: only the place changes. A node keeps its columns and their names, and every subquery keeps its plan, so
//! that what is governed afterwards is what the client wrote.

use std::sync::Arc;

use datafusion_common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion_common::{Column, DFSchema, DataFusionError, Result};
use datafusion_expr::expr::Sort as SortKey;
use datafusion_expr::utils::{conjunction, split_conjunction_owned};
use datafusion_expr::{
    Aggregate, Distinct, DistinctOn, Expr, Filter, Join, JoinType, LogicalPlan, Projection, Sort, Subquery, Window,
};

use crate::PlanError;

/// Moves the subqueries of a whole plan, nested plans included.
pub(super) fn lift(plan: LogicalPlan) -> Result<LogicalPlan> {
    plan.transform_up_with_subqueries(|node| {
        if !node.expressions().iter().any(has_subquery) {
            return Ok(Transformed::no(node));
        }
        Ok(match node {
            LogicalPlan::Sort(sort) => Transformed::yes(of_sort(sort)?),
            LogicalPlan::Aggregate(aggregate) => Transformed::yes(of_aggregate(aggregate)?),
            LogicalPlan::Window(window) => Transformed::yes(of_window(window)?),
            LogicalPlan::Distinct(Distinct::On(on)) => Transformed::yes(of_distinct_on(on)?),
            LogicalPlan::Join(join) => Transformed::yes(of_join(join)?),
            other => Transformed::no(other),
        })
    })
    .map(|transformed| transformed.data)
}

/// Subqueries taken out of expressions, under the names that stand for them.
#[derive(Default)]
struct Hidden {
    exprs: Vec<Expr>,
    /// Which of several inputs they are beside.
    side: &'static str,
}

impl Hidden {
    fn take(&mut self, expr: Expr) -> Result<Expr> {
        let taken = expr.transform_down(|part| {
            if !is_subquery(&part) {
                return Ok(Transformed::no(part));
            }
            // Equal ones share a column: DISTINCT ON and ORDER BY must go on naming the same.
            let known =
                self.exprs.iter().position(|hidden| matches!(hidden, Expr::Alias(alias) if *alias.expr == part));
            let name = format!("\u{1}subquery{}{}", self.side, known.unwrap_or(self.exprs.len()));
            if known.is_none() {
                self.exprs.push(part.alias(&name));
            }
            Ok(Transformed::new(Expr::Column(Column::new_unqualified(name)), true, TreeNodeRecursion::Jump))
        })?;
        Ok(taken.data)
    }

    fn take_all(&mut self, exprs: Vec<Expr>) -> Result<Vec<Expr>> {
        exprs.into_iter().map(|expr| self.take(expr)).collect()
    }

    fn take_keys(&mut self, keys: Vec<SortKey>) -> Result<Vec<SortKey>> {
        keys.into_iter().map(|key| Ok(SortKey { expr: self.take(key.expr)?, ..key })).collect()
    }

    /// The input with the hidden columns behind its own.
    fn below(self, input: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        let own = input.schema().columns().into_iter().map(Expr::Column);
        let all = own.chain(self.exprs).collect();
        Ok(Arc::new(LogicalPlan::Projection(Projection::try_new(all, input)?)))
    }
}

/// A node under the column names that it had before its expressions changed. The engine's own column of grouping sets is
/// read by `grouping()` alone, inside the aggregation, and is not there once the averages beside it are divided.
fn renamed(node: LogicalPlan, before: &DFSchema) -> Result<LogicalPlan> {
    let columns = node.schema().columns().into_iter().zip(before.iter());
    let shown = columns.filter(|(column, _)| column.name != Aggregate::INTERNAL_GROUPING_ID);
    let items = shown.map(|(column, (qualifier, field))| {
        if column.relation.as_ref() == qualifier && column.name == *field.name() {
            return Expr::Column(column);
        }
        Expr::Column(column).alias_qualified(qualifier.cloned(), field.name())
    });
    Ok(LogicalPlan::Projection(Projection::try_new(items.collect(), Arc::new(node))?))
}

fn of_sort(sort: Sort) -> Result<LogicalPlan> {
    let Sort { expr, input, fetch } = sort;
    let schema = Arc::clone(input.schema());
    let mut hidden = Hidden::default();
    let expr = hidden.take_keys(expr)?;
    let input = match missing(&hidden.exprs, &schema) {
        None => hidden.below(input)?,
        // The subquery refers to a column of FROM that the select list does not give.
        Some(_) => match Arc::unwrap_or_clone(input) {
            LogicalPlan::Projection(projection) if missing(&hidden.exprs, projection.input.schema()).is_none() => {
                let all = projection.expr.into_iter().chain(hidden.exprs).collect();
                Arc::new(LogicalPlan::Projection(Projection::try_new(all, projection.input)?))
            }
            LogicalPlan::Distinct(_) => {
                let words = "for SELECT DISTINCT, ORDER BY expressions must appear in select list";
                return Err(refused(PlanError::InvalidReference(words.into())));
            }
            _ => return Err(refused(PlanError::Unsupported("this subquery in ORDER BY".into()))),
        },
    };
    let sorted = LogicalPlan::Sort(Sort { expr, input, fetch });
    let own = schema.columns().into_iter().map(Expr::Column).collect();
    Ok(LogicalPlan::Projection(Projection::try_new(own, Arc::new(sorted))?))
}

fn of_aggregate(aggregate: Aggregate) -> Result<LogicalPlan> {
    let mut hidden = Hidden::default();
    let group = hidden.take_all(aggregate.group_expr)?;
    let calls = hidden.take_all(aggregate.aggr_expr)?;
    let node = Aggregate::try_new(hidden.below(aggregate.input)?, group, calls)?;
    renamed(LogicalPlan::Aggregate(node), &aggregate.schema)
}

fn of_window(window: Window) -> Result<LogicalPlan> {
    let width = window.input.schema().fields().len();
    let mut hidden = Hidden::default();
    let calls = hidden.take_all(window.window_expr)?;
    let count = hidden.exprs.len();
    let node = LogicalPlan::Window(Window::try_new(calls, hidden.below(window.input)?)?);
    // The hidden columns stand between those of the input and the calls.
    let mut kept: Vec<Expr> = node.schema().columns().into_iter().map(Expr::Column).collect();
    kept.drain(width..width + count);
    let node = LogicalPlan::Projection(Projection::try_new(kept, Arc::new(node))?);
    renamed(node, &window.schema)
}

fn of_distinct_on(on: DistinctOn) -> Result<LogicalPlan> {
    let mut hidden = Hidden::default();
    let on_expr = hidden.take_all(on.on_expr)?;
    let select = hidden.take_all(on.select_expr)?;
    let keys = on.sort_expr.map(|keys| hidden.take_keys(keys)).transpose()?;
    let node = DistinctOn::try_new(on_expr, select, keys, hidden.below(on.input)?)?;
    renamed(LogicalPlan::Distinct(Distinct::On(node)), &on.schema)
}

/// Of an inner join the condition may be checked above; of an outer one what reads its inner side alone, below. Else a
/// subquery becomes a column of the side that it reads.
fn of_join(mut join: Join) -> Result<LogicalPlan> {
    let Some(filter) = join.filter.take() else {
        return Err(refused(PlanError::Unsupported("a subquery in a join key".into())));
    };
    let (moved, kept): (Vec<Expr>, Vec<Expr>) = split_conjunction_owned(filter).into_iter().partition(has_subquery);
    join.filter = conjunction(kept);
    let Some(condition) = conjunction(moved.iter().cloned()) else {
        return Ok(LogicalPlan::Join(join));
    };
    let inner_side = match join.join_type {
        JoinType::Inner => {
            let above = Filter::try_new(condition, Arc::new(LogicalPlan::Join(join)))?;
            return Ok(LogicalPlan::Filter(above));
        }
        JoinType::Left => &mut join.right,
        JoinType::Right => &mut join.left,
        JoinType::Full => return beside(join, moved),
        _ => return Err(refused(PlanError::Unsupported("a subquery in the condition of this join".into()))),
    };
    let schema = Arc::clone(inner_side.schema());
    let alone = |expr: &Expr| missing(std::slice::from_ref(expr), &schema).is_none();
    let (below, others): (Vec<Expr>, Vec<Expr>) = moved.into_iter().partition(alone);
    if let Some(condition) = conjunction(below) {
        *inner_side = Arc::new(LogicalPlan::Filter(Filter::try_new(condition, Arc::clone(inner_side))?));
    }
    if others.is_empty() { Ok(LogicalPlan::Join(join)) } else { beside(join, others) }
}

/// A join with more conditions, their subqueries as columns of its sides.
fn beside(join: Join, conditions: Vec<Expr>) -> Result<LogicalPlan> {
    let columns = join.schema.columns().into_iter().map(Expr::Column).collect();
    let mut left = Hidden { side: "left", ..Hidden::default() };
    let mut right = Hidden { side: "right", ..Hidden::default() };
    let reads = |part: &Expr, side: &LogicalPlan| missing(std::slice::from_ref(part), side.schema()).is_none();
    let mut all = Vec::with_capacity(conditions.len());
    for condition in conditions {
        let taken = condition.transform_down(|part| {
            if !is_subquery(&part) {
                return Ok(Transformed::no(part));
            }
            let side = match () {
                () if reads(&part, &join.left) => &mut left,
                () if reads(&part, &join.right) && !is_lateral(&join.right) => &mut right,
                () => {
                    let what = "a subquery in the condition of an outer join";
                    return Err(refused(PlanError::Unsupported(what.into())));
                }
            };
            Ok(Transformed::new(side.take(part)?, true, TreeNodeRecursion::Jump))
        })?;
        all.push(taken.data);
    }
    let side = |hidden: Hidden, input: Arc<LogicalPlan>| match hidden.exprs.is_empty() {
        true => Ok(input),
        false => hidden.below(input),
    };
    let joined = Join::try_new(
        side(left, join.left)?,
        side(right, join.right)?,
        join.on,
        conjunction(join.filter.into_iter().chain(all)),
        join.join_type,
        join.join_constraint,
        join.null_equality,
        join.null_aware,
    )?;
    Ok(LogicalPlan::Projection(Projection::try_new(columns, Arc::new(LogicalPlan::Join(joined)))?))
}

fn is_lateral(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Subquery(_) => true,
        LogicalPlan::SubqueryAlias(alias) => is_lateral(&alias.input),
        _ => false,
    }
}

/// A column that the expressions need, their subqueries' references outwards included, and that is not in the schema.
fn missing(exprs: &[Expr], schema: &DFSchema) -> Option<Column> {
    let mut found = None;
    for expr in exprs {
        let mut look = |part: &Expr| {
            let columns: Vec<&Column> = match part {
                Expr::Column(column) => vec![column],
                _ => nested(part).map_or_else(Vec::new, |subquery| {
                    let outer = subquery.outer_ref_columns.iter();
                    outer
                        .filter_map(
                            |expr| if let Expr::OuterReferenceColumn(_, column) = expr { Some(column) } else { None },
                        )
                        .collect()
                }),
            };
            found = found.take().or_else(|| columns.into_iter().find(|column| !schema.has_column(column)).cloned());
        };
        // The closure gives no error.
        let _ = expr.apply(|part| {
            look(part);
            Ok(TreeNodeRecursion::Continue)
        });
    }
    found
}

/// The plan inside a subquery expression.
fn nested(expr: &Expr) -> Option<&Subquery> {
    match expr {
        Expr::ScalarSubquery(subquery) => Some(subquery),
        Expr::Exists(exists) => Some(&exists.subquery),
        Expr::InSubquery(list) => Some(&list.subquery),
        Expr::SetComparison(comparison) => Some(&comparison.subquery),
        _ => None,
    }
}

fn is_subquery(expr: &Expr) -> bool {
    nested(expr).is_some()
}

/// True where a subquery stands anywhere in the expression.
pub(crate) fn has_subquery(expr: &Expr) -> bool {
    expr.exists(|part| Ok(is_subquery(part))).unwrap_or(true)
}

fn refused(error: PlanError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
