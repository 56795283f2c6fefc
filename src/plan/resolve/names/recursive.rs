//! WITH RECURSIVE: a term that is no recursion, UNION, and one that reads what was found before.
//!
//! Source of the rules: PostgreSQL documentation, "Recursive Queries", and what `parse_cte.c` refuses. Further than that:
//! the recursive term names itself once, in its own FROM, and joins it by inner joins; anything else is refused by name.
//!
//! Invariant: both terms are resolved as any query is, so that every relation in them is one that exists for the principal
//! and gets its own decision.

use std::collections::HashMap;
use std::ops::ControlFlow;

use sluice_base::SqlType;
use sqlparser::ast::{self, JoinOperator, SetExpr, SetOperator, TableFactor, Visit, Visitor};

use super::tree::{quote_columns, quoted, rename};
use super::{Resolver, terms, united};
use crate::PlanError;
use crate::query::{fold, fold_name, reads};
use crate::resolve::functions::is_aggregate_call;

impl Resolver<'_> {
    /// Rewrites a query that reads itself, and brings it into sight.
    pub(super) fn recursive(&mut self, cte: &mut ast::Cte, name: &str) -> Result<(), PlanError> {
        let query = &mut cte.query;
        let clause = if query.order_by.is_some() {
            Some("ORDER BY in a recursive query")
        } else if query.limit_clause.is_some() || query.fetch.is_some() {
            Some("LIMIT or OFFSET in a recursive query")
        } else if query.with.is_some() {
            Some("WITH inside of a recursive query")
        } else if !query.locks.is_empty() || query.for_clause.is_some() || !query.pipe_operators.is_empty() {
            Some("this clause in a recursive query")
        } else {
            None
        };
        if let Some(clause) = clause {
            return Err(PlanError::Unsupported(clause.into()));
        }
        let SetExpr::SetOperation { op: SetOperator::Union, left, right, set_quantifier } = query.body.as_mut() else {
            let form = "does not have the form non-recursive-term UNION [ALL] recursive-term";
            return Err(PlanError::Recursion(format!("recursive query \"{name}\" {form}")));
        };
        if body_reads(left, name) {
            let told = "must not appear within its non-recursive term";
            return Err(PlanError::Recursion(format!("recursive reference to query \"{name}\" {told}")));
        }
        check_term(right, name)?;
        let before = std::mem::take(&mut self.reads);
        let mut first = self.body(left)?.columns;
        terms::with_room(left, &first.unique, &first.types)?;
        let written = first.types.clone();
        for found in first.types.iter_mut().filter(|found| **found == Some(SqlType::Unknown)) {
            *found = Some(SqlType::Text);
        }
        let mut columns = first.clone();
        rename(&mut columns.unique, &cte.alias, "WITH query")?;
        // The engine finds such a query by its name, which must be one of its own.
        self.recursions += 1;
        let engine = format!("\u{1}recursive{}", self.recursions);
        columns.engine = Some(engine.clone());
        self.ctes.push(HashMap::from([(name.to_string(), columns.clone())]));
        let second = self.body(right);
        self.ctes.pop();
        let second = second?.columns;
        terms::check_types(name, &written, &second.types)?;
        let both = united(first, &second, SetOperator::Union)?;
        if !matches!(set_quantifier, ast::SetQuantifier::All) {
            let clause = "WITH RECURSIVE";
            both.types.iter().try_for_each(|found| crate::resolve::json::refuse_equality(found.as_ref(), clause))?;
        }
        terms::mark(right, name);
        columns.types = both.types;
        columns.reads = std::mem::replace(&mut self.reads, before);
        cte.alias.name = quoted(&engine);
        quote_columns(&mut cte.alias, &columns.unique);
        self.ctes.push(HashMap::from([(name.to_string(), columns)]));
        Ok(())
    }
}

/// A body as a query of its own, which the planner takes for no recursion.
pub(super) fn plain(query: &mut ast::Query) -> Result<(), PlanError> {
    if !matches!(query.body.as_ref(), SetExpr::SetOperation { .. }) {
        return Ok(());
    }
    let mut outer = super::tree::subquery("SELECT 1")?;
    std::mem::swap(&mut outer, query);
    *query.body = SetExpr::Query(Box::new(outer));
    Ok(())
}

fn body_reads(body: &SetExpr, name: &str) -> bool {
    ast::visit_relations(body, |relation| match fold_name(relation) {
        Ok(parts) if parts.len() == 1 && parts[0] == name => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}

/// The recursive term is one SELECT that reads itself once.
fn check_term(body: &SetExpr, name: &str) -> Result<(), PlanError> {
    let select = match body {
        SetExpr::Select(select) => select,
        SetExpr::Query(query) if query.with.is_none() && query.order_by.is_none() && query.limit_clause.is_none() => {
            return check_term(&query.body, name);
        }
        _ => return Err(PlanError::Unsupported("a recursive term that is not one SELECT".into())),
    };
    let mut references = 0usize;
    let _ = ast::visit_relations(body, |relation| {
        let own = matches!(fold_name(relation), Ok(parts) if parts.len() == 1 && parts[0] == name);
        references += usize::from(own);
        ControlFlow::<()>::Continue(())
    });
    if references > 1 {
        let told = "must not appear more than once";
        return Err(PlanError::Recursion(format!("recursive reference to query \"{name}\" {told}")));
    }
    let own = |factor: &TableFactor| match factor {
        TableFactor::Table { name: table, args: None, .. } => {
            matches!(fold_name(table), Ok(parts) if parts.len() == 1 && parts[0] == name)
        }
        _ => false,
    };
    let mut found = false;
    let mut outer = false;
    for table in &select.from {
        found |= own(&table.relation);
        for join in &table.joins {
            found |= own(&join.relation);
            outer |= !matches!(
                join.join_operator,
                JoinOperator::Join(_) | JoinOperator::Inner(_) | JoinOperator::CrossJoin(_)
            );
        }
    }
    if !found {
        return Err(PlanError::Unsupported("a recursive reference inside of a subquery".into()));
    }
    if outer {
        return Err(PlanError::Unsupported("an outer join in a recursive term".into()));
    }
    let mut aggregates = Aggregates { own: own_name(select, name), without_from: Vec::new() };
    let calls = body.visit(&mut aggregates);
    let grouped = !matches!(&select.group_by, ast::GroupByExpr::Expressions(items, _) if items.is_empty());
    if calls.is_break() || grouped {
        let told = "aggregate functions are not allowed in a recursive query's recursive term";
        return Err(PlanError::Recursion(told.into()));
    }
    Ok(())
}

/// What the recursive reference goes by in the term.
fn own_name(select: &ast::Select, name: &str) -> String {
    let factors = select
        .from
        .iter()
        .flat_map(|table| std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation)));
    let mut alias = factors.filter_map(|factor| match factor {
        TableFactor::Table { name: table, alias: Some(alias), .. }
            if matches!(fold_name(table), Ok(parts) if parts.len() == 1 && parts[0] == name) =>
        {
            Some(fold(&alias.name))
        }
        _ => None,
    });
    alias.next_back().unwrap_or_else(|| name.to_string())
}

/// Finds aggregates of the recursive term itself. One inside of a subquery is the subquery's, unless it is plain that it
/// gathers rows of the term: where the subquery has no rows of its own, or where it names the recursive reference.
struct Aggregates {
    own: String,
    /// Of the subqueries around: whether they read nothing.
    without_from: Vec<bool>,
}

impl Visitor for Aggregates {
    type Break = ();

    fn pre_visit_query(&mut self, query: &ast::Query) -> ControlFlow<()> {
        let empty = matches!(query.body.as_ref(), SetExpr::Select(select) if select.from.is_empty());
        self.without_from.push(empty);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &ast::Query) -> ControlFlow<()> {
        self.without_from.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &ast::Expr) -> ControlFlow<()> {
        if !is_aggregate_call(expr) {
            return ControlFlow::Continue(());
        }
        let names_own = || {
            ast::visit_expressions(expr, |part| match part {
                ast::Expr::CompoundIdentifier(parts) if parts.len() == 2 && fold(&parts[0]) == self.own => {
                    ControlFlow::Break(())
                }
                _ => ControlFlow::Continue(()),
            })
            .is_break()
        };
        match self.without_from.last() {
            Some(false) if !names_own() => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}

/// Whether a query of WITH RECURSIVE reads itself.
pub(super) fn is_recursive(cte: &ast::Cte) -> bool {
    reads(&cte.query, &fold(&cte.alias.name))
}
