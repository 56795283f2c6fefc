//! Tokens for joins (`use: token_join`) in decisions, and the keys that they need.

use super::*;

#[test]
fn a_token_join_is_a_token_and_needs_its_key() {
    let snapshot = of(&[
        ROLES,
        GRANT,
        "mask: cert\nto: {not: {role: a}}\nfields: customer.cert_no\nwith: token(domain => 'id-card')\nuse: token_join\n---\n\
         mask: mobile\nfields: customer.mobile\nwith: token('mobile', key => 'pii')\n",
    ]);
    let mobile = "mobile token('mobile', 'pii') Masked by mobile";
    assert_eq!(
        shown("x", "customer", &snapshot),
        format!("TRUE; cert_no token('id-card') TokenJoin by cert; {mobile}")
    );
    assert_eq!(shown("x roles=a", "customer", &snapshot), format!("TRUE; {mobile}"));
    assert_eq!(snapshot.policies.key_names().into_iter().collect::<Vec<_>>(), ["id-card", "pii"]);
    refused(&[GRANT, "mask: m\nfields: txn.amount\nwith: token('x')\n"], &["does not fit type numeric(18,2)"]);
}
