//! ORDER BY, LIMIT, OFFSET and FETCH of a query.

use std::ops::ControlFlow;

use sluice_base::SqlType;
use sqlparser::ast::{self, LimitClause, OrderByKind};

use super::select::place_of;
use super::tree::{call, null, quoted};
use super::{Columns, Resolver};
use crate::PlanError;
use crate::nested;
use crate::query::fold;
use crate::resolve::declared;
use crate::resolve::expressions::literal_text;
use crate::resolve::json;

impl Resolver<'_> {
    /// ORDER BY, LIMIT, OFFSET, FETCH.
    pub(super) fn tail(&mut self, query: &mut ast::Query, columns: &Columns) -> Result<(), PlanError> {
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
                        self.by_value(&mut item.expr, columns)?;
                    }
                }
            }
        }
        let mut ties = false;
        if let Some(fetch) = query.fetch.take() {
            if fetch.percent || query.limit_clause.as_ref().is_some_and(has_limit) {
                return Err(PlanError::Unsupported("FETCH with PERCENT".into()));
            }
            if fetch.with_ties && query.order_by.is_none() {
                return Err(PlanError::Form("WITH TIES cannot be specified without ORDER BY clause".into()));
            }
            ties = fetch.with_ties;
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
                    self.count(limit, "LIMIT")?;
                    if ties {
                        *limit = call(nested::WITH_TIES, vec![std::mem::replace(limit, null())]);
                    }
                }
                offset.as_mut().map_or(Ok(()), |offset| self.count(&mut offset.value, "OFFSET"))
            }
            Some(_) => Err(PlanError::Unsupported("this form of LIMIT".into())),
        }
    }

    /// A key of ORDER BY that is jsonb goes by its value.
    fn by_value(&self, key: &mut ast::Expr, columns: &Columns) -> Result<(), PlanError> {
        let place = match (place_of(key), &*key) {
            (Some(place), _) => place.checked_sub(1),
            (None, ast::Expr::Identifier(ident)) => columns.unique.iter().position(|name| *name == ident.value),
            _ => None,
        };
        let found = match place {
            Some(place) => columns.types.get(place).cloned().flatten(),
            None => self.declared(key),
        };
        if json::in_order(found.as_ref())? {
            if let Some(name) = place.and_then(|place| columns.unique.get(place)) {
                *key = ast::Expr::Identifier(quoted(name));
            }
            json::within(json::KEY, key);
        }
        Ok(())
    }

    /// A number of rows, as the planner reads one: a text and a fraction become the integer that they stand for.
    fn count(&mut self, expr: &mut ast::Expr, clause: &'static str) -> Result<(), PlanError> {
        if let Some(text) = literal_text(expr) {
            let rows: i64 = text.trim().parse().map_err(|_| PlanError::InvalidValue("bigint"))?;
            if rows < 0 {
                return Err(PlanError::RowCount(clause));
            }
            *expr = ast::Expr::value(ast::Value::Number(rows.to_string(), false));
        }
        if let ast::Expr::Value(value) = &*expr
            && let ast::Value::Number(text, _) = &value.value
            && let Some((whole, fraction)) = text.split_once('.')
        {
            let whole: i64 = if whole.is_empty() { Ok(0) } else { whole.parse() }.unwrap_or(i64::MAX);
            let rows = whole.saturating_add(i64::from(fraction.starts_with(['5', '6', '7', '8', '9'])));
            *expr = ast::Expr::value(ast::Value::Number(rows.to_string(), false));
        }
        if let Some(query) = subquery_of(expr) {
            // It sees what stands around the query, and nothing of the query itself.
            let own = self.scopes.pop();
            let resolved = self.query(query);
            self.scopes.extend(own);
            match resolved?.types.as_slice() {
                [Some(found)] if !found.is_number() && *found != SqlType::Unknown => {
                    let name = declared::shown(found);
                    let told = format!("argument of {clause} must be type bigint, not type {name}");
                    return Err(PlanError::Mismatch(told));
                }
                [_] => {}
                _ => return Err(PlanError::Form("subquery must return only one column".into())),
            }
            let clause = ast::Expr::value(ast::Value::SingleQuotedString(clause.into()));
            *expr = call(nested::ROW_COUNT, vec![std::mem::replace(expr, null()), clause]);
            return Ok(());
        }
        match self.declared(expr) {
            Some(found) if !found.is_number() && found != SqlType::Unknown => {
                let name = declared::shown(&found);
                return Err(PlanError::Mismatch(format!("argument of {clause} must be type bigint, not type {name}")));
            }
            _ => {}
        }
        let found = ast::visit_expressions(expr, |part| match part {
            ast::Expr::Subquery(_) => ControlFlow::Break(PlanError::Unsupported(format!("a subquery in {clause}"))),
            ast::Expr::Identifier(_) | ast::Expr::CompoundIdentifier(_) => ControlFlow::Break(
                PlanError::InvalidReference(format!("argument of {clause} must not contain variables")),
            ),
            _ => ControlFlow::Continue(()),
        });
        match found {
            ControlFlow::Break(error) => Err(error),
            ControlFlow::Continue(()) => self.expr(expr),
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

fn subquery_of(expr: &mut ast::Expr) -> Option<&mut ast::Query> {
    match expr {
        ast::Expr::Nested(inner) => subquery_of(inner),
        ast::Expr::Subquery(query) => Some(query),
        _ => None,
    }
}

fn has_limit(clause: &LimitClause) -> bool {
    matches!(clause, LimitClause::LimitOffset { limit: Some(_), .. } | LimitClause::OffsetCommaLimit { .. })
}

/// A constant that is no place in the select list.
fn is_other_constant(expr: &ast::Expr) -> bool {
    match expr {
        ast::Expr::Value(value) => match &value.value {
            ast::Value::Number(text, _) => text.parse::<i32>().is_err(),
            ast::Value::SingleQuotedString(_) | ast::Value::EscapedStringLiteral(_) | ast::Value::Boolean(_) => true,
            _ => false,
        },
        _ => false,
    }
}

/// A number in ORDER BY is a place in the select list.
pub(super) fn check_places(query: &ast::Query, columns: usize) -> Result<(), PlanError> {
    let Some(OrderByKind::Expressions(items)) = query.order_by.as_ref().map(|order_by| &order_by.kind) else {
        return Ok(());
    };
    for item in items {
        let number = match &item.expr {
            ast::Expr::UnaryOp { op: ast::UnaryOperator::Minus, expr } => {
                place_of(expr).map(|place| format!("-{place}"))
            }
            _ => None,
        };
        if let Some(place) = number {
            return Err(PlanError::InvalidReference(format!("ORDER BY position {place} is not in select list")));
        }
        if is_other_constant(&item.expr) {
            return Err(PlanError::Form("non-integer constant in ORDER BY".into()));
        }
        if let Some(place) = place_of(&item.expr)
            && !(1..=columns).contains(&place)
        {
            return Err(PlanError::InvalidReference(format!("ORDER BY position {place} is not in select list")));
        }
    }
    Ok(())
}
