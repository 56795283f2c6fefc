//! Which mask a row has that came by one of several grants (governance G2).
//!
//! Holding two roles must not clear what neither shows clear: a mask that is not for managers stays on the rows that
//! came by the analysts' grant, and goes on those that came by the managers' own. So each grant's rows are masked as for
//! the person without the roles that other grants on the entity were given for, and never less than for the person as
//! she is. A role for which nothing on the entity is granted counts everywhere: it can only be meant to lift masks. Nor is
//! a role taken away that the grant's own roles bring with them: nobody who has the grant by those is without it.

use std::collections::BTreeSet;

use super::audience::Applies;
use super::decide::{Applied, Decider, stricter, stricter_usage, usage_rank};
use super::rule::MaskRule;
use super::template::Facts;
use crate::decision::{AppliedMask, FieldDecision, Lighter, MaskUse};
use crate::predicate::Predicate;

/// For each grant the masks that apply to its rows, where they are not those of the person.
pub(super) struct ByGrant<'a> {
    rules: Vec<Option<Vec<(&'a MaskRule, Applies)>>>,
    rows: Vec<Predicate>,
}

/// `None` where every row is masked alike.
pub(super) fn masks<'a>(
    decider: &Decider<'a>,
    grants: &[Applied<'a>],
    masks: &[(&'a MaskRule, Applies)],
) -> Option<ByGrant<'a>> {
    let held = &decider.facts.roles;
    if masks.is_empty() || grants.len() < 2 || held.is_empty() {
        return None;
    }
    let given_for: Vec<BTreeSet<&String>> = grants.iter().map(|grant| given_for(decider, grant)).collect();
    let rules: Vec<Option<Vec<(&MaskRule, Applies)>>> = given_for
        .iter()
        .map(|own| {
            let own = decider.policies().roles.closed(&own.iter().copied().cloned().collect());
            let others: BTreeSet<&String> =
                given_for.iter().flatten().copied().filter(|role| !own.contains(*role)).collect();
            if others.is_empty() {
                return None;
            }
            let without =
                with_roles(decider.facts, held.iter().filter(|role| !others.contains(role)).cloned().collect());
            let found: Vec<(&MaskRule, Applies)> =
                masks.iter().map(|(rule, _)| (*rule, rule.head.applies(&without))).collect();
            (found.iter().zip(masks).any(|((_, now), (_, before))| now != before)).then_some(found)
        })
        .collect();
    let differs = rules.iter().any(Option::is_some);
    differs.then(|| ByGrant { rules, rows: grants.iter().map(|grant| grant.rows.clone()).collect() })
}

/// The roles that a grant was given for: each that is enough for it, and each that it needs.
fn given_for<'a>(decider: &Decider<'a>, grant: &Applied) -> BTreeSet<&'a String> {
    let facts = decider.facts;
    let applies = |roles| grant.head.applies(&with_roles(facts, roles)) == Applies::Yes;
    if applies(BTreeSet::new()) {
        return BTreeSet::new();
    }
    let enough = |role: &String| applies(decider.policies().roles.closed(&BTreeSet::from([role.clone()])));
    let needed = |role: &String| !applies(facts.roles.iter().filter(|held| *held != role).cloned().collect());
    facts.roles.iter().filter(|role| enough(role) || needed(role)).collect()
}

fn with_roles<'a>(facts: &Facts<'a>, roles: BTreeSet<String>) -> Facts<'a> {
    Facts { principal: facts.principal, roles, zone: facts.zone, moment: facts.moment, org: facts.org }
}

impl ByGrant<'_> {
    /// Chooses the masks of a field on the rows of the grants at these places. `outcome` holds the mask for the person.
    pub(super) fn choose(
        &self,
        decider: &mut Decider,
        field: (usize, usize),
        covering: &[usize],
        outcome: &mut FieldDecision,
    ) {
        let person = outcome.mask.take();
        let mut of_grant = |at: &usize| {
            let rules = self.rules.get(*at)?.as_ref()?;
            decider.mask(rules, field)
        };
        // Neither the mask nor its use is less strict than for the person.
        let stricter_of = |own: AppliedMask, person: &AppliedMask| {
            let own_is_stricter = own.mask.strictness() > person.mask.strictness();
            let (stricter, other) = if own_is_stricter { (own, person.usage) } else { (person.clone(), own.usage) };
            AppliedMask { usage: stricter_usage(stricter.usage, other), ..stricter }
        };
        let each: Vec<Option<AppliedMask>> = covering
            .iter()
            .map(|at| match (of_grant(at), &person) {
                (Some(own), Some(person)) => Some(stricter_of(own, person)),
                (own, person) => own.or_else(|| person.clone()),
            })
            .collect();
        let strict = each.iter().flatten().cloned().reduce(stricter);
        let rank = |mask: &Option<AppliedMask>| mask.as_ref().map(|mask| mask.mask.strictness());
        let light = each.iter().min_by_key(|mask| rank(mask)).cloned().flatten();
        let same =
            |one: &Option<AppliedMask>| one.as_ref().map(|one| &one.mask) == light.as_ref().map(|light| &light.mask);
        if each.iter().all(same) {
            outcome.mask = strict;
            return;
        }
        let of_light = covering.iter().zip(&each).filter(|(_, mask)| same(mask));
        let rows = Predicate::or(of_light.filter_map(|(at, _)| self.rows.get(*at).cloned()));
        // A field is used in one way on all rows.
        let uses = each.iter().flatten().map(|mask| mask.usage);
        let usage = uses.max_by_key(|usage| usage_rank(*usage)).unwrap_or(MaskUse::Masked);
        let with_usage = |mask: AppliedMask| AppliedMask { usage, ..mask };
        if rows == Predicate::TRUE {
            outcome.mask = light.map(with_usage);
            return;
        }
        outcome.mask = strict.map(with_usage);
        // Tokens are compared with one another: none of them may be a raw value.
        if each.iter().flatten().all(|mask| mask.usage != MaskUse::TokenJoin) && rows != Predicate::FALSE {
            outcome.lighter = Some(Lighter { rows, mask: light.map(with_usage) });
        }
    }
}
