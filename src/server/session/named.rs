//! `pg_prepared_statements` and `pg_cursors`: what a session has under names.
//!
//! Left out: portals of the protocol, which no statement can name, and counts of plans, which are not kept.

use sluice_base::Datum;
use sluice_plan::Statement;

use super::portal::Names;

/// Rows of both relations.
pub struct Named {
    /// `pg_prepared_statements`
    pub statements: Vec<Vec<Datum>>,
    /// `pg_cursors`
    pub cursors: Vec<Vec<Datum>>,
}

fn text(text: &str) -> Datum {
    Datum::Text(text.to_string())
}

/// Whether a statement may ask for either.
pub fn asked_for(statement: &Statement) -> bool {
    let lower = statement.text.to_ascii_lowercase();
    ["pg_prepared_statement", "pg_cursor"].iter().any(|name| lower.contains(name))
}

impl Named {
    /// As they are now, the oldest first.
    pub fn of(names: &Names) -> Named {
        let mut statements: Vec<_> = names.statements().filter(|(name, _)| !name.is_empty()).collect();
        statements.sort_by_key(|(name, prepared)| (prepared.made_micros, *name));
        let statements = statements.into_iter().map(|(name, prepared)| {
            let described = prepared.described.iter().flat_map(|described| described.params.iter());
            vec![
                text(name),
                text(prepared.statement.as_ref().map_or("", |statement| &statement.text)),
                Datum::Timestamptz(prepared.made_micros),
                Datum::Array(described.map(|sql_type| Datum::Int(sql_type.oid().into())).collect()),
                Datum::Bool(prepared.from_sql),
                Datum::Null,
                Datum::Null,
            ]
        });
        let mut cursors: Vec<_> =
            names.portals().filter_map(|(name, portal)| Some((name, portal, portal.cursor?))).collect();
        cursors.sort_by_key(|(name, _, cursor)| (cursor.made_micros, *name));
        let cursors = cursors.into_iter().map(|(name, portal, cursor)| {
            vec![
                text(name),
                text(portal.statement.as_ref().map_or("", |statement| &statement.text)),
                Datum::Bool(cursor.hold),
                Datum::Bool(cursor.binary),
                Datum::Bool(cursor.scroll),
                Datum::Timestamptz(cursor.made_micros),
            ]
        });
        Named { statements: statements.collect(), cursors: cursors.collect() }
    }
}
