//! A small bank for attacks, in every kind of source, beside copies to which the policies were applied by hand.
//!
//! `tests/attack/world.json` holds the raw rows, and twins of them that differ only in what one user may not know.
//! `tests/attack/governed.json` holds, per user, the rows as that user may know them. Both were computed without any
//! code of this repository, so an error would have to be made twice to stay hidden.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use serde_json::Value;

use super::sluice::{Settings, Sluice};
use super::wire::Wire;
use super::{block_on, fresh_directory, keep, mariadb, postgres, repository, users};

/// A table: columns with the fixture's short type names, and rows.
#[derive(Debug, serde::Deserialize)]
pub struct Table {
    /// Name and type: `int`, `text`, `date`, `bool`, `num` or `ts`.
    pub columns: Vec<(String, String)>,
    /// Rows.
    pub rows: Vec<Vec<Value>>,
}

/// Tables by name.
pub type World = BTreeMap<String, Table>;

/// Users, with the branch that is their post.
pub const USERS: &[(&str, &str)] =
    &[("li_hq", "1"), ("wang_bj", "10"), ("zhao_hd", "101"), ("chen_sh", "20"), ("sun_hr", "1"), ("nobody_x", "302")];

/// The raw worlds by name: `plain` and `twin_of_USER`.
pub fn worlds() -> &'static BTreeMap<String, World> {
    static WORLDS: OnceLock<BTreeMap<String, World>> = OnceLock::new();
    WORLDS.get_or_init(|| read("world.json"))
}

/// What each user may know.
pub fn governed() -> &'static BTreeMap<String, World> {
    static GOVERNED: OnceLock<BTreeMap<String, World>> = OnceLock::new();
    GOVERNED.get_or_init(|| read("governed.json"))
}

fn read(file: &str) -> BTreeMap<String, World> {
    let text = std::fs::read_to_string(repository().join("tests/attack").join(file)).expect("the attack fixture");
    serde_json::from_str(&text).expect("the attack fixture is JSON")
}

/// Raw texts that the user must never be shown in any form.
pub fn canaries(user: &str) -> BTreeSet<String> {
    let text = |value: &Value| value.as_str().map(str::to_string);
    let known: BTreeSet<String> =
        governed()[user].values().flat_map(|table| table.rows.iter().flatten().filter_map(text)).collect();
    let telling = ["id_card", "phone", "email", "secret_note", "account_no"];
    let mut hidden = BTreeSet::new();
    for table in worlds()["plain"].values() {
        for (at, _) in table.columns.iter().enumerate().filter(|(_, column)| telling.contains(&column.0.as_str())) {
            hidden.extend(table.rows.iter().filter_map(|row| text(&row[at])).filter(|text| text.chars().count() >= 8));
        }
    }
    hidden.difference(&known).cloned().collect()
}

/// A kind of source that holds a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A SQLite file.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    Mysql,
    /// CSV files.
    Csv,
}

/// Every kind.
pub const SOURCES: [Source; 4] = [Source::Sqlite, Source::Postgres, Source::Mysql, Source::Csv];

/// Sluice over a world in a kind of source, under the policies of `tests/attack/policies`.
pub struct Attacked {
    /// The server.
    pub sluice: Sluice,
    /// The auditor's session.
    pub auditor: Mutex<Option<Wire>>,
}

/// The one server of this process over a world in a kind of source.
pub fn attacked(source: Source, world: &'static str) -> &'static Attacked {
    type Running = Mutex<BTreeMap<(Source, &'static str), &'static Attacked>>;
    static RUNNING: OnceLock<Running> = OnceLock::new();
    let mut running = RUNNING.get_or_init(Running::default).lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    running.entry((source, world)).or_insert_with(|| {
        let directory = fresh_directory("attack");
        let settings = settings(&directory, source, world);
        Box::leak(Box::new(Attacked { sluice: Sluice::start(&settings), auditor: Mutex::new(None) }))
    })
}

/// Loads the world into the source and returns settings for a server over it.
pub fn settings(directory: &Path, source: Source, world: &str) -> Settings {
    let path = directory.to_str().expect("a plain path");
    std::fs::write(directory.join("source.password"), postgres::PASSWORD).expect("the password file");
    let secret = format!("tls: disable, password: \"file:{path}/source.password\"");
    let tables = &worlds()[world];
    let connection = match source {
        Source::Sqlite => {
            load_sqlite(&directory.join("bank.db"), tables);
            format!("{{kind: sqlite, path: {path}/bank.db}}")
        }
        Source::Csv => {
            load_csv(&directory.join("files"), tables);
            format!("{{kind: csv, path: {path}/files}}")
        }
        Source::Postgres => {
            let server = reference();
            server.run("postgres", &format!("CREATE DATABASE {world}"));
            server.run(world, &tables_sql(tables, Source::Postgres).join(";\n"));
            let port = server.port;
            format!("{{kind: postgres, host: 127.0.0.1, port: {port}, database: {world}, user: postgres, {secret}}}")
        }
        Source::Mysql => {
            let server = mariadb::shared();
            server.run("", &[format!("CREATE DATABASE {world}")]);
            let mut statements = vec!["SET sql_mode = 'NO_BACKSLASH_ESCAPES'".to_string()];
            statements.extend(tables_sql(tables, Source::Mysql));
            server.run(world, &statements);
            let (port, user) = (server.port, mariadb::USER);
            format!("{{kind: mysql, host: 127.0.0.1, port: {port}, database: {world}, user: {user}, {secret}}}")
        }
    };
    let mut people: Vec<users::User> =
        USERS.iter().map(|(name, post)| users::User { name, roles: vec![name], posts: vec![post] }).collect();
    people.push(users::User { name: "auditor", roles: vec!["auditor"], posts: vec![] });
    users::write(&directory.join("users.yaml"), &people);
    Settings {
        directory: directory.to_path_buf(),
        port: keep::free_port(),
        catalog: repository().join("tests/attack/catalog"),
        policies: repository().join("tests/attack/policies"),
        yaml: format!("connections:\n  bank: {connection}\n"),
        database: "bank".into(),
    }
}

/// PostgreSQL with database `governed`: one schema per user, holding what that user may know.
pub fn reference() -> &'static postgres::Postgres {
    static LOADED: OnceLock<()> = OnceLock::new();
    let server = postgres::shared();
    LOADED.get_or_init(|| {
        server.run("postgres", "CREATE DATABASE governed");
        for (user, tables) in governed() {
            let sql = tables_sql(tables, Source::Postgres).join(";\n");
            let schema = format!("CREATE SCHEMA {user}; SET search_path = {user}");
            server.run("governed", &format!("{schema};\n{sql}"));
        }
    });
    server
}

/// DDL and rows, a statement each.
fn tables_sql(tables: &World, source: Source) -> Vec<String> {
    let mut statements = Vec::new();
    for (name, table) in tables {
        let column = |(name, kind): &(String, String)| format!("{name} {}", type_name(kind, source));
        let columns: Vec<String> = table.columns.iter().map(column).collect();
        statements.push(format!("CREATE TABLE {name} ({})", columns.join(", ")));
        let row = |row: &Vec<Value>| format!("({})", row.iter().map(literal).collect::<Vec<_>>().join(", "));
        let rows: Vec<String> = table.rows.iter().map(row).collect();
        if !rows.is_empty() {
            statements.push(format!("INSERT INTO {name} VALUES {}", rows.join(", ")));
        }
    }
    statements
}

fn type_name(kind: &str, source: Source) -> &'static str {
    match (kind, source) {
        ("int", _) => "integer",
        ("text", Source::Mysql) => "varchar(200)",
        ("text", _) => "text",
        ("date", Source::Sqlite) | ("num", Source::Sqlite) | ("ts", Source::Sqlite) => "text",
        ("bool", Source::Sqlite) => "integer",
        ("date", _) => "date",
        ("bool", _) => "boolean",
        ("num", _) => "decimal(16,2)",
        ("ts", Source::Mysql) => "datetime",
        ("ts", _) => "timestamp",
        (other, _) => panic!("no type {other} in the fixture"),
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => panic!("no value {other} in the fixture"),
    }
}

fn load_sqlite(path: &Path, tables: &World) {
    let connection = rusqlite::Connection::open(path).expect("a SQLite file");
    connection.execute_batch(&tables_sql(tables, Source::Sqlite).join(";\n")).expect("the rows");
}

fn load_csv(root: &Path, tables: &World) {
    for (name, table) in tables {
        let folder = root.join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let header: Vec<&str> = table.columns.iter().map(|column| column.0.as_str()).collect();
        let mut text = header.join(",") + "\n";
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(csv_cell).collect();
            text.push_str(&(cells.join(",") + "\n"));
        }
        std::fs::write(folder.join("part-0.csv"), text).expect("a CSV file");
    }
}

/// NULL is nothing, empty text is `""`.
fn csv_cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => format!("\"{}\"", text.replace('"', "\"\"")),
        other => other.to_string(),
    }
}

/// Rows of a statement over the copy of what the user may know.
pub fn by_hand(user: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>, String> {
    reference().rows("governed", &format!("SET search_path = {user}"), sql)
}

/// Like [`by_hand`] with one text parameter list.
pub fn by_hand_with(user: &str, sql: &str, values: &[String]) -> Result<Vec<Vec<Option<String>>>, String> {
    if values.is_empty() {
        return by_hand(user, sql);
    }
    block_on(async {
        let client = reference().connect("governed").await?;
        client.batch_execute(&format!("SET search_path = {user}")).await.map_err(|error| error.to_string())?;
        let quoted: Vec<String> = values.iter().map(|value| literal(&Value::String(value.clone()))).collect();
        let types = vec!["text"; values.len()].join(", ");
        client.batch_execute(&format!("PREPARE asked ({types}) AS {sql}")).await.map_err(|error| error.to_string())?;
        let messages = client.simple_query(&format!("EXECUTE asked ({})", quoted.join(", "))).await;
        let mut rows = Vec::new();
        for message in messages.map_err(|error| error.to_string())? {
            if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
                rows.push((0..row.len()).map(|at| row.get(at).map(str::to_string)).collect());
            }
        }
        Ok(rows)
    })
}
