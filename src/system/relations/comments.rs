//! `pg_description`: definitions and labels of schemas, relations, columns and references.

use super::builder::Builder;
use super::shape::{all, find};
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
        (super::classes::SLUICE_SCHEMA_OID, "您自己的权限、限制和上一条语句 / your rights, limits and last statement"),
    ];
    for (oid, text) in system {
        builder.push([oid.into(), PG_NAMESPACE.into(), Value::Int(0), text.into()]);
    }
    let own = [
        ("why", "上一条语句为何如此显示 / why the last statement shows what it shows"),
        ("my_access", "您可以使用的每个字段 / every field that you may use"),
        ("my_limits", "您的语句受到的限制 / the bounds that your statements meet"),
    ];
    for (name, text) in own {
        let shape = find("sluice", name).and_then(|place| all().get(place));
        let oid = shape.map_or(Value::Null, |shape| shape.oid.into());
        builder.push([oid, PG_CLASS.into(), Value::Int(0), text.into()]);
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
