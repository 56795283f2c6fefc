//! One column of a resolved query body, in a call that tells something of it.

use sqlparser::ast::{SelectItem, SetExpr};

use super::tree::{call, null, quoted};
use crate::PlanError;

/// Puts a call around the column at a place, in every SELECT of a body; the column keeps its name.
pub(in crate::resolve) fn wrapped(body: &mut SetExpr, at: usize, name: &str, with: &str) -> Result<(), PlanError> {
    match body {
        SetExpr::Select(select) => wrapped_item(&mut select.projection, at, name, with),
        SetExpr::Query(query) => wrapped(&mut query.body, at, name, with),
        SetExpr::SetOperation { left, right, .. } => {
            wrapped(left, at, name, with)?;
            wrapped(right, at, name, with)
        }
        _ => Err(PlanError::Unsupported("VALUES of jsonb in a set operation".into())),
    }
}

/// As [`wrapped`], for a select list.
pub(super) fn wrapped_item(items: &mut [SelectItem], at: usize, name: &str, with: &str) -> Result<(), PlanError> {
    let item = items.get_mut(at).ok_or_else(|| PlanError::Internal("no such column".into()))?;
    let (expr, alias) = match item {
        SelectItem::UnnamedExpr(expr) => (expr, quoted(name)),
        SelectItem::ExprWithAlias { expr, alias } => (expr, alias.clone()),
        _ => return Err(PlanError::Internal("a wildcard is left".into())),
    };
    let expr = call(with, vec![std::mem::replace(expr, null())]);
    *item = SelectItem::ExprWithAlias { expr, alias };
    Ok(())
}
