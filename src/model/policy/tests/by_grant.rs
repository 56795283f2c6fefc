//! Masks chosen by the grant that a row came by (G2).

use super::*;

const GRANTS: &str = "roles: {d: }\n---\ngrant: all\nto: {role: a}\nread: customer\n---\n\
                      grant: own\nto: {role: b}\nread: customer\nrows: in_org(branch_id, 'self')\n---\n";

#[test]
fn two_roles_clear_nothing_that_neither_shows_clear() {
    let own = "branch_id IN ('B11')";
    let rules = format!(
        "{GRANTS}mask: name\nto: {{not: {{role: b}}}}\nfields: customer.cust_name\nwith: cn_name()\n---\n\
         mask: phone-own\nto: {{role: b}}\nfields: customer.mobile\nwith: cn_mobile()\n---\n\
         mask: phone-all\nto: {{not: {{role: b}}}}\nfields: customer.mobile\nwith: hide()\n---\n\
         mask: card\nto: {{role: a}}\nfields: customer.cert_no\nwith: cn_id_card()\n"
    );
    decides(
        &rules,
        &[
            (
                "x roles=a units=B11",
                "customer",
                "TRUE; cust_name cn_name() Masked by name; cert_no cn_id_card() Masked by card; mobile hide() Masked by phone-all",
            ),
            ("x roles=b units=B11", "customer", &format!("{own}; mobile cn_mobile() Masked by phone-own")),
            // The name is clear, and the number half shown, on her own branch's rows alone. A mask that is for whoever
            // holds a role stays on every row.
            (
                "x roles=a,b units=B11",
                "customer",
                &format!(
                    "TRUE; cust_name cn_name() Masked by name; cust_name clear where {own}; \
                     cert_no cn_id_card() Masked by card; mobile hide() Masked by phone-all; \
                     mobile cn_mobile() by phone-own where {own}"
                ),
            ),
            // Whoever has no unit sees nobody's rows lighter.
            (
                "x roles=a,b",
                "customer",
                "TRUE; cust_name cn_name() Masked by name; cert_no cn_id_card() Masked by card; \
                 mobile hide() Masked by phone-all; warning rule `own`: organisation unit is missing",
            ),
        ],
    );
}

#[test]
fn a_role_without_grants_lifts_its_masks_everywhere() {
    decides(
        &format!("{GRANTS}mask: name\nto: {{not: {{role: d}}}}\nfields: customer.cust_name\nwith: cn_name()\n"),
        &[
            ("x roles=a,b units=B11", "customer", "TRUE; cust_name cn_name() Masked by name"),
            ("x roles=a,d units=B11", "customer", "TRUE"),
            ("x roles=a,b,d units=B11", "customer", "TRUE"),
        ],
    );
    // The lighter grant shows every row.
    decides(
        "grant: all\nto: {role: a}\nread: customer\n---\ngrant: too\nto: {role: b}\nread: customer\n---\n\
         mask: name\nto: {not: {role: b}}\nfields: customer.cust_name\nwith: cn_name()\n",
        &[("x roles=a,b", "customer", "TRUE"), ("x roles=a", "customer", "TRUE; cust_name cn_name() Masked by name")],
    );
    // A field that only the other grant gives.
    decides(
        "grant: all\nto: {role: a}\nread: branch\nexcept: [branch.region]\n---\n\
         grant: own\nto: {role: b}\nread: [branch.branch_id, branch.region]\nrows: level = 1\n---\n\
         mask: region\nto: {not: {role: b}}\nfields: branch.region\nwith: hide()\n",
        &[("x roles=a,b", "branch", "TRUE; region where level = 1")],
    );
}

#[test]
fn what_a_grants_own_role_brings_is_not_taken_away() {
    // Whoever is `m` is `b` as well, by the roles themselves.
    let rules = |to: &str| {
        format!(
            "roles: {{m: , e: {{roles: [m]}}}}\n---\ngrant: all\nto: {{role: m}}\nread: customer\n---\n\
             grant: own\nto: {{role: e}}\nread: customer\nrows: in_org(branch_id, 'self')\n---\n\
             mask: name\nto: {{not: {{role: {to}}}}}\nfields: customer.cust_name\nwith: cn_name()\n"
        )
    };
    decides(&rules("e"), &[("x roles=m units=B11", "customer", "TRUE")]);
    decides(&rules("m"), &[("x roles=m units=B11", "customer", "TRUE")]);
    // A role that the grant's own does not bring is taken away, beside a grant for everyone as well.
    decides(
        &rules("e").replace("{role: m}\nread", "everyone\nread"),
        &[
            (
                "x roles=e units=B11",
                "customer",
                "TRUE; cust_name cn_name() Masked by name; cust_name clear where branch_id IN ('B11')",
            ),
            ("x units=B11", "customer", "TRUE; cust_name cn_name() Masked by name"),
        ],
    );
}

#[test]
fn the_use_of_the_mask_that_is_chosen_holds_in_any_order_of_the_rules() {
    let token = "mask: card\nto: {not: {role: b}}\nfields: customer.cert_no\nwith: token('pii')\nuse: token_join\n";
    let part = "mask: part\nto: {not: {role: b}}\nfields: customer.cert_no\nwith: cn_id_card()\n";
    for rules in [format!("{token}---\n{part}"), format!("{part}---\n{token}")] {
        decides(
            &format!("{GRANTS}{rules}"),
            &[("x roles=a,b units=B11", "customer", "TRUE; cert_no token('pii') TokenJoin by card")],
        );
    }
}

#[test]
fn a_field_is_used_in_the_strictest_way_of_its_rows() {
    let rules = |usage: &str| {
        format!(
            "{GRANTS}mask: m-own\nto: {{role: b}}\nfields: customer.mobile\nwith: cn_mobile()\nuse: lookup\n---\n\
             mask: m-rest\nto: {{not: {{role: b}}}}\nfields: customer.mobile\nwith: cn_mobile()\nuse: {usage}\n"
        )
    };
    for (usage, shown) in [("masked", "Masked"), ("none", "None"), ("lookup", "Lookup")] {
        let decided = format!("TRUE; mobile cn_mobile() {shown} by m-own");
        decides(&rules(usage), &[("x roles=a,b units=B11", "customer", &decided)]);
    }
}

#[test]
fn tokens_are_not_mixed_with_raw_values() {
    decides(
        &format!(
            "{GRANTS}mask: card\nto: {{not: {{role: b}}}}\nfields: customer.cert_no\nwith: token('pii')\nuse: token_join\n"
        ),
        &[("x roles=a,b units=B11", "customer", "TRUE; cert_no token('pii') TokenJoin by card")],
    );
}

#[test]
fn a_missing_attribute_leaves_no_look_up() {
    decides(
        "grant: all\nto: everyone\nread: customer\n---\n\
         mask: phone\nto: {attribute: \"clearance < 3\"}\nfields: customer.mobile\nwith: keep(3, 4)\nuse: lookup\n",
        &[(
            "x",
            "customer",
            "TRUE; mobile hide() Masked by phone; warning rule `phone`: attribute `clearance` is missing",
        )],
    );
}

#[test]
fn two_roles_lift_no_restriction_and_no_denial_on_the_rows_of_the_other() {
    let own = "branch_id IN ('B11')";
    let both = "{all: [{role: [a, b]}, {not: {role: b}}]}";
    let rules = format!(
        "{GRANTS}restrict: private\nto: {both}\nentity: customer\nrows: segment <> 'P'\n---\n\
         deny: card\nto: {both}\nfields: customer.cert_no\n"
    );
    decides(
        &rules,
        &[
            ("x roles=a units=B11", "customer", "segment <> 'P'; cert_no hidden"),
            ("x roles=b units=B11", "customer", own),
            ("x roles=a,b units=B11", "customer", &format!("segment <> 'P' OR {own}; cert_no where {own}")),
            // Nothing is granted for `d`: what it lifts, it lifts everywhere.
            ("x roles=a,d units=B11", "customer", "segment <> 'P'; cert_no hidden"),
        ],
    );
    let rules = rules.replace("{not: {role: b}}", "{not: {role: d}}");
    decides(&rules, &[("x roles=a,d units=B11", "customer", "TRUE"), ("x roles=a,b,d units=B11", "customer", "TRUE")]);
}

#[test]
fn what_came_with_a_role_goes_with_it() {
    // `p` comes by `a` alone, so that the rows of the other grant are not for whoever is `p`.
    let grants = "roles: {p: {roles: [a]}, g: {groups: [managers]}}\n---\n\
                  grant: own\nto: {role: a}\nread: customer\nrows: in_org(branch_id, 'self')\n---\n\
                  grant: all\nto: {role: b}\nread: customer\n---\n";
    let mask = |not: &str| format!("mask: name\nto: {{not: {not}}}\nfields: customer.cust_name\nwith: hide()\n");
    let masked = "TRUE; cust_name hide() Masked by name; cust_name clear where branch_id IN ('B11')";
    decides(&format!("{grants}{}", mask("{role: p}")), &[("x roles=a,b units=B11", "customer", masked)]);
    // Groups are memberships as roles are, and bring roles.
    let by_group =
        grants.replace("{role: a}\nread", "{group: managers}\nread").replace("{role: b}", "{group: analysts}");
    for not in ["{group: managers}", "{role: g}"] {
        decides(
            &format!("{by_group}{}", mask(not)),
            &[
                ("x groups=managers,analysts units=B11", "customer", masked),
                ("x groups=managers units=B11", "customer", "branch_id IN ('B11')"),
                ("x groups=analysts units=B11", "customer", "TRUE; cust_name hide() Masked by name"),
                ("x groups=managers roles=b units=B11", "customer", "branch_id IN ('B11')"),
            ],
        );
    }
    // A role of the users file beside a grant for a group.
    let mixed = grants.replace("{role: a}\nread", "{group: managers}\nread");
    decides(
        &format!("{mixed}{}", mask("{group: managers}")),
        &[("x groups=managers roles=b units=B11", "customer", masked)],
    );
}

#[test]
fn of_two_masks_as_strict_as_each_other_neither_shows_on_rows_of_the_other() {
    decides(
        "grant: ten\nto: {role: a}\nread: customer\nrows: segment = 'A'\n---\n\
         grant: twenty\nto: {role: b}\nread: customer\nrows: segment = 'B'\n---\n\
         mask: first\nto: {role: a}\nfields: customer.mobile\nwith: keep(7, 0)\n---\n\
         mask: last\nto: {all: [{role: b}, {not: {role: a}}]}\nfields: customer.mobile\nwith: keep(0, 4)\n",
        &[
            ("x roles=a", "customer", "segment = 'A'; mobile keep(7, 0) Masked by first"),
            ("x roles=b", "customer", "segment = 'B'; mobile keep(0, 4) Masked by last"),
            (
                "x roles=a,b",
                "customer",
                "segment = 'A' OR segment = 'B'; mobile hide() Masked by first; \
                 mobile keep(7, 0) by first where segment = 'A'",
            ),
        ],
    );
}

#[test]
fn restrictions_of_a_parent_without_grants_hold_for_any_of_the_childs_rows() {
    let grants = |of_parent: &str| {
        format!(
            "{of_parent}grant: all\nto: {{role: a}}\nread: account\n---\n\
             grant: own\nto: {{role: b}}\nread: account\nrows: in_org(branch_id, 'self')\n---\n\
             restrict: private\nto: {{not: {{role: b}}}}\nentity: customer\nrows: segment <> 'P'\n"
        )
    };
    let everyone = "grant: parents\nto: everyone\nread: customer\n---\n";
    for of_parent in ["", everyone] {
        let found = |who: &str| shown(who, "account", &of(&[ROLES, &grants(of_parent)]));
        let private = |text: &str| text.contains("segment <> 'P'");
        assert!(private(&found("x roles=a units=B11")), "{}", found("x roles=a units=B11"));
        assert!(!private(&found("x roles=b units=B11")), "{}", found("x roles=b units=B11"));
        // Whoever sees the parents sees of the child what belongs to those that she sees: `b` is free of the rule there.
        assert_eq!(
            private(&found("x roles=a,b units=B11")),
            of_parent.is_empty(),
            "{}",
            found("x roles=a,b units=B11")
        );
    }
}
