//! `pg_prepared_statements` and `pg_cursors`: what a session has under names.
//!
//! Left out: how often a statement was planned; the unnamed statement and portal, which last no longer than the next.

use sluice_base::{Datum, SqlType};

use super::portal::{Cursor, Portal, Prepared};

/// Relations that list names.
pub const RELATIONS: [&str; 2] = ["pg_prepared_statements", "pg_cursors"];

/// Rows of the two relations, as of one statement.
#[derive(Debug, Default)]
pub struct Listed {
    /// Prepared statements.
    pub prepared: Vec<Vec<Datum>>,
    /// Cursors.
    pub cursors: Vec<Vec<Datum>>,
}

/// A row of `pg_prepared_statements`.
pub fn prepared(name: &str, prepared: &Prepared) -> Vec<Datum> {
    let types: &[SqlType] = prepared.described.as_ref().map_or(&[], |described| &described.params);
    let types = types.iter().map(|sql_type| Datum::Int(i64::from(sql_type.oid()))).collect();
    let statement = prepared.statement.as_ref().map_or(String::new(), |statement| statement.text.clone());
    vec![
        Datum::Text(name.to_string()),
        Datum::Text(statement),
        Datum::Timestamptz(prepared.made_micros),
        Datum::Array(types),
        Datum::Bool(prepared.from_sql),
        Datum::Null,
        Datum::Null,
    ]
}

/// A row of `pg_cursors`.
pub fn cursor(name: &str, portal: &Portal, cursor: Cursor) -> Vec<Datum> {
    let statement = portal.statement.as_ref().map_or(String::new(), |statement| statement.text.clone());
    vec![
        Datum::Text(name.to_string()),
        Datum::Text(statement),
        Datum::Bool(cursor.hold),
        Datum::Bool(cursor.binary),
        Datum::Bool(cursor.scroll),
        Datum::Timestamptz(cursor.made_micros),
    ]
}
