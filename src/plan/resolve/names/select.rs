//! One SELECT: its clauses in the order in which PostgreSQL gives their names a meaning.

use std::collections::BTreeSet;

use sqlparser::ast::{self, Distinct, GroupByExpr, Select, SelectItem, SelectItemQualifiedWildcardKind};

use super::scope::Scope;
use super::tree::{call, null, qualified, quoted};
use super::{Body, Resolver};
use crate::PlanError;
use crate::query::{fold, fold_name};
use crate::resolve::casts::padded_length;
use crate::resolve::output::column_name;

impl Resolver<'_> {
    pub(super) fn select(&mut self, select: &mut Select) -> Result<Body, PlanError> {
        refuse_dialect_clauses(select)?;
        self.scopes.push(Scope::default());
        let outcome = self.select_in_scope(select);
        let scope = self.scopes.pop();
        outcome.map(|(unique, shown)| {
            let scope = scope.map(|mut scope| {
                scope.outputs = unique.iter().cloned().collect();
                scope
            });
            Body { unique, shown, scope }
        })
    }

    fn select_in_scope(&mut self, select: &mut Select) -> Result<(Vec<String>, Vec<String>), PlanError> {
        let given = select.from.len();
        let with_rows = self.set_functions_of_list(select)?;
        for table in select.from.iter_mut().take(given) {
            self.table_with_joins(table)?;
        }
        if with_rows {
            self.hidden_relation()?;
        }
        if let Some(selection) = &mut select.selection {
            self.condition(selection)?;
        }
        let (unique, shown) = self.projection(&mut select.projection)?;
        if let Some(scope) = self.scopes.last_mut() {
            scope.outputs = unique.iter().cloned().collect();
        }
        match &mut select.group_by {
            GroupByExpr::All(_) => return Err(PlanError::Unsupported("GROUP BY ALL".into())),
            GroupByExpr::Expressions(items, modifiers) => {
                if !modifiers.is_empty() {
                    return Err(PlanError::Unsupported("this GROUP BY modifier".into()));
                }
                for item in items {
                    self.column_or_output(item)?;
                }
            }
        }
        if let Some(having) = &mut select.having {
            self.expr(having)?;
        }
        for window in &mut select.named_window {
            self.named_window(window)?;
        }
        if let Some(Distinct::On(items)) = &mut select.distinct {
            for item in items {
                self.distinct_on(item, &select.projection)?;
            }
        }
        Ok((unique, shown))
    }

    /// A DISTINCT ON item reads as one of ORDER BY does: a number is a place in the select list.
    fn distinct_on(&mut self, item: &mut ast::Expr, projection: &[SelectItem]) -> Result<(), PlanError> {
        let place = match item {
            ast::Expr::Value(value) => match &value.value {
                ast::Value::Number(text, _) => text.parse::<usize>().ok(),
                _ => None,
            },
            _ => None,
        };
        let Some(place) = place else { return self.output_or_column(item) };
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

    /// Resolves the select list; returns unique names and the client's names.
    fn projection(&mut self, items: &mut Vec<SelectItem>) -> Result<(Vec<String>, Vec<String>), PlanError> {
        let mut expanded: Vec<(ast::Expr, String, bool)> = Vec::with_capacity(items.len());
        for item in std::mem::take(items) {
            match item {
                SelectItem::UnnamedExpr(mut expr) => {
                    let name = column_name(&expr);
                    self.item(&mut expr)?;
                    narrow_integer(&mut expr);
                    let plain = column_name(&expr) == name && is_column(&expr);
                    expanded.push((expr, name, !plain));
                }
                SelectItem::ExprWithAlias { mut expr, alias } => {
                    self.item(&mut expr)?;
                    narrow_integer(&mut expr);
                    expanded.push((expr, fold(&alias), true));
                }
                SelectItem::Wildcard(options) => {
                    no_wildcard_options(&options)?;
                    let columns = self.expand_all()?.into_iter();
                    expanded.extend(columns.map(|(expr, name)| {
                        let plain = is_column(&expr);
                        (expr, name, !plain)
                    }));
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    no_wildcard_options(&options)?;
                    let columns = self.expand_one(&fold_name(&name)?)?;
                    expanded.extend(columns.into_iter().map(|(expr, name)| (expr, name, false)));
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
        Ok((unique, shown))
    }

    /// One expression of the select list; `char(n)` is filled up with blanks here alone.
    fn item(&mut self, expr: &mut ast::Expr) -> Result<(), PlanError> {
        let padded = padded_length(expr);
        self.expr(expr)?;
        if let Some(length) = padded {
            let length = ast::Expr::value(ast::Value::Number(length.to_string(), false));
            let text = std::mem::replace(expr, null());
            *expr = call("rpad", vec![text, length]);
        }
        Ok(())
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
        let relation = relation.ok_or_else(|| PlanError::UndefinedTable(wanted.clone()))?;
        Ok(relation.columns.iter().map(|column| (qualified(&relation.name, column), column.clone())).collect())
    }
}

fn refuse_dialect_clauses(select: &Select) -> Result<(), PlanError> {
    let foreign = select.top.is_some()
        || select.exclude.is_some()
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
