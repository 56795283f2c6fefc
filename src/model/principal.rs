//! Who asks, fixed at login.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The value of an attribute of a principal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AttributeValue {
    /// boolean
    Bool(bool),
    /// integer
    Int(i64),
    /// text; dates are text in ISO form
    Text(String),
    /// list of texts
    Texts(Vec<String>),
}

/// What is known of the request beside the person.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestContext {
    /// Address of the client; None for commands run on the server itself.
    pub client_addr: Option<IpAddr>,
    /// As the client says; never a ground for a right.
    pub application_name: String,
    /// Session setting `sluice.purpose`; empty where not set.
    pub purpose: String,
    /// Microseconds since 1970-01-01 UTC.
    pub now_micros: i64,
}

/// A person or a service that asks.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Principal {
    /// Login name.
    pub user: String,
    /// Groups of the directory, transitive.
    pub groups: BTreeSet<String>,
    /// Roles held, from the policy files' `roles:` mapping and the users file.
    pub roles: BTreeSet<String>,
    /// Typed facts about the person.
    pub attributes: BTreeMap<String, AttributeValue>,
    /// Keys of the organisation units the person has posts in.
    pub org_units: Vec<String>,
    /// The request.
    pub context: RequestContext,
}

impl Principal {
    /// BLAKE3 over all that a rule can look at in a person, the clock apart: the key of whatever is kept for her. What she
    /// calls her program is no ground for a right and does not count.
    pub fn digest(&self) -> blake3::Hash {
        let Principal { user, groups, roles, attributes, org_units, context } = self;
        let RequestContext { client_addr, application_name: _, purpose, now_micros: _ } = context;
        // Debug quotes every text, so that parts cannot run into each other.
        let text = format!("{user:?} {groups:?} {roles:?} {attributes:?} {org_units:?} {client_addr:?} {purpose:?}");
        blake3::hash(text.as_bytes())
    }
}
