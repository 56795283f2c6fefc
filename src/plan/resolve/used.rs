//! The columns that a rewritten statement names. Placeholder scans have these and no others: a plan's schemas hold every
//! column of every relation below, and many are built and checked while one statement is planned.
//!
//! Invariant: never fewer than the statement needs. Names are collected without their relation; every wildcard is gone
//! when this looks, and where a relation's columns are renamed by their places, all are kept.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{self, Expr, TableFactor};

/// Names of columns; `None` where all are needed.
pub(super) fn names(query: &ast::Query) -> Option<BTreeSet<String>> {
    let mut used = Used::default();
    match ast::Visit::visit(query, &mut used) {
        ControlFlow::Continue(()) => Some(used.names),
        ControlFlow::Break(()) => None,
    }
}

#[derive(Default)]
struct Used {
    names: BTreeSet<String>,
}

impl ast::Visitor for Used {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(name) => {
                self.names.insert(name.value.clone());
            }
            Expr::CompoundIdentifier(parts) => self.names.extend(parts.last().map(|name| name.value.clone())),
            Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => return ControlFlow::Break(()),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { alias: Some(alias), .. } if !alias.columns.is_empty() => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_select(&mut self, select: &ast::Select) -> ControlFlow<()> {
        let wildcard = |item: &ast::SelectItem| {
            matches!(item, ast::SelectItem::Wildcard(_) | ast::SelectItem::QualifiedWildcard(..))
        };
        if select.projection.iter().any(wildcard) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
