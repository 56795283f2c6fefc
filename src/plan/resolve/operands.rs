//! Operands whose types are told and have no such operator: refused in PostgreSQL's words, with PostgreSQL's names of the
//! types.
//!
//! Invariant: nothing that PostgreSQL accepts is refused here; what is not refused the planner still checks.

use sluice_base::SqlType;
use sqlparser::ast::{BinaryOperator as B, CastKind, DataType, Expr, Value};

use super::declared::{category, is_text, shown};
use super::names::Resolver;
use crate::PlanError;

impl Resolver<'_> {
    /// A condition is a boolean; `clause` names it in the message. A literal of no type is read as one, as in PostgreSQL.
    pub(super) fn boolean(&self, expr: &mut Expr, clause: &str) -> Result<(), PlanError> {
        if is_text_literal(expr) {
            let literal = std::mem::replace(expr, super::names::null());
            *expr = Expr::Cast {
                kind: CastKind::Cast,
                expr: Box::new(literal),
                data_type: DataType::Boolean,
                array: false,
                format: None,
            };
            return Ok(());
        }
        match self.declared(expr) {
            Some(found) if found != SqlType::Bool && found != SqlType::Unknown => Err(PlanError::Mismatch(format!(
                "argument of {clause} must be type boolean, not type {}",
                shown(&found)
            ))),
            _ => Ok(()),
        }
    }
}

fn is_text_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_text_literal(inner),
        Expr::Value(value) => {
            matches!(value.value, Value::SingleQuotedString(_) | Value::EscapedStringLiteral(_))
        }
        _ => false,
    }
}

impl Resolver<'_> {
    /// Branches, or arguments that stand for one another, have a type in common.
    pub(super) fn matched<'e>(&self, exprs: impl Iterator<Item = &'e Expr>, what: &str) -> Result<(), PlanError> {
        let mut first: Option<SqlType> = None;
        for found in exprs.filter_map(|expr| self.declared(expr)).filter(|found| category(found).is_some()) {
            match &first {
                None => first = Some(found),
                Some(first) if category(first) != category(&found) => {
                    let (first, found) = (shown(first), shown(&found));
                    return Err(PlanError::Mismatch(format!("{what} types {first} and {found} cannot be matched")));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

/// Refuses an operator over types that have none of its name.
pub(super) fn check(op: &B, left: Option<&SqlType>, right: Option<&SqlType>) -> Result<(), PlanError> {
    let (Some(left), Some(right)) = (left, right) else { return Ok(()) };
    let of_jsonb = |found: &SqlType| matches!(found, SqlType::Array(item) if **item == SqlType::Jsonb);
    if of_jsonb(left) && of_jsonb(right) && !matches!(op, B::StringConcat) {
        return Err(PlanError::Unsupported("a comparison of arrays of jsonb".into()));
    }
    let fits = match op {
        B::Eq | B::NotEq | B::Lt | B::LtEq | B::Gt | B::GtEq => comparable(left, right),
        B::Plus | B::Minus | B::Multiply | B::Divide | B::Modulo => computable(op, left, right),
        B::StringConcat => joinable(left, right),
        B::PGRegexMatch | B::PGRegexIMatch | B::PGRegexNotMatch | B::PGRegexNotIMatch => {
            left.is_text() && right.is_text()
        }
        B::Spaceship => false,
        _ => true,
    };
    let sign = match op {
        B::NotEq => "<>".to_string(),
        other => other.to_string(),
    };
    if fits { Ok(()) } else { Err(undefined(&sign, left, right)) }
}

/// `operator does not exist`, by the sign of the operator.
pub(super) fn undefined(sign: &str, left: &SqlType, right: &SqlType) -> PlanError {
    PlanError::UndefinedOperator(format!("{} {sign} {}", shown(left), shown(right)))
}

/// A pattern is matched with text.
pub(super) fn check_pattern(sign: &str, left: Option<&SqlType>, right: Option<&SqlType>) -> Result<(), PlanError> {
    match (left, right) {
        (Some(left), right) if !left.is_text() && *left != SqlType::Bytea && *left != SqlType::Char => {
            Err(undefined(sign, left, right.unwrap_or(&SqlType::Unknown)))
        }
        _ => Ok(()),
    }
}

fn comparable(left: &SqlType, right: &SqlType) -> bool {
    match (category(left), category(right)) {
        // json has no equality.
        (Some(7), _) | (_, Some(7)) => false,
        (Some(left), Some(right)) => left == right,
        _ => true,
    }
}

fn computable(op: &B, left: &SqlType, right: &SqlType) -> bool {
    use SqlType as T;
    let unknown = |found: &T| *found == T::Unknown;
    if unknown(left) || unknown(right) {
        // Which operator an untyped literal means is the planner's to find.
        return ![left, right].iter().any(|found| is_text(found) || matches!(found, T::Bool | T::Uuid | T::Bytea));
    }
    let (Some(l), Some(r)) = (category(left), category(right)) else { return true };
    match (l, r) {
        (2, 2) => true,
        (3 | 4, 3 | 4) => !matches!(op, B::Multiply | B::Divide | B::Modulo) && temporal(op, left, right),
        (3, 2) => *left == T::Date && matches!(right, T::Int2 | T::Int4) && matches!(op, B::Plus | B::Minus),
        (2, 3) => *right == T::Date && matches!(left, T::Int2 | T::Int4) && *op == B::Plus,
        // A time is an interval there.
        (4, 2) => matches!(op, B::Multiply | B::Divide),
        (2, 4) => *op == B::Multiply,
        // Of jsonb minus has a meaning.
        (8, _) => true,
        _ => false,
    }
}

fn temporal(op: &B, left: &SqlType, right: &SqlType) -> bool {
    use SqlType as T;
    let moment = |found: &T| matches!(found, T::Date | T::Timestamp | T::Timestamptz);
    match op {
        // A sum of two moments is none.
        B::Plus => !(moment(left) && moment(right) || *left == T::Time && *right == T::Time),
        B::Minus => !(matches!(left, T::Time | T::Interval) && moment(right)),
        _ => false,
    }
}

fn joinable(left: &SqlType, right: &SqlType) -> bool {
    let joins = |found: &SqlType| {
        found.is_text() || matches!(found, SqlType::Array(_) | SqlType::Jsonb | SqlType::Bytea | SqlType::Char)
    };
    joins(left) || joins(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use SqlType as T;

    #[test]
    fn what_has_no_operator_is_told_with_its_types() {
        let told = |left: T, op: B, right: T| check(&op, Some(&left), Some(&right)).map_err(|error| error.to_string());
        let missing = |form: &str| Err(format!("operator does not exist: {form}"));
        assert_eq!(told(T::Text, B::Plus, T::Int4), missing("text + integer"));
        assert_eq!(told(T::Varchar(Some(9)), B::Eq, T::Int4), missing("character varying = integer"));
        assert_eq!(told(T::Date, B::Multiply, T::Int4), missing("date * integer"));
        assert_eq!(told(T::Int4, B::StringConcat, T::Int4), missing("integer || integer"));
        for (left, op, right) in [
            (T::Date, B::Plus, T::Int4),
            (T::Date, B::Minus, T::Date),
            (T::Interval, B::Multiply, T::Float8),
            (T::Numeric(Some((9, 2))), B::Plus, T::Int8),
            (T::Text, B::StringConcat, T::Int4),
            (T::Date, B::Eq, T::Unknown),
            (T::Time, B::Eq, T::Interval),
            (T::Int4, B::Plus, T::Unknown),
        ] {
            assert_eq!(told(left.clone(), op.clone(), right.clone()), Ok(()), "{left:?} {op} {right:?}");
        }
    }
}
