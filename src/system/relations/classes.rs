//! `pg_namespace`, `pg_class`, `pg_tables`, `pg_views`.

use std::collections::HashSet;

use super::builder::Builder;
use super::shape::{Shape, all};
use crate::functions::view_definition;
use crate::value::{Row, Value};
use crate::visible::{OWNER_NAME, OWNER_OID, VisibleCatalog, VisibleRelation};

pub(super) const PG_CATALOG_OID: u32 = 11;
pub(super) const INFORMATION_SCHEMA_OID: u32 = 13_207;
/// Of the schema of the relations that Sluice adds; beyond those that PostgreSQL makes at initdb.
pub(super) const SLUICE_SCHEMA_OID: u32 = 13_600;
/// `pg_am` of tables.
const HEAP: u32 = 2;
/// `pg_am` of the indexes under keys.
const BTREE: u32 = 403;

/// OID of the schema of a system relation.
pub(super) fn system_schema_oid(shape: &Shape) -> u32 {
    match shape.schema {
        "pg_catalog" => PG_CATALOG_OID,
        "sluice" => SLUICE_SCHEMA_OID,
        _ => INFORMATION_SCHEMA_OID,
    }
}

/// Who may do what, as `aclitem` prints it, granted by the owner. The owner has no rights of its own: nobody is the
/// owner.
fn acl(grants: &[&str]) -> Value {
    Value::array(grants.iter().map(|grant| Value::text(format!("{grant}/{OWNER_NAME}"))).collect())
}

/// A name inside an `aclitem`: in quotes where it holds more than letters, digits and `_`.
fn acl_name(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if plain { name.to_string() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

pub(super) fn namespaces(visible: &VisibleCatalog) -> Vec<Row> {
    let mut builder = Builder::new("pg_catalog", "pg_namespace", &["oid", "nspname", "nspowner", "nspacl"]);
    let schemas =
        [(PG_CATALOG_OID, "pg_catalog"), (INFORMATION_SCHEMA_OID, "information_schema"), (SLUICE_SCHEMA_OID, "sluice")];
    for (oid, name) in schemas {
        builder.push([oid.into(), name.into(), OWNER_OID.into(), acl(&["=U"])]);
    }
    let own = acl(&[&format!("{}=U", acl_name(&visible.user))]);
    for schema in &visible.schemas {
        builder.push([schema.oid.into(), Value::Text(schema.name.clone()), OWNER_OID.into(), own.clone()]);
    }
    builder.finish()
}

pub(super) fn classes(visible: &VisibleCatalog) -> Vec<Row> {
    let this = ("pg_catalog", "pg_class");
    let columns = [
        "oid",
        "relname",
        "relnamespace",
        "relam",
        "relkind",
        "relnatts",
        "relhasindex",
        "relreplident",
        "relhastriggers",
        "reltype",
        "relacl",
    ];
    let mut builder = Builder::new(this.0, this.1, &columns)
        .always(this, "relowner", OWNER_OID)
        .always(this, "relpersistence", "p")
        .always(this, "relispopulated", true)
        // No statement about sizes: nothing was counted.
        .always(this, "reltuples", Value::Float(-1.0));
    for shape in all() {
        let am = if shape.kind == "r" { HEAP } else { 0 };
        builder.push([
            shape.oid.into(),
            shape.name.into(),
            system_schema_oid(shape).into(),
            am.into(),
            shape.kind.into(),
            (shape.columns.len() as i64).into(),
            false.into(),
            "n".into(),
            false.into(),
            0_u32.into(),
            acl(&["=r"]),
        ]);
    }
    let linked = linked(visible);
    for (position, relation) in visible.relations.iter().enumerate() {
        push_relation(&mut builder, visible, relation, linked.contains(&position));
    }
    builder.finish()
}

/// Relations at either end of a reference: PostgreSQL keeps references by triggers, and clients look for those.
fn linked(visible: &VisibleCatalog) -> HashSet<usize> {
    let mut linked = HashSet::new();
    for (position, relation) in visible.relations.iter().enumerate() {
        for reference in &relation.references {
            linked.extend([position, reference.target]);
        }
    }
    linked
}

fn push_relation(builder: &mut Builder, visible: &VisibleCatalog, relation: &VisibleRelation, linked: bool) {
    let schema = visible.schema_oid_of(relation);
    builder.push([
        relation.oid.into(),
        Value::Text(relation.name.clone()),
        schema.into(),
        HEAP.into(),
        "r".into(),
        (relation.fields.len() as i64).into(),
        relation.key.is_some().into(),
        "d".into(),
        linked.into(),
        relation.type_oid.into(),
        acl(&[&format!("{}=r", acl_name(&visible.user))]),
    ]);
    if let Some(key) = &relation.key {
        builder.push([
            key.index_oid.into(),
            Value::Text(key.name.clone()),
            schema.into(),
            BTREE.into(),
            "i".into(),
            (key.columns.len() as i64).into(),
            false.into(),
            "n".into(),
            false.into(),
            0_u32.into(),
            Value::Null,
        ]);
    }
}

pub(super) fn tables(visible: &VisibleCatalog) -> Vec<Row> {
    let this = ("pg_catalog", "pg_tables");
    let columns = ["schemaname", "tablename", "hasindexes", "hastriggers"];
    let mut builder = Builder::new(this.0, this.1, &columns)
        .always(this, "tableowner", OWNER_NAME)
        .always(this, "hasrules", false)
        .always(this, "rowsecurity", false);
    for shape in all().iter().filter(|shape| shape.kind == "r") {
        builder.push([shape.schema.into(), shape.name.into(), false.into(), false.into()]);
    }
    let linked = linked(visible);
    for (position, relation) in visible.relations.iter().enumerate() {
        builder.push([
            visible.schema_of(relation).into(),
            Value::Text(relation.name.clone()),
            relation.key.is_some().into(),
            linked.contains(&position).into(),
        ]);
    }
    builder.finish()
}

pub(super) fn views() -> Vec<Row> {
    let this = ("pg_catalog", "pg_views");
    let mut builder =
        Builder::new(this.0, this.1, &["schemaname", "viewname", "definition"]).always(this, "viewowner", OWNER_NAME);
    for shape in all().iter().filter(|shape| shape.kind == "v") {
        builder.push([shape.schema.into(), shape.name.into(), view_definition(shape).into()]);
    }
    builder.finish()
}
