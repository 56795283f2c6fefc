//! Whether a relation has at most one row for each value of some of its columns.
//!
//! Invariant: sound, not complete. `true` rests on a key that the catalog declares, read as it is, or on a GROUP BY;
//! whatever stands between that could repeat a row gives `false`.

use std::collections::BTreeSet;

use arrow::datatypes::DataType;
use datafusion_common::Column;
use datafusion_expr::expr::BinaryExpr;
use datafusion_expr::utils::split_conjunction;
use datafusion_expr::{Expr, ExprSchemable, Join, JoinType, LogicalPlan, Operator};

use super::GovernedSource;
use crate::resolve::has_subquery;

/// Which side of a join is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// True where each row of one side meets at most one of the other: what that is joined by holds its key.
pub(super) fn meets_one(join: &Join, side: Side) -> bool {
    let other = if side == Side::Left { &join.right } else { &join.left };
    let mut equal: Vec<(&Expr, &Expr)> = join.on.iter().map(|(left, right)| (left, right)).collect();
    for part in join.filter.iter().flat_map(split_conjunction) {
        if let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) = part {
            equal.push((left, right));
        }
    }
    let own = if side == Side::Left { &join.left } else { &join.right };
    let of_other = |expr: &Expr| match expr {
        Expr::Column(column) => other.schema().maybe_index_of_column(column),
        _ => None,
    };
    // Nothing but a value that the row has before it meets another: `key = key || ''` holds for every pair.
    let of_own = |expr: &Expr| {
        let columns = expr.column_refs();
        let all = columns.iter().all(|column| {
            own.schema().maybe_index_of_column(column).is_some()
                && other.schema().maybe_index_of_column(column).is_none()
        });
        all && !expr.is_volatile() && !has_subquery(expr)
    };
    // Types are not settled yet. Where the two sides differ, the key may be compared as something that several keys are
    // alike as: five different integers are the same double.
    let alike = |column: usize, expr: &Expr| {
        let theirs = other.schema().field(column).data_type();
        is_exact(theirs) && expr.get_type(own.schema().as_ref()).is_ok_and(|own| own == *theirs)
    };
    let columns = equal.into_iter().filter_map(|(left, right)| match (of_other(left), of_other(right)) {
        (Some(column), None) if of_own(right) && alike(column, right) => Some(column),
        (None, Some(column)) if of_own(left) && alike(column, left) => Some(column),
        _ => None,
    });
    is_unique(other, &columns.collect())
}

/// Types whose values are equal only where they are the same: not so doubles, of which nought is two.
fn is_exact(data_type: &DataType) -> bool {
    data_type.is_integer()
        || data_type.is_decimal()
        || data_type.is_string()
        || matches!(
            data_type,
            DataType::Boolean
                | DataType::Date32
                | DataType::Timestamp(..)
                | DataType::Time64(_)
                | DataType::FixedSizeBinary(_)
                | DataType::Binary
        )
}

/// True where no two rows agree in the columns at these positions.
pub(super) fn is_unique(plan: &LogicalPlan, columns: &BTreeSet<usize>) -> bool {
    match plan {
        LogicalPlan::TableScan(scan) => {
            let Some(source) = scan.source.downcast_ref::<GovernedSource>() else { return false };
            let field = |column: &usize| {
                let place = scan.projection.as_ref().map_or(Some(*column), |kept| kept.get(*column).copied())?;
                source.fields().get(place).copied()
            };
            let fields: BTreeSet<usize> = columns.iter().filter_map(field).collect();
            let clear = |field: &usize| source.decision().fields.get(*field).is_some_and(|field| field.is_clear());
            let key = source.key();
            !key.is_empty() && key.iter().all(|field| fields.contains(field) && clear(field))
        }
        LogicalPlan::SubqueryAlias(alias) => is_unique(&alias.input, columns),
        LogicalPlan::Filter(filter) => is_unique(&filter.input, columns),
        LogicalPlan::Sort(sort) => is_unique(&sort.input, columns),
        LogicalPlan::Limit(limit) => is_unique(&limit.input, columns),
        LogicalPlan::Projection(projection) => {
            let below = |column: &usize| {
                let column = plain(projection.expr.get(*column)?)?;
                projection.input.schema().maybe_index_of_column(column)
            };
            is_unique(&projection.input, &columns.iter().filter_map(below).collect())
        }
        // A pair is told apart by what tells each side's rows apart; an outer join adds rows with NULLs on one side.
        LogicalPlan::Join(join)
            if matches!(join.join_type, JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full) =>
        {
            let width = join.left.schema().fields().len();
            let right: BTreeSet<usize> = columns.range(width..).map(|column| column - width).collect();
            is_unique(&join.left, &columns.range(..width).copied().collect()) && is_unique(&join.right, &right)
        }
        LogicalPlan::Aggregate(aggregate) => {
            let sets = aggregate.group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_)));
            !sets && (0..aggregate.group_expr.len()).all(|group| columns.contains(&group))
        }
        _ => false,
    }
}

fn plain(expr: &Expr) -> Option<&Column> {
    match expr {
        Expr::Column(column) => Some(column),
        Expr::Alias(alias) => plain(&alias.expr),
        _ => None,
    }
}
