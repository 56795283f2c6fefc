//! The decision: one principal, one entity, one snapshot. Pure, deterministic, total.
//!
//! Invariant: every step either narrows or is a grant that fully applies. There is no default but absence: the first
//! line that could let something through asks for a grant.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::PolicySet;
use super::audience::Applies;
use super::rule::Granted;
use super::template::{Facts, Missing};
use crate::decision::{AppliedMask, Decision, FieldDecision, MaskUse};
use crate::mask::{Mask, Strictness};
use crate::predicate::Predicate;
use crate::principal::Principal;
use crate::snapshot::Snapshot;

/// What the principal may see of the entity at this position of the catalog. `None`: for this principal it does not
/// exist (governance G1), and neither does a position beyond the catalog, nor anything under policies that were
/// loaded over another catalog.
pub fn decide(principal: &Principal, snapshot: &Snapshot, entity: usize) -> Option<Decision> {
    let of = snapshot.catalog.entities.get(entity)?;
    let policies = &*snapshot.policies;
    if policies.catalog_id != snapshot.catalog.id {
        return None;
    }
    let mut decider = Decider { policies, entity, facts: facts(principal, snapshot), warnings: BTreeSet::new() };
    let grants = decider.grants();
    if grants.is_empty() {
        return None;
    }
    let granted_rows = Predicate::or(grants.iter().map(|grant| grant.rows.clone()));
    let (restrictions, restricted) = decider.restrictions();
    let denied = decider.denied();
    let mut fields = Vec::with_capacity(of.fields.len());
    for (position, field) in of.fields.iter().enumerate() {
        let covering: Vec<&Applied> = grants.iter().filter(|grant| grant.granted.fields.contains(&position)).collect();
        let visible = !covering.is_empty() && !denied.contains(&position) && !field.hidden;
        fields.push(FieldDecision {
            visible,
            mask: if visible { decider.mask(position) } else { None },
            covered_where: if visible { covered_where(&covering, &granted_rows) } else { None },
        });
    }
    if fields.iter().all(|field| !field.visible) {
        return None;
    }
    let mut decision = Decision {
        entity,
        entity_id: of.id.clone(),
        fields,
        rows: Predicate::and([granted_rows].into_iter().chain(restricted)),
        grants: grants.iter().map(|grant| grant.id.to_string()).collect::<BTreeSet<_>>().into_iter().collect(),
        restrictions: restrictions.into_iter().collect(),
        warnings: decider.warnings.into_iter().collect(),
        fingerprint: String::new(),
    };
    decision.fingerprint = fingerprint(&snapshot.catalog.id, &decision);
    Some(decision)
}

/// Whether EXPLAIN tells the principal rules, their values and the sources' SQL: by a grant of its own (governance
/// G14), which applies only where that is certain.
pub fn explains_in_full(principal: &Principal, snapshot: &Snapshot) -> bool {
    let facts = facts(principal, snapshot);
    snapshot.policies.explain_grants.iter().any(|grant| grant.applies(&facts) == Applies::Yes)
}

fn facts<'a>(principal: &'a Principal, snapshot: &'a Snapshot) -> Facts<'a> {
    let policies = &*snapshot.policies;
    let zone = principal.context.client_addr.and_then(|address| policies.zone_of(address));
    // Closed here too: masks were told apart at load on the ground that a role implies those it belongs to.
    let roles = policies.roles.closed(&principal.roles);
    Facts { principal, roles, zone, org: &snapshot.org }
}

/// A grant that applies, its row rule bound.
struct Applied<'a> {
    id: &'a str,
    granted: &'a Granted,
    rows: Predicate,
}

struct Decider<'a> {
    policies: &'a PolicySet,
    entity: usize,
    facts: Facts<'a>,
    warnings: BTreeSet<String>,
}

impl<'a> Decider<'a> {
    fn warn(&mut self, rule: &str, missing: &Missing) {
        self.warnings.insert(format!("rule `{rule}`: {}", missing.0));
    }

    /// Grants apply only where that is certain.
    fn grants(&mut self) -> Vec<Applied<'a>> {
        let policies = self.policies;
        let mut found = Vec::new();
        for grant in &policies.grants {
            let Some(granted) = grant.entities.get(&self.entity) else { continue };
            match grant.head.applies(&self.facts) {
                Applies::Yes => {}
                Applies::No | Applies::Unknown => continue,
                Applies::Missing(missing) => {
                    self.warn(&grant.head.id, &missing);
                    continue;
                }
            }
            let rows = granted.rows.bind(&self.facts).unwrap_or_else(|missing| {
                self.warn(&grant.head.id, &missing);
                Predicate::FALSE
            });
            found.push(Applied { id: &grant.head.id, granted, rows });
        }
        found
    }

    /// Restrictions apply unless it is certain that they do not; one that cannot be evaluated leaves no rows.
    fn restrictions(&mut self) -> (BTreeSet<String>, Vec<Predicate>) {
        let policies = self.policies;
        let (mut ids, mut rows) = (BTreeSet::new(), Vec::new());
        for restriction in &policies.restrictions {
            let Some(template) = restriction.rows.get(&self.entity) else { continue };
            let bound = match restriction.head.applies(&self.facts) {
                Applies::No => continue,
                Applies::Yes | Applies::Unknown => template.bind(&self.facts),
                Applies::Missing(missing) => Err(missing),
            };
            ids.insert(restriction.head.id.clone());
            rows.push(bound.unwrap_or_else(|missing| {
                self.warn(&restriction.head.id, &missing);
                Predicate::FALSE
            }));
        }
        (ids, rows)
    }

    /// Positions of the fields that a denial takes away; denials apply unless it is certain that they do not.
    fn denied(&mut self) -> BTreeSet<usize> {
        let policies = self.policies;
        let mut denied = BTreeSet::new();
        for denial in &policies.denials {
            let fields = || denial.fields.iter().filter(|(entity, _)| *entity == self.entity).map(|(_, field)| *field);
            if fields().next().is_none() {
                continue;
            }
            let applies = denial.head.applies(&self.facts);
            if applies != Applies::No {
                denied.extend(fields());
            }
            if let Applies::Missing(missing) = applies {
                self.warn(&denial.head.id, &missing);
            }
        }
        denied
    }

    /// The strictest of the masks that apply, with the strictest of their uses.
    fn mask(&mut self, field: usize) -> Option<AppliedMask> {
        let policies = self.policies;
        let mut chosen: Option<AppliedMask> = None;
        for rule in &policies.masks {
            let Some(mask) = rule.fields.get(&(self.entity, field)) else { continue };
            let mask = match rule.head.applies(&self.facts) {
                Applies::No => continue,
                Applies::Yes | Applies::Unknown => mask.clone(),
                Applies::Missing(missing) => {
                    self.warn(&rule.head.id, &missing);
                    Mask::Hide
                }
            };
            let next = AppliedMask { mask, usage: rule.usage, rule: rule.head.id.clone() };
            chosen = Some(match chosen {
                None => next,
                Some(before) => stricter(before, next),
            });
        }
        chosen
    }
}

/// Load-time checks keep equally strict masks with different bodies apart; should two meet all the same, neither is
/// shown.
fn stricter(a: AppliedMask, b: AppliedMask) -> AppliedMask {
    let usage = if usage_rank(a.usage) >= usage_rank(b.usage) { a.usage } else { b.usage };
    let (mut chosen, other) = match a.mask.strictness().cmp(&b.mask.strictness()) {
        std::cmp::Ordering::Less => (b, a),
        std::cmp::Ordering::Greater => (a, b),
        // Equal bodies: the rule of the smaller id, so that file order does not show.
        std::cmp::Ordering::Equal if a.rule <= b.rule => (a, b),
        std::cmp::Ordering::Equal => (b, a),
    };
    if chosen.mask.strictness() == other.mask.strictness() && chosen.mask != other.mask {
        chosen.mask = Mask::Hide;
        debug_assert_eq!(chosen.mask.strictness(), Strictness::Hide);
    }
    chosen.usage = usage;
    chosen
}

fn usage_rank(usage: MaskUse) -> u8 {
    match usage {
        MaskUse::Lookup => 0,
        MaskUse::Masked => 1,
        MaskUse::None => 2,
    }
}

/// On which rows a grant covers the field; `None` where one does on every row that any grant shows.
fn covered_where(covering: &[&Applied], granted_rows: &Predicate) -> Option<Predicate> {
    let covered = Predicate::or(covering.iter().map(|grant| grant.rows.clone()));
    (covered != *granted_rows && covered != Predicate::TRUE).then_some(covered)
}

/// BLAKE3 over all of the decision, with the catalog that gives its positions their meaning.
fn fingerprint(catalog_id: &str, decision: &Decision) -> String {
    let mut hash = Hash(blake3::Hasher::new());
    let Decision { entity, entity_id, fields, rows, grants, restrictions, warnings, fingerprint: _ } = decision;
    // Writing into a hash cannot fail. Debug quotes and escapes every text, so parts cannot run into each other.
    let _ = write!(
        hash,
        "{catalog_id:?} {entity} {entity_id:?} {fields:?} {rows:?} {grants:?} {restrictions:?} {warnings:?}"
    );
    hash.0.finalize().to_hex().to_string()
}

struct Hash(blake3::Hasher);

impl std::fmt::Write for Hash {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}
