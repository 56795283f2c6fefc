//! `pg_description`: definitions and labels of schemas, relations, columns and references.

use super::builder::Builder;
use crate::value::{Row, Value};
use crate::visible::VisibleCatalog;

/// OIDs of the relations that comments are about.
pub(crate) const PG_CLASS: u32 = 1259;
/// `pg_namespace`
pub(crate) const PG_NAMESPACE: u32 = 2615;
/// `pg_constraint`
pub(crate) const PG_CONSTRAINT: u32 = 2606;

pub(super) fn descriptions(visible: &VisibleCatalog) -> Vec<Row> {
    let mut builder = Builder::new("pg_catalog", "pg_description", &["objoid", "classoid", "objsubid", "description"]);
    let system = [
        (super::classes::PG_CATALOG_OID, "system catalog schema"),
        (super::classes::INFORMATION_SCHEMA_OID, "information schema of SQL"),
    ];
    for (oid, text) in system {
        builder.push([oid.into(), PG_NAMESPACE.into(), Value::Int(0), text.into()]);
    }
    for schema in &visible.schemas {
        if let Some(comment) = &schema.comment {
            builder.push([schema.oid.into(), PG_NAMESPACE.into(), Value::Int(0), Value::Text(comment.clone())]);
        }
    }
    for relation in &visible.relations {
        if let Some(comment) = &relation.comment {
            builder.push([relation.oid.into(), PG_CLASS.into(), Value::Int(0), Value::Text(comment.clone())]);
        }
        for (place, field) in relation.fields.iter().enumerate() {
            if let Some(comment) = &field.comment {
                let number = Value::Int(place as i64 + 1);
                builder.push([relation.oid.into(), PG_CLASS.into(), number, Value::Text(comment.clone())]);
            }
        }
        for reference in &relation.references {
            if let Some(comment) = &reference.comment {
                builder.push([reference.oid.into(), PG_CONSTRAINT.into(), Value::Int(0), Value::Text(comment.clone())]);
            }
        }
    }
    builder.finish()
}
