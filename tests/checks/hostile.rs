//! Broken, huge and lying bytes: a clear error or a closed connection, the server alive, a record in the audit.

use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::support::client::{Answer, FORMS, cstring};
use crate::support::layout::{audit, embedded, embedded_settings};
use crate::support::sluice::{PASSWORD, Sluice};
use crate::support::wire::{Wire, frame};
use crate::support::{eventually, fresh_directory};

/// A server with small limits, so that reaching them takes little time.
struct Small {
    sluice: Sluice,
    auditor: Mutex<Option<Wire>>,
}

impl Small {
    fn start() -> Small {
        let directory = fresh_directory("small");
        let mut settings = embedded_settings(&directory);
        settings.yaml.push_str(
            "limits: {login_timeout_ms: 1500, frame_bytes_max: 1048576, connections_max: 40, \
             statement_timeout_ms: 4000, rows_max: 10000}\n",
        );
        Small { sluice: Sluice::start(&settings), auditor: Mutex::new(None) }
    }
}

fn small() -> &'static Small {
    static SMALL: OnceLock<Small> = OnceLock::new();
    SMALL.get_or_init(Small::start)
}

fn port() -> u16 {
    small().sluice.settings.port
}

fn login() -> Wire {
    small().sluice.login("hq_analyst")
}

fn still_serves() {
    serves(&small().sluice);
}

fn serves(sluice: &Sluice) {
    let answer = sluice.login("hq_analyst").simple("SELECT count(*) FROM retail.branch");
    assert_eq!(answer.rows, [[Some("16".to_string())]], "{:?}", answer.error);
}

fn code(answer: &Answer) -> &str {
    answer.error.as_ref().map_or("", |error| error.code.as_str())
}

/// Waits for an audit row of this kind.
fn recorded(condition: &str) {
    let sql = format!("SELECT event, outcome, sqlstate FROM audit.queries WHERE {condition}");
    eventually(&format!("an audit record with {condition}"), Duration::from_secs(20), || {
        let answer = audit(&small().sluice, &small().auditor, &sql);
        if answer.rows.is_empty() { Err("none".to_string()) } else { Ok(()) }
    });
}

#[test]
fn a_hundred_thousand_parentheses_are_refused() {
    let nested = format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000));
    let brackets = format!("SELECT {}", "[".repeat(100_000));
    let subqueries = format!("SELECT {}", "(SELECT ".repeat(20_000));
    let cases = format!("SELECT {}", "CASE WHEN ".repeat(20_000));
    let nots = format!("SELECT {} true", "NOT ".repeat(50_000));
    let minuses = format!("SELECT {} 1", "- ".repeat(50_000));
    let casts = format!("SELECT 1{}", "::int".repeat(50_000));
    let unions = format!("SELECT 1{}", " UNION SELECT 1".repeat(20_000));
    let joins = format!("SELECT 1 FROM retail.branch{}", " JOIN retail.branch USING (branch_id)".repeat(10_000));
    for sql in [nested, brackets, subqueries, cases, nots, minuses, casts, unions, joins] {
        for form in FORMS {
            let started = Instant::now();
            let answer = login().ask(form, &sql, &[]);
            let start = &sql[..40];
            assert!(["54001", "54000", "42601"].contains(&code(&answer)), "{start} {form:?}: {:?}", answer.error);
            assert_eq!(answer.state, Some('I'), "{start}: the session goes on");
            assert!(started.elapsed() < Duration::from_secs(5), "{start} took {:?}", started.elapsed());
        }
    }
    recorded("statement LIKE 'SELECT ((((((((%' AND sqlstate = '54001'");
    still_serves();
}

#[test]
fn long_flat_chains_are_answered_or_refused() {
    let operators = ["+ 1", "OR 1 = 1", "AND true", "|| 'x'", "= 1"];
    for operator in operators {
        for length in [900, 5_000, 50_000] {
            let first = if operator.starts_with('|') { "'x'" } else { "1" };
            let first = if operator.ends_with("true") { "true" } else { first };
            let first = if operator.starts_with("OR") { "1 = 1" } else { first };
            let sql = format!("SELECT {first} {}", format!("{operator} ").repeat(length));
            let answer = login().simple(&sql);
            let known = ["", "54001", "54000", "42883", "42601", "42804"];
            assert!(known.contains(&code(&answer)), "{operator} x {length}: {:?}", answer.error);
            assert_eq!(answer.state, Some('I'), "{operator} x {length}");
        }
    }
    let list = vec!["'B11'"; 20_000].join(", ");
    let answer = login().simple(&format!("SELECT count(*) FROM retail.branch WHERE branch_id IN ({list})"));
    assert!(["", "54001", "54000"].contains(&code(&answer)), "{:?}", answer.error);
    still_serves();
}

#[test]
fn short_statements_that_would_grow_are_refused_at_once() {
    let mut rows = "(level = 1)".to_string();
    (0..17).for_each(|_| rows = format!("(({rows}, true) < (true, false))"));
    let items = vec!["true"; 100].join(", ");
    let mut arrays = "(level = 1)".to_string();
    (0..3).for_each(|_| arrays = format!("({arrays} < ANY (ARRAY[{items}]))"));
    for condition in [rows, arrays] {
        let started = Instant::now();
        let answer = login().simple(&format!("SELECT count(*) FROM retail.branch WHERE {condition}"));
        assert_eq!(code(&answer), "54001", "{:?}", answer.error);
        assert!(started.elapsed() < Duration::from_secs(5), "it took {:?}", started.elapsed());
    }
    still_serves();
}

#[test]
fn planning_does_not_double_with_each_step() {
    let within = |open: &str, close: &str, innermost: &str| {
        format!("SELECT {}{innermost}{} FROM retail.branch LIMIT 1", open.repeat(40), close.repeat(40))
    };
    let mut statements: Vec<String> = ["int", "text", "numeric", "float8", "varchar(9)", "bigint::text"]
        .iter()
        .map(|to| within("", &format!("::{to}"), "level"))
        .collect();
    statements.extend([
        within("", "::text::bytea", "branch_name"),
        within("char_length(repeat('x', ", "))", "level"),
        within("substring(trim(", ") FROM 1)", "branch_name"),
        within("ceiling(pow(", ", 1))", "level"),
        within("coalesce(", ", 1)", "level"),
        within("abs(CASE WHEN level = 1 THEN ", " ELSE 1 END)", "level"),
        within("round(coalesce(", ", 1)::numeric, 1)", "level"),
        within("nullif(", ", 7)", "level"),
        within("greatest(", ", 1)", "level"),
        within("to_char(", "::date, 'YYYY-MM-DD')", "current_date"),
        within("", " AT TIME ZONE 'UTC'", "now()"),
        within("NOT coalesce(", ", true)", "level = 1"),
        within("(", "||'x')::text", "branch_name"),
    ]);
    let twice = |first: &str, then: &str| {
        let queries = (1..30).map(|n| format!(", q{n} AS ({})", then.replace('#', &format!("q{}", n - 1))));
        format!("WITH q0 AS ({first}){} SELECT count(*) FROM q29", queries.collect::<String>())
    };
    let branches = "SELECT branch_id FROM retail.branch";
    statements.push(twice(branches, "SELECT a.branch_id FROM # a JOIN # b ON true"));
    statements.push(twice(branches, "SELECT * FROM # UNION ALL SELECT * FROM #"));
    statements
        .push(twice("SELECT 1 AS branch_id", "SELECT branch_id FROM # WHERE branch_id IN (SELECT branch_id FROM #)"));
    for sql in statements {
        let started = Instant::now();
        let answer = login().simple(&sql);
        assert!(!["XX000", "57014"].contains(&code(&answer)), "{sql}: {:?}", answer.error);
        assert!(started.elapsed() < Duration::from_secs(20), "{sql}: it took {:?}", started.elapsed());
    }
    still_serves();
}

/// Texts and lists of such lengths that holding each part of one against each of the other would take hours.
#[test]
fn a_call_does_no_more_than_its_arguments_are_long() {
    let list = |letter: &str| format!("string_to_array(repeat('{letter},', 200000), ',')");
    let json = |item: &str, last: &str| format!("('[' || repeat('{item},', 20000) || '{last}]')::jsonb");
    let (a, b) = (list("a"), list("b"));
    let (one, two) = (json("1", "2"), json("2", "2"));
    let calls = [
        "length(translate(repeat('a', 900000), repeat('b', 900000), ''))".to_string(),
        "length(btrim(repeat('a', 900000), repeat('b', 900000) || 'a'))".into(),
        "length(ltrim(repeat('a', 900000), repeat('b', 900000) || 'a'))".into(),
        "length(rtrim(repeat('a', 900000), repeat('b', 900000) || 'a'))".into(),
        "strpos(repeat('a', 900000), repeat('a', 450000) || 'b')".into(),
        format!("{a} && {b}"),
        format!("{a} @> {b}"),
        format!("{one} @> {two}"),
        "length(regexp_replace(repeat('a', 900000), 'a', '', 'g'))".into(),
    ];
    for call in calls {
        for from in ["", " FROM retail.branch WHERE branch_id = 'B11'"] {
            let started = Instant::now();
            let answer = login().simple(&format!("SELECT {call}{from}"));
            assert!(["", "54001", "54000", "53200"].contains(&code(&answer)), "{call}{from}: {:?}", answer.error);
            assert!(started.elapsed() < Duration::from_secs(20), "{call}{from} took {:?}", started.elapsed());
        }
    }
    still_serves();
}

/// Work that nobody waits for goes on: more of one person than there are turns for it keeps nobody else from hers.
#[test]
fn what_one_person_has_running_stops_nobody_else() {
    let mut busy: Vec<Wire> = (0..6).map(|_| small().sluice.login("cd_manager")).collect();
    let sql = "SELECT count(*) FROM generate_series(1, 6000) a, generate_series(1, 6000) b WHERE a.a + b.b < 0";
    for wire in &mut busy {
        wire.send(b'Q', &cstring(sql)).expect("the server reads");
    }
    let codes: Vec<String> = busy.iter_mut().map(|wire| code(&wire.answer()).to_string()).collect();
    // Some of it has been given up by now, and runs.
    assert!(codes.iter().any(|code| code == "57014"), "{codes:?}");
    for _ in 0..3 {
        let answer = login().simple("SELECT 1");
        assert_eq!(answer.rows.len(), 1, "{:?}", answer.error);
    }
    still_serves();
}

#[test]
fn a_gigabyte_is_not_waited_for() {
    for tag in [b'Q', b'P', b'B', b'd', b'X', b'S'] {
        let mut wire = login();
        wire.send_bytes(&[&[tag][..], &0x4000_0000u32.to_be_bytes()].concat()).expect("the server reads");
        assert!(wire.closes_within(Duration::from_secs(2)), "{} of 1 GiB", tag as char);
    }
    for length in [0u32, 3, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
        let mut wire = login();
        wire.send_bytes(&[&b"Q"[..], &length.to_be_bytes()].concat()).expect("the server reads");
        assert!(wire.closes_within(Duration::from_secs(2)), "length {length:#x}");
    }
    recorded("event = 'protocol' AND sqlstate = '08P01' AND user_name = 'hq_analyst'");
    still_serves();
}

#[test]
fn broken_start_up_packets_are_turned_away_at_once_and_take_no_memory() {
    let packets: Vec<Vec<u8>> = vec![
        [&0x7fff_ffffu32.to_be_bytes()[..], &[0, 3, 0, 0]].concat(),
        [&0xffff_ffffu32.to_be_bytes()[..], &[0, 3, 0, 0]].concat(),
        [&0x0001_0001u32.to_be_bytes()[..], &[0, 3, 0, 0]].concat(),
        vec![0, 0, 0, 0],
        vec![0, 0, 0, 4],
        [&8u32.to_be_bytes()[..], &[0, 9, 0, 9]].concat(),
        [&12u32.to_be_bytes()[..], &[0, 3, 0, 0], b"user"].concat(),
        [&13u32.to_be_bytes()[..], &[0, 3, 0, 0], b"user\0"].concat(),
        [&20u32.to_be_bytes()[..], &[0, 3, 0, 0], b"\xff\xfe\xfd\0x\0\0\0\0\0\0\0"].concat(),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(40),
        vec![0xff; 70_000],
    ];
    still_serves();
    let before = small().sluice.resident_memory();
    for packet in &packets {
        let started = Instant::now();
        let mut wire = Wire::open(port()).expect("the server accepts");
        // The server may close before it has read everything.
        let _ = wire.send_bytes(packet);
        assert!(wire.closes_within(Duration::from_secs(3)), "start-up {:02x?}", &packet[..packet.len().min(12)]);
        let waited = started.elapsed();
        assert!(waited < Duration::from_millis(2_500), "start-up {:02x?} {waited:?}", &packet[..packet.len().min(12)]);
    }
    let grown = small().sluice.resident_memory().saturating_sub(before);
    assert!(grown < 4 << 20, "start-up packets took {grown} bytes");
    recorded("event = 'protocol' AND sqlstate = '08P01'");
    still_serves();
}

#[test]
fn who_says_nothing_is_not_waited_for() {
    let mut silent = Wire::open(port()).expect("the server accepts");
    let mut slow = Wire::open(port()).expect("the server accepts");
    slow.send_bytes(&[0, 0, 0]).expect("the server reads");
    assert!(silent.closes_within(Duration::from_secs(4)), "a silent connection");
    assert!(slow.closes_within(Duration::from_secs(4)), "half a length");
}

#[test]
fn logins_fail_alike_for_wrong_password_and_unknown_user() {
    let wrong = small().sluice.try_login("hq_analyst", "wrong", "t").err().expect("a refusal");
    let unknown = small().sluice.try_login("nobody_at_all", "wrong", "t").err().expect("a refusal");
    let empty = small().sluice.try_login("hq_analyst", "", "t").err().expect("a refusal");
    assert_eq!((wrong.code.as_str(), empty.code.as_str()), ("28P01", "28P01"));
    assert_eq!(wrong.everything.replace("hq_analyst", "U"), unknown.everything.replace("nobody_at_all", "U"));
    recorded("event = 'login_failed' AND user_name = 'nobody_at_all' AND sqlstate = '28P01'");
    let elsewhere = Wire::login(port(), "hq_analyst", PASSWORD, "other", "t").err().expect("a refusal");
    assert_eq!(elsewhere.code, "3D000");
}

#[test]
fn a_password_of_no_bytes_is_no_login() {
    for body in [&b""[..], b"\0", b"SCRAM-SHA-256\0", b"MD5\0\xff\xff\xff\xff", b"SCRAM-SHA-256\0\0\0\0\x01n"] {
        let mut wire = Wire::open(port()).expect("the server accepts");
        let mut startup = 196_608u32.to_be_bytes().to_vec();
        startup.extend(b"user\0hq_analyst\0database\0bank\0\0");
        wire.send_startup(&startup).expect("the server reads");
        wire.receive().expect("a request for a password").expect("a message");
        wire.send(b'p', body).expect("the server reads");
        let answer = wire.receive().expect("an answer");
        let refused = answer.as_ref().is_none_or(|message| message.tag == b'E');
        assert!(refused, "{body:?} is answered by {answer:?}");
        assert!(wire.closes_within(Duration::from_secs(3)), "{body:?}");
    }
    still_serves();
}

#[test]
fn statements_before_the_login_are_not_run() {
    for early in [frame(b'Q', &cstring("SELECT 1")), frame(b'X', b""), frame(b'S', b"")] {
        let mut wire = Wire::open(port()).expect("the server accepts");
        let mut startup = 196_608u32.to_be_bytes().to_vec();
        startup.extend(b"user\0hq_analyst\0database\0bank\0\0");
        wire.send_startup(&startup).expect("the server reads");
        wire.receive().expect("a request for a password").expect("a message");
        wire.send_bytes(&early).expect("the server reads");
        let answer = wire.receive().expect("an answer");
        assert!(answer.is_none_or(|message| message.tag == b'E'));
        assert!(wire.closes_within(Duration::from_secs(3)));
    }
}

#[test]
fn messages_that_lie_about_themselves_end_in_an_error() {
    let bodies: Vec<(u8, Vec<u8>)> = vec![
        (b'z', b"what".to_vec()),
        (b'Q', b"SELECT 1".to_vec()),
        (b'Q', b"SELECT 1\0SELECT 2\0".to_vec()),
        (b'P', b"\0SELECT 1\0\xff\xff".to_vec()),
        (b'P', b"\0SELECT 1\0\0\x02\0\0\0\x17".to_vec()),
        (b'P', b"no end".to_vec()),
        (b'B', b"\0\0\0\0\xff\xff\0\0".to_vec()),
        (b'B', b"\0\0\xff\xff".to_vec()),
        (b'B', b"\0\0\0\0\0\x01\x7f\xff\xff\xff\0\0".to_vec()),
        (b'B', b"\0\0\0\0\0\x01\xff\xff\xff\xfe\0\0".to_vec()),
        (b'B', b"\0\0\0\0\0\0\0\x01\0\x07".to_vec()),
        (b'D', b"Z\0".to_vec()),
        (b'D', b"".to_vec()),
        (b'C', b"Q\0".to_vec()),
        (b'E', b"\0\0".to_vec()),
        (b'E', b"\0\0\0\0\0\0\0\0".to_vec()),
        (b'S', b"more".to_vec()),
        (b'd', b"data".to_vec()),
        (b'c', b"".to_vec()),
        (b'p', b"again".to_vec()),
        (b'F', b"\0\0\0\x01".to_vec()),
    ];
    for (tag, body) in bodies {
        let mut wire = login();
        wire.send_bytes(&[frame(b'P', b"\0SELECT 1\0\0\0"), frame(tag, &body), frame(b'S', b"")].concat())
            .expect("the server reads");
        let messages = wire.receive_until_ready().expect("an answer in time");
        let ended = messages.last().is_none_or(|message| message.tag != b'Z');
        let refused = messages.iter().any(|message| message.tag == b'E');
        // Stray COPY messages are to be ignored, as PostgreSQL does.
        let stray = matches!(tag, b'd' | b'c');
        assert!(ended || refused || stray, "{} {body:02x?}: {messages:?}", tag as char);
    }
    still_serves();
}

#[test]
fn noise_before_and_after_the_login_breaks_nothing() {
    // xorshift: the same noise in every run.
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for round in 0..60 {
        let length = (next() % 300) as usize;
        let mut noise: Vec<u8> = (0..length).map(|_| (next() >> 11) as u8).collect();
        let mut wire = if round % 3 == 0 { Wire::open(port()).expect("the server accepts") } else { login() };
        if round % 3 == 2 {
            // Well-framed: a known message with a noisy body.
            let tag = b"PBDECQSHdcf"[(next() % 11) as usize];
            noise = frame(tag, &noise);
        }
        // The server may close in the middle.
        let _ = wire.send_bytes(&noise);
        wire.finish_sending();
        assert!(wire.closes_within(Duration::from_secs(10)), "round {round}");
    }
    still_serves();
}

#[test]
fn limits_say_what_they_are() {
    // A server of its own: what a timeout leaves behind must not look like another test's failure.
    let sluice = Small::start().sluice;
    let login = || sluice.login("hq_analyst");
    let answer = login().simple("SELECT a.txn_id FROM retail.txn a CROSS JOIN retail.txn b");
    assert_eq!(code(&answer), "54000", "{:?}", answer.error);
    let message = answer.error.expect("an error").message;
    assert!(message.contains("10000") || message.contains("rows_max"), "names no limit: {message}");

    let endless = "SELECT count(*) FROM retail.txn a CROSS JOIN retail.txn b CROSS JOIN retail.txn c \
                   WHERE a.amount > c.amount";
    let started = Instant::now();
    let answer = login().simple(endless);
    assert_eq!(code(&answer), "57014", "{:?}", answer.error);
    // Bounds for a busy machine; without a timeout it would take minutes.
    assert!(started.elapsed() < Duration::from_secs(40), "the timeout of 4 s took {:?}", started.elapsed());

    let walks = [
        "WITH RECURSIVE t AS (SELECT branch_id, 1 AS n FROM retail.branch UNION ALL SELECT branch_id, n + 1 FROM t) \
         SELECT count(*) FROM t",
        "WITH RECURSIVE t AS (SELECT branch_id FROM retail.branch UNION ALL SELECT b.branch_id FROM retail.branch b \
         JOIN t ON b.level >= 0) SELECT count(*) FROM t",
        "WITH RECURSIVE t AS (SELECT 1 AS n FROM retail.branch UNION SELECT t.n + 1 FROM t JOIN retail.branch b ON true) \
         SELECT max(n) FROM t",
        "SELECT count(*) FROM retail.txn a, generate_series(1, length(a.channel) * 100000) b, retail.txn c",
    ];
    for walk in walks {
        let started = Instant::now();
        let answer = login().simple(walk);
        assert!(matches!(code(&answer), "57014" | "53200" | "54000"), "{walk}: {:?}", answer.error);
        assert!(started.elapsed() < Duration::from_secs(40), "{walk}: {:?}", started.elapsed());
    }

    let mut session = login();
    session.simple("SET statement_timeout = '300ms'");
    let started = Instant::now();
    assert_eq!(code(&session.simple(endless)), "57014");
    assert!(started.elapsed() < Duration::from_secs(30), "the timeout of 300 ms took {:?}", started.elapsed());
    assert_eq!(session.simple("SELECT 1").rows.len(), 1, "the session goes on");
    serves(&sluice);
    eventually("nothing is left of the statements", Duration::from_secs(30), || {
        let before = sluice.busy_time();
        std::thread::sleep(Duration::from_secs(1));
        let worked = sluice.busy_time() - before;
        if worked < Duration::from_millis(250) { Ok(()) } else { Err(format!("it worked {worked:?} of 1 s")) }
    });
}

#[test]
fn more_connections_than_allowed_are_told_so() {
    // A server of its own: the others need their connections.
    let directory = fresh_directory("crowded");
    let mut settings = embedded_settings(&directory);
    settings.yaml.push_str("limits: {connections_max: 3}\n");
    let sluice = Sluice::start(&settings);
    let kept: Vec<Wire> = eventually("three sessions", Duration::from_secs(10), || {
        let sessions = (0..3).map(|_| sluice.try_login("hq_analyst", PASSWORD, "t"));
        sessions.collect::<Result<Vec<_>, _>>().map_err(|error| error.message)
    });
    let refused = sluice.try_login("hq_analyst", PASSWORD, "t").err().expect("one too many");
    assert_eq!(refused.code, "53300", "{refused:?}");
    drop(kept);
    eventually("a free place", Duration::from_secs(10), || {
        sluice.try_login("hq_analyst", PASSWORD, "t").map(drop).map_err(|error| error.message)
    });
}

#[test]
fn plain_text_behind_a_request_for_tls_is_not_read() {
    let mut wire = Wire::open(crate::support::tls::encrypted().settings.port).expect("the server accepts");
    let mut startup = 196_608u32.to_be_bytes().to_vec();
    startup.extend(b"user\0mitm\0database\0bank\0\0");
    let request = [&8u32.to_be_bytes()[..], &80_877_103u32.to_be_bytes()].concat();
    let packet = [&(startup.len() as u32 + 4).to_be_bytes()[..], &startup].concat();
    let query = frame(b'Q', &cstring("SELECT 'injected'"));
    wire.send_bytes(&[request, packet, query].concat()).expect("the server reads");
    assert!(wire.closes_within(Duration::from_secs(3)), "the connection goes on");
}

#[test]
fn closed_sessions_leave_nothing_behind() {
    // A server of its own: what others ask for meanwhile takes memory as well.
    let sluice = Sluice::start(&embedded_settings(&fresh_directory("closed")));
    let turn = || {
        let answer = sluice.login("jj_teller").simple("SELECT count(*) FROM retail.branch");
        assert!(answer.error.is_none(), "{:?}", answer.error);
    };
    (0..50).for_each(|_| turn());
    let before = sluice.resident_memory();
    (0..150).for_each(|_| turn());
    let grown = sluice.resident_memory().saturating_sub(before);
    // A leak of 5 MB per session, as seen elsewhere, would be a gigabyte.
    assert!(grown < 64 << 20, "150 sessions left {grown} bytes");
}

#[test]
fn too_little_memory_is_told_and_never_a_wrong_answer() {
    let statements = [
        "SELECT count(*) FROM retail.txn a CROSS JOIN retail.txn b WHERE length(a.channel || b.channel) = 8",
        "SELECT count(*) FROM retail.customer a CROSS JOIN retail.account b WHERE length(a.segment || b.status) = 4",
        "SELECT count(*) FROM (SELECT DISTINCT acct_id, balance FROM retail.daily_balance) AS t",
        "SELECT count(*) FROM retail.daily_balance a JOIN retail.daily_balance b ON a.balance = b.balance",
        "SELECT max(place) FROM (SELECT row_number() OVER (ORDER BY balance, acct_id) AS place FROM retail.daily_balance) AS t",
        "SELECT count(*) FROM (SELECT memo, txn_id FROM retail.txn ORDER BY memo, txn_id LIMIT 1500) AS t",
    ];
    let rich: Vec<Answer> = statements.iter().map(|sql| embedded().sluice.login("risk_officer").simple(sql)).collect();
    for memory_bytes in [16 << 10, 128 << 10, 1 << 20] {
        let directory = fresh_directory("poor");
        let mut settings = embedded_settings(&directory);
        settings.yaml.push_str(&format!("limits: {{memory_bytes: {memory_bytes}}}\n"));
        let poor = Sluice::start(&settings);
        for (sql, right) in statements.iter().zip(&rich) {
            assert!(right.error.is_none(), "{sql}: {:?}", right.error);
            let answer = poor.login("risk_officer").simple(sql);
            let told = code(&answer) == "53200";
            assert!(
                told || answer.rows == right.rows,
                "{sql} in {memory_bytes} bytes: {answer:?}, right is {:?}\n{}",
                right.rows,
                poor.kept.log()
            );
        }
        serves(&poor);
    }
}

#[test]
fn a_text_that_doubles_is_refused_before_it_takes_memory() {
    let doubled = |step: &str| {
        let steps: Vec<String> = (1..=40).map(|n| format!("t{n} AS (SELECT {} AS x FROM t{})", step, n - 1)).collect();
        format!("WITH t0 AS (SELECT branch_name AS x FROM retail.branch), {} SELECT x FROM t40", steps.join(", "))
    };
    let statements = [
        doubled("x || x"),
        doubled("concat(x, x)"),
        doubled("concat_ws(x, 'a', 'b', x)"),
        doubled("replace(x, left(x, 1), x)"),
        doubled("regexp_replace(x, '.', x, 'g')"),
        doubled("overlay(x placing x from 1 for 0)"),
        doubled("repeat(x, 100)"),
        doubled("array_to_string(ARRAY[x, x], '')"),
        doubled("array_to_string(string_to_array(x, NULL), x)"),
        doubled("json_build_array(x, x)::text"),
        doubled("json_build_object(x, x)::text"),
        doubled("to_json(x || x)::text"),
        "SELECT repeat(repeat(repeat(branch_name, 10000), 10000), 10000) FROM retail.branch".into(),
        format!("SELECT regexp_replace(repeat(branch_name, 60000), '.*', '{}') FROM retail.branch", "\\0".repeat(100)),
        "SELECT string_agg(repeat(memo, 30000), '') FROM retail.txn".into(),
        "SELECT branch_id, array_agg(repeat(memo, 30000)) FROM retail.txn GROUP BY branch_id".into(),
        "SELECT string_agg(repeat(memo, 300), '') OVER (ORDER BY txn_id) FROM retail.txn".into(),
        "SELECT length(repeat(memo, 60000)) FROM retail.txn".into(),
    ];
    serves(&embedded().sluice);
    for sql in &statements {
        let started = Instant::now();
        let answer = embedded().sluice.login("risk_officer").simple(sql);
        let told = ["54000", "53200"].contains(&code(&answer));
        let start: String = sql.chars().take(160).collect();
        assert!(told, "{start}: {:?}, {} rows", answer.error, answer.rows.len());
        if code(&answer) == "54000" {
            let message = &answer.error.as_ref().expect("an error").everything;
            assert!(message.contains("value_bytes_max"), "{start}: {message}");
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{start} took {:?}", started.elapsed());
    }
    let peak = embedded().sluice.peak_memory();
    assert!(peak < 1 << 30, "texts took {} MiB", peak >> 20);
    serves(&embedded().sluice);
}
