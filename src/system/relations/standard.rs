//! `information_schema`: schemata, tables, privileges, roles and the other relations about whole objects.

use super::builder::Builder;
use super::shape::all;
use crate::value::{Row, Value};
use crate::visible::{OWNER_NAME, VisibleCatalog};

const SCHEMA: &str = "information_schema";

pub(super) fn rows(name: &str, visible: &VisibleCatalog) -> Option<Vec<Row>> {
    Some(match name {
        "schemata" => schemata(visible),
        "tables" => tables(visible),
        "views" => views(visible),
        "table_privileges" => table_privileges("table_privileges", visible),
        "role_table_grants" => table_privileges("role_table_grants", visible),
        "character_sets" => character_sets(visible),
        "collations" => collations(visible),
        "information_schema_catalog_name" => one(name, "catalog_name", &visible.database),
        "enabled_roles" => one(name, "role_name", &visible.user),
        _ => return None,
    })
}

fn one(name: &str, column: &str, value: &str) -> Vec<Row> {
    let mut builder = Builder::new(SCHEMA, name, &[column]);
    builder.push([value.into()]);
    builder.finish()
}

fn schemata(visible: &VisibleCatalog) -> Vec<Row> {
    let this = (SCHEMA, "schemata");
    let mut builder = Builder::new(this.0, this.1, &["schema_name"])
        .always(this, "catalog_name", visible.database.as_str())
        .always(this, "schema_owner", OWNER_NAME);
    for name in ["pg_catalog", "information_schema", "sluice"] {
        builder.push([name.into()]);
    }
    for schema in &visible.schemas {
        builder.push([Value::Text(schema.name.clone())]);
    }
    builder.finish()
}

fn tables(visible: &VisibleCatalog) -> Vec<Row> {
    let this = (SCHEMA, "tables");
    let mut builder = Builder::new(this.0, this.1, &["table_schema", "table_name", "table_type"])
        .always(this, "table_catalog", visible.database.as_str())
        .always(this, "is_insertable_into", "NO")
        .always(this, "is_typed", "NO");
    for shape in all() {
        let kind = if shape.kind == "v" { "VIEW" } else { "BASE TABLE" };
        builder.push([shape.schema.into(), shape.name.into(), kind.into()]);
    }
    for relation in &visible.relations {
        builder.push([visible.schema_of(relation).into(), Value::Text(relation.name.clone()), "BASE TABLE".into()]);
    }
    builder.finish()
}

fn views(visible: &VisibleCatalog) -> Vec<Row> {
    let this = (SCHEMA, "views");
    let mut builder = Builder::new(this.0, this.1, &["table_schema", "table_name"])
        .always(this, "table_catalog", visible.database.as_str())
        .always(this, "check_option", "NONE")
        .always(this, "is_updatable", "NO")
        .always(this, "is_insertable_into", "NO")
        .always(this, "is_trigger_updatable", "NO")
        .always(this, "is_trigger_deletable", "NO")
        .always(this, "is_trigger_insertable_into", "NO");
    for shape in all().iter().filter(|shape| shape.kind == "v") {
        builder.push([shape.schema.into(), shape.name.into()]);
    }
    builder.finish()
}

fn table_privileges(name: &str, visible: &VisibleCatalog) -> Vec<Row> {
    let this = (SCHEMA, name);
    let mut builder = Builder::new(this.0, this.1, &["grantee", "table_schema", "table_name"])
        .always(this, "grantor", OWNER_NAME)
        .always(this, "table_catalog", visible.database.as_str())
        .always(this, "privilege_type", "SELECT")
        .always(this, "is_grantable", "NO")
        .always(this, "with_hierarchy", "YES");
    for shape in all() {
        builder.push(["PUBLIC".into(), shape.schema.into(), shape.name.into()]);
    }
    for relation in &visible.relations {
        builder.push([
            visible.user.as_str().into(),
            visible.schema_of(relation).into(),
            Value::Text(relation.name.clone()),
        ]);
    }
    builder.finish()
}

fn character_sets(visible: &VisibleCatalog) -> Vec<Row> {
    let columns = ["character_set_name", "character_repertoire", "form_of_use", "default_collate_catalog"];
    let mut builder = Builder::new(SCHEMA, "character_sets", &columns);
    builder.push(["UTF8".into(), "UCS".into(), "UTF8".into(), visible.database.as_str().into()]);
    builder.finish()
}

fn collations(visible: &VisibleCatalog) -> Vec<Row> {
    let this = (SCHEMA, "collations");
    let mut builder = Builder::new(this.0, this.1, &["collation_name"])
        .always(this, "collation_catalog", visible.database.as_str())
        .always(this, "collation_schema", "pg_catalog")
        .always(this, "pad_attribute", "NO PAD");
    for name in ["default", "C", "POSIX"] {
        builder.push([name.into()]);
    }
    builder.finish()
}
