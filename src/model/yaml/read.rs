//! Reading nodes against what is expected of them, every mismatch a finding.
//!
//! Invariant: a function here that returns `None` for a value that is present has reported why.

use super::{Node, Scalar, Style};
use crate::diagnostic::{Report, Spot};

/// A mapping whose keys are all known.
#[derive(Debug, Clone, Copy)]
pub struct Map<'n> {
    /// Where it begins.
    pub at: Spot,
    entries: &'n [(Scalar, Node)],
}

impl<'n> Map<'n> {
    /// The value of a key; absent and null are the same.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The key as written and its value.
    pub fn entry(&self, key: &str) -> Option<(&'n Scalar, &'n Node)> {
        let (key, value) = self.entries.iter().find(|(known, _)| known.text == key)?;
        (!value.is_null()).then_some((key, value))
    }

    /// True where the key is written, with a value or without.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(known, _)| known.text == key)
    }

    /// The value of a key that must be there.
    pub fn require(&self, key: &str, what: &str, report: &mut Report) -> Option<&'n Node> {
        let found = self.get(key);
        if found.is_none() {
            report.error(self.at, "missing-key", format!("{what} needs `{key}`"));
        }
        found
    }

    /// All entries, in file order.
    pub fn entries(&self) -> &'n [(Scalar, Node)] {
        self.entries
    }
}

/// A mapping with known keys only; an unknown key is reported with the nearest known one.
pub fn map<'n>(node: &'n Node, what: &str, known: &[&str], report: &mut Report) -> Option<Map<'n>> {
    let found = any_map(node, what, report)?;
    for (key, _) in found.entries {
        if !known.contains(&key.text.as_str()) {
            report.unknown_in(key.at, "unknown-key", ("key", &key.text), &format!("in {what}"), known.iter().copied());
        }
    }
    Some(found)
}

/// A mapping whose keys are names that the file itself gives (fields, roles).
pub fn any_map<'n>(node: &'n Node, what: &str, report: &mut Report) -> Option<Map<'n>> {
    match node {
        Node::Map(at, entries) => Some(Map { at: *at, entries }),
        other => {
            report.error(other.at(), "wrong-kind", format!("{what} must be a mapping of keys to values"));
            None
        }
    }
}

/// A mapping with exactly one entry out of the known keys.
pub fn one_key<'n>(node: &'n Node, what: &str, known: &[&str], report: &mut Report) -> Option<(&'n Scalar, &'n Node)> {
    let found = map(node, what, known, report)?;
    match found.entries {
        [(key, value)] if known.contains(&key.text.as_str()) => Some((key, value)),
        [_] => None,
        _ => {
            let hint = format!("one of {}", known.join(", "));
            report.hinted(found.at, "one-key", format!("{what} takes exactly one key"), hint);
            None
        }
    }
}

/// A scalar that is not null.
pub fn scalar<'n>(node: &'n Node, what: &str, report: &mut Report) -> Option<&'n Scalar> {
    match node {
        Node::Scalar(scalar) if !scalar.is_null() => Some(scalar),
        other => {
            report.error(other.at(), "wrong-kind", format!("{what} must be a single value"));
            None
        }
    }
}

/// The text of a scalar, without surrounding blanks; not empty.
pub fn text(node: &Node, what: &str, report: &mut Report) -> Option<String> {
    let found = scalar(node, what, report)?;
    let trimmed = found.text.trim();
    if trimmed.is_empty() {
        report.error(found.at, "empty-value", format!("{what} must not be empty"));
        return None;
    }
    Some(trimmed.to_string())
}

/// `true` or `false`, nothing else: YAML 1.1's `yes` and `on` are texts.
pub fn boolean(node: &Node, what: &str, report: &mut Report) -> Option<bool> {
    let found = scalar(node, what, report)?;
    match (found.style, found.text.as_str()) {
        (Style::Plain, "true") => Some(true),
        (Style::Plain, "false") => Some(false),
        _ => {
            report.error(found.at, "wrong-kind", format!("{what} must be true or false"));
            None
        }
    }
}

/// The items of a sequence.
pub fn sequence<'n>(node: &'n Node, what: &str, report: &mut Report) -> Option<&'n [Node]> {
    match node {
        Node::Sequence(_, items) => Some(items),
        other => {
            report.error(other.at(), "wrong-kind", format!("{what} must be a list"));
            None
        }
    }
}

/// The items of a sequence, or the one value standing alone.
pub fn list_or_one(node: &Node) -> &[Node] {
    match node {
        Node::Sequence(_, items) => items,
        other => std::slice::from_ref(other),
    }
}

/// The scalars of a list (or of one value standing alone); an empty list is reported.
pub fn scalars<'n>(node: &'n Node, what: &str, report: &mut Report) -> Vec<&'n Scalar> {
    let items = list_or_one(node);
    if items.is_empty() {
        report.error(node.at(), "empty-value", format!("{what} must not be empty"));
    }
    items.iter().filter_map(|item| scalar(item, what, report)).collect()
}
