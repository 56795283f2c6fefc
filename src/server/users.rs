//! The users file: who may log in, and what is known of them.
//!
//! Invariant: it holds SCRAM verifiers, never passwords, and `Debug` shows neither. A mistake names file, line, column
//! and key; one mistake refuses the whole file.
//!
//! ```yaml
//! users:
//!   ana:
//!     verifier: SCRAM-SHA-256$4096:...
//!     roles: [analyst]
//!     groups: [headquarters]
//!     org_units: [H00]
//!     attributes: {clearance: 3}
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_saphyr::Spanned;
use sluice_model::Principal;
use sluice_model::catalog::SourceFile;
use sluice_model::diagnostic::Diagnostic;
use sluice_model::policy::PolicySet;
use sluice_model::principal::{AttributeValue, RequestContext};
use sluice_wire::ScramVerifier;

use crate::config::from_yaml;

/// Longest name of a user, bytes; as of PostgreSQL's roles.
const NAME_BYTES_MAX: usize = 63;

/// One user.
#[derive(Debug, Clone)]
pub struct User {
    /// Login name.
    pub name: String,
    /// What her password is checked against.
    pub verifier: ScramVerifier,
    /// Roles given to her by name.
    pub roles: BTreeSet<String>,
    /// Groups she is in.
    pub groups: BTreeSet<String>,
    /// Keys of the organisation units she has posts in.
    pub org_units: Vec<String>,
    /// Facts about her.
    pub attributes: BTreeMap<String, AttributeValue>,
}

impl User {
    /// The principal of a session of hers, with the roles that the policies map to her.
    pub fn principal(&self, policies: &PolicySet, context: RequestContext) -> Principal {
        Principal {
            user: self.name.clone(),
            groups: self.groups.clone(),
            roles: policies.roles_of(&self.name, &self.groups, &self.roles),
            attributes: self.attributes.clone(),
            org_units: self.org_units.clone(),
            context,
        }
    }
}

/// Everybody who may log in.
#[derive(Debug, Clone, Default)]
pub struct Users {
    by_name: BTreeMap<String, User>,
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UsersText {
    users: BTreeMap<String, Spanned<UserText>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserText {
    verifier: Spanned<String>,
    #[serde(default)]
    roles: BTreeSet<String>,
    #[serde(default)]
    groups: BTreeSet<String>,
    #[serde(default)]
    org_units: Vec<String>,
    #[serde(default)]
    attributes: BTreeMap<String, AttributeValue>,
}

impl Users {
    /// Reads the file.
    pub fn load(file: &SourceFile) -> Result<Users, Vec<Diagnostic>> {
        let raw: UsersText = from_yaml(Path::new(&file.path), &file.text).map_err(|finding| vec![finding])?;
        let (mut by_name, mut found) = (BTreeMap::new(), Vec::new());
        for (name, text) in raw.users {
            let mut finding = |at: serde_saphyr::Location, code, message| {
                let place = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
                let (line, column) = (place(at.line()), place(at.column()));
                found.push(Diagnostic { file: file.path.clone(), line, column, code, message, hint: None });
            };
            if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains('\0') {
                let message = format!("a user's name has 1 to {NAME_BYTES_MAX} bytes");
                finding(text.referenced, "wrong-value", message);
                continue;
            }
            let UserText { verifier, roles, groups, org_units, attributes } = text.value;
            let Some(parsed) = ScramVerifier::parse(&verifier.value) else {
                // Not quoted: it might be a password.
                let message =
                    format!("users.{name}.verifier: not a SCRAM-SHA-256 verifier; make one by: sluice verifier");
                finding(verifier.referenced, "wrong-value", message);
                continue;
            };
            by_name.insert(name.clone(), User { name, verifier: parsed, roles, groups, org_units, attributes });
        }
        let id = blake3::hash(file.text.as_bytes()).to_hex().to_string();
        if found.is_empty() { Ok(Users { by_name, id }) } else { Err(found) }
    }

    /// A user by login name, spelled exactly.
    pub fn get(&self, name: &str) -> Option<&User> {
        self.by_name.get(name)
    }

    /// All users, by name.
    pub fn iter(&self) -> impl Iterator<Item = &User> {
        self.by_name.values()
    }

    /// BLAKE3 (hex) of the file: its version.
    pub fn id(&self) -> &str {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$LV8zYZ5pKa7F9cC0pTgMSdCqJlC3ItpwtmAAJtcSNSI=:\
                            MIcQDvz4tAZwGzHIhZFaiR6gSYqjEaF5WZUJrjiWJkU=";

    fn load(text: &str) -> Result<Users, Vec<Diagnostic>> {
        Users::load(&SourceFile { path: "users.yaml".into(), text: text.replace("VERIFIER", VERIFIER) })
    }

    #[test]
    fn a_user_is_read_with_all_that_is_known() {
        let users = load(
            "users:\n  ana:\n    verifier: VERIFIER\n    roles: [analyst]\n    groups: [hq]\n    org_units: [H00]\n    \
             attributes: {clearance: 3, region: 四川, remote: false, desks: [a, b]}\n  钱七: {verifier: VERIFIER}\n",
        )
        .unwrap();
        let ana = users.get("ana").unwrap();
        assert_eq!(ana.attributes["clearance"], AttributeValue::Int(3));
        assert_eq!(ana.attributes["region"], AttributeValue::Text("四川".into()));
        assert_eq!(ana.attributes["remote"], AttributeValue::Bool(false));
        assert_eq!(ana.attributes["desks"], AttributeValue::Texts(vec!["a".into(), "b".into()]));
        assert!(users.get("钱七").is_some());
        assert!(users.get("Ana").is_none() && users.get("").is_none());
        assert!(!format!("{users:?}").contains("LV8zYZ5"));
    }

    #[test]
    fn a_mistake_names_its_place_and_repeats_no_password() {
        let cases = [
            ("users: {ana: {verifier: hunter2}}", "users.yaml:1:25: wrong-value: users.ana.verifier"),
            ("users:\n  ana: {verifer: VERIFIER}", "users.yaml:2:9: unknown-key: unknown key `verifer`"),
            ("users:\n  ana: {password: hunter2}", "users.yaml:2:9: unknown-key: unknown key `password`"),
            ("users:\n  ana: {verifier: VERIFIER}\n  ana: {verifier: VERIFIER}", "users.yaml:3:3: yaml: duplicate"),
            ("users: []", "users.yaml:1:8: yaml: "),
            ("", "users.yaml:1:1: yaml: "),
        ];
        for (text, expected) in cases {
            let said = load(text).unwrap_err()[0].to_string();
            assert!(said.starts_with(expected), "{said}\n{expected}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
}
