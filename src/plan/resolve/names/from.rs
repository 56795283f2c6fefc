//! FROM: relations to placeholder scans, joins to their conditions.
//!
//! Invariant: what is merged by USING and NATURAL are names that both sides list for the principal. Both become plain
//! conditions here, so that a masked field joins by its masked value as it does in ON.

use std::sync::Arc;

use sluice_base::SqlType;
use sluice_model::Decision;
use sluice_model::catalog::Found;
use sqlparser::ast::{
    self, BinaryOperator, JoinConstraint, JoinOperator, ObjectName, TableAlias, TableFactor, TableWithJoins,
};

use super::scope::{Kept, Relation, Scope};
use super::tree::{balanced, binary, object_name, quote_columns, quoted, rename, table_alias};
use super::{COPIES, Columns, RELATIONS_MAX, Resolver};
use crate::PlanError;
use crate::query::{fold, fold_name};
use crate::resolve::context::scan_name;
use crate::resolve::functions::refuse_calls;
use crate::resolve::json;

impl Resolver<'_> {
    pub(super) fn table_with_joins(&mut self, table: &mut TableWithJoins) -> Result<(), PlanError> {
        let start = self.scope()?.columns.len();
        self.factor(&mut table.relation)?;
        for join in &mut table.joins {
            let middle = self.scope()?.columns.len();
            self.factor(&mut join.relation)?;
            if needs_condition(&join.join_operator) {
                return Err(PlanError::Form("a join needs ON, USING or NATURAL".into()));
            }
            let outer = !matches!(
                &join.join_operator,
                JoinOperator::Join(_) | JoinOperator::Inner(_) | JoinOperator::CrossJoin(_)
            );
            let (kept, constraint) = match &mut join.join_operator {
                JoinOperator::Join(constraint)
                | JoinOperator::Inner(constraint)
                | JoinOperator::CrossJoin(constraint)
                | JoinOperator::Left(constraint)
                | JoinOperator::LeftOuter(constraint) => (Kept::Left, constraint),
                JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => (Kept::Right, constraint),
                JoinOperator::FullOuter(constraint) => (Kept::Both, constraint),
                _ => return Err(PlanError::Unsupported("this kind of join".into())),
            };
            if outer {
                self.scope_mut()?.outer_joined = true;
            }
            self.constraint(constraint, kept, start, middle)?;
        }
        Ok(())
    }

    /// The condition of a join between the columns from `start` to `middle` and those from `middle` on.
    fn constraint(
        &mut self,
        constraint: &mut JoinConstraint,
        kept: Kept,
        start: usize,
        middle: usize,
    ) -> Result<(), PlanError> {
        let pairs = match constraint {
            JoinConstraint::None => return Ok(()),
            JoinConstraint::On(expr) => {
                refuse_calls(expr, "JOIN conditions")?;
                self.boolean(expr, "JOIN/ON")?;
                let before = std::mem::replace(&mut self.scope_mut()?.first, start);
                let outcome = self.expr(expr);
                self.scope_mut()?.first = before;
                return outcome;
            }
            JoinConstraint::Using(columns) => {
                let typed = columns.iter().map(|column| Ok(fold_name(column)?.pop().unwrap_or_default()));
                let typed = typed.collect::<Result<Vec<String>, PlanError>>()?;
                typed.iter().map(|typed| self.using_column(typed, start, middle)).collect::<Result<Vec<_>, _>>()?
            }
            JoinConstraint::Natural => self.common_columns(start, middle)?,
        };
        let scope = self.scope()?;
        let equal = |(left, right): &(usize, usize)| {
            let side = |place: &usize| {
                let mut expr = scope.columns[*place].expr.clone();
                if json::by_key(self.declared(&expr).as_ref())? {
                    json::within(json::KEY, &mut expr);
                }
                Ok::<_, PlanError>(expr)
            };
            Ok(binary(side(left)?, BinaryOperator::Eq, side(right)?))
        };
        let equal = pairs.iter().map(equal).collect::<Result<Vec<ast::Expr>, PlanError>>()?;
        *constraint = JoinConstraint::On(balanced(equal, BinaryOperator::And, true));
        self.scope_mut()?.merge(start, &pairs, kept);
        Ok(())
    }

    /// The two columns that USING means: one on each side.
    fn using_column(&self, typed: &str, start: usize, middle: usize) -> Result<(usize, usize), PlanError> {
        let scope = self.scope()?;
        let one = |range: std::ops::Range<usize>| {
            let mut hits = self.named(scope, range.clone(), typed);
            match (hits.next(), hits.next()) {
                (Some(place), None) => Ok(place),
                (Some(_), Some(_)) => Err(PlanError::AmbiguousColumn(typed.to_string())),
                (None, _) => {
                    let side = if range.end == middle { "left" } else { "right" };
                    Err(PlanError::UsingColumn(typed.to_string(), side))
                }
            }
        };
        Ok((one(start..middle)?, one(middle..scope.columns.len())?))
    }

    /// What NATURAL means: every name that both sides list, in the order of the left one.
    fn common_columns(&self, start: usize, middle: usize) -> Result<Vec<(usize, usize)>, PlanError> {
        let scope = self.scope()?;
        let places = |range: std::ops::Range<usize>, name: &str| -> Vec<usize> {
            range.filter(|place| scope.columns[*place].name == name).collect()
        };
        let mut pairs = Vec::new();
        for left in start..middle {
            let name = &scope.columns[left].name;
            match (places(start..middle, name).len(), places(middle..scope.columns.len(), name).as_slice()) {
                (_, []) => {}
                (1, [right]) => pairs.push((left, *right)),
                _ => return Err(PlanError::AmbiguousColumn(name.clone())),
            }
        }
        Ok(pairs)
    }

    fn scope(&self) -> Result<&Scope, PlanError> {
        self.scopes.last().ok_or_else(|| PlanError::Internal("no scope".into()))
    }

    pub(super) fn scope_mut(&mut self) -> Result<&mut Scope, PlanError> {
        self.scopes.last_mut().ok_or_else(|| PlanError::Internal("no scope".into()))
    }

    /// One relation.
    fn factor(&mut self, factor: &mut TableFactor) -> Result<(), PlanError> {
        if let TableFactor::Derived { .. } = factor { self.derived(factor) } else { self.plain_factor(factor) }
    }

    /// A subquery in FROM.
    fn derived(&mut self, factor: &mut TableFactor) -> Result<(), PlanError> {
        let TableFactor::Derived { subquery, alias, sample: None, lateral } = factor else {
            return Err(PlanError::Unsupported("this form of table".into()));
        };
        let outer = if *lateral { None } else { self.scopes.pop() };
        let resolved = self.query(subquery);
        self.scopes.extend(outer);
        let mut columns = resolved?;
        // PostgreSQL 15 asks for an alias; newer ones do not. A name nobody can type serves both.
        let hidden = || format!("\u{1}derived{}", self.scopes.last().map_or(0, |s| s.relations.len()));
        let alias = alias.get_or_insert_with(|| table_alias(&hidden()));
        rename(&mut columns.unique, alias, "table")?;
        alias.name = quoted(&fold(&alias.name));
        quote_columns(alias, &columns.unique);
        let name = alias.name.value.clone();
        let Columns { unique, types, .. } = columns;
        self.add(Relation { name, columns: unique, types, entity: None, table: None, single: false })
    }

    fn plain_factor(&mut self, factor: &mut TableFactor) -> Result<(), PlanError> {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                with_hints,
                version: None,
                with_ordinality: false,
                partitions,
                json_path: None,
                sample: None,
                index_hints,
            } if with_hints.is_empty() && partitions.is_empty() && index_hints.is_empty() => {
                let relation = self.table(name, alias)?;
                self.add(relation)
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => self.table_with_joins(table_with_joins),
            TableFactor::Table {
                name,
                alias,
                args: Some(args),
                with_hints,
                version: None,
                with_ordinality,
                sample: None,
                ..
            } if with_hints.is_empty() => {
                let relation = self.set_function(name, alias, &args.args, *with_ordinality)?;
                *factor = relation.0;
                self.add(relation.1)
            }
            TableFactor::Function { name, args, with_ordinality, alias, .. } => {
                let relation = self.set_function(name, alias, args, *with_ordinality)?;
                *factor = relation.0;
                self.add(relation.1)
            }
            TableFactor::UNNEST { alias, array_exprs, with_offset: false, with_ordinality, .. } => {
                let args = std::mem::take(array_exprs).into_iter();
                let args: Vec<_> =
                    args.map(|expr| ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr))).collect();
                let relation = self.set_function(&object_name("unnest"), alias, &args, *with_ordinality)?;
                *factor = relation.0;
                self.add(relation.1)
            }
            _ => Err(PlanError::Unsupported("this form of table".into())),
        }
    }

    /// A relation by name: a CTE in sight, else an entity that exists for the principal.
    fn table(&mut self, name: &mut ObjectName, alias: &mut Option<TableAlias>) -> Result<Relation, PlanError> {
        let parts = fold_name(name)?;
        let (schema, table) = match parts.as_slice() {
            [table] => (None, table),
            [schema, table] => (Some(schema.as_str()), table),
            [database, schema, table] if *database == self.asker.database => (Some(schema.as_str()), table),
            _ => return Err(PlanError::UndefinedTable(parts.join("."))),
        };
        self.read(self.of_with(schema, table).map_or(1, |columns| columns.reads.max(1)))?;
        let (mut columns, types, entity) = match self.of_with(schema, table) {
            Some(columns) => {
                let (unique, types) = (columns.unique.clone(), columns.types.clone());
                *name = object_name(columns.engine.as_deref().unwrap_or(table));
                (unique, types, None)
            }
            None => {
                let found = self.entity(schema, table).ok_or_else(|| PlanError::UndefinedTable(parts.join(".")))?;
                *name = object_name(&scan_name(found.entity, found.naming));
                let (columns, types) = self.listed_columns(found);
                (columns, types, Some(found))
            }
        };
        let table = table.clone();
        let shown = alias.as_ref().map_or_else(|| table.clone(), |alias| fold(&alias.name));
        let mut entity = entity;
        if let Some(given) = alias {
            if !given.columns.is_empty() {
                rename(&mut columns, given, "table")?;
                entity = None;
            }
            given.name = quoted(&shown);
            quote_columns(given, &columns);
        } else {
            *alias = Some(table_alias(&shown));
        }
        Ok(Relation { name: shown, columns, types, entity, table: Some(table), single: false })
    }

    /// The WITH query in sight that a name means.
    fn of_with(&self, schema: Option<&str>, table: &str) -> Option<&Columns> {
        self.ctes.iter().rev().filter(|_| schema.is_none()).find_map(|frame| frame.get(table))
    }

    /// Brings a relation into sight.
    fn add(&mut self, relation: Relation) -> Result<(), PlanError> {
        let around = self.scopes.iter().rev().skip(1).flat_map(|scope| &scope.relations);
        let taken = around.map(|outer| &outer.name).filter(|name| relation.columns.contains(name));
        let taken: Vec<String> = taken.cloned().collect();
        self.taken.extend(taken);
        self.scope_mut()?.add(relation)
    }

    /// Counts relations that are read.
    fn read(&mut self, relations: usize) -> Result<(), PlanError> {
        self.reads = self.reads.saturating_add(relations);
        if self.reads > RELATIONS_MAX { Err(PlanError::TooComplex("too many relations")) } else { Ok(()) }
    }

    /// Counts the relations of a FROM again, as often as the work of planning them grows where expressions beside it, or
    /// comparisons with all rows of it, are planned with copies; measured, and rounded up.
    pub(in crate::resolve) fn copied(&mut self, relations: usize) -> Result<(), PlanError> {
        self.read(relations.saturating_mul(COPIES - 1))
    }

    fn entity(&mut self, schema: Option<&str>, table: &str) -> Option<Found> {
        let found = self.catalog().resolve(schema, table, self.asker.search_path)?;
        self.decision(found.entity).map(|_| found)
    }

    fn decision(&mut self, entity: usize) -> Option<Arc<Decision>> {
        let asker = self.asker;
        let decide = || sluice_model::policy::decide(asker.principal, asker.snapshot, entity).map(Arc::new);
        self.decisions.entry(entity).or_insert_with(decide).clone()
    }

    /// Names and types of the fields that exist for the principal, as this schema lists them.
    fn listed_columns(&self, found: Found) -> (Vec<String>, Vec<Option<SqlType>>) {
        let entity = &self.catalog().entities[found.entity];
        let Some(Some(decision)) = self.decisions.get(&found.entity) else { return Default::default() };
        crate::govern::listed_fields(entity, decision)
            .map(|index| &entity.fields[index])
            .map(|field| (field.listed_name(found.naming).to_string(), Some(field.sql_type.clone())))
            .unzip()
    }
}

/// A join that is neither CROSS nor has a condition is none.
fn needs_condition(join: &JoinOperator) -> bool {
    matches!(
        join,
        JoinOperator::Join(JoinConstraint::None)
            | JoinOperator::Inner(JoinConstraint::None)
            | JoinOperator::Left(JoinConstraint::None)
            | JoinOperator::LeftOuter(JoinConstraint::None)
            | JoinOperator::Right(JoinConstraint::None)
            | JoinOperator::RightOuter(JoinConstraint::None)
            | JoinOperator::FullOuter(JoinConstraint::None)
    )
}
