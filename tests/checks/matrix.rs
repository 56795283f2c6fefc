//! The access matrix of the demo bank: every user by every field, one letter each, reviewed as a diff.
//!
//! `A` clear on every row, `F` clear on the rows of a rule, `M` masked on every row, `m` masked on the rows of a rule,
//! `N` and `n` the same where what shows is NULL, `T` totals alone, `-` does not exist; the first line is EXPLAIN in full, limits follow with their settings. Beside the
//! demo's users stand holders of the other roles that ship, one of them also from elsewhere. Checked both ways: every field of the catalog has a line, and
//! every rule, taken away alone, changes some letter, so that no rule is dead and none is untested.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sluice_model::catalog::{self, Catalog, Connection, SourceFile, SourceKind};
use sluice_model::policy::{self, OrgTree, PolicySet};
use sluice_model::principal::RequestContext;
use sluice_model::{Principal, Snapshot};
use sluice_server::commands::matrix::{Matrix, Subject};

use crate::support::cases::files;
use crate::support::users::User;
use crate::support::{layout, repository, users};

/// 2026-07-02 10:00 in the bank's zone.
const THURSDAY_MORNING: i64 = 1_782_957_600_000_000;

/// Holders of roles that no user of the demo has, and the addresses they come from.
fn of_other_roles() -> Vec<(User, &'static str)> {
    let user = |name, role, post: &'static str| User { name, roles: vec![role], posts: vec![post] };
    vec![
        (user("pb_banker", "private_banker", "B10"), "10.32.7.1"),
        (user("cc_agent", "call_center", "H00"), "10.64.8.9"),
        (user("cc_at_home", "call_center", "H00"), "192.0.2.1"),
        (user("hr_analyst", "hr_analyst", "H00"), "10.1.0.9"),
        (User { name: "both_desks", roles: vec!["call_center", "analyst"], posts: vec!["H00"] }, "10.64.8.9"),
    ]
}

pub(super) fn read(folder: &str) -> Vec<SourceFile> {
    let paths = files(&repository().join(folder), "yaml");
    let file = |path: std::path::PathBuf| SourceFile {
        text: std::fs::read_to_string(&path).expect("a readable file"),
        path: path.display().to_string(),
    };
    paths.into_iter().map(file).collect()
}

pub(super) fn the_catalog() -> Catalog {
    let connection = |id: &str, kind| (id.to_string(), Connection { id: id.into(), kind, settings: BTreeMap::new() });
    let connections = BTreeMap::from([connection("core", SourceKind::Sqlite), connection("dw", SourceKind::Parquet)]);
    catalog::load(&read("catalog"), connections, &BTreeMap::new()).expect("the shipped catalog")
}

fn the_tree() -> OrgTree {
    let rows = layout::bank().branches().iter();
    OrgTree::new(rows.map(|branch| (branch.number.to_string(), branch.parent.map(str::to_string))).collect())
}

/// The matrix under these policies; what comes first in a line is entity and field.
fn matrix(snapshot: &Snapshot) -> String {
    let people: Vec<(User, &str)> =
        users::of_the_demo().into_iter().map(|user| (user, "")).chain(of_other_roles()).collect();
    let subject = |(user, address): &(User, &str)| {
        let given: BTreeSet<String> = user.roles.iter().map(ToString::to_string).collect();
        Subject::user(Principal {
            user: user.name.into(),
            roles: snapshot.policies.roles_of(user.name, &BTreeSet::new(), &given),
            org_units: user.posts.iter().map(ToString::to_string).collect(),
            context: RequestContext {
                client_addr: address.parse().ok(),
                now_micros: THURSDAY_MORNING,
                ..RequestContext::default()
            },
            ..Principal::default()
        })
    };
    Matrix::of(snapshot, people.iter().map(subject).collect()).letters()
}

pub(super) fn snapshot(catalog: &Arc<Catalog>, policies: PolicySet) -> Snapshot {
    Snapshot { epoch: 1, catalog: catalog.clone(), policies: Arc::new(policies), org: Arc::new(the_tree()) }
}

#[test]
fn the_matrix_is_as_it_was_reviewed() {
    let catalog = Arc::new(the_catalog());
    let policies = policy::load(&read("policies"), &catalog).expect("the shipped policies");
    let now = matrix(&snapshot(&catalog, policies));
    let path = repository().join("tests/policy/matrix.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &now).expect("a writable matrix");
    }
    let reviewed = std::fs::read_to_string(&path).expect("tests/policy/matrix.txt; UPDATE=1 writes it");
    assert!(reviewed == now, "the matrix has changed; UPDATE=1 rewrites it\n--- reviewed\n{reviewed}--- now\n{now}");
}

#[test]
fn every_rule_is_felt_by_somebody() {
    let catalog = Arc::new(the_catalog());
    let shipped = read("policies");
    let whole = policy::load(&shipped, &catalog).expect("the shipped policies");
    let rules: BTreeSet<String> = whole.rule_ids().into_iter().map(str::to_string).collect();
    let before = matrix(&snapshot(&catalog, whole));
    for rule in rules {
        let without: Vec<SourceFile> = shipped
            .iter()
            .map(|file| SourceFile { path: file.path.clone(), text: leave_out(&file.text, &rule) })
            .filter(|file| !file.text.trim().is_empty())
            .collect();
        let policies = policy::load(&without, &catalog).unwrap_or_else(|found| panic!("without {rule}: {found:?}"));
        assert!(!policies.rule_ids().contains(rule.as_str()), "{rule} was not taken away");
        assert!(matrix(&snapshot(&catalog, policies)) != before, "nobody feels {rule}");
    }
}

/// The documents of a file but the one that is this rule.
pub(super) fn leave_out(text: &str, rule: &str) -> String {
    let is_rule = |document: &&str| {
        let named = |line: &str| {
            ["grant", "restrict", "mask", "deny", "limit"].iter().any(|kind| line == format!("{kind}: {rule}"))
        };
        document.lines().any(named)
    };
    text.split("\n---\n").filter(|document| !is_rule(document)).collect::<Vec<_>>().join("\n---\n")
}
