//! Row rules along relationships (G12): account -> customer, and balances and transactions -> account.

use super::*;

/// The shipped catalog with this word for `inherits_policy: restrictions`.
fn catalog_where(inherits: &str) -> Result<Catalog, Vec<crate::diagnostic::Diagnostic>> {
    let mut files = catalog::tests::shipped_files("catalog");
    for file in &mut files {
        file.text = file.text.replace("inherits_policy: restrictions", &format!("inherits_policy: {inherits}"));
    }
    let connections = catalog::tests::connections(&[("core", SourceKind::Postgres), ("dw", SourceKind::Parquet)]);
    catalog::load(&files, connections, &BTreeMap::new())
}

fn of(texts: &[&str]) -> Snapshot {
    let catalog = catalog_where("true").unwrap();
    let policies = load_texts(&catalog, texts).unwrap_or_else(|found| panic!("{}", lines(&found)));
    snapshot(catalog, policies)
}

fn decides(rules: &str, cases: &[(&str, &str, &str)]) {
    let snapshot = of(&[ROLES, rules]);
    for (who, entity, expected) in cases {
        assert_eq!(shown(who, entity, &snapshot), *expected, "{who} on {entity} under\n{rules}");
    }
}

#[test]
fn an_edge_may_carry_restrictions_alone_or_nothing() {
    let rules = "grant: own\nto: everyone\nread: customer\nrows: in_org(branch_id, 'self')\n---\n\
                 grant: facts\nto: everyone\nread: [account, daily_balance]\n---\n\
                 restrict: no-pb\nentity: customer\nrows: segment <> '私行'\n";
    let only = "owner in customer where segment <> '私行'";
    for (word, account, balance) in [
        ("restrictions", format!("TRUE; {only}"), format!("TRUE; account in account where TRUE and {only}")),
        ("false", "TRUE".into(), "TRUE".into()),
        (
            "true",
            "TRUE; owner in customer where branch_id IN ('B11') AND segment <> '私行'".into(),
            "TRUE; account in account where TRUE and owner in customer where branch_id IN ('B11') AND segment <> '私行'"
                .into(),
        ),
    ] {
        let catalog = catalog_where(word).unwrap();
        let policies = load_texts(&catalog, &[ROLES, rules]).unwrap();
        let snapshot = snapshot(catalog, policies);
        assert_eq!(shown("x units=B11", "account", &snapshot), account, "{word}");
        assert_eq!(shown("x units=B11", "daily_balance", &snapshot), balance, "{word}");
    }
    assert!(lines(&catalog_where("maybe").unwrap_err()).contains("inherits_policy must be true or false"));
}

#[test]
fn rules_that_would_come_back_are_refused() {
    let mut files = catalog::tests::shipped_files("catalog");
    for file in &mut files {
        file.text = file.text.replace("en: Parent branch}, inherits_policy: false}", "en: Parent branch}}");
    }
    let connections = catalog::tests::connections(&[("core", SourceKind::Postgres), ("dw", SourceKind::Parquet)]);
    let found = lines(&catalog::load(&files, connections, &BTreeMap::new()).unwrap_err());
    assert!(found.contains("branch.yaml:"), "{found}");
    assert!(
        found.contains("policy-cycle: rules inherited along `branch.reports_to` come back to `branch` (write `inherits_policy: false`"),
        "{found}"
    );
}

#[test]
fn a_rule_on_the_parent_reaches_its_facts() {
    decides(
        "grant: all\nto: everyone\nread: [customer, account, daily_balance, branch]\n---\n\
         restrict: no-pb\nto: {not: {role: a}}\nentity: customer\nrows: segment <> '私行'\n---\n\
         restrict: open\nto: {role: b}\nentity: account\nrows: status = '正常'\n",
        &[
            ("x", "customer", "segment <> '私行'"),
            ("x", "account", "TRUE; owner in customer where segment <> '私行'"),
            ("x", "daily_balance", "TRUE; account in account where TRUE and owner in customer where segment <> '私行'"),
            ("x", "branch", "TRUE"),
            // Nobody's rule, nothing to inherit: facts without a parent show.
            ("x roles=a", "account", "TRUE"),
            ("x roles=a", "daily_balance", "TRUE"),
            ("x roles=a,b", "account", "status = '正常'"),
            ("x roles=a,b", "daily_balance", "TRUE; account in account where status = '正常'"),
        ],
    );
}

#[test]
fn grants_of_the_parent_are_rules_as_well() {
    let rules = "grant: facts\nto: everyone\nread: [account, daily_balance]\n---\n\
                 grant: own\nto: {role: a}\nread: customer\nrows: in_org(branch_id, 'self')\n---\n\
                 grant: office\nto: {role: b}\nwhen: session.zone = 'head-office'\nread: customer\n---\n\
                 restrict: no-pb\nto: {user: y}\nentity: customer\nrows: segment <> '私行'\n";
    decides(
        rules,
        &[
            ("x roles=a units=B11", "account", "TRUE; owner in customer where branch_id IN ('B11')"),
            ("x roles=a", "account", "FALSE; warning rule `own`: organisation unit is missing"),
            ("x roles=a", "daily_balance", "FALSE; warning rule `own`: organisation unit is missing"),
            // No grant of customers is for her: its restrictions alone hold.
            ("x", "account", "TRUE"),
            ("y", "account", "TRUE; owner in customer where segment <> '私行'"),
            // One is, but not from here: being elsewhere shows no more.
            ("x roles=b", "account", "FALSE"),
            ("x roles=b from=10.1.0.1", "account", "TRUE"),
        ],
    );
}

#[test]
fn fingerprints_and_rules_tell_what_is_inherited() {
    let rules = |segment: &str| {
        of(&[&format!(
            "grant: all\nto: everyone\nread: [customer, account]\n---\n\
             restrict: some\nentity: customer\nrows: segment <> '{segment}'\n"
        )])
    };
    let decision = |snapshot: &Snapshot| {
        let account = snapshot.catalog.find_entity("account").unwrap();
        decide(&principal("x", snapshot), snapshot, account).unwrap()
    };
    let (one, other) = (decision(&rules("私行")), decision(&rules("财富")));
    assert_ne!(one.fingerprint, other.fingerprint);
    assert_eq!(one.rules(), ["all", "some"]);
    assert!(!one.shows_every_row());
}
