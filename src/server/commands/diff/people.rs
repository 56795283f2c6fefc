//! The difference for every role and every user, whatever anybody asked.

use std::collections::{BTreeMap, BTreeSet};

use sluice_model::Snapshot;

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
