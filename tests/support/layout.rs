//! The demo bank behind Sluice, in the layouts that cases run on, and in PostgreSQL as the reference.
//!
//! * `embedded`: `core` is a SQLite file, `dw` is Parquet; what `sluice demo` serves.
//! * `servers`: `core` and `dw` are PostgreSQL schemas, customers are in MariaDB; TLS for those who ask for it.
//!
//! The reference is the same bank in a PostgreSQL database of its own, read past Sluice: `by hand`.

use std::path::Path;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use sluice_server::demo::files::{self, Format};
use sluice_server::demo::servers::{load_mysql, load_postgres};
use sluice_server::demo::{Bank, SEED, Scale, sqlite};

use super::client::{Answer, Form};
use super::sluice::{PASSWORD, Settings, Sluice};
use super::wire::Wire;
use super::{block_on, eventually, fresh_directory, mariadb, postgres, users};

/// A running Sluice over the demo bank.
pub struct Layout {
    /// `embedded` or `servers`.
    pub name: &'static str,
    /// The server.
    pub sluice: Sluice,
    auditor: Mutex<Option<Wire>>,
}

/// The layout of this name, started when first asked for.
pub fn named(name: &str) -> &'static Layout {
    match name {
        "embedded" => embedded(),
        "servers" => servers(),
        other => panic!("no layout {other}"),
    }
}

/// SQLite and Parquet.
pub fn embedded() -> &'static Layout {
    static LAYOUT: OnceLock<Layout> = OnceLock::new();
    LAYOUT.get_or_init(|| {
        let directory = fresh_directory("embedded");
        let settings = embedded_settings(&directory);
        Layout { name: "embedded", sluice: Sluice::start(&settings), auditor: Mutex::new(None) }
    })
}

/// Writes the data of the embedded layout and returns settings for a server over it.
pub fn embedded_settings(directory: &Path) -> Settings {
    sqlite::write(bank(), &directory.join("core.db")).expect("the SQLite file");
    files::write(bank(), &directory.join("dw"), Format::Parquet, 2).expect("the Parquet files");
    users::write(&directory.join("users.yaml"), &users::of_the_demo());
    let path = directory.to_str().expect("a plain path");
    let yaml = format!(
        "connections:\n  core: {{kind: sqlite, path: {path}/core.db}}\n  dw: {{kind: parquet, path: {path}/dw}}\n"
    );
    Settings::shipped(directory, yaml)
}

/// PostgreSQL and MariaDB.
pub fn servers() -> &'static Layout {
    static LAYOUT: OnceLock<Layout> = OnceLock::new();
    LAYOUT.get_or_init(|| {
        let directory = fresh_directory("servers");
        let settings = servers_settings(&directory);
        Layout { name: "servers", sluice: Sluice::start(&settings), auditor: Mutex::new(None) }
    })
}

/// Loads the servers, once, and returns settings for a Sluice over them.
pub fn servers_settings(directory: &Path) -> Settings {
    let postgres_port = reference().port;
    let mysql = mariadb::shared();
    static LOADED: OnceLock<()> = OnceLock::new();
    LOADED.get_or_init(|| {
        mysql.run("", &["CREATE DATABASE crm".into()]);
        block_on(async {
            let mut connection = mysql.connect("crm").await.expect("a session");
            load_mysql(&mut connection, bank()).await.expect("customers in MariaDB");
            connection.disconnect().await.expect("an orderly end");
        });
    });
    users::write(&directory.join("users.yaml"), &users::of_the_demo());
    std::fs::write(directory.join("source.password"), postgres::PASSWORD).expect("the password file");
    let secret = directory.join("source.password");
    let secret = secret.to_str().expect("a plain path");
    let login = format!("tls: disable, password: \"file:{secret}\"");
    let postgres =
        format!("kind: postgres, host: 127.0.0.1, port: {postgres_port}, database: bank, user: postgres, {login}");
    let mysql =
        format!("kind: mysql, host: 127.0.0.1, port: {}, database: crm, user: {}, {login}", mysql.port, mariadb::USER);
    let mut yaml = format!(
        "connections:\n  core: {{{postgres}}}\n  dw: {{{postgres}}}\n  crm: {{{mysql}}}\n\
         placement:\n  customer: {{connection: crm, table: customers}}\n"
    );
    let tables = [
        ("branch", "core", "branches"),
        ("account", "core", "accounts"),
        ("employee", "core", "employees"),
        ("daily_balance", "dw", "daily_balances"),
        ("txn", "dw", "transactions"),
        ("calendar", "dw", "calendar"),
    ];
    for (entity, schema, table) in tables {
        yaml.push_str(&format!("  {entity}: {{connection: {schema}, table: {schema}.{table}}}\n"));
    }
    yaml.push_str(&super::tls::certificate(directory, false));
    Settings::shipped(directory, yaml)
}

/// The bank of every layout.
pub fn bank() -> &'static Bank {
    static BANK: OnceLock<Bank> = OnceLock::new();
    BANK.get_or_init(|| Bank::generate(SEED, Scale::small()))
}

/// PostgreSQL with database `bank`: schemas `core` and `dw`, and `retail` with views by the catalog's ids, so that a
/// statement over clear fields reads the same here and through Sluice.
pub fn reference() -> &'static postgres::Postgres {
    static LOADED: OnceLock<()> = OnceLock::new();
    let server = postgres::shared();
    LOADED.get_or_init(|| {
        server.run("postgres", "CREATE DATABASE bank");
        block_on(async {
            let client = server.connect("bank").await.expect("the superuser connects");
            load_postgres(&client, bank()).await.expect("the bank in PostgreSQL");
        });
        server.run("bank", VIEWS);
        server.run("bank", &format!("CREATE ROLE risk_officer LOGIN PASSWORD '{PASSWORD}'"));
        server.run("bank", "GRANT USAGE ON SCHEMA retail TO risk_officer");
        server.run("bank", "GRANT SELECT ON ALL TABLES IN SCHEMA retail TO risk_officer");
        server.run("bank", "ALTER DATABASE bank SET default_transaction_read_only = on");
    });
    server
}

const VIEWS: &str = "
CREATE SCHEMA retail;
CREATE VIEW retail.branch AS SELECT br_no AS branch_id, br_nm AS branch_name, up_br_no AS parent_id, lvl AS level,
  region FROM core.branches;
CREATE VIEW retail.customer AS SELECT cust_no AS cust_id, cust_nm AS cust_name, cert_no, mob AS mobile,
  addr AS address, typ AS cust_type, seg AS segment, mgr_br AS branch_id FROM core.customers;
CREATE VIEW retail.account AS SELECT acct_no AS acct_id, cust_no AS cust_id, open_br AS branch_id, prod AS product,
  ccy AS currency, open_dt AS opened_on, status, rate FROM core.accounts;
CREATE VIEW retail.employee AS SELECT emp_no AS emp_id, emp_nm AS emp_name, title, salary, br_no AS branch_id
  FROM core.employees;
CREATE VIEW retail.daily_balance AS SELECT biz_dt AS biz_date, acct_no AS acct_id, br_no AS branch_id, bal AS balance
  FROM dw.daily_balances;
CREATE VIEW retail.txn AS SELECT tx_no AS txn_id, tx_ts AS txn_time, acct_no AS acct_id, br_no AS branch_id,
  amt AS amount, dc AS direction, chan AS channel, memo FROM dw.transactions;
CREATE VIEW retail.calendar AS SELECT d AS biz_date, is_workday AS is_business, is_month_end FROM dw.calendar;
";

impl Layout {
    /// Starts a server for a layout.
    pub fn start(name: &'static str, settings: &Settings) -> Layout {
        Layout { name, sluice: Sluice::start(settings), auditor: Mutex::new(None) }
    }

    /// Rows of the audit, as the auditor reads them.
    pub fn audit(&self, sql: &str) -> Answer {
        audit(&self.sluice, &self.auditor, sql)
    }

    /// One line per statement that the session with this application name sent, once all of them are closed.
    /// Statements in `before` are left out.
    pub fn audit_lines(&self, application: &str, before: &[&str]) -> Vec<String> {
        audit_lines(&self.sluice, &self.auditor, application, before)
    }
}

/// What the audit says of an application's statements but those run before the case, each in a line.
pub fn audit_lines(sluice: &Sluice, session: &Mutex<Option<Wire>>, application: &str, before: &[&str]) -> Vec<String> {
    let sql = format!(
        "SELECT statement, outcome, sqlstate, rows, relations, rules, masks, lookups FROM audit.queries \
         WHERE event = 'query' AND application_name = '{application}' ORDER BY opened_at, query_id"
    );
    eventually("closed audit records", Duration::from_secs(20), || {
        let answer = audit(sluice, session, &sql);
        let rows: Vec<&Vec<Option<String>>> =
            answer.rows.iter().filter(|row| !before.contains(&row[0].as_deref().unwrap_or_default().trim())).collect();
        let open = rows.iter().any(|row| row[1].as_deref() == Some("running"));
        if rows.is_empty() || open {
            return Err(format!("{:?} {:?}", answer.error, answer.rows));
        }
        Ok(rows.into_iter().map(|row| audit_line(row)).collect())
    })
}

/// Runs a statement as `auditor`, on a session kept for that.
pub fn audit(sluice: &Sluice, session: &Mutex<Option<Wire>>, sql: &str) -> Answer {
    let mut session = session.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let wire = session.get_or_insert_with(|| sluice.login("auditor"));
    let answer = wire.ask(Form::Simple, sql, &[]);
    assert!(answer.error.is_none(), "the auditor reads: {:?}", answer.error);
    answer
}

fn audit_line(row: &[Option<String>]) -> String {
    let mut words = vec![row[1].clone().unwrap_or_default()];
    let keys = ["sqlstate", "rows", "relations", "rules", "masks", "lookups"];
    for (key, value) in keys.iter().zip(&row[2..]) {
        match value.as_deref() {
            None | Some("" | "00000") => {}
            Some("0") if *key == "lookups" => {}
            Some(value) => words.push(format!("{key}={value}")),
        }
    }
    words.join(" ")
}
