//! Operators with a date, a time or an interval on a side: calls of the functions of the table.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion_common::{DFSchema, DataFusionError, Result, ScalarValue};
use datafusion_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion_expr::{Expr, ExprSchemable, cast};
use sqlparser::ast::BinaryOperator;

use super::Session;
use super::function::{call, chosen};
use super::table::{LENGTH, MINUS, OVER, PLUS, TIMES, TO_MOMENT, TO_SPAN};
use super::value::{Kind, stamp_type};
use crate::PlanError;

/// Plans the operators in a session.
#[derive(Debug)]
pub(crate) struct DatetimePlanner {
    pub(crate) session: Arc<Session>,
}

impl ExprPlanner for DatetimePlanner {
    fn plan_binary_op(&self, mut raw: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let (Ok(left), Ok(right)) = (raw.left.get_type(schema), raw.right.get_type(schema)) else {
            return Ok(PlannerResult::Original(raw));
        };
        let (l, r) = (Kind::of(&left), Kind::of(&right));
        if !l.is_some_and(is_temporal) && !r.is_some_and(is_temporal) {
            return Ok(PlannerResult::Original(raw));
        }
        let name = match raw.op {
            BinaryOperator::Plus => PLUS,
            BinaryOperator::Minus => MINUS,
            BinaryOperator::Multiply => TIMES,
            BinaryOperator::Divide => OVER,
            BinaryOperator::StringConcat => return Ok(PlannerResult::Original(raw)),
            _ => {
                let session = &self.session;
                if let Some((left, right)) = same_time(&raw.left, &raw.right, schema, session)? {
                    (raw.left, raw.right) = (left, right);
                }
                return Ok(PlannerResult::Original(raw));
            }
        };
        let op = raw.op.clone();
        let (left, right) = (narrowed(raw.left, l, r), narrowed(raw.right, r, l));
        let (left, right) = if turned(&op, l, r) { (right, left) } else { (left, right) };
        let (left, right) = (opened(left, schema, r, &op), opened(right, schema, l, &op));
        let types = [left.get_type(schema)?, right.get_type(schema)?];
        let Ok(overload) = chosen(name, &types) else {
            return Err(undefined(&op.to_string(), l, r));
        };
        // A time where an interval is wanted becomes one, as in PostgreSQL.
        let mut operands = Vec::with_capacity(2);
        for ((operand, data_type), wanted) in [left, right].into_iter().zip(&types).zip(overload.args) {
            operands.push(match (Kind::of(data_type), wanted) {
                (Some(Kind::Time), Kind::Span) => call(TO_SPAN, &self.session, vec![operand])?,
                _ => operand,
            });
        }
        call(name, &self.session, operands).map(PlannerResult::Planned)
    }
}

fn undefined(op: &str, left: Option<Kind>, right: Option<Kind>) -> DataFusionError {
    let word = |kind: Option<Kind>| kind.map_or("unknown", Kind::sql);
    let form = format!("{} {op} {}", word(left), word(right));
    DataFusionError::External(Box::new(PlanError::UndefinedOperator(form)))
}

pub(super) fn is_temporal(kind: Kind) -> bool {
    matches!(kind, Kind::Date | Kind::Time | Kind::Stamp | Kind::Moment | Kind::Span)
}

/// Whether the operands change places: the table has each form once.
fn turned(op: &BinaryOperator, left: Option<Kind>, right: Option<Kind>) -> bool {
    use Kind as K;
    let (Some(left), Some(right)) = (left, right) else { return false };
    match op {
        BinaryOperator::Plus => {
            matches!(right, K::Date | K::Stamp | K::Moment) && matches!(left, K::Int | K::Long | K::Time | K::Span)
                || right == K::Time && left == K::Span
        }
        BinaryOperator::Multiply => matches!(right, K::Span | K::Time) && !matches!(left, K::Span | K::Time),
        _ => false,
    }
}

/// A constant that fits is an `integer` beside a date.
fn narrowed(expr: Expr, kind: Option<Kind>, other: Option<Kind>) -> Expr {
    match expr {
        Expr::Literal(ScalarValue::Int64(Some(value)), metadata)
            if kind == Some(Kind::Long) && other == Some(Kind::Date) =>
        {
            match i32::try_from(value) {
                Ok(value) => Expr::Literal(ScalarValue::Int32(Some(value)), metadata),
                Err(_) => Expr::Literal(ScalarValue::Int64(Some(value)), metadata),
            }
        }
        other => other,
    }
}

/// A parameter or a NULL that nothing has typed takes the type that PostgreSQL gives it beside the other operand.
fn opened(expr: Expr, schema: &DFSchema, other: Option<Kind>, op: &BinaryOperator) -> Expr {
    if !expr.get_type(schema).is_ok_and(|found| found.is_null()) {
        return expr;
    }
    let kind = match (other, op) {
        (Some(Kind::Span), BinaryOperator::Multiply | BinaryOperator::Divide) => Kind::Float,
        (Some(Kind::Date), BinaryOperator::Plus) => Kind::Int,
        (Some(_), BinaryOperator::Plus) => Kind::Span,
        (Some(other), _) => other,
        (None, _) => return expr,
    };
    let target = kind.arrow(&DataType::Null);
    match expr {
        Expr::Placeholder(mut placeholder) => {
            placeholder.field = Some(Arc::new(arrow::datatypes::Field::new(&placeholder.id, target, true)));
            Expr::Placeholder(placeholder)
        }
        other => cast(other, target),
    }
}

/// Operands of a comparison as times of one type, or intervals as their lengths; `None` where they are that already or
/// are something else.
pub(super) fn same_time(
    left: &Expr,
    right: &Expr,
    schema: &DFSchema,
    session: &Arc<Session>,
) -> Result<Option<(Expr, Expr)>> {
    let both = together(&[left, right], schema, session)?;
    Ok(both.and_then(|both| <[Expr; 2]>::try_from(both).ok()).map(|[left, right]| (left, right)))
}

/// As above, for any number of operands.
pub(super) fn together(all: &[&Expr], schema: &DFSchema, session: &Arc<Session>) -> Result<Option<Vec<Expr>>> {
    let mut kinds = Vec::with_capacity(all.len());
    for expr in all {
        kinds.push(expr.get_type(schema).ok().and_then(|found| Kind::of(&found)));
    }
    if kinds.contains(&Some(Kind::Span)) {
        // What is not an interval yet, a literal or a parameter, is left to coercion.
        let length = |expr: &Expr, kind: &Option<Kind>| match kind {
            Some(Kind::Span) => call(LENGTH, session, vec![expr.clone()]),
            Some(Kind::Time | Kind::Text) | None => {
                call(LENGTH, session, vec![cast(expr.clone(), Kind::Span.arrow(&DataType::Null))])
            }
            other => Err(undefined("=", Some(Kind::Span), *other)),
        };
        return all.iter().zip(&kinds).map(|(expr, kind)| length(expr, kind)).collect::<Result<Vec<_>>>().map(Some);
    }
    let rank = |kind: &Option<Kind>| match kind {
        Some(Kind::Date) => Some(0),
        Some(Kind::Stamp) => Some(1),
        Some(Kind::Moment) => Some(2),
        _ => None,
    };
    let ranks: Vec<i32> = kinds.iter().filter_map(rank).collect();
    let (Some(least), Some(most)) = (ranks.iter().min(), ranks.iter().max()) else { return Ok(None) };
    if least == most {
        return Ok(None);
    }
    let brought = |expr: &Expr, kind: &Option<Kind>| match (rank(kind), most) {
        (Some(0), 1) => Ok(cast(expr.clone(), stamp_type())),
        (Some(0 | 1), 2) => call(TO_MOMENT, session, vec![expr.clone()]),
        _ => Ok(expr.clone()),
    };
    all.iter().zip(&kinds).map(|(expr, kind)| brought(expr, kind)).collect::<Result<Vec<_>>>().map(Some)
}
