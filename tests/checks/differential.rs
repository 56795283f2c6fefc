//! Random statements by random users, compared with PostgreSQL over tables to which the policies were applied by hand.
//!
//! Whatever a statement does with masked fields and filtered rows, its answer must be the one that it has over a copy
//! which holds nothing else, and the same to the byte, errors included, in a twin world that differs only in what the
//! user may not know. A minute of it is in every run of the suite, always from the same statements on; `SLUICE_SEED` tries
//! others, `SLUICE_SECONDS` goes on for so long, `SLUICE_WORKERS` tries so many at once, each with a seed of its own. All
//! are printed.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use crate::support::attack_sources::{SOURCES, Source};
use crate::support::attack_world::{attacked, governed, reference, worlds};
use crate::support::block_on;
use crate::support::client::{Answer, Form, lines};
use crate::support::postgres::printed;
use crate::support::statements::Generator;
use crate::support::wire::Wire;

/// Failures that are printed; the rest is counted.
const SHOWN: usize = 20;

/// The statements of every run.
const SEED: u64 = 7;
/// How long it goes on.
const SECONDS: u64 = 60;
/// Workers of every run.
const WORKERS: u64 = 2;

#[test]
fn random_statements_have_the_answers_of_the_governed_copy() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let seed = number("SLUICE_SEED").unwrap_or(SEED);
    let seconds = Duration::from_secs(number("SLUICE_SECONDS").unwrap_or(SECONDS));
    let workers = number("SLUICE_WORKERS").unwrap_or(WORKERS);
    println!("differential: SLUICE_SEED={seed}, SLUICE_SECONDS={}, SLUICE_WORKERS={workers}", seconds.as_secs());
    let started = Instant::now();
    let failed = AtomicUsize::new(0);
    let all = Mutex::new(Run::default());
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let (failed, all) = (&failed, &all);
            scope.spawn(move || {
                let mut random = ChaCha8Rng::seed_from_u64(seed.wrapping_add(worker.wrapping_mul(1_000_003)));
                let mut run = Run::default();
                let mut tried = 0_u64;
                while started.elapsed() < seconds && failed.load(Ordering::Relaxed) < SHOWN {
                    // A plan that is kept must answer as one that is made for its values.
                    run.mode = if tried.is_multiple_of(2) { "force_generic_plan" } else { "force_custom_plan" };
                    run.one(&mut random);
                    tried += 1;
                    failed.fetch_add(std::mem::take(&mut run.fresh), Ordering::Relaxed);
                }
                all.lock().expect("no worker panics with the lock").add(run);
            });
        }
    });
    let run = all.into_inner().expect("no worker panicked");
    println!(
        "differential: {} statements equal, {} of them in the twin world too, {} not supported, {} refused alike",
        run.equal, run.twins, run.unsupported, run.refused
    );
    for (what, count) in &run.constructs {
        println!("differential: not supported: {count} x {what}");
    }
    assert!(run.failures.is_empty(), "seed {seed}: {}", run.failures.join("\n\n"));
    // A generator that makes little that is supported shows little.
    assert!(run.unsupported * 10 <= run.equal, "{} of {} are not supported", run.unsupported, run.equal);
}

#[derive(Default)]
struct Run {
    mode: &'static str,
    sessions: BTreeMap<(usize, &'static str, &'static str), Wire>,
    copies: BTreeMap<&'static str, tokio_postgres::Client>,
    twin_sessions: BTreeMap<(&'static str, &'static str), Wire>,
    equal: usize,
    twins: usize,
    refused: usize,
    unsupported: usize,
    constructs: BTreeMap<String, usize>,
    failures: Vec<String>,
    /// Failures since they were last counted.
    fresh: usize,
}

impl Run {
    fn add(&mut self, other: Run) {
        self.equal += other.equal;
        self.twins += other.twins;
        self.refused += other.refused;
        self.unsupported += other.unsupported;
        for (what, count) in other.constructs {
            *self.constructs.entry(what).or_default() += count;
        }
        self.failures.extend(other.failures);
    }

    fn one(&mut self, random: &mut ChaCha8Rng) {
        let users: Vec<&'static str> =
            governed().iter().filter(|(_, tables)| !tables.is_empty()).map(|(user, _)| user.as_str()).collect();
        let user = *users.choose(random).expect("users");
        let (sql, ordered) = Generator::new(&governed()[user], &worlds()["plain"], random).statement();
        let expected = self.by_hand(user, &sql);
        let mut source = rand::Rng::random_range(random, 0..SOURCES.len());
        // In a CSV file an empty text is NULL; only this field of the fixture has empty texts.
        if SOURCES[source].is_csv("transactions") && sql.contains("memo") {
            source = 0;
        }
        let form = *[Form::Simple, Form::ExtendedText, Form::ExtendedBinary].choose(random).expect("a form");
        let mode = self.mode;
        let session =
            self.sessions.entry((source, user, mode)).or_insert_with(|| login(SOURCES[source], "plain", user, mode));
        let answer = session.ask(form, &sql, &[]);
        if answer.state.is_none() {
            self.sessions.remove(&(source, user, mode));
        }
        let code = answer.error.as_ref().map_or("", |error| error.code.as_str());
        let got = answer.lines(ordered);
        let fault = match &expected {
            Ok(rows) if code.is_empty() && plain(&lines(rows, ordered), ordered) == plain(&got, ordered) => {
                self.equal += 1;
                None
            }
            Ok(_) if code == "0A000" => {
                self.unsupported += 1;
                let message = answer.error.as_ref().map(|error| error.message.clone()).unwrap_or_default();
                *self.constructs.entry(message).or_default() += 1;
                None
            }
            Ok(rows) => Some(format!("by hand {:?}", short(&lines(rows, false)))),
            // PostgreSQL knows a function and cannot choose among its forms: that it does not exist says as much.
            Err(error) if error.starts_with("42725") && code == "42883" => {
                self.refused += 1;
                None
            }
            Err(error) if !code.is_empty() && code != "XX000" && error.starts_with(code) => {
                self.refused += 1;
                None
            }
            Err(error) => Some(format!("by hand {error}")),
        };
        let fault = fault.or_else(|| match SOURCES[source] {
            Source::Sqlite => self.in_the_twin(user, form, &sql, &answer),
            _ => None,
        });
        if let Some(fault) = fault {
            self.fresh += 1;
            let error = answer.error.as_ref().map(|error| format!("{} {}", error.code, error.message));
            let cause = match code {
                "XX000" | "58000" => attacked(SOURCES[source], "plain").sluice.last_cause(),
                _ => String::new(),
            };
            let got = short(&got);
            self.failures.push(format!(
                "{user}, {:?}, {form:?}, {mode}\n  {sql}\n  {fault}\n  got     {got:?} {error:?} {cause}",
                SOURCES[source]
            ));
        }
    }

    /// What is otherwise in a world where only hidden things are otherwise.
    fn in_the_twin(&mut self, user: &'static str, form: Form, sql: &str, here: &Answer) -> Option<String> {
        let (twin, _) = worlds().get_key_value(&format!("twin_of_{user}"))?;
        let mode = self.mode;
        let session =
            self.twin_sessions.entry((user, mode)).or_insert_with(|| login(Source::Sqlite, twin.as_str(), user, mode));
        let there = session.ask(form, sql, &[]);
        if there.state.is_none() {
            self.twin_sessions.remove(&(user, mode));
        }
        let told = |answer: &Answer| Answer { rows: Vec::new(), ..answer.clone() };
        if here.lines(false) == there.lines(false) && told(here) == told(&there) {
            self.twins += 1;
            return None;
        }
        Some(format!("in the twin world {:?} {:?}", short(&there.lines(false)), there.error))
    }

    fn by_hand(&mut self, user: &'static str, sql: &str) -> Result<Vec<Vec<Option<String>>>, String> {
        let reference = reference();
        block_on(async {
            if !self.copies.contains_key(user) {
                let client = reference.connect("governed").await?;
                client.batch_execute(&format!("SET search_path = {user}")).await.map_err(|error| error.to_string())?;
                self.copies.insert(user, client);
            }
            printed(&self.copies[user], sql).await
        })
    }
}

fn login(source: Source, world: &'static str, user: &str, mode: &str) -> Wire {
    let mut session = attacked(source, world).sluice.login(user);
    let set = session.simple(&format!("SET plan_cache_mode = {mode}"));
    assert!(set.error.is_none(), "{:?}", set.error);
    session
}

/// Lines whose numbers have no zeros at their end: where branches of different scales meet, PostgreSQL shows each value
/// with its own, and Sluice all with the same.
fn plain(lines: &[String], ordered: bool) -> Vec<String> {
    let cell = |cell: &str| match cell.split_once('.') {
        Some((whole, fraction))
            if !fraction.is_empty()
                && fraction.bytes().all(|b| b.is_ascii_digit())
                && whole.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit()) =>
        {
            let digits = fraction.trim_end_matches('0');
            if digits.is_empty() { whole.to_string() } else { format!("{whole}.{digits}") }
        }
        _ => cell.to_string(),
    };
    let mut plain: Vec<String> =
        lines.iter().map(|line| line.split(" | ").map(cell).collect::<Vec<_>>().join(" | ")).collect();
    if !ordered {
        plain.sort();
    }
    plain
}

fn short(lines: &[String]) -> String {
    let text = lines.join(" ; ");
    text.chars().take(600).collect()
}
