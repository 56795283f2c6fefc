//! Limits: which apply, which setting holds, and how one can be wrong.

use super::*;
use crate::allowance::Limited;

fn limits(who: &str, snapshot: &Snapshot) -> String {
    let found = allowance(&principal(who, snapshot), snapshot);
    let bounds =
        found.bounds.iter().map(|(limited, bound)| format!("{} {} by {}", limited.word(), bound.value, bound.rule));
    let shadows = found.shadows.iter().map(|rule| format!("shadow {rule}"));
    bounds.chain(shadows).chain(found.warnings.clone()).collect::<Vec<_>>().join("; ")
}

#[test]
fn look_ups_without_a_limit_are_warned_of() {
    let mask = "mask: phone\nfields: customer.mobile\nwith: cn_mobile()\nuse: lookup\n";
    let warnings = |limit: &str| lines(&of(&[ROLES, GRANT, &format!("{mask}{limit}")]).policies.warnings);
    assert!(warnings("").contains("unbounded-lookups: mask `phone` allows look-ups"), "{}", warnings(""));
    assert!(warnings("---\nlimit: l\nmode: shadow\nlookups_per_day: 20\n").contains("mask `phone` allows look-ups"));
    assert_eq!(warnings("---\nlimit: l\nlookups_per_day: 20\n"), "");
    assert_eq!(warnings("mode: shadow\n"), "");
}

#[test]
fn of_several_limits_the_strictest_of_each_holds() {
    let snapshot = of(&[
        ROLES,
        GRANT,
        "limit: all\nrows_per_query: 1_000\nmin_group: 5\n---\n\
         limit: desk\nto: {role: a}\nrows_per_query: 200\nrows_per_day: 2000\nbytes_per_day: 100000\nmin_group: 3\n---\n\
         limit: night\nwhen: session.hour >= 20 or session.hour < 7\nrows_per_day: 10\n---\n\
         limit: outside\nto: {not: {attribute: clearance >= 4}}\nlookups_per_day: 20\nstatements_in_parallel: 2\n---\n\
         limit: idea\nmode: shadow\nbytes_per_query: 1\n",
    ]);
    // 1970-01-01 08:00 in the bank's zone.
    assert_eq!(limits("x clearance=4", &snapshot), "rows_per_query 1000 by all; min_group 5 by all; shadow idea");
    assert_eq!(
        limits("x roles=a clearance=4", &snapshot),
        "rows_per_query 200 by desk; rows_per_day 2000 by desk; bytes_per_day 100000 by desk; min_group 5 by all; shadow idea"
    );
    assert_eq!(
        limits("x", &snapshot),
        "rows_per_query 1000 by all; statements_in_parallel 2 by outside; lookups_per_day 20 by outside; \
         min_group 5 by all; shadow idea; rule `outside`: attribute `clearance` is missing"
    );
    let mut late = principal("x clearance=4", &snapshot);
    late.context.now_micros = 12 * 3_600 * 1_000_000;
    assert_eq!(allowance(&late, &snapshot).get(Limited::RowsPerDay), Some(10), "20:00 in the bank's zone");
    assert!(snapshot.policies.rule_ids().contains("desk"));
}

#[test]
fn limits_that_are_none_are_refused() {
    let r = |text: &str, expected: &str| refused(&[ROLES, GRANT, text], &[expected]);
    r("limit: l\nto: {role: a}\n", "2.yaml:1:1: missing-key: a limit sets nothing (one of rows_per_query");
    r("limit: l\nrows_per_query: 0\n", "2.yaml:2:17: bad-number: `rows_per_query` cannot be `0`");
    r("limit: l\nrows_per_query: many\n", "cannot be `many` (a whole number, 1 or more");
    r("limit: l\nrows_per_query: -5\n", "cannot be `-5`");
    r("limit: l\nrows_per_query: 1.5\n", "cannot be `1.5`");
    r("limit: l\nrows_per_query:\n", "`rows_per_query` must not be empty");
    r("limit: l\nmin_group: 1\n", "cannot be `1` (a whole number, 2 or more");
    r(
        "limit: l\nrows_per_qery: 5\n",
        "2.yaml:2:1: unknown-key: unknown key `rows_per_qery` in a limit (did you mean `rows_per_query`?)",
    );
    r("limit: l\nto: {role: x}\nrows_per_day: 5\n", "unknown role `x`");
    r("limit: base\nrows_per_day: 5\n", "duplicate-id: rule `base` is given twice");
    r("limit: l\nwhen: session.hour > 'x'\nrows_per_day: 5\n", "2.yaml:2:22: bad-expression");
}

#[test]
fn conditions_read_the_time_in_the_banks_zone() {
    // 1970-01-01 was a Thursday; 08:00 in Shanghai.
    for (when, holds) in [
        ("session.weekday = 4", true),
        ("session.weekday between 1 and 5", true),
        ("session.weekday in (6, 7)", false),
        ("session.hour = 8", true),
        ("session.hour >= 9", false),
        ("session.time >= '08:00' and session.time < '18:00'", true),
        ("session.time < time '08:00'", false),
        ("session.date = '1970-01-01'", true),
        ("session.date > date '1970-01-01'", false),
        ("session.now <= '1970-01-01 08:00:00+08'", true),
        ("session.now >= '2026-01-01 00:00:00+08'", false),
        ("session.hour is null", false),
    ] {
        let snapshot = of(&[&format!("grant: g\nto: everyone\nwhen: {when}\nread: branch\n")]);
        assert_eq!(shown("x", "branch", &snapshot), if holds { "TRUE" } else { "absent" }, "{when}");
    }
    let rule = "grant: g\nto: everyone\nread: txn\nrows: txn_time >= '1970-01-01' and session.weekday <> 7\n";
    assert_eq!(shown("x", "txn", &of(&[rule])), "txn_time >= '1970-01-01 00:00:00'");
    refused(&[GRANT, "deny: d\nwhen: session.weekdy = 1\nentity: branch\n"], &["did you mean `session.weekday`?"]);
    refused(&[GRANT, "deny: d\nwhen: session.weekday = 'monday'\nentity: branch\n"], &["bad-expression"]);
    refused(&[GRANT, "deny: d\nwhen: now() > '2026-01-01'\nentity: branch\n"], &["changes from call to call"]);
}
