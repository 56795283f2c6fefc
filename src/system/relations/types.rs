//! The types of `pg_type`: as every PostgreSQL 15 has them, and those of the rows of visible relations; how
//! `format_type` spells them.

use std::collections::HashMap;
use std::sync::OnceLock;

use sluice_base::SqlType;

use super::builder::Builder;
use crate::value::{Row, Value};
use crate::visible::{OWNER_OID, VisibleCatalog};

/// What the other relations need of one row of `pg_type`.
#[derive(Debug)]
pub(crate) struct TypeInfo {
    pub(crate) oid: u32,
    pub(crate) name: &'static str,
    pub(crate) length: i16,
    pub(crate) by_value: bool,
    pub(crate) element: u32,
    pub(crate) array: u32,
    pub(crate) category: &'static str,
    pub(crate) align: &'static str,
    pub(crate) storage: &'static str,
    pub(crate) collation: u32,
}

/// A type of the static table.
pub(crate) type TypeRef = &'static TypeInfo;

struct Types {
    by_oid: HashMap<u32, TypeInfo>,
    by_name: HashMap<&'static str, u32>,
}

fn parse_line(header: &HashMap<&'static str, usize>, line: &'static str) -> Option<TypeInfo> {
    let cells: Vec<&'static str> = line.split('\t').collect();
    let cell = |name: &str| cells.get(*header.get(name)?).copied();
    Some(TypeInfo {
        oid: cell("oid")?.parse().ok()?,
        name: cell("typname")?,
        length: cell("typlen")?.parse().ok()?,
        by_value: cell("typbyval")? == "t",
        element: cell("typelem")?.parse().ok()?,
        array: cell("typarray")?.parse().ok()?,
        category: cell("typcategory")?,
        align: cell("typalign")?,
        storage: cell("typstorage")?,
        collation: cell("typcollation")?.parse().ok()?,
    })
}

fn types() -> &'static Types {
    static TYPES: OnceLock<Types> = OnceLock::new();
    TYPES.get_or_init(|| {
        let mut lines = include_str!("../data/pg_type.tsv").lines();
        let header =
            lines.next().unwrap_or_default().split('\t').enumerate().map(|(place, name)| (name, place)).collect();
        let by_oid: HashMap<u32, TypeInfo> =
            lines.filter_map(|line| parse_line(&header, line)).map(|info| (info.oid, info)).collect();
        let by_name = by_oid.values().map(|info| (info.name, info.oid)).collect();
        Types { by_oid, by_name }
    })
}

/// A type by its OID.
pub(crate) fn by_oid(oid: u32) -> Option<TypeRef> {
    types().by_oid.get(&oid)
}

/// A type by its `typname`.
pub(crate) fn by_name(name: &str) -> Option<TypeRef> {
    by_oid(*types().by_name.get(name)?)
}

/// `typname` of the arrays of a relation's rows: an underscore before the name, within 63 bytes.
fn array_name(relation: &str) -> String {
    format!("_{}", crate::cast::truncate(relation, 62))
}

/// What every row type and every array of rows has alike, as (name, value); the functions are `record_in` and its
/// kin, `array_in` and its kin.
fn common(array: bool) -> [(&'static str, Value); 10] {
    let number = |n: i64| Value::Int(n);
    let pick = |row: i64, items: i64| number(if array { items } else { row });
    [
        ("typlen", number(-1)),
        ("typtype", if array { "b" } else { "c" }.into()),
        ("typcategory", if array { "A" } else { "C" }.into()),
        ("typsubscript", pick(0, 6179)),
        ("typinput", pick(2290, 750)),
        ("typoutput", pick(2291, 751)),
        ("typreceive", pick(2402, 2400)),
        ("typsend", pick(2403, 2401)),
        ("typalign", "d".into()),
        ("typstorage", "x".into()),
    ]
}

/// The types of the rows of visible relations, each with the type of its arrays.
pub(super) fn row_types(visible: &VisibleCatalog) -> Vec<Row> {
    let this = ("pg_catalog", "pg_type");
    let columns = ["oid", "typname", "typnamespace", "typrelid", "typelem", "typarray"];
    let builder = |array: bool| {
        let mut builder = Builder::new(this.0, this.1, &columns);
        for (name, value) in common(array) {
            builder = builder.always(this, name, value);
        }
        builder
            .always(this, "typowner", OWNER_OID)
            .always(this, "typisdefined", true)
            .always(this, "typdelim", ",")
            .always(this, "typtypmod", -1_i64)
    };
    let (mut rows, mut arrays) = (builder(false), builder(true));
    for relation in &visible.relations {
        let (schema, none) = (Value::from(visible.schema_oid_of(relation)), Value::from(0_u32));
        let (own, array) = (Value::from(relation.type_oid), Value::from(relation.array_type_oid));
        let name = Value::Text(relation.name.clone());
        rows.push([own.clone(), name, schema.clone(), relation.oid.into(), none.clone(), array.clone()]);
        let name = Value::text(array_name(&relation.name));
        arrays.push([array, name, schema, none.clone(), own, none]);
    }
    let mut rows = rows.finish();
    rows.extend(arrays.finish());
    rows
}

/// What `format_type` prints for a type and a modifier.
pub(crate) fn format_type(oid: u32, modifier: Option<i64>) -> String {
    let Some(info) = by_oid(oid) else { return if oid == 0 { "-".into() } else { "???".into() } };
    if info.name.starts_with('_') && info.element != 0 {
        return format!("{}[]", format_type(info.element, modifier));
    }
    let known = SqlType::from_oid(oid);
    // Without a modifier asked for, bpchar is SQL's character; with none given, it is not.
    if modifier == Some(-1) && matches!(known, Some(SqlType::Bpchar(_))) {
        return "bpchar".into();
    }
    let modifier = modifier.filter(|m| *m >= 0);
    match (known, modifier) {
        (Some(SqlType::Varchar(_)), Some(m)) if m > 4 => format!("character varying({})", m - 4),
        (Some(SqlType::Bpchar(_)), Some(m)) if m > 4 => format!("character({})", m - 4),
        (Some(SqlType::Numeric(_)), Some(m)) if m > 4 => {
            let packed = m - 4;
            let scale = ((packed & 0x7ff) ^ 1024) - 1024;
            format!("numeric({},{scale})", (packed >> 16) & 0xffff)
        }
        (Some(SqlType::Timestamp), Some(m)) => format!("timestamp({m}) without time zone"),
        (Some(SqlType::Timestamptz), Some(m)) => format!("timestamp({m}) with time zone"),
        (Some(SqlType::Time), Some(m)) => format!("time({m}) without time zone"),
        (Some(known), _) => known.sql_name(),
        (None, _) => match info.name {
            "timetz" => "time with time zone".into(),
            "varbit" => "bit varying".into(),
            "any" => "\"any\"".into(),
            name => name.into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_base_agree_with_the_table() {
        for known in SqlType::scalars() {
            let info = by_oid(known.oid()).unwrap_or_else(|| panic!("{known:?} is not in pg_type"));
            assert_eq!((info.name, info.array), (known.typname().as_str(), known.array_oid()), "{known:?}");
            assert_eq!(info.length, known.length(), "{known:?}");
        }
    }

    #[test]
    fn spellings() {
        for (oid, modifier, expected) in [
            (23, None, "integer"),
            (1043, Some(24), "character varying(20)"),
            (1700, Some((12 << 16) + 2 + 4), "numeric(12,2)"),
            (1042, None, "character"),
            (1042, Some(-1), "bpchar"),
            (1009, Some(-1), "text[]"),
            (18, None, "\"char\""),
            (1266, None, "time with time zone"),
            (0, None, "-"),
            (99_999, None, "???"),
        ] {
            assert_eq!(format_type(oid, modifier), expected);
        }
    }
}
