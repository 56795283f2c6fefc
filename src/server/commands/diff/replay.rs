//! Statements of a log, decided again under both sets. No data is touched: parse, resolve, govern.
//!
//! Invariant: a statement is planned again unless every decision of its sender is the same under both sets, in which
//! case nothing about it can differ. Equal statements under equal decisions are planned once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use sluice_base::{TimeZone, ToClient};
use sluice_model::policy::{decide, explains_in_full};
use sluice_model::principal::RequestContext;
use sluice_model::{Decision, Principal, Snapshot};
use sluice_plan::{Asker, Explanation, StatementKind};

use super::super::opened::{govern, here_and_now, query_of};
use super::Pair;
use super::change::{Change, Effect, compare, explain};
use super::log::{Log, Sender, Sent};
use crate::config::Config;
use crate::users::Users;

/// A statement that differs.
#[derive(Debug, Clone)]
pub struct Differs {
    /// Login name.
    pub user: String,
    /// The text.
    pub statement: String,
    /// How often it is in the log.
    pub times: u64,
    /// What differs.
    pub changes: Vec<Change>,
    pub(super) sides: Box<(Principal, Principal)>,
}

/// What a replay found.
#[derive(Debug, Default)]
pub struct Replayed {
    /// Statements in the log.
    pub statements: u64,
    /// Different ones.
    pub distinct: usize,
    /// Plans made again, on each side.
    pub planned: usize,
    /// Statements whose text was cut when it was recorded.
    pub cut: u64,
    /// People who are not in the users file any more: their recorded roles were taken.
    pub unknown: BTreeSet<String>,
    /// Statements that differ.
    pub differs: Vec<Differs>,
}

/// One sender under both sets.
struct Person {
    sides: (Principal, Principal),
    decisions: (Vec<Option<Decision>>, Vec<Option<Decision>>),
    explains: (bool, bool),
    /// Equal for people whose statements cannot differ from each other's.
    class: blake3::Hash,
    /// Something differs between the sets.
    differs: bool,
}

/// What makes two statements one task: text, search path, class of the sender.
type Same<'s> = (&'s str, Option<&'s [String]>, [u8; 32]);
/// The statements of a task, each with how often it was sent.
type Task<'s> = Vec<(&'s Sent, u64)>;

/// Decides a log again.
pub fn replay(pair: &Pair, users: &Users, log: Log, config: &Config) -> Replayed {
    let mut replayed =
        Replayed { statements: log.statements, distinct: log.sent.len(), cut: log.cut, ..Replayed::default() };
    let senders: BTreeSet<&Sender> = log.sent.keys().map(|sent| &sent.sender).collect();
    let mut people: HashMap<&Sender, Person> = HashMap::new();
    for sender in &senders {
        if users.get(&sender.user).is_none() {
            replayed.unknown.insert(sender.user.clone());
        }
    }
    let senders: Vec<&Sender> = senders.into_iter().collect();
    let found = in_parallel(&senders, |sender| person(sender, pair, users));
    people.extend(senders.iter().copied().zip(found));
    // One task per text, path and class; everyone in the class has its outcome.
    let mut tasks: BTreeMap<Same, Task> = BTreeMap::new();
    for (sent, times) in &log.sent {
        if let Some(person) = people.get(&sent.sender).filter(|person| person.differs) {
            let key = (&*sent.text, sent.path.as_deref(), *person.class.as_bytes());
            tasks.entry(key).or_default().push((sent, *times));
        }
    }
    let tasks: Vec<Task> = tasks.into_values().collect();
    replayed.planned = tasks.len();
    let outcomes = in_parallel(&tasks, |task| {
        let Some((sent, _)) = task.first() else { return Vec::new() };
        people.get(&sent.sender).map(|person| differences(sent, person, pair, config)).unwrap_or_default()
    });
    for (task, changes) in tasks.iter().zip(outcomes) {
        if changes.is_empty() {
            continue;
        }
        for (sent, times) in task {
            let Some(person) = people.get(&sent.sender) else { continue };
            let (user, statement) = (sent.sender.user.clone(), sent.text.to_string());
            let sides = Box::new(person.sides.clone());
            replayed.differs.push(Differs { user, statement, times: *times, changes: changes.clone(), sides });
        }
    }
    replayed.differs.sort_by(|a, b| (&a.user, &a.statement).cmp(&(&b.user, &b.statement)));
    replayed
}

/// Runs a task for each item, on all processors; outcomes are in the order of the items.
fn in_parallel<T: Sync, R: Send>(items: &[T], run: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get()).min(items.len().max(1));
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut own = Vec::new();
                while let Some((at, item)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, items.get(at)?)))
                {
                    own.push((at, run(item)));
                }
                done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(own);
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

fn person(sender: &Sender, pair: &Pair, users: &Users) -> Person {
    let sides = (side(sender, &pair.old, users), side(sender, &pair.new, users));
    let all = |principal: &Principal, snapshot: &Snapshot| -> Vec<Option<Decision>> {
        (0..snapshot.catalog.entities.len()).map(|entity| decide(principal, snapshot, entity)).collect()
    };
    let decisions = (all(&sides.0, &pair.old), all(&sides.1, &pair.new));
    let explains = (explains_in_full(&sides.0, &pair.old), explains_in_full(&sides.1, &pair.new));
    let prints = |side: &[Option<Decision>]| -> Vec<String> {
        side.iter().map(|decision| decision.as_ref().map_or(String::new(), |d| d.fingerprint.clone())).collect()
    };
    let class = format!("{:?} {:?} {explains:?}", prints(&decisions.0), prints(&decisions.1));
    let entities = &pair.old.catalog.entities;
    let differs = explains.0 != explains.1
        || entities.iter().enumerate().any(|(index, entity)| {
            !compare(entity, decisions.0[index].as_ref(), decisions.1[index].as_ref(), None).is_empty()
        });
    Person { sides, decisions, explains, class: blake3::hash(class.as_bytes()), differs }
}

/// The sender as one set knows her: the facts of the users file and the set's own roles, or what was recorded.
fn side(sender: &Sender, snapshot: &Snapshot, users: &Users) -> Principal {
    let policies = &snapshot.policies;
    if let Some(recorded) = sender.recorded.as_deref().and_then(|text| serde_json::from_str::<Principal>(text).ok()) {
        // Facts as they were then; roles as this set gives them, and no more than were in force.
        let given = users.get(&sender.user).map_or_else(|| recorded.roles.clone(), |user| user.roles.clone());
        let mut roles = policies.roles_of(&recorded.user, &recorded.groups, &given);
        if let Some(role) = &sender.role {
            roles = crate::session::roles_within(role, &roles, snapshot);
        }
        return Principal { roles, ..recorded };
    }
    let context = RequestContext { client_addr: sender.address, ..here_and_now() };
    let mut principal = match users.get(&sender.user) {
        Some(user) => user.principal(policies, context),
        None => {
            let recorded = sender.roles.iter().cloned().collect();
            let roles = policies.roles_of(&sender.user, &BTreeSet::new(), &recorded);
            Principal { user: sender.user.clone(), roles, context, ..Principal::default() }
        }
    };
    if let Some(role) = &sender.role {
        principal.roles = crate::session::roles_within(role, &principal.roles, snapshot);
    }
    principal
}

/// How a statement was decided: what it reads, or its SQLSTATE.
type Outcome = Result<Explanation, String>;

fn differences(sent: &Sent, person: &Person, pair: &Pair, config: &Config) -> Vec<Change> {
    let (database, limits) = (config.database.as_str(), &config.limits);
    let statement = sluice_plan::parse(&sent.text, limits).ok().and_then(|statements| statements.into_iter().next());
    let Some(statement) = statement else { return Vec::new() };
    let Some(query) = query_of(&statement.kind).filter(|query| query.has_relations() && !query.system_only()) else {
        return Vec::new();
    };
    let zone = TimeZone::default();
    let outcome = |principal: &Principal, snapshot: &Snapshot| -> Outcome {
        let path = sent.path.clone().unwrap_or_else(|| crate::session::visible_path(principal, snapshot));
        let asker = Asker { principal, snapshot, database, search_path: &path, limits, timezone: &zone, session: &[] };
        govern(query, &asker)
            .map(|governed| Explanation::of(&governed))
            .map_err(|error| error.to_client().code.code().to_string())
    };
    let (old, new) = (outcome(&person.sides.0, &pair.old), outcome(&person.sides.1, &pair.new));
    let mut changes = compared(&old, &new, person, pair);
    if matches!(statement.kind, StatementKind::Explain { .. }) {
        changes.extend(explain(person.explains.0, person.explains.1));
    }
    changes
}

fn compared(old: &Outcome, new: &Outcome, person: &Person, pair: &Pair) -> Vec<Change> {
    let mut touched: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for explanation in [old, new].into_iter().flatten() {
        for entity in explanation.decisions.keys() {
            touched.entry(*entity).or_default();
        }
        for (entity, field) in &explanation.touched {
            touched.entry(*entity).or_default().insert(*field);
        }
    }
    let mut changes = Vec::new();
    for (index, fields) in &touched {
        let (old, new) = (person.decisions.0[*index].as_ref(), person.decisions.1[*index].as_ref());
        changes.extend(compare(&pair.old.catalog.entities[*index], old, new, Some(fields)));
    }
    let said = |outcome: &Outcome| match outcome {
        Ok(_) => "allowed".to_string(),
        Err(code) => format!("refused {code}"),
    };
    let effect = match (old.is_ok(), new.is_ok()) {
        (false, true) => Some(Effect::Gain),
        (true, false) => Some(Effect::Loss),
        _ => None,
    };
    if let Some(effect) = effect {
        let change = Change { what: "statement".to_string(), before: said(old), after: said(new), effect };
        // The gain of a field or of rows says it all; `statement` alone has to be expected where there is none.
        if effect == Effect::Loss || changes.iter().all(|change| !change.effect.gains()) {
            changes.push(change);
        }
    }
    changes
}
