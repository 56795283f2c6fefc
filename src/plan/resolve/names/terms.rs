//! The columns of the two terms of a recursive query: PostgreSQL wants the first term to have the types of both.
//!
//! Source of the rule: `analyzeCTE` in PostgreSQL's `parse_cte.c`. What the text tells is compared here; what only the
//! planner knows is marked for [`crate::resolve::recursion`].

use sluice_base::SqlType;
use sqlparser::ast::{self, Expr, SelectItem, SetExpr, TableFactor};

use super::tree::{call, derived, frame, quote_columns, quoted, table_alias};
use crate::PlanError;
use crate::resolve::{declared, recursion, untyped};

/// Refuses a first term whose columns have other types, or lengths, than those of both terms.
pub(super) fn check_types(name: &str, first: &[Option<SqlType>], second: &[Option<SqlType>]) -> Result<(), PlanError> {
    for (at, pair) in first.iter().zip(second).enumerate() {
        let (Some(left), Some(right)) = pair else { continue };
        let all = overall(left, right);
        // A literal of no type in the first term is a text, whatever it could have been.
        let left = if *left == SqlType::Unknown { &SqlType::Text } else { left };
        if all != *left {
            return Err(recursion::other_type(name, at, &left.sql_name(), &all.sql_name()));
        }
    }
    Ok(())
}

/// The type that PostgreSQL chooses for both.
fn overall(left: &SqlType, right: &SqlType) -> SqlType {
    let rank = |found: &SqlType| match found {
        SqlType::Date => Some(0),
        SqlType::Timestamp => Some(1),
        SqlType::Timestamptz => Some(2),
        found if found.is_number() => Some(declared::width(found)),
        _ => None,
    };
    match (left, right) {
        (SqlType::Unknown, SqlType::Unknown) => return SqlType::Text,
        (SqlType::Unknown, other) => return without_length(other),
        _ if left == right => return left.clone(),
        _ => {}
    }
    match (declared::category(left) == declared::category(right), rank(left), rank(right)) {
        (true, Some(of_left), Some(of_right)) if of_left < of_right => without_length(right),
        (true, Some(of_left), Some(of_right)) if of_left > of_right => left.clone(),
        (true, ..) => without_length(left),
        // A literal of no type takes the type of the other side, and has no length.
        (false, ..) if *right == SqlType::Unknown => without_length(left),
        (false, ..) => left.clone(),
    }
}

fn without_length(sql_type: &SqlType) -> SqlType {
    match sql_type {
        SqlType::Varchar(_) => SqlType::Varchar(None),
        SqlType::Bpchar(_) => SqlType::Bpchar(None),
        SqlType::Numeric(_) => SqlType::Numeric(None),
        other => other.clone(),
    }
}

/// Puts a SELECT around the first term where its columns need more room than their values: a numeric for the digits that
/// are still to come, a literal of no type for being a text.
pub(super) fn with_room(body: &mut SetExpr, names: &[String], types: &[Option<SqlType>]) -> Result<(), PlanError> {
    let grows = |found: &Option<SqlType>| matches!(found, Some(SqlType::Numeric(None) | SqlType::Unknown));
    if !types.iter().any(grows) {
        return Ok(());
    }
    let mut outer = frame("SELECT 1 FROM (SELECT 1) AS x")?;
    if let Some(inner) = derived(&mut outer) {
        std::mem::swap(inner.body.as_mut(), body);
    }
    let SetExpr::Select(select) = &mut outer else { return Err(PlanError::Internal("no SELECT".into())) };
    let items = names.iter().zip(types).map(|(name, found)| {
        let column = Expr::Identifier(quoted(name));
        let expr = match found {
            Some(SqlType::Numeric(None)) => call(recursion::ROOM, vec![column]),
            Some(SqlType::Unknown) => Expr::Cast {
                kind: ast::CastKind::Cast,
                expr: Box::new(column),
                data_type: ast::DataType::Text,
                array: false,
                format: None,
            },
            _ => column,
        };
        SelectItem::ExprWithAlias { expr, alias: quoted(name) }
    });
    select.projection = items.collect();
    if let Some(TableFactor::Derived { alias, .. }) = select.from.first_mut().map(|from| &mut from.relation) {
        let mut named = table_alias("\u{1}first");
        named.columns = names.iter().map(|_| ast::TableAliasColumnDef { name: quoted("x"), data_type: None }).collect();
        quote_columns(&mut named, names);
        *alias = Some(named);
    }
    *body = outer;
    Ok(())
}

/// Marks the columns of the recursive term, so that a cast around one is known to be the engine's own.
pub(super) fn mark(body: &mut SetExpr, name: &str) {
    match body {
        SetExpr::Query(query) => mark(&mut query.body, name),
        SetExpr::Select(select) => {
            for item in &mut select.projection {
                let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { continue };
                if matches!(expr, Expr::Value(_)) {
                    continue;
                }
                let word = Expr::value(ast::Value::SingleQuotedString(format!("{}{name}", recursion::TERM)));
                let marked = std::mem::replace(expr, super::null());
                *expr = call(untyped::KEPT, vec![marked, word]);
            }
        }
        _ => {}
    }
}
