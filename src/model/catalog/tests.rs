//! The shipped catalog, and every way in which a catalog can be wrong.

use std::collections::BTreeMap;

use sluice_base::SqlType;

use super::*;

/// The files under a folder of the repository, path and text.
pub(crate) fn shipped_files(folder: &str) -> Vec<SourceFile> {
    fn walk(directory: &std::path::Path, found: &mut Vec<SourceFile>) {
        for entry in std::fs::read_dir(directory).expect("a shipped folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "yaml") {
                let text = std::fs::read_to_string(&path).expect("a shipped file");
                found.push(SourceFile { path: path.display().to_string(), text });
            }
        }
    }
    let mut found = Vec::new();
    walk(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder), &mut found);
    found
}

pub(crate) fn connections(kinds: &[(&str, SourceKind)]) -> BTreeMap<String, Connection> {
    let one = |(id, kind): &(&str, SourceKind)| {
        (id.to_string(), Connection { id: id.to_string(), kind: *kind, settings: BTreeMap::new() })
    };
    kinds.iter().map(one).collect()
}

pub(crate) fn shipped() -> Catalog {
    static SHIPPED: std::sync::LazyLock<Catalog> = std::sync::LazyLock::new(load_shipped);
    SHIPPED.clone()
}

fn load_shipped() -> Catalog {
    let connections = connections(&[("core", SourceKind::Sqlite), ("dw", SourceKind::Parquet)]);
    match load(&shipped_files("catalog"), connections, &BTreeMap::new()) {
        Ok(catalog) => catalog,
        Err(found) => panic!("{}", lines(&found)),
    }
}

fn lines(found: &[Diagnostic]) -> String {
    found.iter().map(|d| format!("{d}\n")).collect()
}

fn load_texts(texts: &[&str]) -> Result<Catalog, Vec<Diagnostic>> {
    let files: Vec<SourceFile> = texts
        .iter()
        .enumerate()
        .map(|(n, text)| SourceFile { path: format!("{n}.yaml"), text: text.to_string() })
        .collect();
    load(&files, connections(&[("core", SourceKind::Postgres), ("dw", SourceKind::Parquet)]), &BTreeMap::new())
}

const HEADER: &str = "catalog: {format: 1, name: bank}\ndomains: [{id: retail, label: {zh: 零售}}]\n";

fn refused(text: &str, expected: &[&str]) {
    let found = load_texts(&[HEADER, text]).expect_err(text);
    let shown = lines(&found);
    for expected in expected {
        assert!(shown.contains(expected), "{text}\nlacks {expected:?} in:\n{shown}");
    }
}

fn entity(fields: &str) -> String {
    format!(
        "entity: a\nsource: {{connection: core, table: t}}\nkey: [id]\nfields:\n  id: {{column: id, type: text, level: 1}}\n{fields}"
    )
}

#[test]
fn the_shipped_catalog_is_the_demo_bank() {
    let catalog = shipped();
    assert!(catalog.warnings.is_empty(), "{}", lines(&catalog.warnings));
    assert_eq!(catalog.search_path, ["retail", "零售"]);
    let schemas: Vec<String> = catalog.schemas().into_iter().map(|(name, ..)| name).collect();
    assert_eq!(schemas, ["retail", "零售", "audit", "审计"]);
    let listed: Vec<String> = catalog
        .entities
        .iter()
        .map(|e| format!("{} {} {}.{}", e.id, e.listed_name(Naming::Labels), e.connection, e.table))
        .collect();
    assert_eq!(
        listed,
        [
            "account 账户 core.accounts",
            "branch 机构 core.branches",
            "calendar 日历 dw.calendar",
            "customer 客户 core.customers",
            "daily_balance 日终余额 dw.daily_balances",
            "employee 员工 core.employees",
            "txn 交易流水 dw.transactions",
            "queries 查询记录 audit.queries",
        ]
    );
    let customer = &catalog.entities[catalog.find_entity("customer").unwrap()];
    let labels: Vec<&str> = customer.fields.iter().map(|f| f.listed_name(Naming::Labels)).collect();
    assert_eq!(labels, ["客户号", "姓名", "证件号", "手机号", "地址", "客户类型", "客群", "管户机构号"]);
    assert_eq!(catalog.org_entity().map(|e| e.id.as_str()), Some("branch"));
    let level = &catalog.entities[catalog.find_entity("branch").unwrap()].fields[3];
    assert_eq!(level.comment_text().as_deref(), Some("取值: 1 总行 head office, 2 分行 branch, 3 支行 sub-branch"));
}

#[test]
fn both_names_resolve_in_both_schemas() {
    let catalog = shipped();
    let path = catalog.search_path.clone();
    let at = catalog.find_entity("customer").unwrap();
    for (schema, name, naming) in [
        (Some("retail"), "customer", Naming::Ids),
        (Some("retail"), "客户", Naming::Ids),
        (Some("零售"), "客户", Naming::Labels),
        (Some("零售"), "customer", Naming::Labels),
        (Some("零售"), "CUSTOMER", Naming::Labels),
        (Some("零售"), "Ｃustomer", Naming::Labels),
        (None, "客户", Naming::Ids),
    ] {
        assert_eq!(catalog.resolve(schema, name, &path), Some(Found { entity: at, naming }), "{schema:?}.{name}");
    }
    for (schema, name) in [(Some("retail"), "顾客"), (Some("core"), "customers"), (Some("public"), "customer")] {
        assert_eq!(catalog.resolve(schema, name, &path), None, "{schema:?}.{name}");
    }
    assert_eq!(catalog.resolve(None, "客户", &[]), None);
    assert_eq!(catalog.resolve(None, "客户", &["零售".into()]).map(|f| f.naming), Some(Naming::Labels));
    let customer = &catalog.entities[at];
    for name in ["mobile", "手机号", "Mobile", "MOBILE", "ｍobile"] {
        assert_eq!(customer.find_field(name), Some(3), "{name}");
    }
    assert_eq!(customer.find_field("mob"), None);
}

#[test]
fn oids_are_stable() {
    let catalog = shipped();
    let at = catalog.find_entity("customer").unwrap();
    let ids = catalog.relation_oid(Found { entity: at, naming: Naming::Ids });
    let labels = catalog.relation_oid(Found { entity: at, naming: Naming::Labels });
    // These numbers are in clients' caches; they change only with the ids.
    assert_eq!((ids, labels, catalog.schema_oid(0, Naming::Ids)), (OID_CUSTOMER, OID_CUSTOMER_LABELS, OID_RETAIL));
    let mut all: Vec<u32> = Vec::new();
    for entity in 0..catalog.entities.len() {
        for naming in [Naming::Ids, Naming::Labels] {
            all.push(catalog.relation_oid(Found { entity, naming }));
        }
    }
    assert!(all.iter().all(|oid| (16_384..1 << 31).contains(oid)));
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), catalog.entities.len() * 2);
}

const OID_CUSTOMER: u32 = 1_087_326_568;
const OID_CUSTOMER_LABELS: u32 = 1_103_578_240;
const OID_RETAIL: u32 = 666_239_671;

#[test]
fn file_and_object_order_do_not_matter() {
    let one =
        "entity: one\nsource: {connection: core, table: t}\nkey: id\nfields: {id: {column: a, type: int, level: 1}}\n";
    let two = "- entity: two\n  source: {connection: dw, table: x/y}\n  fields: {one_id: {column: a, type: int, level: 1}}\n  relationships: {o: {to: one, keys: {one_id: id}}}\n";
    let joined = format!("{two}---\n{one}---\n{HEADER}");
    let a = load_texts(&[HEADER, one, two]).unwrap_or_else(|e| panic!("{}", lines(&e)));
    let b = load_texts(&[two, HEADER, one]).unwrap_or_else(|e| panic!("{}", lines(&e)));
    let c = load_texts(&[&joined]).unwrap_or_else(|e| panic!("{}", lines(&e)));
    assert_eq!(a.entities, b.entities);
    assert_eq!(a.entities, c.entities);
    assert_eq!(a.entities[1].relationships[0].to, 0);
    assert!(!a.entities[0].fields[0].nullable && a.entities[1].fields[0].nullable);
}

#[test]
fn placement_moves_an_entity() {
    let place = |connection: &str, table: &str| {
        let moved = Placement { connection: connection.into(), table: table.into() };
        let connections =
            connections(&[("core", SourceKind::Sqlite), ("dw", SourceKind::Parquet), ("crm", SourceKind::Mysql)]);
        load(&shipped_files("catalog"), connections, &BTreeMap::from([("customer".to_string(), moved)]))
    };
    let moved = place("crm", "customers").unwrap();
    let customer = &moved.entities[moved.find_entity("customer").unwrap()];
    assert_eq!((customer.connection.as_str(), customer.table.as_str()), ("crm", "customers"));
    assert_ne!(moved.id, shipped().id);
    assert!(lines(&place("crn", "customers").unwrap_err()).contains("did you mean `crm`?"));
    assert!(lines(&place("dw", "../etc").unwrap_err()).contains("below the connection's folder"));
}

#[test]
fn findings_name_place_and_remedy() {
    refused(
        &entity("  b: {colunm: b, type: text, level: 1}\n"),
        &["1.yaml:6:7: unknown-key: unknown key `colunm` in field `b` (did you mean `column`?)", "needs `column`"],
    );
    refused(&entity("  b: {column: b, type: txt, level: 1}\n"), &["1.yaml:6:24: unknown-type", "did you mean `text`?"]);
    refused(&entity("  b: {column: b, type: \"decimal(80,2)\", level: 1}\n"), &["out of range"]);
    refused(&entity("  b: {column: b, type: int(4), level: 1}\n"), &["takes no arguments"]);
    refused(&entity("  b: {column: b, type: text}\n"), &["needs `level`"]);
    refused(&entity("  b: {column: b, type: text, level: 6}\n"), &["not between 1 and 5"]);
    refused(&entity("  b: {column: b, type: text, level: 1, hidden: yes}\n"), &["must be true or false"]);
    refused(&entity("  b: {column: ID, type: text, level: 1}\n"), &["column-twice"]);
    refused(&entity("  Bad-Name: {column: b, type: text, level: 1}\n"), &["bad-id"]);
    refused(&entity("  ctid: {column: b, type: text, level: 1}\n"), &["reserved-name"]);
    refused(&entity("  b: {column: b, type: text, level: 1, label: {zh: ＩＤ}}\n"), &["name-collision"]);
    refused(
        &entity(&format!("  b: {{column: b, type: text, level: 1, label: {{zh: {}}}}}\n", "名".repeat(22))),
        &["name-length", "66 bytes"],
    );
    refused(&entity("  b: {column: b, type: text, level: 1, tags: [PII]}\n"), &["not a tag"]);
    refused(&entity("  b: {column: b, type: text, level: 1, unit: CNY}\n"), &["not-supported"]);
    refused(&entity("measures: {x: {agg: sum}}\n"), &["`measures` is not supported yet"]);
    refused(&entity("hierarchy: {id: org, parent: up}\n"), &["unknown-field"]);
    refused(&entity("relationships: {r: {to: b, keys: {id: id}}}\n"), &["unknown entity `b`"]);
    refused(&entity("relationships: {r: {to: a, keys: {id: x}}}\n"), &["unknown field `x` of `a`"]);
    refused(
        &entity("  b: {column: b, type: text, level: 1}\nrelationships: {r: {to: a, keys: {id: b}}}\n"),
        &["not-a-key"],
    );
    refused(
        &entity("  b: {column: b, type: int, level: 1}\nrelationships: {r: {to: a, keys: {b: id}}}\n"),
        &["type-mismatch"],
    );
    refused(&entity("").replace("core", "cores"), &["unknown connection `cores` (did you mean `core`?)"]);
    refused(&entity("").replace("table: t", "table: a.b.c"), &["bad-table"]);
    refused(&entity("").replace("core", "dw").replace("table: t", "table: /etc/passwd"), &["bad-table"]);
    refused(&entity("").replace("core", "audit"), &["built-in"]);
    refused(&entity("").replace("key: [id]", "key: [idd]"), &["did you mean `id`?"]);
    refused(&entity("").replace("entity: a", "entity: a\ndomain: loan"), &["unknown domain `loan`"]);
    refused(&entity("").replace("entity: a", "entity: queries"), &["built in"]);
    refused(&format!("{}---\n{}", entity(""), entity("")), &["duplicate-id", "given twice"]);
    refused(
        &format!("{}---\n{}", entity(""), entity("").replace("entity: a", "entity: b\nlabel: {zh: Ａ}")),
        &["name-collision"],
    );
    refused("metric: m\n", &["`metric` objects are not supported yet"]);
    refused("connection: c\n", &["sluice.yaml"]);
    refused("entyti: a\n", &["did you mean `entity`?"]);
    refused("[1, 2]\n", &["must be a mapping"]);
    refused(HEADER, &["given twice", "name-collision"]);
    refused("a: &x {b: *x}\n", &["yaml-"]);
}

#[test]
fn findings_about_the_whole() {
    let shown = |texts: &[&str]| lines(&load_texts(texts).unwrap_err());
    assert!(shown(&[]).contains("no file has the `catalog` object"));
    assert!(shown(&[HEADER]).contains("no entity"));
    assert!(shown(&[&HEADER.replace("format: 1", "format: 2")]).contains("format `2` is not known"));
    assert!(shown(&[&HEADER.replace("id: retail", "id: pg_x")]).contains("reserved"));
    assert!(shown(&[&HEADER.replace("零售", "审计")]).contains("reserved"));
    assert!(shown(&[&HEADER.replace("name: bank", "name: bank, search_path: [x]")]).contains("unknown schema `x`"));
    let two = HEADER.replace("]\n", ", {id: loan}]\n");
    assert!(shown(&[&two, &entity("")]).contains("belongs to no domain"));
    let file = SourceFile { path: "catalog/loan/a.yaml".into(), text: entity("") };
    let header = SourceFile { path: "catalog/catalog.yaml".into(), text: two };
    let loaded = load(&[header, file], connections(&[("core", SourceKind::Sqlite)]), &BTreeMap::new()).unwrap();
    assert_eq!(loaded.domains[loaded.entities[0].domain].id, "loan");
}

#[test]
fn several_findings_are_told_at_once() {
    let text = entity("  b: {colum: b, type: txt, level: 9}\n  c: {column: c, type: date}\n");
    let found = load_texts(&[HEADER, &text, "metric: x\n"]).unwrap_err();
    assert!(found.len() >= 6, "{}", lines(&found));
    assert!(found.windows(2).all(|pair| pair[0] <= pair[1]));
}

#[test]
fn a_long_name_warns() {
    let text = entity(&format!("  b: {{column: b, type: text, level: 1, label: {{zh: {}}}}}\n", "名".repeat(17)));
    let catalog = load_texts(&[HEADER, &text]).unwrap();
    assert_eq!(catalog.warnings.len(), 1);
}

#[test]
fn types_read_as_sql_spells_them() {
    for (text, expected) in [
        ("text", SqlType::Text),
        ("INT", SqlType::Int4),
        ("bigint", SqlType::Int8),
        ("decimal(18, 2)", SqlType::Numeric(Some((18, 2)))),
        ("numeric(5)", SqlType::Numeric(Some((5, 0)))),
        ("decimal", SqlType::Numeric(None)),
        ("varchar(20)", SqlType::Varchar(Some(20))),
        ("char(18)", SqlType::Bpchar(Some(18))),
        ("double", SqlType::Float8),
        ("double precision", SqlType::Float8),
        ("real", SqlType::Float4),
        ("timestamptz", SqlType::Timestamptz),
        ("uuid", SqlType::Uuid),
        ("json", SqlType::Json),
    ] {
        assert_eq!(parse_type(text), Ok(expected), "{text}");
    }
    for text in ["", "decimal(2,3)", "decimal(-1)", "varchar(0)", "varchar(x)", "text(5)", "char(1", "string", "money"]
    {
        assert!(parse_type(text).is_err(), "{text}");
    }
}
