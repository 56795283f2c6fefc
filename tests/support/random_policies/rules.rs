//! Row rules and audiences, as Sluice reads them and as they are worked out for one person.

use std::collections::BTreeSet;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::{PEOPLE, Person, ROLES, raw, several, some};
use crate::support::attack_sources::{Source, literal};

/// Whom a rule is about.
pub enum To {
    Everyone,
    Roles(Vec<&'static str>),
    NotRole(&'static str),
    User(&'static str),
    Both(&'static str, &'static str),
    Either(&'static str, &'static str),
}

impl To {
    pub fn new(random: &mut ChaCha8Rng) -> To {
        match random.random_range(0..9) {
            0 => To::Everyone,
            1 | 2 => To::NotRole(some(&ROLES, random)),
            3 => To::User(some(&PEOPLE, random)),
            4 => To::Both(some(&ROLES, random), some(&ROLES, random)),
            5 => To::Either(some(&ROLES, random), some(&PEOPLE, random)),
            _ => To::Roles(several(&ROLES, 2, random)),
        }
    }

    pub fn written(&self) -> String {
        match self {
            To::Everyone => "everyone".into(),
            To::Roles(roles) => format!("{{role: [{}]}}", roles.join(", ")),
            To::NotRole(role) => format!("{{not: {{role: {role}}}}}"),
            To::User(user) => format!("{{user: {user}}}"),
            To::Both(held, lacked) => format!("{{all: [{{role: {held}}}, {{not: {{role: {lacked}}}}}]}}"),
            To::Either(role, user) => format!("{{any: [{{role: {role}}}, {{user: {user}}}]}}"),
        }
    }

    pub fn holds(&self, person: &Person) -> bool {
        let has = |role: &str| person.roles.contains(&role);
        match self {
            To::Everyone => true,
            To::Roles(roles) => roles.iter().any(|role| has(role)),
            To::NotRole(role) => !has(role),
            To::User(user) => person.name == *user,
            To::Both(held, lacked) => has(held) && !has(lacked),
            To::Either(role, user) => has(role) || person.name == *user,
        }
    }
}

/// A row rule.
pub enum Rule {
    /// Reads the same in both.
    Plain(String),
    /// `in_org` around the person's posts.
    Org(&'static str),
    /// `in_org` around a named unit.
    OrgOf(&'static str, i64),
    /// `branch_id` is one of the person's posts.
    Posts,
    /// The person's name is compared with a text.
    Name(&'static str),
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
                // What reads the person's place may be the constant FALSE, and NOT of it no rule at all.
                1 => Rule::Not(Box::new(plain(tables, source, random))),
                _ => Rule::Or(parts(random)),
            };
        }
        match random.random_range(0..8) {
            0..=2 => Rule::Org(some(&SCOPES, random)),
            3 => Rule::OrgOf(some(&SCOPES, random), some(&[1, 10, 20, 101, 302, 999], random)),
            4 if depth > 0 => Rule::Posts,
            5 if depth == 0 => Rule::Name(some(&PEOPLE, random)),
            _ => plain(tables, source, random),
        }
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
            Rule::Name(name) => format!("session.user = '{name}'"),
            Rule::Not(part) => format!("not ({})", part.written()),
            Rule::And(parts) => joined(parts, " and "),
            Rule::Or(parts) => joined(parts, " or "),
        }
    }

    pub fn by_hand(&self, person: &Person) -> String {
        let joined = |parts: &[Rule], word: &str| {
            parts.iter().map(|part| format!("({})", part.by_hand(person))).collect::<Vec<_>>().join(word)
        };
        let posts = || person.posts.iter().map(|post| post.parse().expect("a number")).collect::<Vec<i64>>();
        match self {
            Rule::Plain(text) => text.clone(),
            Rule::Org(scope) => among(&reached(scope, &posts())),
            Rule::OrgOf(scope, unit) => among(&reached(scope, &[*unit])),
            Rule::Posts => among(&posts().into_iter().collect()),
            Rule::Name(name) => (person.name == *name).to_string(),
            Rule::Not(part) => format!("NOT ({})", part.by_hand(person)),
            Rule::And(parts) => joined(parts, " AND "),
            Rule::Or(parts) => joined(parts, " OR "),
        }
    }

    /// What the rule is for the person whatever the row: a parent under a rule that is always TRUE is under none.
    pub fn constant(&self, person: &Person) -> Option<bool> {
        let all = |parts: &[Rule]| parts.iter().map(|part| part.constant(person)).collect::<Vec<_>>();
        match self {
            Rule::Plain(_) | Rule::Not(_) => None,
            Rule::Org(_) | Rule::OrgOf(..) | Rule::Posts => (self.by_hand(person) == "false").then_some(false),
            Rule::Name(name) => Some(person.name == *name),
            Rule::And(parts) => match all(parts) {
                outcomes if outcomes.contains(&Some(false)) => Some(false),
                outcomes => outcomes.iter().all(|outcome| *outcome == Some(true)).then_some(true),
            },
            Rule::Or(parts) => match all(parts) {
                outcomes if outcomes.contains(&Some(true)) => Some(true),
                outcomes => outcomes.iter().all(|outcome| *outcome == Some(false)).then_some(false),
            },
        }
    }
}

fn among(units: &BTreeSet<i64>) -> String {
    let list: Vec<String> = units.iter().map(i64::to_string).collect();
    if list.is_empty() { "false".into() } else { format!("branch_id IN ({})", list.join(", ")) }
}

/// The units around the given ones, by walking the table of branches.
fn reached(scope: &str, from: &[i64]) -> BTreeSet<i64> {
    let parents: Vec<(i64, Option<i64>)> =
        raw()["branches"].rows.iter().filter_map(|row| Some((row[0].as_i64()?, row[1].as_i64()))).collect();
    let parent = |unit: i64| parents.iter().find(|(known, _)| *known == unit).and_then(|(_, parent)| *parent);
    let above = |unit: i64| std::iter::successors(Some(unit), |unit| parent(*unit)).collect::<Vec<i64>>();
    let known: Vec<i64> = from.iter().copied().filter(|unit| parents.iter().any(|(known, _)| known == unit)).collect();
    let all = parents.iter().map(|(unit, _)| *unit);
    match scope {
        "self" => known.into_iter().collect(),
        "self_and_below" => all.filter(|unit| known.iter().any(|own| above(*unit).contains(own))).collect(),
        "below" => all.filter(|unit| known.iter().any(|own| above(*unit)[1..].contains(own))).collect(),
        "siblings" => all
            .filter(|unit| {
                known.iter().any(|own| own != unit && parent(*own).is_some() && parent(*own) == parent(*unit))
            })
            .collect(),
        "path_to_root" => known.iter().flat_map(|own| above(*own)).collect(),
        other => panic!("no scope {other}"),
    }
}

/// A comparison of a field that all the tables have.
fn plain(tables: &[String], source: Source, random: &mut ChaCha8Rng) -> Rule {
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
    Rule::Plain(some(&forms, random))
}
