//! Each kind of mistake that a policy file can hold: an error with file, line, column and what to do about it.

use super::*;

/// The findings under these rules in `2.yaml`; each has a place, and one has a hint.
fn found(rules: &str) -> Vec<crate::diagnostic::Diagnostic> {
    let catalog = catalog::tests::shipped();
    load_texts(&catalog, &[ROLES, GRANT, rules]).map(|_| ()).expect_err(rules)
}

#[test]
fn every_mistake_has_its_place_and_a_hint() {
    let bomb = format!("a: &a [x, x]\n{}", (0..30).map(|n| format!("b{n}: [*a, *a]\n")).collect::<String>());
    let deep = format!("mask: m\nfields: {}\nwith: hide()\n", "[".repeat(10_000));
    for (mistake, rules, line, column, said, hint) in [
        (
            "an unknown field",
            "mask: m\nfields: customer.mobil\nwith: hide()\n",
            2,
            9,
            "unknown field `mobil`",
            "did you mean `mobile`?",
        ),
        (
            "an unknown field in a rule",
            "restrict: r\nentity: customer\nrows: segmnt <> 'x'\n",
            3,
            7,
            "unknown field `segmnt`",
            "did you mean `segment`?",
        ),
        (
            "an ambiguous mask",
            "mask: one\nfields: customer.mobile\nwith: keep(1)\n---\nmask: two\nfields: customer.mobile\nwith: keep(2)\n",
            5,
            7,
            "equally strict and can meet on `customer.mobile`",
            "keep their audiences apart",
        ),
        ("cyclic roles", "roles: {x: {roles: [y]}, y: {roles: [x]}}\n", 1, 9, "a member of itself", "memberships"),
        (
            "a rule that is not boolean",
            "restrict: r\nentity: customer\nrows: segment\n",
            3,
            7,
            "a condition is expected",
            "compare it",
        ),
        (
            "an aggregate",
            "restrict: r\nentity: txn\nrows: max(amount) > 5\n",
            3,
            7,
            "aggregates such as `max`",
            "one row",
        ),
        (
            "a rule that reads its own table",
            "restrict: r\nentity: txn\nrows: txn_id in (select txn_id from txn)\n",
            3,
            7,
            "subqueries are not allowed",
            "inherits_policy",
        ),
        (
            "an attribute without its name",
            "restrict: r\nentity: txn\nrows: channel = session.attributes\n",
            3,
            17,
            "unknown session value `session.attributes`",
            "attributes",
        ),
        (
            "the same id twice",
            "grant: base\nto: everyone\nread: branch\n",
            1,
            8,
            "given twice, first at 1.yaml:1",
            "another",
        ),
        ("a bad network", "zones: {z: [10.0.0.0/33]}\n", 1, 13, "`10.0.0.0/33` is not a network", "10.1.0.0/16"),
        (
            "a text for a number",
            "restrict: r\nentity: txn\nrows: amount > '5'\n",
            3,
            16,
            "does not fit",
            "write 5 without quotes",
        ),
        ("an unknown role", "deny: d\nto: {role: bb}\nentity: txn\n", 2, 12, "unknown role `bb`", "did you mean `b`?"),
        ("an unknown tag", "mask: m\nfields: {tag: pii.fone}\nwith: hide()\n", 2, 15, "unknown tag", "pii.phone"),
        (
            "an unknown mask",
            "mask: m\nfields: customer.mobile\nwith: kep(1)\n",
            3,
            7,
            "unknown mask `kep`",
            "did you mean `keep`?",
        ),
        (
            "an unknown key",
            "mask: m\nfeilds: customer.mobile\nwith: hide()\n",
            2,
            1,
            "unknown key `feilds`",
            "did you mean `fields`?",
        ),
        (
            "an unknown zone",
            "deny: d\nwhen: session.zone = 'head-offce'\nentity: txn\n",
            2,
            22,
            "unknown zone",
            "head-office",
        ),
        ("a YAML bomb", bomb.as_str(), 1, 0, "", ""),
        ("bottomless YAML", deep.as_str(), 0, 0, "", ""),
    ] {
        let found = found(rules);
        let fits = |d: &&crate::diagnostic::Diagnostic| {
            d.file == "2.yaml"
                && (line == 0 || d.line == line)
                && (column == 0 || d.column == column)
                && d.message.contains(said)
                && d.hint.as_deref().unwrap_or_default().contains(hint)
        };
        assert!(
            found.iter().any(|d| fits(&d)),
            "{mistake}: {line}:{column} {said} ({hint}) is not in\n{}",
            lines(&found)
        );
        assert!(found.iter().all(|d| d.line > 0 && d.column > 0), "{mistake}: {}", lines(&found));
    }
}
