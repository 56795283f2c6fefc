//! The difference for every role and every user, whatever anybody asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sluice_model::Snapshot;
use sluice_model::policy::{Reworded, Worded};

use super::super::matrix::{Matrix, Subject};
use super::super::opened::here_and_now;
use super::Pair;
use super::change::{Change, compare, explain, limits};
use crate::users::Users;

/// Subjects with the same differences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// `role:NAME` or login names.
    pub who: Vec<String>,
    /// The differences.
    pub changes: Vec<Change>,
}

/// What reads otherwise and may give something, though nobody who is compared feels it: each is taken for a gain.
///
/// A role is decided without unit, zone and attribute, and everybody at this hour, so that a change of these can show
/// with nobody. Whether it does is asked for each rule by itself: all others stay as they are now.
pub fn unfelt(pair: &Pair, users: &Users) -> Vec<Reworded> {
    let mut found = pair.old.policies.reworded(&pair.new.policies);
    found.retain(|reworded| {
        let gives = match (reworded.kind, reworded.before, reworded.after) {
            (Worded::Grant, _, after) => after,
            (Worded::Narrowing, before, _) => before,
            // Each role is compared by itself, so that one which came or went is felt where it means anything.
            (Worded::Role, before, after) => before && after,
            (Worded::Zone, ..) => true,
        };
        let as_it_was = pair.new.policies.with(reworded, &pair.old.policies);
        let without = Snapshot { policies: Arc::new(as_it_was), ..pair.new.clone() };
        // For other people, or at other times: that somebody here notices tells nothing of all others.
        gives && (reworded.whom || differences(&Pair { old: without, new: pair.new.clone() }, users).is_empty())
    });
    found
}

/// Groups of subjects for whom something differs.
pub fn differences(pair: &Pair, users: &Users) -> Vec<Group> {
    let roles: BTreeSet<&str> = pair.old.policies.roles().chain(pair.new.policies.roles()).collect();
    let side = |snapshot: &Snapshot| {
        let roles = roles.iter().map(|role| Subject::role(role, &snapshot.policies));
        let users = users.iter().map(|user| Subject::user(user.principal(&snapshot.policies, here_and_now())));
        Matrix::of(snapshot, roles.chain(users).collect())
    };
    let (old, new) = (side(&pair.old), side(&pair.new));
    let mut groups: BTreeMap<Vec<Change>, Vec<String>> = BTreeMap::new();
    for (before, now) in old.columns.iter().zip(&new.columns) {
        let mut changes: Vec<Change> = explain(before.explains, now.explains).into_iter().collect();
        changes.extend(limits(&before.allowance, &now.allowance));
        for (index, entity) in old.entities.iter().enumerate() {
            changes.extend(compare(entity, before.decisions[index].as_ref(), now.decisions[index].as_ref(), None));
        }
        if !changes.is_empty() {
            let name = match before.subject.kind {
                "role" => format!("role:{}", before.subject.name),
                _ => before.subject.name.clone(),
            };
            groups.entry(changes).or_default().push(name);
        }
    }
    let mut groups: Vec<Group> = groups.into_iter().map(|(changes, who)| Group { who, changes }).collect();
    groups.sort_by(|a, b| a.who.cmp(&b.who));
    groups
}
