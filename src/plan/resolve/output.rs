//! Names of output columns, as PostgreSQL gives them (`FigureColname` in `src/backend/parser/parse_target.c`).

use sqlparser::ast::{CeilFloorKind, Expr, SelectItem, SetExpr, TrimWhereField};

use crate::query::fold;

/// The name of an unnamed select item.
pub(super) fn column_name(expr: &Expr) -> String {
    named(expr).unwrap_or_else(|| "?column?".into())
}

fn named(expr: &Expr) -> Option<String> {
    let fixed = match expr {
        Expr::Identifier(ident) => return Some(fold(ident)),
        Expr::CompoundIdentifier(parts) => return parts.last().map(fold),
        Expr::Function(function) => return function.name.0.last().and_then(|part| part.as_ident()).map(fold),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => return named(inner),
        Expr::Cast { expr: inner, data_type, .. } => {
            return named(inner).or_else(|| super::sql_type_of(data_type).ok().map(|t| t.typname()));
        }
        Expr::TypedString(typed) => return super::sql_type_of(&typed.data_type).ok().map(|t| t.typname()),
        Expr::Case { else_result, .. } => {
            return else_result.as_deref().and_then(named_column).or_else(|| Some("case".into()));
        }
        Expr::Subquery(query) => {
            return match query.body.as_ref() {
                SetExpr::Select(select) => match select.projection.first()? {
                    SelectItem::UnnamedExpr(inner) => named(inner),
                    SelectItem::ExprWithAlias { alias, .. } => Some(fold(alias)),
                    _ => None,
                },
                _ => None,
            };
        }
        Expr::Exists { .. } => "exists",
        Expr::Array(_) => "array",
        Expr::Extract { .. } => "extract",
        Expr::Position { .. } => "position",
        Expr::Substring { .. } => "substring",
        Expr::Overlay { .. } => "overlay",
        Expr::Interval(_) => "interval",
        Expr::AtTimeZone { .. } => "timezone",
        Expr::Ceil { field: CeilFloorKind::DateTimeField(_), .. } => "ceil",
        Expr::Ceil { .. } => "ceil",
        Expr::Floor { .. } => "floor",
        Expr::Trim { trim_where, .. } => match trim_where {
            Some(TrimWhereField::Leading) => "ltrim",
            Some(TrimWhereField::Trailing) => "rtrim",
            _ => "btrim",
        },
        Expr::Value(value) if matches!(value.value, sqlparser::ast::Value::Boolean(_)) => "bool",
        _ => return None,
    };
    Some(fixed.into())
}

/// CASE takes the name of its ELSE only when that is a column.
fn named_column(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => named(expr),
        _ => None,
    }
}
