//! The rules of a set as data, and as Sluice's files have them.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::audiences::{Head, Outcome};
use super::masks::Mask;
use super::people::{Implied, Person};
use super::rules::Rule;
use super::uses::Use;
use super::{Field, all_fields, listed, quoted, several, some};
use crate::support::attack_sources::Source;

/// Level and tag of the fields that have more than the least, as the catalog of the attacks has them.
const LEVELS: [(&str, &str, u8, &str); 19] = [
    ("customers", "customer_id", 2, ""),
    ("customers", "name", 3, "pii.name"),
    ("customers", "id_card", 4, "pii.id"),
    ("customers", "phone", 3, "pii.phone"),
    ("customers", "email", 3, "pii.email"),
    ("customers", "birth_date", 3, ""),
    ("customers", "risk_level", 2, ""),
    ("customers", "vip", 2, ""),
    ("customers", "secret_note", 5, ""),
    ("accounts", "account_no", 3, ""),
    ("accounts", "customer_id", 2, ""),
    ("accounts", "balance", 3, ""),
    ("accounts", "opened", 2, ""),
    ("transactions", "txn_id", 2, ""),
    ("transactions", "account_no", 3, ""),
    ("transactions", "ts", 2, ""),
    ("transactions", "amount", 3, ""),
    ("transactions", "counterparty", 3, ""),
    ("transactions", "memo", 2, ""),
];
const EMPLOYEES: [(&str, u8); 3] = [("name", 3), ("phone", 3), ("salary", 4)];

fn level(table: &str, field: &str) -> u8 {
    let of_employees =
        EMPLOYEES.iter().find(|(name, _)| table == "employees" && *name == field).map(|(_, level)| *level);
    let known = LEVELS.iter().find(|(of, name, ..)| *of == table && *name == field).map(|(_, _, level, _)| *level);
    known.or(of_employees).unwrap_or(1)
}

fn tag(table: &str, field: &str) -> &'static str {
    LEVELS.iter().find(|(of, name, ..)| *of == table && *name == field).map_or("", |(_, _, _, tag)| *tag)
}

pub struct Grant {
    pub head: Head,
    pub fields: BTreeMap<String, BTreeSet<String>>,
    /// The highest level of its fields, where that is how they are chosen.
    levels: Option<u8>,
    pub rows: Option<Rule>,
    /// Its fields are for aggregates over groups of at least so many rows.
    pub aggregates: Option<u64>,
}

impl Grant {
    pub fn new(source: Source, tables: &[String], random: &mut ChaCha8Rng) -> Grant {
        let of = several(tables, 3, random);
        let levels = (random.random_range(0..6) == 0).then(|| random.random_range(1..5));
        let mut fields = BTreeMap::new();
        for table in &of {
            let mut kept = all_fields(table);
            for field in several(&kept.iter().cloned().collect::<Vec<_>>(), 4, random) {
                if random.random_range(0..3) == 0 && kept.len() > 2 {
                    kept.remove(&field);
                }
            }
            kept.retain(|field| levels.is_none_or(|most| level(table, field) <= most));
            fields.insert(table.clone(), kept);
        }
        let aggregates = (random.random_range(0..8) == 0).then(|| random.random_range(2..5));
        let rows = match aggregates {
            // Whether two such rules are one and the same must be told by their texts.
            Some(_) => (random.random_range(0..2) == 0).then(|| Rule::plain(&of, source, random)),
            None => (random.random_range(0..4) != 0).then(|| Rule::over(&of, source, 2, random)),
        };
        Grant { head: Head::new(random), fields, levels, rows, aggregates }
    }

    pub fn serves(&self, person: &Person, table: &str) -> bool {
        self.fields.contains_key(table) && self.head.applies(person) == Outcome::Yes
    }

    /// The roles that are enough for the grant, or that it needs; none where it is for her without any.
    pub fn given_for(&self, person: &Person, implied: &Implied) -> BTreeSet<&'static str> {
        let serves = |person: &Person| self.head.applies(person) == Outcome::Yes;
        if serves(&person.with(|_| false)) {
            return BTreeSet::new();
        }
        let given = |role: &'static str| {
            let with_brought = implied.with_brought(&[role].into());
            let enough = serves(&person.with(|held| with_brought.contains(held)));
            let needed = |roles: &BTreeSet<&str>| !serves(&person.with(|held| held != role && roles.contains(held)));
            // Or it would be needed without some others, tried in two orders.
            let least = |others: Vec<&'static str>| {
                let mut kept = person.roles.clone();
                for other in others.into_iter().filter(|other| *other != role) {
                    let fewer: BTreeSet<&str> = kept.iter().copied().filter(|role| *role != other).collect();
                    if serves(&person.with(|held| fewer.contains(held))) {
                        kept = fewer;
                    }
                }
                kept
            };
            enough
                || needed(&person.roles)
                || needed(&least(person.roles.iter().copied().collect()))
                || needed(&least(person.roles.iter().rev().copied().collect()))
        };
        person.roles.iter().copied().filter(|role| given(role)).collect()
    }

    /// Whether no row is left out, whatever the rows are.
    pub fn shows_all(&self, person: &Person) -> bool {
        self.rows.as_ref().is_none_or(|rule| rule.shows_all(person))
    }

    pub fn rows_by_hand(&self, person: &Person) -> String {
        self.rows.as_ref().map_or("true".to_string(), |rule| rule.by_hand(person))
    }

    pub fn written(&self, id: &str) -> String {
        let mut read = Vec::new();
        let mut except = Vec::new();
        for (table, fields) in &self.fields {
            let chosen: BTreeSet<String> = all_fields(table)
                .into_iter()
                .filter(|field| self.levels.is_none_or(|most| level(table, field) <= most))
                .collect();
            // Both ways of saying it.
            if fields.len() <= 3 && self.levels.is_none() {
                read.extend(fields.iter().map(|field| format!("{table}.{field}")));
            } else {
                read.push(table.clone());
                except.extend(chosen.difference(fields).map(|field| format!("{table}.{field}")));
            }
        }
        let mut text = format!("grant: {id}\n{}\nread: [{}]", self.head.written(), read.join(", "));
        text.extend(self.levels.map(|most| format!("\nfields: {{level: \"<={most}\"}}")));
        if !except.is_empty() {
            text.push_str(&format!("\nexcept: [{}]", except.join(", ")));
        }
        text.extend(self.rows.as_ref().map(|rows| format!("\nrows: {}", quoted(&rows.written()))));
        text.extend(self.aggregates.map(|least| format!("\naggregate_only: true\nmin_group: {least}")));
        text
    }
}

pub struct Restriction {
    pub head: Head,
    pub tables: Vec<String>,
    pub rows: Rule,
}

impl Restriction {
    pub fn new(source: Source, tables: &[String], random: &mut ChaCha8Rng) -> Restriction {
        let tables = several(tables, 2, random);
        let rows = Rule::over(&tables, source, 1, random);
        Restriction { head: Head::new(random), tables, rows }
    }

    /// The condition on rows for a person; `None` where it leaves out none of hers.
    pub fn by_hand(&self, person: &Person) -> Option<String> {
        match self.head.applies(person) {
            Outcome::No => None,
            Outcome::Missing => Some("false".to_string()),
            Outcome::Yes | Outcome::Unknown => {
                (!self.rows.shows_all(person)).then(|| format!("({})", self.rows.by_hand(person)))
            }
        }
    }

    pub fn written(&self, id: &str) -> String {
        let (head, tables, rows) = (self.head.written(), self.tables.join(", "), quoted(&self.rows.written()));
        format!("restrict: {id}\n{head}\nentity: [{tables}]\nrows: {rows}")
    }
}

pub struct Denial {
    pub head: Head,
    selector: String,
    pub fields: BTreeSet<Field>,
}

impl Denial {
    pub fn new(tables: &[String], random: &mut ChaCha8Rng) -> Denial {
        let head = Head::new(random);
        let every =
            || tables.iter().flat_map(|table| all_fields(table).into_iter().map(move |field| (table.clone(), field)));
        let table = some(tables, random);
        let (selector, fields): (String, BTreeSet<Field>) = match random.random_range(0..8) {
            0 => {
                let of = some(&["pii.phone", "pii.id", "pii.email"], random);
                (format!("fields: {{tag: {of}}}"), every().filter(|(table, field)| tag(table, field) == of).collect())
            }
            1 => {
                let tagged = every().filter(|(table, field)| tag(table, field).starts_with("pii."));
                ("fields: {tag: [\"pii.*\"]}".into(), tagged.collect())
            }
            2 => {
                ("fields: {level: \">=4\"}".into(), every().filter(|(table, field)| level(table, field) >= 4).collect())
            }
            3 => {
                let of = every().filter(|(of, field)| *of == table && level(of, field) == 3);
                (format!("entity: {table}\nfields: {{level: 3}}"), of.collect())
            }
            4 => (format!("entity: {table}"), every().filter(|(of, _)| *of == table).collect()),
            _ => {
                let all: Vec<String> = all_fields(&table).into_iter().collect();
                let fields: Vec<Field> =
                    several(&all, 2, random).into_iter().map(|field| (table.clone(), field)).collect();
                (format!("fields: {}", listed(&fields)), fields.into_iter().collect())
            }
        };
        Denial { head, selector, fields }
    }

    pub fn written(&self, id: &str) -> String {
        format!("deny: {id}\n{}\n{}", self.head.written(), self.selector)
    }
}

pub struct Masking {
    pub head: Head,
    pub field: Field,
    pub mask: Mask,
    pub used: Use,
    by_tag: bool,
}

impl Masking {
    pub fn new(field: Field, mask: Mask, random: &mut ChaCha8Rng) -> Masking {
        let by_tag = !tag(&field.0, &field.1).is_empty() && random.random_range(0..2) == 0;
        Masking { head: Head::new(random), field, used: mask.some_use(random), mask, by_tag }
    }

    pub fn written(&self, id: &str) -> String {
        let (table, field) = (&self.field.0, &self.field.1);
        let fields = if self.by_tag { format!("{{tag: {}}}", tag(table, field)) } else { format!("[{table}.{field}]") };
        let (head, mask, used) = (self.head.written(), quoted(&self.mask.written), self.used.written());
        format!("mask: {id}\n{head}\nfields: {fields}\nwith: {mask}{used}")
    }
}

/// A limit. But for the size of groups it is far beyond what a run takes.
pub struct Limit {
    pub head: Head,
    pub least_group: Option<u64>,
}

impl Limit {
    pub fn new(random: &mut ChaCha8Rng) -> Limit {
        let least_group = (random.random_range(0..2) == 0).then(|| random.random_range(2..5));
        Limit { head: Head::new(random), least_group }
    }

    pub fn written(&self, id: &str) -> String {
        let group = self.least_group.map(|least| format!("\nmin_group: {least}")).unwrap_or_default();
        format!(
            "limit: {id}\n{}\nrows_per_query: 100000\nrows_per_day: 900000000\nbytes_per_query: 100000000\n\
             bytes_per_day: 900000000000\nstatements_in_parallel: 20\nlookups_per_day: 900000000{group}",
            self.head.written()
        )
    }
}
