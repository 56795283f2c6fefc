//! Row rules and look-ups as engine expressions over raw columns.

use datafusion::common::Column;
use datafusion::logical_expr::{Expr, Operator, binary_expr, lit};
use datafusion::scalar::ScalarValue;
use sluice_base::{Datum, SqlType};
use sluice_model::Decision;
use sluice_model::catalog::Entity;
use sluice_model::predicate::{CompareOp, Predicate, Term};
use sluice_plan::LookupPredicate;
use sluice_plan::types::scalar;

use crate::EngineError;

/// A rule over the physical columns of its entity.
pub(super) fn rule(predicate: &Predicate, entity: &Entity) -> Result<Expr, EngineError> {
    Ok(match predicate {
        Predicate::Const(value) => Expr::Literal(ScalarValue::Boolean(*value), None),
        Predicate::Compare { left, op, right } => binary_expr(term(left, entity)?, operator(*op), term(right, entity)?),
        Predicate::In { values, negated, .. } if values.is_empty() => lit(*negated),
        Predicate::In { field, values, value_type, negated } => {
            let list = values.iter().map(|value| literal(value, value_type)).collect::<Result<Vec<_>, _>>()?;
            column(entity, *field).in_list(list, *negated)
        }
        Predicate::IsNull { field, negated: false } => column(entity, *field).is_null(),
        Predicate::IsNull { field, negated: true } => column(entity, *field).is_not_null(),
        Predicate::Like { field, pattern, negated: false } => column(entity, *field).like(lit(pattern.clone())),
        Predicate::Like { field, pattern, negated: true } => column(entity, *field).not_like(lit(pattern.clone())),
        Predicate::IsTrue(field) => column(entity, *field),
        Predicate::And(parts) => join(parts, entity, Expr::and, true)?,
        Predicate::Or(parts) => join(parts, entity, Expr::or, false)?,
        Predicate::Not(inner) => !rule(inner, entity)?,
    })
}

fn join(parts: &[Predicate], entity: &Entity, with: fn(Expr, Expr) -> Expr, empty: bool) -> Result<Expr, EngineError> {
    let parts = parts.iter().map(|part| rule(part, entity)).collect::<Result<Vec<_>, _>>()?;
    Ok(parts.into_iter().reduce(with).unwrap_or_else(|| lit(empty)))
}

/// A look-up as a comparison with the raw column. Where no grant covers the field there is nothing to be found: it reads
/// NULL there.
pub(super) fn lookup(lookup: &LookupPredicate, decision: &Decision) -> Predicate {
    let values = lookup.values.iter().cloned().map(Datum::Text).collect();
    let found = Predicate::In { field: lookup.field, values, value_type: SqlType::Text, negated: false };
    let covered = decision.fields.get(lookup.field).and_then(|outcome| outcome.covered_where.as_deref().cloned());
    Predicate::and([found].into_iter().chain(covered))
}

/// The raw column of a field, by its physical name.
pub(super) fn column(entity: &Entity, field: usize) -> Expr {
    Expr::Column(Column::new_unqualified(&entity.fields[field].column))
}

fn term(term: &Term, entity: &Entity) -> Result<Expr, EngineError> {
    match term {
        Term::Field(field) => Ok(column(entity, *field)),
        Term::Value(value, sql_type) => literal(value, sql_type),
    }
}

fn literal(value: &Datum, sql_type: &SqlType) -> Result<Expr, EngineError> {
    scalar(sql_type, value)
        .map(|value| Expr::Literal(value, None))
        .map_err(|error| EngineError::Internal(format!("a rule's constant: {error}")))
}

fn operator(op: CompareOp) -> Operator {
    match op {
        CompareOp::Eq => Operator::Eq,
        CompareOp::NotEq => Operator::NotEq,
        CompareOp::Lt => Operator::Lt,
        CompareOp::LtEq => Operator::LtEq,
        CompareOp::Gt => Operator::Gt,
        CompareOp::GtEq => Operator::GtEq,
        CompareOp::IsNotDistinctFrom => Operator::IsNotDistinctFrom,
        CompareOp::IsDistinctFrom => Operator::IsDistinctFrom,
    }
}
