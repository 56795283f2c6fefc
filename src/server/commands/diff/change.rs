//! One difference between two decisions, and whether it gives or takes.
//!
//! Invariant: what cannot be proven to take away counts as something gained. Ids of rules are no difference: a rule that
//! was renamed or moved gives the same rights.

use std::collections::BTreeSet;

use sluice_model::allowance::{Allowance, Limited};
use sluice_model::catalog::Entity;
use sluice_model::decision::{Inherited, MaskUse};
use sluice_model::predicate::Predicate;
use sluice_model::{Decision, FieldDecision};
use sluice_plan::govern::usage_word;

use super::implies::implies;

/// What a difference does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// More is seen.
    Gain,
    /// Less is seen.
    Loss,
    /// Other things are seen; some of them may be more.
    Either,
}

impl Effect {
    /// One sign for lists.
    pub fn sign(self) -> char {
        match self {
            Effect::Gain => '+',
            Effect::Loss => '-',
            Effect::Either => '~',
        }
    }

    /// The word of JSON.
    pub fn word(self) -> &'static str {
        match self {
            Effect::Gain => "gain",
            Effect::Loss => "loss",
            Effect::Either => "either",
        }
    }

    /// True where something may be gained.
    pub fn gains(self) -> bool {
        self != Effect::Loss
    }

    fn with(self, other: Effect) -> Effect {
        if self == other { self } else { Effect::Either }
    }

    /// From two proofs: everything before is still there; everything now was there before.
    fn of(kept: bool, within: bool) -> Option<Effect> {
        match (kept, within) {
            (true, true) => None,
            (true, false) => Some(Effect::Gain),
            (false, true) => Some(Effect::Loss),
            (false, false) => Some(Effect::Either),
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// On what: `customer rows`, `customer.mobile`, `explain`, `statement`.
    pub what: String,
    /// As it was.
    pub before: String,
    /// As it is.
    pub after: String,
    /// What that does.
    pub effect: Effect,
}

/// Differences on one entity; of its fields those that `looked_at` names, or all.
pub fn compare(
    entity: &Entity,
    old: Option<&Decision>,
    new: Option<&Decision>,
    looked_at: Option<&BTreeSet<usize>>,
) -> Vec<Change> {
    let mut changes = Vec::new();
    if let Some((effect, before, after)) = rows(entity, old, new) {
        changes.push(Change { what: format!("{} rows", entity.id), before, after, effect });
    }
    for (position, field) in entity.fields.iter().enumerate() {
        if looked_at.is_some_and(|fields| !fields.contains(&position)) {
            continue;
        }
        let of = |decision: Option<&Decision>| {
            decision.and_then(|decision| decision.fields.get(position)).filter(|field| field.visible).cloned()
        };
        let (old, new) = (of(old), of(new));
        if let Some(effect) = of_field(old.as_ref(), new.as_ref()) {
            let shown = |outcome: Option<&FieldDecision>| described(outcome, entity);
            let (before, after) = (shown(old.as_ref()), shown(new.as_ref()));
            changes.push(Change { what: format!("{}.{}", entity.id, field.id), before, after, effect });
        }
    }
    changes
}

/// Differences of limits. A limit that is gone, or leaves more, is a gain.
pub fn limits(old: &Allowance, new: &Allowance) -> Vec<Change> {
    let word = |bound: Option<u64>| bound.map_or("no limit".to_string(), |bound| bound.to_string());
    let mut changes = Vec::new();
    for (name, limited) in Limited::WORDS {
        let (before, after) = (old.get(limited), new.get(limited));
        let fits = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (_, None) => true,
            (None, Some(_)) => false,
            // Of groups the larger is the stricter.
            (Some(a), Some(b)) if limited == Limited::MinGroup => a >= b,
            (Some(a), Some(b)) => a <= b,
        };
        if let Some(effect) = Effect::of(fits(before, after), fits(after, before)) {
            changes.push(Change { what: format!("limit {name}"), before: word(before), after: word(after), effect });
        }
    }
    changes
}

/// The change of `explain: full`.
pub fn explain(old: bool, new: bool) -> Option<Change> {
    let word = |full: bool| if full { "full" } else { "words" }.to_string();
    let effect = Effect::of(!old || new, old || !new)?;
    Some(Change { what: "explain".to_string(), before: word(old), after: word(new), effect })
}

const ABSENT: &str = "absent";

fn rows(entity: &Entity, old: Option<&Decision>, new: Option<&Decision>) -> Option<(Effect, String, String)> {
    let shown = |decision: &Decision| {
        let mut text = decision.rows.describe(entity);
        decision.inherited.iter().for_each(|parent| text.push_str(&format!(" and as {}", parent.relationship)));
        text
    };
    match (old, new) {
        (None, None) => None,
        (None, Some(new)) => Some((Effect::Gain, ABSENT.to_string(), shown(new))),
        (Some(old), None) => Some((Effect::Loss, shown(old), ABSENT.to_string())),
        (Some(old), Some(new)) => {
            let within = |old: &Decision, new: &Decision| {
                implies(&old.rows, &new.rows) && carried(&old.inherited, &new.inherited)
            };
            let effect = Effect::of(within(old, new), within(new, old))?;
            Some((effect, shown(old), shown(new)))
        }
    }
}

/// Every row that the rules `p` of parents let through, those of `q` let through.
fn carried(p: &[Inherited], q: &[Inherited]) -> bool {
    q.iter().all(|q| {
        let same = |p: &&Inherited| p.relationship == q.relationship && p.entity == q.entity && p.keys == q.keys;
        p.iter().filter(same).any(|p| implies(&p.rows, &q.rows) && carried(&p.inherited, &q.inherited))
    })
}

fn of_field(old: Option<&FieldDecision>, new: Option<&FieldDecision>) -> Option<Effect> {
    let (old, new) = match (old, new) {
        (None, None) => return None,
        (None, Some(_)) => return Some(Effect::Gain),
        (Some(_), None) => return Some(Effect::Loss),
        (Some(old), Some(new)) => (old, new),
    };
    let reach = |field: &FieldDecision| field.covered_where.as_deref().cloned().unwrap_or(Predicate::TRUE);
    let (before, now) = (reach(old), reach(new));
    let reach = Effect::of(implies(&before, &now), implies(&now, &before));
    match (of_mask(old, new), reach) {
        (Some(mask), Some(reach)) => Some(mask.with(reach)),
        (mask, reach) => mask.or(reach),
    }
}

fn of_mask(old: &FieldDecision, new: &FieldDecision) -> Option<Effect> {
    // Totals are less than the raw value, and neither more nor less than a masked one.
    match (old.aggregate_only, new.aggregate_only) {
        (Some(old), Some(new)) => return Effect::of(new <= old, old <= new),
        (Some(_), None) => return Some(if new.mask.is_none() { Effect::Gain } else { Effect::Either }),
        (None, Some(_)) => return Some(if old.mask.is_none() { Effect::Loss } else { Effect::Either }),
        (None, None) => {}
    }
    let lighter = match (&old.lighter, &new.lighter) {
        (None, None) => None,
        (None, Some(_)) => Some(Effect::Gain),
        (Some(_), None) => Some(Effect::Loss),
        (Some(before), Some(now)) => (before != now).then_some(Effect::Either),
    };
    let (old, new) = match (&old.mask, &new.mask) {
        (None, None) => return None,
        (Some(_), None) => return Some(Effect::Gain),
        (None, Some(_)) => return Some(Effect::Loss),
        (Some(old), Some(new)) => (old, new),
    };
    let body = match old.mask.strictness().cmp(&new.mask.strictness()) {
        std::cmp::Ordering::Greater => Some(Effect::Gain),
        std::cmp::Ordering::Less => Some(Effect::Loss),
        std::cmp::Ordering::Equal if old.mask == new.mask => None,
        std::cmp::Ordering::Equal => Some(Effect::Either),
    };
    [body, lighter, of_usage(old.usage, new.usage)].into_iter().flatten().reduce(Effect::with)
}

/// Look-ups and joins by token allow things of different kinds.
fn of_usage(old: MaskUse, new: MaskUse) -> Option<Effect> {
    let freedom = |usage| match usage {
        MaskUse::None => 0,
        MaskUse::Masked => 1,
        MaskUse::TokenJoin | MaskUse::Lookup => 2,
    };
    match (freedom(old), freedom(new)) {
        (before, now) if before < now => Some(Effect::Gain),
        (before, now) if before > now => Some(Effect::Loss),
        _ => (old != new).then_some(Effect::Either),
    }
}

fn described(outcome: Option<&FieldDecision>, entity: &Entity) -> String {
    let Some(outcome) = outcome else { return "hidden".to_string() };
    if let Some(least) = outcome.aggregate_only {
        return format!("totals over {least} rows");
    }
    let mut text = match &outcome.mask {
        Some(mask) => format!("{} by {}", mask.mask, mask.rule),
        None => "clear".to_string(),
    };
    if let Some(mask) = outcome.mask.as_ref().filter(|mask| mask.usage != MaskUse::Masked) {
        text.push_str(&format!(" use {}", usage_word(mask.usage)));
    }
    if let Some(lighter) = &outcome.lighter {
        text.push_str(&format!(" but {}", lighter.describe(entity)));
    }
    if let Some(covered) = &outcome.covered_where {
        text.push_str(&format!(" where {}", covered.describe(entity)));
    }
    text
}
