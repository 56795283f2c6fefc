//! What one statement, and one session, may take of the server's memory: constants that the engine would write out for
//! every row, parameters, prepared statements, cursors, queries over the system relations.

use std::time::{Duration, Instant};

use crate::support::client::{Answer, answer_of, cstring};
use crate::support::layout::embedded_settings;
use crate::support::sluice::Sluice;
use crate::support::wire::{Wire, frame};
use crate::support::{eventually, fresh_directory};

fn serves(sluice: &Sluice) {
    let answer = sluice.login("hq_analyst").simple("SELECT count(*) FROM retail.branch");
    assert_eq!(answer.rows, [[Some("16".to_string())]], "{:?}", answer.error);
}

fn code(answer: &Answer) -> &str {
    answer.error.as_ref().map_or("", |error| error.code.as_str())
}

/// A server of its own, whose memory nobody else takes.
fn sluice(name: &str, limits: &str) -> Sluice {
    let mut settings = embedded_settings(&fresh_directory(name));
    settings.yaml.push_str(&format!("limits: {{{limits}}}\n"));
    Sluice::start(&settings)
}

/// So many calls with a number of their own each.
fn many(count: usize, call: impl Fn(usize) -> String) -> String {
    (100..100 + count).map(call).collect::<Vec<_>>().join(", ")
}

#[test]
fn constants_are_within_the_memory_of_the_engine() {
    let sluice = sluice("constants", "statement_timeout_ms: 60000");
    let rows = "FROM retail.txn t, generate_series(1, 1000) n";
    let wide = "repeat('x', 1000000)";
    let statements = [
        format!("SELECT {} {rows}", many(60, |n| format!("length(string_agg(repeat('{n}', 83000), ''))"))),
        format!("SELECT length(string_agg({wide}, '')) {rows}"),
        format!("SELECT length(string_agg(t.memo, {wide})) {rows}"),
        format!("SELECT cardinality(array_agg({wide})) {rows}"),
        format!("SELECT length(json_agg({wide})::text) {rows}"),
        format!("SELECT {} FROM retail.txn t", many(60, |n| format!("length(repeat('{n}', 5000000))"))),
        format!("SELECT {} FROM (SELECT repeat('x', 16000000) AS x, memo FROM retail.txn) t", many(99, |_| "x".into())),
        format!("SELECT string_agg({wide}, '') OVER () FROM retail.txn"),
        format!("SELECT count(w) FROM (SELECT first_value({wide}) OVER (ORDER BY txn_id) AS w FROM retail.txn) t"),
        format!("SELECT count(w) FROM (SELECT lag(memo, 1, {wide}) OVER (PARTITION BY txn_id) AS w FROM retail.txn) t"),
        format!("SELECT count(*) FROM {}", many(9, |n| format!("generate_series(1, 1000000) AS g{n}"))),
    ];
    for sql in &statements {
        let started = Instant::now();
        let answer = sluice.login("risk_officer").simple(sql);
        let start: String = sql.chars().take(120).collect();
        assert!(["53200", "54000"].contains(&code(&answer)), "{start}: {:?}", answer.error);
        assert!(started.elapsed() < Duration::from_secs(60), "{start} took {:?}", started.elapsed());
    }
    // These may do with the memory there is, one value after the other.
    let calls = many(60, |n| format!("max(repeat(t.memo, 400) || '{n}')"));
    for sql in [
        format!("SELECT {calls} FROM retail.txn t"),
        format!("SELECT t.channel, {calls} FROM retail.txn t GROUP BY t.channel"),
        format!("SELECT count(*) FROM (SELECT {} FROM retail.txn t) u", calls.replace("max", "reverse")),
    ] {
        let answer = sluice.login("risk_officer").simple(&sql);
        assert!(["", "53200"].contains(&code(&answer)), "{:?}", answer.error);
    }
    let peak = sluice.peak_memory();
    assert!(peak < 1 << 30, "constants took {} MiB", peak >> 20);
    serves(&sluice);
}

#[test]
fn wide_constants_have_their_answers() {
    let sluice = sluice("wide", "statement_timeout_ms: 60000");
    let wide = "repeat('x', 50000)";
    let rows = "(SELECT txn_id, memo FROM retail.txn ORDER BY txn_id LIMIT 500) t";
    let statements = [
        (format!("SELECT count(DISTINCT w) FROM (SELECT {wide} || t.memo AS w FROM {rows}) u"), None),
        (format!("SELECT max(length(coalesce(nullif(t.memo, t.memo), {wide}))) FROM {rows}"), Some("50000")),
        (format!("SELECT sum(length(CASE WHEN t.memo IS NULL THEN 'y' ELSE {wide} END)) FROM {rows}"), None),
        (format!("SELECT max(length(replace({wide}, t.memo, ''))) FROM {rows}"), Some("50000")),
        (format!("SELECT max(length(lpad('y', 100000))) FROM {rows}"), Some("100000")),
        (format!("SELECT max({wide}) = {wide} FROM {rows}"), Some("t")),
        (format!("SELECT count(*) FROM (SELECT {wide} AS w FROM {rows} GROUP BY t.memo || {wide}) u"), None),
        (
            format!("SELECT count(*) FROM {rows} JOIN retail.branch b ON t.memo || {wide} = b.branch_name || {wide}"),
            None,
        ),
        (format!("SELECT sum(length(w)) FROM (VALUES ({wide}), ('y')) v(w), {rows}"), Some("25000500")),
        (format!("SELECT length(max(w)) FROM (SELECT {wide} AS w FROM {rows} UNION ALL SELECT 'a') u"), Some("50000")),
        (format!("SELECT count(w) FROM (SELECT t.txn_id, {wide} AS w FROM {rows} ORDER BY t.memo) u"), Some("500")),
        (format!("SELECT sum(n) FROM (SELECT length({wide}) AS n FROM {rows}) u"), Some("25000000")),
        (format!("SELECT count(*) FROM {rows} WHERE t.memo <> {wide}"), None),
    ];
    for (sql, right) in &statements {
        let answer = sluice.login("risk_officer").simple(sql);
        assert!(answer.error.is_none(), "{sql}: {:?}", answer.error);
        if let Some(right) = right {
            assert_eq!(answer.rows, [[Some((*right).to_string())]], "{sql}");
        }
    }
    let peak = sluice.peak_memory();
    assert!(peak < 1 << 30, "constants took {} MiB", peak >> 20);
}

#[test]
fn work_on_wide_constants_ends_with_its_statement() {
    let sluice = sluice("ended", "statement_timeout_ms: 60000");
    let mut session = sluice.login("risk_officer");
    session.simple("SET statement_timeout = '500ms'");
    let sql = "SELECT max(length(replace(repeat('x', 1000000), t.memo, 'yy'))) FROM retail.txn t, generate_series(1, 100000) n";
    let started = Instant::now();
    assert_eq!(code(&session.simple(sql)), "57014");
    assert!(started.elapsed() < Duration::from_secs(20), "the timeout took {:?}", started.elapsed());
    eventually("nothing is left of the statement", Duration::from_secs(20), || {
        let before = sluice.busy_time();
        std::thread::sleep(Duration::from_secs(1));
        let worked = sluice.busy_time() - before;
        if worked < Duration::from_millis(250) { Ok(()) } else { Err(format!("it worked {worked:?} of 1 s")) }
    });
    serves(&sluice);
}

fn bind(portal: &str, statement: &str, value: &[u8]) -> Vec<u8> {
    let mut body = [cstring(portal), cstring(statement)].concat();
    body.extend([0, 0, 0, 1]);
    body.extend((value.len() as u32).to_be_bytes());
    body.extend(value);
    body.extend([0, 0]);
    frame(b'B', &body)
}

fn parse(name: &str, text: &str) -> Vec<u8> {
    frame(b'P', &[cstring(name), cstring(text), vec![0, 0]].concat())
}

/// Sends messages and a Sync, and gives what comes back.
fn sent(wire: &mut Wire, messages: &[u8]) -> Answer {
    wire.send_bytes(messages).expect("the server reads");
    wire.send_bytes(&frame(b'S', &[])).expect("the server reads");
    answer_of(&wire.receive_until_ready().expect("an answer"))
}

#[test]
fn what_a_session_holds_is_bounded() {
    let sluice = sluice("held", "session_bytes_max: 67108864");
    let before = sluice.resident_memory();
    let mut session = sluice.login("hq_analyst");
    session.simple("BEGIN");
    assert_eq!(code(&sent(&mut session, &parse("a", "SELECT length($1::text)"))), "");
    let value = vec![b'x'; 4_000_000];
    let refused = (0..100).find_map(|n| {
        let answer = sent(&mut session, &bind(&format!("p{n}"), "a", &value));
        answer.error.map(|error| (n, error))
    });
    let (held, error) = refused.expect("a bound on parameters");
    assert_eq!(error.code, "53200", "{error:?}");
    assert!(error.message.contains("session_bytes_max"), "{error:?}");
    assert!((10..=17).contains(&held), "{held} portals of 4 MB");
    session.simple("ROLLBACK");
    let texts = (0..1_000).find_map(|n| {
        let text = format!("SELECT length('{}')", "y".repeat(900_000));
        let answer = sent(&mut session, &parse(&format!("s{n}"), &text));
        answer.error.map(|error| (n, error))
    });
    let (held, error) = texts.expect("a bound on statements");
    assert_eq!(error.code, "53200", "{error:?}");
    assert!(held < 30, "{held} statements of 0.9 MB");
    let grown = sluice.resident_memory().saturating_sub(before);
    assert!(grown < 400 << 20, "a session took {} MiB", grown >> 20);
    assert_eq!(code(&session.simple("DEALLOCATE ALL; SELECT 1")), "", "what is closed is given back");
    assert_eq!(code(&sent(&mut session, &parse("b", "SELECT 2"))), "");
    serves(&sluice);
}

#[test]
fn cursors_that_stay_open_are_within_the_bytes_of_a_session() {
    let sluice = sluice("cursors", "session_bytes_max: 4194304");
    let mut session = sluice.login("risk_officer");
    session.simple("BEGIN");
    let sql = "SELECT a.*, b.* FROM retail.txn a CROSS JOIN retail.txn b";
    let refused = (0..100).find_map(|n| {
        let answer = session.simple(&format!("DECLARE c{n} CURSOR FOR {sql}; FETCH 1 FROM c{n}"));
        answer.error.map(|error| error.code)
    });
    assert_eq!(refused.as_deref(), Some("53200"));
    session.simple("ROLLBACK");
    let fetched = session.simple("BEGIN; DECLARE c CURSOR FOR SELECT branch_id FROM retail.branch; FETCH 1 FROM c");
    assert_eq!(code(&fetched), "");
    serves(&sluice);
}

#[test]
fn all_sessions_together_are_bounded() {
    let sluice = sluice("together", "memory_bytes: 33554432, session_bytes_max: 16777216");
    let value = vec![b'x'; 4_000_000];
    let mut sessions: Vec<Wire> = (0..5).map(|_| sluice.login("hq_analyst")).collect();
    let mut refused = None;
    for session in &mut sessions {
        session.simple("BEGIN");
        assert_eq!(code(&sent(session, &parse("a", "SELECT length($1::text)"))), "");
        for n in 0..3 {
            let answer = sent(session, &bind(&format!("p{n}"), "a", &value));
            refused = refused.or(answer.error);
        }
    }
    let error = refused.expect("a bound on all sessions");
    assert_eq!(error.code, "53200", "{error:?}");
    assert!(error.message.contains("memory_bytes"), "{error:?}");
    drop(sessions);
    serves(&sluice);
    eventually("what closed sessions held is given back", Duration::from_secs(20), || {
        let mut session = sluice.login("hq_analyst");
        session.simple("BEGIN");
        sent(&mut session, &parse("a", "SELECT length($1::text)"));
        let answers = (0..3).map(|n| sent(&mut session, &bind(&format!("p{n}"), "a", &value)).error);
        match answers.flatten().next() {
            Some(error) => Err(error.message),
            None => Ok(()),
        }
    });
}

#[test]
fn queries_over_system_relations_are_within_the_memory() {
    let sluice = sluice("system", "memory_bytes: 134217728");
    let memory = ["53200", "54000"].as_slice();
    for (sql, bounds) in [
        ("SELECT count(*) FROM unnest(string_to_array(repeat(',', 16000000), ','))", memory),
        ("SELECT count(*) FROM string_to_table(repeat(',', 16000000), ',')", memory),
        // To find so many matches is more work than their memory is large.
        ("SELECT count(*) FROM regexp_split_to_table(repeat(',', 16000000), ',')", &["54001"]),
        (
            "WITH a AS (SELECT * FROM generate_series(1, 900000)), b AS (SELECT * FROM generate_series(1, 900000)), \
             c AS (SELECT * FROM generate_series(1, 900000)) SELECT count(*) FROM a, b, c WHERE false",
            memory,
        ),
        ("SELECT length(concat(x, x, x, x, x, x, x, x)) FROM (SELECT repeat('x', 16000000) AS x) t", memory),
    ] {
        let answer = sluice.login("hq_analyst").simple(sql);
        assert!(bounds.contains(&code(&answer)), "{sql}: {:?} {:?}", answer.error, answer.rows);
    }
    let peak = sluice.peak_memory();
    assert!(peak < 700 << 20, "system relations took {} MiB", peak >> 20);
    serves(&sluice);
}
