//! Statements captured from clients, on Sluice and on PostgreSQL: `clients/captured.py` replays both and compares
//! column names, types, SQLSTATEs and rows; `clients/captured/differences.txt` lists what may differ, with reasons.
//!
//! `CASE=psql` replays the files whose name holds `psql`.

use std::process::Command;
use std::sync::OnceLock;

use crate::support::keep::free_port;
use crate::support::postgres;
use crate::support::sluice::{PASSWORD, Settings, Sluice};
use crate::support::users::{self, User};
use crate::support::{fresh_directory, repository};

/// PostgreSQL with the schema of the statements, owned by a role like Sluice's owner and read by `bi`.
pub fn reference() -> &'static postgres::Postgres {
    static LOADED: OnceLock<()> = OnceLock::new();
    let server = postgres::shared();
    LOADED.get_or_init(|| {
        server.run("postgres", "CREATE ROLE sluice");
        server.run("postgres", &format!("CREATE ROLE bi LOGIN PASSWORD '{PASSWORD}'"));
        server.run("postgres", "CREATE DATABASE sales OWNER sluice");
        let schema = repository().join("tests/clients/captured/schema.sql");
        server.run("sales", &std::fs::read_to_string(schema).expect("the schema"));
        server.run("sales", "ALTER DATABASE sales SET search_path = shop");
        server.run("sales", "ALTER DATABASE sales SET default_transaction_read_only = on");
    });
    server
}

/// Sluice over that database, as the catalog beside the statements describes it.
pub fn sluice() -> &'static Sluice {
    static STARTED: OnceLock<Sluice> = OnceLock::new();
    STARTED.get_or_init(|| start(reference().port))
}

fn start(port: u16) -> Sluice {
    let directory = fresh_directory("captured");
    users::write(&directory.join("users.yaml"), &[User { name: "bi", roles: vec!["bi"], posts: Vec::new() }]);
    std::fs::write(directory.join("source.password"), postgres::PASSWORD).expect("the password file");
    let path = directory.to_str().expect("a plain path");
    let yaml = format!(
        "connections:\n  core: {{kind: postgres, host: 127.0.0.1, port: {port}, database: sales, user: postgres, \
         tls: disable, password: \"file:{path}/source.password\"}}\n"
    );
    let folder = repository().join("tests/clients/captured");
    Sluice::start(&Settings {
        directory,
        port: free_port(),
        catalog: folder.join("catalog"),
        policies: folder.join("policies"),
        yaml,
        database: "sales".into(),
    })
}

#[test]
fn captured() {
    let server = reference();
    let sluice = sluice();
    let login = |port: u16| format!("host=127.0.0.1 port={port} dbname=sales user=bi password={PASSWORD}");
    let script = repository().join("tests/clients/captured.py");
    let output = Command::new(super::clients::python())
        .arg(&script)
        .env("REFERENCE", login(server.port))
        .env("SLUICE", login(sluice.settings.port))
        .output()
        .unwrap_or_else(|error| panic!("python: {error}; ./tests/run installs what is missing"));
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    println!("{told}");
}
