//! A whole server over a small bank, met by a real client: what the text cases of `tests/` do not reach.

mod role;
mod standing;

use std::path::Path;
use std::time::Duration;

use sluice_base::Civil;
use sluice_wire::ScramVerifier;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config as Dsn, NoTls, SimpleQueryMessage};

use crate::config::Config;
use crate::{Running, Server};

const CATALOG: &str = "\
catalog: {format: 1, name: bank}
domains:
  - {id: retail, label: {zh: 零售, en: Retail}}
---
entity: branch
label: {zh: 机构, en: Branch}
source: {connection: core, table: branches}
key: [branch_id]
fields:
  branch_id: {column: br_no, type: text, label: {zh: 机构号, en: Branch id}, level: 1, nullable: false}
  region: {column: region, type: text, label: {zh: 地区, en: Region}, level: 1}
";

const POLICIES: &str = "\
roles:
  analyst: {}
  local: {}
  watched: {}
---
grant: all-branches
to: {role: [analyst, watched]}
read: [branch]
---
grant: one-branch
to: {role: local}
read: [branch]
rows: branch_id = 'B1'
---
restrict: not-north
entity: branch
to: {role: watched}
rows: region <> 'north'
";

struct World {
    folder: tempfile::TempDir,
    running: Option<Running>,
}

impl World {
    async fn open(limits: &str) -> World {
        World::open_with(limits, POLICIES, &["ana: [analyst, local, watched]", "bea: [analyst]"]).await
    }

    async fn open_with(limits: &str, policies: &str, people: &[&str]) -> World {
        let folder = tempfile::tempdir().unwrap();
        for name in ["catalog", "policies"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        write(folder.path(), "catalog/bank.yaml", CATALOG);
        write(folder.path(), "policies/bank.yaml", policies);
        users(folder.path(), people);
        let config = format!(
            "listen: 127.0.0.1:0\ndatabase: bank\ncatalog: catalog\npolicies: policies\nusers: users.yaml\n\
             audit: {{directory: audit}}\nconnections:\n  core: {{kind: sqlite, path: core.db}}\n\
             reload: {{watch: true}}\nlimits: {{{limits}}}\n"
        );
        write(folder.path(), "sluice.yaml", &config);
        let database = rusqlite::Connection::open(folder.path().join("core.db")).unwrap();
        database
            .execute_batch(
                "CREATE TABLE branches (br_no TEXT NOT NULL, region TEXT);
                 INSERT INTO branches VALUES ('B1','south'),('B2','north'),('B3','south'),('B4','north'),('B5','west');",
            )
            .unwrap();
        let running = Server::start(Config::load(&folder.path().join("sluice.yaml")).unwrap()).await.unwrap();
        World { folder, running: Some(running) }
    }

    /// Changes files and waits until they are in force.
    async fn reloaded(&self, change: impl FnOnce(&Path)) {
        let state = self.running.as_ref().unwrap().state.clone();
        let before = state.current().snapshot.epoch;
        change(self.folder.path());
        wait("the reload", || state.current().snapshot.epoch > before).await;
    }

    async fn login(&self, user: &str) -> Result<Client, tokio_postgres::Error> {
        let addr = self.running.as_ref().unwrap().addr;
        let mut dsn = Dsn::new();
        dsn.host(addr.ip().to_string()).port(addr.port()).user(user).password("sluice").dbname("bank");
        let (client, connection) = dsn.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

fn users(folder: &Path, all: &[&str]) {
    let verifier = ScramVerifier::of_password("sluice", b"salt-of-the-test", 4096).to_text();
    let mut text = "users:\n".to_string();
    for user in all {
        let (name, roles) = user.split_once(": ").unwrap();
        text.push_str(&format!("  {name}: {{verifier: '{verifier}', roles: {roles}}}\n"));
    }
    write(folder, "users.yaml", &text);
}

/// What a text comes to: first columns of its rows, tags as counts in brackets, or the SQLSTATE.
async fn told(client: &Client, text: &str) -> String {
    match client.simple_query(text).await {
        Ok(messages) => {
            let word = |message: &SimpleQueryMessage| match message {
                SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("NULL").to_string()),
                SimpleQueryMessage::CommandComplete(rows) => Some(format!("[{rows}]")),
                _ => None,
            };
            messages.iter().filter_map(word).collect::<Vec<_>>().join(" ")
        }
        Err(error) => error.code().map_or_else(|| "closed".to_string(), |code| code.code().to_string()),
    }
}

/// Runs `statement => expected` lines.
async fn check(client: &Client, cases: &str) {
    for case in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (text, expected) = case.split_once(" => ").unwrap();
        assert_eq!(told(client, text).await.trim(), expected.trim(), "{text}");
    }
}

/// A moment that comes when everything before it has had its time, on a busy machine too.
struct Later {
    micros: i64,
}

impl Later {
    fn soon() -> Later {
        Later { micros: sluice_model::audit::system_micros() + 8_000_000 }
    }

    /// As SQL writes it.
    fn literal(&self) -> String {
        let (days, of_day) = (self.micros.div_euclid(86_400_000_000), self.micros.rem_euclid(86_400_000_000));
        let Civil { year, month, day } = Civil::of(days);
        let (seconds, micros) = (of_day / 1_000_000, of_day % 1_000_000);
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        format!("timestamptz '{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}+00'")
    }

    /// Waits until it is past.
    async fn past(&self) {
        let left = u64::try_from(self.micros - sluice_model::audit::system_micros()).unwrap_or(0);
        tokio::time::sleep(Duration::from_micros(left) + Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_move_as_in_postgres() {
    let world = World::open("").await;
    let bea = world.login("bea").await.unwrap();
    check(
        &bea,
        "BEGIN; DECLARE c SCROLL CURSOR FOR SELECT branch_id FROM retail.branch ORDER BY 1 => [0] [0]
         FETCH c => B1 [1]
         FETCH RELATIVE 0 FROM c => B1 [1]
         FETCH 2 FROM c => B2 B3 [2]
         FETCH PRIOR FROM c => B2 [1]
         MOVE 2 IN c => [2]
         FETCH ALL FROM c => B5 [1]
         FETCH NEXT FROM c => [0]
         FETCH RELATIVE 0 FROM c => [0]
         FETCH PRIOR FROM c => B5 [1]
         FETCH BACKWARD 2 FROM c => B4 B3 [2]
         FETCH ABSOLUTE 2 FROM c => B2 [1]
         FETCH ABSOLUTE -2 FROM c => B4 [1]
         FETCH RELATIVE -2 FROM c => B2 [1]
         FETCH RELATIVE 2 FROM c => B4 [1]
         FETCH LAST FROM c => B5 [1]
         FETCH FIRST FROM c => B1 [1]
         FETCH ABSOLUTE 9 FROM c => [0]
         FETCH BACKWARD ALL FROM c => B5 B4 B3 B2 B1 [5]
         FETCH PRIOR FROM c => [0]
         FETCH ABSOLUTE 0 FROM c => [0]
         FETCH c => B1 [1]
         FETCH ABSOLUTE -9 FROM c => [0]
         FETCH c => B1 [1]
         DECLARE c CURSOR FOR SELECT 1 => 42P03
         ROLLBACK => [0]
         FETCH c => 34000
         BEGIN; DECLARE f CURSOR FOR SELECT branch_id FROM retail.branch ORDER BY 1; FETCH 2 FROM f => [0] [0] B1 B2 [2]
         FETCH PRIOR FROM f; MOVE ABSOLUTE 0 f; FETCH f => B1 [1] [0] B1 [1]
         DECLARE n NO SCROLL CURSOR FOR SELECT branch_id FROM retail.branch ORDER BY 1; FETCH 2 FROM n => [0] B1 B2 [2]
         SAVEPOINT s => [0]
         FETCH PRIOR FROM n => 55000
         ROLLBACK TO s => [0]
         FETCH f => B2 [1]
         FETCH n => 34000
         ROLLBACK => [0]
         BEGIN; DECLARE h CURSOR WITH HOLD FOR SELECT branch_id FROM retail.branch ORDER BY 1; FETCH h; COMMIT => [0] [0] B1 [1] [0]
         FETCH h => B2 [1]
         BEGIN; SELECT 1/0 => 22012
         ROLLBACK; FETCH h => [0] B3 [1]
         CLOSE ALL; FETCH h => 34000",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_as_in_postgres() {
    let world = World::open("").await;
    let ana = world.login("ana").await.unwrap();
    check(
        &ana,
        "SHOW transaction_read_only; SET transaction_read_only = on; RESET transaction_read_only => on [0] [0] [0]
         START TRANSACTION READ WRITE; SHOW transaction_read_only; COMMIT; SHOW transaction_read_only => [0] off [0] [0] on [0]
         SELECT set_config('client_encoding', 'latin1', false), set_config('work_mem', '2048', true) => LATIN1 [1]
         RESET client_encoding => [0]
         SET a.b = 'x'; RESET a.b; SHOW a.b => [0] [0]  [0]
         SHOW data_directory => 42501
         SELECT current_setting('hba_file') => 42501
         SELECT count(*) FROM pg_settings WHERE name IN ('hba_file', 'shared_buffers') => 1 [1]
         SELECT current_setting('autovacuum_max_workers'); SHOW shared_buffers; SHOW ssl => 3 [1] 128MB [0] off [0]
         SELECT set_config('data_directory', 'x', false) => 55P02
         SELECT count(*) FROM retail.branch => 3 [1]
         BEGIN; SELECT set_config('role', 'watched', true); SHOW role; COMMIT; SHOW role => [0] watched [1] watched [0] [0] none [0]
         BEGIN; SET LOCAL ROLE watched; SHOW role; ROLLBACK; SHOW role => [0] [0] watched [0] [0] none [0]
         SET role = 'watched'; SHOW role; SET role TO DEFAULT; SHOW role => [0] watched [0] [0] none [0]
         SELECT set_config('role', 'watched', false); SHOW role; SET role = 'none'; SHOW role => watched [1] watched [0] [0] none [0]
         SELECT set_config('role', 'analyst', true) => 42501
         SELECT count(*) FROM retail.branch => 3 [1]
         PREPARE p(int) AS SELECT $1; SELECT name FROM pg_prepared_statements WHERE from_sql => [0] p [1]
         SELECT parameter_types FROM pg_prepared_statements WHERE statement LIKE 'PREPARE%' => {integer} [1]
         BEGIN; DECLARE c NO SCROLL CURSOR FOR SELECT 1; SELECT name FROM pg_cursors WHERE NOT is_scrollable; ROLLBACK => [0] [0] c [1] [0]
         SELECT count(*) FROM pg_cursors => 0 [1]",
    )
    .await;
    let rows = ana.query("SELECT", &[]).await.unwrap();
    assert_eq!((rows.len(), rows[0].len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_a_session_hold() {
    let world = World::open("rows_max: 4, prepared_max: 3").await;
    let bea = world.login("bea").await.unwrap();
    check(
        &bea,
        "SELECT branch_id FROM retail.branch LIMIT 4 => B1 B2 B3 B4 [4]
         SELECT branch_id FROM retail.branch => 54000
         PREPARE a AS SELECT 1; PREPARE b AS SELECT 1; PREPARE c AS SELECT 1 => [0] [0] [0]
         PREPARE d AS SELECT 1 => 53400
         DEALLOCATE ALL; PREPARE d AS SELECT 1; EXECUTE d => [0] [0] 1 [1]
         EXECUTE d(1) => 42601
         SELECT 1 => 1 [1]",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_session_ends() {
    let world = World::open("idle_timeout_ms: 300").await;
    let bea = world.login("bea").await.unwrap();
    assert_eq!(told(&bea, "SELECT 1").await, "1 [1]");
    wait("the idle session ends", || bea.is_closed()).await;
    let ana = world.login("ana").await.unwrap();
    assert_eq!(told(&ana, "SET idle_in_transaction_session_timeout = 100; BEGIN").await, "[0] [0]");
    wait("the idle transaction ends", || ana.is_closed()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_user_and_a_changed_result_end_what_they_began() {
    let world = World::open("").await;
    let (ana, bea) = (world.login("ana").await.unwrap(), world.login("bea").await.unwrap());
    let statement = bea.prepare("SELECT * FROM retail.branch WHERE branch_id = $1").await.unwrap();
    assert_eq!(bea.query(&statement, &[&"B1"]).await.unwrap().len(), 1);
    users(world.folder.path(), &["bea: [analyst]"]);
    write(
        world.folder.path(),
        "policies/bank.yaml",
        &format!("{POLICIES}---\ndeny: no-region\nto: {{role: analyst}}\nfields: [branch.region]\n"),
    );
    let state = world.running.as_ref().unwrap().state.clone();
    wait("the reload", || state.current().snapshot.epoch > 1).await;
    assert_eq!(told(&ana, "SELECT count(*) FROM retail.branch").await, "28000");
    wait("the removed user is gone", || ana.is_closed()).await;
    let changed = bea.query(&statement, &[&"B1"]).await.unwrap_err();
    assert_eq!(changed.code(), Some(&SqlState::FEATURE_NOT_SUPPORTED), "{changed:?}");
    assert_eq!(told(&bea, "SELECT * FROM retail.branch WHERE branch_id = 'B1'").await, "B1 [1]");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_stops_in_order() {
    let mut world = World::open("").await;
    let bea = world.login("bea").await.unwrap();
    let running = world.running.take().unwrap();
    let (addr, state) = (running.addr, running.state.clone());
    assert_eq!(told(&bea, "BEGIN").await, "[0]");
    running.stop().await;
    assert_eq!(state.session_count(), 0);
    wait("the session ends", || bea.is_closed()).await;
    assert!(tokio::net::TcpStream::connect(addr).await.is_err(), "nobody listens");
    // The log is closed and whole: a new server goes on with it.
    let again = Server::start(Config::load(&world.folder.path().join("sluice.yaml")).unwrap()).await.unwrap();
    world.running = Some(again);
    let ana = world.login("ana").await.unwrap();
    assert_eq!(told(&ana, "SELECT count(*) FROM retail.branch").await, "3 [1]");
}

async fn wait(what: &str, until: impl Fn() -> bool) {
    for _ in 0..200 {
        if until() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}: did not happen");
}
