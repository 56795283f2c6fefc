//! What names mean inside one SELECT: its relations for qualified names, its columns for unqualified ones.
//!
//! Invariant: both lists hold only what exists for the principal, so that a hidden field is neither found, nor merged,
//! nor a reason for "ambiguous".

use std::collections::BTreeSet;

use sluice_base::SqlType;
use sluice_model::catalog::Found;
use sqlparser::ast;

use super::Resolver;
use super::tree::{coalesce, qualified};
use crate::PlanError;
use crate::query::own_expressions;

/// One relation of a FROM clause.
#[derive(Debug, Clone)]
pub(in crate::resolve) struct Relation {
    /// Alias, or the name it was reached by.
    pub(in crate::resolve) name: String,
    /// Column names in order.
    pub(in crate::resolve) columns: Vec<String>,
    /// Their types, where they are known.
    pub(in crate::resolve) types: Vec<Option<SqlType>>,
    /// The entity behind it, where its columns may also be called by id or label.
    pub(in crate::resolve) entity: Option<Found>,
    /// The name that the client wrote, behind which the alias stands.
    pub(in crate::resolve) table: Option<String>,
    /// Whether its row is the value of its one column: that of a function that gives single values.
    pub(in crate::resolve) single: bool,
}

/// A column as `*` lists it and as an unqualified name finds it.
#[derive(Debug, Clone)]
pub(super) struct Visible {
    pub(super) name: String,
    /// What stands for it in the rewritten tree.
    pub(super) expr: ast::Expr,
    /// Relation (by its place) and column; both sides where USING has merged two.
    of: Vec<(usize, String)>,
}

/// What one SELECT can name.
#[derive(Debug, Clone, Default)]
pub(in crate::resolve) struct Scope {
    pub(in crate::resolve) relations: Vec<Relation>,
    pub(super) columns: Vec<Visible>,
    /// The first column that an unqualified name may mean: ON sees the two sides of its own join.
    pub(super) first: usize,
    /// Output names that ORDER BY (and GROUP BY, behind columns) may use.
    pub(super) outputs: BTreeSet<String>,
    /// Whether an outer join may give rows that a relation does not have.
    pub(in crate::resolve) outer_joined: bool,
    /// Behind a set operation ORDER BY may name output columns and nothing else.
    pub(super) only_outputs: bool,
    /// Whether the rows are grouped, aggregated or seen through windows, so that expressions become columns by their names.
    pub(in crate::resolve) grouped: bool,
}

/// Which side gives the value of a merged column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    Left,
    Right,
    Both,
}

impl Scope {
    pub(super) fn add(&mut self, relation: Relation) -> Result<(), PlanError> {
        if self.relations.iter().any(|other| other.name == relation.name) {
            return Err(PlanError::DuplicateAlias(relation.name));
        }
        let place = self.relations.len();
        self.columns.extend(relation.columns.iter().map(|name| Visible {
            name: name.clone(),
            expr: qualified(&relation.name, name),
            of: vec![(place, name.clone())],
        }));
        self.relations.push(relation);
        Ok(())
    }

    /// Merges columns of the two sides of a join: they come first, then what is left of either side. `pairs` are
    /// places in [`Scope::columns`].
    pub(super) fn merge(&mut self, start: usize, pairs: &[(usize, usize)], kept: Kept) {
        let merged: Vec<Visible> = pairs
            .iter()
            .filter_map(|(left, right)| Some((self.columns.get(*left)?, self.columns.get(*right)?)))
            .map(|(left, right)| Visible {
                name: left.name.clone(),
                expr: match kept {
                    Kept::Left => left.expr.clone(),
                    Kept::Right => right.expr.clone(),
                    Kept::Both => coalesce(left.expr.clone(), right.expr.clone()),
                },
                of: left.of.iter().chain(&right.of).cloned().collect(),
            })
            .collect();
        let sides = self.columns.split_off(start);
        let gone = |place: usize| pairs.iter().any(|(left, right)| *left == place || *right == place);
        let rest = sides.into_iter().enumerate().filter(|(place, _)| !gone(start + place)).map(|(_, column)| column);
        self.columns.extend(merged.into_iter().chain(rest));
    }
}

impl Resolver<'_> {
    /// The listed name under which a relation knows what the client typed.
    pub(in crate::resolve) fn listed(&self, relation: &Relation, typed: &str) -> Option<String> {
        if relation.columns.iter().any(|column| column == typed) {
            return Some(typed.to_string());
        }
        let found = relation.entity?;
        let entity = &self.catalog().entities[found.entity];
        let name = entity.fields[entity.find_field(typed)?].listed_name(found.naming);
        relation.columns.iter().any(|column| column == name).then(|| name.to_string())
    }

    /// Whether resolved arguments read columns, and none of the query that they stand in.
    pub(in crate::resolve) fn is_of_outer(&self, args: &[ast::FunctionArg]) -> bool {
        let [_, .., scope] = self.scopes.as_slice() else { return false };
        let own = |name: &str| scope.relations.iter().any(|relation| relation.name == name);
        let (mut reads, mut known) = (false, true);
        let mut see = |expr: &ast::Expr| match expr {
            ast::Expr::CompoundIdentifier(parts) => match parts.first() {
                Some(relation) if own(&relation.value) => known = false,
                _ => reads = true,
            },
            ast::Expr::Subquery(_) | ast::Expr::Exists { .. } | ast::Expr::InSubquery { .. } => known = false,
            _ => {}
        };
        args.iter().for_each(|arg| own_expressions(arg, |expr, _| see(expr)));
        reads && known
    }

    /// What an unqualified name stands for, from the innermost scope outwards.
    pub(in crate::resolve) fn find_unqualified(&self, typed: &str) -> Result<Option<ast::Expr>, PlanError> {
        let mut scopes = self.scopes.iter().rev();
        for scope in scopes.clone() {
            let mut hits = self.named(scope, scope.first..scope.columns.len(), typed);
            match (hits.next(), hits.next()) {
                (None, _) => {}
                (Some(place), None) => return Ok(Some(scope.columns[place].expr.clone())),
                (Some(_), Some(_)) => return Err(PlanError::AmbiguousColumn(typed.to_string())),
            }
        }
        let single = scopes.find_map(|scope| scope.relations.iter().find(|relation| relation.name == typed));
        let single = single.filter(|relation| relation.single);
        Ok(single.and_then(|relation| relation.columns.first()).map(|column| qualified(typed, column)))
    }

    /// Places of the columns within a range that go by this name.
    pub(super) fn named<'s>(
        &'s self,
        scope: &'s Scope,
        range: std::ops::Range<usize>,
        typed: &'s str,
    ) -> impl Iterator<Item = usize> + 's {
        range.filter(move |place| {
            scope.columns.get(*place).is_some_and(|column| {
                let known = |(relation, name): &(usize, String)| {
                    scope.relations.get(*relation).and_then(|relation| self.listed(relation, typed)).as_ref()
                        == Some(name)
                };
                column.name == typed || column.of.iter().any(known)
            })
        })
    }
}
