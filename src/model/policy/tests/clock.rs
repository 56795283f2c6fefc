//! Which sets read the clock, and which grants give values.

use super::*;

#[test]
fn a_set_that_reads_the_clock_anywhere_says_so() {
    for (rule, reads) in [
        ("grant: more\nto: {role: a}\nread: account\n", false),
        (
            "grant: more\nto: {role: a}\nread: account\nwhen: session.zone = 'head-office' and session.purpose = 'audit'\n",
            false,
        ),
        ("grant: more\nto: {role: a}\nread: account\nrows: in_org(branch_id, 'self')\n", false),
        ("grant: more\nto: {role: a}\nread: account\nwhen: not (session.hour < 8 or session.hour >= 18)\n", true),
        ("restrict: later\nentity: daily_balance\nrows: biz_date < session.date\n", true),
        ("limit: night\nwhen: session.weekday in (6, 7)\nrows_per_day: 10\n", true),
        ("deny: late\nfields: [customer.mobile]\nwhen: session.time > '18:00:00'\n", true),
        ("grant: told\nto: everyone\nwhen: session.now is not null\nexplain: full\n", true),
    ] {
        assert_eq!(of(&[ROLES, GRANT, rule]).policies.reads_clock(), reads, "{rule}");
    }
}

#[test]
fn grants_of_aggregates_give_no_values() {
    let totals = "grant: totals\nto: everyone\nread: [employee.salary]\naggregate_only: true\nmin_group: 3\n---\n\
                  grant: told\nto: everyone\nexplain: full\n---\ngrant: rows\nto: everyone\nread: account\n";
    let snapshot = of(&[ROLES, GRANT, totals]);
    let gives = |id: &str| snapshot.policies.gives_values(id);
    assert!(gives("rows") && !gives("totals") && !gives("told") && !gives("nothing"));
}

#[test]
fn a_tree_without_days_is_not_dated() {
    let row = |from| OrgRow { key: "H00".into(), from, ..OrgRow::default() };
    assert!(!OrgTree::new(vec![("H00".into(), None)]).is_dated());
    assert!(!OrgTree::default().is_dated() && !OrgTree::dated(&[row(None)]).is_dated());
    assert!(OrgTree::dated(&[row(Some(10))]).is_dated());
}
