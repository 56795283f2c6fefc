//! GROUP BY the key of a relation: what else its rows have may be listed too, since a key tells it (PostgreSQL
//! documentation, "GROUP BY Clause").
//!
//! The columns that are listed become keys as well, which makes no more groups. A key that is masked makes no key; then
//! the groups are of what is listed, which is what can be seen.

use std::ops::ControlFlow;

use sluice_base::SqlType;
use sqlparser::ast::{Expr, Query, SelectItem, Visit, Visitor};

use super::Resolver;
use super::select::place_of;
use super::tree::qualified;
use crate::query::fold_name;
use crate::resolve::functions::is_aggregate;

impl Resolver<'_> {
    /// The columns to add to the keys of a grouping, both resolved.
    pub(super) fn told_by_keys(&self, keys: &[Expr], projection: &[SelectItem]) -> Vec<Expr> {
        let is_set = |key: &Expr| matches!(key, Expr::Rollup(_) | Expr::Cube(_) | Expr::GroupingSets(_));
        let Some(scope) = self.scopes.last() else { return Vec::new() };
        if keys.is_empty() || keys.iter().any(is_set) {
            return Vec::new();
        }
        let grouped: Vec<&Expr> = keys.iter().map(|key| meant(key, projection).unwrap_or(key)).collect();
        let mut listed = Listed { columns: Vec::new(), aggregates: 0, queries: 0 };
        for item in projection {
            let _: ControlFlow<()> = item.visit(&mut listed);
        }
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
                if !is_json && listed.columns.contains(&column) && !grouped.contains(&&column) {
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

/// Finds the columns that stand outside of aggregates.
struct Listed {
    columns: Vec<Expr>,
    aggregates: usize,
    queries: usize,
}

impl Visitor for Listed {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.queries += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.queries -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        self.aggregates += usize::from(is_aggregate_call(expr));
        if self.aggregates == 0 && self.queries == 0 && matches!(expr, Expr::CompoundIdentifier(_)) {
            self.columns.push(expr.clone());
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        self.aggregates -= usize::from(is_aggregate_call(expr));
        ControlFlow::Continue(())
    }
}

fn is_aggregate_call(expr: &Expr) -> bool {
    let Expr::Function(function) = expr else { return false };
    let name = fold_name(&function.name).ok().and_then(|mut parts| parts.pop());
    function.over.is_none() && name.is_some_and(|name| is_aggregate(&name))
}
