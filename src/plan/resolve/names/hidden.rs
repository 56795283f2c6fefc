//! Sort keys that are no output columns, as columns that only the sort sees.
//!
//! The planner puts such a key beside the outputs by its own name, and refuses it where an output has that name:
//! `SELECT upper(b.code) AS code FROM b ORDER BY b.code`. So the query becomes the FROM of another one: `SELECT code FROM
//! (SELECT upper(b.code) AS code, b.code AS key FROM b) ORDER BY key`.

use std::ops::ControlFlow;

use sqlparser::ast::{self, Expr, OrderByKind, Select, SelectItem, SetExpr};

use super::tree::{derived, frame, qualified, quoted, written};
use crate::PlanError;

/// Name of the query inside; no client can type it.
const SORTED: &str = "\u{1}sorted";

/// Rewrites a resolved query whose outputs go by these names, where a sort key needs it.
pub(super) fn sort_keys(query: &mut ast::Query, outputs: &[String]) -> Result<(), PlanError> {
    let Some(OrderByKind::Expressions(keys)) = query.order_by.as_mut().map(|order| &mut order.kind) else {
        return Ok(());
    };
    let SetExpr::Select(select) = query.body.as_mut() else { return Ok(()) };
    // PostgreSQL allows DISTINCT no such keys, and DISTINCT ON needs its order where it is.
    if select.distinct.is_some() || !keys.iter().any(|key| is_taken(&key.expr, select)) {
        return Ok(());
    }
    for (number, key) in keys.iter_mut().enumerate() {
        if matches!(&key.expr, Expr::Identifier(_) | Expr::Value(_)) {
            continue;
        }
        let name = format!("\u{1}key{number}");
        let expr = std::mem::replace(&mut key.expr, qualified(SORTED, &name));
        select.projection.push(SelectItem::ExprWithAlias { expr, alias: quoted(&name) });
    }
    let item = |name: &String| format!("{}.{} AS {1}", written(SORTED), written(name));
    let items: Vec<String> = outputs.iter().map(item).collect();
    let mut frame = frame(&format!("SELECT {} FROM (SELECT 1) AS {}", items.join(", "), written(SORTED)))?;
    let inner = derived(&mut frame).ok_or_else(|| PlanError::Internal("no frame".into()))?;
    std::mem::swap(&mut inner.body, &mut query.body);
    *query.body = frame;
    Ok(())
}

/// Whether a column in the key has the name of an output that is another expression.
fn is_taken(key: &Expr, select: &Select) -> bool {
    let taken = |name: &str, column: &Expr| {
        select.projection.iter().any(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } => alias.value == name && expr != column,
            _ => false,
        })
    };
    let found = ast::visit_expressions(key, |part| match part {
        Expr::CompoundIdentifier(parts) if parts.last().is_some_and(|name| taken(&name.value, part)) => {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}
