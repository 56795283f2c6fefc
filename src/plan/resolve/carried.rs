//! The order of a subquery in FROM, carried to what reads it alone.
//!
//! SQL promises no order there, but PostgreSQL keeps it, and reports are written so: `SELECT string_agg(name, ', ') FROM
//! (SELECT name FROM t ORDER BY 1) x`. The engine drops an order that nothing asks for, so the outer query asks for it: in
//! its own ORDER BY, or in those of its calls whose results depend on the order of rows.
//!
//! Left out: keys that are no columns of the subquery, joins, and queries that are grouped or told apart without such calls.

use std::ops::ControlFlow;

use sqlparser::ast::{
    self, Expr, Function, FunctionArgumentClause, FunctionArguments, GroupByExpr, Ident, OrderBy, OrderByExpr,
    OrderByKind, Query, Select, SelectItem, SetExpr, TableFactor, VisitMut, VisitorMut, WindowType,
};

use super::functions::is_aggregate;
use crate::query::{fold, fold_name};

/// Aggregates whose result depends on the order of the rows.
const ORDERED: &[&str] = &["array_agg", "string_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg"];
/// Window functions that do, and that no frame changes.
const NUMBERED: &[&str] = &["row_number", "lag", "lead"];

/// The name by which `*` lists a column of a relation of the catalog.
type Lists<'a> = &'a dyn Fn(&[String], &str) -> Option<String>;

/// Carries orders outwards in all queries of a statement.
pub(super) fn carried(query: &mut Query, lists: Lists) {
    // Nothing breaks the walk off.
    let _: ControlFlow<()> = query.visit(&mut Carrier(lists));
}

struct Carrier<'a>(Lists<'a>);

impl VisitorMut for Carrier<'_> {
    type Break = ();

    // The inner queries have theirs by then.
    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        carry(query, self.0);
        ControlFlow::Continue(())
    }
}

fn carry(query: &mut Query, lists: Lists) -> Option<()> {
    let SetExpr::Select(select) = query.body.as_mut() else { return None };
    let [from] = select.from.as_mut_slice() else { return None };
    if !from.joins.is_empty() {
        return None;
    }
    let (name, keys) = match &mut from.relation {
        TableFactor::Derived { subquery, alias: Some(alias), lateral: false, .. } => {
            (alias.name.clone(), keys(subquery, &alias.columns, lists)?)
        }
        TableFactor::Table { name, alias, args: None, .. } => {
            let with = query.with.as_ref().filter(|with| !with.recursive)?;
            let [called] = fold_name(name).ok()?.try_into().ok()?;
            let cte = with.cte_tables.iter().find(|cte| fold(&cte.alias.name) == called)?;
            let name = alias.as_ref().map_or_else(|| cte.alias.name.clone(), |alias| alias.name.clone());
            if alias.as_ref().is_some_and(|alias| !alias.columns.is_empty()) {
                return None;
            }
            (name, keys(&cte.query, &cte.alias.columns, lists)?)
        }
        _ => return None,
    };
    let keys: Vec<OrderByExpr> = keys
        .into_iter()
        .map(|(column, key)| OrderByExpr { expr: Expr::CompoundIdentifier(vec![name.clone(), column]), ..key })
        .collect();
    let mut calls = Calls { keys: &keys, queries: 0, aggregates: false, windows: false };
    for item in &mut select.projection {
        let _: ControlFlow<()> = item.visit(&mut calls);
    }
    let (aggregates, windows) = (calls.aggregates, calls.windows);
    // WITH TIES asks for an order of its own.
    let ties = query.fetch.as_ref().is_some_and(|fetch| fetch.with_ties);
    let plain = !aggregates && !windows && !ties && is_plain(select) && query.order_by.is_none();
    if plain {
        query.order_by = Some(OrderBy { kind: OrderByKind::Expressions(keys), interpolate: None });
    }
    Some(())
}

/// Whether a SELECT gives the rows of its FROM, one for one.
fn is_plain(select: &Select) -> bool {
    let ungrouped = matches!(&select.group_by, GroupByExpr::Expressions(items, _) if items.is_empty());
    ungrouped && select.distinct.is_none() && select.having.is_none()
}

/// The keys by which the rows of a query are ordered, each with the column of the query that it is.
fn keys(query: &Query, renamed: &[ast::TableAliasColumnDef], lists: Lists) -> Option<Vec<(Ident, OrderByExpr)>> {
    let OrderByKind::Expressions(keys) = &query.order_by.as_ref()?.kind else { return None };
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let is_star = |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
    if select.projection.iter().any(is_star) {
        return keys.iter().map(|key| Some((of_all(select, renamed, &key.expr, lists)?, key.clone()))).collect();
    }
    let names: Vec<Option<Ident>> = select
        .projection
        .iter()
        .enumerate()
        .map(|(place, item)| renamed.get(place).map(|renamed| renamed.name.clone()).or_else(|| named(item)))
        .collect();
    let found = |key: &OrderByExpr| {
        let place = match &key.expr {
            Expr::Value(value) => {
                let ast::Value::Number(text, _) = &value.value else { return None };
                text.parse::<usize>().ok()?.checked_sub(1)?
            }
            // The name of an output comes before a column of the same name.
            expr => {
                let items = &select.projection;
                let by_name = items.iter().position(|item| is_name_of(expr, item));
                by_name.or_else(|| items.iter().position(|item| is_item(expr, item)))?
            }
        };
        let name = names.get(place)?.clone()?;
        let of_that_name = names.iter().flatten().filter(|other| fold(other) == fold(&name)).count();
        (of_that_name == 1).then_some(name)
    };
    keys.iter().map(|key| Some((found(key)?, key.clone()))).collect()
}

fn is_item(key: &Expr, item: &SelectItem) -> bool {
    matches!(item, SelectItem::UnnamedExpr(own) | SelectItem::ExprWithAlias { expr: own, .. } if own == key)
}

/// A key that is among the columns of a star over a single relation of the catalog.
fn of_all(select: &Select, renamed: &[ast::TableAliasColumnDef], key: &Expr, lists: Lists) -> Option<Ident> {
    let ([from], [SelectItem::Wildcard(_)]) = (select.from.as_slice(), select.projection.as_slice()) else {
        return None;
    };
    let TableFactor::Table { name, alias, args: None, .. } = &from.relation else { return None };
    if !from.joins.is_empty() || !renamed.is_empty() || alias.as_ref().is_some_and(|alias| !alias.columns.is_empty()) {
        return None;
    }
    let parts = fold_name(name).ok()?;
    let called = alias.as_ref().map_or_else(|| parts.last().cloned(), |alias| Some(fold(&alias.name)))?;
    let column = match key {
        Expr::Identifier(column) => column,
        Expr::CompoundIdentifier(path) => match path.as_slice() {
            [relation, column] if fold(relation) == called => column,
            _ => return None,
        },
        _ => return None,
    };
    lists(&parts, &fold(column)).map(|listed| Ident::with_quote('"', listed))
}

/// The name of an item, where it has one that is seen.
fn named(item: &SelectItem) -> Option<Ident> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.clone()),
        SelectItem::UnnamedExpr(Expr::Identifier(name)) => Some(name.clone()),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => parts.last().cloned(),
        _ => None,
    }
}

fn is_name_of(key: &Expr, item: &SelectItem) -> bool {
    let Expr::Identifier(key) = key else { return false };
    named(item).is_some_and(|name| fold(&name) == fold(key))
}

/// Gives the calls of one select list their order.
struct Calls<'a> {
    keys: &'a [OrderByExpr],
    queries: usize,
    aggregates: bool,
    windows: bool,
}

impl VisitorMut for Calls<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.queries += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.queries -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let (Expr::Function(function), 0) = (expr, self.queries) {
            self.call(function);
        }
        ControlFlow::Continue(())
    }
}

impl Calls<'_> {
    fn call(&mut self, function: &mut Function) {
        let Some(name) = fold_name(&function.name).ok().and_then(|mut parts| parts.pop()) else { return };
        match &mut function.over {
            Some(WindowType::WindowSpec(window)) => {
                // Where the rows stay as they come, so does their order.
                self.windows |= !window.order_by.is_empty() || !window.partition_by.is_empty();
                if window.order_by.is_empty() && window.window_name.is_none() && NUMBERED.contains(&name.as_str()) {
                    window.order_by = self.keys.to_vec();
                }
            }
            Some(WindowType::NamedWindow(_)) => self.windows = true,
            None if is_aggregate(&name) => {
                self.aggregates = true;
                let FunctionArguments::List(list) = &mut function.args else { return };
                let has_own = list.clauses.iter().any(|clause| matches!(clause, FunctionArgumentClause::OrderBy(_)));
                if ORDERED.contains(&name.as_str()) && list.duplicate_treatment.is_none() && !has_own {
                    list.clauses.push(FunctionArgumentClause::OrderBy(self.keys.to_vec()));
                }
            }
            None => {}
        }
    }
}
