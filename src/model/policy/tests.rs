//! The shipped policies for the six users of the demo, the algebra on small sets, and every way in which a policy
//! file can be wrong.

mod aggregates;
mod by_grant;
mod clock;
mod explain;
mod inherit;
mod limits;
mod mistakes;
mod properties;
mod replay;
mod shadows;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::*;
use crate::catalog::{self, Catalog, SourceFile, SourceKind};
use crate::principal::{AttributeValue, Principal};
use crate::snapshot::Snapshot;

fn snapshot(catalog: Catalog, policies: PolicySet) -> Snapshot {
    let units = "H00 B10<H00 B11<B10 B12<B10 B13<B10 B14<B10 B20<H00 B21<B20 B30<H00 B31<B30";
    let rows = units.split(' ').map(|edge| match edge.split_once('<') {
        Some((key, parent)) => (key.to_string(), Some(parent.to_string())),
        None => (edge.to_string(), None),
    });
    Snapshot {
        epoch: 1,
        catalog: Arc::new(catalog),
        policies: Arc::new(policies),
        org: Arc::new(OrgTree::new(rows.collect())),
    }
}

fn lines(found: &[crate::diagnostic::Diagnostic]) -> String {
    found.iter().map(|d| format!("{d}\n")).collect()
}

fn shipped() -> Snapshot {
    let catalog = catalog::tests::shipped();
    match load(&catalog::tests::shipped_files("policies"), &catalog) {
        Ok(policies) => snapshot(catalog, policies),
        Err(found) => panic!("{}", lines(&found)),
    }
}

/// `NAME roles=a,b units=U,V attribute=value ...`
fn principal(words: &str, snapshot: &Snapshot) -> Principal {
    let mut words = words.split(' ');
    let mut who = Principal { user: words.next().unwrap_or_default().to_string(), ..Principal::default() };
    let mut roles = BTreeSet::new();
    for (key, value) in words.filter_map(|word| word.split_once('=')) {
        let list = || value.split(',').map(str::to_string);
        match key {
            "roles" => roles = list().collect(),
            "groups" => who.groups = list().collect(),
            "units" => who.org_units = list().collect(),
            "from" => who.context.client_addr = Some(value.parse().expect("an address")),
            "purpose" => who.context.purpose = value.to_string(),
            _ => {
                let value = match (value.parse(), value) {
                    (Ok(number), _) => AttributeValue::Int(number),
                    (_, "true" | "false") => AttributeValue::Bool(value == "true"),
                    _ if value.contains('/') => AttributeValue::Texts(value.split('/').map(str::to_string).collect()),
                    _ => AttributeValue::Text(value.to_string()),
                };
                who.attributes.insert(key.to_string(), value);
            }
        }
    }
    who.roles = snapshot.policies.roles_of(&who.user, &who.groups, &roles);
    who
}

/// A decision as text: rows, then every field that is not simply clear, then warnings.
fn shown(who: &str, entity: &str, snapshot: &Snapshot) -> String {
    let position = snapshot.catalog.find_entity(entity).expect("an entity");
    let of = &snapshot.catalog.entities[position];
    let Some(decision) = decide(&principal(who, snapshot), snapshot, position) else { return "absent".into() };
    let mut text = decision.rows.describe(of);
    for (field, outcome) in of.fields.iter().zip(&decision.fields) {
        if !outcome.visible {
            text.push_str(&format!("; {} hidden", field.id));
        }
        if let Some(applied) = &outcome.mask {
            text.push_str(&format!("; {} {} {:?} by {}", field.id, applied.mask, applied.usage, applied.rule));
        }
        if let Some(lighter) = &outcome.lighter {
            let mask = lighter.mask.as_ref().map_or("clear".into(), |mask| format!("{} by {}", mask.mask, mask.rule));
            text.push_str(&format!("; {} {mask} where {}", field.id, lighter.rows.describe(of)));
        }
        if let Some(covered) = &outcome.covered_where {
            text.push_str(&format!("; {} where {}", field.id, covered.describe(of)));
        }
        if let Some(least) = outcome.aggregate_only {
            text.push_str(&format!("; {} in aggregates of {least}", field.id));
        }
    }
    for parent in &decision.inherited {
        text.push_str(&format!("; {}", inherited(parent, snapshot)));
    }
    for shadow in &decision.shadows {
        text.push_str(&format!("; shadow {}: {}", shadow.rule, shadow.changes.join(", ")));
    }
    for warning in &decision.warnings {
        text.push_str(&format!("; warning {warning}"));
    }
    text
}

fn inherited(parent: &crate::decision::Inherited, snapshot: &Snapshot) -> String {
    let of = &snapshot.catalog.entities[parent.entity];
    let above: String = parent.inherited.iter().map(|above| format!(" and {}", inherited(above, snapshot))).collect();
    format!("{} in {} where {}{above}", parent.relationship, of.id, parent.rows.describe(of))
}

const HQ: &str = "hq_analyst roles=analyst units=H00";
const CD: &str = "cd_manager roles=branch_manager units=B10";
const JJ: &str = "jj_teller roles=teller units=B11";
const RISK: &str = "risk_officer roles=risk_officer units=H00";
const STEWARD: &str = "steward roles=steward";
const AUDITOR: &str = "auditor roles=auditor";

#[test]
fn the_six_users_of_the_demo() {
    let snapshot = shipped();
    let pii = "cust_name cn_name() Masked by name; cert_no cn_id_card() Masked by id-card; mobile cn_mobile() Masked by mobile; address address(2) Masked by address";
    let below = "branch_id IN ('B10', 'B11', 'B12', 'B13', 'B14')";
    for (who, entity, expected) in [
        (HQ, "customer", format!("TRUE; {pii}")),
        (HQ, "branch", "TRUE".into()),
        (HQ, "account", "TRUE".into()),
        (HQ, "daily_balance", "TRUE".into()),
        (HQ, "txn", "TRUE".into()),
        (HQ, "calendar", "TRUE".into()),
        (HQ, "employee", "TRUE; emp_name cn_name() Masked by name; salary hidden".into()),
        (HQ, "queries", "absent".into()),
        (CD, "customer", format!("{below}; mobile cn_mobile() Masked by mobile")),
        (CD, "branch", below.into()),
        (CD, "employee", format!("{below}; salary hidden")),
        (CD, "daily_balance", below.into()),
        (CD, "calendar", "TRUE".into()),
        (CD, "queries", "absent".into()),
        (JJ, "customer", "branch_id IN ('B11'); mobile cn_mobile() Lookup by mobile-lookup".into()),
        (JJ, "employee", "branch_id IN ('B11'); salary hidden".into()),
        (JJ, "txn", "branch_id IN ('B11')".into()),
        (RISK, "customer", "TRUE".into()),
        (RISK, "employee", "TRUE".into()),
        (RISK, "queries", "absent".into()),
        (STEWARD, "customer", format!("TRUE; {pii}")),
        (STEWARD, "employee", "TRUE; emp_name cn_name() Masked by name; salary hidden".into()),
        (AUDITOR, "customer", "absent".into()),
        (AUDITOR, "calendar", "absent".into()),
        (AUDITOR, "queries", "TRUE".into()),
        ("nobody", "branch", "absent".into()),
        ("stranger roles=root units=H00", "branch", "absent".into()),
        // Nobody's unit, or none at all: the entity is there, its rows are not.
        (
            "lost roles=teller units=X99",
            "txn",
            "FALSE; warning rule `own-branch`: organisation unit is not in the tree".into(),
        ),
        (
            "lost roles=branch_manager",
            "txn",
            "FALSE; warning rule `branch-and-below`: organisation unit is missing".into(),
        ),
        // Two posts add up.
        ("two roles=branch_manager units=B20,B11", "txn", "branch_id IN ('B11', 'B20', 'B21')".into()),
        // Two roles: rows of both, and every mask that does not exempt one of them. The manager's rows are not for
        // look-ups, and a field is used in one way on all rows.
        (
            "both roles=teller,branch_manager units=B10",
            "customer",
            format!("{below} OR branch_id IN ('B10'); mobile cn_mobile() Masked by mobile"),
        ),
    ] {
        assert_eq!(shown(who, entity, &snapshot), expected, "{who} on {entity}");
    }
    assert!(snapshot.policies.key_names().is_empty());
    assert_eq!(decide(&principal(RISK, &snapshot), &snapshot, 999), None);
}

#[test]
fn roles_come_from_groups_users_and_roles() {
    let catalog = catalog::tests::shipped();
    let set = load_texts(
        &catalog,
        &["roles: {a: {groups: [g]}, b: {roles: [a], users: [ana]}, c: {roles: [b]}, d: }", GRANT],
    )
    .unwrap();
    let roles = |user: &str, groups: &[&str], explicit: &[&str]| {
        let own = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
        set.roles_of(user, &own(groups), &own(explicit)).into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(roles("x", &["g"], &[]), "a b c");
    assert_eq!(roles("ana", &[], &[]), "b c");
    assert_eq!(roles("x", &[], &["d", "unknown"]), "d");
    assert_eq!(roles("x", &["a", "G"], &[]), "");
}

#[test]
fn fingerprints_tell_treatments_apart() {
    let snapshot = shipped();
    let at = snapshot.catalog.find_entity("txn").unwrap();
    let print = |who: &str| decide(&principal(who, &snapshot), &snapshot, at).unwrap().fingerprint;
    assert_eq!(print(HQ), print(RISK), "the same treatment of transactions");
    assert_eq!(print("a roles=teller units=B11"), print("b roles=teller units=B11"));
    assert_ne!(print("a roles=teller units=B11"), print("a roles=teller units=B12"));
    assert_ne!(print(CD), print(JJ));
}

const GRANT: &str = "grant: base\nto: everyone\nread: [customer, branch, txn, calendar]\n";

fn load_texts(catalog: &Catalog, texts: &[&str]) -> Result<PolicySet, Vec<crate::diagnostic::Diagnostic>> {
    let file = |(n, text): (usize, &&str)| SourceFile { path: format!("{n}.yaml"), text: text.to_string() };
    let files: Vec<SourceFile> = texts.iter().enumerate().map(file).collect();
    load(&files, catalog)
}

fn of(texts: &[&str]) -> Snapshot {
    let catalog = catalog::tests::shipped();
    match load_texts(&catalog, texts) {
        Ok(policies) => snapshot(catalog, policies),
        Err(found) => panic!("{}", lines(&found)),
    }
}

const ROLES: &str = "zones: {head-office: [10.1.0.0/16]}\nroles: {a: , b: , c: {roles: [b]}}\n";

/// Decides under the given rules; `cases` are (who, entity, decision).
fn decides(rules: &str, cases: &[(&str, &str, &str)]) {
    let snapshot = of(&[ROLES, rules]);
    for (who, entity, expected) in cases {
        assert_eq!(shown(who, entity, &snapshot), *expected, "{who} on {entity} under\n{rules}");
    }
}

#[test]
fn g1_g2_grants_add_up_but_never_cross() {
    let rules = "grant: wide\nto: {role: a}\nread: [calendar.biz_date, calendar.is_business]\nrows: is_business\n---\n\
                 grant: deep\nto: {role: b}\nread: [calendar]\nexcept: [calendar.is_business]\nrows: biz_date > '2026-01-01'\n";
    decides(
        rules,
        &[
            ("x", "calendar", "absent"),
            ("x roles=a", "calendar", "is_business; is_month_end hidden"),
            ("x roles=b", "calendar", "biz_date > '2026-01-01'; is_business hidden"),
            (
                "x roles=a,b",
                "calendar",
                "is_business OR biz_date > '2026-01-01'; is_business where is_business; is_month_end where biz_date > '2026-01-01'",
            ),
        ],
    );
    // A grant of some fields on all rows beside one of all fields on some rows.
    let rules = "grant: few\nto: everyone\nread: [branch.branch_id]\n---\ngrant: all\nto: everyone\nread: branch\nrows: region = '西南'\n";
    let named = "region = '西南'";
    decides(
        rules,
        &[(
            "x",
            "branch",
            &format!(
                "TRUE; branch_name where {named}; parent_id where {named}; level where {named}; region where {named}"
            ),
        )],
    );
}

#[test]
fn g3_g4_restrictions_narrow_and_denials_win() {
    decides(
        "grant: all\nto: everyone\nread: customer\nrows: segment = '财富'\n---\n\
         grant: more\nto: {role: b}\nread: customer\n---\n\
         restrict: no-pb\nto: {not: {role: a}}\nentity: customer\nrows: segment <> '私行'\n---\n\
         restrict: own\nentity: [customer]\nrows: in_org(branch_id, 'self_and_below')\n---\n\
         deny: ids\nto: {not: {role: a}}\nfields: {level: \">=4\"}\n",
        &[
            (
                "x units=B11",
                "customer",
                "segment = '财富' AND segment <> '私行' AND branch_id IN ('B11'); cert_no hidden",
            ),
            ("x roles=b units=B11", "customer", "segment <> '私行' AND branch_id IN ('B11'); cert_no hidden"),
            // Role c is held by whoever holds b, so `to: {role: b}` does not reach it.
            ("x roles=c,a units=B20", "customer", "segment = '财富' AND branch_id IN ('B20', 'B21')"),
            ("x roles=a", "customer", "FALSE; warning rule `own`: organisation unit is missing"),
        ],
    );
    decides("grant: all\nto: everyone\nread: branch\n---\ndeny: it\nentity: branch\n", &[("x", "branch", "absent")]);
}

#[test]
fn g5_the_strictest_mask_wins() {
    decides(
        "grant: all\nto: everyone\nread: customer\n---\n\
         mask: partial\nfields: customer.mobile\nwith: cn_mobile()\nuse: lookup\n---\n\
         mask: token\nto: {role: a}\nfields: customer.mobile\nwith: hash('pii')\nuse: lookup\n---\n\
         mask: none\nto: {role: b}\nentity: customer\nfields: [mobile]\nwith: cn_mobile()\nuse: none\n---\n\
         mask: gone\nto: {user: eve}\nfields: {names: [customer.mobile]}\nwith: hide()\n---\n\
         mask: const\nto: {group: ext}\nfields: {tag: 'pii.*'}\nwith: constant('***')\n",
        &[
            ("x", "customer", "TRUE; mobile cn_mobile() Lookup by partial"),
            ("x roles=a", "customer", "TRUE; mobile hash('pii') Lookup by token"),
            ("x roles=b", "customer", "TRUE; mobile cn_mobile() None by none"),
            ("x roles=a,b", "customer", "TRUE; mobile hash('pii') None by token"),
            ("eve roles=a", "customer", "TRUE; mobile hide() Masked by gone"),
            (
                "x groups=ext",
                "customer",
                "TRUE; cust_name constant('***') Masked by const; cert_no constant('***') Masked by const; mobile constant('***') Masked by const; address constant('***') Masked by const",
            ),
        ],
    );
}

#[test]
fn g9_a_missing_attribute_narrows() {
    decides(
        "grant: own\nto: everyone\nread: [branch]\nrows: region = session.attributes.region\n---\n\
         grant: not-other\nto: everyone\nread: [calendar]\nrows: not (biz_date = session.attributes.day)\n---\n\
         grant: cleared\nto: {attribute: clearance >= 4}\nread: [txn]\n---\n\
         restrict: big\nto: {not: {attribute: clearance >= 5}}\nentity: txn\nrows: amount < 1000000.50\n---\n\
         mask: memo\nto: {not: {attribute: clearance >= 5}}\nfields: txn.memo\nwith: keep(1)\n---\n\
         deny: name\nto: {not: {attribute: clearance >= 3}}\nfields: branch.branch_name\n",
        &[
            ("x region=西南 clearance=3", "branch", "region = '西南'"),
            ("x clearance=3", "branch", "FALSE; warning rule `own`: attribute `region` is missing"),
            ("x region=7 clearance=3", "branch", "region = '7'"),
            ("x region=true clearance=3", "branch", "FALSE; warning rule `own`: attribute `region` is not a text"),
            (
                "x region=西南",
                "branch",
                "region = '西南'; branch_name hidden; warning rule `name`: attribute `clearance` is missing",
            ),
            ("x region=西南 clearance=2", "branch", "region = '西南'; branch_name hidden"),
            ("x", "calendar", "FALSE; warning rule `not-other`: attribute `day` is missing"),
            ("x day=2026-01-01", "calendar", "NOT (biz_date = '2026-01-01')"),
            ("x day=tomorrow", "calendar", "FALSE; warning rule `not-other`: attribute `day` is not a date"),
            ("x clearance=5", "txn", "TRUE"),
            ("x clearance=4", "txn", "amount < 1000000.50; memo keep(1, 0) Masked by memo"),
            ("x clearance=high", "txn", "absent"),
            ("x", "txn", "absent"),
        ],
    );
    // Granted otherwise: restriction and mask that cannot be evaluated take their strictest form.
    decides(
        "grant: all\nto: everyone\nread: [txn]\n---\n\
         restrict: big\nto: {not: {attribute: clearance >= 5}}\nentity: txn\nrows: amount < 1000\n---\n\
         mask: memo\nto: {not: {attribute: clearance >= 5}}\nfields: txn.memo\nwith: keep(1)\n",
        &[(
            "x",
            "txn",
            "FALSE; memo hide() Masked by memo; warning rule `big`: attribute `clearance` is missing; warning rule `memo`: attribute `clearance` is missing",
        )],
    );
    // What is certain without the attribute stays certain.
    decides(
        "grant: all\nto: {any: [{role: a}, {attribute: clearance >= 4}]}\nread: [txn]\n---\n\
         deny: memo\nto: {all: [{role: b}, {attribute: contractor}]}\nfields: txn.memo\n",
        &[
            ("x roles=a", "txn", "TRUE"),
            ("x roles=a,b contractor=false", "txn", "TRUE"),
            ("x roles=a,b", "txn", "TRUE; memo hidden; warning rule `memo`: attribute `contractor` is missing"),
        ],
    );
}

#[test]
fn conditions_read_the_session() {
    decides(
        "grant: inside\nto: everyone\nwhen: session.zone = 'head-office'\nread: [branch]\n---\n\
         grant: purpose\nto: everyone\nwhen: session.purpose in ('audit', 'fraud') and session.user <> 'eve'\nread: [txn]\n---\n\
         deny: outside\nwhen: session.zone <> 'head-office'\nfields: txn.memo\n",
        &[
            ("x from=10.1.2.3", "branch", "TRUE"),
            ("x from=10.2.2.3", "branch", "absent"),
            ("x", "branch", "absent"),
            ("x purpose=fraud from=10.1.0.1", "txn", "TRUE"),
            // No zone: NULL is not FALSE, so the denial holds.
            ("x purpose=fraud", "txn", "TRUE; memo hidden"),
            ("eve purpose=fraud", "txn", "absent"),
            ("x", "txn", "absent"),
        ],
    );
}

#[test]
fn row_rules_compile_to_predicates() {
    for (rule, expected) in [
        ("amount > 100", "amount > 100"),
        ("100 < amount", "amount > 100"),
        ("amount > -1.5 and not channel = 'POS'", "amount > -1.5 AND NOT (channel = 'POS')"),
        ("amount between 1 and 2", "amount >= 1 AND amount <= 2"),
        ("amount not between 1 and 2", "NOT (amount >= 1 AND amount <= 2)"),
        ("channel in ('POS', '柜面', 'POS')", "channel IN ('POS', '柜面')"),
        ("channel not in ('POS', null)", "channel NOT IN ('POS') AND NULL"),
        ("channel in ('POS', null)", "channel IN ('POS') OR NULL"),
        ("memo like '工资%' or memo is null", "memo LIKE '工资%' OR memo IS NULL"),
        ("txn.memo is not null", "memo IS NOT NULL"),
        ("摘要 = 'it''s'", "memo = 'it''s'"),
        ("memo is distinct from '转账'", "memo IS DISTINCT FROM '转账'"),
        ("memo is not distinct from null", "memo IS NULL"),
        ("txn_time >= '2026-01-01'", "txn_time >= '2026-01-01 00:00:00'"),
        ("txn_time >= timestamp '2026-01-01 08:00:00'", "txn_time >= '2026-01-01 08:00:00'"),
        ("txn_id = 1 or txn_id = cast(2 as bigint)", "txn_id = 1 OR txn_id = 2"),
        ("acct_id = memo", "acct_id = memo"),
        ("true", "TRUE"),
        ("1 = 1 and 'a' < 'b'", "TRUE"),
        ("1 = 2", "FALSE"),
        ("null", "NULL"),
        ("amount > null", "NULL"),
        ("null = null", "NULL"),
        ("not (amount = null)", "NULL"),
        ("branch_id in (session.org_units)", "branch_id IN ('B11')"),
        ("branch_id = any(session.org_units)", "branch_id IN ('B11')"),
        ("branch_id in (session.attributes.list)", "branch_id IN ('B12', 'B13')"),
        ("session.user = 'ana'", "TRUE"),
        ("acct_id = session.user", "acct_id = 'ana'"),
        ("session.zone is null", "TRUE"),
        ("in_org(branch_id, 'path_to_root')", "branch_id IN ('B10', 'B11', 'H00')"),
        ("in_org(branch_id, 'siblings')", "branch_id IN ('B12', 'B13', 'B14')"),
        ("in_org(branch_id, 'below')", "FALSE"),
        ("not in_org(branch_id, 'self')", "NOT (branch_id IN ('B11'))"),
        ("in_org(branch_id, 'B20', 'B31')", "branch_id IN ('B20', 'B31')"),
        ("in_org(branch_id, 'self_and_below', 'B20')", "branch_id IN ('B20', 'B21')"),
        ("in_org(branch_id, 'X99')", "FALSE"),
    ] {
        let snapshot = of(&[ROLES, &format!("grant: g\nto: everyone\nread: txn\nrows: |\n  {rule}\n")]);
        assert_eq!(shown("ana units=B11 list=B12/B13", "txn", &snapshot), expected, "{rule}");
    }
}

fn refused(texts: &[&str], expected: &[&str]) {
    let catalog = catalog::tests::shipped();
    let shown = lines(&load_texts(&catalog, texts).map(|_| ()).expect_err(texts.last().unwrap_or(&"no file")));
    for expected in expected {
        assert!(shown.contains(expected), "{texts:?}\nlacks {expected:?} in:\n{shown}");
    }
}

#[test]
fn row_rules_that_could_fail_or_reveal_are_refused() {
    for (rule, expected) in [
        ("salry > 5", "4:7: bad-expression: unknown field `salry` of `employee` (did you mean `salary`?)"),
        ("branch_id = 'B1' and titl = 'x'", "4:28: bad-expression: unknown field `titl`"),
        ("salary > '5'", "write 5 without quotes"),
        ("title > 5", "4:15: bad-expression: a number does not fit type text (write '5')"),
        ("salary + 1 > 5", "operator `+` is not allowed"),
        ("1 / salary > 5", "operator `/` is not allowed"),
        ("cast(title as int) = 5", "a cast can fail"),
        ("title::int = 5", "a cast can fail"),
        ("upper(title) = 'X'", "unknown function `upper`"),
        ("count(*) > 1", "aggregates such as `count`"),
        ("max(salary) > 1", "aggregates such as `max`"),
        ("row_number() over () > 1", "window functions"),
        ("random() > 0.5", "changes from call to call"),
        ("title = current_user", "session.user"),
        ("salary > (select 1)", "subquery"),
        ("exists (select 1)", "subqueries"),
        ("emp_id in (select emp_id from employee)", "subqueries"),
        ("title ilike 'x'", "is not allowed"),
        ("title ~ 'x'", "operator `~` is not allowed"),
        ("title like 'x\\'", "escape character"),
        ("title like emp_name", "literal text"),
        ("salary like '5%'", "LIKE takes a text field"),
        ("title = salary", "cannot be compared with"),
        ("title", "a condition is expected"),
        ("'x'", "a condition is expected"),
        ("case when true then true end", "CASE is not allowed"),
        ("works_at.region = 'x'", "across a relationship"),
        ("branch.region = 'x'", "unknown name `branch.region`"),
        ("session.attributes.a = session.attributes.b", "type of two attributes"),
        ("session.attributes.a is null", "cannot ask whether attribute"),
        ("session.application_name = 'x'", "a client can type it freely"),
        ("session.zon = 'x'", "did you mean `session.zone`?"),
        ("session.zone = 'head-offce'", "unknown zone `head-offce` (did you mean `head-office`?)"),
        ("session.zone in ('mars')", "unknown zone `mars`"),
        ("in_org(branch_id, 'self_and_belo')", "did you mean `self_and_below`?"),
        ("in_org(branch_id)", "needs a scope"),
        ("in_org('x', 'self')", "takes a field first"),
        ("in_org(salary, 'self')", "text or integer field"),
        ("in_org(branch_id, title)", "texts in quotes"),
        ("emp_id = $1", "literal $1"),
        ("emp_id = 'a' emp_id", "4:20: bad-expression: nothing is expected after"),
        ("emp_id = ", "bad-expression"),
        ("emp_id = 'a", "bad-expression"),
        (&format!("{}true{}", "(".repeat(200), ")".repeat(200)), "nested too deeply"),
    ] {
        let text = format!("grant: g\nto: everyone\nread: employee\nrows: {rule}\n");
        // Rules that YAML would read otherwise go into a block.
        let block = format!("grant: g\nto: everyone\nread: employee\nrows: |\n  {rule}\n");
        let text = if rule.starts_with('\'') || rule.contains(" #") { block } else { text };
        refused(&[ROLES, &text], &[expected]);
    }
}

#[test]
fn g10_empty_is_refused() {
    refused(&[], &["empty-set"]);
    refused(&[GRANT, ""], &["1.yaml:1:1: empty-file"]);
    refused(&[GRANT, "# only a comment\n---\n"], &["1.yaml:1:1: empty-file"]);
    refused(&["roles: {a: }\n"], &["no rule"]);
}

#[test]
fn findings_name_place_and_remedy() {
    let r = |text: &str, expected: &[&str]| refused(&[ROLES, text], expected);
    r("grnt: g\n", &["1.yaml:1:1: unknown-object: unknown kind of object `grnt` (did you mean `grant`?)"]);
    r("grant: g\nto: everyone\nraed: branch\n", &["1.yaml:3:1: unknown-key", "did you mean `read`?", "needs `read`"]);
    r("grant: g\nread: branch\n", &["a grant needs `to`"]);
    r("grant: g\nto:\nread: branch\n", &["a grant needs `to`"]);
    r("grant: g\nto: all\nread: branch\n", &["`to` cannot be `all`"]);
    r("grant: g\nto: {role: a, user: x}\nread: branch\n", &["exactly one key"]);
    r("grant: g\nto: {rol: a}\nread: branch\n", &["did you mean `role`?"]);
    r(
        "grant: g\nto: {role: [a, bb]}\nread: branch\n",
        &["1.yaml:2:16: unknown-role: unknown role `bb` (did you mean `b`?)"],
    );
    r("grant: g\nto: {role: []}\nread: branch\n", &["must not be empty"]);
    r("grant: g\nto: {any: []}\nread: branch\n", &["at least one part"]);
    r("grant: g\nto: everyone\nread: brnch\n", &["unknown entity `brnch` (did you mean `branch`?)"]);
    r("grant: g\nto: everyone\nread: branch.regio\n", &["unknown field `regio` of `branch` (did you mean `region`?)"]);
    r("grant: g\nto: everyone\nread: branch\nrows:\n", &["`rows` must not be empty"]);
    r("grant: g\nto: everyone\nread: branch\nexcept: [customer.mobile]\n", &["not a field of the rule's entities"]);
    r("grant: g\nto: everyone\nwhen: region = 'x'\nread: branch\n", &["unknown name `region`"]);
    r("grant: g\nto: everyone\nwhen:\nread: branch\n", &["`when` must not be empty"]);
    r("grant: G g\nto: everyone\nread: branch\n", &["not a rule's id"]);
    r("grant: g\nto: {attribute: clearance >}\nread: branch\n", &["bad-expression"]);
    r("grant: g\nto: everyone\nread: branch\nmode: shadw\n", &["1.yaml:4:7: unknown-mode: `mode` cannot be `shadw`"]);
    r("grant: g\nto: everyone\nread: branch\nmode:\n", &["`mode` must not be empty"]);
    r(&format!("{GRANT}---\n{GRANT}"), &["1.yaml:5:8: duplicate-id: rule `base` is given twice, first at 1.yaml:1"]);
    r("restrict: r\nentity: branch\n", &["needs `rows`"]);
    r("restrict: r\nentity: branch.region\nrows: true\n", &["is a field"]);
    r("mask: m\nfields: {tag: pii.fone}\nwith: hide()\n", &["unknown tag `pii.fone` (did you mean `pii.phone`?)"]);
    r("mask: m\nfields: {level: '>=9'}\nwith: hide()\n", &["not a test of a level"]);
    r("mask: m\nfields: {tag: pii.phone, level: 3}\nwith: hide()\n", &["exactly one key"]);
    r("mask: m\nfields: customer\nwith: hide()\n", &["a field is expected"]);
    r(
        "mask: m\nfields: customer.mobile\nwith: kep(3, 4)\n",
        &["1.yaml:3:7: bad-mask: unknown mask `kep` (did you mean `keep`?)"],
    );
    r(
        "mask: m\nfields: txn.amount\nwith: keep(3, 4)\n",
        &["field `txn.amount`: this mask does not fit type numeric(18,2)"],
    );
    r(
        "mask: m\nfields: customer.mobile\nwith: hide()\nuse: token_join\n",
        &["1.yaml:3:7: token-join: `use: token_join` shows a token", "token(domain => '..')"],
    );
    r("mask: m\nfields: customer.mobile\nwith: hide()\nuse: lokup\n", &["did you mean `lookup`?"]);
    r("deny: d\n", &["needs `fields` or `entity`"]);
    r("deny: d\nfields:\nentity: branch\n", &["`fields` must not be empty"]);
    refused(&["roles: {a: {roles: [b]}, b: {roles: [a]}}\n", GRANT], &["role-cycle"]);
    refused(&["roles: {a: {roles: [x]}}\n", GRANT], &["unknown role `x` in `a`"]);
    refused(&["roles: {a: {group: [x]}}\n", GRANT], &["did you mean `groups`?"]);
    refused(&["roles: {a: }\n---\nroles: {a: }\n", GRANT], &["duplicate-id"]);
    refused(&["zones: {z: [10.0.0.0/40]}\n", GRANT], &["bad-network"]);
}

#[test]
fn g5_masks_that_could_meet_are_refused() {
    let pair = |one: &str, two: &str| {
        format!(
            "mask: one\n{one}fields: customer.mobile\nwith: keep(3, 4)\n---\nmask: two\n{two}fields: {{tag: 'pii.phone'}}\nwith: cn_mobile()\n"
        )
    };
    for (one, two) in [
        ("", ""),
        ("to: {role: a}\n", "to: {role: b}\n"),
        ("to: {role: a}\n", "to: {user: x}\n"),
        ("to: {user: [x, y]}\n", "to: {user: y}\n"),
        // Holding b means holding c, not the other way round.
        ("to: {role: c}\n", "to: {not: {role: b}}\n"),
        ("to: {not: {role: a}}\n", "to: {not: {role: b}}\n"),
        ("to: {any: [{role: a}, {role: b}]}\n", "to: {not: {role: a}}\n"),
    ] {
        refused(
            &[ROLES, GRANT, &pair(one, two)],
            &["mask-conflict", "masks `one` (2.yaml:1) and `two`", "customer.mobile"],
        );
    }
    for (one, two) in [
        ("to: {role: a}\n", "to: {not: {role: a}}\n"),
        ("to: {role: a}\n", "to: {not: {role: [a, b]}}\n"),
        ("to: {role: b}\n", "to: {not: {role: c}}\n"),
        ("to: {user: x}\n", "to: {user: y}\n"),
        ("to: {attribute: inside}\n", "to: {not: {attribute: inside}}\n"),
        ("to: {all: [{role: a}, {not: {role: b}}]}\n", "to: {role: b}\n"),
        ("to: {any: [{role: a}, {role: b}]}\n", "to: {not: {role: [a, b]}}\n"),
    ] {
        of(&[ROLES, GRANT, &pair(one, two)]);
    }
}
