//! What rules say, without their names and places: which of them read otherwise in another set.
//!
//! Invariant: two bodies are alike only if the rules decide alike for everybody over one catalog. A shadow rule decides
//! nothing, so it has no body.

use std::collections::BTreeMap;

use super::PolicySet;
use super::index::Index;
use super::rule::Head;

/// What is worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worded {
    /// A grant, of reading or of EXPLAIN in full.
    Grant,
    /// A restriction, mask, denial or limit.
    Narrowing,
    /// Who holds a role.
    Role,
    /// The networks of a zone.
    Zone,
}

/// A rule, role or zone that does not read in one set as in another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reworded {
    /// Its kind.
    pub kind: Worded,
    /// Its id.
    pub id: String,
    /// True where the older set has it.
    pub before: bool,
    /// True where the newer set has it.
    pub after: bool,
    /// True where both sets have it for other people or at other times.
    pub whom: bool,
}

/// For whom and when, and what.
type Body = (String, String);
type Bodies = BTreeMap<(Worded, String), Body>;

impl PolicySet {
    /// What reads otherwise in a newer set over the same catalog. Something that only got another id, file or comment
    /// is not listed.
    pub fn reworded(&self, newer: &PolicySet) -> Vec<Reworded> {
        let (old, new) = (self.bodies(), newer.bodies());
        let mut balance: BTreeMap<(Worded, &Body), i64> = BTreeMap::new();
        for (side, sign) in [(&old, 1), (&new, -1)] {
            side.iter().for_each(|((kind, _), body)| *balance.entry((*kind, body)).or_default() += sign);
        }
        let differs = |kind: Worded, id: &str| {
            let key = (kind, id.to_string());
            let (before, after) = (old.get(&key), new.get(&key));
            let unlike = |body: Option<&Body>| body.is_some_and(|body| balance.get(&(kind, body)) != Some(&0));
            let listed = before != after && (unlike(before) || unlike(after));
            let whom = before.zip(after).is_some_and(|(before, after)| before.0 != after.0);
            listed.then(|| Reworded { kind, id: key.1, before: before.is_some(), after: after.is_some(), whom })
        };
        let mut found: Vec<Reworded> =
            old.keys().chain(new.keys()).filter_map(|(kind, id)| differs(*kind, id)).collect();
        found.sort();
        found.dedup();
        found
    }

    /// This set with one rule, role or zone as another set over the same catalog has it, or without it.
    pub fn with(&self, reworded: &Reworded, other: &PolicySet) -> PolicySet {
        let id = reworded.id.as_str();
        let mut set = self.clone();
        match reworded.kind {
            Worded::Grant => {
                put(&mut set.grants, &other.grants, |rule| rule.head.id == id);
                put(&mut set.explain_grants, &other.explain_grants, |head| head.id == id);
            }
            Worded::Narrowing => {
                put(&mut set.restrictions, &other.restrictions, |rule| rule.head.id == id);
                put(&mut set.masks, &other.masks, |rule| rule.head.id == id);
                put(&mut set.denials, &other.denials, |rule| rule.head.id == id);
                put(&mut set.limits, &other.limits, |rule| rule.head.id == id);
            }
            Worded::Role => set.roles.put(id, &other.roles),
            Worded::Zone => set.zones.put(id, &other.zones),
        }
        set.index = Index::build(&set, self.index.entities());
        set
    }

    fn bodies(&self) -> Bodies {
        let mut bodies = Bodies::new();
        let mut add = |kind: Worded, head: &Head, rest: String| {
            if !head.shadow {
                let whom = format!("{:?} {:?}", head.audience, head.when);
                bodies.insert((kind, head.id.clone()), (whom, rest));
            }
        };
        for rule in &self.grants {
            add(Worded::Grant, &rule.head, format!("{:?} {:?}", rule.entities, rule.aggregate_only));
        }
        self.explain_grants.iter().for_each(|head| add(Worded::Grant, head, "explain".into()));
        self.restrictions.iter().for_each(|rule| add(Worded::Narrowing, &rule.head, format!("{:?}", rule.rows)));
        self.masks.iter().for_each(|rule| {
            add(Worded::Narrowing, &rule.head, format!("{:?} {:?}", rule.fields, rule.usage));
        });
        self.denials.iter().for_each(|rule| add(Worded::Narrowing, &rule.head, format!("deny {:?}", rule.fields)));
        self.limits.iter().for_each(|rule| add(Worded::Narrowing, &rule.head, format!("limit {:?}", rule.settings)));
        // A name of these is what rules mean them by, so that it is part of the body.
        let named = |(id, body): (&str, String)| (id.to_string(), body);
        bodies.extend(self.roles.bodies().map(|role| ((Worded::Role, role.0.to_string()), named(role))));
        bodies.extend(self.zones.bodies().map(|zone| ((Worded::Zone, zone.0.to_string()), named(zone))));
        bodies
    }
}

/// Replaces the rules that are meant by those of another list.
fn put<Rule: Clone>(rules: &mut Vec<Rule>, other: &[Rule], meant: impl Fn(&Rule) -> bool) {
    rules.retain(|rule| !meant(rule));
    rules.extend(other.iter().filter(|rule| meant(rule)).cloned());
}
