//! `kill -9` under load: every statement whose rows reached a client is in the audit afterwards.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::fresh_directory;
use crate::support::layout::embedded_settings;
use crate::support::sluice::{PASSWORD, Settings, Sluice};
use crate::support::wire::{Wire, frame};

/// Asks until the server is gone and notes each statement of which a row arrived.
fn ask_until_the_end(settings: &Settings, worker: usize, seen: &Mutex<Vec<String>>, stop: &AtomicBool) {
    let mut number = 0;
    let Ok(mut wire) = Wire::login(settings.port, "jj_teller", PASSWORD, "bank", "load") else { return };
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let sql = format!("SELECT {worker} AS worker, {number} AS number, count(*) FROM retail.customer");
        let query = frame(b'Q', &[sql.as_bytes(), b"\0"].concat());
        if wire.send_bytes(&query).is_err() {
            return;
        }
        loop {
            match wire.receive() {
                Ok(Some(message)) => match message.tag {
                    b'D' => seen.lock().expect("no holder panics").push(sql.clone()),
                    b'Z' => break,
                    b'E' => panic!("{sql}: {}", String::from_utf8_lossy(&message.body)),
                    _ => {}
                },
                _ => return,
            }
        }
    }
}

#[test]
fn what_was_answered_before_a_crash_is_in_the_audit_after_it() {
    let directory = fresh_directory("crash");
    let settings = embedded_settings(&directory);
    // Keeps the directory over the death of the first server.
    std::fs::write(directory.join("hold"), "").expect("a mark");
    for round in 0..2 {
        let sluice = Sluice::start(&settings);
        let seen = Mutex::new(Vec::new());
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for worker in 0..6 {
                let (seen, stop, settings) = (&seen, &stop, &settings);
                scope.spawn(move || ask_until_the_end(settings, round * 10 + worker, seen, stop));
            }
            // In the midst of the load: well after the first answers, and long before anybody stops.
            crate::support::eventually("answers", Duration::from_secs(60), || {
                let answered = seen.lock().expect("no holder panics").len();
                if answered > 60 { Ok(()) } else { Err(format!("{answered} so far")) }
            });
            crate::support::keep::run_to_end(&["kill".into(), "-KILL".into(), sluice.kept.pid().to_string()]);
            std::thread::sleep(Duration::from_millis(200));
            stop.store(true, Ordering::Relaxed);
        });
        sluice.kept.stop();
        let answered: BTreeSet<String> = seen.into_inner().expect("no holder panics").into_iter().collect();
        assert!(answered.len() > 10, "only {} statements before the crash", answered.len());

        let again = Sluice::start(&settings);
        let answer =
            again.login("auditor").simple("SELECT statement, outcome FROM audit.queries WHERE event = 'query'");
        assert!(answer.error.is_none(), "{:?}", answer.error);
        let recorded: BTreeSet<String> = answer.rows.iter().filter_map(|row| row[0].clone()).collect();
        let missing: Vec<&String> = answered.difference(&recorded).collect();
        assert!(missing.is_empty(), "{} of {} are missing: {:?}", missing.len(), answered.len(), missing.first());
        let open = answer.rows.iter().filter(|row| row[1].as_deref() == Some("running")).count();
        assert!(open <= 1, "{open} statements of the dead server still run");
        if round == 1 {
            std::fs::remove_file(directory.join("hold")).expect("the mark");
        }
        again.kept.stop();
    }
}

#[test]
fn an_orderly_end_lets_statements_finish() {
    let directory = fresh_directory("shutdown");
    let sluice = Sluice::start(&embedded_settings(&directory));
    let mut wire = sluice.login("risk_officer");
    let sql = "SELECT count(*) FROM retail.txn a CROSS JOIN retail.txn b WHERE length(a.channel || b.channel) > 3";
    wire.send(b'Q', &[sql.as_bytes(), b"\0"].concat()).expect("the server reads");
    let mut auditor = sluice.login("auditor");
    crate::support::eventually("the statement runs", Duration::from_secs(60), || {
        let found =
            auditor.simple("SELECT outcome FROM audit.queries WHERE statement LIKE '%CROSS JOIN retail.txn b%'");
        if found.rows.is_empty() { Err(format!("{:?}", found.error)) } else { Ok(()) }
    });
    crate::support::keep::run_to_end(&["kill".into(), "-TERM".into(), sluice.kept.pid().to_string()]);
    let answer = wire.answer();
    assert!(answer.error.is_none() && answer.rows.len() == 1, "{:?}", answer.error);
    let refused = crate::support::eventually("no new sessions", Duration::from_secs(10), || {
        match sluice.try_login("risk_officer", PASSWORD, "late") {
            Ok(_) => Err("still served".to_string()),
            Err(error) => Ok(error),
        }
    });
    assert!(["", "57P01", "57P03"].contains(&refused.code.as_str()), "{refused:?}");
}
