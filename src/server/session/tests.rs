//! A whole server over a small bank, met by a real client: what the text cases of `tests/` do not reach.

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

#[tokio::test(flavor = "multi_thread")]
async fn a_role_in_force_narrows_and_never_lifts_a_restriction() {
    let world = World::open("").await;
    let ana = world.login("ana").await.unwrap();
    check(
        &ana,
        "SELECT count(*) FROM retail.branch => 3 [1]
         SET ROLE analyst => 42501
         SELECT count(*) FROM retail.branch => 3 [1]
         SET ROLE watched => [0]
         SHOW role => watched [0]
         SELECT count(*) FROM retail.branch => 3 [1]
         SET ROLE nobody => 42501
         RESET ROLE => [0]
         BEGIN; SET ROLE watched; ROLLBACK => [0] [0] [0]
         SHOW role => none [0]
         SET SESSION AUTHORIZATION bea => 42501
         SET SESSION AUTHORIZATION ana => [0]",
    )
    .await;
    let bea = world.login("bea").await.unwrap();
    check(&bea, "SELECT count(*) FROM retail.branch => 5 [1]\n SET ROLE analyst => [0]\n SET ROLE local => 42501")
        .await;
}

/// A moment from now, as a literal of SQL.
fn in_millis(millis: i64) -> String {
    let micros = sluice_model::audit::system_micros() + millis * 1_000;
    let (days, of_day) = (micros.div_euclid(86_400_000_000), micros.rem_euclid(86_400_000_000));
    let Civil { year, month, day } = Civil::of(days);
    let (seconds, micros) = (of_day / 1_000_000, of_day % 1_000_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("timestamptz '{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}+00'")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_set_early_does_not_escape_what_begins_later() {
    let policies = format!(
        "{POLICIES}---\nrestrict: later\nentity: branch\nto: {{role: watched}}\nrows: region = 'west'\nwhen: session.now >= {}\n",
        in_millis(3_000)
    )
    .replace("to: {role: watched}\nrows: region <> 'north'", "to: {role: local}\nrows: region <> 'north'");
    let world = World::open_with("", &policies, &["ana: [analyst, watched]"]).await;
    let ana = world.login("ana").await.unwrap();
    check(&ana, "SET ROLE analyst => [0]\n SELECT count(*) FROM retail.branch => 5 [1]").await;
    let prepared = ana.prepare("SELECT count(*) FROM retail.branch").await.unwrap();
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    assert!(ana.query(&prepared, &[]).await.is_err(), "a statement prepared before is refused as well");
    check(
        &ana,
        "SELECT count(*) FROM retail.branch => 42501
         SELECT nspname FROM pg_namespace WHERE nspname = 'retail' => 42501
         RESET ROLE => [0]
         SELECT count(*) FROM retail.branch => 1 [1]
         SET ROLE analyst => 42501
         SET ROLE watched => [0]
         SELECT count(*) FROM retail.branch => 1 [1]",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_of_totals_alone_does_not_widen_their_rows() {
    let policies = "\
roles: {rows: {}, totals: {}, wide: {}}
---
grant: rows
to: {role: [rows, wide]}
read: [branch.branch_id]
rows: region = 'south'
---
grant: totals
to: {role: totals}
read: [branch.region]
aggregate_only: true
min_group: 2
---
grant: wide
to: {role: wide}
read: [branch.branch_id]
";
    let world = World::open_with("", policies, &["ana: [rows, totals]", "bea: [wide, totals]", "cy: [totals]"]).await;
    let count = "SELECT count(*) FROM retail.branch";
    let (ana, bea, cy) =
        (world.login("ana").await.unwrap(), world.login("bea").await.unwrap(), world.login("cy").await.unwrap());
    check(&ana, &format!("{count} => 2 [1]\n SET ROLE totals => 42501\n SET ROLE rows => [0]\n {count} => 2 [1]"))
        .await;
    check(&bea, &format!("{count} => 5 [1]\n SET ROLE totals => [0]\n {count} => 5 [1]")).await;
    check(&cy, &format!("SET ROLE totals => [0]\n {count} => 5 [1]")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_path_leads_to_what_is_there_for_the_person() {
    let world = World::open_with("", POLICIES, &["bea: [analyst]", "cy: []"]).await;
    let (bea, cy) = (world.login("bea").await.unwrap(), world.login("cy").await.unwrap());
    check(&bea, "SHOW search_path => retail, 零售 [0]\n SELECT current_schemas(false) => {retail,零售} [1]").await;
    check(
        &cy,
        "SHOW search_path => [0]
         SELECT current_schemas(false) => {} [1]
         SELECT current_schema => NULL [1]
         SELECT setting FROM pg_settings WHERE name = 'search_path' => [1]
         SELECT count(*) FROM branch => 42P01
         SET search_path = retail => [0]
         SHOW search_path => retail [0]
         RESET search_path => [0]
         SHOW search_path => [0]",
    )
    .await;
    world.reloaded(|folder| users(folder, &["bea: []", "cy: [analyst]"])).await;
    check(&bea, "SHOW search_path => [0]").await;
    check(&cy, "SHOW search_path => retail, 零售 [0]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_end_where_they_would_be_decided_otherwise() {
    let people = ["ana: [analyst]", "bea: [local]", "cy: [local]", "dee: [analyst, local]", "eva: [local]"];
    let world = World::open_with("", POLICIES, &people).await;
    let mut clients = Vec::new();
    for name in ["ana", "bea", "cy", "dee", "eva"] {
        let client = world.login(name).await.unwrap();
        check(
            &client,
            "BEGIN; DECLARE h SCROLL CURSOR WITH HOLD FOR SELECT branch_id FROM retail.branch ORDER BY 1 => [0] [0]
             FETCH h => B1 [1]
             COMMIT => [0]
             DECLARE s CURSOR WITH HOLD FOR SELECT nspname FROM pg_namespace WHERE nspname = 'retail' => [0]
             BEGIN; DECLARE c CURSOR FOR SELECT branch_id FROM retail.branch ORDER BY 1 => [0] [0]",
        )
        .await;
        clients.push(client);
    }
    let [ana, bea, cy, dee, eva] = &clients[..] else { panic!("five") };
    world
        .reloaded(|folder| {
            let more = "---\nrestrict: south\nentity: branch\nto: {role: analyst}\nrows: region = 'south'\n";
            write(folder, "policies/bank.yaml", &format!("{POLICIES}{more}"));
        })
        .await;
    // What was read already is not shown again either. The system's own rows were of other policies, for everybody.
    check(ana, "FETCH c => 55000\n ROLLBACK => [0]\n FETCH PRIOR FROM h => 55000\n FETCH h => 34000").await;
    check(ana, "FETCH s => 55000\n SELECT count(*) FROM retail.branch => 2 [1]").await;
    check(bea, "FETCH c => B1 [1]\n COMMIT => [0]\n FETCH h => [0]\n FETCH PRIOR FROM h => B1 [1]").await;
    world.reloaded(|folder| users(folder, &["bea: [local]", "dee: [local]", "eva: [local, watched]"])).await;
    check(bea, "FETCH ABSOLUTE 1 FROM h => B1 [1]").await;
    assert_eq!(told(cy, "FETCH h").await, "28000");
    wait("the removed user is gone", || cy.is_closed()).await;
    check(dee, "FETCH c => 55000\n ROLLBACK => [0]\n FETCH h => 55000").await;
    check(eva, "FETCH c => 55000\n ROLLBACK => [0]\n FETCH h => 55000").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_portal_ends_as_cursors_do() {
    let world = World::open("").await;
    let mut bea = world.login("bea").await.unwrap();
    let transaction = bea.transaction().await.unwrap();
    let text = "SELECT branch_id FROM retail.branch ORDER BY 1";
    let portal = transaction.bind(text, &[]).await.unwrap();
    assert_eq!(transaction.query_portal(&portal, 2).await.unwrap().len(), 2);
    world
        .reloaded(|folder| {
            let denied = format!("{POLICIES}---\ndeny: no-id\nto: {{role: analyst}}\nfields: [branch.branch_id]\n");
            write(folder, "policies/bank.yaml", &denied);
        })
        .await;
    let error = transaction.query_portal(&portal, 2).await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE), "{error:?}");
    let error = error.as_db_error().unwrap();
    assert_eq!(error.hint(), Some("Run the query again."));
    drop(transaction);
    eventually_recorded(&world, "no longer decided as before: the decision on branch").await;
}

/// Waits until the audit's segments hold a text.
async fn eventually_recorded(world: &World, text: &str) {
    let folder = world.folder.path().join("audit");
    let holds = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).contains(text);
    wait(text, || std::fs::read_dir(&folder).unwrap().flatten().any(|entry| holds(&entry.path()))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_stands_for_its_age() {
    let begins = in_millis(1_500);
    let policies = format!(
        "{POLICIES}---\nrestrict: later\nentity: branch\nto: {{role: analyst}}\nrows: region = 'west'\nwhen: session.now >= {begins}\n\
         ---\nrestrict: ever\nentity: branch\nto: {{role: local}}\nrows: session.now > timestamptz '2020-01-01 00:00:00+00'\n"
    );
    let world = World::open_with("decision_age_ms: 400", &policies, &["ana: [local]", "bea: [analyst]"]).await;
    let (ana, bea) = (world.login("ana").await.unwrap(), world.login("bea").await.unwrap());
    let declare =
        "BEGIN; DECLARE c CURSOR FOR SELECT branch_id FROM retail.branch ORDER BY 1; FETCH c => [0] [0] B1 [1]";
    check(&ana, declare).await;
    check(&bea, declare).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    check(&bea, "FETCH c => B2 [1]").await;
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    // No snapshot is new: the rule began by the clock. Time that only went by ends nothing.
    check(&bea, "FETCH c => 55000").await;
    check(&ana, "FETCH c => [0]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_leaving_are_bound_by_the_age_too() {
    use futures::TryStreamExt;
    let people = ["ana: [local, watched]", "bea: [analyst]"];
    let world = World::open_with("decision_age_ms: 300", POLICIES, &people).await;
    let wide = "SELECT repeat(a.branch_id, 400) FROM retail.branch a, retail.branch b, retail.branch c, retail.branch d, \
                retail.branch e, retail.branch f, retail.branch g";
    let (ana, bea) = (world.login("ana").await.unwrap(), world.login("bea").await.unwrap());
    let mut rows = Vec::new();
    for client in [&ana, &bea] {
        let mut stream = Box::pin(client.query_raw(wide, std::iter::empty::<i64>()).await.unwrap());
        stream.try_next().await.unwrap().unwrap();
        rows.push(stream);
    }
    let rule = "---\nrestrict: south\nentity: branch\nto: {role: analyst}\nrows: region = 'south'\n";
    world.reloaded(|folder| write(folder, "policies/bank.yaml", &format!("{POLICIES}{rule}"))).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    let [of_ana, of_bea] = &mut rows[..] else { panic!("two") };
    let mut count = 1;
    while of_ana.try_next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 3_i32.pow(7), "she is decided on as before");
    let ended = loop {
        match of_bea.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("every row left"),
            Err(error) => break error,
        }
    };
    assert_eq!(ended.code(), Some(&SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE), "{ended:?}");
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
         SAVEPOINT s => [0]
         FETCH PRIOR FROM f => 55000
         ROLLBACK TO s => [0]
         FETCH f => 34000
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
