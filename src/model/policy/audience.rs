//! `to:` — whom a rule is about — and whether a rule applies to a principal.
//!
//! Invariant: four outcomes, not two. A missing attribute is neither yes nor no; grants take it as no, everything that
//! narrows takes it as more than yes (governance G9).

use std::collections::BTreeSet;

use super::compile::{self, Scope};
use super::role::Roles;
use super::template::{Facts, Missing, Template};
use crate::diagnostic::Report;
use crate::yaml::{self, Node, Scalar};

/// Whom a rule is about.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Audience {
    Everyone,
    Role(BTreeSet<String>),
    User(BTreeSet<String>),
    Group(BTreeSet<String>),
    Attribute(Template),
    Not(Box<Audience>),
    Any(Vec<Audience>),
    All(Vec<Audience>),
}

/// Whether a rule applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Applies {
    No,
    /// SQL's NULL: something it compares with is not set.
    Unknown,
    /// Something it needs is missing.
    Missing(Missing),
    Yes,
}

impl Applies {
    fn not(self) -> Applies {
        match self {
            Applies::Yes => Applies::No,
            Applies::No => Applies::Yes,
            other => other,
        }
    }

    pub(super) fn and(self, other: Applies) -> Applies {
        match (self, other) {
            (Applies::No, _) | (_, Applies::No) => Applies::No,
            (Applies::Missing(what), _) | (_, Applies::Missing(what)) => Applies::Missing(what),
            (Applies::Unknown, _) | (_, Applies::Unknown) => Applies::Unknown,
            (Applies::Yes, Applies::Yes) => Applies::Yes,
        }
    }

    fn or(self, other: Applies) -> Applies {
        self.not().and(other.not()).not()
    }

    pub(super) fn of(condition: &Template, facts: &Facts) -> Applies {
        match condition.outcome(facts) {
            Ok(Some(true)) => Applies::Yes,
            Ok(Some(false)) => Applies::No,
            Ok(None) => Applies::Unknown,
            Err(missing) => Applies::Missing(missing),
        }
    }
}

impl Audience {
    pub(super) fn holds(&self, facts: &Facts) -> Applies {
        let said = |yes: bool| if yes { Applies::Yes } else { Applies::No };
        match self {
            Audience::Everyone => Applies::Yes,
            Audience::Role(roles) => said(!roles.is_disjoint(&facts.held.roles)),
            Audience::User(users) => said(users.contains(&facts.principal.user)),
            Audience::Group(groups) => said(!groups.is_disjoint(&facts.held.groups)),
            Audience::Attribute(condition) => Applies::of(condition, facts),
            Audience::Not(inner) => inner.holds(facts).not(),
            Audience::Any(parts) => parts.iter().fold(Applies::No, |any, part| any.or(part.holds(facts))),
            Audience::All(parts) => parts.iter().fold(Applies::Yes, |all, part| all.and(part.holds(facts))),
        }
    }

    /// Whether somebody may be in it at one moment and not at another.
    pub(super) fn reads_clock(&self) -> bool {
        match self {
            Audience::Everyone | Audience::Role(_) | Audience::User(_) | Audience::Group(_) => false,
            Audience::Attribute(condition) => condition.reads_clock(),
            Audience::Not(inner) => inner.reads_clock(),
            Audience::Any(parts) | Audience::All(parts) => parts.iter().any(Audience::reads_clock),
        }
    }

    /// True only where it is certain that no principal is in both.
    pub(super) fn disjoint(&self, other: &Audience, roles: &Roles) -> bool {
        match (self, other) {
            (Audience::Not(inner), other) | (other, Audience::Not(inner)) if other.implies(inner, roles) => true,
            (Audience::User(a), Audience::User(b)) => a.is_disjoint(b),
            (Audience::Any(parts), other) | (other, Audience::Any(parts)) => {
                parts.iter().all(|part| part.disjoint(other, roles))
            }
            (Audience::All(parts), other) | (other, Audience::All(parts)) => {
                parts.iter().any(|part| part.disjoint(other, roles))
            }
            _ => false,
        }
    }

    /// True only where it is certain that everyone in `self` is in `other`.
    fn implies(&self, other: &Audience, roles: &Roles) -> bool {
        if self == other {
            return true;
        }
        match (self, other) {
            (_, Audience::Everyone) => true,
            (Audience::Any(parts), other) => parts.iter().all(|part| part.implies(other, roles)),
            (a, Audience::All(parts)) => parts.iter().all(|part| a.implies(part, roles)),
            (Audience::All(parts), other) if parts.iter().any(|part| part.implies(other, roles)) => true,
            (a, Audience::Any(parts)) => parts.iter().any(|part| a.implies(part, roles)),
            (Audience::Role(a), Audience::Role(b)) => a.iter().all(|a| b.iter().any(|b| roles.implies(a, b))),
            (Audience::User(a), Audience::User(b)) | (Audience::Group(a), Audience::Group(b)) => a.is_subset(b),
            (a, Audience::Not(inner)) => a.disjoint(inner, roles),
            _ => false,
        }
    }
}

/// What reading a `to:` needs to know.
pub(super) struct Known<'a> {
    pub roles: &'a Roles,
    pub zones: BTreeSet<&'a str>,
}

const KEYS: [&str; 7] = ["role", "user", "group", "not", "attribute", "any", "all"];

/// Reads a `to:`; every mismatch is a finding.
pub(super) fn read(node: &Node, known: &Known, report: &mut Report) -> Option<Audience> {
    if let Node::Scalar(word) = node {
        if word.text == "everyone" {
            return Some(Audience::Everyone);
        }
        let hint = format!("`everyone`, or a mapping with one of {}", KEYS.join(", "));
        report.hinted(word.at, "wrong-kind", format!("`to` cannot be `{}`", word.text), hint);
        return None;
    }
    let (key, value) = yaml::one_key(node, "`to`", &KEYS, report)?;
    let names = |report: &mut Report| -> BTreeSet<String> {
        yaml::scalars(value, &key.text, report).into_iter().map(|scalar| scalar.text.clone()).collect()
    };
    match key.text.as_str() {
        "role" => {
            for role in yaml::scalars(value, "role", report) {
                if !known.roles.contains(&role.text) {
                    report.unknown(role.at, "unknown-role", "role", &role.text, known.roles.names());
                }
            }
            Some(Audience::Role(names(report)))
        }
        "user" => Some(Audience::User(names(report))),
        "group" => Some(Audience::Group(names(report))),
        "not" => Some(Audience::Not(Box::new(read(value, known, report)?))),
        "attribute" => {
            let text = yaml::scalar(value, "attribute", report)?;
            expression(text, Scope::Attributes, known, report).map(Audience::Attribute)
        }
        "any" => parts(value, known, report).map(Audience::Any),
        "all" => parts(value, known, report).map(Audience::All),
        _ => None,
    }
}

fn parts(node: &Node, known: &Known, report: &mut Report) -> Option<Vec<Audience>> {
    let items = yaml::sequence(node, "any and all", report)?;
    if items.is_empty() {
        report.error(node.at(), "empty-value", "any and all need at least one part");
        return None;
    }
    let read: Vec<Option<Audience>> = items.iter().map(|item| read(item, known, report)).collect();
    read.into_iter().collect()
}

/// Compiles a condition of a rule, its problem reported at its place in the file.
pub(super) fn expression(text: &Scalar, scope: Scope, known: &Known, report: &mut Report) -> Option<Template> {
    match compile::compile(&text.text, scope, &known.zones) {
        Ok(template) => Some(template),
        Err(problem) => {
            let at = text.locate(problem.line, problem.column);
            match problem.hint {
                Some(hint) => report.hinted(at, "bad-expression", problem.message, hint),
                None => report.error(at, "bad-expression", problem.message),
            }
            None
        }
    }
}
