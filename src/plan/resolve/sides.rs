//! The sides of INTERSECT and EXCEPT in the types of both, as PostgreSQL has them
//! (<https://www.postgresql.org/docs/15/typeconv-union-case.html>); the engine gives rows of the first side as they are.
//!
//! Invariant: before coercion; the names of columns stay. Numerics keep their own digits, since each value shows its own.
//! Left out: unions among the sides, whose types are not those of all yet, and plans with correlated subqueries, where a
//! reference to the rows would keep the type that it was planned with.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion_common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion_common::{Column, NullEquality, Result};
use datafusion_expr::{Distinct, Expr, Join, JoinType, LogicalPlan, Projection, cast};

use crate::numeric::digits_of;

/// A plan whose set operations give rows of the types of both sides.
pub(super) fn in_one_type(plan: LogicalPlan) -> Result<LogicalPlan> {
    if has_outer_references(&plan)? {
        return Ok(plan);
    }
    let done = plan.transform_up_with_subqueries(|node| match node {
        LogicalPlan::Join(join) if is_set_operation(&join) => first_side(join),
        other => Ok(Transformed::no(other)),
    })?;
    if !done.transformed {
        return Ok(done.data);
    }
    // What reads the rows has to know their types.
    done.data.transform_up_with_subqueries(|node| node.recompute_schema().map(Transformed::yes)).map(|done| done.data)
}

fn has_outer_references(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        found = found || node.contains_outer_reference();
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

/// Only set operations find NULL equal to NULL, row by row.
pub(crate) fn is_set_operation(join: &Join) -> bool {
    matches!(join.join_type, JoinType::LeftSemi | JoinType::LeftAnti)
        && join.null_equality == NullEquality::NullEqualsNull
        && matches!(&*join.left, LogicalPlan::Distinct(Distinct::All(_)))
}

fn first_side(join: Join) -> Result<Transformed<LogicalPlan>> {
    let LogicalPlan::Distinct(Distinct::All(input)) = &*join.left else {
        return Ok(Transformed::no(LogicalPlan::Join(join)));
    };
    let mut changed = false;
    let others = join.right.schema().fields();
    let columns = input.schema().iter().enumerate().map(|(at, (qualifier, field))| {
        let column = Expr::Column(Column::from((qualifier, field)));
        match others.get(at).and_then(|other| common(field.data_type(), other.data_type())) {
            Some(target) => {
                changed = true;
                cast(column, target).alias_qualified(qualifier.cloned(), field.name())
            }
            None => column,
        }
    });
    let columns: Vec<Expr> = columns.collect();
    if !changed {
        return Ok(Transformed::no(LogicalPlan::Join(join)));
    }
    let input = LogicalPlan::Projection(Projection::try_new(columns, Arc::clone(input))?);
    let left = Arc::new(LogicalPlan::Distinct(Distinct::All(Arc::new(input))));
    let Join { right, on, filter, join_type, join_constraint, null_equality, null_aware, .. } = join;
    Join::try_new(left, right, on, filter, join_type, join_constraint, null_equality, null_aware)
        .map(|join| Transformed::yes(LogicalPlan::Join(join)))
}

/// The type that a first side has to be brought to.
fn common(first: &DataType, other: &DataType) -> Option<DataType> {
    if first.is_null() || first == other {
        return (first != other).then(|| other.clone());
    }
    let is_time = |data_type: &DataType| matches!(data_type, DataType::Date32 | DataType::Timestamp(..));
    match (first, other) {
        (_, DataType::Decimal128(..) | DataType::Decimal256(..)) if first.is_integer() => {
            digits_of(first).map(|(precision, scale)| DataType::Decimal128(precision, scale))
        }
        (DataType::Date32, DataType::Timestamp(..)) => Some(other.clone()),
        (DataType::Timestamp(_, None), DataType::Timestamp(_, Some(_))) => Some(other.clone()),
        _ if is_time(first) => None,
        (DataType::Float32, DataType::Float64) => Some(other.clone()),
        _ if first.is_floating() => None,
        _ if first.is_numeric() && other.is_floating() => Some(other.clone()),
        _ if first.is_integer() && other.is_integer() && digits_of(first) < digits_of(other) => Some(other.clone()),
        _ => None,
    }
}
