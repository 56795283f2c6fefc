//! The decision: one principal, one entity, one snapshot. Pure, deterministic, total.
//!
//! Invariant: every step either narrows or is a grant that fully applies. There is no default but absence: the first
//! line that could let something through asks for a grant. A rule in shadow mode takes part in none of the steps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::PolicySet;
use super::audience::Applies;
use super::fact::Moment;
use super::role::Memberships;
use super::rule::{Granted, Head, MaskRule};
use super::template::{Facts, Missing};
use super::{by_grant, fingerprint, limit, shadow};
use crate::allowance::{Allowance, Limited};
use crate::decision::{AppliedMask, Decision, FieldDecision, Inherited, MaskUse};
use crate::mask::{Mask, Strictness};
use crate::predicate::Predicate;
use crate::principal::Principal;
use crate::snapshot::Snapshot;

/// What the principal may see of the entity at this position of the catalog. `None`: for this principal it does not
/// exist (governance G1), and neither does a position beyond the catalog, nor anything under policies that were
/// loaded over another catalog.
pub fn decide(principal: &Principal, snapshot: &Snapshot, entity: usize) -> Option<Decision> {
    let facts = known(principal, snapshot)?;
    let mut decision = with_trial(&facts, snapshot, entity, None)?;
    decision.shadows = shadow::of(&facts, snapshot, &decision);
    decision.fingerprint = fingerprint::of(&snapshot.catalog.id, &decision);
    Some(decision)
}

/// How much the principal may take. Pure and total, as [`decide`].
pub fn allowance(principal: &Principal, snapshot: &Snapshot) -> Allowance {
    match known(principal, snapshot) {
        Some(facts) => limit::allowance(&snapshot.policies.limits, &facts),
        None => Allowance::default(),
    }
}

/// Whether EXPLAIN tells the principal rules, their values and the sources' SQL: by a grant of its own (governance
/// G14), which applies only where that is certain.
pub fn explains_in_full(principal: &Principal, snapshot: &Snapshot) -> bool {
    let Some(facts) = known(principal, snapshot) else { return false };
    let mut grants = snapshot.policies.explain_grants.iter().filter(|grant| !grant.shadow);
    grants.any(|grant| grant.applies(&facts) == Applies::Yes)
}

/// Everything rules may ask about the principal; `None` under policies of another catalog.
fn known<'a>(principal: &'a Principal, snapshot: &'a Snapshot) -> Option<Facts<'a>> {
    let policies = &*snapshot.policies;
    if policies.catalog_id != snapshot.catalog.id {
        return None;
    }
    let zone = principal.context.client_addr.and_then(|address| policies.zone_of(address));
    // Closed here too: masks were told apart at load on the ground that a role implies those it belongs to.
    let held = Memberships { roles: policies.roles.closed(&principal.roles), groups: principal.groups.clone() };
    let moment = Moment::new(principal.context.now_micros, &snapshot.catalog.timezone);
    Some(Facts { principal, held, zone, moment, org: snapshot.org.on(moment.day()) })
}

/// The decision with one rule in shadow mode taken for a rule in force, or with none.
pub(super) fn with_trial(facts: &Facts, snapshot: &Snapshot, entity: usize, trial: Option<&str>) -> Option<Decision> {
    let of = snapshot.catalog.entities.get(entity)?;
    let mut decider = Decider { snapshot, facts, trial, warnings: BTreeSet::new() };
    let Shown { grants, persons, restrictions, restricted } = decider.shown(entity);
    if grants.is_empty() {
        return None;
    }
    let granted_rows = granted_rows(&grants);
    let denied = decider.denied(facts, entity);
    let masks = decider.masks(entity);
    let by_grant = by_grant::masks(&grants, &persons, &masks);
    let mut coverage = Coverage::new(&grants, &granted_rows, of.fields.len());
    let mut fields = Vec::with_capacity(of.fields.len());
    for (position, field) in of.fields.iter().enumerate() {
        let (mut outcome, covering) = coverage.of(position);
        outcome.visible &= !denied.contains(&position) && !field.hidden;
        if !outcome.visible {
            outcome = FieldDecision::default();
        } else if let Some(min_group) = &mut outcome.aggregate_only {
            // The value never leaves an aggregate, so there is nothing to mask (governance G13).
            let least = limit::allowance(&snapshot.policies.limits, facts).get(Limited::MinGroup);
            *min_group = least.map_or(*min_group, |least| least.max(*min_group));
        } else {
            outcome.mask = decider.mask(&masks, (entity, position));
            if let Some(by_grant) = &by_grant {
                by_grant.choose(&mut decider, (entity, position), &covering, &mut outcome);
            }
        }
        fields.push(outcome);
    }
    if fields.iter().all(|field| !field.visible) {
        return None;
    }
    let known: Vec<&Facts> = persons.iter().flatten().collect();
    let (rows, inherited) =
        decider.inherit(entity, Predicate::and([granted_rows].into_iter().chain(restricted)), &known);
    Some(Decision {
        entity,
        entity_id: of.id.clone(),
        fields,
        rows,
        inherited,
        grants: grants.iter().map(|grant| grant.head.id.clone()).collect::<BTreeSet<_>>().into_iter().collect(),
        restrictions: restrictions.into_iter().collect(),
        shadows: Vec::new(),
        warnings: decider.warnings.into_iter().collect(),
        fingerprint: String::new(),
    })
}

/// A grant that applies, its row rule bound.
pub(super) struct Applied<'a> {
    pub(super) head: &'a Head,
    granted: &'a Granted,
    aggregate_only: Option<u64>,
    /// The rows that it shows, without those that restrictions take from this grant alone.
    pub(super) rows: Predicate,
    /// What those restrictions ask.
    more: Predicate,
    /// Fields that denials take from this grant alone.
    denied: BTreeSet<usize>,
}

/// What shows of an entity: by which grants, and under which restrictions.
struct Shown<'a> {
    grants: Vec<Applied<'a>>,
    /// The person as each grant's rows know her, where that is not as she is.
    persons: Vec<Option<Facts<'a>>>,
    /// Ids of the restrictions on any of the rows.
    restrictions: BTreeSet<String>,
    /// Restrictions on all of them.
    restricted: Vec<Predicate>,
}

/// Rows of all grants together. A grant of aggregates shows no rows of its own beside one that shows rows.
fn granted_rows(grants: &[Applied]) -> Predicate {
    let of = |only: bool| grants.iter().filter(move |grant| grant.aggregate_only.is_some() == only);
    let only = of(false).next().is_none();
    Predicate::or(of(only).map(|grant| grant.rows.clone()))
}

/// What the grants give of the fields of one entity. Most fields have their rows from the same grants: each set of
/// grants is looked at once.
struct Coverage<'a> {
    grants: &'a [Applied<'a>],
    granted_rows: &'a Predicate,
    /// For each field the places of the grants that give it.
    giving: Vec<Vec<usize>>,
    known: BTreeMap<Vec<usize>, Option<Arc<Predicate>>>,
}

impl<'a> Coverage<'a> {
    fn new(grants: &'a [Applied<'a>], granted_rows: &'a Predicate, fields: usize) -> Coverage<'a> {
        let mut giving = vec![Vec::new(); fields];
        for (at, grant) in grants.iter().enumerate() {
            for field in grant.granted.fields.difference(&grant.denied) {
                if let Some(places) = giving.get_mut(*field) {
                    places.push(at);
                }
            }
        }
        Coverage { grants, granted_rows, giving, known: BTreeMap::new() }
    }

    /// What the plain grants of the field give, or where there is none, those of aggregates; and their places.
    fn of(&mut self, field: usize) -> (FieldDecision, Vec<usize>) {
        let giving = self.giving.get(field).into_iter().flatten().copied();
        let (only, plain): (Vec<usize>, Vec<usize>) = giving.partition(|at| self.grants[*at].aggregate_only.is_some());
        let covering = if plain.is_empty() { only } else { plain };
        if covering.is_empty() {
            return (FieldDecision::default(), covering);
        }
        // Of several grants for the same rows any would do. Where they differ, a group may be of rows that one of them
        // alone covers, and which ones is not counted: the largest group of them.
        let groups = covering.iter().filter_map(|at| self.grants[*at].aggregate_only);
        let alike = covering.iter().all(|at| self.grants[*at].rows == self.grants[covering[0]].rows);
        let least = if alike { groups.min() } else { groups.max() };
        let covered_where = match self.known.get(&covering) {
            Some(known) => known.clone(),
            None => {
                let covered = Predicate::or(covering.iter().map(|at| self.grants[*at].rows.clone()));
                let partly = covered != *self.granted_rows && covered != Predicate::TRUE;
                let partly = partly.then(|| Arc::new(covered));
                self.known.insert(covering.clone(), partly.clone());
                partly
            }
        };
        (FieldDecision { visible: true, covered_where, aggregate_only: least, ..FieldDecision::default() }, covering)
    }
}

pub(super) struct Decider<'a> {
    snapshot: &'a Snapshot,
    pub(super) facts: &'a Facts<'a>,
    trial: Option<&'a str>,
    warnings: BTreeSet<String>,
}

impl<'a> Decider<'a> {
    pub(super) fn policies(&self) -> &'a PolicySet {
        &self.snapshot.policies
    }

    fn warn(&mut self, rule: &str, missing: &Missing) {
        self.warnings.insert(format!("rule `{rule}`: {}", missing.0));
    }

    /// The one place that keeps rules in shadow mode without effect.
    fn in_force(&self, head: &Head) -> bool {
        !head.shadow || self.trial == Some(head.id.as_str())
    }

    /// Grants apply only where that is certain.
    fn grants(&mut self, entity: usize) -> Vec<Applied<'a>> {
        let mut found = Vec::new();
        for grant in self.policies().grants_of(entity) {
            let Some(granted) = grant.entities.get(&entity) else { continue };
            if !self.in_force(&grant.head) {
                continue;
            }
            match grant.head.applies(self.facts) {
                Applies::Yes => {}
                Applies::No | Applies::Unknown => continue,
                Applies::Missing(missing) => {
                    self.warn(&grant.head.id, &missing);
                    continue;
                }
            }
            let rows = granted.rows.bind(self.facts).unwrap_or_else(|missing| {
                self.warn(&grant.head.id, &missing);
                Predicate::FALSE
            });
            let (more, denied) = (Predicate::TRUE, BTreeSet::new());
            found.push(Applied {
                head: &grant.head,
                granted,
                aggregate_only: grant.aggregate_only,
                rows,
                more,
                denied,
            });
        }
        found
    }

    /// Grants and restrictions of an entity, each grant under what is for its rows alone.
    fn shown(&mut self, entity: usize) -> Shown<'a> {
        let mut grants = self.grants(entity);
        let persons = by_grant::persons(self, entity, &grants);
        let of_all = self.restrictions(self.facts, entity);
        let mut restrictions: BTreeSet<String> = of_all.iter().map(|(id, _)| id.clone()).collect();
        for (grant, person) in grants.iter_mut().zip(&persons) {
            let Some(person) = person else { continue };
            let more = self.restrictions(person, entity).into_iter().filter(|rule| !of_all.contains(rule));
            let (ids, more): (Vec<String>, Vec<Predicate>) = more.unzip();
            restrictions.extend(ids);
            let rows = std::mem::replace(&mut grant.rows, Predicate::FALSE);
            grant.more = Predicate::and(more);
            grant.rows = Predicate::and([rows, grant.more.clone()]);
            grant.denied = self.denied(person, entity);
        }
        Shown { grants, persons, restrictions, restricted: of_all.into_iter().map(|(_, rows)| rows).collect() }
    }

    /// Restrictions apply unless it is certain that they do not; one that cannot be evaluated leaves no rows.
    fn restrictions(&mut self, facts: &Facts, entity: usize) -> Vec<(String, Predicate)> {
        let mut found = Vec::new();
        for restriction in self.policies().restrictions_of(entity) {
            let Some(template) = restriction.rows.get(&entity) else { continue };
            if !self.in_force(&restriction.head) {
                continue;
            }
            let bound = match restriction.head.applies(facts) {
                Applies::No => continue,
                Applies::Yes | Applies::Unknown => template.bind(facts),
                Applies::Missing(missing) => Err(missing),
            };
            let rows = bound.unwrap_or_else(|missing| {
                self.warn(&restriction.head.id, &missing);
                Predicate::FALSE
            });
            found.push((restriction.head.id.clone(), rows));
        }
        found
    }

    /// Positions of the fields that a denial takes away; denials apply unless it is certain that they do not.
    fn denied(&mut self, facts: &Facts, entity: usize) -> BTreeSet<usize> {
        let mut denied = BTreeSet::new();
        for denial in self.policies().denials_of(entity) {
            if !self.in_force(&denial.head) {
                continue;
            }
            let applies = denial.head.applies(facts);
            if applies != Applies::No {
                denied.extend(denial.fields.range((entity, 0)..(entity + 1, 0)).map(|(_, field)| *field));
            }
            if let Applies::Missing(missing) = applies {
                self.warn(&denial.head.id, &missing);
            }
        }
        denied
    }

    /// The rules that mask something of the entity, with whether they apply.
    fn masks(&self, entity: usize) -> Vec<(&'a MaskRule, Applies)> {
        let rules = self.policies().masks_of(entity).filter(|rule| self.in_force(&rule.head));
        rules.map(|rule| (rule, rule.head.applies(self.facts))).collect()
    }

    /// The strictest of the masks that apply, with the strictest of their uses.
    pub(super) fn mask(&mut self, rules: &[(&MaskRule, Applies)], field: (usize, usize)) -> Option<AppliedMask> {
        let mut chosen: Option<AppliedMask> = None;
        for (rule, applies) in rules {
            let Some(mask) = rule.fields.get(&field) else { continue };
            let (mask, usage) = match applies {
                Applies::No => continue,
                Applies::Yes | Applies::Unknown => (mask.clone(), rule.usage),
                // The strictest mask is one whose raw value cannot be asked after either (governance G9).
                Applies::Missing(missing) => {
                    self.warn(&rule.head.id, missing);
                    (Mask::Hide, if rule.usage == MaskUse::None { MaskUse::None } else { MaskUse::Masked })
                }
            };
            let next = AppliedMask { mask, usage, rule: rule.head.id.clone() };
            chosen = Some(match chosen {
                None => next,
                Some(before) => stricter(before, next),
            });
        }
        chosen
    }

    /// Whether rules of other entities travel to this one.
    pub(super) fn inherits(&self, entity: usize) -> bool {
        let of = self.snapshot.catalog.entities.get(entity);
        of.is_some_and(|of| of.relationships.iter().any(|edge| edge.inherits_policy))
    }

    /// Whether a grant of the entity is for the principal, though it does not apply now.
    fn is_withheld(&self, entity: usize) -> bool {
        let for_her = |applies: Applies| !matches!(applies, Applies::No);
        let mut grants = self.policies().grants_of(entity).filter(|grant| self.in_force(&grant.head));
        grants.any(|grant| for_her(grant.head.audience.holds(self.facts)))
    }

    /// The row rule with what the entity inherits. Edges of a loaded catalog form no cycle, so this ends.
    /// A parent's row counts as it shows to the person herself, by the parent's own grants. `persons` are those of the
    /// child's rows: which of these is whose is not told along a relationship.
    fn inherit(&mut self, entity: usize, rows: Predicate, persons: &[&Facts]) -> (Predicate, Vec<Inherited>) {
        let catalog = &self.snapshot.catalog;
        let mut inherited = Vec::new();
        if rows == Predicate::FALSE {
            return (rows, inherited);
        }
        for edge in catalog.entities[entity].relationships.iter().filter(|edge| edge.inherits_policy) {
            let Shown { grants, persons: of_parent, mut restrictions, mut restricted } = self.shown(edge.to);
            let is_granted = !grants.is_empty();
            // Where nothing of the parent is granted, its restrictions are looked at from the child's rows: any of them.
            let known: Vec<&Facts> = if is_granted { of_parent.iter().flatten().collect() } else { persons.to_vec() };
            let of_child = if is_granted { &[] } else { persons };
            for (id, rows) in of_child.iter().flat_map(|person| self.restrictions(person, edge.to)) {
                restrictions.insert(id);
                if !restricted.contains(&rows) {
                    restricted.push(rows);
                }
            }
            let granted = match (is_granted, edge.restrictions_only) {
                (true, true) => Predicate::or(grants.iter().map(|grant| grant.more.clone())),
                (true, false) => granted_rows(&grants),
                (false, true) => Predicate::TRUE,
                // Whoever is told nothing of the parent by any grant is bound by its restrictions alone. Whoever would
                // be but for the circumstances (a zone, the time, a missing attribute) must not see more for that.
                (false, false) if self.is_withheld(edge.to) => Predicate::FALSE,
                (false, false) => Predicate::TRUE,
            };
            let own = Predicate::and([granted].into_iter().chain(restricted));
            let (parent_rows, above) = self.inherit(edge.to, own, &known);
            if parent_rows == Predicate::FALSE {
                return (Predicate::FALSE, Vec::new());
            }
            if parent_rows == Predicate::TRUE && above.is_empty() {
                continue;
            }
            let of_rows = grants.iter().filter(|_| !edge.restrictions_only);
            let grants: BTreeSet<String> = of_rows.map(|grant| grant.head.id.clone()).collect();
            inherited.push(Inherited {
                relationship: edge.id.clone(),
                keys: edge.keys.clone(),
                entity: edge.to,
                rows: parent_rows,
                inherited: above,
                grants: grants.into_iter().collect(),
                restrictions: restrictions.into_iter().collect(),
            });
        }
        (rows, inherited)
    }
}

/// Load-time checks keep equally strict masks with different bodies apart; should two meet all the same, neither is
/// shown.
pub(super) fn stricter(a: AppliedMask, b: AppliedMask) -> AppliedMask {
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
    chosen.usage = stricter_usage(chosen.usage, other.usage);
    chosen
}

/// The stricter use, the one of the mask that was chosen where neither is: rules' order in the files has no part in it.
pub(super) fn stricter_usage(chosen: MaskUse, other: MaskUse) -> MaskUse {
    if usage_rank(other) > usage_rank(chosen) { other } else { chosen }
}

pub(super) fn usage_rank(usage: MaskUse) -> u8 {
    match usage {
        MaskUse::Lookup => 0,
        MaskUse::Masked | MaskUse::TokenJoin => 1,
        MaskUse::None => 2,
    }
}
