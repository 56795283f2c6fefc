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
    values: Vec<(SqlType, Datum)>,
}

impl Params {
    /// Keeps a value and returns the mark that stands for one occurrence of it.
    pub(super) fn mark(&mut self, sql_type: &SqlType, value: Datum) -> String {
        self.values.push((sql_type.clone(), value));
        format!("{MARK}{}{MARK}", self.values.len() - 1)
    }

    /// Numbers the marks in the order of the text; `None` where a mark does not belong to these parameters.
    pub(super) fn finish(&self, sql: &str, dialect: &dyn Dialect) -> Option<(String, Vec<(SqlType, Datum)>)> {
        let mut out = String::with_capacity(sql.len());
        let mut used = Vec::new();
        let mut parts = sql.split(MARK);
        out.push_str(parts.next()?);
        while let Some(index) = parts.next() {
            let (sql_type, value) = self.values.get(index.parse::<usize>().ok()?)?;
            used.push((sql_type.clone(), value.clone()));
            out.push_str(&dialect.placeholder(used.len(), sql_type));
            out.push_str(parts.next()?);
        }
        Some((out, used))
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
