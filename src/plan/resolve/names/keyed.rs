//! GROUP BY the key of a relation: what else its rows have may be listed too, since a key tells it (PostgreSQL
//! documentation, "GROUP BY Clause").
//!
//! The columns that are listed become keys as well, which makes no more groups. A key that is masked makes no key; then
//! the groups are of what is listed, which is what can be seen.

use std::cell::LazyCell;

use sluice_base::SqlType;
use sqlparser::ast::{self, Expr, GroupByExpr, OrderByKind, SelectItem, SetExpr};

use super::Resolver;
use super::select::place_of;
use super::tree::qualified;
use crate::query::{Step, own_expressions};
use crate::resolve::functions::is_aggregate_call;

impl Resolver<'_> {
    /// Adds what the keys of a query's grouping tell, as far as its list or other expressions need it; all resolved.
    pub(super) fn add_keys(&self, by: &mut GroupByExpr, projection: &[SelectItem], others: &[&Expr]) {
        if let GroupByExpr::Expressions(keys, _) = by {
            keys.extend(self.told_by_keys(keys, projection, others));
        }
    }

    /// Adds what ORDER BY needs.
    pub(super) fn add_keys_of_order(&self, query: &mut ast::Query) {
        if let (SetExpr::Select(select), Some(order)) = (&mut *query.body, &query.order_by)
            && let OrderByKind::Expressions(sort) = &order.kind
        {
            let sort: Vec<&Expr> = sort.iter().map(|key| &key.expr).collect();
            self.add_keys(&mut select.group_by, &select.projection, &sort);
        }
    }

    fn told_by_keys(&self, keys: &[Expr], projection: &[SelectItem], others: &[&Expr]) -> Vec<Expr> {
        let is_set = |key: &Expr| matches!(key, Expr::Rollup(_) | Expr::Cube(_) | Expr::GroupingSets(_));
        let Some(scope) = self.scopes.last() else { return Vec::new() };
        if keys.is_empty() || keys.iter().any(is_set) {
            return Vec::new();
        }
        let grouped: Vec<&Expr> = keys.iter().map(|key| meant(key, projection).unwrap_or(key)).collect();
        let listed = LazyCell::new(|| listed(projection, others, &grouped));
        let mut added = Vec::new();
        for relation in &scope.relations {
            let Some(found) = &relation.entity else { continue };
            let entity = &self.asker.snapshot.catalog.entities[found.entity];
            let is_grouped = |field: &usize| {
                grouped.contains(&&qualified(&relation.name, entity.fields[*field].listed_name(found.naming)))
            };
            if entity.key.is_empty() || !entity.key.iter().all(is_grouped) {
                continue;
            }
            for (column, sql_type) in relation.columns.iter().zip(&relation.types) {
                let column = qualified(&relation.name, column);
                let is_json = matches!(sql_type, Some(SqlType::Json | SqlType::Jsonb));
                if !is_json && listed.contains(&column) && !grouped.contains(&&column) {
                    added.push(column);
                }
            }
        }
        added
    }
}

/// What a place in the select list, or the name of an output, stands for.
fn meant<'p>(key: &Expr, projection: &'p [SelectItem]) -> Option<&'p Expr> {
    if let Some(place) = place_of(key) {
        return match projection.get(place.wrapping_sub(1))? {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
            _ => None,
        };
    }
    let Expr::Identifier(name) = key else { return None };
    projection.iter().find_map(|item| match item {
        SelectItem::ExprWithAlias { expr, alias } if alias.value == name.value => Some(expr),
        _ => None,
    })
}

/// The columns that stand outside of aggregates and of what the groups are made by.
fn listed(projection: &[SelectItem], others: &[&Expr], grouped: &[&Expr]) -> Vec<Expr> {
    let (mut columns, mut around) = (Vec::new(), 0_usize);
    let covers = |expr: &Expr| is_aggregate_call(expr) || grouped.contains(&expr);
    let mut look = |expr: &Expr, step| match (expr, step) {
        (Expr::CompoundIdentifier(_), Step::In) if around == 0 && !covers(expr) => columns.push(expr.clone()),
        (Expr::CompoundIdentifier(_), _) => {}
        (_, Step::In) => around += usize::from(covers(expr)),
        (_, Step::Out) => around -= usize::from(covers(expr)),
    };
    projection.iter().for_each(|item| own_expressions(item, &mut look));
    others.iter().for_each(|expr| own_expressions(*expr, &mut look));
    columns
}
