//! A small bank for attacks, in every kind of source, beside copies to which the policies were applied by hand.
//!
//! `tests/attack/world.json` holds the raw rows, and twins of them that differ only in what one user may not know.
//! `tests/attack/governed.json` holds, per user, the rows as that user may know them. Both were computed without any
//! code of this repository, so an error would have to be made twice to stay hidden.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock};

use serde_json::Value;

use super::attack_sources::{Source, literal, settings, tables_sql};
use super::probe;
use super::sluice::Sluice;
use super::wire::Wire;
use super::{block_on, fresh_directory, postgres, repository};

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
        Box::leak(Box::new(Attacked { sluice: probe::start(&settings), auditor: Mutex::new(None) }))
    })
}

/// PostgreSQL with database `governed`: one schema per user, holding what that user may know, and the raw rows in schema
/// `plain`.
pub fn reference() -> &'static postgres::Postgres {
    static LOADED: OnceLock<()> = OnceLock::new();
    let server = postgres::shared();
    LOADED.get_or_init(|| {
        server.run("postgres", "CREATE DATABASE governed");
        server.run("governed", "CREATE EXTENSION pgcrypto");
        let probe = "CREATE FUNCTION sluice_probe(text, anyelement) RETURNS boolean LANGUAGE sql AS 'SELECT true'";
        server.run("governed", probe);
        let known = governed().iter().map(|(user, tables)| (user.as_str(), tables));
        for (schema, tables) in known.chain([("plain", &worlds()["plain"])]) {
            let sql = tables_sql(tables, Source::Postgres).join(";\n");
            server.run("governed", &format!("CREATE SCHEMA {schema}; SET search_path = {schema};\n{sql}"));
        }
    });
    server
}

/// Rows of a statement over the copy of what the user may know.
pub fn by_hand(user: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>, String> {
    reference().rows("governed", &format!("SET search_path = {user}, public"), sql)
}

/// Like [`by_hand`] with one text parameter list.
pub fn by_hand_with(user: &str, sql: &str, values: &[String]) -> Result<Vec<Vec<Option<String>>>, String> {
    if values.is_empty() {
        return by_hand(user, sql);
    }
    block_on(async {
        let client = reference().connect("governed").await?;
        client.batch_execute(&format!("SET search_path = {user}, public")).await.map_err(|error| error.to_string())?;
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
