//! Extracts of two million rows: memory stays bounded, for a fast reader and for a slow one.

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::support::client::cstring;
use crate::support::keep::free_port;
use crate::support::sluice::{PASSWORD, Settings, Sluice};
use crate::support::{fresh_directory, mariadb, postgres, users};

const ROWS: u64 = 2_000_000;
const MEMORY_MAX: u64 = 400 << 20;

/// Where the rows come from.
#[derive(Clone, Copy)]
pub enum From {
    /// A table in PostgreSQL.
    Postgres,
    /// A table in MariaDB.
    Mariadb,
    /// A view in MariaDB that takes its time over each row.
    SlowMariadb,
    /// A table in a SQLite file.
    Sqlite,
}

/// One extract at a time: each measures the memory of its own server, and two would take each other's time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Sluice over one table of two million rows; the policy masks one of its fields.
pub fn server(from: From) -> Sluice {
    let directory = fresh_directory("extract");
    let path = directory.to_str().expect("a plain path").to_string();
    std::fs::write(directory.join("source.password"), postgres::PASSWORD).expect("the password file");
    let login = format!("tls: disable, password: \"file:{path}/source.password\"");
    let connection = match from {
        From::Postgres => {
            let source = postgres::shared();
            source.run("postgres", "CREATE DATABASE extract");
            source.run(
                "extract",
                "CREATE UNLOGGED TABLE big AS SELECT n, '客户' || n AS name, '138' || lpad(n::text, 8, '0') AS mobile, \
                 (n * 1.25)::numeric(18,2) AS amount, date '2024-01-01' + (n % 700)::int AS day \
                 FROM generate_series(1, 2000000) AS n",
            );
            let port = source.port;
            format!("kind: postgres, host: 127.0.0.1, port: {port}, database: extract, user: postgres, {login}")
        }
        From::Mariadb => {
            let source = mariadb::shared();
            source.run("", &["CREATE DATABASE extract".into()]);
            source.run(
                "extract",
                &[
                    "CREATE TABLE big (n bigint PRIMARY KEY, name varchar(40), mobile varchar(20), \
                     amount decimal(18,2), day date)"
                        .into(),
                    "INSERT INTO big SELECT seq, concat('客户', seq), concat('138', lpad(seq, 8, '0')), seq * 1.25, \
                     date '2024-01-01' + INTERVAL (seq MOD 700) DAY FROM seq_1_to_2000000"
                        .into(),
                ],
            );
            let (port, user) = (source.port, mariadb::USER);
            format!("kind: mysql, host: 127.0.0.1, port: {port}, database: extract, user: {user}, {login}")
        }
        From::SlowMariadb => {
            let source = mariadb::shared();
            source.run("", &["CREATE DATABASE slow".into()]);
            let view = "CREATE VIEW big AS SELECT seq AS n, concat('x', sleep(0.02)) AS name, '13800000000' AS mobile, \
                        CAST(1 AS decimal(18,2)) AS amount, date '2024-01-01' AS day FROM seq_1_to_2000000";
            source.run("slow", &[view.into()]);
            let (port, user) = (source.port, mariadb::USER);
            format!("kind: mysql, host: 127.0.0.1, port: {port}, database: slow, user: {user}, {login}")
        }
        From::Sqlite => {
            let file = directory.join("extract.db");
            let source = rusqlite::Connection::open(&file).expect("a SQLite file");
            source
                .execute_batch(
                    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
                     CREATE TABLE big (n INTEGER PRIMARY KEY, name TEXT, mobile TEXT, amount TEXT, day TEXT);
                     WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2000000)
                     INSERT INTO big SELECT n, '客户' || n, '138' || printf('%08d', n), printf('%d.%02d', n, n % 100),
                       date('2024-01-01', (n % 700) || ' days') FROM c;",
                )
                .expect("two million rows");
            format!("kind: sqlite, path: {path}/extract.db")
        }
    };
    for folder in ["catalog", "policies"] {
        std::fs::create_dir(directory.join(folder)).expect("a folder");
    }
    std::fs::write(directory.join("catalog/big.yaml"), CATALOG).expect("the catalog");
    std::fs::write(directory.join("policies/big.yaml"), POLICIES).expect("the policies");
    users::write(
        &directory.join("users.yaml"),
        &[users::User { name: "reader", roles: vec!["reader"], posts: vec![] }],
    );
    let settings = Settings {
        catalog: directory.join("catalog"),
        policies: directory.join("policies"),
        port: free_port(),
        yaml: format!("connections:\n  big: {{{connection}}}\n"),
        database: "bank".into(),
        directory,
    };
    Sluice::start(&settings)
}

const CATALOG: &str = "
catalog: {format: 1, name: extract, locales: [zh, en], timezone: Asia/Shanghai}
domains:
  - {id: lake, label: {zh: 大表}}
---
entity: big
label: {zh: 明细}
source: {connection: big, table: big}
key: [n]
fields:
  n:      {column: n, type: bigint, level: 1}
  name:   {column: name, type: text, level: 1}
  mobile: {column: mobile, type: text, level: 3}
  amount: {column: amount, type: 'decimal(18,2)', level: 1}
  day:    {column: day, type: date, level: 1}
";

const POLICIES: &str = "
roles: {reader: {}}
---
grant: all
to: {role: reader}
read: [big]
---
mask: mobile
to: {role: reader}
fields: [big.mobile]
with: cn_mobile()
";

fn within_bounds(sluice: &Sluice, what: &str) {
    let peak = sluice.peak_memory();
    assert!(peak < MEMORY_MAX, "{what}: {} MiB resident at most", peak >> 20);
}

/// `\copy` of everything with psql.
fn copy_with_psql(sluice: &Sluice) {
    let target = sluice.settings.directory.join("out.csv");
    let output = std::process::Command::new("psql")
        .args(["-X", "-v", "ON_ERROR_STOP=1", "-c"])
        .arg(format!("\\copy (SELECT * FROM lake.big) TO '{}' WITH (FORMAT csv, HEADER)", target.display()))
        .env("PGHOST", "127.0.0.1")
        .env("PGPORT", sluice.settings.port.to_string())
        .env("PGUSER", "reader")
        .env("PGPASSWORD", PASSWORD)
        .env("PGDATABASE", "bank")
        .output()
        .expect("psql; ./tests/run installs it");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert_eq!(text.trim(), format!("COPY {ROWS}"));
    let bytes = std::fs::read(&target).expect("the extract");
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    assert_eq!(lines, ROWS + 1, "lines of the file");
    let start = String::from_utf8_lossy(&bytes[..400]).into_owned();
    assert!(start.starts_with("n,name,mobile,amount,day\n") && start.contains("138****"), "{start}");
}

#[test]
fn two_million_rows_from_postgresql_through_copy() {
    let _alone = alone();
    let sluice = server(From::Postgres);
    copy_with_psql(&sluice);
    within_bounds(&sluice, "\\copy from PostgreSQL");
}

#[test]
fn two_million_rows_from_mariadb_through_copy() {
    let _alone = alone();
    let sluice = server(From::Mariadb);
    copy_with_psql(&sluice);
    within_bounds(&sluice, "\\copy from MariaDB");
}

#[test]
fn a_slow_reader_takes_no_memory() {
    let _alone = alone();
    let sluice = server(From::Sqlite);
    let mut wire = sluice.login("reader");
    wire.send(b'Q', &cstring("SELECT * FROM lake.big")).expect("the server reads");
    // Slow at first: a server that does not wait for its reader would have read everything by then.
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(6) {
        wire.read_raw(16 << 10).expect("rows");
        std::thread::sleep(Duration::from_millis(20));
    }
    within_bounds(&sluice, "while the reader is slow");
    let mut rows = 0;
    while let Some(message) = wire.receive().expect("rows") {
        match message.tag {
            b'D' => rows += 1,
            b'Z' => break,
            b'E' => panic!("{}", String::from_utf8_lossy(&message.body)),
            _ => {}
        }
    }
    assert_eq!(rows, ROWS);
    within_bounds(&sluice, "after a slow reader");
}

#[test]
fn a_cursor_over_two_million_rows_reads_as_much_as_is_fetched() {
    let _alone = alone();
    let sluice = server(From::Sqlite);
    let mut wire = sluice.login("reader");
    wire.simple("BEGIN");
    let answer = wire.simple("DECLARE c CURSOR FOR SELECT n, mobile FROM lake.big");
    assert!(answer.error.is_none(), "{:?}", answer.error);
    let started = Instant::now();
    for _ in 0..5 {
        let answer = wire.simple("FETCH 1000 FROM c");
        assert_eq!(answer.rows.len(), 1000, "{:?}", answer.error);
    }
    assert!(started.elapsed() < Duration::from_secs(20), "5,000 of 2,000,000 rows took {:?}", started.elapsed());
    wire.simple("ROLLBACK");
    within_bounds(&sluice, "after a cursor");
}
