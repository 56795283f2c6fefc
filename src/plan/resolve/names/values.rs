//! VALUES whose items are subqueries: the planner has no place for what they read, so its rows become SELECTs that
//! UNION ALL puts together.

use std::ops::ControlFlow;

use sqlparser::ast::{self, SelectItem, SetExpr, Values};

use super::tree::frame;
use crate::PlanError;

/// Rows at most: each is a branch of the plan.
const ROWS_MAX: usize = 128;

/// The SELECTs in place of the rows; `None` where no item has a subquery.
pub(super) fn selects(values: &Values) -> Result<Option<SetExpr>, PlanError> {
    let nested = ast::visit_expressions(values, |expr| match expr {
        ast::Expr::Subquery(_) | ast::Expr::Exists { .. } | ast::Expr::InSubquery { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    if nested.is_continue() {
        return Ok(None);
    }
    if values.rows.len() > ROWS_MAX {
        return Err(PlanError::Unsupported("subqueries in VALUES of so many rows".into()));
    }
    let select = |row: &ast::Parens<Vec<ast::Expr>>| {
        let items: Vec<String> = (1..=row.content.len()).map(|n| format!("0 AS column{n}")).collect();
        format!("SELECT {}", items.join(", "))
    };
    let text: Vec<String> = values.rows.iter().map(select).collect();
    let mut body = frame(&text.join(" UNION ALL "))?;
    let mut rows = values.rows.iter();
    fill(&mut body, &mut |items| {
        for (item, expr) in items.iter_mut().zip(rows.next().into_iter().flat_map(|row| &row.content)) {
            if let SelectItem::ExprWithAlias { expr: place, .. } = item {
                *place = expr.clone();
            }
        }
    });
    Ok(Some(body))
}

/// Hands on the select lists from left to right.
fn fill(body: &mut SetExpr, with: &mut impl FnMut(&mut [SelectItem])) {
    match body {
        SetExpr::Select(select) => with(&mut select.projection),
        SetExpr::SetOperation { left, right, .. } => {
            fill(left, with);
            fill(right, with);
        }
        _ => {}
    }
}
