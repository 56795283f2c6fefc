//! A good set is taken as a whole, a bad one leaves everything as it is, and the organisation tree follows its source.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sluice_model::audit::{Event, Pending, Record, Sink};
use sluice_model::policy::OrgScope;
use sluice_wire::{AcceptOptions, ScramVerifier};

use super::*;
use crate::config::Config;

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
  parent_id: {column: up_br_no, type: text, label: {zh: 上级机构号, en: Parent id}, level: 1}
hierarchy: {id: org, parent: parent_id}
";

const POLICIES: &str = "\
roles:
  analyst: {}
---
grant: all-branches
to: {role: analyst}
read: [branch]
";

/// Keeps the events of reloads.
#[derive(Default)]
struct Memory(Mutex<Vec<String>>);

impl Sink for Memory {
    fn append(&self, record: Record) -> Pending {
        if let Event::Reload { what, outcome, diagnostics, .. } = record.event {
            self.0.lock().unwrap().push(format!("{what} {outcome} {diagnostics}"));
        }
        Box::pin(std::future::ready(Ok(())))
    }
}

struct World {
    folder: tempfile::TempDir,
    memory: Arc<Memory>,
    state: Arc<State>,
}

impl World {
    async fn open(watch: bool) -> (World, Reloader) {
        World::open_at(watch, Path::to_path_buf, |_| ()).await
    }

    /// `path`: how the configuration file's path is written; `arrange`: what is done with the files first.
    async fn open_at(watch: bool, path: fn(&Path) -> PathBuf, arrange: fn(&Path)) -> (World, Reloader) {
        let folder = tempfile::tempdir().unwrap();
        for name in ["catalog", "policies"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        write(folder.path(), "catalog/bank.yaml", CATALOG);
        write(folder.path(), "policies/grants.yaml", POLICIES);
        let verifier = ScramVerifier::of_password("sluice", b"salt-of-the-test", 4096).to_text();
        let users = format!("users:\n  ana: {{verifier: '{verifier}', roles: [analyst], org_units: [H00]}}\n");
        write(folder.path(), "users.yaml", &users);
        let config = format!(
            "listen: 127.0.0.1:0\ndatabase: bank\ncatalog: catalog\npolicies: policies\nusers: users.yaml\n\
             audit: {{directory: audit}}\nconnections:\n  core: {{kind: sqlite, path: core.db}}\n\
             reload: {{watch: {watch}, org_refresh_ms: 100, org_stale_ms: 0}}\n"
        );
        write(folder.path(), "sluice.yaml", &config);
        branches(folder.path(), &["('H00', NULL)", "('B10', 'H00')"]);
        arrange(folder.path());
        let config = Arc::new(Config::load(&path(&folder.path().join("sluice.yaml"))).unwrap());
        let (loader, current) = Loader::open(config.clone(), None).await.unwrap();
        let memory = Arc::new(Memory::default());
        let limits = config.limits.clone();
        let accept = AcceptOptions { tls: None, require_tls: false, limits: limits.clone() };
        let state = State::new(current, memory.clone(), limits, "bank".into(), accept);
        let reloader = Reloader::new(loader, state.clone());
        (World { folder, memory, state }, reloader)
    }

    fn write(&self, name: &str, text: &str) {
        write(self.folder.path(), name, text);
    }

    fn events(&self) -> Vec<String> {
        self.memory.0.lock().unwrap().clone()
    }

    fn epoch(&self) -> u64 {
        self.state.current().snapshot.epoch
    }

    fn units(&self) -> Vec<String> {
        below(&self.state.current(), 0)
    }

    async fn wait(&self, what: &str, until: impl Fn(&World) -> bool) {
        for _ in 0..200 {
            if until(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{what} did not happen: {:?}", self.events());
    }
}

/// The head office and what is below it on a day.
fn below(current: &Current, day: i32) -> Vec<String> {
    current.snapshot.org.units(day, OrgScope::OwnAndBelow, &["H00".to_string()])
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

fn branches(folder: &Path, rows: &[&str]) {
    let file = folder.join("core.db");
    let connection = rusqlite::Connection::open(file).unwrap();
    connection
        .execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS branches (br_no TEXT NOT NULL, up_br_no TEXT); DELETE FROM branches;
             INSERT INTO branches VALUES {};",
            rows.join(", ")
        ))
        .unwrap();
}

#[tokio::test]
async fn the_first_set_has_everything() {
    let (world, _) = World::open(false).await;
    let current = world.state.current();
    assert_eq!(world.units(), ["B10", "H00"]);
    assert!(current.users.get("ana").is_some());
    assert_eq!(current.snapshot.epoch, 1);
}

#[tokio::test]
async fn a_good_change_is_taken_and_recorded_and_no_change_is_not() {
    let (world, mut reloader) = World::open(false).await;
    assert!(reloader.reload(Trigger::Change).await);
    assert_eq!((world.epoch(), world.events()), (1, vec![]));
    world.write("policies/grants.yaml", &POLICIES.replace("all-branches", "every-branch"));
    assert!(reloader.reload(Trigger::Change).await);
    assert_eq!((world.epoch(), world.events()), (2, vec!["all done 0".into()]));
    assert!(world.state.current().snapshot.policies.rule_ids().contains("every-branch"));
    assert!(reloader.reload(Trigger::Request).await);
    assert_eq!(world.epoch(), 3);
}

#[tokio::test]
async fn a_bad_change_leaves_the_whole_set() {
    let (world, mut reloader) = World::open(false).await;
    let before = world.state.current();
    let bad: [(&str, String); 4] = [
        ("policies/grants.yaml", POLICIES.replace("read:", "raed:")),
        ("catalog/bank.yaml", CATALOG.replace("key: [branch_id]", "key: [nothing]")),
        ("users.yaml", "users: {ana: {verifier: sluice}}".into()),
        ("policies/grants.yaml", String::new()),
    ];
    for (number, (name, text)) in bad.iter().enumerate() {
        let good = std::fs::read_to_string(world.folder.path().join(name)).unwrap();
        world.write(name, text);
        // A good change beside the bad one is not taken either.
        world.write("policies/more.yaml", "grant: more\nto: {role: analyst}\nread: [branch]\n");
        assert!(!reloader.reload(Trigger::Change).await, "{name} {text}");
        assert!(Arc::ptr_eq(&before, &world.state.current()));
        assert!(world.events()[number].starts_with("all error"), "{:?}", world.events());
        world.write(name, &good);
    }
}

#[tokio::test]
async fn a_mask_key_that_the_configuration_lacks_is_a_mistake() {
    let (world, mut reloader) = World::open(false).await;
    let mask = "mask: hashed\nfields: [branch.parent_id]\nto: {role: analyst}\nwith: hash(key => 'pii')\n";
    world.write("policies/masks.yaml", mask);
    assert!(!reloader.reload(Trigger::Change).await);
    let found = Files::load(&reloader.loader.config).unwrap_err();
    assert!(found.iter().any(|found| found.code == "missing-key" && found.message.contains("pii")), "{found:?}");
}

#[tokio::test]
async fn the_tree_follows_its_source_and_is_given_up_when_stale() {
    let (world, mut reloader) = World::open(false).await;
    reloader.refresh_org().await;
    assert_eq!(world.epoch(), 1, "an equal tree is no new set");
    branches(world.folder.path(), &["('H00', NULL)", "('B10', 'H00')", "('B11', 'B10')"]);
    reloader.refresh_org().await;
    assert_eq!((world.units().len(), world.epoch()), (3, 2));
    // An empty table is a mistake of somebody's, not an organisation.
    branches(world.folder.path(), &["('H00', NULL)"]);
    rusqlite::Connection::open(world.folder.path().join("core.db"))
        .unwrap()
        .execute("DELETE FROM branches", ())
        .unwrap();
    reloader.refresh_org().await;
    assert!(world.units().is_empty(), "with no patience at all, a tree that cannot be read is not believed");
    assert_eq!(world.events(), ["org done 0", "org done 0"]);
}

#[tokio::test]
async fn a_changed_file_is_noticed() {
    let (world, reloader) = World::open(true).await;
    let running = reloader.spawn();
    tokio::time::sleep(Duration::from_millis(200)).await;
    world.write("policies/grants.yaml", &POLICIES.replace("read:", "raed:"));
    world.wait("a refusal", |world| world.events().iter().any(|event| event.starts_with("all error"))).await;
    assert_eq!(world.epoch(), 1);
    world.write("policies/grants.yaml", &POLICIES.replace("all-branches", "every-branch"));
    world.wait("the new set", |world| world.epoch() > 1).await;
    branches(world.folder.path(), &["('H00', NULL)", "('B10', 'H00')", "('B20', 'H00')"]);
    world.wait("the new tree", |world| world.units().len() == 3).await;
    world.state.enter(Phase::Draining);
    tokio::time::timeout(Duration::from_secs(5), running).await.unwrap().unwrap();
}

/// The same path, counted from the working directory.
fn relative(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap();
    let up: PathBuf = here.components().skip(1).map(|_| "..").collect();
    up.join(path.strip_prefix("/").unwrap())
}

/// Waits until the one grant of the set in force has this name.
async fn granted(world: &World, name: &str) {
    world.wait(name, |world| world.state.current().snapshot.policies.rule_ids().contains(name)).await;
}

fn named(name: &str) -> String {
    POLICIES.replace("all-branches", name)
}

#[tokio::test]
async fn a_relative_path_is_watched_as_well() {
    let (world, reloader) = World::open_at(true, relative, |_| ()).await;
    let running = reloader.spawn();
    tokio::time::sleep(Duration::from_millis(200)).await;
    world.write("policies/grants.yaml", &named("first"));
    granted(&world, "first").await;
    // Written beside and renamed over, as editors do.
    world.write("policies/.grants.new", &named("second"));
    std::fs::rename(world.folder.path().join("policies/.grants.new"), world.folder.path().join("policies/grants.yaml"))
        .unwrap();
    granted(&world, "second").await;
    let users = std::fs::read_to_string(world.folder.path().join("users.yaml")).unwrap();
    let epoch = world.epoch();
    world.write("users.yaml", &users.replace("  ana:", "  bea:"));
    world.wait("the new users", |world| world.epoch() > epoch).await;
    world.state.enter(Phase::Draining);
    running.await.unwrap();
}

#[tokio::test]
async fn an_exchanged_folder_is_watched_from_then_on() {
    let (world, reloader) = World::open(true).await;
    let running = reloader.spawn();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let path = |name: &str| world.folder.path().join(name);
    std::fs::create_dir(path("next")).unwrap();
    world.write("next/grants.yaml", &named("first"));
    std::fs::rename(path("policies"), path("before")).unwrap();
    // Between the two there is no folder at all; the set in force stays.
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(world.epoch(), 1);
    std::fs::rename(path("next"), path("policies")).unwrap();
    granted(&world, "first").await;
    world.write("policies/grants.yaml", &named("second"));
    granted(&world, "second").await;
    world.state.enter(Phase::Draining);
    running.await.unwrap();
}

#[tokio::test]
async fn links_are_followed_and_watched() {
    // As Kubernetes mounts a volume: folders, and links that lead through one link.
    let arrange = |folder: &Path| {
        let path = |name: &str| folder.join(name);
        std::fs::create_dir_all(path("volume/..1")).unwrap();
        std::fs::rename(path("users.yaml"), path("volume/..1/users.yaml")).unwrap();
        std::fs::rename(path("policies"), path("volume/..1/policies")).unwrap();
        std::fs::rename(path("volume/..1/policies/grants.yaml"), path("shared.yaml")).unwrap();
        symlink("../../../shared.yaml", path("volume/..1/policies/grants.yaml")).unwrap();
        symlink("..1", path("volume/..data")).unwrap();
        symlink("volume/..data/users.yaml", path("users.yaml")).unwrap();
        symlink("volume/..data/policies", path("policies")).unwrap();
    };
    let (world, reloader) = World::open_at(true, relative, arrange).await;
    let running = reloader.spawn();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let path = |name: &str| world.folder.path().join(name);
    world.write("shared.yaml", &named("first"));
    granted(&world, "first").await;

    let exchange = |number: u32, name: &str, user: &str| {
        let next = format!("volume/..{number}");
        std::fs::create_dir_all(path(&next).join("policies")).unwrap();
        world.write(&format!("{next}/policies/grants.yaml"), &named(name));
        let users = std::fs::read_to_string(path("users.yaml")).unwrap().replace("  ana:", &format!("  {user}:"));
        world.write(&format!("{next}/users.yaml"), &users);
        symlink(format!("..{number}"), path("volume/..data_tmp")).unwrap();
        std::fs::rename(path("volume/..data_tmp"), path("volume/..data")).unwrap();
    };
    for (number, name) in [(2, "second"), (3, "third")] {
        exchange(number, name, "ana");
        granted(&world, name).await;
    }
    world.write("volume/..3/policies/grants.yaml", &named("fourth"));
    granted(&world, "fourth").await;
    let epoch = world.epoch();
    exchange(4, "fourth", "bea");
    world.wait("the new users", |world| world.epoch() > epoch).await;
    assert!(world.state.current().users.get("bea").is_some());
    world.state.enter(Phase::Draining);
    running.await.unwrap();
}

#[tokio::test]
async fn a_dated_tree_is_read_with_its_days() {
    let (world, _) = World::open(false).await;
    let database = rusqlite::Connection::open(world.folder.path().join("core.db")).unwrap();
    database
        .execute_batch(
            "CREATE TABLE posts (unit TEXT, up TEXT, since TEXT, until TEXT);
             INSERT INTO posts VALUES ('H00', NULL, NULL, NULL), ('B10', 'H00', '1970-01-11', '1970-01-21'),
               ('B20', 'H00', '1970-01-16', '9999-12-31'), ('B30', 'H00', 'soon', NULL);",
        )
        .unwrap();
    let dated = "\
entity: post
source: {connection: core, table: posts}
key: [unit, since]
fields:
  unit: {column: unit, type: text, level: 1}
  up: {column: up, type: text, level: 1}
  since: {column: since, type: date, level: 1}
  until: {column: until, type: date, level: 1}
hierarchy: {id: org, unit: unit, parent: up, valid_from: since, valid_to: until}
";
    world.write("catalog/bank.yaml", &CATALOG.replace("hierarchy: {id: org, parent: parent_id}\n", ""));
    world.write("catalog/post.yaml", dated);
    let config = Arc::new(Config::load(&world.folder.path().join("sluice.yaml")).unwrap());
    let (_, current) = Loader::open(config, None).await.unwrap();
    for (day, expected) in [(9, "H00"), (10, "B10 H00"), (15, "B10 B20 H00"), (20, "B20 H00"), (40_000, "B20 H00")] {
        assert_eq!(below(&current, day).join(" "), expected, "{day}");
    }
}
