//! Names for what a subquery is correlated by. The engine brings the columns that stand beside references outwards up to
//! the join by their bare names, and takes two of one name for the same: conditions would be lost without a word.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion_common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion_common::{Column, DataFusionError, Result};
use datafusion_expr::expr::{Exists, InSubquery, SetComparison};
use datafusion_expr::utils::{conjunction, split_conjunction, split_conjunction_owned};
use datafusion_expr::{Expr, Filter, JoinType, LogicalPlan, Projection, Subquery, lit};

use super::subquery_of;
use crate::PlanError;

/// Gives such columns names of their own in each subquery of an expression that needs it.
pub(super) fn told_apart(expr: Expr) -> Result<Transformed<Expr>> {
    expr.transform_up(|part| {
        Ok(match part {
            Expr::ScalarSubquery(subquery) => of_subquery(subquery, false)?.update_data(Expr::ScalarSubquery),
            Expr::Exists(Exists { subquery, negated }) => {
                of_subquery(subquery, false)?.update_data(|subquery| Expr::Exists(Exists { subquery, negated }))
            }
            Expr::InSubquery(InSubquery { expr, subquery, negated }) => of_subquery(subquery, true)?
                .update_data(|subquery| Expr::InSubquery(InSubquery { expr, subquery, negated })),
            Expr::SetComparison(SetComparison { expr, subquery, op, quantifier }) => of_subquery(subquery, true)?
                .update_data(|subquery| Expr::SetComparison(SetComparison { expr, subquery, op, quantifier })),
            other => Transformed::no(other),
        })
    })
}

/// `compared`: with its one output, which is then a column of the join as well.
fn of_subquery(mut subquery: Subquery, compared: bool) -> Result<Transformed<Subquery>> {
    if subquery.outer_ref_columns.is_empty() {
        return Ok(Transformed::no(subquery));
    }
    let lifted = Arc::unwrap_or_clone(subquery.subquery).transform_up(conditions_above)?;
    subquery.subquery = Arc::new(lifted.data);
    let mut columns = BTreeSet::new();
    let mut outputs = 0;
    subquery.subquery.apply(|node| {
        if let LogicalPlan::Filter(filter) = node {
            columns.extend(correlating(filter));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    if compared && !columns.is_empty() {
        outputs = subquery
            .subquery
            .schema()
            .columns()
            .iter()
            .filter(|output| columns.iter().any(|c| c.name == output.name))
            .count();
    }
    let names: BTreeSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    if names.len() == columns.len() && outputs == 0 {
        return Ok(Transformed::new_transformed(subquery, lifted.transformed));
    }
    let mut number = 0;
    let plan = renamed(Arc::unwrap_or_clone(subquery.subquery), &mut number)?;
    Ok(Transformed::yes(subquery_of(plan)))
}

/// Conditions of an inner join that refer outwards, as a filter above it.
fn conditions_above(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let LogicalPlan::Join(mut join) = plan else { return Ok(Transformed::no(plan)) };
    let outwards = join.filter.as_ref().is_some_and(Expr::contains_outer);
    if join.join_type != JoinType::Inner || !outwards {
        return Ok(Transformed::no(LogicalPlan::Join(join)));
    }
    let conjuncts = join.filter.take().map(split_conjunction_owned).unwrap_or_default();
    let (above, kept): (Vec<Expr>, Vec<Expr>) = conjuncts.into_iter().partition(Expr::contains_outer);
    join.filter = conjunction(kept);
    let condition = conjunction(above).unwrap_or_else(|| lit(true));
    Filter::try_new(condition, Arc::new(LogicalPlan::Join(join)))
        .map(|filter| Transformed::yes(LogicalPlan::Filter(filter)))
}

/// The columns of the subquery's own relations in conjuncts that refer outwards.
fn correlating(filter: &Filter) -> Vec<Column> {
    let conjuncts = split_conjunction(&filter.predicate).into_iter().filter(|conjunct| conjunct.contains_outer());
    conjuncts.flat_map(|conjunct| conjunct.column_refs().into_iter().cloned()).collect()
}

/// Goes down through nodes that drop what they do not name, so that more columns below them change nothing.
fn renamed(plan: LogicalPlan, number: &mut usize) -> Result<LogicalPlan> {
    match plan {
        LogicalPlan::Filter(filter) => {
            let columns = correlating(&filter);
            if columns.is_empty() {
                let input = renamed(Arc::unwrap_or_clone(filter.input), number)?;
                return Filter::try_new(filter.predicate, Arc::new(input)).map(LogicalPlan::Filter);
            }
            let mut items: Vec<Expr> = filter.input.schema().columns().into_iter().map(Expr::Column).collect();
            let mut named: Vec<(Column, String)> = Vec::new();
            for column in columns {
                if !named.iter().any(|(known, _)| *known == column) {
                    *number += 1;
                    let name = format!("\u{1}correlated{number}");
                    items.push(Expr::Column(column.clone()).alias(&name));
                    named.push((column, name));
                }
            }
            let replaced = |conjunct: Expr| {
                if !conjunct.contains_outer() {
                    return Ok(conjunct);
                }
                let replaced = conjunct.transform_up(|part| match part {
                    Expr::Column(column) => match named.iter().find(|(known, _)| *known == column) {
                        Some((_, name)) => Ok(Transformed::yes(Expr::Column(Column::new_unqualified(name)))),
                        None => Ok(Transformed::no(Expr::Column(column))),
                    },
                    other => Ok(Transformed::no(other)),
                })?;
                Ok(replaced.data)
            };
            let conjuncts = split_conjunction_owned(filter.predicate).into_iter().map(replaced);
            let predicate = conjunction(conjuncts.collect::<Result<Vec<_>>>()?).unwrap_or_else(|| lit(true));
            let input = Projection::try_new(items, filter.input)?;
            Filter::try_new(predicate, Arc::new(LogicalPlan::Projection(input))).map(LogicalPlan::Filter)
        }
        LogicalPlan::Projection(projection) => {
            let input = renamed(Arc::unwrap_or_clone(projection.input), number)?;
            Projection::try_new(projection.expr, Arc::new(input)).map(LogicalPlan::Projection)
        }
        LogicalPlan::Aggregate(aggregate) => {
            let input = renamed(Arc::unwrap_or_clone(aggregate.input), number)?;
            datafusion_expr::Aggregate::try_new(Arc::new(input), aggregate.group_expr, aggregate.aggr_expr)
                .map(LogicalPlan::Aggregate)
        }
        other if other.all_out_ref_exprs().is_empty() => Ok(other),
        _ => Err(DataFusionError::External(Box::new(PlanError::Unsupported(
            "a subquery that is correlated in this way".into(),
        )))),
    }
}
