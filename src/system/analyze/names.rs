//! Names of result columns, by PostgreSQL's rules (`FigureColname`).

use sqlparser::ast::{AccessExpr, DataType, Expr, ObjectName, Query, SelectItem, SetExpr, Subscript};

use crate::typing::{fold, name_parts, of_data_type};

/// The name of an unnamed column that nothing names better.
const UNNAMED: &str = "?column?";

/// A name, and whether it is a strong one that a cast around it keeps.
struct Found {
    name: String,
    strong: bool,
}

fn strong(name: impl Into<String>) -> Option<Found> {
    Some(Found { name: name.into(), strong: true })
}

fn weak(name: impl Into<String>) -> Option<Found> {
    Some(Found { name: name.into(), strong: false })
}

/// The name of the result column of an expression.
pub(super) fn column_name(expr: &Expr) -> String {
    find(expr, 0).map_or_else(|| UNNAMED.into(), |found| found.name)
}

fn last_part(name: &ObjectName) -> Option<String> {
    name_parts(name).ok()?.pop()
}

fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Custom(name, _) => last_part(name).unwrap_or_else(|| UNNAMED.into()),
        other => of_data_type(other).map_or_else(
            |_| UNNAMED.into(),
            |found| match found {
                // A cast to an array is named after the item.
                sluice_base::SqlType::Array(item) => item.typname(),
                scalar => scalar.typname(),
            },
        ),
    }
}

fn find(expr: &Expr, depth: usize) -> Option<Found> {
    if depth > super::DEPTH_MAX {
        return None;
    }
    let inner = |expr: &Expr| find(expr, depth + 1);
    match expr {
        Expr::Identifier(ident) => strong(fold(ident)),
        Expr::CompoundIdentifier(parts) => strong(fold(parts.last()?)),
        Expr::CompoundFieldAccess { root, access_chain } => access_name(root, access_chain, depth),
        Expr::Nested(inner_expr) => inner(inner_expr),
        Expr::Collate { expr, .. } => inner(expr),
        Expr::Cast { expr, data_type, .. } => match inner(expr) {
            Some(found) if found.strong => Some(found),
            _ => weak(type_name(data_type)),
        },
        Expr::TypedString(typed) => weak(type_name(&typed.data_type)),
        Expr::Interval(_) => weak("interval"),
        Expr::Function(function) => strong(last_part(&function.name)?),
        Expr::Case { else_result, .. } => match else_result.as_deref().and_then(inner) {
            Some(found) if found.strong => Some(found),
            _ => weak("case"),
        },
        Expr::Exists { negated: false, .. } => strong("exists"),
        Expr::Subquery(query) => query_name(query),
        Expr::Array(_) => strong("array"),
        Expr::Tuple(_) => strong("row"),
        Expr::Extract { .. } => strong("extract"),
        Expr::Position { .. } => strong("position"),
        Expr::Substring { shorthand, .. } => strong(if *shorthand { "substr" } else { "substring" }),
        Expr::Overlay { .. } => strong("overlay"),
        Expr::Ceil { .. } => strong("ceil"),
        Expr::Floor { .. } => strong("floor"),
        Expr::Trim { trim_where, .. } => strong(match trim_where {
            Some(sqlparser::ast::TrimWhereField::Leading) => "ltrim",
            Some(sqlparser::ast::TrimWhereField::Trailing) => "rtrim",
            _ => "btrim",
        }),
        Expr::AtTimeZone { .. } => strong("timezone"),
        _ => None,
    }
}

/// `a.b[1].c` is named after its last field.
fn access_name(root: &Expr, chain: &[AccessExpr], depth: usize) -> Option<Found> {
    let field = chain.iter().rev().find_map(|step| match step {
        AccessExpr::Dot(Expr::Identifier(ident)) => Some(fold(ident)),
        AccessExpr::Dot(_) | AccessExpr::Subscript(Subscript::Index { .. } | Subscript::Slice { .. }) => None,
    });
    match field {
        Some(name) => strong(name),
        None => find(root, depth + 1),
    }
}

/// A scalar subquery is named after its only column.
fn query_name(query: &Query) -> Option<Found> {
    let mut body = &*query.body;
    loop {
        match body {
            SetExpr::Select(select) => {
                return match select.projection.first()? {
                    SelectItem::ExprWithAlias { alias, .. } => strong(fold(alias)),
                    SelectItem::UnnamedExpr(expr) => strong(column_name(expr)),
                    _ => None,
                };
            }
            SetExpr::Query(inner) => body = &inner.body,
            SetExpr::SetOperation { left, .. } => body = left,
            SetExpr::Values(_) => return strong("column1"),
            _ => return None,
        }
    }
}
