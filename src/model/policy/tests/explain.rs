//! Grants of EXPLAIN in full: who has one, and how one can be wrong.

use super::*;

const EXPLAIN: &str = "grant: told\nto: {role: a}\nexplain: full\n";

fn told(who: &str, snapshot: &Snapshot) -> bool {
    explains_in_full(&principal(who, snapshot), snapshot)
}

#[test]
fn only_a_grant_that_certainly_applies_explains_in_full() {
    let snapshot = of(&[ROLES, GRANT, EXPLAIN]);
    assert!(told("x roles=a", &snapshot));
    assert!(!told("x roles=b", &snapshot));
    assert_eq!(shown("x roles=a", "customer", &snapshot), shown("x roles=b", "customer", &snapshot));
    assert!(snapshot.policies.rule_ids().contains("told"));
    let by_attribute = of(&[ROLES, GRANT, "grant: told\nto: {attribute: \"clearance >= 4\"}\nexplain: full\n"]);
    assert!(told("x clearance=4", &by_attribute));
    assert!(!told("x clearance=3", &by_attribute));
    assert!(!told("x", &by_attribute), "a missing attribute grants nothing");
    let by_zone = of(&[ROLES, GRANT, "grant: told\nto: everyone\nwhen: session.zone = 'head-office'\nexplain: full\n"]);
    assert!(told("x from=10.1.2.3", &by_zone));
    assert!(!told("x from=10.2.2.3", &by_zone) && !told("x", &by_zone));
}

#[test]
fn the_shipped_grant_is_the_risk_officers_and_the_stewards() {
    let snapshot = shipped();
    for (who, expected) in [(HQ, false), (CD, false), (JJ, false), (RISK, true), (STEWARD, true), (AUDITOR, false)] {
        assert_eq!(told(who, &snapshot), expected, "{who}");
    }
}

#[test]
fn a_grant_of_explain_stands_alone_and_says_full() {
    for (rule, expected) in [
        ("grant: g\nto: everyone\nexplain: all\n", "3:10: unknown-explain: unknown explain `all`"),
        ("grant: g\nto: everyone\nexplain:\n", "empty-value: `explain` must not be empty"),
        ("grant: g\nto: everyone\nexplain: full\nread: branch\n", "4:1: explain-alone"),
        ("grant: g\nto: everyone\nexplain: full\nrows: region = 'x'\n", "a grant of `explain` has no `rows`"),
        ("grant: g\nexplain: full\n", "a grant needs `to`"),
        (
            "grant: everybody\nto: everyone\nexplain: full\n---\ngrant: everybody\nto: everyone\nexplain: full\n",
            "duplicate-id",
        ),
    ] {
        refused(&[ROLES, GRANT, rule], &[expected]);
    }
}
