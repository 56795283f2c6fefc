//! Rows that every PostgreSQL 15 has, read from `data/*.tsv`: types, access methods, operators, casts, functions.
//!
//! Left out: rows about types and functions that Sluice does not have, apart from `pg_type`, which is whole, because
//! drivers load it to know what an OID means.

use std::collections::HashMap;
use std::sync::OnceLock;

use sluice_base::SqlType;

use super::builder::Builder;
use super::shape::{Shape, all, find};
use crate::value::{Row, Value};

/// Relation, file, and what the columns outside the file hold.
type Fixed = (&'static str, &'static str, &'static [(&'static str, i64)]);

const FILES: &[Fixed] = &[
    ("pg_type", include_str!("../data/pg_type.tsv"), &[("typnamespace", 11), ("typowner", 10), ("typtypmod", -1)]),
    ("pg_am", include_str!("../data/pg_am.tsv"), &[]),
    ("pg_operator", include_str!("../data/pg_operator.tsv"), &[("oprnamespace", 11), ("oprowner", 10)]),
    ("pg_cast", include_str!("../data/pg_cast.tsv"), &[]),
    ("pg_opclass", include_str!("../data/pg_opclass.tsv"), &[("opcnamespace", 11), ("opcowner", 10)]),
    ("pg_opfamily", include_str!("../data/pg_opfamily.tsv"), &[("opfnamespace", 11), ("opfowner", 10)]),
    ("pg_range", include_str!("../data/pg_range.tsv"), &[]),
    ("pg_language", include_str!("../data/pg_language.tsv"), &[("lanowner", 10)]),
    ("pg_proc", include_str!("../data/pg_proc.tsv"), &[("pronamespace", 11), ("proowner", 10)]),
];

fn cell(text: &str, sql_type: &SqlType) -> Value {
    if text == "\\N" {
        return Value::Null;
    }
    match sql_type {
        SqlType::Bool => Value::Bool(text == "t"),
        SqlType::Oidvector | SqlType::Int2vector => {
            Value::vector(text.split_whitespace().filter_map(|n| n.parse().ok()).map(Value::Int).collect())
        }
        SqlType::Array(item) => {
            let inner = text.trim_start_matches('{').trim_end_matches('}');
            Value::array(inner.split(',').map(|part| cell(part.trim_matches('"'), item)).collect())
        }
        textual if crate::typing::is_textual(textual) => Value::text(text),
        _ => text.parse().map_or(Value::Null, Value::Int),
    }
}

fn read(name: &'static str, file: &'static str, always: &[(&str, i64)]) -> Vec<Row> {
    let Some(shape) = find("pg_catalog", name).and_then(|place| all().get(place)) else { return Vec::new() };
    let mut lines = file.lines();
    let columns: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let types: Vec<SqlType> = columns
        .iter()
        .map(|column| shape.place(column).map_or(SqlType::Text, |place| shape.columns[place].sql_type.clone()))
        .collect();
    let mut builder = Builder::of(shape, &columns);
    for (column, value) in always {
        builder = builder.always(("pg_catalog", name), column, *value);
    }
    if name == "pg_type" {
        builder = builder.always(("pg_catalog", name), "typisdefined", true);
    }
    if name == "pg_proc" {
        builder = builder.always(("pg_catalog", name), "procost", Value::Float(1.0));
        builder = builder.always(("pg_catalog", name), "proparallel", "s");
    }
    for line in lines {
        builder.push_all(line.split('\t').zip(&types).map(|(text, sql_type)| cell(text, sql_type)));
    }
    builder.finish()
}

fn collations() -> Vec<Row> {
    let columns = ["oid", "collname", "collprovider", "collcollate", "collctype"];
    let mut builder = Builder::new("pg_catalog", "pg_collation", &columns)
        .always(("pg_catalog", "pg_collation"), "collnamespace", 11_i64)
        .always(("pg_catalog", "pg_collation"), "collowner", 10_i64)
        .always(("pg_catalog", "pg_collation"), "collisdeterministic", true)
        .always(("pg_catalog", "pg_collation"), "collencoding", -1_i64);
    builder.push([100_u32.into(), "default".into(), "d".into(), Value::Null, Value::Null]);
    builder.push([950_u32.into(), "C".into(), "c".into(), "C".into(), "C".into()]);
    builder.push([951_u32.into(), "POSIX".into(), "c".into(), "POSIX".into(), "POSIX".into()]);
    builder.finish()
}

fn tablespaces() -> Vec<Row> {
    let mut builder = Builder::new("pg_catalog", "pg_tablespace", &["oid", "spcname", "spcowner"]);
    builder.push([1663_u32.into(), "pg_default".into(), 10_u32.into()]);
    builder.push([1664_u32.into(), "pg_global".into(), 10_u32.into()]);
    builder.finish()
}

/// Rows of a relation that does not depend on who asks; none for those that Sluice has nothing for.
pub(super) fn rows(shape: &Shape) -> Vec<Row> {
    static ROWS: OnceLock<HashMap<&'static str, Vec<Row>>> = OnceLock::new();
    let rows = ROWS.get_or_init(|| {
        let mut rows: HashMap<&'static str, Vec<Row>> =
            FILES.iter().map(|(name, file, always)| (*name, read(name, file, always))).collect();
        rows.insert("pg_collation", collations());
        rows.insert("pg_tablespace", tablespaces());
        rows
    });
    rows.get(shape.name).cloned().unwrap_or_default()
}
