//! OVERLAPS of two periods, as comparisons of their ends.

use sluice_base::SqlType;
use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{self, Expr};

use super::comparisons::row_items;
use super::names::{Resolver, binary, call, null};
use crate::PlanError;

impl Resolver<'_> {
    /// `(a, b) OVERLAPS (c, d)`: each pair is a time and another, or a length behind the first.
    ///
    /// Source of the rule: `overlaps_timestamp` in PostgreSQL's `timestamp.c`. Of a pair with one NULL the other is the
    /// start, and its end is not known.
    pub(super) fn overlap(&self, expr: &Expr) -> Result<Expr, PlanError> {
        use ast::BinaryOperator as B;
        let Expr::BinaryOp { left, right, .. } = expr else { return Err(PlanError::Internal("no operator".into())) };
        let ends = |row: &Expr| -> Result<(Expr, Expr), PlanError> {
            let items = row_items(row.clone())?;
            let [first, second]: [Expr; 2] =
                items.try_into().map_err(|_| PlanError::Unsupported("OVERLAPS of rows of another length".into()))?;
            let second = match self.declared(&second) {
                Some(SqlType::Interval) => binary(first.clone(), B::Plus, second),
                _ => second,
            };
            let unknown = binary(
                Expr::IsNull(Box::new(Expr::Nested(Box::new(first.clone())))),
                B::Or,
                Expr::IsNull(Box::new(Expr::Nested(Box::new(second.clone())))),
            );
            let last = call("greatest", vec![first.clone(), second.clone()]);
            Ok((call("least", vec![first, second]), chosen(vec![(unknown, null())], last)))
        };
        let ((a, b), (c, d)) = (ends(left)?, ends(right)?);
        let is_null = |side: &Expr| Expr::IsNull(Box::new(Expr::Nested(Box::new(side.clone()))));
        let known = |otherwise: bool| {
            chosen(vec![(binary(is_null(&b), B::Or, is_null(&d)), null())], super::names::boolean(otherwise))
        };
        let later = binary(binary(a.clone(), B::Lt, d.clone()), B::Or, known(false));
        let earlier = binary(binary(c.clone(), B::Lt, b.clone()), B::Or, known(false));
        let cases = vec![
            (binary(a.clone(), B::Gt, c.clone()), later),
            (binary(a.clone(), B::Lt, c.clone()), earlier),
            (binary(a, B::Eq, c), known(true)),
        ];
        Ok(chosen(cases, null()))
    }
}

/// The result of the first condition that holds.
fn chosen(cases: Vec<(Expr, Expr)>, otherwise: Expr) -> Expr {
    let when = |(condition, result): (Expr, Expr)| ast::CaseWhen { condition, result };
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: cases.into_iter().map(when).collect(),
        else_result: Some(Box::new(otherwise)),
    }
}
