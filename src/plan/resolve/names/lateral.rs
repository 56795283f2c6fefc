//! LATERAL with LIMIT: the first rows for each row on the left.
//!
//! The planner decorrelates no limit. So the rows are numbered within the values that the subquery is correlated by, and the
//! join is on those values and the numbers: `(SELECT .. FROM o WHERE o.k = c.k ORDER BY e LIMIT n)` becomes `(SELECT ..,
//! o.k, row_number() OVER (PARTITION BY o.k ORDER BY e) FROM o)` where the key is `c.k` and the number at most `n`.
//!
//! Left out: correlation by anything but equalities in WHERE, and subqueries that group; the planner refuses them.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    self, BinaryOperator, Expr, JoinConstraint, JoinOperator, LimitClause, OrderByKind, Query, Select, SelectItem,
    SetExpr, TableAlias, TableFactor, TableWithJoins, Value, WindowType,
};

use super::sets::aggregates;
use super::tree::{balanced, binary, call, qualified, quoted};
use crate::PlanError;

/// Name of the number of a row; no client can type it.
const NUMBER: &str = "\u{1}place";

/// Rewrites a resolved subquery that is limited; gives the conditions of its join, none where it was left as it is.
pub(super) fn limited(query: &mut Query, alias: &mut TableAlias) -> Vec<Expr> {
    let Some((skipped, kept)) = bounds(query) else { return Vec::new() };
    let SetExpr::Select(select) = query.body.as_mut() else { return Vec::new() };
    if query.with.is_some() || !is_plain(select) {
        return Vec::new();
    }
    let inner = relations(&select.from);
    let order = match &query.order_by {
        None => Vec::new(),
        Some(order_by) => match &order_by.kind {
            OrderByKind::Expressions(items) => {
                items.iter().map(|item| by_expression(item, &select.projection)).collect()
            }
            OrderByKind::All(_) => return Vec::new(),
        },
    };
    let only_inner = |expr: &Expr| sides(expr, &inner) != Sides::Mixed && sides(expr, &inner) != Sides::Outer;
    let items_inside = select.projection.iter().all(|item| match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => only_inner(expr),
        _ => false,
    });
    if !items_inside || !order.iter().all(|item| only_inner(&item.expr)) {
        return Vec::new();
    }
    let mut conjuncts = Vec::new();
    if let Some(selection) = &select.selection {
        split(selection, &mut conjuncts);
    }
    let (mut local, mut keys) = (Vec::new(), Vec::new());
    for conjunct in conjuncts {
        match key(&conjunct, &inner) {
            Some(pair) => keys.push(pair),
            None if only_inner(&conjunct) => local.push(conjunct),
            None => return Vec::new(),
        }
    }
    if keys.is_empty() {
        return Vec::new();
    }
    let mut conditions = Vec::new();
    let mut added = Vec::new();
    for (at, (inside, outside)) in keys.iter().enumerate() {
        let name = format!("\u{1}key{at}");
        select.projection.push(SelectItem::ExprWithAlias { expr: inside.clone(), alias: quoted(&name) });
        conditions.push(binary(qualified(&alias.name.value, &name), BinaryOperator::Eq, outside.clone()));
        added.push(name);
    }
    let partition = keys.into_iter().map(|(inside, _)| inside).collect();
    select.projection.push(SelectItem::ExprWithAlias { expr: numbered(partition, order), alias: quoted(NUMBER) });
    added.push(NUMBER.to_string());
    let place = || qualified(&alias.name.value, NUMBER);
    if let Some(kept) = kept {
        conditions.push(binary(place(), BinaryOperator::LtEq, number(skipped.saturating_add(kept))));
    }
    conditions.push(binary(place(), BinaryOperator::Gt, number(skipped)));
    select.selection = if local.is_empty() { None } else { Some(balanced(local, BinaryOperator::And, true)) };
    query.order_by = None;
    query.limit_clause = None;
    if !alias.columns.is_empty() {
        let column = |name: String| ast::TableAliasColumnDef { name: quoted(&name), data_type: None };
        alias.columns.extend(added.into_iter().map(column));
    }
    conditions
}

/// Puts conditions that are resolved to those of a join.
pub(super) fn joined(join: &mut JoinOperator, conditions: Vec<Expr>) -> Result<(), PlanError> {
    if conditions.is_empty() {
        return Ok(());
    }
    let all = balanced(conditions, BinaryOperator::And, true);
    match join {
        JoinOperator::CrossJoin(JoinConstraint::None) => *join = JoinOperator::Inner(JoinConstraint::On(all)),
        JoinOperator::CrossJoin(JoinConstraint::On(on))
        | JoinOperator::Join(JoinConstraint::On(on))
        | JoinOperator::Inner(JoinConstraint::On(on))
        | JoinOperator::Left(JoinConstraint::On(on))
        | JoinOperator::LeftOuter(JoinConstraint::On(on)) => {
            let before = std::mem::replace(on, Expr::value(Value::Null));
            *on = binary(before, BinaryOperator::And, all);
        }
        _ => return Err(PlanError::Unsupported("LATERAL in this kind of join".into())),
    }
    Ok(())
}

/// OFFSET and LIMIT, where either is given, as plain numbers.
fn bounds(query: &Query) -> Option<(u64, Option<u64>)> {
    let Some(LimitClause::LimitOffset { limit, offset, limit_by }) = &query.limit_clause else { return None };
    let constant = |expr: &Expr| match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => text.parse::<u64>().ok(),
            _ => None,
        },
        _ => None,
    };
    let skipped = offset.as_ref().map_or(Some(0), |offset| constant(&offset.value))?;
    let kept = limit.as_ref().map_or(Some(None), |limit| constant(limit).map(Some))?;
    (limit_by.is_empty() && (kept.is_some() || skipped > 0)).then_some((skipped, kept))
}

fn is_plain(select: &Select) -> bool {
    let grouped = !matches!(&select.group_by, ast::GroupByExpr::Expressions(items, _) if items.is_empty());
    !grouped
        && select.having.is_none()
        && select.distinct.is_none()
        && select.named_window.is_empty()
        && !aggregates(&select.projection)
}

/// Names of the relations of a FROM.
fn relations(from: &[TableWithJoins]) -> BTreeSet<String> {
    fn add(factor: &TableFactor, names: &mut BTreeSet<String>) {
        match factor {
            TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } => {
                names.insert(alias.name.value.clone());
            }
            TableFactor::NestedJoin { table_with_joins, .. } => all(table_with_joins, names),
            _ => {}
        }
    }
    fn all(table: &TableWithJoins, names: &mut BTreeSet<String>) {
        add(&table.relation, names);
        table.joins.iter().for_each(|join| add(&join.relation, names));
    }
    let mut names = BTreeSet::new();
    from.iter().for_each(|table| all(table, &mut names));
    names
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sides {
    None,
    Inner,
    Outer,
    /// Both, or a subquery, which may read either.
    Mixed,
}

fn sides(expr: &Expr, inner: &BTreeSet<String>) -> Sides {
    let mut found = Sides::None;
    let mut note = |side: Sides| {
        found = match found {
            Sides::None => side,
            same if same == side => same,
            _ => Sides::Mixed,
        };
    };
    let _: ControlFlow<()> = ast::visit_expressions(expr, |part| {
        match part {
            Expr::CompoundIdentifier(parts) => {
                let inside = parts.first().is_some_and(|relation| inner.contains(&relation.value));
                note(if inside { Sides::Inner } else { Sides::Outer });
            }
            Expr::Identifier(_) | Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
                note(Sides::Mixed)
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    found
}

fn split(expr: &Expr, into: &mut Vec<Expr>) {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            split(left, into);
            split(right, into);
        }
        Expr::Nested(inner) => split(inner, into),
        other => into.push(other.clone()),
    }
}

/// Both sides of an equality between the subquery and what is around it, the inner one first.
fn key(expr: &Expr, inner: &BTreeSet<String>) -> Option<(Expr, Expr)> {
    let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = expr else { return None };
    match (sides(left, inner), sides(right, inner)) {
        (Sides::Inner, Sides::Outer) => Some(((**left).clone(), (**right).clone())),
        (Sides::Outer, Sides::Inner) => Some(((**right).clone(), (**left).clone())),
        _ => None,
    }
}

/// An ORDER BY item, by the expression that its name or place in the select list stands for.
fn by_expression(item: &ast::OrderByExpr, projection: &[SelectItem]) -> ast::OrderByExpr {
    let of = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr.clone()),
        _ => None,
    };
    let found = match &item.expr {
        Expr::Identifier(ident) => projection.iter().find(|item| name_of(item) == Some(&ident.value)).and_then(of),
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => {
                text.parse::<usize>().ok().and_then(|place| projection.get(place.wrapping_sub(1))).and_then(of)
            }
            _ => None,
        },
        _ => None,
    };
    ast::OrderByExpr { expr: found.unwrap_or_else(|| item.expr.clone()), ..item.clone() }
}

fn name_of(item: &SelectItem) -> Option<&String> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(&alias.value),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => parts.last().map(|ident| &ident.value),
        _ => None,
    }
}

fn number(value: u64) -> Expr {
    Expr::value(Value::Number(value.to_string(), false))
}

/// `row_number()` as a `bigint`.
fn numbered(partition_by: Vec<Expr>, order_by: Vec<ast::OrderByExpr>) -> Expr {
    let mut function = call("row_number", Vec::new());
    if let Expr::Function(function) = &mut function {
        let spec = ast::WindowSpec { window_name: None, partition_by, order_by, window_frame: None };
        function.over = Some(WindowType::WindowSpec(spec));
    }
    let data_type = ast::DataType::BigInt(None);
    Expr::Cast { kind: ast::CastKind::Cast, expr: Box::new(function), data_type, array: false, format: None }
}
