//! Random statements by random users, compared with PostgreSQL over tables to which the policies were applied by hand.
//!
//! Whatever a statement does with masked fields and filtered rows, its answer must be the one that it has over a copy
//! which holds nothing else, names and types of its columns too, and the same to the byte, errors included, in a twin
//! world that differs only in what the user may not know. Two checks: one under the policies of the attacks, one under
//! random policies, others every [`STATEMENTS`] statements. A minute of them is in every run of the suite, always from
//! the same statements on; `SLUICE_SEED` tries others, `SLUICE_SECONDS` goes on for so long, `SLUICE_WORKERS` tries so
//! many at once, each with a seed of its own. All are printed.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use crate::support::attack_sources::{SOURCES, Source};
use crate::support::attack_world::{World, attacked, governed, reference, worlds};
use crate::support::block_on;
use crate::support::client::{Answer, Form, lines};
use crate::support::postgres::printed;
use crate::support::probe;
use crate::support::random_policies::{Judged, PEOPLE, RandomPolicies, Specials, judge, purpose};
use crate::support::sluice::Sluice;
use crate::support::statements::Generator;
use crate::support::wire::Wire;

/// Failures that are printed; the rest is counted.
const SHOWN: usize = 20;

/// The statements of every run.
const SEED: u64 = 7;
/// How long each check goes on.
const SECONDS: u64 = 30;
/// Workers of every run.
const WORKERS: u64 = 2;
/// Statements under one random set of policies.
const STATEMENTS: usize = 150;

#[test]
fn random_statements_have_the_answers_of_the_governed_copy() {
    let places: Vec<Governed> = SOURCES
        .into_iter()
        .map(|source| Governed {
            name: source.name(),
            source,
            sluice: &attacked(source, "plain").sluice,
            known: governed(),
            specials: None,
            schemas: "",
            has_twins: source == Source::Sqlite,
            has_probes: probe::is_there(&attacked(source, "plain").sluice, "li_hq"),
        })
        .collect();
    differential(
        "policies of the attacks",
        |_, run, random| run.one(&places, random),
        |run| places.iter().for_each(|place| place.judge_probes(run)),
    );
}

#[test]
fn random_statements_under_random_policies_have_the_answers_of_copies_made_by_them() {
    let check = |worker: u64, run: &mut Run, random: &mut ChaCha8Rng| {
        let source = *SOURCES.choose(random).expect("a source");
        let name = format!("w{worker}s{}", run.sets);
        let policies = RandomPolicies::start(&name, source, random);
        let place = Governed {
            name,
            source,
            sluice: &policies.sluice,
            known: &policies.known,
            specials: Some(&policies.specials),
            schemas: &policies.schemas,
            has_twins: false,
            has_probes: probe::is_there(&policies.sluice, PEOPLE[0]),
        };
        for _ in 0..STATEMENTS {
            if run.is_over() || policies.known.is_empty() {
                break;
            }
            let before = run.failures.len();
            run.one(std::slice::from_ref(&place), random);
            if run.failures.len() > before && before == run.failures_before_set {
                run.failures.push(format!("under these policies:\n{}", policies.written));
            }
        }
        place.judge_probes(run);
        run.end_set();
    };
    differential("random policies", check, |_| {});
}

/// Runs the check in every worker until the time is over, then judges what all of them did.
fn differential(what: &str, check: impl Fn(u64, &mut Run, &mut ChaCha8Rng) + Sync, judge: impl Fn(&mut Run)) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let seed = number("SLUICE_SEED").unwrap_or(SEED);
    let seconds = Duration::from_secs(number("SLUICE_SECONDS").unwrap_or(SECONDS));
    let workers = number("SLUICE_WORKERS").unwrap_or(WORKERS);
    let seconds_shown = seconds.as_secs();
    println!("differential, {what}: SLUICE_SEED={seed}, SLUICE_SECONDS={seconds_shown}, SLUICE_WORKERS={workers}");
    let failed = AtomicUsize::new(0);
    let all = Mutex::new(Vec::new());
    let until = Instant::now() + seconds;
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let (failed, all, check) = (&failed, &all, &check);
            scope.spawn(move || {
                let mut random = ChaCha8Rng::seed_from_u64(seed.wrapping_add(worker.wrapping_mul(1_000_003)));
                let mut run = Run::new(until);
                while !run.is_over() && failed.load(Ordering::Relaxed) < SHOWN {
                    check(worker, &mut run, &mut random);
                    failed.fetch_add(std::mem::take(&mut run.fresh), Ordering::Relaxed);
                }
                all.lock().expect("no worker panics with the lock").push(run);
            });
        }
    });
    let mut run = Run::new(until);
    all.into_inner().expect("no worker panicked").into_iter().for_each(|other| run.add(other));
    judge(&mut run);
    println!(
        "differential, {what}: {} statements equal, {} of them in the twin world too, {} not supported, {} refused alike, \
         {} random sets of policies; probes saw {} values",
        run.equal, run.twins, run.unsupported, run.refused, run.sets, run.probed
    );
    for (construct, count) in &run.constructs {
        println!("differential, {what}: not supported: {count} x {construct}");
    }
    assert!(run.failures.is_empty(), "{what}, seed {seed}: {}", run.failures.join("\n\n"));
    assert!(run.equal > 0, "nothing was compared");
    // A generator that makes little that is supported shows little.
    assert!(run.unsupported * 10 <= run.equal, "{} of {} are not supported", run.unsupported, run.equal);
}

/// People under policies over a world, beside copies made by hand.
struct Governed<'a> {
    /// Tells it from others.
    name: String,
    source: Source,
    sluice: &'a Sluice,
    /// What each person may know.
    known: &'a BTreeMap<String, World>,
    /// The fields of each that not every statement may use.
    specials: Option<&'a BTreeMap<String, Specials>>,
    /// The copies are in schemas of the persons' names after this.
    schemas: &'a str,
    has_twins: bool,
    /// Statements note which values they were given.
    has_probes: bool,
}

impl Governed<'_> {
    /// What becomes of somebody's statement.
    fn judge(&self, user: &str, sql: &str) -> Judged {
        static NONE: Specials = Specials::new();
        judge(sql, self.specials.and_then(|specials| specials.get(user)).unwrap_or(&NONE))
    }

    /// Whether the probes saw more than they may; how much they saw is counted.
    fn judge_probes(&self, run: &mut Run) {
        match probe::seen(self.sluice, self.known) {
            Ok(seen) => run.probed += seen,
            Err(leak) => run.failures.push(format!("{} ({:?}): {leak}", self.name, self.source)),
        }
    }
}

struct Run {
    until: Instant,
    tried: usize,
    sets: usize,
    /// Different values that probes saw, none of which they may not.
    probed: usize,
    mode: &'static str,
    sessions: BTreeMap<(String, String, &'static str), Wire>,
    copies: BTreeMap<String, tokio_postgres::Client>,
    twin_sessions: BTreeMap<(String, &'static str), Wire>,
    equal: usize,
    twins: usize,
    refused: usize,
    unsupported: usize,
    constructs: BTreeMap<String, usize>,
    failures: Vec<String>,
    failures_before_set: usize,
    /// Failures since they were last counted.
    fresh: usize,
}

impl Run {
    fn new(until: Instant) -> Run {
        Run {
            until,
            tried: 0,
            sets: 0,
            probed: 0,
            mode: "",
            sessions: BTreeMap::new(),
            copies: BTreeMap::new(),
            twin_sessions: BTreeMap::new(),
            equal: 0,
            twins: 0,
            refused: 0,
            unsupported: 0,
            constructs: BTreeMap::new(),
            failures: Vec::new(),
            failures_before_set: 0,
            fresh: 0,
        }
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// Lets go of what belongs to a set of policies that is done with.
    fn end_set(&mut self) {
        self.sets += 1;
        self.failures_before_set = self.failures.len();
        self.sessions.clear();
        self.copies.clear();
    }

    fn add(&mut self, other: Run) {
        self.sets += other.sets;
        self.probed += other.probed;
        self.equal += other.equal;
        self.twins += other.twins;
        self.refused += other.refused;
        self.unsupported += other.unsupported;
        for (what, count) in other.constructs {
            *self.constructs.entry(what).or_default() += count;
        }
        self.failures.extend(other.failures);
    }

    /// One statement of somebody at one of the places, which have the same people.
    fn one(&mut self, places: &[Governed], random: &mut ChaCha8Rng) {
        // A plan that is kept must answer as one that is made for its values.
        self.mode = if self.tried.is_multiple_of(2) { "force_generic_plan" } else { "force_custom_plan" };
        self.tried += 1;
        let known = places[0].known;
        let users: Vec<&String> = known.iter().filter(|(_, tables)| !tables.is_empty()).map(|(user, _)| user).collect();
        let user = users.choose(random).expect("users").as_str();
        let mut generator = Generator::new(&known[user], &worlds()["plain"], random);
        if places[0].has_probes && self.tried.is_multiple_of(3) {
            generator = generator.probing(user);
        }
        let (sql, ordered) = generator.statement();
        let mut place = places.choose(random).expect("a place");
        let form = *[Form::Simple, Form::ExtendedText, Form::ExtendedBinary].choose(random).expect("a form");
        // In a CSV file an empty text is NULL; only this field of the fixture has empty texts.
        if place.source.is_csv("transactions") && sql.contains("memo") {
            if places.len() == 1 {
                return;
            }
            place = &places[0];
        }
        let judged = place.judge(user, &sql);
        let expected = match judged.refused {
            true => Err("42501 use of a field".to_string()),
            false => self.by_hand(place.schemas, user, &judged.by_hand),
        };
        let answer = self.ask(place, user, form, &sql);
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
            Ok(_) if code == "42501" && judged.may_be_refused => {
                self.refused += 1;
                None
            }
            Err(_) if code == "0A000" && judged.refused => {
                self.unsupported += 1;
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
        let told_otherwise = |run: &mut Run| match form {
            Form::ExtendedText if code.is_empty() => run.told_otherwise(place.schemas, user, &judged.by_hand, &answer),
            _ => None,
        };
        let fault = fault.or_else(|| told_otherwise(self));
        let in_the_twin = |run: &mut Run| run.in_the_twin(user, form, &sql, &answer);
        let fault = fault.or_else(|| if place.has_twins { in_the_twin(self) } else { None });
        if let Some(fault) = fault {
            self.fresh += 1;
            let error = answer.error.as_ref().map(|error| format!("{} {}", error.code, error.message));
            let cause = match code {
                "XX000" | "58000" => place.sluice.last_cause(),
                _ => String::new(),
            };
            let (got, mode) = (short(&got), self.mode);
            self.failures.push(format!(
                "{user}, {} ({:?}), {form:?}, {mode}\n  {sql}\n  {fault}\n  got     {got:?} {error:?} {cause}",
                place.name, place.source
            ));
        }
    }

    fn ask(&mut self, place: &Governed, user: &str, form: Form, sql: &str) -> Answer {
        let (mode, key) = (self.mode, (place.name.clone(), user.to_string(), self.mode));
        let session = self.sessions.entry(key.clone()).or_insert_with(|| login(place.sluice, user, mode));
        let answer = session.ask(form, sql, &[]);
        if answer.state.is_none() {
            self.sessions.remove(&key);
        }
        answer
    }

    /// What is otherwise in a world where only hidden things are otherwise.
    fn in_the_twin(&mut self, user: &str, form: Form, sql: &str, here: &Answer) -> Option<String> {
        let (twin, _) = worlds().get_key_value(&format!("twin_of_{user}"))?;
        let (mode, key) = (self.mode, (user.to_string(), self.mode));
        let twin = || login(&attacked(Source::Sqlite, twin.as_str()).sluice, user, mode);
        let session = self.twin_sessions.entry(key.clone()).or_insert_with(twin);
        let there = session.ask(form, sql, &[]);
        if there.state.is_none() {
            self.twin_sessions.remove(&key);
        }
        let told = |answer: &Answer| Answer { rows: Vec::new(), ..answer.clone() };
        if here.lines(false) == there.lines(false) && told(here) == told(&there) {
            self.twins += 1;
            return None;
        }
        Some(format!("in the twin world {:?} {:?}", short(&there.lines(false)), there.error))
    }

    /// Names and types of columns, where PostgreSQL tells others.
    fn told_otherwise(&mut self, schemas: &str, user: &str, sql: &str, got: &Answer) -> Option<String> {
        let client = &self.copies[&format!("{schemas}{user}")];
        let prepared = block_on(client.prepare(sql)).expect("what was answered can be prepared");
        let told: Vec<_> = prepared.columns().iter().map(|column| (column.name(), column.type_().oid())).collect();
        let here: Vec<_> = got.columns.iter().map(|column| (column.name.as_str(), column.oid)).collect();
        (told != here).then(|| format!("by hand the columns are {told:?}, and here {here:?}"))
    }

    fn by_hand(&mut self, schemas: &str, user: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>, String> {
        let schema = format!("{schemas}{user}");
        block_on(async {
            if !self.copies.contains_key(&schema) {
                let client = reference().connect("governed").await?;
                let path = client.batch_execute(&format!("SET search_path = {schema}, public")).await;
                path.map_err(|error| error.to_string())?;
                self.copies.insert(schema.clone(), client);
            }
            printed(&self.copies[&schema], sql).await
        })
    }
}

fn login(sluice: &Sluice, user: &str, mode: &str) -> Wire {
    let mut session = sluice.login(user);
    let set = session.simple(&format!("SET plan_cache_mode = {mode}"));
    assert!(set.error.is_none(), "{:?}", set.error);
    if let Some(purpose) = purpose(user) {
        let set = session.simple(&format!("SET sluice.purpose = '{purpose}'"));
        assert!(set.error.is_none(), "{:?}", set.error);
    }
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
