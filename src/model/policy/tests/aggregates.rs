//! Grants of aggregates alone (G13): what they give of a field, and beside other grants.

use super::*;

#[test]
fn a_grant_of_aggregates_gives_no_value_and_no_row() {
    decides(
        "grant: people\nto: everyone\nread: employee\nexcept: [employee.salary]\nrows: in_org(branch_id, 'self')\n---\n\
         grant: pay\nto: {role: a}\nread: [employee.salary]\naggregate_only: true\nmin_group: 5\n---\n\
         grant: pay-here\nto: {role: b}\nread: [employee.salary]\nrows: title = '柜员'\naggregate_only: true\nmin_group: 3\n---\n\
         grant: pay-all\nto: {user: hr}\nread: [employee.salary]\n---\n\
         mask: pay-mask\nfields: employee.salary\nwith: hide()\n---\n\
         deny: none\nto: {user: eve}\nfields: employee.salary\n---\n\
         limit: groups\nto: {user: bob}\nmin_group: 10\n",
        &[
            ("x units=B11", "employee", "branch_id IN ('B11'); salary hidden"),
            // The value never leaves an aggregate, so no mask stands before it.
            ("x roles=a units=B11", "employee", "branch_id IN ('B11'); salary in aggregates of 5"),
            ("bob roles=a units=B11", "employee", "branch_id IN ('B11'); salary in aggregates of 10"),
            (
                "x roles=b units=B11",
                "employee",
                "branch_id IN ('B11'); salary where title = '柜员'; salary in aggregates of 3",
            ),
            // A group may be of rows that grant `pay` alone covers.
            ("x roles=a,b units=B11", "employee", "branch_id IN ('B11'); salary in aggregates of 5"),
            // Whoever has the value by a plain grant has it as that grant gives it: masked.
            (
                "hr roles=a units=B11",
                "employee",
                "TRUE; emp_id where branch_id IN ('B11'); emp_name where branch_id IN ('B11'); title where branch_id IN ('B11'); salary hide() Masked by pay-mask; branch_id where branch_id IN ('B11')",
            ),
            ("eve roles=a units=B11", "employee", "branch_id IN ('B11'); salary hidden"),
        ],
    );
    decides(
        "grant: pay\nto: everyone\nread: employee\nrows: title = '柜员'\naggregate_only: true\nmin_group: 2\n",
        &[(
            "x",
            "employee",
            "title = '柜员'; emp_id in aggregates of 2; emp_name in aggregates of 2; title in aggregates of 2; salary in aggregates of 2; branch_id in aggregates of 2",
        )],
    );
}

#[test]
fn a_grant_of_aggregates_says_how_large_a_group_must_be() {
    let grant = |more: &str| format!("grant: g\nto: everyone\nread: employee\n{more}");
    refused(&[&grant("aggregate_only: true\n")], &["a grant of aggregates needs `min_group`"]);
    refused(&[&grant("aggregate_only: true\nmin_group: 1\n")], &["0.yaml:5:12: bad-number", "2 or more"]);
    refused(&[&grant("aggregate_only: maybe\nmin_group: 5\n")], &["must be true or false"]);
    refused(&[&grant("aggregate_only:\nmin_group: 5\n")], &["must not be empty"]);
    refused(&[&grant("min_group: 5\n")], &["0.yaml:1:1: min-group: `min_group` is for grants of aggregates"]);
    refused(&["grant: g\nto: everyone\nexplain: full\nmin_group: 5\n"], &["a grant of `explain` has no `min_group`"]);
}
