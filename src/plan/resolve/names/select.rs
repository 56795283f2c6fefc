//! One SELECT: its clauses in the order in which PostgreSQL gives their names a meaning.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;

use sluice_base::SqlType;
use sqlparser::ast::{self, Distinct, GroupByExpr, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr};

use super::scope::Scope;
use super::sets::aggregates;
use super::tree::{null, qualified, quoted};
use super::windows::{extended_windows, inherited_windows};
use super::{Body, Columns, Resolver};
use super::{marked, put_together};
use crate::PlanError;
use crate::query::{fold, fold_name};
use crate::resolve::functions::{refuse_calls, refuse_grouping, refuse_windows};
use crate::resolve::json::{self, by_key, refuse_equality};
use crate::resolve::output::column_name;

impl Resolver<'_> {
    pub(super) fn select(&mut self, select: &mut Select) -> Result<Body, PlanError> {
        refuse_dialect_clauses(select)?;
        self.scopes.push(Scope::default());
        let outcome = self.select_in_scope(select);
        let scope = self.scopes.pop();
        outcome.map(|columns| {
            let scope = scope.map(|mut scope| {
                scope.outputs = columns.unique.iter().cloned().collect();
                scope
            });
            Body { columns, scope }
        })
    }

    fn select_in_scope(&mut self, select: &mut Select) -> Result<Columns, PlanError> {
        let before = self.reads;
        for table in &mut select.from {
            self.table_with_joins(table)?;
        }
        if reads_more(select) {
            self.copied(self.reads - before)?;
        }
        // The select list comes before WHERE where types are told.
        select.projection.iter().for_each(|item| self.tell(item));
        if let Some(selection) = &mut select.selection {
            refuse_calls(selection, "WHERE")?;
            self.boolean(selection, "WHERE")?;
            self.condition(selection)?;
        }
        let by_groups = !matches!(&select.group_by, GroupByExpr::Expressions(items, _) if items.is_empty());
        if let Some(scope) = self.scopes.last_mut() {
            scope.grouped = by_groups || select.having.is_some() || aggregates(&select.projection);
        }
        inherited_windows(&mut select.named_window)?;
        extended_windows(&mut select.projection, &select.named_window)?;
        put_together::in_several_orders(&mut select.projection);
        let columns = self.projection(&mut select.projection)?;
        if let Some(scope) = self.scopes.last_mut() {
            scope.outputs = columns.unique.iter().cloned().collect();
        }
        match &mut select.group_by {
            GroupByExpr::All(_) => return Err(PlanError::Unsupported("GROUP BY ALL".into())),
            GroupByExpr::Expressions(items, modifiers) => {
                if !modifiers.is_empty() {
                    return Err(PlanError::Unsupported("this GROUP BY modifier".into()));
                }
                if items.is_empty() {
                    refuse_grouping(&select.projection)?;
                }
                let grouped = aggregates(&select.projection);
                items.retain(|item| !(grouped && matches!(item, ast::Expr::Tuple(none) if none.is_empty())));
                let mut marks = Vec::new();
                for item in &mut *items {
                    self.group_item(item, &select.projection)?;
                    let found = match (place_of(item), &*item) {
                        (Some(place), _) => columns.types.get(place.wrapping_sub(1)).cloned().flatten(),
                        (None, ast::Expr::Identifier(output)) if self.find_unqualified(&output.value)?.is_none() => {
                            let place = columns.unique.iter().position(|name| *name == output.value);
                            place.and_then(|place| columns.types.get(place).cloned().flatten())
                        }
                        _ => self.declared(item),
                    };
                    if by_key(found.as_ref())? {
                        marks.push(json_key(item, &select.projection));
                    }
                }
                self.by_key |= !marks.is_empty();
                items.extend(marks);
            }
        }
        if matches!(select.distinct, Some(Distinct::Distinct)) {
            for (at, found) in columns.types.iter().enumerate() {
                if by_key(found.as_ref())? {
                    marked::wrapped_item(&mut select.projection, at, &columns.unique[at], json::MARK)?;
                    self.by_key = true;
                }
            }
        }
        if let Some(having) = &mut select.having {
            refuse_windows(having, "HAVING")?;
            self.boolean(having, "HAVING")?;
            self.expr(having)?;
        }
        let having: Vec<&ast::Expr> = select.having.iter().collect();
        self.add_keys(&mut select.group_by, &select.projection, &having);
        for window in &mut select.named_window {
            self.named_window(window)?;
        }
        if let Some(Distinct::On(items)) = &mut select.distinct {
            for item in items {
                self.distinct_on(item, &select.projection)?;
            }
        }
        Ok(columns)
    }

    /// A GROUP BY item; inside of grouping sets a place and a name of the select list stand for their expression too.
    fn group_item(&mut self, item: &mut ast::Expr, projection: &[SelectItem]) -> Result<(), PlanError> {
        refuse_calls(item, "GROUP BY")?;
        if let Some(place) = place_of(item) {
            return match projection.get(place.wrapping_sub(1)) {
                Some(SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) => {
                    refuse_calls(expr, "GROUP BY")
                }
                _ => Err(PlanError::InvalidReference(format!("GROUP BY position {place} is not in select list"))),
            };
        }
        let (rollup, cube) = (matches!(item, ast::Expr::Rollup(_)), matches!(item, ast::Expr::Cube(_)));
        let (ast::Expr::Rollup(sets) | ast::Expr::Cube(sets) | ast::Expr::GroupingSets(sets)) = item else {
            return self.column_or_output(item);
        };
        for expr in sets.iter_mut().flatten() {
            self.set_item(expr, projection)?;
        }
        // The planner has ROLLUP and CUBE of single expressions alone.
        let composite = sets.iter().any(|set| set.len() != 1);
        if composite && (rollup || cube) {
            let sets = if rollup { rolled_up(sets) } else { cubed(sets)? };
            *item = ast::Expr::GroupingSets(sets);
        }
        Ok(())
    }

    /// One expression of a grouping set.
    fn set_item(&mut self, expr: &mut ast::Expr, projection: &[SelectItem]) -> Result<(), PlanError> {
        let named = |name: &str| {
            projection.iter().find_map(|item| match item {
                SelectItem::ExprWithAlias { expr, alias } if alias.value == name => Some(expr.clone()),
                _ => None,
            })
        };
        if let Some(place) = place_of(expr) {
            let found = match projection.get(place.wrapping_sub(1)) {
                Some(SelectItem::UnnamedExpr(found) | SelectItem::ExprWithAlias { expr: found, .. }) => found.clone(),
                _ => {
                    return Err(PlanError::InvalidReference(format!(
                        "GROUP BY position {place} is not in select list"
                    )));
                }
            };
            refuse_calls(&found, "GROUP BY")?;
            *expr = found;
            return Ok(());
        }
        if let ast::Expr::Identifier(ident) = expr {
            let name = fold(ident);
            if self.find_unqualified(&name)?.is_none()
                && let Some(found) = named(&name)
            {
                *expr = found;
                return Ok(());
            }
        }
        refuse_equality(self.declared(expr).as_ref(), "GROUPING SETS")?;
        self.expr(expr)
    }

    /// A DISTINCT ON item reads as one of ORDER BY does: a number is a place in the select list.
    fn distinct_on(&mut self, item: &mut ast::Expr, projection: &[SelectItem]) -> Result<(), PlanError> {
        let Some(place) = place_of(item) else {
            let found = self.declared(item);
            self.output_or_column(item)?;
            if by_key(found.as_ref())? {
                json::within(json::KEY, item);
            }
            return Ok(());
        };
        match projection.get(place.wrapping_sub(1)) {
            Some(SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) => {
                *item = expr.clone();
                Ok(())
            }
            _ => Err(PlanError::InvalidReference(format!("SELECT DISTINCT ON position {place} is not in select list"))),
        }
    }

    /// A GROUP BY item: a bare name means an input column first, then an output column.
    fn column_or_output(&mut self, expr: &mut ast::Expr) -> Result<(), PlanError> {
        if let ast::Expr::Identifier(ident) = expr {
            let name = fold(ident);
            let scope = self.scopes.last();
            let is_output = scope.is_some_and(|scope| scope.outputs.contains(&name));
            if is_output && self.find_unqualified(&name)?.is_none() {
                *ident = quoted(&name);
                return Ok(());
            }
        }
        self.expr(expr)
    }

    /// Resolves the select list; returns its columns.
    fn projection(&mut self, items: &mut Vec<SelectItem>) -> Result<Columns, PlanError> {
        let mut expanded: Vec<(ast::Expr, String, bool)> = Vec::with_capacity(items.len());
        let mut types = Vec::with_capacity(items.len());
        for item in std::mem::take(items) {
            match item {
                SelectItem::UnnamedExpr(mut expr) => {
                    let name = column_name(&expr);
                    types.push(self.output(&mut expr)?);
                    narrow_integer(&mut expr);
                    // The planner has another name for a column of a query around this one.
                    let plain = column_name(&expr) == name && is_column(&expr) && self.is_own(&expr);
                    expanded.push((expr, name, !plain));
                }
                SelectItem::ExprWithAlias { mut expr, alias } => {
                    types.push(self.output(&mut expr)?);
                    narrow_integer(&mut expr);
                    expanded.push((expr, fold(&alias), true));
                }
                SelectItem::Wildcard(options) => {
                    no_wildcard_options(&options)?;
                    for (expr, name) in self.expand_all()? {
                        let plain = is_column(&expr);
                        types.push(self.declared(&expr));
                        expanded.push((expr, name, !plain));
                    }
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    no_wildcard_options(&options)?;
                    for (expr, name) in self.expand_one(&fold_name(&name)?)? {
                        types.push(self.declared(&expr));
                        let own = self.is_own(&expr);
                        expanded.push((expr, name, !own));
                    }
                }
                _ => return Err(PlanError::Unsupported("this form of select item".into())),
            }
        }
        let mut taken = BTreeSet::new();
        let mut unique = Vec::with_capacity(expanded.len());
        let shown = expanded.iter().map(|(_, name, _)| name.clone()).collect();
        for (number, (expr, name, needs_alias)) in expanded.into_iter().enumerate() {
            let fresh = taken.insert(name.clone());
            let name = if fresh { name } else { format!("{name}\u{1}{number}") };
            items.push(if fresh && !needs_alias {
                SelectItem::UnnamedExpr(expr)
            } else {
                SelectItem::ExprWithAlias { expr, alias: quoted(&name) }
            });
            unique.push(name);
        }
        Ok(Columns { unique, shown, types, ..Columns::default() })
    }

    /// Resolves an expression of the select list, and gives its type where the text tells it.
    fn output(&mut self, expr: &mut ast::Expr) -> Result<Option<SqlType>, PlanError> {
        if let ast::Expr::Subquery(query) = expr {
            let columns = self.scalar_query(query)?;
            return match columns.unique.len() {
                1 => Ok(columns.types.into_iter().next().flatten()),
                _ => Err(PlanError::Form("subquery must return only one column".into())),
            };
        }
        if let ast::Expr::Function(ast::Function { args: ast::FunctionArguments::Subquery(_), name, .. }) = expr
            && fold_name(name)? == ["array"]
        {
            return self.array_query(expr);
        }
        if let Some(row) = self.whole_row(expr)? {
            *expr = row;
            return Ok(Some(SqlType::Record));
        }
        let declared = self.declared(expr);
        match expr {
            // The row of another query is passed on as it is.
            ast::Expr::Identifier(_) | ast::Expr::CompoundIdentifier(_) => self.column(expr)?,
            _ => self.expr(expr)?,
        }
        Ok(declared)
    }

    /// A subquery that stands for a value.
    pub(in crate::resolve) fn scalar_query(&mut self, query: &mut ast::Query) -> Result<Columns, PlanError> {
        let columns = self.query(query)?;
        rename_only(query);
        Ok(columns)
    }

    /// True for a column of this SELECT's own relations.
    fn is_own(&self, expr: &ast::Expr) -> bool {
        let ast::Expr::CompoundIdentifier(parts) = expr else { return true };
        let own = |name: &str| {
            self.scopes.last().is_some_and(|scope| scope.relations.iter().any(|relation| relation.name == name))
        };
        parts.first().is_none_or(|relation| own(&relation.value))
    }

    fn expand_all(&self) -> Result<Vec<(ast::Expr, String)>, PlanError> {
        let scope = self.scopes.last().ok_or_else(|| PlanError::Internal("no scope".into()))?;
        if scope.relations.is_empty() {
            return Err(PlanError::Invalid("SELECT * with no tables specified is not valid".into()));
        }
        Ok(scope.columns.iter().map(|column| (column.expr.clone(), column.name.clone())).collect())
    }

    fn expand_one(&self, name: &[String]) -> Result<Vec<(ast::Expr, String)>, PlanError> {
        let wanted = name.last().ok_or_else(|| PlanError::Internal("empty name".into()))?;
        let relation = self.scopes.iter().rev().flat_map(|scope| &scope.relations).find(|r| r.name == *wanted);
        let relation = relation.ok_or_else(|| self.missing_from(wanted))?;
        Ok(relation.columns.iter().map(|column| (qualified(&relation.name, column), column.clone())).collect())
    }
}

/// What tells that a resolved key of GROUP BY is jsonb: the expression that it stands for, marked.
fn json_key(item: &ast::Expr, projection: &[SelectItem]) -> ast::Expr {
    let place = match (place_of(item), item) {
        (Some(place), _) => projection.get(place.wrapping_sub(1)),
        (None, ast::Expr::Identifier(output)) => projection.iter().find(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => alias.value == output.value,
            _ => false,
        }),
        _ => None,
    };
    let expr = match place {
        Some(SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) => expr,
        _ => item,
    };
    super::tree::call(json::GROUP_MARK, vec![expr.clone()])
}

fn refuse_dialect_clauses(select: &Select) -> Result<(), PlanError> {
    if select.top.is_some() {
        return Err(PlanError::Form("TOP is no clause of SELECT; write LIMIT".into()));
    }
    let foreign = select.exclude.is_some()
        || !select.lateral_views.is_empty()
        || select.prewhere.is_some()
        || !select.connect_by.is_empty()
        || !select.cluster_by.is_empty()
        || !select.distribute_by.is_empty()
        || !select.sort_by.is_empty()
        || select.qualify.is_some()
        || select.value_table_mode.is_some()
        || select.select_modifiers.is_some();
    if foreign { Err(PlanError::Unsupported("this SELECT clause".into())) } else { Ok(()) }
}

fn no_wildcard_options(options: &ast::WildcardAdditionalOptions) -> Result<(), PlanError> {
    let plain = options.opt_ilike.is_none()
        && options.opt_exclude.is_none()
        && options.opt_except.is_none()
        && options.opt_replace.is_none()
        && options.opt_rename.is_none()
        && options.opt_alias.is_none();
    if plain { Ok(()) } else { Err(PlanError::Unsupported("options behind *".into())) }
}

/// An integer constant of the select list that fits is an `integer`, as in PostgreSQL; the planner would say `bigint`.
pub(in crate::resolve) fn narrow_integer(expr: &mut ast::Expr) {
    if let ast::Expr::Nested(inner) = expr {
        return narrow_integer(inner);
    }
    let number = match &*expr {
        ast::Expr::UnaryOp { op: ast::UnaryOperator::Minus, expr } => expr,
        other => other,
    };
    let fits = match number {
        ast::Expr::Value(value) => match &value.value {
            ast::Value::Number(text, _) => text.parse::<i32>().is_ok(),
            _ => false,
        },
        _ => false,
    };
    if fits {
        let inner = Box::new(expr.clone());
        let data_type = ast::DataType::Integer(None);
        *expr = ast::Expr::Cast { kind: ast::CastKind::Cast, expr: inner, data_type, array: false, format: None };
    }
}

fn is_column(expr: &ast::Expr) -> bool {
    matches!(expr, ast::Expr::Identifier(_) | ast::Expr::CompoundIdentifier(_))
}

/// The place in the select list that a bare number is.
pub(super) fn place_of(expr: &ast::Expr) -> Option<usize> {
    match expr {
        ast::Expr::Value(value) => match &value.value {
            ast::Value::Number(text, _) => text.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// The sets of a ROLLUP: all items, then one less at a time.
fn rolled_up(items: &[Vec<ast::Expr>]) -> Vec<Vec<ast::Expr>> {
    (0..=items.len()).rev().map(|kept| items[..kept].concat()).collect()
}

/// Items of a CUBE, as in PostgreSQL.
const CUBE_ITEMS_MAX: usize = 12;

/// The sets of a CUBE: every choice of items.
fn cubed(items: &[Vec<ast::Expr>]) -> Result<Vec<Vec<ast::Expr>>, PlanError> {
    if items.len() > CUBE_ITEMS_MAX {
        return Err(PlanError::TooComplex("CUBE is limited to 12 elements"));
    }
    let chosen = |choice: usize| {
        let kept = items.iter().enumerate().filter(|(at, _)| choice >> at & 1 == 1);
        kept.flat_map(|(_, item)| item.clone()).collect()
    };
    Ok((0..1usize << items.len()).rev().map(chosen).collect())
}

/// Names the only column of a query after its text: a key of GROUP BY or the argument of an aggregate is a column by its
/// name, where `(SELECT max(x) …)` and another one would be the same `max`, and one that stands twice must stay one.
fn rename_only(query: &mut ast::Query) {
    let mut hasher = DefaultHasher::new();
    query.to_string().hash(&mut hasher);
    let name = format!("\u{1}scalar{:016x}", hasher.finish());
    let by_name = |expr: &ast::Expr| matches!(expr, ast::Expr::Identifier(_));
    if query.order_by.as_ref().is_some_and(|order| mentions(order, by_name)) {
        return;
    }
    let SetExpr::Select(select) = query.body.as_mut() else { return };
    if mentions(&select.group_by, by_name) || matches!(&select.distinct, Some(Distinct::On(_))) {
        return;
    }
    let [item] = select.projection.as_mut_slice() else { return };
    if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
        let expr = std::mem::replace(expr, null());
        *item = SelectItem::ExprWithAlias { expr, alias: quoted(&name) };
    }
}

fn mentions<V: ast::Visit>(part: &V, meant: impl Fn(&ast::Expr) -> bool) -> bool {
    let look = |expr: &ast::Expr| if meant(expr) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    ast::visit_expressions(part, look).is_break()
}

/// Whether expressions of a SELECT hold subqueries: one that reads its rows is planned beside a copy of all they come from.
fn reads_more(select: &Select) -> bool {
    let is_query = |expr: &ast::Expr| match expr {
        ast::Expr::Subquery(_) | ast::Expr::Exists { .. } | ast::Expr::InSubquery { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let conditions = select.selection.iter().chain(&select.having);
    conditions.into_iter().any(|expr| ast::visit_expressions(expr, is_query).is_break())
        || select.projection.iter().any(|item| ast::visit_expressions(item, is_query).is_break())
}
