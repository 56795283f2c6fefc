//! `pg_attribute`: columns of the visible relations, of their indexes and of the system relations.

use std::sync::OnceLock;

use sluice_base::SqlType;

use super::builder::Builder;
use super::shape::all;
use super::types::{TypeInfo, by_name, by_oid};
use crate::value::{Row, Value};
use crate::visible::VisibleCatalog;

const COLUMNS: [&str; 13] = [
    "attrelid",
    "attname",
    "attnum",
    "atttypid",
    "atttypmod",
    "attnotnull",
    "attlen",
    "attbyval",
    "attalign",
    "attstorage",
    "attcollation",
    "attndims",
    "attstattarget",
];

/// `atttypmod` of a type: -1 without a modifier.
fn type_modifier(sql_type: &SqlType) -> i32 {
    match sql_type {
        SqlType::Varchar(Some(length)) | SqlType::Bpchar(Some(length)) => i32::try_from(*length).map_or(-1, |l| l + 4),
        SqlType::Numeric(Some((precision, scale))) => ((i32::from(*precision) << 16) | (i32::from(*scale) & 0x7ff)) + 4,
        SqlType::Array(item) => type_modifier(item),
        _ => -1,
    }
}

fn builder() -> Builder {
    let this = ("pg_catalog", "pg_attribute");
    Builder::new(this.0, this.1, &COLUMNS).always(this, "attcacheoff", -1_i64).always(this, "attislocal", true)
}

struct Attribute {
    relation: u32,
    name: Value,
    number: usize,
    modifier: i32,
    not_null: bool,
}

fn push(builder: &mut Builder, attribute: Attribute, info: &TypeInfo) {
    builder.push([
        attribute.relation.into(),
        attribute.name,
        (attribute.number as i64).into(),
        info.oid.into(),
        i64::from(attribute.modifier).into(),
        attribute.not_null.into(),
        i64::from(info.length).into(),
        info.by_value.into(),
        info.align.into(),
        info.storage.into(),
        info.collation.into(),
        i64::from(info.category == "A" && info.length == -1 && info.name.starts_with('_')).into(),
        (-1_i64).into(),
    ]);
}

/// Columns of the system relations: the same for everyone.
fn system_attributes() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let mut builder = builder();
        for shape in all() {
            for (place, column) in shape.columns.iter().enumerate() {
                let Some(info) = by_name(column.type_name) else { continue };
                let attribute = Attribute {
                    relation: shape.oid,
                    name: column.name.into(),
                    number: place + 1,
                    modifier: -1,
                    not_null: column.not_null,
                };
                push(&mut builder, attribute, info);
            }
        }
        builder.finish()
    })
}

pub(super) fn attributes(visible: &VisibleCatalog) -> Vec<Row> {
    let mut builder = builder();
    for relation in &visible.relations {
        for (place, field) in relation.fields.iter().enumerate() {
            let Some(info) = by_oid(field.sql_type.oid()) else { continue };
            let attribute = Attribute {
                relation: relation.oid,
                name: Value::Text(field.name.clone()),
                number: place + 1,
                modifier: type_modifier(&field.sql_type),
                not_null: field.not_null,
            };
            push(&mut builder, attribute, info);
        }
        let Some(key) = &relation.key else { continue };
        for (place, column) in key.columns.iter().enumerate() {
            let Some(field) = usize::try_from(*column - 1).ok().and_then(|at| relation.fields.get(at)) else {
                continue;
            };
            let Some(info) = by_oid(field.sql_type.oid()) else { continue };
            let attribute = Attribute {
                relation: key.index_oid,
                name: Value::Text(field.name.clone()),
                number: place + 1,
                modifier: type_modifier(&field.sql_type),
                not_null: false,
            };
            push(&mut builder, attribute, info);
        }
    }
    let mut rows = system_attributes().to_vec();
    rows.extend(builder.finish());
    rows
}
