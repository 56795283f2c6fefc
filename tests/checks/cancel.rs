//! A cancel, a timeout and a client that goes away end the work at once, at the source too.

use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;

use super::extract::{From, server};
use crate::support::client::cstring;
use crate::support::layout::{Layout, reference, servers};
use crate::support::sluice::{PASSWORD, Sluice};
use crate::support::wire::{Key, Wire, cancel};
use crate::support::{block_on, eventually, mariadb};

/// Long work for PostgreSQL alone: it can be pushed down whole, and joins some ten billion rows.
const LONG_IN_POSTGRES: &str = "SELECT count(*) FROM retail.txn a JOIN retail.txn b ON a.branch_id = b.branch_id \
     JOIN retail.txn c ON b.branch_id = c.branch_id JOIN retail.txn d ON c.branch_id = d.branch_id";
/// Long work that only the engine can do.
const LONG_HERE: &str = "SELECT count(*) FROM retail.txn a CROSS JOIN retail.customer b CROSS JOIN retail.txn c \
                         WHERE length(a.channel || b.segment || c.channel) = 1";

fn session(layout: &Layout, application: &str) -> Wire {
    let login = layout.sluice.try_login("risk_officer", PASSWORD, application);
    login.unwrap_or_else(|error| panic!("no login: {error:?}"))
}

/// Statements that PostgreSQL runs for Sluice now.
fn busy_in_postgres() -> usize {
    let sql = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND datname = 'bank' AND pid <> pg_backend_pid() \
               AND query LIKE '%transactions%'";
    reference().rows("bank", "", sql).expect("PostgreSQL answers").len()
}

/// Statements that MariaDB runs over the slow view now.
fn busy_in_mariadb() -> usize {
    block_on(async {
        let mut connection = mariadb::shared().connect("slow").await.expect("MariaDB answers");
        let sql = "SELECT count(*) FROM information_schema.processlist WHERE command IN ('Query', 'Execute') \
                   AND id <> connection_id() AND db = 'slow'";
        let count: Option<usize> = connection.query_first(sql).await.expect("a count");
        connection.disconnect().await.expect("an orderly end");
        count.unwrap_or_default()
    })
}

fn until(what: &str, holds: impl Fn() -> bool) {
    eventually(what, Duration::from_secs(60), || if holds() { Ok(()) } else { Err("not yet".to_string()) });
}

/// Statements of a session that run now, wherever they do.
fn running(layout: &Layout, application: &str) -> usize {
    let sql =
        format!("SELECT count(*) FROM audit.queries WHERE outcome = 'running' AND application_name = '{application}'");
    layout.audit(&sql).rows[0][0].as_deref().and_then(|count| count.parse().ok()).expect("a count")
}

/// Sends a statement, waits until `busy`, cancels, and expects that everything ends at once.
fn ends_at_once(sluice: &Sluice, wire: &mut Wire, sql: &str, busy: &dyn Fn() -> usize) {
    wire.send(b'Q', &cstring(sql)).expect("the server reads");
    until("the statement runs", || busy() > 0);
    let started = Instant::now();
    cancel(sluice.settings.port, &wire.key).expect("a cancel request is taken");
    let answer = wire.answer();
    assert_eq!(answer.error.as_ref().map(|error| error.code.as_str()), Some("57014"), "{sql}: {answer:?}");
    // None of these statements ends by itself in so short a time.
    assert!(started.elapsed() < Duration::from_secs(30), "{sql}: cancelled after {:?}", started.elapsed());
    until("nothing runs any more", || busy() == 0);
    assert_eq!(wire.simple("SELECT 1").rows.len(), 1, "the session goes on");
}

#[test]
fn a_cancel_ends_the_statement_wherever_it_runs() {
    let layout = servers();
    for (application, sql) in [("cancelled-there", LONG_IN_POSTGRES), ("cancelled-here", LONG_HERE)] {
        let mut wire = session(layout, application);
        let (in_postgres, before) = (sql == LONG_IN_POSTGRES, layout.sluice.busy_time());
        // Work of half a second is more than planning takes.
        let at_work = || layout.sluice.busy_time() - before > Duration::from_millis(500);
        let busy = || match (in_postgres, at_work()) {
            (true, _) => busy_in_postgres(),
            (false, true) => running(layout, application),
            (false, false) => 0,
        };
        ends_at_once(&layout.sluice, &mut wire, sql, &busy);
        let lines = layout.audit_lines(application, &["SELECT 1"]);
        assert!(lines.len() == 1 && lines[0].starts_with("cancelled"), "{lines:?}");
    }
    let events = layout.audit("SELECT count(*) FROM audit.queries WHERE event = 'cancel' AND outcome = 'done'");
    assert!(events.rows[0][0].as_deref() != Some("0"), "cancels are recorded");
}

#[test]
fn a_cancel_reaches_mariadb() {
    let sluice = server(From::SlowMariadb);
    let mut wire = sluice.login("reader");
    ends_at_once(&sluice, &mut wire, "SELECT n, name FROM lake.big", &busy_in_mariadb);
    wire.send(b'Q', &cstring("SELECT n, name FROM lake.big")).expect("the server reads");
    until("the source is busy", || busy_in_mariadb() > 0);
    drop(wire);
    until("the source is idle when the client has gone", || busy_in_mariadb() == 0);
}

#[test]
fn a_client_that_goes_away_takes_its_work_with_it() {
    let layout = servers();
    let mut wire = session(layout, "vanished");
    wire.send(b'Q', &cstring(LONG_IN_POSTGRES)).expect("the server reads");
    until("the source is busy", || busy_in_postgres() > 0);
    drop(wire);
    until("the source is idle again", || busy_in_postgres() == 0);
    let lines = layout.audit_lines("vanished", &[]);
    assert!(lines.len() == 1 && lines[0].starts_with("abandoned"), "{lines:?}");
}

#[test]
fn a_cancel_with_a_wrong_key_does_nothing() {
    let layout = servers();
    let mut wire = session(layout, "not-cancelled");
    wire.send(b'Q', &cstring(LONG_HERE)).expect("the server reads");
    let mut secret = wire.key.secret.clone();
    secret[0] ^= 1;
    cancel(layout.sluice.settings.port, &Key { process: wire.key.process, secret }).expect("the request is taken");
    // A description may come at once, rows may not.
    while let Some(early) = wire.receive_within(Duration::from_millis(800)) {
        assert_eq!(early.tag, b'T', "the statement still runs: {early:?}");
    }
    cancel(layout.sluice.settings.port, &wire.key).expect("the request is taken");
    assert_eq!(wire.answer().error.map(|error| error.code), Some("57014".to_string()));
}

#[test]
fn a_timeout_reaches_the_source() {
    let layout = servers();
    let mut wire = session(layout, "timed-out");
    wire.simple("SET statement_timeout = '900ms'");
    let answer = wire.simple(LONG_IN_POSTGRES);
    assert_eq!(answer.error.map(|error| error.code), Some("57014".to_string()));
    until("the source is idle again", || busy_in_postgres() == 0);
}
