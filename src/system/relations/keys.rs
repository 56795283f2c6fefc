//! `pg_index`, `pg_constraint`, `pg_indexes`, `pg_depend`: keys and references between visible relations.

use sluice_base::SqlType;

use super::builder::Builder;
use super::comments::{PG_CLASS, PG_CONSTRAINT};
use super::types::by_oid;
use crate::value::{Row, Value};
use crate::visible::{VisibleCatalog, VisibleKey, VisibleReference, VisibleRelation};

fn numbers(columns: &[i16]) -> Vec<Value> {
    columns.iter().map(|column| Value::Int((*column).into())).collect()
}

fn key_types<'a>(relation: &'a VisibleRelation, key: &'a VisibleKey) -> impl Iterator<Item = &'a SqlType> + 'a {
    key.columns.iter().filter_map(|column| Some(&relation.fields.get(usize::try_from(*column - 1).ok()?)?.sql_type))
}

/// The default btree operator class of a type, 0 where it has none. `varchar` borrows that of `text`.
fn operator_class(sql_type: &SqlType) -> u32 {
    let wanted = if matches!(sql_type, SqlType::Varchar(_)) { 25 } else { sql_type.oid() };
    let wanted = wanted.to_string();
    include_str!("../data/pg_opclass.tsv")
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .find(|cells| {
            cells.get(1) == Some(&"403") && cells.get(4) == Some(&wanted.as_str()) && cells.get(5) == Some(&"t")
        })
        .and_then(|cells| cells.first()?.parse().ok())
        .unwrap_or(0)
}

pub(super) fn indexes(visible: &VisibleCatalog) -> Vec<Row> {
    let this = ("pg_catalog", "pg_index");
    let columns =
        ["indexrelid", "indrelid", "indnatts", "indnkeyatts", "indkey", "indcollation", "indclass", "indoption"];
    let mut builder = Builder::new(this.0, this.1, &columns);
    for flag in ["indisunique", "indisprimary", "indimmediate", "indisvalid", "indisready", "indislive"] {
        builder = builder.always(this, flag, true);
    }
    for relation in &visible.relations {
        let Some(key) = &relation.key else { continue };
        let width = key.columns.len() as i64;
        let collations = key_types(relation, key).map(|t| by_oid(t.oid()).map_or(0, |info| info.collation));
        builder.push([
            key.index_oid.into(),
            relation.oid.into(),
            width.into(),
            width.into(),
            Value::vector(numbers(&key.columns)),
            Value::vector(collations.map(Value::from).collect()),
            Value::vector(key_types(relation, key).map(operator_class).map(Value::from).collect()),
            Value::vector(key.columns.iter().map(|_| Value::Int(0)).collect()),
        ]);
    }
    builder.finish()
}

pub(super) fn index_definitions(visible: &VisibleCatalog) -> Vec<Row> {
    let mut builder = Builder::new("pg_catalog", "pg_indexes", &["schemaname", "tablename", "indexname", "indexdef"]);
    for relation in &visible.relations {
        let Some(key) = &relation.key else { continue };
        builder.push([
            visible.schema_of(relation).into(),
            Value::Text(relation.name.clone()),
            Value::Text(key.name.clone()),
            crate::functions::index_definition(visible, relation, key).into(),
        ]);
    }
    builder.finish()
}

pub(super) fn constraints(visible: &VisibleCatalog) -> Vec<Row> {
    let this = ("pg_catalog", "pg_constraint");
    let columns = [
        "oid",
        "conname",
        "connamespace",
        "contype",
        "conrelid",
        "conindid",
        "confrelid",
        "conkey",
        "confkey",
        "confupdtype",
        "confdeltype",
        "confmatchtype",
        "connoinherit",
        "conpfeqop",
        "conppeqop",
        "conffeqop",
    ];
    let mut builder =
        Builder::new(this.0, this.1, &columns).always(this, "convalidated", true).always(this, "conislocal", true);
    for relation in &visible.relations {
        let schema = visible.schema_oid_of(relation);
        if let Some(key) = &relation.key {
            builder.push([
                key.constraint_oid.into(),
                Value::Text(key.name.clone()),
                schema.into(),
                "p".into(),
                relation.oid.into(),
                key.index_oid.into(),
                Value::Int(0),
                Value::array(numbers(&key.columns)),
                Value::Null,
                " ".into(),
                " ".into(),
                " ".into(),
                true.into(),
                Value::Null,
                Value::Null,
                Value::Null,
            ]);
        }
        for reference in &relation.references {
            push_reference(&mut builder, visible, relation, reference);
        }
    }
    builder.finish()
}

/// The target's key, where the reference points at exactly its columns.
fn target_key<'a>(target: &'a VisibleRelation, reference: &VisibleReference) -> Option<&'a VisibleKey> {
    let key = target.key.as_ref()?;
    let mut wanted = reference.target_columns.clone();
    let mut held = key.columns.clone();
    wanted.sort_unstable();
    held.sort_unstable();
    (wanted == held).then_some(key)
}

fn push_reference(
    builder: &mut Builder,
    visible: &VisibleCatalog,
    relation: &VisibleRelation,
    reference: &VisibleReference,
) {
    let Some(target) = visible.relations.get(reference.target) else { return };
    let index = target_key(target, reference).map_or(0, |key| key.index_oid);
    builder.push([
        reference.oid.into(),
        Value::Text(reference.name.clone()),
        visible.schema_oid_of(relation).into(),
        "f".into(),
        relation.oid.into(),
        index.into(),
        target.oid.into(),
        Value::array(numbers(&reference.columns)),
        Value::array(numbers(&reference.target_columns)),
        "a".into(),
        "a".into(),
        "s".into(),
        true.into(),
        Value::Null,
        Value::Null,
        Value::Null,
    ]);
}

/// Which index a key belongs to, and which index a reference leans on: drivers read foreign keys along these.
pub(super) fn dependencies(visible: &VisibleCatalog) -> Vec<Row> {
    let columns = ["classid", "objid", "refclassid", "refobjid", "deptype"];
    let mut builder = Builder::new("pg_catalog", "pg_depend", &columns);
    for relation in &visible.relations {
        if let Some(key) = &relation.key {
            builder.push([
                PG_CLASS.into(),
                key.index_oid.into(),
                PG_CONSTRAINT.into(),
                key.constraint_oid.into(),
                "i".into(),
            ]);
        }
        for reference in &relation.references {
            let target = visible.relations.get(reference.target);
            let Some(key) = target.and_then(|target| target_key(target, reference)) else { continue };
            builder.push([
                PG_CONSTRAINT.into(),
                reference.oid.into(),
                PG_CLASS.into(),
                key.index_oid.into(),
                "n".into(),
            ]);
        }
    }
    builder.finish()
}

/// The name of the constraint that a reference leans on, for `referential_constraints`.
pub(super) fn leans_on<'a>(
    visible: &'a VisibleCatalog,
    reference: &VisibleReference,
) -> Option<(&'a VisibleRelation, &'a VisibleKey)> {
    let target = visible.relations.get(reference.target)?;
    Some((target, target_key(target, reference)?))
}
