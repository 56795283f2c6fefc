//! `information_schema`: constraints, and the columns that they use.

use super::builder::Builder;
use super::keys::leans_on;
use crate::value::{Row, Value};
use crate::visible::{VisibleCatalog, VisibleRelation};

const SCHEMA: &str = "information_schema";

pub(super) fn rows(name: &str, visible: &VisibleCatalog) -> Option<Vec<Row>> {
    Some(match name {
        "table_constraints" => table_constraints(visible),
        "key_column_usage" => key_column_usage(visible),
        "referential_constraints" => referential_constraints(visible),
        "constraint_column_usage" => constraint_column_usage(visible),
        "constraint_table_usage" => constraint_table_usage(visible),
        _ => return None,
    })
}

fn schema(visible: &VisibleCatalog, relation: &VisibleRelation) -> Value {
    visible.schema_of(relation).into()
}

fn column_name(relation: &VisibleRelation, column: i16) -> Value {
    let place = usize::try_from(column - 1).ok();
    place.and_then(|place| relation.fields.get(place)).map_or(Value::Null, |field| Value::Text(field.name.clone()))
}

fn table_constraints(visible: &VisibleCatalog) -> Vec<Row> {
    let this = (SCHEMA, "table_constraints");
    let names = ["constraint_schema", "constraint_name", "table_schema", "table_name", "constraint_type"];
    let mut builder = Builder::new(this.0, this.1, &names)
        .always(this, "constraint_catalog", visible.database.as_str())
        .always(this, "table_catalog", visible.database.as_str())
        .always(this, "is_deferrable", "NO")
        .always(this, "initially_deferred", "NO")
        .always(this, "enforced", "YES");
    for relation in &visible.relations {
        let keys = relation.key.iter().map(|key| (&key.name, "PRIMARY KEY"));
        let references = relation.references.iter().map(|reference| (&reference.name, "FOREIGN KEY"));
        for (name, kind) in keys.chain(references) {
            builder.push([
                schema(visible, relation),
                Value::Text(name.clone()),
                schema(visible, relation),
                Value::Text(relation.name.clone()),
                kind.into(),
            ]);
        }
    }
    builder.finish()
}

/// Place of the referenced column in the key that the reference leans on.
fn place_in_target(visible: &VisibleCatalog, reference: &crate::visible::VisibleReference, place: usize) -> Value {
    let found = leans_on(visible, reference).and_then(|(_, key)| {
        let column = reference.target_columns.get(place)?;
        key.columns.iter().position(|held| held == column)
    });
    found.map_or(Value::Null, |at| Value::Int(at as i64 + 1))
}

fn key_column_usage(visible: &VisibleCatalog) -> Vec<Row> {
    let this = (SCHEMA, "key_column_usage");
    let names = [
        "constraint_schema",
        "constraint_name",
        "table_schema",
        "table_name",
        "column_name",
        "ordinal_position",
        "position_in_unique_constraint",
    ];
    let mut builder = Builder::new(this.0, this.1, &names)
        .always(this, "constraint_catalog", visible.database.as_str())
        .always(this, "table_catalog", visible.database.as_str());
    for relation in &visible.relations {
        let mut push = |name: &std::sync::Arc<str>, column: i16, place: usize, target: Value| {
            builder.push([
                schema(visible, relation),
                Value::Text(name.clone()),
                schema(visible, relation),
                Value::Text(relation.name.clone()),
                column_name(relation, column),
                Value::Int(place as i64 + 1),
                target,
            ]);
        };
        if let Some(key) = &relation.key {
            key.columns.iter().enumerate().for_each(|(place, column)| push(&key.name, *column, place, Value::Null));
        }
        for reference in &relation.references {
            for (place, column) in reference.columns.iter().enumerate() {
                push(&reference.name, *column, place, place_in_target(visible, reference, place));
            }
        }
    }
    builder.finish()
}

fn referential_constraints(visible: &VisibleCatalog) -> Vec<Row> {
    let this = (SCHEMA, "referential_constraints");
    let names = ["constraint_schema", "constraint_name", "unique_constraint_schema", "unique_constraint_name"];
    let mut builder = Builder::new(this.0, this.1, &names)
        .always(this, "constraint_catalog", visible.database.as_str())
        .always(this, "unique_constraint_catalog", visible.database.as_str())
        .always(this, "match_option", "NONE")
        .always(this, "update_rule", "NO ACTION")
        .always(this, "delete_rule", "NO ACTION");
    for relation in &visible.relations {
        for reference in &relation.references {
            let (target_schema, target_name) = match leans_on(visible, reference) {
                Some((target, key)) => (schema(visible, target), Value::Text(key.name.clone())),
                None => (Value::Null, Value::Null),
            };
            builder.push([schema(visible, relation), Value::Text(reference.name.clone()), target_schema, target_name]);
        }
    }
    builder.finish()
}

/// Per constraint the relation and columns it is about: those of the target for a reference.
fn used_columns(visible: &VisibleCatalog) -> Vec<(Value, Value, &VisibleRelation, &[i16])> {
    let mut used = Vec::new();
    for relation in &visible.relations {
        if let Some(key) = &relation.key {
            used.push((schema(visible, relation), Value::Text(key.name.clone()), relation, key.columns.as_slice()));
        }
        for reference in &relation.references {
            let Some(target) = visible.relations.get(reference.target) else { continue };
            let name = Value::Text(reference.name.clone());
            used.push((schema(visible, relation), name, target, reference.target_columns.as_slice()));
        }
    }
    used
}

fn constraint_column_usage(visible: &VisibleCatalog) -> Vec<Row> {
    let this = (SCHEMA, "constraint_column_usage");
    let names = ["table_schema", "table_name", "column_name", "constraint_schema", "constraint_name"];
    let mut builder = Builder::new(this.0, this.1, &names)
        .always(this, "constraint_catalog", visible.database.as_str())
        .always(this, "table_catalog", visible.database.as_str());
    for (constraint_schema, name, relation, columns) in used_columns(visible) {
        for column in columns {
            builder.push([
                schema(visible, relation),
                Value::Text(relation.name.clone()),
                column_name(relation, *column),
                constraint_schema.clone(),
                name.clone(),
            ]);
        }
    }
    builder.finish()
}

fn constraint_table_usage(visible: &VisibleCatalog) -> Vec<Row> {
    let this = (SCHEMA, "constraint_table_usage");
    let names = ["table_schema", "table_name", "constraint_schema", "constraint_name"];
    let mut builder = Builder::new(this.0, this.1, &names)
        .always(this, "constraint_catalog", visible.database.as_str())
        .always(this, "table_catalog", visible.database.as_str());
    for (constraint_schema, name, relation, _) in used_columns(visible) {
        builder.push([schema(visible, relation), Value::Text(relation.name.clone()), constraint_schema, name]);
    }
    builder.finish()
}
