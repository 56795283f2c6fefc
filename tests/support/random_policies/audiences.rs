//! Whom a rule is about and when it applies, as Sluice reads it and as it is worked out for one person.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::people::{DESKS, PEOPLE, PURPOSES, Person, REGIONS, ROLES, ZONES, purpose};
use super::{quoted, several, some};

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    No,
    /// SQL's NULL.
    Unknown,
    /// An attribute that it needs is missing.
    Missing,
    Yes,
}

impl Outcome {
    fn of(yes: bool) -> Outcome {
        if yes { Outcome::Yes } else { Outcome::No }
    }

    fn not(self) -> Outcome {
        match self {
            Outcome::Yes => Outcome::No,
            Outcome::No => Outcome::Yes,
            other => other,
        }
    }

    /// One that is surely not decides; else one that cannot be told; else one that is NULL.
    fn all(outcomes: &[Outcome]) -> Outcome {
        let order = [Outcome::No, Outcome::Missing, Outcome::Unknown];
        order.into_iter().find(|outcome| outcomes.contains(outcome)).unwrap_or(Outcome::Yes)
    }

    fn any(outcomes: &[Outcome]) -> Outcome {
        let order = [Outcome::Yes, Outcome::Missing, Outcome::Unknown];
        order.into_iter().find(|outcome| outcomes.contains(outcome)).unwrap_or(Outcome::No)
    }
}

/// A condition on the request. One attribute that is missing leaves the whole of it without an answer.
pub enum Condition {
    Clearance(&'static str, i64),
    Region(&'static str, &'static str),
    Desk(&'static str),
    Zone(&'static str, &'static str),
    AnyZone,
    Purpose(&'static str, &'static str),
    User(&'static str, &'static str),
    /// Of the clock: the same on every day of the tests.
    Clock(&'static str, bool),
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

const CLOCK: [(&str, bool); 8] = [
    ("session.now > timestamptz '2020-01-01 00:00:00+08'", true),
    ("session.now < '2020-01-01 00:00:00+08'", false),
    ("session.date between date '2021-01-01' and date '2090-12-31'", true),
    ("session.date < '2000-01-01'", false),
    ("session.hour between 0 and 23", true),
    ("session.weekday in (1, 2, 3, 4, 5, 6, 7)", true),
    ("session.weekday > 7", false),
    ("session.time >= '00:00:00'", true),
];

impl Condition {
    pub fn new(depth: usize, random: &mut ChaCha8Rng) -> Condition {
        let ops = ["=", "<>"];
        let part = |random: &mut ChaCha8Rng| Condition::new(depth.saturating_sub(1), random);
        match random.random_range(0..if depth > 0 { 12 } else { 9 }) {
            0 | 1 => Condition::Clearance(some(&[">=", "<", "="], random), random.random_range(1..5)),
            2 => Condition::Region(some(&ops, random), some(&REGIONS, random)),
            3 => Condition::Desk(some(&DESKS, random)),
            4 => Condition::Zone(some(&ops, random), some(&ZONES, random)),
            5 => Condition::AnyZone,
            6 => Condition::Purpose(some(&ops, random), some(&PURPOSES, random)),
            7 => Condition::User(some(&ops, random), some(&PEOPLE, random)),
            8 => {
                let (text, holds) = some(&CLOCK, random);
                Condition::Clock(text, holds)
            }
            9 => Condition::Not(Box::new(part(random))),
            10 => Condition::All(vec![part(random), part(random)]),
            _ => Condition::Any(vec![part(random), part(random)]),
        }
    }

    /// As text; attributes stand behind `before`.
    pub fn written(&self, before: &str) -> String {
        let joined = |parts: &[Condition], word: &str| {
            parts.iter().map(|part| format!("({})", part.written(before))).collect::<Vec<_>>().join(word)
        };
        match self {
            Condition::Clearance(op, number) => format!("{before}clearance {op} {number}"),
            Condition::Region(op, region) => format!("{before}region {op} '{region}'"),
            Condition::Desk(desk) => format!("'{desk}' in ({before}desks)"),
            Condition::Zone(op, zone) => format!("session.zone {op} '{zone}'"),
            Condition::AnyZone => "session.zone in ('z0', 'z1')".into(),
            Condition::Purpose(op, purpose) => format!("session.purpose {op} '{purpose}'"),
            Condition::User(op, user) => format!("session.user {op} '{user}'"),
            Condition::Clock(text, _) => (*text).into(),
            Condition::Not(part) => format!("not ({})", part.written(before)),
            Condition::All(parts) => joined(parts, " and "),
            Condition::Any(parts) => joined(parts, " or "),
        }
    }

    /// Behind `when:` and in row rules.
    pub fn of_session(&self) -> String {
        self.written("session.attributes.")
    }

    pub fn outcome(&self, person: &Person) -> Outcome {
        if self.is_missing(person) { Outcome::Missing } else { self.told(person) }
    }

    fn is_missing(&self, person: &Person) -> bool {
        match self {
            Condition::Clearance(..) => person.number().is_none(),
            Condition::Region(..) => person.region.is_none(),
            Condition::Desk(_) => person.desks.is_none(),
            Condition::Not(part) => part.is_missing(person),
            Condition::All(parts) | Condition::Any(parts) => parts.iter().any(|part| part.is_missing(person)),
            _ => false,
        }
    }

    fn told(&self, person: &Person) -> Outcome {
        let same = |op: &str, known: Option<&str>, text: &str| match known {
            Some(known) => Outcome::of((known == text) == (op == "=")),
            None => Outcome::Unknown,
        };
        let parts = |parts: &[Condition]| parts.iter().map(|part| part.told(person)).collect::<Vec<_>>();
        match self {
            Condition::Clearance(op, number) => {
                let known = person.number().unwrap_or_default();
                Outcome::of(match *op {
                    ">=" => known >= *number,
                    "<" => known < *number,
                    _ => known == *number,
                })
            }
            Condition::Region(op, region) => same(op, person.region, region),
            Condition::Desk(desk) => Outcome::of(person.desks.iter().flatten().any(|known| known == desk)),
            Condition::Zone(op, zone) => same(op, person.zone, zone),
            Condition::AnyZone => person.zone.map_or(Outcome::Unknown, |_| Outcome::Yes),
            Condition::Purpose(op, text) => same(op, purpose(person.name), text),
            Condition::User(op, user) => same(op, Some(person.name), user),
            Condition::Clock(_, holds) => Outcome::of(*holds),
            Condition::Not(part) => part.told(person).not(),
            Condition::All(all) => Outcome::all(&parts(all)),
            Condition::Any(any) => Outcome::any(&parts(any)),
        }
    }
}

/// Whom a rule is about.
pub enum To {
    Everyone,
    Roles(Vec<&'static str>),
    User(&'static str),
    Attribute(Condition),
    Not(Box<To>),
    All(Vec<To>),
    Any(Vec<To>),
}

impl To {
    pub fn new(random: &mut ChaCha8Rng) -> To {
        To::nested(2, random)
    }

    fn nested(depth: usize, random: &mut ChaCha8Rng) -> To {
        let part = |random: &mut ChaCha8Rng| To::nested(depth.saturating_sub(1), random);
        match random.random_range(0..if depth > 0 { 12 } else { 7 }) {
            0 => To::Everyone,
            1 => To::User(some(&PEOPLE, random)),
            2 => To::Attribute(Condition::new(1, random)),
            7 => To::Not(Box::new(To::Roles(several(&ROLES, 2, random)))),
            8 => To::Not(Box::new(part(random))),
            9 => To::All(vec![part(random), part(random)]),
            10 => To::Any(vec![part(random), part(random)]),
            _ => To::Roles(several(&ROLES, 2, random)),
        }
    }

    pub fn written(&self) -> String {
        let listed = |parts: &[To]| parts.iter().map(To::written).collect::<Vec<_>>().join(", ");
        match self {
            To::Everyone => "everyone".into(),
            To::Roles(roles) => format!("{{role: [{}]}}", roles.join(", ")),
            To::User(user) => format!("{{user: {user}}}"),
            To::Attribute(condition) => format!("{{attribute: {}}}", quoted(&condition.written(""))),
            To::Not(part) => format!("{{not: {}}}", part.written()),
            To::All(parts) => format!("{{all: [{}]}}", listed(parts)),
            To::Any(parts) => format!("{{any: [{}]}}", listed(parts)),
        }
    }

    pub fn holds(&self, person: &Person) -> Outcome {
        let parts = |parts: &[To]| parts.iter().map(|part| part.holds(person)).collect::<Vec<_>>();
        match self {
            To::Everyone => Outcome::Yes,
            To::Roles(roles) => Outcome::of(roles.iter().any(|role| person.roles.contains(role))),
            To::User(user) => Outcome::of(person.name == *user),
            To::Attribute(condition) => condition.outcome(person),
            To::Not(part) => part.holds(person).not(),
            To::All(all) => Outcome::all(&parts(all)),
            To::Any(any) => Outcome::any(&parts(any)),
        }
    }
}

/// Whom a rule is about, and when.
pub struct Head {
    pub to: To,
    when: Option<Condition>,
}

impl Head {
    pub fn new(random: &mut ChaCha8Rng) -> Head {
        let when = (random.random_range(0..5) == 0).then(|| Condition::new(2, random));
        Head { to: To::new(random), when }
    }

    /// `to:` and `when:`.
    pub fn written(&self) -> String {
        let to = format!("to: {}", self.to.written());
        match &self.when {
            Some(when) => format!("{to}\nwhen: {}", quoted(&when.of_session())),
            None => to,
        }
    }

    pub fn applies(&self, person: &Person) -> Outcome {
        let when = self.when.as_ref().map_or(Outcome::Yes, |when| when.outcome(person));
        Outcome::all(&[self.to.holds(person), when])
    }

    /// Whether something that narrows is in force: unless it is certain that it is not.
    pub fn narrows(&self, person: &Person) -> bool {
        self.applies(person) != Outcome::No
    }
}
