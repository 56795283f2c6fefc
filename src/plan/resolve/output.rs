//! Names of output columns, as PostgreSQL gives them (`FigureColname` in `src/backend/parser/parse_target.c`).

use sluice_base::SqlType;
use sqlparser::ast::{AccessExpr, CeilFloorKind, Expr, SelectItem, SetExpr, TrimWhereField};

use crate::query::fold;

/// Longest name that a client is told, in bytes: as PostgreSQL's `NAMEDATALEN` less one.
const NAME_BYTES_MAX: usize = 63;

/// A name cut to the length that PostgreSQL keeps.
pub(super) fn shown_name(mut name: String) -> String {
    if name.len() > NAME_BYTES_MAX {
        let mut end = NAME_BYTES_MAX;
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.truncate(end);
    }
    name
}

/// The name of an unnamed select item.
pub(super) fn column_name(expr: &Expr) -> String {
    named(expr).map_or_else(|| "?column?".into(), |(name, _)| name)
}

/// A name, and whether it stays under a cast: that of a type or of CASE does not.
fn named(expr: &Expr) -> Option<(String, bool)> {
    let strong = |name: String| Some((name, true));
    let weak = |name: String| Some((name, false));
    let fixed = match expr {
        Expr::Identifier(ident) => return strong(fold(ident)),
        Expr::CompoundIdentifier(parts) => return parts.last().map(fold).and_then(strong),
        Expr::Function(function) => {
            return function.name.0.last().and_then(|part| part.as_ident()).map(fold).and_then(strong);
        }
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => return named(inner),
        Expr::CompoundFieldAccess { root, access_chain } => {
            let field = access_chain.iter().rev().find_map(|step| match step {
                AccessExpr::Dot(Expr::Identifier(ident)) => Some(fold(ident)),
                _ => None,
            });
            return field.map_or_else(|| named(root), strong);
        }
        Expr::Cast { expr: inner, data_type, .. } => {
            return named(inner)
                .filter(|(_, strong)| *strong)
                .or_else(|| super::sql_type_of(data_type).ok().and_then(|found| weak(type_name(&found))));
        }
        Expr::TypedString(typed) => {
            return super::sql_type_of(&typed.data_type).ok().and_then(|found| weak(found.typname()));
        }
        Expr::Case { else_result, .. } => {
            return else_result
                .as_deref()
                .and_then(named)
                .filter(|(_, strong)| *strong)
                .or_else(|| weak("case".into()));
        }
        Expr::Subquery(query) => {
            let mut body = query.body.as_ref();
            while let SetExpr::SetOperation { left, .. } = body {
                body = left;
            }
            return match body {
                SetExpr::Select(select) => match select.projection.first()? {
                    SelectItem::UnnamedExpr(inner) => named(inner),
                    SelectItem::ExprWithAlias { alias, .. } => strong(fold(alias)),
                    _ => None,
                },
                _ => None,
            };
        }
        Expr::Interval(_) => return weak("interval".into()),
        Expr::Value(value) if matches!(value.value, sqlparser::ast::Value::Boolean(_)) => return weak("bool".into()),
        Expr::BinaryOp { op: sqlparser::ast::BinaryOperator::Overlaps, .. } => "overlaps",
        Expr::Exists { negated: false, .. } => "exists",
        Expr::IsNormalized { negated: false, .. } => "is_normalized",
        Expr::Array(_) => "array",
        Expr::Extract { .. } => "extract",
        Expr::Position { .. } => "position",
        Expr::Substring { shorthand: true, .. } => "substr",
        Expr::Substring { .. } => "substring",
        Expr::Overlay { .. } => "overlay",
        Expr::AtTimeZone { .. } => "timezone",
        Expr::Ceil { field: CeilFloorKind::DateTimeField(_), .. } => "ceil",
        Expr::Ceil { .. } => "ceil",
        Expr::Floor { .. } => "floor",
        Expr::Trim { trim_where, .. } => match trim_where {
            Some(TrimWhereField::Leading) => "ltrim",
            Some(TrimWhereField::Trailing) => "rtrim",
            _ => "btrim",
        },
        _ => return None,
    };
    strong(fixed.into())
}

/// The name of a type, that of its items for an array.
fn type_name(sql_type: &SqlType) -> String {
    match sql_type {
        SqlType::Array(item) => type_name(item),
        other => other.typname(),
    }
}
