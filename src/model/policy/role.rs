//! Roles: which groups, users and other roles make a principal hold one.
//!
//! Invariant: no cycles; every role named as a member is declared.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Report, Spot};
use crate::names;
use crate::yaml::{self, Node};

#[derive(Debug, Clone, Default)]
struct Role {
    groups: BTreeSet<String>,
    users: BTreeSet<String>,
    /// Whoever holds one of these holds this role too.
    roles: BTreeSet<String>,
    file: String,
    at: Spot,
}

/// What a person belongs to: roles, with those that they bring, and groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Memberships {
    pub roles: BTreeSet<String>,
    pub groups: BTreeSet<String>,
}

impl Memberships {
    pub(super) fn is_empty(&self) -> bool {
        self.roles.is_empty() && self.groups.is_empty()
    }

    pub(super) fn add(&mut self, more: &Memberships) {
        self.roles.extend(more.roles.iter().cloned());
        self.groups.extend(more.groups.iter().cloned());
    }

    /// Those that are not among the others.
    pub(super) fn beside(&self, others: &Memberships) -> Memberships {
        Memberships {
            roles: self.roles.difference(&others.roles).cloned().collect(),
            groups: self.groups.difference(&others.groups).cloned().collect(),
        }
    }
}

/// All roles of a set.
#[derive(Debug, Clone, Default)]
pub(super) struct Roles {
    roles: BTreeMap<String, Role>,
}

impl Roles {
    /// Reads a `roles:` mapping into the set.
    pub(super) fn read(&mut self, node: &Node, report: &mut Report) {
        let Some(map) = yaml::any_map(node, "roles", report) else { return };
        for (name, node) in map.entries() {
            if !names::is_rule_id(&name.text) {
                report.error(name.at, "bad-id", format!("`{}` is not a role's id", name.text));
            }
            let mut role = Role { file: report.file().to_string(), at: name.at, ..Role::default() };
            if !node.is_null()
                && let Some(members) = yaml::map(node, "a role", &["groups", "users", "roles", "comment"], report)
            {
                let mut read = |key: &str| {
                    let node = members.get(key);
                    let found = node.map(|node| yaml::scalars(node, key, report)).unwrap_or_default();
                    found.into_iter().map(|scalar| scalar.text.clone()).collect()
                };
                role.groups = read("groups");
                role.users = read("users");
                role.roles = read("roles");
            }
            if self.roles.insert(name.text.clone(), role).is_some() {
                report.error(name.at, "duplicate-id", format!("role `{}` is given twice", name.text));
            }
        }
    }

    /// What only all roles together show: unknown members, cycles.
    pub(super) fn check(&self, found: &mut Vec<Diagnostic>) {
        for (name, role) in &self.roles {
            let mut report = Report::new(&role.file, found);
            for member in role.roles.iter().filter(|member| !self.roles.contains_key(*member)) {
                report.unknown_in(role.at, "unknown-role", ("role", member), &format!("in `{name}`"), self.names());
            }
            if self.above(&BTreeSet::from([name.clone()])).iter().any(|(_, from)| from == name) {
                let hint = "take one of the memberships away";
                report.hinted(role.at, "role-cycle", format!("role `{name}` is a member of itself"), hint);
            }
        }
    }

    /// Each role with its members.
    pub(super) fn bodies(&self) -> impl Iterator<Item = (&str, String)> {
        let body = |role: &Role| format!("{:?} {:?} {:?}", role.groups, role.users, role.roles);
        self.roles.iter().map(move |(name, role)| (name.as_str(), body(role)))
    }

    /// Takes one role from another set.
    pub(super) fn put(&mut self, name: &str, other: &Roles) {
        self.roles.remove(name);
        self.roles.extend(other.roles.get_key_value(name).map(|(name, role)| (name.clone(), role.clone())));
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.roles.keys().map(String::as_str)
    }

    pub(super) fn contains(&self, role: &str) -> bool {
        self.roles.contains_key(role)
    }

    pub(super) fn roles_of(
        &self,
        user: &str,
        groups: &BTreeSet<String>,
        explicit: &BTreeSet<String>,
    ) -> BTreeSet<String> {
        let mapped = self.roles.iter().filter(|(name, role)| {
            explicit.contains(*name) || role.users.contains(user) || !role.groups.is_disjoint(groups)
        });
        let direct: BTreeSet<String> = mapped.map(|(name, _)| name.clone()).collect();
        self.closed(&direct)
    }

    /// The memberships with the roles that they bring.
    pub(super) fn brought(&self, of: &Memberships) -> Memberships {
        let mapped = self.roles.iter().filter(|(_, role)| !role.groups.is_disjoint(&of.groups));
        let direct = of.roles.iter().chain(mapped.map(|(name, _)| name)).cloned().collect();
        Memberships { roles: self.closed(&direct), groups: of.groups.clone() }
    }

    /// What a person would belong to who is in none of the lost: with each goes whatever would bring it, and whatever is
    /// known to have come by it alone. A role that the users file gives beside cannot be told from one that was brought;
    /// it goes too, and rules stay that it might have lifted. What is the person's `own` stays.
    pub(super) fn without(&self, user: &str, held: &Memberships, own: &Memberships, lost: Memberships) -> Memberships {
        let mut lost = lost;
        loop {
            let kept = held.beside(&lost);
            let goes = |name: &&String| {
                let brings = !self.closed(&BTreeSet::from([(*name).clone()])).is_disjoint(&lost.roles);
                let Some(role) = self.roles.get(*name) else { return brings };
                let came_by =
                    |of: &Memberships| !role.roles.is_disjoint(&of.roles) || !role.groups.is_disjoint(&of.groups);
                brings || (came_by(&lost) && !came_by(&kept) && !role.users.contains(user))
            };
            let roles = kept.roles.difference(&own.roles).filter(goes).cloned();
            let mut gone = Memberships { roles: roles.collect(), groups: BTreeSet::new() };
            let bring = |group: &&String| {
                lost.roles.iter().filter_map(|name| self.roles.get(name)).any(|role| role.groups.contains(*group))
            };
            gone.groups = kept.groups.difference(&own.groups).filter(bring).cloned().collect();
            if gone.is_empty() {
                return kept;
            }
            lost.add(&gone);
        }
    }

    /// The declared ones of these roles, with those that they belong to.
    pub(super) fn closed(&self, held: &BTreeSet<String>) -> BTreeSet<String> {
        let above = self.above(held).into_iter().map(|(_, role)| role);
        held.iter().filter(|role| self.contains(role)).cloned().chain(above).collect()
    }

    /// Every step (member, role) upwards from the given roles.
    fn above(&self, of: &BTreeSet<String>) -> BTreeSet<(String, String)> {
        let mut steps = BTreeSet::new();
        let mut open: Vec<String> = of.iter().cloned().collect();
        while let Some(member) = open.pop() {
            for (name, _) in self.roles.iter().filter(|(_, role)| role.roles.contains(&member)) {
                if steps.insert((member.clone(), name.clone())) {
                    open.push(name.clone());
                }
            }
        }
        steps
    }

    /// True where whoever holds `member` holds `role`.
    pub(super) fn implies(&self, member: &str, role: &str) -> bool {
        member == role || self.above(&BTreeSet::from([member.to_string()])).iter().any(|(_, above)| above == role)
    }
}
