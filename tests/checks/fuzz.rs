//! Conversations of real clients, changed at random and sent over live sessions: the server answers or closes, whatever
//! comes; it does not panic, hang, keep sessions or grow.
//!
//! One minute of it in every run of the suite; `SLUICE_FUZZ_SECONDS` or `SLUICE_FUZZ_MESSAGES` goes on for longer,
//! `SLUICE_SEED` tries other changes, `SLUICE_WORKERS` tries so many at once. Seed and numbers are shown:
//!
//!     SLUICE_SEED=7 SLUICE_WORKERS=12 SLUICE_FUZZ_MESSAGES=10000000 ./tests/run changed_conversations

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::clients::python;
use crate::support::client::cstring;
use crate::support::layout::embedded_settings;
use crate::support::mutate::{batch, raw};
use crate::support::recorder::{Conversation, Recorder};
use crate::support::sluice::{PASSWORD, Sluice};
use crate::support::wire::{Key, Message, Wire, frame, lossy};
use crate::support::{eventually, fresh_directory, repository};

const SEED: u64 = 0x0005_11ce_f022;
/// Workers of every run.
const WORKERS: u64 = 2;
/// A worker has two connections at most, and more may be closing.
const CONNECTIONS_MAX: usize = 48;
/// What the server may hold beyond what it held before.
const GROWTH_MAX: u64 = 384 << 20;
/// An answer takes this long at most; statements are stopped after 3 s.
const PATIENCE: Duration = Duration::from_secs(60);

/// What psql sends for these: simple queries, cursors by FETCH_COUNT, COPY, metadata, errors, blocks.
const PSQL: &str = "SELECT branch_id, branch_name FROM retail.branch ORDER BY 1;
\\set FETCH_COUNT 4
SELECT 机构号, 机构名称 FROM 零售.机构;
\\unset FETCH_COUNT
\\copy (SELECT cust_id FROM retail.customer LIMIT 50) TO '/dev/null' CSV HEADER
\\d retail.*
\\dt+
SELECT 1 AS a, 'x' AS b \\gdesc
BEGIN; SAVEPOINT s; SELECT nothing; ROLLBACK TO s; SELECT count(*) FROM retail.txn; COMMIT;
DECLARE c CURSOR WITH HOLD FOR SELECT branch_id FROM retail.branch; FETCH 3 FROM c; MOVE 2 IN c; CLOSE c;
PREPARE p (text) AS SELECT count(*) FROM retail.branch WHERE branch_id = $1; EXECUTE p('B11'); DEALLOCATE p;
SELECT b.branch_name, count(*) FROM retail.customer c JOIN retail.branch b USING (branch_id) GROUP BY 1;
EXPLAIN SELECT * FROM retail.account; SHOW ALL; RESET ALL; DISCARD ALL;
COPY retail.branch FROM STDIN;
SELECT * FROM sluice.my_access LIMIT 3;
";

struct Fuzz {
    sluice: Sluice,
    conversations: Vec<Conversation>,
    statements: Vec<Vec<u8>>,
    sent: AtomicU64,
    sessions: AtomicU64,
}

/// How long to go on.
enum Until {
    Seconds(u64),
    Messages(u64),
}

#[test]
fn changed_conversations_break_nothing() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let seed = number("SLUICE_SEED").unwrap_or(SEED);
    let until = match number("SLUICE_FUZZ_MESSAGES") {
        Some(messages) => Until::Messages(messages),
        None => Until::Seconds(number("SLUICE_FUZZ_SECONDS").unwrap_or(60)),
    };
    let workers = number("SLUICE_WORKERS").unwrap_or(WORKERS);
    let fuzz = Fuzz::start();
    let before = fuzz.sluice.resident_memory();
    let started = Instant::now();
    say(&format!("SLUICE_SEED={seed}, SLUICE_WORKERS={workers}, {} recorded conversations", fuzz.conversations.len()));
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let (fuzz, until) = (&fuzz, &until);
            scope.spawn(move || {
                let mut random = ChaCha8Rng::seed_from_u64(seed.wrapping_add(worker.wrapping_mul(1_000_003)));
                let mut told = Instant::now();
                while fuzz.goes_on(until, started) {
                    fuzz.turn(&mut random);
                    if worker == 0 && told.elapsed() > Duration::from_secs(300) {
                        fuzz.tell(started);
                        told = Instant::now();
                    }
                }
            });
        }
    });
    let sent = fuzz.tell(started);
    fuzz.judge(before);
    assert!(sent > 1_000, "only {sent} messages were sent");
}

impl Fuzz {
    fn start() -> Fuzz {
        let directory = fresh_directory("fuzz");
        let mut settings = embedded_settings(&directory);
        settings.yaml.push_str(&format!(
            "limits: {{login_timeout_ms: 3000, frame_bytes_max: 1048576, connections_max: {CONNECTIONS_MAX}, \
             statement_timeout_ms: 3000, rows_max: 10000}}\n"
        ));
        let sluice = Sluice::start(&settings);
        let recorder = Recorder::start(settings.port);
        client("psql", &["-X", "-q"], PSQL, recorder.port);
        let script = repository().join("tests/clients/conversations.py");
        client(&python(), &[script.to_str().expect("a plain path")], "", recorder.port);
        let conversations = recorder.conversations();
        let tags: Vec<u8> = conversations.iter().flat_map(|talk| talk.messages.iter().map(|m| m.tag)).collect();
        for tag in b"pQPBDECSX" {
            assert!(tags.contains(tag), "no {} was recorded", *tag as char);
        }
        assert!(conversations.iter().any(|talk| talk.messages.is_empty()), "no cancel was recorded");
        let texts = conversations.iter().flat_map(|talk| &talk.messages).filter_map(statement);
        let statements = texts.collect();
        Fuzz { sluice, conversations, statements, sent: AtomicU64::new(0), sessions: AtomicU64::new(0) }
    }

    /// Says how far it is; the number of messages.
    fn tell(&self, started: Instant) -> u64 {
        let (sent, sessions) = (self.sent.load(Ordering::Relaxed), self.sessions.load(Ordering::Relaxed));
        let (seconds, memory) = (started.elapsed().as_secs(), self.sluice.resident_memory() >> 20);
        say(&format!("{sent} messages over {sessions} sessions in {seconds} s; the server holds {memory} MiB"));
        sent
    }

    fn goes_on(&self, until: &Until, started: Instant) -> bool {
        match until {
            Until::Seconds(seconds) => started.elapsed() < Duration::from_secs(*seconds),
            Until::Messages(messages) => self.sent.load(Ordering::Relaxed) < *messages,
        }
    }

    fn turn(&self, random: &mut ChaCha8Rng) {
        match random.random_range(0..12) {
            0 => self.before_the_login(random),
            1 => self.during_the_login(random),
            2 => self.cancel(random),
            _ => self.session(random),
        }
        self.sessions.fetch_add(1, Ordering::Relaxed);
    }

    fn open(&self) -> Wire {
        // More may be closing than are open.
        eventually("a connection", PATIENCE, || {
            Wire::open(self.sluice.settings.port).map_err(|error| error.to_string())
        })
    }

    fn login(&self) -> Wire {
        eventually("a session", PATIENCE, || {
            self.sluice.try_login("risk_officer", PASSWORD, "fuzz").map_err(|error| error.everything + &error.message)
        })
    }

    fn pick(&self, random: &mut ChaCha8Rng) -> &Conversation {
        self.conversations.choose(random).expect("something was recorded")
    }

    /// All that a client once sent, from its first byte, changed anywhere.
    fn before_the_login(&self, random: &mut ChaCha8Rng) {
        let talk = self.pick(random);
        let mut startup = talk.startup.clone();
        if random.random() {
            raw(random, &mut startup);
        }
        let mut bytes = [&(startup.len() as u32 + 4).to_be_bytes()[..], &startup].concat();
        bytes.extend(talk.messages.iter().take(6).flat_map(|message| frame(message.tag, &message.body)));
        raw(random, &mut bytes);
        self.sent.fetch_add(2, Ordering::Relaxed);
        let mut wire = self.open();
        // The server may close in the middle.
        let _ = wire.send_bytes(&bytes);
        wire.finish_sending();
        self.ends(&mut wire, &bytes);
    }

    /// A true login with each of its packets changed, or not.
    fn during_the_login(&self, random: &mut ChaCha8Rng) {
        let mut packets = Vec::new();
        let startup = [("user", "risk_officer"), ("database", "bank"), ("application_name", "fuzz")];
        let outcome = Wire::login_altered(self.sluice.settings.port, &startup, PASSWORD, &mut |bytes| {
            if random.random_range(0..3) == 0 {
                raw(random, bytes);
            }
            packets.extend_from_slice(bytes);
            self.sent.fetch_add(1, Ordering::Relaxed);
        });
        match outcome {
            // What was added behind the last packet ends the session as a broken message.
            Ok(mut wire) => {
                self.goes_on_after(&mut wire, &packets, 0);
            }
            Err(failed) => {
                if let Some(mut wire) = failed.0 {
                    wire.finish_sending();
                    self.ends(&mut wire, &packets);
                }
            }
        }
    }

    /// Cancel requests with the key of a session that works, true or changed.
    fn cancel(&self, random: &mut ChaCha8Rng) {
        let mut wire = self.login();
        let query = b"SELECT count(*) FROM retail.txn a JOIN retail.txn b ON a.branch_id = b.branch_id\0";
        wire.send(b'Q', query).expect("the server reads");
        for _ in 0..random.random_range(1..4) {
            let Key { process, secret } = wire.key.clone();
            let mut body = [&80_877_102u32.to_be_bytes()[..], &process.to_be_bytes(), &secret].concat();
            if random.random() {
                raw(random, &mut body);
            }
            let mut request = self.open();
            let _ = request.send_startup(&body);
            self.sent.fetch_add(1, Ordering::Relaxed);
            request.finish_sending();
            self.ends(&mut request, &body);
        }
        self.proceeds(&mut wire, query, 0);
    }

    /// Pieces of conversations, changed, over one session, until it ends.
    fn session(&self, random: &mut ChaCha8Rng) {
        let mut wire = self.login();
        for number in 0..random.random_range(1..60) {
            let talk = self.pick(random);
            let length = random.random_range(1..=24.min(talk.messages.len().max(1)));
            let start = random.random_range(0..=talk.messages.len().saturating_sub(length));
            let messages: Vec<Message> = talk.messages.iter().skip(start).take(length).cloned().collect();
            let batch = batch(random, messages, &self.statements);
            self.sent.fetch_add(batch.count as u64 + 2, Ordering::Relaxed);
            for piece in pieces(random, &batch.bytes) {
                // The server may close in the middle.
                let _ = wire.send_bytes(piece);
            }
            if batch.torn {
                wire.finish_sending();
                return self.ends(&mut wire, &batch.bytes);
            }
            if random.random_range(0..40) == 0 {
                // Gone without a word, with answers on their way.
                return;
            }
            if !self.goes_on_after(&mut wire, &batch.bytes, number) {
                return;
            }
        }
        let _ = wire.send(b'X', b"");
        self.ends(&mut wire, b"X");
    }

    fn ends(&self, wire: &mut Wire, sent: &[u8]) {
        assert!(wire.closes_within(PATIENCE), "the connection stays open\n{}", self.story(sent));
    }

    fn proceeds(&self, wire: &mut Wire, sent: &[u8], number: usize) {
        assert!(self.goes_on_after(wire, sent, number), "the session ended\n{}", self.story(sent));
    }

    /// Sees to the end of what was sent: false where the server closed the session. What shows the end is a setting
    /// that the server reports, because neither a failed block nor a timeout can stop it from being set.
    fn goes_on_after(&self, wire: &mut Wire, sent: &[u8], number: usize) -> bool {
        let mark = format!("mark {number}");
        let _ = wire.send_bytes(&[frame(b'c', b""), frame(b'S', b"")].concat());
        let _ = wire.send(b'Q', &cstring(&format!("ROLLBACK; SET application_name = '{mark}'")));
        let started = Instant::now();
        let mut marked = false;
        loop {
            match wire.receive() {
                Ok(None) => return false,
                Ok(Some(message)) => {
                    marked |= message.tag == b'S' && lossy(&message.body) == format!("application_name\0{mark}\0");
                    if marked && message.tag == b'Z' {
                        return true;
                    }
                }
                Err(error) => panic!("no answer after {:?}: {error}\n{}", started.elapsed(), self.story(sent)),
            }
            assert!(started.elapsed() < PATIENCE, "no end of the answer\n{}", self.story(sent));
        }
    }

    /// What was sent last, for whoever looks for the fault.
    fn story(&self, sent: &[u8]) -> String {
        let log = self.sluice.kept.log();
        let tail: String = log.lines().rev().take(10).collect::<Vec<_>>().join("\n");
        format!("sent: {}\nthe server's log, last lines first:\n{tail}", sent.escape_ascii())
    }

    /// The server as it should be after all that.
    fn judge(&self, before: u64) {
        self.sluice.kept.alive().expect("the server lives");
        let log = self.sluice.kept.log();
        let panics: Vec<&str> = log.lines().filter(|line| line.contains("panic")).collect();
        assert!(panics.is_empty(), "{panics:#?}");
        // Every place is free again: as many sessions as there may be can be had at once.
        let all: Vec<Wire> = eventually("all places", Duration::from_secs(30), || {
            let sessions = (0..CONNECTIONS_MAX).map(|_| self.sluice.try_login("hq_analyst", PASSWORD, "after"));
            sessions.collect::<Result<Vec<_>, _>>().map_err(|error| error.message)
        });
        drop(all);
        let answer = self.login().simple("SELECT count(*) FROM retail.branch");
        assert_eq!(answer.rows, [[Some("16".to_string())]], "{:?}", answer.error);
        eventually("nothing is left running", Duration::from_secs(30), || {
            let busy = self.sluice.busy_time();
            std::thread::sleep(Duration::from_secs(1));
            let worked = self.sluice.busy_time() - busy;
            if worked < Duration::from_millis(250) { Ok(()) } else { Err(format!("it worked {worked:?} of 1 s")) }
        });
        let grown = self.sluice.resident_memory().saturating_sub(before);
        say(&format!("resident memory {} MiB before, {} MiB more after", before >> 20, grown >> 20));
        assert!(grown < GROWTH_MAX, "the server grew by {} MiB", grown >> 20);
    }
}

/// A line that is shown in every run: the test harness keeps back what is printed, unless the test fails.
fn say(line: &str) {
    // Nobody reads it where there is no standard error.
    let _ = writeln!(std::io::stderr(), "fuzz: {line}");
}

/// The text of a Query or Parse.
fn statement(message: &Message) -> Option<Vec<u8>> {
    let mut parts = message.body.split(|byte| *byte == 0);
    match message.tag {
        b'Q' => parts.next().map(<[u8]>::to_vec),
        b'P' => parts.nth(1).map(<[u8]>::to_vec),
        _ => None,
    }
}

/// The bytes in a few pieces, as a network may deliver them.
fn pieces<'b>(random: &mut ChaCha8Rng, bytes: &'b [u8]) -> Vec<&'b [u8]> {
    let (first, second) = (random.random_range(0..=bytes.len()), random.random_range(0..=bytes.len()));
    let (first, second) = (first.min(second), first.max(second));
    if random.random_range(0..4) > 0 {
        return vec![bytes];
    }
    vec![&bytes[..first], &bytes[first..second], &bytes[second..]]
}

/// Runs a client against the recorder. What it is answered does not matter: errors are part of the conversation.
fn client(program: &str, arguments: &[&str], input: &str, port: u16) {
    let mut child = Command::new(program)
        .args(arguments)
        .env("PGHOST", "127.0.0.1")
        .env("PGPORT", port.to_string())
        .env("PGDATABASE", "bank")
        .env("PGUSER", "risk_officer")
        .env("PGPASSWORD", PASSWORD)
        .env("PGSSLMODE", "disable")
        .env("PGGSSENCMODE", "disable")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}; ./tests/run installs what is missing"));
    let mut stdin = child.stdin.take().expect("a piped stdin");
    stdin.write_all(input.as_bytes()).expect("the client reads");
    drop(stdin);
    let output = child.wait_with_output().expect("the client ends");
    assert!(output.status.success(), "{program}: {}\n{}", output.status, lossy(&output.stderr));
}
