//! ORDER BY, LIMIT, OFFSET and FETCH of a query.

use sqlparser::ast::{self, LimitClause, OrderByKind};

use super::Resolver;
use super::tree::quoted;
use crate::PlanError;
use crate::query::fold;

impl Resolver<'_> {
    /// ORDER BY, LIMIT, OFFSET, FETCH.
    pub(super) fn tail(&mut self, query: &mut ast::Query) -> Result<(), PlanError> {
        if let Some(order_by) = &mut query.order_by {
            if order_by.interpolate.is_some() {
                return Err(PlanError::Unsupported("INTERPOLATE".into()));
            }
            match &mut order_by.kind {
                OrderByKind::All(_) => return Err(PlanError::Unsupported("ORDER BY ALL".into())),
                OrderByKind::Expressions(items) => {
                    for item in items {
                        if item.with_fill.is_some() {
                            return Err(PlanError::Unsupported("WITH FILL".into()));
                        }
                        self.output_or_column(&mut item.expr)?;
                    }
                }
            }
        }
        if let Some(fetch) = query.fetch.take() {
            if fetch.percent || fetch.with_ties || query.limit_clause.as_ref().is_some_and(has_limit) {
                return Err(PlanError::Unsupported("FETCH with PERCENT or TIES".into()));
            }
            let one = || ast::Expr::value(ast::Value::Number("1".into(), false));
            let limit = Some(fetch.quantity.unwrap_or_else(one));
            let offset = match query.limit_clause.take() {
                Some(LimitClause::LimitOffset { offset, .. }) => offset,
                _ => None,
            };
            query.limit_clause = Some(LimitClause::LimitOffset { limit, offset, limit_by: Vec::new() });
        }
        match &mut query.limit_clause {
            None => Ok(()),
            Some(LimitClause::LimitOffset { limit, offset, limit_by }) if limit_by.is_empty() => {
                if let Some(limit) = limit {
                    self.expr(limit)?;
                }
                offset.as_mut().map_or(Ok(()), |offset| self.expr(&mut offset.value))
            }
            Some(_) => Err(PlanError::Unsupported("this form of LIMIT".into())),
        }
    }

    /// An ORDER BY item: a bare name means an output column first, then an input column.
    pub(super) fn output_or_column(&mut self, expr: &mut ast::Expr) -> Result<(), PlanError> {
        let only_outputs = self.scopes.last().is_some_and(|scope| scope.only_outputs);
        if only_outputs && !matches!(expr, ast::Expr::Identifier(_) | ast::Expr::Value(_)) {
            return Err(PlanError::Unsupported("an expression in ORDER BY of UNION, INTERSECT or EXCEPT".into()));
        }
        if let ast::Expr::Identifier(ident) = expr {
            let name = fold(ident);
            if self.scopes.last().is_some_and(|scope| scope.outputs.contains(&name)) {
                *ident = quoted(&name);
                return Ok(());
            }
        }
        self.expr(expr)
    }
}

fn has_limit(clause: &LimitClause) -> bool {
    matches!(clause, LimitClause::LimitOffset { limit: Some(_), .. } | LimitClause::OffsetCommaLimit { .. })
}
