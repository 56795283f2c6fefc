//! What rules in shadow mode would have done.
//!
//! Invariant: only told. Each such rule is tried alone against what is in force, so a shadow rule neither protects nor
//! opens anything, and none counts for another. Left out: a shadow grant of an entity that does not exist for the
//! principal otherwise; without it her statement is refused before there is a decision.

use super::decide::with_trial;
use super::rule::Head;
use super::template::Facts;
use crate::decision::{AppliedMask, Decision, FieldDecision, Shadow};
use crate::snapshot::Snapshot;

/// Each rule in shadow mode that would have changed the decision, with what it would have changed.
pub(super) fn of(facts: &Facts, snapshot: &Snapshot, decision: &Decision) -> Vec<Shadow> {
    let heads: Vec<&Head> = snapshot.policies.heads().filter(|head| head.shadow).collect();
    let mut shadows: Vec<Shadow> = heads
        .into_iter()
        .map(|head| {
            let tried = with_trial(facts, snapshot, decision.entity, Some(&head.id));
            Shadow { rule: head.id.clone(), changes: changes(snapshot, decision, tried.as_ref()) }
        })
        .filter(|shadow| !shadow.changes.is_empty())
        .collect();
    shadows.sort_by(|a, b| a.rule.cmp(&b.rule));
    shadows
}

fn changes(snapshot: &Snapshot, now: &Decision, tried: Option<&Decision>) -> Vec<String> {
    let Some(tried) = tried else { return vec!["absent".to_string()] };
    let mut found = Vec::new();
    if now.rows != tried.rows || now.inherited != tried.inherited {
        found.push("rows".to_string());
    }
    let fields = &snapshot.catalog.entities[now.entity].fields;
    for ((field, before), after) in fields.iter().zip(&now.fields).zip(&tried.fields) {
        found.extend(change(before, after).map(|word| format!("{word} {}", field.id)));
    }
    found
}

fn change(before: &FieldDecision, after: &FieldDecision) -> Option<&'static str> {
    // The rule's id stands in the mask, but another rule with the same mask changes nothing.
    let of = |mask: &AppliedMask| (mask.mask.clone(), mask.usage);
    let mask = |field: &FieldDecision| {
        let lighter = field.lighter.as_ref().map(|lighter| (lighter.rows.clone(), lighter.mask.as_ref().map(of)));
        (field.mask.as_ref().map(of), lighter)
    };
    match (before.visible, after.visible) {
        (true, false) => Some("hide"),
        (false, true) => Some("show"),
        (false, false) => None,
        (true, true) if mask(before) != mask(after) => Some(if after.mask.is_some() { "mask" } else { "unmask" }),
        (true, true) if before.aggregate_only != after.aggregate_only => Some("show"),
        (true, true) => None,
    }
}
