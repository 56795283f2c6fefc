//! SQL under construction: text in which every value is a mark, numbered when the text is finished.
//!
//! Invariant: no text value ever becomes part of the SQL. A mark cannot occur in a quoted name, because names come from
//! the catalog and control characters in them are refused here.

use sluice_base::{Datum, SqlType};

use crate::dialect::Dialect;

/// Marks a parameter's place: `MARK index MARK`.
const MARK: char = '\u{1}';

/// Collects parameter values while SQL is put together.
#[derive(Debug, Default)]
pub(super) struct Params {
    values: Vec<(SqlType, Constant)>,
}

/// A value of a statement, or the place of one in a generic plan.
#[derive(Debug, Clone)]
pub(super) enum Constant {
    /// Known now.
    Value(Datum),
    /// The parameter at this position (from 0), known when the plan is run.
    Parameter(usize),
}

/// Finished SQL.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) sql: String,
    /// In order of the placeholders; NULL where a hole is.
    pub(super) params: Vec<(SqlType, Datum)>,
    pub(super) holes: Vec<Hole>,
}

/// A place for a value of a generic plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hole {
    /// Position among the statement's parameters.
    pub(crate) at: usize,
    /// Position of the value, from 0.
    pub(crate) parameter: usize,
}

impl Params {
    /// Keeps a value and returns the mark that stands for one occurrence of it.
    pub(super) fn mark(&mut self, sql_type: &SqlType, value: Constant) -> String {
        self.values.push((sql_type.clone(), value));
        format!("{MARK}{}{MARK}", self.values.len() - 1)
    }

    /// Numbers the marks in the order of the text; `None` where a mark does not belong to these parameters.
    pub(super) fn finish(&self, sql: &str, dialect: &dyn Dialect) -> Option<Finished> {
        let mut out = String::with_capacity(sql.len());
        let (mut used, mut holes) = (Vec::new(), Vec::new());
        let mut parts = sql.split(MARK);
        out.push_str(parts.next()?);
        while let Some(index) = parts.next() {
            let (sql_type, value) = self.values.get(index.parse::<usize>().ok()?)?;
            let value = match value {
                Constant::Value(value) => value.clone(),
                Constant::Parameter(parameter) => {
                    holes.push(Hole { at: used.len(), parameter: *parameter });
                    Datum::Null
                }
            };
            used.push((sql_type.clone(), value));
            out.push_str(&dialect.placeholder(used.len(), sql_type));
            out.push_str(parts.next()?);
        }
        Some(Finished { sql: out, params: used, holes })
    }
}

/// A quoted name, or None where the dialect or the marks forbid it.
pub(super) fn quote(dialect: &dyn Dialect, name: &str) -> Option<String> {
    if name.chars().any(char::is_control) { None } else { dialect.quote(name).ok() }
}

/// A quoted table name under the same rule.
pub(super) fn table(dialect: &dyn Dialect, name: &str) -> Option<String> {
    if name.chars().any(char::is_control) { None } else { dialect.table(name).ok() }
}
