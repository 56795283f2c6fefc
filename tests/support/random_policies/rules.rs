//! Row rules, as Sluice reads them and as they are worked out for one person.

use std::collections::BTreeSet;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::audiences::{Condition, Outcome};
use super::people::Person;
use super::{raw, some};
use crate::support::attack_sources::{Source, literal};

/// A row rule. What it needs to know of a person and cannot leaves no row, whatever stands around it.
pub enum Rule {
    /// Reads the same in both.
    Plain(String),
    /// `in_org` around the person's posts.
    Org(&'static str),
    /// `in_org` around a named unit.
    OrgOf(&'static str, i64),
    /// `branch_id` is one of the person's posts.
    Posts,
    /// A field of numbers beside the person's clearance.
    Clearance(String, &'static str),
    /// What reads no row.
    Session(Condition),
    Not(Box<Rule>),
    And(Vec<Rule>),
    Or(Vec<Rule>),
}

const SCOPES: [&str; 5] = ["self", "self_and_below", "below", "siblings", "path_to_root"];

impl Rule {
    /// A rule that can be asked of each of the tables.
    pub fn over(tables: &[String], source: Source, depth: usize, random: &mut ChaCha8Rng) -> Rule {
        if depth > 0 && random.random_range(0..3) == 0 {
            let parts = |random: &mut ChaCha8Rng| {
                (0..random.random_range(2..4)).map(|_| Rule::over(tables, source, depth - 1, random)).collect()
            };
            return match random.random_range(0..3) {
                0 => Rule::And(parts(random)),
                1 => Rule::Not(Box::new(Rule::over(tables, source, depth - 1, random))),
                _ => Rule::Or(parts(random)),
            };
        }
        match random.random_range(0..10) {
            0..=2 => Rule::Org(some(&SCOPES, random)),
            3 => Rule::OrgOf(some(&SCOPES, random), some(&[1, 10, 20, 101, 302, 999], random)),
            4 if depth > 0 => Rule::Posts,
            5 => Rule::Session(Condition::new(1, random)),
            6 => Rule::Clearance(some(&numbers(tables), random), some(&["<=", ">", "<>"], random)),
            _ => Rule::Plain(plain(tables, source, random)),
        }
    }

    /// One that reads the row alone.
    pub fn plain(tables: &[String], source: Source, random: &mut ChaCha8Rng) -> Rule {
        Rule::Plain(plain(tables, source, random))
    }

    pub fn written(&self) -> String {
        let joined = |parts: &[Rule], word: &str| {
            parts.iter().map(|part| format!("({})", part.written())).collect::<Vec<_>>().join(word)
        };
        match self {
            Rule::Plain(text) => text.clone(),
            Rule::Org(scope) => format!("in_org(branch_id, '{scope}')"),
            Rule::OrgOf(scope, unit) => format!("in_org(branch_id, '{scope}', '{unit}')"),
            Rule::Posts => "branch_id = any(session.org_units)".into(),
            Rule::Clearance(field, op) => format!("{field} {op} session.attributes.clearance"),
            Rule::Session(condition) => condition.of_session(),
            Rule::Not(part) => format!("not ({})", part.written()),
            Rule::And(parts) => joined(parts, " and "),
            Rule::Or(parts) => joined(parts, " or "),
        }
    }

    /// The condition on the rows that the person may see.
    pub fn by_hand(&self, person: &Person) -> String {
        if self.is_missing(person) { "false".into() } else { self.told(person) }
    }

    fn told(&self, person: &Person) -> String {
        let joined = |parts: &[Rule], word: &str| {
            parts.iter().map(|part| format!("({})", part.told(person))).collect::<Vec<_>>().join(word)
        };
        match self {
            Rule::Plain(text) => text.clone(),
            Rule::Org(scope) => among(&person.organisation.reached(scope, &person.known_posts())),
            Rule::OrgOf(scope, unit) => among(&person.organisation.reached(scope, &[*unit])),
            Rule::Posts => among(&person.known_posts().into_iter().collect()),
            Rule::Clearance(field, op) => format!("{field} {op} {}", person.number().unwrap_or_default()),
            Rule::Session(condition) => match condition.outcome(person) {
                Outcome::Yes => "true".into(),
                Outcome::No => "false".into(),
                Outcome::Unknown | Outcome::Missing => "NULL::boolean".into(),
            },
            Rule::Not(part) => format!("NOT ({})", part.told(person)),
            Rule::And(parts) => joined(parts, " AND "),
            Rule::Or(parts) => joined(parts, " OR "),
        }
    }

    fn is_missing(&self, person: &Person) -> bool {
        match self {
            Rule::Plain(_) | Rule::OrgOf(..) => false,
            Rule::Org(_) | Rule::Posts => person.known_posts().is_empty(),
            Rule::Clearance(..) => person.number().is_none(),
            Rule::Session(condition) => condition.outcome(person) == Outcome::Missing,
            Rule::Not(part) => part.is_missing(person),
            Rule::And(parts) | Rule::Or(parts) => parts.iter().any(|part| part.is_missing(person)),
        }
    }

    /// Whether it leaves no row out, whatever the rows are: a parent under such a rule is under none.
    pub fn shows_all(&self, person: &Person) -> bool {
        !self.is_missing(person) && self.constant(person) == Constant::True
    }

    /// What it is for a person, whatever the rows are.
    fn constant(&self, person: &Person) -> Constant {
        let each = |parts: &[Rule]| parts.iter().map(|part| part.constant(person)).collect::<Vec<_>>();
        let joined = |parts: Vec<Constant>, decides: Constant, neutral: Constant| {
            if parts.contains(&decides) {
                decides
            } else if parts.iter().all(|part| *part == neutral) {
                neutral
            } else if parts.contains(&Constant::Varies) {
                Constant::Varies
            } else {
                Constant::Null
            }
        };
        match self {
            Rule::Plain(_) | Rule::Clearance(..) => Constant::Varies,
            Rule::Org(_) | Rule::OrgOf(..) | Rule::Posts if self.told(person) == "false" => Constant::False,
            Rule::Org(_) | Rule::OrgOf(..) | Rule::Posts => Constant::Varies,
            Rule::Session(condition) => match condition.outcome(person) {
                Outcome::Yes => Constant::True,
                Outcome::No => Constant::False,
                Outcome::Unknown | Outcome::Missing => Constant::Null,
            },
            Rule::Not(part) => match part.constant(person) {
                Constant::True => Constant::False,
                Constant::False => Constant::True,
                other => other,
            },
            Rule::And(parts) => joined(each(parts), Constant::False, Constant::True),
            Rule::Or(parts) => joined(each(parts), Constant::True, Constant::False),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Constant {
    True,
    False,
    Null,
    Varies,
}

/// Fields of numbers that all the tables have.
fn numbers(tables: &[String]) -> Vec<String> {
    let has =
        |table: &String, name: &str| raw()[table].columns.iter().any(|(known, kind)| known == name && kind == "int");
    let names = raw()[&tables[0]].columns.iter().map(|(name, _)| name.clone());
    names.filter(|name| tables.iter().all(|table| has(table, name))).collect()
}

fn among(units: &BTreeSet<i64>) -> String {
    let list: Vec<String> = units.iter().map(i64::to_string).collect();
    if list.is_empty() { "false".into() } else { format!("branch_id IN ({})", list.join(", ")) }
}

/// A comparison of a field that all the tables have.
fn plain(tables: &[String], source: Source, random: &mut ChaCha8Rng) -> String {
    let table = &raw()[&tables[0]];
    let common =
        |name: &str| tables[1..].iter().all(|other| raw()[other].columns.iter().any(|(known, _)| known == name));
    // In a CSV file an empty text is NULL; only this field of the fixture has empty texts.
    let usable: Vec<usize> = (0..table.columns.len())
        .filter(|at| common(&table.columns[*at].0))
        .filter(|at| !(source.is_csv("transactions") && table.columns[*at].0 == "memo"))
        .collect();
    let at = some(&usable, random);
    let (field, kind) = &table.columns[at];
    let samples: Vec<&Value> = table.rows.iter().map(|row| &row[at]).filter(|value| !value.is_null()).collect();
    let mut sample = || {
        let text = literal(some(&samples, random));
        match kind.as_str() {
            "date" => format!("DATE {text}"),
            "ts" => format!("TIMESTAMP {text}"),
            "num" => text.trim_matches('\'').to_string(),
            _ => text,
        }
    };
    let (a, b, c) = (sample(), sample(), sample());
    let prefix: String = a.trim_matches('\'').chars().take(1).filter(|c| c.is_alphanumeric()).collect();
    let forms = match kind.as_str() {
        "bool" => vec![field.clone(), format!("not {field}"), format!("{field} = {a}"), format!("{field} is null")],
        "text" => vec![
            format!("{field} = {a}"),
            format!("{field} <> {a}"),
            format!("{field} in ({a}, {b}, {c})"),
            format!("{field} not in ({a}, {b})"),
            format!("{field} like '{prefix}%'"),
            format!("{field} not like '%{prefix}'"),
            format!("{field} is distinct from {a}"),
            format!("{field} is not null"),
        ],
        _ => vec![
            format!("{field} >= {a}"),
            format!("{field} < {a}"),
            format!("{field} <> {a}"),
            format!("{field} in ({a}, {b}, {c})"),
            format!("{field} between {a} and {b}"),
            format!("{field} is not distinct from {a}"),
            format!("{field} is not null"),
        ],
    };
    some(&forms, random)
}
