//! SQL as PostgreSQL has it: every statement of `tests/sql/*.slt` is asked of PostgreSQL and of Sluice, over the same
//! tables in PostgreSQL (where much is pushed down) and in SQLite (where most is computed here).
//!
//! Compared are the columns' names, types and modifiers, the rows, and SQLSTATE and message of errors, a value quoted in
//! it aside, which Sluice never quotes. Protocol forms take turns, and SQLite answers every third statement. What
//! legitimately differs is listed at the statement; a stale listing fails. `CASE=joins` reads the files whose name
//! contains that and asks both sources everything, `CASE=joins.slt:12` the one record.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use crate::support::binary::{type_name, type_oid};
use crate::support::cases::files;
use crate::support::client::{Answer, Form, Parameter, lines};
use crate::support::keep::free_port;
use crate::support::slt::{Record, records};
use crate::support::sluice::{PASSWORD, Settings, Sluice};
use crate::support::users::{self, User};
use crate::support::wire::Wire;
use crate::support::{fresh_directory, postgres, repository};

/// Statements that agree on each source, at least.
const AGREE_MIN: usize = 1500;

/// Sessions that ask at the same time.
const SESSIONS: usize = 4;

/// Of so many statements, SQLite answers one.
const SHARE: usize = 3;

const SOURCES: [&str; 2] = ["postgres", "sqlite"];

const FORMS: [Form; 3] = [Form::Simple, Form::ExtendedBinary, Form::ExtendedText];

#[test]
fn sql() {
    let wanted = std::env::var("CASE").unwrap_or_default();
    let matches = |record: &Record| record.place.contains(&wanted) || record.place == wanted;
    let all: Vec<Record> =
        files(&repository().join("tests/sql"), "slt").iter().flat_map(|path| records(path)).collect();
    let chosen: Vec<Record> = all.into_iter().filter(matches).collect();
    assert!(!chosen.is_empty(), "no record is at {wanted:?}");
    let tally = Mutex::new(Tally::default());
    let next = AtomicUsize::new(0);
    let asks = || {
        let mut sessions = Sessions::default();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(record) = chosen.get(at) else { return };
            let sources = if wanted.is_empty() && !at.is_multiple_of(SHARE) { &SOURCES[..1] } else { &SOURCES[..] };
            // Not the same form for all that SQLite answers.
            sessions.check(record, FORMS[(at + at / SHARE) % FORMS.len()], sources, &tally);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..SESSIONS.min(chosen.len()) {
            scope.spawn(asks);
        }
    });
    let tally = tally.into_inner().expect("no session panics with the tally");
    for source in SOURCES {
        let of = |what: &str| tally.counts.get(&(source, what.to_string())).copied().unwrap_or(0);
        println!("sql: {source}: {} of {} agree with PostgreSQL", of("agree"), of("asked"));
    }
    for ((source, what), count) in &tally.counts {
        println!("sql: {source}: {count} x {what}");
    }
    let count = tally.failures.len();
    assert!(tally.failures.is_empty(), "{count} differ\n\n{}\n", tally.failures.join("\n\n"));
    if wanted.is_empty() {
        let agree = tally.counts.get(&("postgres", "agree".to_string())).copied().unwrap_or(0);
        assert!(agree >= AGREE_MIN, "only {agree} statements agree");
    }
}

#[derive(Default)]
struct Tally {
    counts: BTreeMap<(&'static str, String), usize>,
    failures: Vec<String>,
}

/// The sessions of one thread.
#[derive(Default)]
struct Sessions {
    reference: Option<Wire>,
    sluices: BTreeMap<&'static str, Wire>,
}

impl Sessions {
    fn check(&mut self, record: &Record, form: Form, sources: &[&'static str], tally: &Mutex<Tally>) {
        let unspecified = record.parameters.iter().any(|(kind, _)| kind == "unspecified");
        let simple = form == Form::Simple && !record.parameters.is_empty();
        let form = if unspecified || simple { Form::ExtendedText } else { form };
        let parameters: Vec<Parameter> = record
            .parameters
            .iter()
            .map(|(kind, value)| Parameter { oid: type_oid(kind), value: value.clone() })
            .collect();
        let reference = self.reference.get_or_insert_with(|| {
            let login = Wire::login(reference().port, "reader", PASSWORD, "shop", "sluice-tests");
            login.expect("a session of PostgreSQL")
        });
        let expected = reference.ask(form, &record.sql, &parameters);
        let mut failures = Vec::new();
        let mut counted = Vec::new();
        if expected.error.is_some() != record.fails {
            let told = expected.error.as_ref().map(|error| format!("{} {}", error.code, error.message));
            failures.push(format!("PostgreSQL says {told:?}"));
        }
        for &source in sources {
            if record.only.as_ref().is_some_and(|only| only != source) {
                continue;
            }
            let session = self.sluices.entry(source).or_insert_with(|| sluice(source).login("reader"));
            let got = session.ask(form, &record.sql, &parameters);
            if got.state.is_none() {
                self.sluices.remove(source);
            }
            counted.push((source, "asked".to_string()));
            let difference = difference(record, &expected, &got);
            match (&difference, record.listed(source)) {
                (None, None) => counted.push((source, "agree".to_string())),
                (Some((what, _)), Some(listed)) if what == listed => {
                    counted.push((source, counted_as(&got, what)));
                }
                (None, Some(listed)) => failures.push(format!("{source}: {listed} is listed, and it agrees")),
                (Some((what, told)), _) => {
                    let cause = if what == "XX000" { sluice(source).last_cause() } else { String::new() };
                    failures.push(format!("{source} ({form:?}): {what}\n{told}{cause}"));
                }
            }
        }
        let mut tally = tally.lock().expect("no session panics with the tally");
        for key in counted {
            *tally.counts.entry(key).or_default() += 1;
        }
        if !failures.is_empty() {
            tally.failures.push(format!("{}\n{}\n{}", record.place, record.sql, failures.join("\n")));
        }
    }
}

/// What Sluice does instead, with the construct where it says one.
fn counted_as(got: &Answer, what: &str) -> String {
    got.error.as_ref().map_or(what.to_string(), |error| format!("{what} {}", error.message))
}

/// How two answers differ: what, and both.
fn difference(record: &Record, expected: &Answer, got: &Answer) -> Option<(String, String)> {
    let both = |expected: &str, got: &str| format!("  PostgreSQL {}\n  Sluice     {}", short(expected), short(got));
    match (&expected.error, &got.error) {
        (Some(expected), Some(got)) if expected.code == got.code => {
            let differ = without_value(&expected.message) != without_value(&got.message);
            differ.then(|| ("text".into(), both(&expected.message, &got.message)))
        }
        (expected, Some(got)) => {
            let expected = expected.as_ref().map_or("rows".into(), |error| format!("{} {}", error.code, error.message));
            Some((got.code.clone(), both(&expected, &got.everything.replace('\n', " "))))
        }
        (Some(expected), None) => {
            let expected = format!("{} {}", expected.code, expected.message);
            Some(("rows".into(), both(&expected, &lines(&got.rows, true).join(" ; "))))
        }
        (None, None) => {
            let header = |answer: &Answer| {
                let column = |column: &crate::support::client::ColumnInfo| match column.modifier {
                    -1 => format!("{} {}", column.name, type_name(column.oid)),
                    modifier => format!("{} {}({modifier})", column.name, type_name(column.oid)),
                };
                answer.columns.iter().map(column).collect::<Vec<_>>().join(", ")
            };
            let (rows, columns) = (lines(&expected.rows, record.ordered), header(expected));
            let (got_rows, got_columns) = (lines(&got.rows, record.ordered), header(got));
            if rows != got_rows {
                return Some(("rows".into(), both(&rows.join(" ; "), &got_rows.join(" ; "))));
            }
            (columns != got_columns).then(|| ("columns".into(), both(&columns, &got_columns)))
        }
    }
}

/// A message without the value that it quotes at its end.
fn without_value(message: &str) -> &str {
    message.split_once(": \"").filter(|(_, value)| value.ends_with('"')).map_or(message, |(told, _)| told)
}

fn short(text: &str) -> String {
    text.chars().take(700).collect()
}

/// PostgreSQL with the tables, in database `shop`: one of its own, since catalog queries of other checks list databases.
fn reference() -> &'static postgres::Postgres {
    static SERVER: OnceLock<postgres::Postgres> = OnceLock::new();
    SERVER.get_or_init(|| {
        let server = postgres::Postgres::start();
        server.run("postgres", "CREATE DATABASE shop");
        let schema = repository().join("tests/sql/schema.sql");
        server.run("shop", &std::fs::read_to_string(schema).expect("the schema"));
        server
    })
}

/// Sluice over the tables in a source.
fn sluice(source: &'static str) -> &'static Sluice {
    static RUNNING: Mutex<BTreeMap<&'static str, &'static Sluice>> = Mutex::new(BTreeMap::new());
    let mut running = RUNNING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    running.entry(source).or_insert_with(|| Box::leak(Box::new(start(source))))
}

fn start(source: &str) -> Sluice {
    let directory = fresh_directory("sql");
    let path = directory.to_str().expect("a plain path").to_string();
    users::write(&directory.join("users.yaml"), &[User { name: "reader", roles: vec!["reader"], posts: Vec::new() }]);
    std::fs::write(directory.join("source.password"), postgres::PASSWORD).expect("the password file");
    let connection = if source == "sqlite" {
        load_sqlite(&directory.join("shop.db"));
        format!("{{kind: sqlite, path: {path}/shop.db}}")
    } else {
        let port = reference().port;
        format!(
            "{{kind: postgres, host: 127.0.0.1, port: {port}, database: shop, user: postgres, tls: disable, \
             password: \"file:{path}/source.password\"}}"
        )
    };
    let folder = repository().join("tests/sql");
    Sluice::start(&Settings {
        directory,
        port: free_port(),
        catalog: folder.join("catalog").join(source),
        policies: folder.join("policies").join(source),
        yaml: format!("connections:\n  shop: {connection}\n"),
        database: "shop".into(),
    })
}

/// Copies the tables, as PostgreSQL prints their values; numbers and booleans as SQLite has them.
fn load_sqlite(path: &Path) {
    let connection = rusqlite::Connection::open(path).expect("a SQLite file");
    let tables = "SELECT c.relname, a.attname, CASE WHEN t.typname IN ('int2','int4','int8','bool') THEN 'INTEGER' \
                  WHEN t.typname IN ('float4','float8') THEN 'REAL' ELSE 'TEXT' END, t.typname FROM pg_class c \
                  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 JOIN pg_type t ON t.oid = a.atttypid \
                  WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind = 'r' AND c.relname <> 'doc' \
                  ORDER BY c.relname, a.attnum";
    let mut columns: BTreeMap<String, Vec<(String, String, String)>> = BTreeMap::new();
    for row in reference().rows("shop", "", tables).expect("the columns") {
        let [table, column, stored, kind] = &row.into_iter().flatten().collect::<Vec<_>>()[..] else { continue };
        columns.entry(table.clone()).or_default().push((column.clone(), stored.clone(), kind.clone()));
    }
    for (table, columns) in columns {
        let declared: Vec<String> = columns.iter().map(|(name, stored, _)| format!("\"{name}\" {stored}")).collect();
        let create = format!("CREATE TABLE \"{table}\" ({})", declared.join(", "));
        connection.execute_batch(&create).expect("a table");
        let shown: Vec<String> = columns
            .iter()
            .map(|(name, _, kind)| match kind.as_str() {
                "bool" => format!("\"{name}\"::integer"),
                // A single is stored as the double that it is.
                "float4" => format!("\"{name}\"::double precision"),
                "timestamptz" => format!("\"{name}\"::timestamp"),
                _ => format!("\"{name}\""),
            })
            .collect();
        let rows = reference().rows("shop", "", &format!("SELECT {} FROM shop.\"{table}\"", shown.join(", ")));
        let marks = vec!["?"; columns.len()].join(", ");
        let insert = format!("INSERT INTO \"{table}\" VALUES ({marks})");
        for row in rows.expect("the rows") {
            connection.execute(&insert, rusqlite::params_from_iter(row)).expect("a row");
        }
    }
}
