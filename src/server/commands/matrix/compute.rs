//! The matrix itself: subjects by fields, out of decisions.

use std::collections::BTreeSet;

use sluice_model::access::{Access, FieldAccess, access, is_filtered};
use sluice_model::allowance::{Allowance, Limited};
use sluice_model::catalog::Entity;
use sluice_model::policy::{PolicySet, allowance, decide, explains_in_full};
use sluice_model::{Decision, Principal, Snapshot};

/// Somebody whose rights are looked at.
#[derive(Debug, Clone)]
pub struct Subject {
    /// `role` or `user`.
    pub kind: &'static str,
    /// Name of the role or login name.
    pub name: String,
    /// As whom decisions are made.
    pub principal: Principal,
}

impl Subject {
    /// A person who holds this role, those that it belongs to, and nothing else.
    pub fn role(role: &str, policies: &PolicySet) -> Subject {
        let only = BTreeSet::from([role.to_string()]);
        let roles = policies.roles_of("", &BTreeSet::new(), &only);
        Subject { kind: "role", name: role.to_string(), principal: Principal { roles, ..Principal::default() } }
    }

    /// A person.
    pub fn user(principal: Principal) -> Subject {
        Subject { kind: "user", name: principal.user.clone(), principal }
    }
}

/// One subject's side of the matrix.
#[derive(Debug, Clone)]
pub struct Column {
    /// Whose.
    pub subject: Subject,
    /// EXPLAIN tells her rules and values.
    pub explains: bool,
    /// Her limits.
    pub allowance: Allowance,
    /// Her decision on each entity, in the catalog's order.
    pub decisions: Vec<Option<Decision>>,
}

/// One field of the matrix.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// Position of the entity.
    pub entity: usize,
    /// Position of the field.
    pub field: usize,
}

/// Subjects by fields.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// Entities, as the catalog has them.
    pub entities: Vec<Entity>,
    /// One per subject.
    pub columns: Vec<Column>,
}

impl Matrix {
    /// Decides every entity for every subject.
    pub fn of(snapshot: &Snapshot, subjects: Vec<Subject>) -> Matrix {
        let columns = subjects.into_iter().map(|subject| Column {
            allowance: allowance(&subject.principal, snapshot),
            explains: explains_in_full(&subject.principal, snapshot),
            decisions: (0..snapshot.catalog.entities.len())
                .map(|entity| decide(&subject.principal, snapshot, entity))
                .collect(),
            subject,
        });
        Matrix { columns: columns.collect(), entities: snapshot.catalog.entities.clone() }
    }

    /// Every field.
    pub fn lines(&self) -> impl Iterator<Item = Line> + '_ {
        let of = |(entity, described): (usize, &Entity)| {
            (0..described.fields.len()).map(move |field| Line { entity, field }).collect::<Vec<Line>>()
        };
        self.entities.iter().enumerate().flat_map(of)
    }

    /// Letters alone, one line per field by its id: [`Access::letter`] says what they mean. The first line is EXPLAIN
    /// in full, limits follow with their settings.
    pub fn letters(&self) -> String {
        let mut text = line("#", self.columns.iter().map(|column| column.subject.name.clone()));
        let explains = |column: &Column| if column.explains { "A".to_string() } else { "-".to_string() };
        text.push_str(&line("EXPLAIN in full", self.columns.iter().map(explains)));
        for (word, limited) in Limited::WORDS {
            let setting = |column: &Column| column.allowance.get(limited).map_or("-".to_string(), |n| n.to_string());
            text.push_str(&line(&format!("limit {word}"), self.columns.iter().map(setting)));
        }
        for place in self.lines() {
            let entity = &self.entities[place.entity];
            let name = format!("{}.{}", entity.id, entity.fields[place.field].id);
            text.push_str(&line(&name, self.columns.iter().map(|column| column.access(place).letter().to_string())));
        }
        text
    }
}

impl Column {
    /// What the subject sees of a field.
    pub fn access(&self, place: Line) -> Access<'_> {
        access(self.decisions.get(place.entity).and_then(Option::as_ref), place.field)
    }

    /// The mask rule of a field.
    pub fn mask_rule(&self, place: Line) -> Option<&str> {
        match self.access(place).field {
            FieldAccess::Masked(mask) => Some(&mask.rule),
            FieldAccess::Hidden | FieldAccess::Clear | FieldAccess::Totals(_) => None,
        }
    }

    /// The rules that choose rows of an entity; none where it is not there, empty where every row shows.
    pub fn filters(&self, entity: usize) -> Option<Vec<String>> {
        let decision = self.decisions.get(entity)?.as_ref()?;
        if !is_filtered(decision) {
            return Some(Vec::new());
        }
        Some(decision.rules())
    }

    /// Warnings of the decisions, such as a missing attribute.
    pub fn notes(&self) -> BTreeSet<&str> {
        let decisions = self.decisions.iter().flatten();
        decisions.flat_map(|decision| decision.warnings.iter().map(String::as_str)).collect()
    }
}

fn line(name: &str, cells: impl Iterator<Item = String>) -> String {
    let mut line = format!("{name:<28}");
    cells.for_each(|cell| line.push_str(&format!(" {cell:<12}")));
    format!("{}\n", line.trim_end())
}
