//! The access matrix of the demo bank: every user by every field, one letter each, reviewed as a diff.
//!
//! `A` clear on every row, `F` clear on the rows of a rule, `M` masked on every row, `m` masked on the rows of a rule,
//! `-` does not exist; the first line is EXPLAIN in full. Checked both ways: every field of the catalog has a line, and
//! every rule, taken away alone, changes some letter, so that no rule is dead and none is untested.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sluice_model::catalog::{self, Catalog, Connection, SourceFile, SourceKind};
use sluice_model::policy::{self, OrgTree, PolicySet};
use sluice_model::{Principal, Snapshot};
use sluice_server::commands::matrix::{Matrix, Subject};

use crate::support::cases::files;
use crate::support::{layout, repository, users};

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
    let subject = |user: &users::User| {
        let given: BTreeSet<String> = user.roles.iter().map(ToString::to_string).collect();
        Subject::user(Principal {
            user: user.name.into(),
            roles: snapshot.policies.roles_of(user.name, &BTreeSet::new(), &given),
            org_units: user.posts.iter().map(ToString::to_string).collect(),
            ..Principal::default()
        })
    };
    Matrix::of(snapshot, users::of_the_demo().iter().map(subject).collect()).letters()
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
        let named =
            |line: &str| ["grant", "restrict", "mask", "deny"].iter().any(|kind| line == format!("{kind}: {rule}"));
        document.lines().any(named)
    };
    text.split("\n---\n").filter(|document| !is_rule(document)).collect::<Vec<_>>().join("\n---\n")
}
