//! What names stand for at one query level, and how a column is found from the inside out.

use std::collections::HashSet;

use sluice_base::SqlType;
use sqlparser::ast;

use super::{Analyzer, Typed};
use crate::error::{Result, SystemError};
use crate::plan::{AggregatePlan, Expr, OutputColumn, SetPlan, Slots, WindowPlan};
use crate::typing::{Ty, name_parts};
use crate::value::Value;

/// One column of a FROM item.
#[derive(Debug, Clone)]
pub(super) struct EntryColumn {
    pub(super) name: String,
    pub(super) ty: Ty,
    pub(super) origin: Option<(u32, i16)>,
    /// Stands behind a column merged by USING: not found by its bare name.
    pub(super) merged: bool,
}

/// One FROM item that names can reach.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) alias: String,
    /// The schema, for a relation without an alias.
    pub(super) schema: Option<String>,
    pub(super) columns: Vec<EntryColumn>,
    pub(super) slot: usize,
    /// The OID of a system relation: it has system columns.
    pub(super) relation: Option<u32>,
}

/// A column merged by USING.
#[derive(Debug, Clone)]
pub(super) struct Merged {
    pub(super) name: String,
    pub(super) typed: Typed,
}

/// What may stand in the clause at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowed {
    pub(super) aggregates: bool,
    pub(super) windows: bool,
    pub(super) sets: bool,
}

impl Allowed {
    pub(super) const NOTHING: Allowed = Allowed { aggregates: false, windows: false, sets: false };
}

/// One query level.
pub(super) struct Scope {
    pub(super) entries: Vec<Entry>,
    pub(super) merged: Vec<Merged>,
    pub(super) slots: usize,
    /// Items read since this was last cleared.
    pub(super) used: Slots,
    /// True while a FROM item that is not lateral is analysed: it must not see its neighbours.
    pub(super) hidden: bool,
    pub(super) allowed: Allowed,
    pub(super) aggregates: Vec<AggregatePlan>,
    pub(super) windows: Vec<WindowPlan>,
    pub(super) sets: Vec<SetPlan>,
    /// Expressions of GROUP BY, and the columns among them.
    pub(super) group_exprs: Vec<ast::Expr>,
    pub(super) group_columns: HashSet<(usize, usize)>,
    /// True where a bare column must be one of GROUP BY if the query turns out to be grouped.
    pub(super) recording: bool,
    pub(super) loose: Vec<(usize, usize, String)>,
}

impl Scope {
    pub(super) fn new() -> Scope {
        Scope {
            entries: Vec::new(),
            merged: Vec::new(),
            slots: 0,
            used: 0,
            hidden: false,
            allowed: Allowed::NOTHING,
            aggregates: Vec::new(),
            windows: Vec::new(),
            sets: Vec::new(),
            group_exprs: Vec::new(),
            group_columns: HashSet::new(),
            recording: false,
            loose: Vec::new(),
        }
    }

    /// Reserves the next slot.
    pub(super) fn next_slot(&mut self) -> Result<usize> {
        // Sets of items are bits of a word.
        if self.slots >= 64 {
            return Err(SystemError::Unsupported("more than 64 relations in one FROM".into()));
        }
        self.slots += 1;
        Ok(self.slots - 1)
    }
}

/// A WITH query that names can reach.
pub(super) struct CteScope {
    pub(super) name: String,
    pub(super) id: usize,
    pub(super) columns: Vec<OutputColumn>,
    /// Position among the trackers of the query that holds it.
    pub(super) owner: usize,
    pub(super) referenced: bool,
}

/// Where a name was found: the level, and the place in it.
enum Place {
    Merged(usize),
    Column { entry: usize, column: usize },
    System { entry: usize, found: SystemColumn },
}

/// A system column: its value, type and number.
struct SystemColumn {
    value: Value,
    sql_type: SqlType,
    number: i16,
}

/// System columns that every relation has.
fn system_column(entry: &Entry, name: &str) -> Option<SystemColumn> {
    let zero = Value::Int(0);
    let (value, sql_type, number) = match name {
        "tableoid" => (entry.relation?.into(), SqlType::Oid, -6),
        "ctid" => ("(0,1)".into(), SqlType::Text, -1),
        "xmin" => (zero, SqlType::Oid, -2),
        "cmin" => (zero, SqlType::Oid, -3),
        "xmax" => (zero, SqlType::Oid, -4),
        "cmax" => (zero, SqlType::Oid, -5),
        _ => return None,
    };
    entry.relation.map(|_| SystemColumn { value, sql_type, number })
}

impl Scope {
    fn find_bare(&self, name: &str) -> Result<Option<Place>> {
        if let Some(merged) = self.merged.iter().position(|merged| merged.name == name) {
            return Ok(Some(Place::Merged(merged)));
        }
        let mut found = None;
        for (entry, described) in self.entries.iter().enumerate() {
            for (column, known) in described.columns.iter().enumerate() {
                if known.name == name && !known.merged {
                    if found.is_some() {
                        return Err(SystemError::AmbiguousColumn(name.to_string()));
                    }
                    found = Some(Place::Column { entry, column });
                }
            }
        }
        if found.is_some() {
            return Ok(found);
        }
        let mut systems = self.entries.iter().enumerate().filter_map(|(entry, described)| {
            system_column(described, name).map(|found| Place::System { entry, found })
        });
        match (systems.next(), systems.next()) {
            (Some(_), Some(_)) => Err(SystemError::AmbiguousColumn(name.to_string())),
            (only, _) => Ok(only),
        }
    }

    fn find_entry(&self, schema: Option<&str>, alias: &str) -> Option<usize> {
        self.entries.iter().position(|entry| {
            entry.alias == alias && schema.is_none_or(|schema| entry.schema.as_deref() == Some(schema))
        })
    }

    fn find_in(&self, entry: usize, name: &str) -> Option<Place> {
        let described = self.entries.get(entry)?;
        if let Some(column) = described.columns.iter().position(|known| known.name == name) {
            return Some(Place::Column { entry, column });
        }
        system_column(described, name).map(|found| Place::System { entry, found })
    }
}

impl Analyzer<'_> {
    pub(super) fn scope(&mut self) -> Result<&mut Scope> {
        self.scopes.last_mut().ok_or(SystemError::Internal("no query level"))
    }

    /// Runs a step at a new query level, and gives the level back.
    pub(super) fn at_new_level<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T>) -> Result<(T, Scope)> {
        self.scopes.push(Scope::new());
        let outcome = step(self);
        let scope = self.scopes.pop().ok_or(SystemError::Internal("no query level"))?;
        Ok((outcome?, scope))
    }

    /// Runs a step, and tells which items of this level it read.
    pub(super) fn tracking<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T>) -> Result<(T, Slots)> {
        let before = std::mem::take(&mut self.scope()?.used);
        let outcome = step(self)?;
        let scope = self.scope()?;
        let used = scope.used;
        scope.used |= before;
        Ok((outcome, used))
    }

    /// Runs a step under other permissions, without recording bare columns.
    pub(super) fn with_allowed<T>(
        &mut self,
        allowed: Allowed,
        recording: bool,
        step: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let scope = self.scope()?;
        let held = (scope.allowed, scope.recording);
        (scope.allowed, scope.recording) = (allowed, recording);
        let outcome = step(self);
        let scope = self.scope()?;
        (scope.allowed, scope.recording) = held;
        outcome
    }

    /// Marks the queries between here and level `depth` as reading outside themselves.
    fn reach(&mut self, depth: usize) {
        for tracker in &mut self.trackers {
            if tracker.depth > depth {
                tracker.correlated = true;
            }
        }
    }

    fn typed_place(&mut self, depth: usize, place: Place) -> Result<Typed> {
        self.reach(depth);
        let up = self.scopes.len() - 1 - depth;
        let scope = self.scopes.get_mut(depth).ok_or(SystemError::Internal("no such level"))?;
        Ok(match place {
            Place::Merged(merged) => {
                let mut typed = scope.merged[merged].typed.clone();
                mark(&typed.expr, scope);
                if up > 0 {
                    lift(&mut typed.expr, up)?;
                }
                typed
            }
            Place::Column { entry, column } => {
                let entry = &scope.entries[entry];
                let (slot, known) = (entry.slot, &entry.columns[column]);
                let typed =
                    Typed { expr: Expr::Column { up, slot, column }, ty: known.ty.clone(), origin: known.origin };
                if scope.recording && !scope.group_columns.contains(&(slot, column)) {
                    let name = format!("{}.{}", entry.alias, known.name);
                    scope.loose.push((slot, column, name));
                }
                scope.used |= 1 << slot;
                typed
            }
            Place::System { entry, found } => {
                let (slot, relation) = (scope.entries[entry].slot, scope.entries[entry].relation);
                scope.used |= 1 << slot;
                Typed {
                    expr: Expr::PerRelation { up, slot, value: found.value },
                    ty: found.sql_type.into(),
                    origin: relation.map(|relation| (relation, found.number)),
                }
            }
        })
    }

    /// A bare name: the innermost column of that name, else the row of an item of that name.
    pub(super) fn bare_column(&mut self, name: &str) -> Result<Typed> {
        for depth in (0..self.scopes.len()).rev() {
            let scope = &self.scopes[depth];
            if scope.hidden {
                continue;
            }
            if let Some(place) = scope.find_bare(name)? {
                return self.typed_place(depth, place);
            }
        }
        match self.whole_row(None, name)? {
            Some(row) => Ok(row),
            None => Err(SystemError::UndefinedColumn(name.to_string())),
        }
    }

    /// The row of a FROM item.
    fn whole_row(&mut self, schema: Option<&str>, alias: &str) -> Result<Option<Typed>> {
        for depth in (0..self.scopes.len()).rev() {
            let scope = &self.scopes[depth];
            if scope.hidden {
                continue;
            }
            let Some(entry) = scope.find_entry(schema, alias) else { continue };
            let entry = &scope.entries[entry];
            let fields = entry.columns.iter().map(|column| (column.name.clone(), column.ty.sql.clone())).collect();
            let slot = entry.slot;
            // A group has one row only where each column is the same in all of its rows.
            let loose: Vec<_> = (0..entry.columns.len())
                .filter(|column| scope.recording && !scope.group_columns.contains(&(slot, *column)))
                .map(|column| (slot, column, format!("{alias}.*")))
                .collect();
            self.reach(depth);
            let up = self.scopes.len() - 1 - depth;
            let scope = &mut self.scopes[depth];
            scope.loose.extend(loose);
            scope.used |= 1 << slot;
            return Ok(Some(Typed::new(Expr::WholeRow { up, slot }, Ty::record(fields))));
        }
        Ok(None)
    }

    /// The row that `t.*` stands for as an argument.
    pub(super) fn row_named(&mut self, name: &ast::ObjectName) -> Result<Typed> {
        let parts = name_parts(name)?;
        let found = match parts.as_slice() {
            [alias] => self.whole_row(None, alias)?,
            [schema, alias] => self.whole_row(Some(schema), alias)?,
            _ => None,
        };
        found.ok_or_else(|| SystemError::MissingFrom(parts.join(".")))
    }

    /// A name with its table, and perhaps schema and database.
    pub(super) fn qualified_column(&mut self, parts: &[String]) -> Result<Typed> {
        let (schema, table, column) = match parts {
            [table, column] => (None, table, column),
            [schema, table, column] => (Some(schema.as_str()), table, column),
            [database, schema, table, column] if database == self.context.database => {
                (Some(schema.as_str()), table, column)
            }
            _ => return Err(SystemError::MissingFrom(parts[..parts.len().saturating_sub(1)].join("."))),
        };
        for depth in (0..self.scopes.len()).rev() {
            let scope = &self.scopes[depth];
            if scope.hidden {
                continue;
            }
            let Some(entry) = scope.find_entry(schema, table) else { continue };
            return match scope.find_in(entry, column) {
                Some(place) => self.typed_place(depth, place),
                None => Err(SystemError::UndefinedColumn(format!("{table}.{column}"))),
            };
        }
        Err(SystemError::MissingFrom(table.clone()))
    }
}

fn mark(expr: &Expr, scope: &mut Scope) {
    match expr {
        Expr::Column { slot, .. } => scope.used |= 1 << slot,
        Expr::Coalesce(args) => args.iter().for_each(|arg| mark(arg, scope)),
        Expr::Cast { arg, .. } => mark(arg, scope),
        _ => {}
    }
}

/// Moves a merged column to a deeper level; it is made of columns only.
fn lift(expr: &mut Expr, by: usize) -> Result<()> {
    match expr {
        Expr::Column { up, .. } => *up += by,
        Expr::Coalesce(args) => {
            for arg in args {
                lift(arg, by)?;
            }
        }
        Expr::Cast { arg, .. } => lift(arg, by)?,
        _ => return Err(SystemError::Internal("a merged column of another form")),
    }
    Ok(())
}
