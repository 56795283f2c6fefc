//! Cases as text over the shipped catalog and policies, and statements that real clients send.
//!
//! `testdata/*.case`: a statement as a user, then its columns and rows, or its error. `UPDATE=1` rewrites the expected
//! half. The statements are those of `tests/clients/captured`; each must be described and answered alike.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluice_base::{Datum, SqlType, Table, ToClient};
use sluice_model::catalog::{Connection, SourceFile, SourceKind};
use sluice_model::policy::OrgTree;
use sluice_model::{Principal, Snapshot};
use sqlparser::ast::{Query, Statement};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use crate::{Context, SystemError, VisibleCatalog, answer_in_full, describe};

fn room() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(directory: &Path, found: &mut Vec<SourceFile>) {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = std::fs::read_to_string(&path).expect("a text file");
            found.push(SourceFile { path: path.display().to_string(), text });
        }
    }
}

fn snapshot(catalog: &[SourceFile], policies: &[SourceFile]) -> Snapshot {
    let connection = |id: &str| Connection { id: id.into(), kind: SourceKind::Postgres, settings: BTreeMap::new() };
    let connections = ["core", "dw"].into_iter().map(|id| (id.to_string(), connection(id))).collect();
    let catalog = sluice_model::catalog::load(catalog, connections, &BTreeMap::new())
        .unwrap_or_else(|found| panic!("the catalog loads: {found:?}"));
    let policies =
        sluice_model::policy::load(policies, &catalog).unwrap_or_else(|found| panic!("the policies load: {found:?}"));
    let units = [("H00", None), ("B10", Some("H00")), ("B11", Some("B10"))];
    let org = OrgTree::new(units.map(|(unit, parent)| (unit.to_string(), parent.map(String::from))).into());
    Snapshot { epoch: 1, catalog: Arc::new(catalog), policies: Arc::new(policies), org: Arc::new(org) }
}

fn shipped() -> Snapshot {
    let (mut catalog, mut policies) = (Vec::new(), Vec::new());
    files(&room().join("../../catalog"), &mut catalog);
    files(&room().join("../../policies"), &mut policies);
    snapshot(&catalog, &policies)
}

fn shop() -> Snapshot {
    let (mut catalog, mut policies) = (Vec::new(), Vec::new());
    files(&room().join("../../tests/clients/captured/catalog"), &mut catalog);
    files(&room().join("../../tests/clients/captured/policies"), &mut policies);
    snapshot(&catalog, &policies)
}

fn principal(user: &str) -> Principal {
    let (role, unit) = match user {
        "hq_analyst" => ("analyst", "H00"),
        "cd_manager" => ("branch_manager", "B10"),
        "jj_teller" => ("teller", "B11"),
        "risk_officer" => ("risk_officer", "H00"),
        "auditor" => ("auditor", "H00"),
        _ => ("bi", "H00"),
    };
    Principal {
        user: user.into(),
        roles: BTreeSet::from([role.to_string()]),
        org_units: vec![unit.into()],
        ..Principal::default()
    }
}

fn parse(sql: &str) -> Box<Query> {
    let statements = Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap_or_else(|e| panic!("{e}: {sql}"));
    match statements.into_iter().next() {
        Some(Statement::Query(query)) => query,
        other => panic!("no query: {other:?}"),
    }
}

fn with_context<T>(snapshot: &Snapshot, user: &str, work: impl FnOnce(&Context) -> T) -> T {
    let visible = VisibleCatalog::build(&principal(user), snapshot, &snapshot.catalog.name);
    let search_path = snapshot.catalog.search_path.clone();
    work(&Context {
        visible: &visible,
        user,
        database: &snapshot.catalog.name,
        search_path: &search_path,
        setting: &|name| (name == "application_name").then(|| "tests".to_string()),
        once_set: &|name, value| (name == "client_encoding").then(|| value.unwrap_or("UTF8").to_uppercase()),
        own_session: &|pid| pid == 42,
        backend_pid: 42,
        now_micros: 1_700_000_000_000_000,
        started_micros: 1_600_000_000_000_000,
        own: &|_| Vec::new(),
        memory: &|bytes| bytes <= 128 << 20,
    })
}

fn cell(datum: &Datum) -> String {
    match datum {
        Datum::Null => "NULL".into(),
        Datum::Bool(value) => value.to_string(),
        Datum::Int(value) => value.to_string(),
        Datum::Float(value) => value.to_string(),
        Datum::Numeric(text) | Datum::Text(text) => text.replace('\n', "\\n"),
        Datum::Array(items) => format!("{{{}}}", items.iter().map(cell).collect::<Vec<_>>().join(",")),
        Datum::Record(items) => format!("({})", items.iter().map(cell).collect::<Vec<_>>().join(",")),
        other => format!("{other:?}"),
    }
}

fn render(outcome: &Result<Table, SystemError>) -> String {
    let mut text = String::new();
    match outcome {
        Ok(table) => {
            let columns: Vec<String> =
                table.columns.iter().map(|c| format!("{} {}", c.name, c.sql_type.sql_name())).collect();
            let _ = writeln!(text, "> {}", columns.join(" | "));
            for row in &table.rows {
                let _ = writeln!(text, "{}", row.iter().map(cell).collect::<Vec<_>>().join(" | "));
            }
        }
        Err(error) => {
            let _ = writeln!(text, "! {}", error.to_client());
        }
    }
    text
}

/// Describes and answers a statement, and holds the two against each other.
fn ask(sql: &str, context: &Context) -> Result<Table, SystemError> {
    let query = parse(sql);
    let described = describe(&query, context, &[]);
    let params: Vec<(SqlType, Datum)> = match &described {
        Ok((types, _)) => types.iter().map(|_| (SqlType::Unknown, Datum::Null)).collect(),
        Err(_) => Vec::new(),
    };
    let outcome = answer_in_full(&query, context, &params).map(|answer| answer.table);
    if let (Ok((_, columns)), Ok(table)) = (&described, &outcome) {
        assert_eq!(columns, &table.columns, "{sql}");
        assert!(table.rows.iter().all(|row| row.len() == columns.len()), "{sql}");
    }
    if let Err(error) = &described {
        assert_eq!(outcome.as_ref().err(), Some(error), "{sql}");
    }
    outcome
}

/// Checks one file of cases: `-- title`, `as USER`, the statement, `;`, then the expected half up to a blank line.
fn check_cases(name: &str) {
    let path = room().join("testdata").join(name);
    let text = std::fs::read_to_string(&path).expect("a case file");
    let snapshot = shipped();
    let mut rewritten = String::new();
    let mut failures = Vec::new();
    for block in text.split("\n\n").filter(|block| !block.trim().is_empty()) {
        let block = block.trim();
        let (asked, expected) = block.split_once("\n;\n").unwrap_or((block.trim_end_matches("\n;"), ""));
        let mut lines = asked.lines();
        let title = lines.next().unwrap_or_default();
        let user = lines.next().and_then(|line| line.strip_prefix("as ")).expect("a case says who asks");
        let sql: Vec<&str> = lines.collect();
        let actual = with_context(&snapshot, user, |context| render(&ask(&sql.join("\n"), context)));
        if actual.trim() != expected.trim() {
            failures.push(format!("{title}\nexpected\n{expected}\nactual\n{actual}"));
        }
        let _ = write!(rewritten, "{asked}\n;\n{actual}\n");
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, rewritten).expect("the case file is written");
        return;
    }
    assert!(failures.is_empty(), "{name}:\n{}", failures.join("\n"));
}

/// Statements that clients were seen to send, with the file of each: those over system relations, which are this room's.
fn captured() -> Vec<(String, String)> {
    let folder = room().join("../../tests/clients/captured");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(&folder).expect("a directory").map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "sql") && !path.ends_with("schema.sql"));
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("captured statements");
        for block in text.split("\n;\n").map(str::trim).filter(|block| block.starts_with("-- [")) {
            let sql = block.split_once('\n').map_or("", |(_, sql)| sql);
            found.push((name.clone(), sql.to_string()));
        }
    }
    found
}

/// `@class shop.orders@` stands for the OID of that relation, which a client had learnt before; as for the check
/// `captured`, what is not there has an OID that nothing has.
fn with_oids(sql: &str, context: &Context) -> String {
    let mut out = String::new();
    for (place, part) in sql.split('@').enumerate() {
        let named = part.split_once(' ').filter(|_| place % 2 == 1).and_then(|(kind, name)| {
            let sql_type = match kind {
                "class" => SqlType::Regclass,
                "type" => SqlType::Regtype,
                "namespace" => SqlType::Regnamespace,
                _ => return None,
            };
            crate::cast::text_in(name, &sql_type, context).ok()
        });
        match named {
            Some(oid) => out.push_str(&cell(&oid.into_datum())),
            None if place % 2 == 1 => out.push_str("99999999"),
            None => out.push_str(part),
        }
    }
    out
}

#[test]
fn visibility() {
    check_cases("visibility.case");
}

#[test]
fn expressions() {
    check_cases("expressions.case");
}

#[test]
fn queries() {
    check_cases("queries.case");
}

/// Captured statements that have no answer here: faults that PostgreSQL finds too, and what `differences.txt` beside them
/// explains.
const UNANSWERED: [&str; 11] = [
    "amcanorder",
    "pg_stat_get_backend_pid(",
    "select 1/0",
    "select * from nosuch",
    "INTO TEMP",
    "c.relhasoids",
    "geometry_columns",
    "pg_ls_tmpdir(",
    // Settings that the session has, and what is asked for here has none.
    "current_setting('wal_level')",
    "current_setting('autovacuum_max_workers')",
    "set_config('log_statement_stats'",
];

/// Relations of the bank, which are the engine's to answer for.
const BUSINESS: [&str; 6] = ["customers", "orders", "order_items", "order_totals", "products", "销售明细"];

/// Each is described and answered alike. What they answer is compared with PostgreSQL by the check `captured`, which also
/// asks those over tables.
#[test]
fn captured_statements_are_answered() {
    let (mut asked, mut failures, mut unanswered) = (0, Vec::new(), BTreeSet::new());
    with_context(&shop(), "bi", |context| {
        for (file, sql) in captured() {
            let sql = with_oids(&sql, context);
            let Ok([Statement::Query(_)]) = Parser::parse_sql(&PostgreSqlDialect {}, &sql).as_deref() else { continue };
            asked += 1;
            match (ask(&sql, context), UNANSWERED.iter().find(|piece| sql.contains(**piece))) {
                (Ok(_), _) => {}
                (Err(SystemError::UndefinedTable(name)), _)
                    if name.starts_with("shop.") || BUSINESS.contains(&name.as_str()) => {}
                (Err(_), Some(piece)) => {
                    unanswered.insert(*piece);
                }
                (Err(error), None) => {
                    failures.push(format!("{file}: {error}: {}", sql.chars().take(300).collect::<String>()));
                }
            }
        }
    });
    assert!(failures.is_empty(), "{} of {asked}:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(unanswered, BTreeSet::from(UNANSWERED), "what is answered need not be listed");
    assert!(asked > 800, "only {asked} statements were found");
}

#[test]
fn settings_are_told() {
    with_context(&shop(), "bi", |context| {
        let query = parse("SELECT set_config('search_path', 'a', true), current_setting('search_path')");
        let answer = answer_in_full(&query, context, &[]).expect("an answer");
        assert_eq!(answer.settings, vec![("search_path".to_string(), Some("a".to_string()), true)]);
        assert_eq!(answer.table.rows, vec![vec![Datum::Text("a".into()), Datum::Text("a".into())]]);
    });
}

#[test]
fn a_setting_shows_in_its_own_form() {
    with_context(&shop(), "bi", |context| {
        let query = parse(
            "SELECT set_config('client_encoding', 'latin1', false), current_setting('client_encoding'), \
             set_config('client_encoding', NULL, false)",
        );
        let answer = answer_in_full(&query, context, &[]).expect("an answer");
        let told = ["LATIN1", "LATIN1", "UTF8"].map(|text| Datum::Text(text.into()));
        assert_eq!(answer.table.rows, vec![told.to_vec()]);
        let name = || "client_encoding".to_string();
        assert_eq!(answer.settings, vec![(name(), Some("latin1".into()), false), (name(), None, false)]);
        for name in crate::WITHHELD_SETTINGS {
            let error = ask(&format!("SELECT current_setting('{name}', true)"), context).expect_err("withheld");
            assert_eq!(error.to_client().code.code(), "42501", "{name}");
        }
    });
}

#[test]
fn names_become_oids_for_binary() {
    with_context(&shop(), "bi", |context| {
        let query = parse("SELECT 'pg_class'::regclass, 'int4'::regtype");
        let mut table = answer_in_full(&query, context, &[]).expect("an answer").table;
        assert_eq!(table.rows[0][0], Datum::Text("pg_class".into()));
        crate::names_to_oids(&mut table, context).expect("names that exist");
        assert_eq!(table.rows[0], vec![Datum::Int(1259), Datum::Int(23)]);
    });
}

#[test]
fn parameters_take_their_types_from_context() {
    with_context(&shop(), "bi", |context| {
        for (sql, expected) in [
            ("SELECT 1 FROM pg_namespace WHERE nspname = $1", vec![SqlType::Name]),
            ("SELECT 1 FROM pg_class WHERE relkind = ANY($1)", vec![SqlType::Array(Box::new(SqlType::Char))]),
            ("SELECT $1::int, $2", vec![SqlType::Int4, SqlType::Text]),
            ("SELECT 1 FROM pg_class LIMIT $1", vec![SqlType::Int8]),
            ("SELECT 1 FROM pg_type WHERE oid = to_regtype($1)", vec![SqlType::Text]),
        ] {
            let (types, _) = describe(&parse(sql), context, &[]).unwrap_or_else(|e| panic!("{e}: {sql}"));
            assert_eq!(types, expected, "{sql}");
        }
    });
}

#[test]
fn what_a_query_holds_is_bounded() {
    with_context(&shop(), "bi", |context| {
        let long = "(SELECT repeat('x', 16000000) AS x) AS t";
        let large = [
            "SELECT count(*) FROM unnest(string_to_array(repeat(',', 16000000), ','))".to_string(),
            "SELECT count(*) FROM string_to_table(repeat(',', 16000000), ',')".into(),
            "SELECT length(array_to_string(ARRAY['a', 'b', 'c'], repeat('x', 16000000)))".into(),
            "SELECT length(regexp_replace(repeat('x', 100), 'x', repeat('y', 1000000), 'g'))".into(),
            format!("SELECT length(concat(x, x, x, x)) FROM {long}"),
            format!("SELECT length(concat_ws(x, 'a', 'b', 'c')) FROM {long}"),
            format!("SELECT length(format('%1$s%1$s%1$s', x)) FROM {long}"),
            format!("SELECT length(string_agg(x, x)) FROM {long}, generate_series(1, 2)"),
        ];
        for sql in large {
            let error = ask(&sql, context).expect_err("a bound").to_client();
            assert_eq!(error.code.code(), "54000", "{sql}: {error}");
        }
        let little = Context { memory: &|bytes| bytes <= 8 << 20, ..*context };
        let series = "(SELECT * FROM generate_series(1, 60000))";
        let held = [
            format!("WITH a AS {series}, b AS {series}, c AS {series} SELECT count(*) FROM a, b, c WHERE false"),
            "SELECT a.n, b.n FROM generate_series(1, 600) AS a(n), generate_series(1, 600) AS b(n)".into(),
            "SELECT repeat('x', 20000) FROM generate_series(1, 900)".into(),
            "SELECT cardinality(array_agg(repeat('x', 20000))) FROM generate_series(1, 900)".into(),
        ];
        for sql in held {
            let error = ask(&sql, &little).expect_err("a bound").to_client();
            assert_eq!(error.code.code(), "53200", "{sql}: {error}");
        }
        let passing = [
            "SELECT sum(length(repeat('x', 20000))) FROM generate_series(1, 900)",
            "SELECT count(*) FROM generate_series(1, 900) WHERE length(repeat('x', 20000)) > 5",
            "SELECT length(repeat('x', 20000)) FROM generate_series(1, 900)",
        ];
        for sql in passing {
            ask(sql, &little).unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
    });
}

/// What one call does is linear in its arguments, or counted before it is done: nobody can stop it.
#[test]
fn no_call_does_more_than_is_counted() {
    with_context(&shop(), "bi", |context| {
        let a = "repeat('a', 400000)";
        let list = |letter: &str| format!("string_to_array(repeat('{letter},', 100000), ',')");
        let (left, right) = (list("a"), list("b"));
        let linear = [
            format!("SELECT length(translate({a}, repeat('b', 400000), ''))"),
            format!("SELECT length(btrim({a}, repeat('b', 400000) || 'a'))"),
            format!("SELECT length(ltrim({a}, repeat('b', 400000)))"),
            format!("SELECT {left} && {right}"),
            format!("SELECT {left}[1:99999] @> {right}"),
            format!("SELECT cardinality(array_remove({left}, 'b'))"),
            format!("SELECT split_part({left}::text, ',', -5)"),
            "SELECT count(DISTINCT g + 0.5) FROM generate_series(1, 200000) AS g".into(),
            "SELECT count(DISTINCT (g + 0.5)::float8) FROM generate_series(1, 200000) AS g".into(),
        ];
        for sql in linear {
            ask(&sql, context).unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
        let twice = |of: &str| {
            let queries = (1..41).map(|n| format!(", q{n} AS (SELECT {of} FROM q{} AS t)", n - 1));
            let queries: String = queries.collect();
            format!("WITH q0 AS (SELECT 1 AS a, 2 AS b){queries} SELECT count(*) FROM q40 WHERE a = b")
        };
        let counted = [
            "SELECT count(*) FROM generate_series(1, 1000000) AS g, (SELECT repeat('a', 4000000) AS x) AS t \
             WHERE t.x = repeat('a', 3999999) || 'b'"
                .to_string(),
            "SELECT count(*) FROM generate_series(1, 100000) AS g, (SELECT repeat('a', 4000000) AS x) AS t GROUP BY t.x"
                .into(),
            "SELECT repeat('ab', 200000) ~ '(a|b)*a(a|b){900}c'".into(),
            "SELECT regexp_replace(repeat('a', 4000000), 'a', '', 'g')".into(),
            "SELECT count(*) FROM regexp_split_to_table(repeat(',', 4000000), ',')".into(),
            "SELECT count(*) FROM regexp_matches(repeat(',', 4000000), ',', 'g')".into(),
            "SELECT cardinality(regexp_split_to_array(repeat(',', 4000000), ','))".into(),
            twice("row(a, b) AS a, row(a, b) AS b"),
            twice("t AS a, t AS b"),
        ];
        for sql in counted {
            let error = ask(&sql, context).expect_err(&sql).to_client();
            assert!(error.code.code().starts_with("54"), "{sql}: {error}");
        }
    });
}

#[test]
fn work_and_nesting_are_bounded() {
    with_context(&shop(), "bi", |context| {
        let chain = format!("SELECT 1{}", " + 1".repeat(5_000));
        let cases: Vec<(String, &str)> = vec![
            ("SELECT count(*) FROM generate_series(1, 1000000000)".into(), "54"),
            ("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n FROM t".into(), "54"),
            ("SELECT repeat('x', 2000000000)".into(), "54000"),
            (chain, "54001"),
        ];
        for (sql, code) in cases {
            let error = ask(&sql, context).expect_err("a bound").to_client();
            assert!(error.code.code().starts_with(code), "{error}");
        }
        let wide = format!("SELECT 1 FROM pg_class WHERE {}", vec!["relname = 'x'"; 3_000].join(" OR "));
        assert!(ask(&wide, context).is_ok());
    });
}
