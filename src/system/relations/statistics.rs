//! `pg_stat_*_tables`, `pg_stat_*_indexes` and their `pg_statio` kin: which relations there are, and no counts.
//!
//! Invariant: a count is NULL, never 0: a tool that reads 0 rows takes a relation for an empty one. Left out: relations of
//! the system, so `pg_stat_all_*` shows what `pg_stat_user_*` does.

use super::builder::Builder;
use crate::value::{Row, Value};
use crate::visible::VisibleCatalog;

/// The rows of one of these views; `None` where the name is not one.
pub(super) fn rows(name: &str, visible: &VisibleCatalog) -> Option<Vec<Row>> {
    match name {
        "pg_stat_user_tables"
        | "pg_stat_all_tables"
        | "pg_statio_user_tables"
        | "pg_statio_all_tables"
        | "pg_stat_xact_user_tables"
        | "pg_stat_xact_all_tables" => Some(tables(name, visible)),
        "pg_stat_user_indexes" | "pg_stat_all_indexes" | "pg_statio_user_indexes" | "pg_statio_all_indexes" => {
            Some(indexes(name, visible))
        }
        _ => None,
    }
}

fn tables(name: &str, visible: &VisibleCatalog) -> Vec<Row> {
    let mut builder = Builder::new("pg_catalog", name, &["relid", "schemaname", "relname"]);
    for relation in &visible.relations {
        let schema = visible.schema_of(relation);
        builder.push([relation.oid.into(), schema.into(), Value::Text(relation.name.clone())]);
    }
    builder.finish()
}

fn indexes(name: &str, visible: &VisibleCatalog) -> Vec<Row> {
    let columns = ["relid", "indexrelid", "schemaname", "relname", "indexrelname"];
    let mut builder = Builder::new("pg_catalog", name, &columns);
    for relation in &visible.relations {
        let Some(key) = &relation.key else { continue };
        let (oids, schema) = ([relation.oid, key.index_oid].map(Value::from), visible.schema_of(relation));
        let names = [Value::Text(relation.name.clone()), Value::Text(key.name.clone())];
        builder.push_all(oids.into_iter().chain([schema.into()]).chain(names));
    }
    builder.finish()
}
