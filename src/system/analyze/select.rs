//! One SELECT: its clauses in the order in which names come into being.

use sluice_base::SqlType;
use sqlparser::ast::{
    self, Distinct, Expr as Ast, GroupByExpr, OrderByExpr, Select, SelectFlavor, SelectItem,
    SelectItemQualifiedWildcardKind, Value as Literal,
};

use super::names::column_name;
use super::scope::{Allowed, Scope};
use super::{Analyzer, Typed};
use crate::error::{Result, SystemError};
use crate::plan::{Body, DistinctPlan, Expr, FromPlan, GroupPlan, OutputColumn, SelectPlan, SortKey};
use crate::typing::{fold, name_parts};
use crate::value::Value;

/// What a SELECT list item may hold.
const TARGET: Allowed = Allowed { aggregates: true, windows: true, sets: true };

/// Output columns, with the syntax each came from.
struct Targets {
    exprs: Vec<Typed>,
    names: Vec<String>,
    asts: Vec<Option<Ast>>,
    visible: usize,
}

/// An analysed SELECT: what it computes, its columns, its order.
pub(super) struct Selected {
    pub(super) body: Body,
    pub(super) columns: Vec<OutputColumn>,
    pub(super) order: Vec<SortKey<usize>>,
}

fn refuse_unknown_clauses(select: &Select) -> Result<()> {
    let plain = select.top.is_none()
        && select.into.is_none()
        && select.lateral_views.is_empty()
        && select.prewhere.is_none()
        && select.connect_by.is_empty()
        && select.cluster_by.is_empty()
        && select.distribute_by.is_empty()
        && select.sort_by.is_empty()
        && select.named_window.is_empty()
        && select.qualify.is_none()
        && select.value_table_mode.is_none()
        && select.exclude.is_none()
        && select.flavor == SelectFlavor::Standard;
    if plain { Ok(()) } else { Err(SystemError::Unsupported("this clause of SELECT".into())) }
}

fn ordinal(expr: &Ast) -> Option<&str> {
    match expr {
        Ast::Value(value) => match &value.value {
            Literal::Number(text, _) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

impl Analyzer<'_> {
    pub(super) fn select(&mut self, select: &Select, order_by: &[OrderByExpr]) -> Result<Selected> {
        refuse_unknown_clauses(select)?;
        let (selected, _) = self.at_new_level(|this| this.select_here(select, order_by))?;
        Ok(selected)
    }

    fn select_here(&mut self, select: &Select, order_by: &[OrderByExpr]) -> Result<Selected> {
        let mut from = FromPlan::default();
        for tree in &select.from {
            let joined = self.join_tree(tree)?;
            from.items.extend(joined.items);
            from.conjuncts.extend(joined.conjuncts);
        }
        if let Some(selection) = &select.selection {
            self.conjuncts(selection, "WHERE", &mut from.conjuncts)?;
        }
        let keys = self.group_keys(select)?;
        let mut targets = self.with_allowed(TARGET, true, |this| this.targets(&select.projection))?;
        let having = match &select.having {
            Some(having) => {
                let allowed = Allowed { aggregates: true, ..Allowed::NOTHING };
                Some(self.with_allowed(allowed, true, |this| this.condition(having, "HAVING"))?)
            }
            None => None,
        };
        let distinct = self.distinct_places(select, &mut targets)?;
        let order = self.order_places(order_by, &mut targets, &distinct)?;
        let keys_of = |places: &mut dyn Iterator<Item = usize>| {
            places.filter_map(|place| targets.exprs.get(place)).any(|typed| typed.ty.sql == SqlType::Jsonb)
        };
        let told_apart = match &distinct {
            DistinctPlan::No => false,
            DistinctPlan::Rows => keys_of(&mut (0..targets.visible)),
            DistinctPlan::On(places) => keys_of(&mut places.iter().copied()),
        };
        if told_apart || keys_of(&mut order.iter().map(|key| key.by)) {
            return Err(SystemError::Unsupported("an order or equality of jsonb".into()));
        }
        let scope = self.scope()?;
        let group =
            grouping(scope, keys, having, !matches!(&select.group_by, GroupByExpr::Expressions(e, _) if e.is_empty()))?;
        let plan = SelectPlan {
            from,
            slot_count: scope.slots,
            group,
            windows: std::mem::take(&mut scope.windows),
            sets: std::mem::take(&mut scope.sets),
            targets: targets.exprs.iter().map(|typed| typed.expr.clone()).collect(),
            distinct,
        };
        let columns = targets
            .exprs
            .into_iter()
            .zip(targets.names)
            .take(targets.visible)
            .map(|(typed, name)| OutputColumn { name, ty: typed.ty, origin: typed.origin })
            .collect();
        Ok(Selected { body: Body::Select(Box::new(plan)), columns, order })
    }

    fn targets(&mut self, projection: &[SelectItem]) -> Result<Targets> {
        let mut targets = Targets { exprs: Vec::new(), names: Vec::new(), asts: Vec::new(), visible: 0 };
        for item in projection {
            match item {
                SelectItem::UnnamedExpr(expr) => self.target(expr, column_name(expr), &mut targets)?,
                SelectItem::ExprWithAlias { expr, alias } => self.target(expr, fold(alias), &mut targets)?,
                SelectItem::Wildcard(_) => {
                    let columns = self.star()?;
                    self.starred(columns, &mut targets)?;
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    let columns = self.star_of(&name_parts(name)?)?;
                    self.starred(columns, &mut targets)?;
                }
                _ => return Err(SystemError::Unsupported("this form of SELECT item".into())),
            }
        }
        targets.visible = targets.exprs.len();
        Ok(targets)
    }

    fn target(&mut self, expr: &Ast, name: String, targets: &mut Targets) -> Result<()> {
        let typed = self.expr(expr)?;
        targets.exprs.push(typed);
        targets.names.push(name);
        targets.asts.push(Some(expr.clone()));
        Ok(())
    }

    fn starred(&mut self, columns: Vec<(String, Typed)>, targets: &mut Targets) -> Result<()> {
        if columns.is_empty() {
            return Err(SystemError::Syntax("SELECT * with no tables specified is not valid".into()));
        }
        let scope = self.scope()?;
        for (name, typed) in columns {
            if let Expr::Column { up: 0, slot, column } = &typed.expr
                && !scope.group_columns.contains(&(*slot, *column))
            {
                scope.loose.push((*slot, *column, name.clone()));
            }
            targets.exprs.push(typed);
            targets.names.push(name);
            targets.asts.push(None);
        }
        Ok(())
    }

    /// GROUP BY: ordinals and output names stand for SELECT items.
    fn group_keys(&mut self, select: &Select) -> Result<Vec<Expr>> {
        let GroupByExpr::Expressions(exprs, modifiers) = &select.group_by else {
            return Err(SystemError::Unsupported("GROUP BY ALL".into()));
        };
        if !modifiers.is_empty() {
            return Err(SystemError::Unsupported("this form of GROUP BY".into()));
        }
        let mut keys = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let expr = self.group_expr(expr, &select.projection)?;
            let typed = self.expr(expr)?;
            let typed = self.settled(typed)?;
            if typed.ty.sql == SqlType::Jsonb {
                return Err(SystemError::Unsupported("GROUP BY over jsonb".into()));
            }
            let scope = self.scope()?;
            if let Expr::Column { up: 0, slot, column } = &typed.expr {
                scope.group_columns.insert((*slot, *column));
            }
            scope.group_exprs.push(expr.clone());
            keys.push(typed.expr);
        }
        Ok(keys)
    }

    fn group_expr<'s>(&mut self, expr: &'s Ast, projection: &'s [SelectItem]) -> Result<&'s Ast> {
        if let Some(number) = ordinal(expr) {
            let place = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
            return match place.and_then(|place| projection.get(place)) {
                Some(SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) => Ok(expr),
                _ => Err(SystemError::InvalidColumnReference(format!(
                    "GROUP BY position {number} is not in select list"
                ))),
            };
        }
        if let Ast::Identifier(ident) = expr {
            let name = fold(ident);
            let is_column = self.scope()?.entries.iter().any(|entry| entry.columns.iter().any(|c| c.name == name));
            let alias = projection.iter().find_map(|item| match item {
                SelectItem::ExprWithAlias { expr, alias } if fold(alias) == name => Some(expr),
                _ => None,
            });
            if let (false, Some(expr)) = (is_column, alias) {
                return Ok(expr);
            }
        }
        Ok(expr)
    }

    /// The place of an ORDER BY or DISTINCT ON expression among the targets; a new one where it is not there yet.
    fn place(&mut self, expr: &Ast, targets: &mut Targets, what: &str) -> Result<usize> {
        if let Some(number) = ordinal(expr) {
            return number
                .parse::<usize>()
                .ok()
                .and_then(|number| number.checked_sub(1))
                .filter(|place| *place < targets.visible)
                .ok_or_else(|| {
                    SystemError::InvalidColumnReference(format!("{what} position {number} is not in select list"))
                });
        }
        if let Ast::Identifier(ident) = expr {
            let name = fold(ident);
            let mut found = (0..targets.visible).filter(|place| targets.names[*place] == name);
            if let Some(place) = found.next() {
                return Ok(place);
            }
        }
        if let Some(place) = targets.asts.iter().position(|known| known.as_ref() == Some(expr)) {
            return Ok(place);
        }
        let typed = self.with_allowed(TARGET, true, |this| this.expr(expr))?;
        if let Some(place) = same_column(&typed, targets) {
            return Ok(place);
        }
        let typed = self.settled(typed)?;
        targets.exprs.push(typed);
        targets.names.push(String::new());
        targets.asts.push(Some(expr.clone()));
        Ok(targets.exprs.len() - 1)
    }

    fn distinct_places(&mut self, select: &Select, targets: &mut Targets) -> Result<DistinctPlan> {
        Ok(match &select.distinct {
            None | Some(Distinct::All) => DistinctPlan::No,
            Some(Distinct::Distinct) => DistinctPlan::Rows,
            Some(Distinct::On(exprs)) => DistinctPlan::On(
                exprs.iter().map(|expr| self.place(expr, targets, "SELECT DISTINCT ON")).collect::<Result<Vec<_>>>()?,
            ),
        })
    }

    fn order_places(
        &mut self,
        order_by: &[OrderByExpr],
        targets: &mut Targets,
        distinct: &DistinctPlan,
    ) -> Result<Vec<SortKey<usize>>> {
        let mut keys = Vec::with_capacity(order_by.len());
        for key in order_by {
            let place = self.place(&key.expr, targets, "ORDER BY")?;
            if matches!(distinct, DistinctPlan::Rows) && place >= targets.visible {
                return Err(SystemError::InvalidColumnReference(
                    "for SELECT DISTINCT, ORDER BY expressions must appear in select list".into(),
                ));
            }
            keys.push(sort_key(place, key)?);
        }
        Ok(keys)
    }
}

/// A key of ORDER BY with PostgreSQL's defaults.
pub(super) fn sort_key(place: usize, key: &OrderByExpr) -> Result<SortKey<usize>> {
    if key.with_fill.is_some() {
        return Err(SystemError::Unsupported("WITH FILL".into()));
    }
    let descending = key.options.asc == Some(false);
    Ok(SortKey { by: place, descending, nulls_first: key.options.nulls_first.unwrap_or(descending) })
}

fn same_column(typed: &Typed, targets: &Targets) -> Option<usize> {
    let Expr::Column { up: 0, slot, column } = &typed.expr else { return None };
    targets
        .exprs
        .iter()
        .take(targets.visible)
        .position(|known| matches!(&known.expr, Expr::Column { up: 0, slot: s, column: c } if s == slot && c == column))
}

/// Settles whether the query is grouped, and refuses bare columns where it is.
fn grouping(scope: &mut Scope, keys: Vec<Expr>, having: Option<Expr>, has_keys: bool) -> Result<Option<GroupPlan>> {
    let aggregates = std::mem::take(&mut scope.aggregates);
    if aggregates.is_empty() && !has_keys && having.is_none() {
        return Ok(None);
    }
    for (slot, column, name) in &scope.loose {
        // A relation grouped by its key has each of its columns once per group.
        let by_key =
            scope.entries.iter().find(|entry| entry.slot == *slot && entry.relation.is_some()).is_some_and(|entry| {
                let key = entry.columns.iter().position(|known| known.name == "oid");
                key.is_some_and(|key| scope.group_columns.contains(&(*slot, key)))
            });
        if !by_key && !scope.group_columns.contains(&(*slot, *column)) {
            return Err(SystemError::Grouping(name.clone()));
        }
    }
    Ok(Some(GroupPlan { keys, aggregates, having }))
}

/// A LIMIT or OFFSET: a whole number, or nothing.
pub(super) fn count_type(typed: &Typed) -> SqlType {
    match typed.expr {
        Expr::Const(Value::Null) => SqlType::Unknown,
        _ => SqlType::Int8,
    }
}

/// The items of an ORDER BY clause.
pub(super) fn order_items(order_by: Option<&ast::OrderBy>) -> Result<&[OrderByExpr]> {
    match order_by.map(|order| &order.kind) {
        None => Ok(&[]),
        Some(ast::OrderByKind::Expressions(items)) => Ok(items),
        Some(ast::OrderByKind::All(_)) => Err(SystemError::Unsupported("ORDER BY ALL".into())),
    }
}
