//! Policies: who may see which rows and fields, and how masked. Files are loaded and checked against the catalog;
//! [`decide`] then answers for one principal and one entity.
//!
//! Invariants: the algebra of governance.md section 3 and nothing beside it. Nothing granted, nothing exists; deny
//! beats grant; the strictest mask wins; what cannot be evaluated narrows. A set is loaded as a whole or not at all.
//! Left out: counting what limits bound, which is the server's.

mod audience;
mod body;
mod by_grant;
mod compile;
mod conflict;
mod decide;
mod fact;
mod fingerprint;
mod index;
mod limit;
mod load;
mod org;
mod role;
mod rule;
mod select;
mod shadow;
mod template;
#[cfg(test)]
mod tests;
mod words;
mod zone;

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::diagnostic::Diagnostic;

pub use body::{Reworded, Worded};
pub use decide::{allowance, decide, explains_in_full};
pub use load::load;
pub use org::{OrgRow, OrgScope, OrgTree};

/// The loaded policies, compiled over one catalog; immutable.
#[derive(Debug, Clone)]
pub struct PolicySet {
    /// BLAKE3 (hex) of the files' content: the version.
    pub id: String,
    /// What is allowed but should be looked at.
    pub warnings: Vec<Diagnostic>,
    /// The catalog that the rules' positions refer to.
    catalog_id: String,
    zones: zone::Zones,
    roles: role::Roles,
    grants: Vec<rule::Grant>,
    explain_grants: Vec<rule::Head>,
    restrictions: Vec<rule::Restriction>,
    masks: Vec<rule::MaskRule>,
    denials: Vec<rule::Denial>,
    limits: Vec<limit::LimitRule>,
    index: index::Index,
}

impl PolicySet {
    /// The roles of a person: those named outright, those mapped from user and groups, and those that these belong
    /// to, transitively. Roles that the set does not declare are left out: no rule can mean them.
    pub fn roles_of(
        &self,
        user: &str,
        groups: &BTreeSet<String>,
        explicit_roles: &BTreeSet<String>,
    ) -> BTreeSet<String> {
        self.roles.roles_of(user, groups, explicit_roles)
    }

    /// The declared roles, sorted.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.names()
    }

    /// The zone of an address: of several the one with the longest prefix.
    pub fn zone_of(&self, address: IpAddr) -> Option<&str> {
        self.zones.zone_of(address)
    }

    /// Names of the keys that masks need; the configuration must have each.
    pub fn key_names(&self) -> BTreeSet<&str> {
        let masks = self.masks.iter().flat_map(|rule| rule.fields.values());
        masks.filter_map(|mask| mask.key_name()).collect()
    }

    /// Whether a grant of this id gives values, and not aggregates alone.
    pub fn gives_values(&self, grant: &str) -> bool {
        self.grants.iter().any(|rule| rule.head.id == grant && rule.aggregate_only.is_none())
    }

    /// Whether a decision on one and the same organisation tree may depend on the moment it is made at.
    pub fn reads_clock(&self) -> bool {
        let granted = self.grants.iter().flat_map(|rule| rule.entities.values()).map(|granted| &granted.rows);
        let restricted = self.restrictions.iter().flat_map(|rule| rule.rows.values());
        self.heads().any(rule::Head::reads_clock) || granted.chain(restricted).any(template::Template::reads_clock)
    }

    /// Ids of all rules, sorted.
    pub fn rule_ids(&self) -> BTreeSet<&str> {
        self.heads().map(|head| head.id.as_str()).collect()
    }

    /// What every rule has, of all rules.
    fn heads(&self) -> impl Iterator<Item = &rule::Head> {
        let grants = self.grants.iter().map(|rule| &rule.head).chain(&self.explain_grants);
        let restrictions = self.restrictions.iter().map(|rule| &rule.head);
        let masks = self.masks.iter().map(|rule| &rule.head);
        let denials = self.denials.iter().map(|rule| &rule.head);
        let limits = self.limits.iter().map(|rule| &rule.head);
        grants.chain(restrictions).chain(masks).chain(denials).chain(limits)
    }
}
