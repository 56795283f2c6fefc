//! `information_schema.columns` and the privileges on columns.

use sluice_base::SqlType;

use super::builder::Builder;
use super::shape::all;
use super::types::{TypeInfo, by_name, by_oid};
use crate::value::{Row, Value};
use crate::visible::{OWNER_NAME, VisibleCatalog};

const SCHEMA: &str = "information_schema";
/// Bytes of the longest text field.
const OCTETS: i64 = 1 << 30;

pub(super) fn rows(name: &str, visible: &VisibleCatalog) -> Option<Vec<Row>> {
    Some(match name {
        "columns" => columns(visible),
        "column_privileges" | "role_column_grants" => column_privileges(name, visible),
        "element_types" => element_types(visible),
        _ => return None,
    })
}

struct Described<'a> {
    schema: Value,
    table: Value,
    name: Value,
    number: usize,
    not_null: bool,
    info: &'a TypeInfo,
    sql_type: &'a SqlType,
}

fn optional(value: Option<i64>) -> Value {
    value.map_or(Value::Null, Value::Int)
}

/// Precision, radix and scale of numbers.
fn numbers(sql_type: &SqlType) -> [Value; 3] {
    let (precision, radix, scale) = match sql_type {
        SqlType::Int2 => (Some(16), Some(2), Some(0)),
        SqlType::Int4 => (Some(32), Some(2), Some(0)),
        SqlType::Int8 => (Some(64), Some(2), Some(0)),
        SqlType::Float4 => (Some(24), Some(2), None),
        SqlType::Float8 => (Some(53), Some(2), None),
        SqlType::Numeric(None) => (None, Some(10), None),
        SqlType::Numeric(Some((p, s))) => (Some(i64::from(*p)), Some(10), Some(i64::from(*s))),
        _ => (None, None, None),
    };
    [optional(precision), optional(radix), optional(scale)]
}

fn characters(sql_type: &SqlType) -> [Value; 2] {
    match sql_type {
        SqlType::Varchar(Some(n)) | SqlType::Bpchar(Some(n)) => {
            [Value::Int(i64::from(*n)), Value::Int((i64::from(*n) * 4).min(OCTETS))]
        }
        SqlType::Text | SqlType::Varchar(None) | SqlType::Bpchar(None) => [Value::Null, Value::Int(OCTETS)],
        _ => [Value::Null, Value::Null],
    }
}

fn time_precision(sql_type: &SqlType) -> Value {
    match sql_type {
        SqlType::Date => Value::Int(0),
        SqlType::Time | SqlType::Timestamp | SqlType::Timestamptz | SqlType::Interval => Value::Int(6),
        _ => Value::Null,
    }
}

fn data_type(info: &TypeInfo) -> String {
    if info.category == "A" && info.length == -1 && info.element != 0 {
        "ARRAY".into()
    } else {
        super::types::format_type(info.oid, None)
    }
}

fn push_column(builder: &mut Builder, database: &str, column: Described) {
    let [precision, radix, scale] = numbers(column.sql_type);
    let [length, octets] = characters(column.sql_type);
    // Only collations other than the default are told: that of `name` is C.
    let collated = column.info.collation == 950;
    let collation = |text: &str| if collated { Value::from(text) } else { Value::Null };
    builder.push([
        column.schema,
        column.table,
        column.name,
        (column.number as i64).into(),
        (if column.not_null { "NO" } else { "YES" }).into(),
        data_type(column.info).into(),
        length,
        octets,
        precision,
        radix,
        scale,
        time_precision(column.sql_type),
        collation(database),
        collation("pg_catalog"),
        collation("C"),
        column.info.name.into(),
        column.number.to_string().into(),
    ]);
}

fn columns(visible: &VisibleCatalog) -> Vec<Row> {
    let this = (SCHEMA, "columns");
    let names = [
        "table_schema",
        "table_name",
        "column_name",
        "ordinal_position",
        "is_nullable",
        "data_type",
        "character_maximum_length",
        "character_octet_length",
        "numeric_precision",
        "numeric_precision_radix",
        "numeric_scale",
        "datetime_precision",
        "collation_catalog",
        "collation_schema",
        "collation_name",
        "udt_name",
        "dtd_identifier",
    ];
    let mut builder = Builder::new(this.0, this.1, &names)
        .always(this, "table_catalog", visible.database.as_str())
        .always(this, "udt_catalog", visible.database.as_str())
        .always(this, "udt_schema", "pg_catalog")
        .always(this, "is_generated", "NEVER");
    for column in ["is_self_referencing", "is_identity", "identity_cycle", "is_updatable"] {
        builder = builder.always(this, column, "NO");
    }
    each_column(visible, |column| push_column(&mut builder, &visible.database, column));
    builder.finish()
}

/// Every visible column, those of the system relations included.
fn each_column(visible: &VisibleCatalog, mut take: impl FnMut(Described)) {
    for shape in all() {
        for (place, column) in shape.columns.iter().enumerate() {
            let Some(info) = by_name(column.type_name) else { continue };
            take(Described {
                schema: shape.schema.into(),
                table: shape.name.into(),
                name: column.name.into(),
                number: place + 1,
                not_null: column.not_null,
                info,
                sql_type: &column.sql_type,
            });
        }
    }
    for relation in &visible.relations {
        let schema = Value::from(visible.schema_of(relation));
        for (place, field) in relation.fields.iter().enumerate() {
            let Some(info) = by_oid(field.sql_type.oid()) else { continue };
            take(Described {
                schema: schema.clone(),
                table: Value::Text(relation.name.clone()),
                name: Value::Text(field.name.clone()),
                number: place + 1,
                not_null: field.not_null,
                info,
                sql_type: &field.sql_type,
            });
        }
    }
}

fn column_privileges(name: &str, visible: &VisibleCatalog) -> Vec<Row> {
    let this = (SCHEMA, name);
    let mut builder = Builder::new(this.0, this.1, &["table_schema", "table_name", "column_name"])
        .always(this, "grantor", OWNER_NAME)
        .always(this, "grantee", visible.user.as_str())
        .always(this, "table_catalog", visible.database.as_str())
        .always(this, "privilege_type", "SELECT")
        .always(this, "is_grantable", "NO");
    for relation in &visible.relations {
        for field in &relation.fields {
            builder.push([
                visible.schema_of(relation).into(),
                Value::Text(relation.name.clone()),
                Value::Text(field.name.clone()),
            ]);
        }
    }
    builder.finish()
}

fn element_types(visible: &VisibleCatalog) -> Vec<Row> {
    let this = (SCHEMA, "element_types");
    let names =
        ["object_schema", "object_name", "collection_type_identifier", "data_type", "udt_name", "dtd_identifier"];
    let mut builder = Builder::new(this.0, this.1, &names)
        .always(this, "object_catalog", visible.database.as_str())
        .always(this, "object_type", "TABLE")
        .always(this, "udt_catalog", visible.database.as_str())
        .always(this, "udt_schema", "pg_catalog");
    each_column(visible, |column| {
        let Some(element) = by_oid(column.info.element).filter(|_| column.info.category == "A") else { return };
        builder.push([
            column.schema,
            column.table,
            column.number.to_string().into(),
            super::types::format_type(element.oid, None).into(),
            element.name.into(),
            format!("a{}", column.number).into(),
        ]);
    });
    builder.finish()
}
