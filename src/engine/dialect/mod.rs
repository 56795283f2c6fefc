//! How SQL is spelled for each kind of source, so that it means there what it means here.
//!
//! Invariant: no text value is ever part of the SQL (only placeholders are), and a name is always quoted. Text is
//! compared, ordered and grouped by its bytes in UTF-8, whatever collation the source's column has.
//!
//! Left out: what may be sent at all. [`Dialect::compares`] and the `Option`s say what a source does differently; the
//! capability gate keeps that here.

use sluice_base::{Datum, SqlType};
use sluice_model::catalog::SourceKind;

mod literal;
mod mysql;
mod postgres;
mod sqlite;

#[cfg(test)]
mod tests;

pub use mysql::{Mysql, TEXT_KEYS_MAX};
pub use postgres::Postgres;
pub use sqlite::Sqlite;

/// The dialect of a kind of source; `None` for those that run no SQL.
pub fn dialect(kind: SourceKind) -> Option<&'static dyn Dialect> {
    match kind {
        SourceKind::Postgres => Some(&Postgres),
        SourceKind::Mysql => Some(&Mysql),
        SourceKind::Sqlite => Some(&Sqlite),
        SourceKind::Parquet | SourceKind::Csv | SourceKind::Audit => None,
    }
}

/// A name that cannot be written in SQL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialectError {
    /// Empty, or with a NUL in it.
    #[error("a name is empty or holds a NUL character")]
    Name,
    /// More dots than `SCHEMA.TABLE` has.
    #[error("a table name has more than two parts")]
    Table,
}

/// Aggregate functions that a source may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// `count(*)`; the argument is not looked at.
    CountAll,
    /// `count(x)`
    Count,
    /// `count(DISTINCT x)`
    CountDistinct,
    /// `sum(x)`
    Sum,
    /// `min(x)`
    Min,
    /// `max(x)`
    Max,
}

/// One kind of source's spelling of SQL.
pub trait Dialect: Send + Sync + std::fmt::Debug {
    /// The kind it belongs to.
    fn kind(&self) -> SourceKind;

    /// A name in quotes, embedded quotes doubled. Empty names and NUL are refused.
    fn quote(&self, name: &str) -> Result<String, DialectError>;

    /// `SCHEMA.TABLE` or `TABLE` of the catalog, quoted part by part. PostgreSQL's schema is `public` unless named.
    fn table(&self, table: &str) -> Result<String, DialectError>;

    /// Placeholder of parameter `n` (from 1), with the cast that fixes its type. MySQL's are by position: each
    /// occurrence in the text needs its own parameter, in the order of the text (see [`Dialect::numbered`]).
    fn placeholder(&self, n: usize, sql_type: &SqlType) -> String;

    /// Texts that the keys of one GROUP BY or ORDER BY may have; with more of them it is done here.
    fn text_keys_max(&self) -> usize {
        usize::MAX
    }

    /// Whether a placeholder may be repeated and still be one parameter.
    fn numbered(&self) -> bool;

    /// Whether a parameter of this type, text apart, compares as a literal of it does.
    fn binds(&self, sql_type: &SqlType) -> bool {
        matches!(sql_type, SqlType::Int2 | SqlType::Int4 | SqlType::Int8 | SqlType::Date)
    }

    /// A typed literal for `bool`, integers, `numeric`, `date`, `timestamp` and NULL; `None` for all else, text above
    /// all: those are parameters.
    fn literal(&self, value: &Datum, sql_type: &SqlType) -> Option<String>;

    /// `column = value` on text, true exactly when the bytes are equal, with the column's index still usable.
    /// `value` gives the SQL of one more occurrence of the value (a placeholder); it is called in the order of the text.
    fn text_equals(&self, column: &str, value: &mut dyn FnMut() -> String) -> String;

    /// `left = right` on two text columns by their bytes; `None` where the source cannot join so and stay quick.
    fn text_join(&self, left: &str, right: &str) -> Option<String>;

    /// A text column as an expression that orders, compares, groups and counts by bytes: for `<`, `BETWEEN`, `ORDER BY`,
    /// `GROUP BY`, `DISTINCT`, `min`, `max`. It may be selected too and reads as the same text.
    fn text_order(&self, column: &str) -> String;

    /// `column LIKE pattern` with backslash as the escape character, minding case; the pattern must not end in a lone backslash.
    fn text_like(&self, column: &str, value: &mut dyn FnMut() -> String) -> String;

    /// One `ORDER BY` item with its place of NULL; `expr` may be repeated, so it must hold no placeholder. Text needs
    /// [`Dialect::text_order`] first.
    fn order_by_nulls(&self, expr: &str, asc: bool, nulls_first: bool) -> String;

    /// `LIMIT`/`OFFSET` with a leading space, or nothing.
    fn limit(&self, count: Option<u64>, offset: u64) -> String;

    /// Whether values of this type compare, order and group at the source as they do here.
    fn compares(&self, sql_type: &SqlType) -> bool;

    /// `CAST(expr AS type)` for a change of type that the source does identically and that cannot fail (widening);
    /// `None`: do it here.
    fn cast(&self, expr: &str, from: &SqlType, to: &SqlType) -> Option<String>;

    /// An aggregate over a column, cast so that it comes back as `result`; `None` where the source computes it
    /// differently (sums of floating numbers, of decimals in SQLite): do it here. Text is ordered by bytes inside.
    fn aggregate(&self, function: Aggregate, column: &str, argument: &SqlType, result: &SqlType) -> Option<String>;
}

/// One or two names, quoted, with a dot between them.
fn qualified(dialect: &dyn Dialect, table: &str) -> Result<String, DialectError> {
    let parts: Vec<&str> = table.split('.').collect();
    if parts.len() > 2 {
        return Err(DialectError::Table);
    }
    let quoted: Result<Vec<String>, DialectError> = parts.into_iter().map(|part| dialect.quote(part)).collect();
    Ok(quoted?.join("."))
}

/// A name between quotes, those inside doubled.
fn quoted(name: &str, quote: char) -> Result<String, DialectError> {
    if name.is_empty() || name.contains('\0') {
        return Err(DialectError::Name);
    }
    let mut sql = String::with_capacity(name.len() + 2);
    sql.push(quote);
    for c in name.chars() {
        if c == quote {
            sql.push(quote);
        }
        sql.push(c);
    }
    sql.push(quote);
    Ok(sql)
}

fn standard_order(expr: &str, asc: bool, nulls_first: bool) -> String {
    let direction = if asc { "ASC" } else { "DESC" };
    let nulls = if nulls_first { "FIRST" } else { "LAST" };
    format!("{expr} {direction} NULLS {nulls}")
}

fn standard_limit(count: Option<u64>, offset: u64, all: &str) -> String {
    match (count, offset) {
        (None, 0) => String::new(),
        (Some(count), 0) => format!(" LIMIT {count}"),
        (Some(count), offset) => format!(" LIMIT {count} OFFSET {offset}"),
        (None, offset) => format!(" LIMIT {all} OFFSET {offset}"),
    }
}

/// Whether every value of `from` is a value of `to`, exactly.
fn widens(from: &SqlType, to: &SqlType) -> bool {
    use SqlType::*;
    match (from, to) {
        (Int2, Int2 | Int4 | Int8) | (Int4, Int4 | Int8) | (Int8, Int8) => true,
        (Int2, Numeric(Some((p, s)))) => i16::from(*p) - i16::from(*s) >= 5 && *s >= 0,
        (Int4, Numeric(Some((p, s)))) => i16::from(*p) - i16::from(*s) >= 10 && *s >= 0,
        (Int8, Numeric(Some((p, s)))) => i16::from(*p) - i16::from(*s) >= 19 && *s >= 0,
        (Numeric(Some((p, s))), Numeric(Some((precision, scale)))) => {
            scale >= s && i16::from(*precision) - i16::from(*scale) >= i16::from(*p) - i16::from(*s)
        }
        _ => false,
    }
}

/// What the dialects share of [`Dialect::aggregate`]; `sum` spells a sum whose argument and result are exact.
fn aggregate(
    dialect: &dyn Dialect,
    function: Aggregate,
    column: &str,
    argument: &SqlType,
    result: &SqlType,
    sum: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let text = matches!(argument, SqlType::Text | SqlType::Varchar(_));
    let comparable =
        || dialect.compares(argument).then(|| if text { dialect.text_order(column) } else { column.to_string() });
    match function {
        Aggregate::CountAll => Some("count(*)".into()),
        Aggregate::Count => Some(format!("count({column})")),
        Aggregate::CountDistinct => comparable().map(|column| format!("count(DISTINCT {column})")),
        // Neither PostgreSQL nor DataFusion of today has min and max of these.
        Aggregate::Min | Aggregate::Max if matches!(argument, SqlType::Bool | SqlType::Uuid | SqlType::Bytea) => None,
        // NaN has a place in PostgreSQL's order that other engines give otherwise.
        Aggregate::Min | Aggregate::Max if matches!(argument, SqlType::Float4 | SqlType::Float8) => None,
        Aggregate::Min if argument == result => comparable().map(|column| format!("min({column})")),
        Aggregate::Max if argument == result => comparable().map(|column| format!("max({column})")),
        Aggregate::Min | Aggregate::Max => None,
        Aggregate::Sum => match (argument, result) {
            (SqlType::Int2 | SqlType::Int4, SqlType::Int8) => sum(column),
            (SqlType::Int2 | SqlType::Int4 | SqlType::Int8, SqlType::Numeric(_)) => sum(column),
            (SqlType::Numeric(_), SqlType::Numeric(_)) => sum(column),
            _ => None,
        },
    }
}
