//! How rows are treated that came by one of several grants (governance G2).
//!
//! Holding two roles must not show what neither shows: a rule that is not for managers stays on the rows that came by the
//! analysts' grant, and goes on those that came by the managers' own. So each grant's rows are restricted, denied and
//! masked as for the person without the roles and groups that other grants on the entity were given for, and never less
//! than for the person as she is. A role or group for which nothing on the entity is granted counts everywhere: it can
//! only be meant to lift rules. Nor is one taken away that the grant's own bring with them: nobody who has the grant by
//! those is without it.

use std::collections::BTreeSet;

use super::audience::{Applies, Audience};
use super::decide::{Applied, Decider, stricter, usage_rank};
use super::role::Memberships;
use super::rule::MaskRule;
use super::template::Facts;
use crate::decision::{AppliedMask, FieldDecision, Lighter, MaskUse};
use crate::predicate::Predicate;

/// The person as each grant's rows know her; `None` where that is as she is.
pub(super) fn persons<'a>(decider: &Decider<'a>, entity: usize, grants: &[Applied<'a>]) -> Vec<Option<Facts<'a>>> {
    let (facts, policies) = (decider.facts, decider.policies());
    let narrowed = decider.inherits(entity)
        || policies.restrictions_of(entity).next().is_some()
        || policies.denials_of(entity).next().is_some()
        || policies.masks_of(entity).next().is_some();
    if !narrowed || grants.len() < 2 || facts.held.is_empty() {
        return grants.iter().map(|_| None).collect();
    }
    let each: Vec<Each> = singles(&facts.held).map(|one| Each { brought: policies.roles.brought(&one), one }).collect();
    let given_for: Vec<Memberships> = grants.iter().map(|grant| given_for(facts, &each, grant)).collect();
    let mut all = Memberships::default();
    given_for.iter().for_each(|of| all.add(of));
    let person = |own: &Memberships| {
        let own = policies.roles.brought(own);
        let others = all.beside(&own);
        let held = || policies.roles.without(&facts.principal.user, &facts.held, &own, others.clone());
        (!others.is_empty()).then(|| facts.with(held()))
    };
    given_for.iter().map(person).collect()
}

/// One role or group, and all that whoever is in it is in.
struct Each {
    one: Memberships,
    brought: Memberships,
}

fn singles(held: &Memberships) -> impl Iterator<Item = Memberships> {
    let role = |role: &String| Memberships { roles: BTreeSet::from([role.clone()]), ..Memberships::default() };
    let group = |group: &String| Memberships { groups: BTreeSet::from([group.clone()]), ..Memberships::default() };
    held.roles.iter().map(role).chain(held.groups.iter().map(group))
}

/// What a grant was given for: each role and group that is enough for it, that it needs, or that it would need without
/// some others.
fn given_for(facts: &Facts, each: &[Each], grant: &Applied) -> Memberships {
    let applies = |held: Memberships| grant.head.applies(&facts.with(held)) == Applies::Yes;
    let given: Vec<&Each> = match &grant.head.audience {
        Audience::Everyone | Audience::User(_) => Vec::new(),
        // The same as below, without asking.
        Audience::Role(roles) => each.iter().filter(|one| !one.brought.roles.is_disjoint(roles)).collect(),
        Audience::Group(groups) => each.iter().filter(|one| !one.brought.groups.is_disjoint(groups)).collect(),
        _ if applies(Memberships::default()) => Vec::new(),
        _ => {
            let needs = |held: &Memberships, one: &Each| !applies(held.beside(&one.one));
            let needed = |one: &Each| {
                needs(&facts.held, one)
                    || needs(&least(&facts.held, one, each.iter(), &applies), one)
                    || needs(&least(&facts.held, one, each.iter().rev(), &applies), one)
            };
            each.iter().filter(|one| applies(one.brought.clone()) || needed(one)).collect()
        }
    };
    let mut all = Memberships::default();
    given.into_iter().for_each(|each| all.add(&each.one));
    all
}

/// What is left of the memberships when all but one were taken away, in this order, that a grant can do without.
fn least<'e>(
    held: &Memberships,
    but: &Each,
    order: impl Iterator<Item = &'e Each>,
    applies: &impl Fn(Memberships) -> bool,
) -> Memberships {
    order.filter(|other| other.one != but.one).fold(held.clone(), |kept, other| {
        let fewer = kept.beside(&other.one);
        if applies(fewer.clone()) { fewer } else { kept }
    })
}

/// For each grant the masks that apply to its rows, where they are not those of the person.
pub(super) struct ByGrant<'a> {
    rules: Vec<Option<Vec<(&'a MaskRule, Applies)>>>,
    rows: Vec<Predicate>,
}

/// `None` where every row is masked alike.
pub(super) fn masks<'a>(
    grants: &[Applied<'a>],
    persons: &[Option<Facts>],
    masks: &[(&'a MaskRule, Applies)],
) -> Option<ByGrant<'a>> {
    let of = |person: &Option<Facts>| {
        let person = person.as_ref()?;
        let found: Vec<(&MaskRule, Applies)> =
            masks.iter().map(|(rule, _)| (*rule, rule.head.applies(person))).collect();
        found.iter().zip(masks).any(|((_, now), (_, before))| now != before).then_some(found)
    };
    let rules: Vec<Option<Vec<(&MaskRule, Applies)>>> = persons.iter().map(of).collect();
    let differs = rules.iter().any(Option::is_some);
    differs.then(|| ByGrant { rules, rows: grants.iter().map(|grant| grant.rows.clone()).collect() })
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
        let each: Vec<Option<AppliedMask>> = covering
            .iter()
            .map(|at| match (of_grant(at), &person) {
                // Neither the mask nor its use is less strict than for the person.
                (Some(own), Some(person)) => Some(stricter(own, person.clone())),
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
