//! The auditor's door: what was asked, by whom and how it ended, through the same SQL; invisible to everybody else.

use std::time::Duration;

use crate::support::client::{FORMS, Form};
use crate::support::layout::{embedded, servers};
use crate::support::sluice::PASSWORD;
use crate::support::{eventually, layout};

const QUESTION: &str = "SELECT user_name, statement, outcome, rows FROM audit.queries ORDER BY opened_at DESC LIMIT 20";

#[test]
fn the_auditor_lists_everything_refusals_included() {
    // A server of its own, so that the last twenty are known.
    let directory = crate::support::fresh_directory("audited");
    let sluice = crate::support::sluice::Sluice::start(&layout::embedded_settings(&directory));
    let asked: &[(&str, &str, &str, Option<&str>)] = &[
        ("hq_analyst", "SELECT count(*) FROM 零售.客户", "done", Some("1")),
        ("cd_manager", "SELECT salary FROM 零售.员工", "refused", None),
        ("jj_teller", "DELETE FROM 零售.客户", "refused", None),
        ("jj_teller", "SELEC 1", "refused", None),
        ("jj_teller", "SELECT 1 / (level - 3) FROM retail.branch", "error", None),
        ("risk_officer", "SELECT branch_id FROM retail.branch", "done", Some("16")),
        ("steward", "SELECT 1;\n2026-01-01 auditor LOGIN OK", "refused", None),
        ("hq_analyst", "SHOW server_version", "done", Some("1")),
    ];
    for (user, sql, ..) in asked {
        sluice.login(user).simple(sql);
    }
    let mut auditor = sluice.login("auditor");
    let of_others = "SELECT user_name, statement, outcome, rows FROM audit.queries \
                     WHERE event = 'query' AND user_name <> 'auditor' ORDER BY opened_at DESC LIMIT 20";
    eventually("every statement is closed", Duration::from_secs(20), || {
        let answer = auditor.simple(of_others);
        assert!(answer.error.is_none(), "{:?}", answer.error);
        let closed = |(user, sql, outcome, rows): &&(&str, &str, &str, Option<&str>)| {
            answer.rows.iter().any(|row| {
                let text = |at: usize| row[at].as_deref();
                text(0) == Some(user)
                    && text(1).is_some_and(|statement| sql.contains(statement) && !statement.is_empty())
                    && text(2) == Some(outcome)
                    && (rows.is_none() || text(3) == *rows)
            })
        };
        let missing: Vec<_> = asked.iter().filter(|one| !closed(one)).collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("{missing:?} not in {:#?}", answer.rows)) }
    });
    let rows = auditor.simple(QUESTION).rows;
    assert_eq!(rows.len(), 20, "logins and logouts are events as well");
    let refused = rows.iter().filter(|row| row[2].as_deref() == Some("refused")).count();
    assert!(refused > 0, "refusals are listed: {rows:?}");
    assert!(rows.iter().any(|row| row[0].as_deref() == Some("auditor")), "reading the audit is audited");
    let answer = auditor.simple("SELECT opened_at FROM audit.queries ORDER BY opened_at DESC LIMIT 20");
    let times: Vec<_> = answer.rows.iter().map(|row| row[0].clone()).collect();
    assert!(times.windows(2).all(|pair| pair[0] >= pair[1]), "youngest first: {times:?}");
}

#[test]
fn the_audit_does_not_exist_for_others() {
    for layout in [embedded(), servers()] {
        for user in ["hq_analyst", "cd_manager", "jj_teller", "risk_officer", "steward"] {
            let mut session = layout.sluice.login(user);
            for form in FORMS {
                let audit = session.ask(form, "SELECT count(*) FROM audit.queries", &[]);
                let absent = session.ask(form, "SELECT count(*) FROM audit.no_such", &[]);
                let text = |answer: crate::support::client::Answer| {
                    answer.error.map(|error| error.everything.replace("queries", "X").replace("no_such", "X"))
                };
                let (audit, absent) = (text(audit), text(absent));
                assert!(audit.is_some() && audit == absent, "{user}: {audit:?} {absent:?}");
            }
            let listed = session.ask(
                Form::Simple,
                "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE n.nspname = 'audit' OR c.relname = 'queries'",
                &[],
            );
            assert_eq!(listed.lines(false), ["0"], "{user}: {:?}", listed.error);
        }
    }
}

#[test]
fn a_record_says_what_was_decided() {
    let layout = servers();
    let login = layout.sluice.try_login("jj_teller", PASSWORD, "audit-of-a-decision");
    let answer = login.expect("a session").simple("SELECT cust_id, mobile FROM retail.customer LIMIT 3");
    assert_eq!(answer.rows.len(), 3, "{:?}", answer.error);
    let sql = "SELECT relations, fields, masks, roles, client_addr, source_sql, rows, catalog_id, policy_id, duration_ms \
               FROM audit.queries WHERE event = 'query' AND application_name = 'audit-of-a-decision' AND outcome = 'done'";
    let row = eventually("the record", Duration::from_secs(20), || {
        layout.audit(sql).rows.pop().ok_or_else(|| "none".to_string())
    });
    let text = |at: usize| row[at].clone().unwrap_or_default();
    assert_eq!(text(0), "customer");
    assert!(text(1).contains("customer.cust_id:output") && text(1).contains("customer.mobile:output"), "{}", text(1));
    assert!(text(2).contains("customer.mobile:"), "{}", text(2));
    assert!(text(3).contains("teller"), "{}", text(3));
    assert!(text(4).starts_with("127.0.0.1"), "{}", text(4));
    assert!(text(5).starts_with("crm: "), "{}", text(5));
    assert_eq!(text(6), "3");
    assert!(text(7).len() == 64 && text(8).len() == 64, "content hashes: {} {}", text(7), text(8));
    assert!(text(9).parse::<f64>().is_ok_and(|time| time > 0.0), "{}", text(9));
}

#[test]
fn no_secret_is_in_a_log() {
    for layout in [embedded(), servers()] {
        let mut session = layout.sluice.login("risk_officer");
        let answer = session.simple("SELECT mobile, cert_no FROM retail.customer ORDER BY cust_id LIMIT 1");
        let log = layout.sluice.kept.log();
        for secret in answer.rows.iter().flatten().flatten() {
            assert!(!log.contains(secret.as_str()), "a data value is in the log of {}", layout.name);
        }
        assert!(!log.contains(crate::support::postgres::PASSWORD), "a password is in the log of {}", layout.name);
    }
}

/// A file system of 1 MiB for the audit alone, seen by the server and nobody else.
const SMALL_DISK: &str = r#"mount -t tmpfs -o size=1m tmpfs "$1" && shift && exec "$@""#;

#[test]
fn no_row_leaves_when_the_disk_of_the_audit_is_full() {
    let directory = crate::support::fresh_directory("audit-full");
    let settings = layout::embedded_settings(&directory);
    let audit = directory.join("audit");
    std::fs::create_dir(&audit).expect("a folder");
    let audit = audit.to_str().expect("a plain path");
    let outer = ["unshare", "--map-root-user", "--mount", "bash", "-c", SMALL_DISK, "small-disk", audit];
    let sluice = crate::support::sluice::Sluice::start_under(&settings, &outer);
    let mut session = sluice.login("hq_analyst");
    let filler = "x".repeat(8 << 10);
    let mut answered = Vec::new();
    let mut refused = 0;
    for number in 0..400 {
        let mark = format!("mark-{number:04}");
        let form = FORMS[number % FORMS.len()];
        let answer = session.ask(form, &format!("SELECT count(*), '{mark}' FROM retail.branch -- {filler}"), &[]);
        match &answer.error {
            None => answered.push(mark),
            Some(error) => {
                assert_eq!(error.code, "53100", "{error:?}");
                assert!(answer.rows.is_empty(), "rows beside the refusal of {mark}");
                refused += 1;
            }
        }
        if refused > 20 {
            break;
        }
    }
    assert!(refused > 20 && answered.len() > 10, "{} answered, {refused} refused", answered.len());
    // Another person is refused alike, at the latest by the first statement.
    let other = sluice.try_login("jj_teller", PASSWORD, "t").map(|mut session| session.simple("SELECT 1"));
    let code = match other {
        Ok(answer) => answer.error.map(|error| error.code),
        Err(error) => Some(error.code),
    };
    assert_eq!(code.as_deref(), Some("53100"));
    // The server's own view of the folder: whatever was answered stands there.
    let seen = format!("/proc/{}/root{audit}", sluice.kept.pid());
    let mut log = Vec::new();
    for entry in std::fs::read_dir(&seen).expect("the audit's folder") {
        log.extend(std::fs::read(entry.expect("an entry").path()).expect("a segment"));
    }
    let log = String::from_utf8_lossy(&log).into_owned();
    let missing: Vec<_> = answered.iter().filter(|mark| !log.contains(mark.as_str())).collect();
    assert!(missing.is_empty(), "answered and not recorded: {missing:?}");
}
