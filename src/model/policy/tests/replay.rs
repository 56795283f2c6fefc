//! A decision is a value: what was recorded can be made again from the stored files, byte by byte.

use super::*;
use crate::allowance::Allowance;
use crate::decision::Decision;

const RULES: &str = "grant: base\nto: everyone\nread: [customer, account, txn, branch]\nrows: true\n---\n\
    grant: own\nto: {role: a}\nread: [employee]\nrows: in_org(branch_id, 'self_and_below') and salary > 1.50\n---\n\
    restrict: some\nto: {not: {attribute: clearance >= 4}}\nentity: customer\nrows: segment <> '私行' or cust_type = '对公'\n---\n\
    mask: mobile\nfields: customer.mobile\nwith: keep(3, 4)\nuse: lookup\n---\n\
    mask: cert\nfields: customer.cert_no\nwith: token('cert', 'pii')\nuse: token_join\n---\n\
    mask: memo\nto: {role: a}\nfields: txn.memo\nwith: constant('x')\n---\n\
    deny: amount\nmode: shadow\nwhen: session.weekday = 4\nfields: txn.amount\n---\n\
    limit: rows\nto: {role: a}\nrows_per_day: 10\n";

#[test]
fn a_recorded_decision_is_made_again_with_the_same_bytes() {
    for who in ["x", "ana roles=a units=B10 clearance=5 from=10.1.0.1 purpose=audit", "bob roles=b list=a/b ok=true"] {
        let snapshot = of(&[ROLES, RULES]);
        let asked = principal(who, &snapshot);
        let recorded = serde_json::to_string(&asked).unwrap();
        for entity in 0..snapshot.catalog.entities.len() {
            let first = decide(&asked, &snapshot, entity);
            let written = serde_json::to_string(&first).unwrap();
            // Another process: the person from the record, the snapshot from its files.
            let again = of(&[ROLES, RULES]);
            assert_eq!((&again.catalog.id, &again.policies.id), (&snapshot.catalog.id, &snapshot.policies.id));
            let person: Principal = serde_json::from_str(&recorded).unwrap();
            let second = decide(&person, &again, entity);
            assert_eq!(serde_json::to_string(&second).unwrap(), written, "{who}");
            assert_eq!(serde_json::from_str::<Option<Decision>>(&written).unwrap(), first, "{who}");
            assert_eq!(allowance(&person, &again), allowance(&asked, &snapshot));
        }
        let allowed = allowance(&asked, &snapshot);
        let written = serde_json::to_string(&allowed).unwrap();
        assert_eq!(serde_json::from_str::<Allowance>(&written).unwrap(), allowed);
    }
}

#[test]
fn a_fingerprint_covers_all_of_a_decision() {
    let snapshot = of(&[ROLES, RULES]);
    let print = |who: &str, entity: &str| {
        let at = snapshot.catalog.find_entity(entity).unwrap();
        decide(&principal(who, &snapshot), &snapshot, at).unwrap().fingerprint
    };
    assert_ne!(print("x", "customer"), print("x clearance=5", "customer"), "the restriction");
    assert_ne!(print("x", "account"), print("x clearance=5", "account"), "what is inherited");
    assert_ne!(print("x", "txn"), print("x roles=a", "txn"), "the mask");
    assert_eq!(print("x", "branch"), print("y roles=b", "branch"), "the name of the person is no part of it");
}

#[test]
fn policies_over_another_catalog_show_nothing() {
    let mut snapshot = shipped();
    let connections = catalog::tests::connections(&[("core", SourceKind::Postgres), ("dw", SourceKind::Parquet)]);
    let mut files = catalog::tests::shipped_files("catalog");
    files[0].text.push_str("\n# changed\n");
    snapshot.catalog = Arc::new(catalog::load(&files, connections, &BTreeMap::new()).unwrap());
    assert_eq!(shown(RISK, "branch", &snapshot), "absent");
}
