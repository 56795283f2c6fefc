//! Rules in shadow mode: told, and nothing else.

use super::*;

#[test]
fn a_shadow_rule_has_no_effect_and_is_told() {
    decides(
        "grant: all\nto: everyone\nread: customer\n---\n\
         mask: mobile\nfields: customer.mobile\nwith: cn_mobile()\n---\n\
         mask: harder\nmode: shadow\nfields: [customer.mobile, customer.cust_name]\nwith: hide()\n---\n\
         deny: ids\nmode: shadow\nto: {role: a}\nfields: customer.cert_no\n---\n\
         restrict: own\nmode: shadow\nentity: customer\nrows: segment <> '私行'\n---\n\
         grant: more\nmode: shadow\nto: everyone\nread: branch\n",
        &[
            (
                "x",
                "customer",
                "TRUE; mobile cn_mobile() Masked by mobile; shadow harder: mask cust_name, mask mobile; shadow own: rows",
            ),
            (
                "x roles=a",
                "customer",
                "TRUE; mobile cn_mobile() Masked by mobile; shadow harder: mask cust_name, mask mobile; \
                 shadow ids: hide cert_no; shadow own: rows",
            ),
            ("x", "branch", "absent"),
        ],
    );
    decides(
        "grant: all\nto: everyone\nread: branch\n---\ndeny: it\nmode: shadow\nentity: branch\n---\n\
         grant: same\nmode: shadow\nto: everyone\nread: branch\n---\n\
         grant: told\nmode: shadow\nto: everyone\nexplain: full\n",
        &[("x", "branch", "TRUE; shadow it: absent")],
    );
}

#[test]
fn a_shadow_rule_is_checked_as_any_other_and_protects_nothing() {
    refused(&[GRANT, "mask: m\nmode: shadow\nfields: customer.mobil\nwith: hide()\n"], &["unknown field `mobil`"]);
    let told = of(&[GRANT, "grant: told\nmode: shadow\nto: everyone\nexplain: full\n"]);
    assert!(!explains_in_full(&principal("x", &told), &told));
    // A mask in shadow mode clashes with none in force, though it would.
    let clash = of(&[
        GRANT,
        "mask: one\nfields: customer.mobile\nwith: keep(3, 4)\n---\nmask: two\nmode: shadow\nfields: customer.mobile\nwith: cn_mobile()\n",
    ]);
    assert_eq!(shown("x", "customer", &clash), "TRUE; mobile keep(3, 4) Masked by one; shadow two: mask mobile");
    assert!(lines(&clash.policies.warnings).contains("mask-conflict"), "{}", lines(&clash.policies.warnings));
}
