//! `limit` rules: read from their YAML objects, and which of them apply.
//!
//! Invariant: a limit narrows, so it applies unless it is certain that it does not (governance G9).

use std::collections::BTreeMap;

use super::audience::Applies;
use super::rule::{Head, Reader};
use super::template::Facts;
use crate::allowance::{Allowance, Limited};
use crate::diagnostic::Report;
use crate::yaml::{self, Map, Node};

/// A rule with its settings, at least one.
#[derive(Debug, Clone)]
pub(super) struct LimitRule {
    pub head: Head,
    pub settings: BTreeMap<Limited, u64>,
}

impl Reader<'_> {
    pub(super) fn limit(&self, node: &Node, report: &mut Report) -> Option<LimitRule> {
        let words = Limited::WORDS.map(|(word, _)| word);
        let keys: Vec<&str> = ["limit", "to", "when", "mode", "comment"].into_iter().chain(words).collect();
        let map = yaml::map(node, "a limit", &keys, report)?;
        let head = self.head(&map, "limit", report);
        let before = report.count();
        let mut settings = BTreeMap::new();
        for (word, limited) in Limited::WORDS {
            if map.has(word) {
                settings.extend(number(&map, word, least(limited), report).map(|value| (limited, value)));
            }
        }
        if settings.is_empty() && report.count() == before {
            report.hinted(map.at, "missing-key", "a limit sets nothing", format!("one of {}", words.join(", ")));
        }
        Some(LimitRule { head: head?, settings })
    }
}

/// The least setting that makes sense: a group of one is the row itself.
fn least(limited: Limited) -> u64 {
    if limited == Limited::MinGroup { 2 } else { 1 }
}

/// A whole number under a key that is written.
pub(super) fn number(map: &Map, key: &str, least: u64, report: &mut Report) -> Option<u64> {
    let Some(node) = map.get(key) else {
        report.error(map.at, "empty-value", format!("`{key}` must not be empty"));
        return None;
    };
    let found = yaml::scalar(node, key, report)?;
    match found.text.replace('_', "").parse::<u64>() {
        Ok(value) if value >= least && i64::try_from(value).is_ok() => Some(value),
        _ => {
            let hint = format!("a whole number, {least} or more; to take a right away write a denial");
            report.hinted(found.at, "bad-number", format!("`{key}` cannot be `{}`", found.text), hint);
            None
        }
    }
}

/// The limits that apply, the strictest of each.
pub(super) fn allowance(rules: &[LimitRule], facts: &Facts) -> Allowance {
    let mut allowance = Allowance::default();
    for rule in rules {
        let applies = rule.head.applies(facts);
        if applies == Applies::No {
            continue;
        }
        if rule.head.shadow {
            allowance.shadows.push(rule.head.id.clone());
            continue;
        }
        if let Applies::Missing(missing) = applies {
            allowance.warnings.push(format!("rule `{}`: {}", rule.head.id, missing.0));
        }
        for (limited, value) in &rule.settings {
            allowance.narrow(*limited, *value, &rule.head.id);
        }
    }
    allowance.shadows.sort();
    allowance.warnings.sort();
    allowance
}
