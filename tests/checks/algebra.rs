//! Cases of the algebra under rules of their own: inherited rules, aggregates alone, tokens across sources, shadows.
//! As policy cases, over the demo bank in both layouts, with a second relation over the customers of `core`.

use std::path::Path;
use std::sync::OnceLock;

use super::policy;
use crate::support::cases::{Kind, files, run};
use crate::support::layout::{self, Layout};
use crate::support::sluice::{Settings, Sluice, command};
use crate::support::users::{self, User};
use crate::support::{eventually, fresh_directory, repository};

const ALGEBRA: Kind = Kind { folder: "algebra", ..policy::POLICY };

#[test]
fn algebra_cases() {
    run(&ALGEBRA, |case| policy::check_on(case, named));
}

#[test]
fn what_a_shadow_rule_would_have_done_is_in_the_audit() {
    let layout = named("embedded");
    let mut session = layout.sluice.login("watched");
    assert!(session.simple("SELECT cust_name AS shadowed FROM retail.customer LIMIT 1").error.is_none());
    let answer = eventually("the record", std::time::Duration::from_secs(20), || {
        let told =
            layout.audit("SELECT shadows FROM audit.queries WHERE statement LIKE '%AS shadowed%' AND outcome = 'done'");
        told.rows.into_iter().next().and_then(|row| row[0].clone()).ok_or_else(|| "no record".to_string())
    });
    assert_eq!(answer, "customer:watched-name:mask cust_name, customer:watched-rows:rows");
}

#[test]
fn explain_tells_what_is_inherited_and_what_a_shadow_would_change() {
    let config = named("servers").sluice.settings.file();
    let config = config.to_str().expect("a plain path");
    let explain = |user: &str, sql: &str| {
        let output = command(&["explain", "--config", config, "--as", user, sql]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).to_string()
    };
    for (user, sql, lines) in [
        (
            "outsider",
            "SELECT count(*) FROM retail.daily_balance",
            vec![
                "relation daily_balance: rows follow account (account): TRUE by whole",
                "relation daily_balance: rows follow owner (customer): segment <> '私行' by whole, no-private-banking",
                "sent to crm: SELECT `cust_no` FROM `customers` AS p0 WHERE ",
            ],
        ),
        (
            "watched",
            "SELECT cust_name FROM retail.customer",
            vec![
                "relation customer: shadow watched-name: mask cust_name",
                "relation customer: shadow watched-rows: rows",
            ],
        ),
        (
            "outsider",
            "SELECT count(*) FROM retail.holding",
            vec!["EXISTS (SELECT 1 FROM \"core\".\"customers\" AS p0p WHERE "],
        ),
        // Texts of MariaDB do not join by their bytes there and stay quick.
        ("outsider", "SELECT phone FROM retail.contact", vec!["HashJoinExec"]),
        ("linker", "SELECT cert_no FROM retail.client", vec!["client.cert_no masked by cert-token"]),
    ] {
        let told = explain(user, sql);
        assert!(lines.iter().all(|line| told.contains(line)), "{lines:#?} in\n{told}");
    }
}

fn named(name: &str) -> &'static Layout {
    static EMBEDDED: OnceLock<Layout> = OnceLock::new();
    static SERVERS: OnceLock<Layout> = OnceLock::new();
    match name {
        "embedded" => EMBEDDED.get_or_init(|| {
            let directory = fresh_directory("algebra-embedded");
            Layout::start("embedded", &governed(layout::embedded_settings(&directory), &directory))
        }),
        "servers" => SERVERS.get_or_init(|| {
            let directory = fresh_directory("algebra-servers");
            let mut settings = layout::servers_settings(&directory);
            for (entity, connection, table) in [
                ("client", "core", "core.customers"),
                ("holding", "core", "core.accounts"),
                ("contact", "crm", "customers"),
            ] {
                let place = format!("placement:\n  {entity}: {{connection: {connection}, table: {table}}}\n");
                settings.yaml = settings.yaml.replace("placement:\n", &place);
            }
            Layout::start("servers", &governed(settings, &directory))
        }),
        other => panic!("no layout {other}"),
    }
}

/// The settings with the rules of these cases, and the shipped catalog with every rule travelling.
fn governed(mut settings: Settings, directory: &Path) -> Settings {
    let shipped = repository().join("catalog");
    for path in files(&shipped, "yaml") {
        let target = directory.join("catalog").join(path.strip_prefix(&shipped).expect("inside"));
        std::fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
        let text = std::fs::read_to_string(&path).expect("a catalog file");
        std::fs::write(&target, text.replace("inherits_policy: restrictions", "inherits_policy: true"))
            .expect("a copy");
    }
    std::fs::write(directory.join("catalog/client.yaml"), CLIENT).expect("the second relation");
    settings.catalog = directory.join("catalog");
    settings.policies = repository().join("tests/algebra/policies");
    let user = |role: &'static str, post: &'static str| User { name: role, roles: vec![role], posts: vec![post] };
    let at_head_office = [
        "whole", "outsider", "payroll", "linker", "coded", "watched", "crossed", "unstated", "seeker", "blurred",
        "auditor",
    ];
    let mut people: Vec<User> = at_head_office.map(|role| user(role, "H00")).into();
    people.push(user("branch", "B10"));
    people.push(User { name: "two", roles: vec!["two-all", "two-own"], posts: vec!["H00"] });
    users::write(&directory.join("users.yaml"), &people);
    settings
}

const CLIENT: &str = "entity: client
domain: retail
label: {zh: 客户副本, en: Client}
source: {connection: core, table: customers}
key: [client_id]
fields:
  client_id: {column: cust_no, type: text, level: 2, nullable: false}
  cert_no: {column: cert_no, type: text, level: 4}
  segment: {column: seg, type: text, level: 2}
---
entity: holding
domain: retail
label: {zh: 持有账户, en: Holding}
source: {connection: core, table: accounts}
key: [holding_id]
fields:
  holding_id: {column: acct_no, type: text, level: 2, nullable: false}
  client_id: {column: cust_no, type: text, level: 2}
relationships:
  owner: {to: client, keys: {client_id: client_id}}
---
entity: contact
domain: retail
label: {zh: 联系方式, en: Contact}
source: {connection: core, table: customers}
key: [contact_id]
fields:
  contact_id: {column: cust_no, type: text, level: 2, nullable: false}
  phone: {column: mob, type: text, level: 3}
relationships:
  of: {to: customer, keys: {contact_id: cust_id}}
";

/// Puts further rules behind those of the cases.
fn with_rules(settings: &mut Settings, directory: &Path, more: &str) {
    let rules = std::fs::read_to_string(repository().join("tests/algebra/policies/bank.yaml")).expect("the rules");
    settings.policies = directory.join("policies");
    std::fs::create_dir_all(&settings.policies).expect("a folder");
    std::fs::write(settings.policies.join("bank.yaml"), rules + more).expect("the rules");
}

/// Notes of customers: one of each kind that a rule may meet.
const NOTES: &str = "entity: note
domain: retail
label: {zh: 备注, en: Note}
source: {connection: core, table: notes}
key: [note_id]
fields:
  note_id: {column: id, type: text, level: 1}
  cust_id: {column: cust, type: text, level: 2}
relationships:
  about: {to: customer, keys: {cust_id: cust_id}}
---
entity: slip
domain: retail
label: {zh: 便条, en: Slip}
source: {connection: files, table: slips}
key: [slip_id]
fields:
  slip_id: {column: id, type: text, level: 1}
  cust_id: {column: cust, type: text, level: 2}
relationships:
  about: {to: note, keys: {slip_id: note_id}}
";

/// In one source with their parents, and in another: rows without a parent, and with NULL for a key, are hidden where
/// a rule holds for the parent, and show where none does.
#[test]
fn orphans_are_hidden_where_a_rule_holds() {
    let directory = fresh_directory("algebra-orphans");
    let mut settings = governed(layout::embedded_settings(&directory), &directory);
    let database = rusqlite::Connection::open(directory.join("core.db")).expect("the SQLite file");
    let kinds = "SELECT min(CASE WHEN seg <> '私行' THEN cust_no END), min(CASE WHEN seg = '私行' THEN cust_no END) FROM customers";
    let (shown, hidden): (String, String) =
        database.query_row(kinds, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("customers of both kinds");
    let notes = format!(
        "CREATE TABLE notes (id TEXT NOT NULL, cust TEXT); INSERT INTO notes VALUES ('a', '{shown}'), ('b', '{hidden}'), \
         ('c', NULL), ('d', 'nobody');"
    );
    database.execute_batch(&notes).expect("the notes");
    std::fs::create_dir_all(directory.join("files")).expect("a folder");
    std::fs::write(directory.join("files/slips.csv"), "id,cust\na,x\nb,x\nc,x\nd,x\ne,x\n,x\n").expect("the slips");
    std::fs::write(directory.join("catalog/notes.yaml"), NOTES).expect("the third relation");
    let path = directory.to_str().expect("a plain path");
    settings.yaml =
        settings.yaml.replace("connections:\n", &format!("connections:\n  files: {{kind: csv, path: {path}/files}}\n"));
    let more = "---\ngrant: notes\nto: {role: [whole, outsider]}\nread: [note, slip]\n";
    with_rules(&mut settings, &directory, more);
    let sluice = Sluice::start(&settings);
    for (user, notes, slips) in [("outsider", "a", "a"), ("whole", "a b c d", "NULL a b c d e")] {
        let mut session = sluice.login(user);
        for (sql, expected) in [
            ("SELECT note_id FROM retail.note", notes),
            ("SELECT slip_id FROM retail.slip", slips),
            ("SELECT slip_id FROM retail.slip LEFT JOIN retail.note ON slip_id = note_id", slips),
        ] {
            let answer = session.simple(sql);
            assert!(answer.error.is_none(), "{sql}: {:?}", answer.error);
            let mut found: Vec<&str> = answer.rows.iter().map(|row| row[0].as_deref().unwrap_or("NULL")).collect();
            found.sort_unstable();
            assert_eq!(found.join(" "), expected, "{user}: {sql}");
        }
    }
}

/// A relation whose file holds what its columns cannot: SQLite keeps any value in any column.
const ODD: &str = "entity: odd
domain: retail
label: {zh: 杂项, en: Odd}
source: {connection: core, table: odd}
key: [id]
fields:
  id: {column: id, type: int, level: 1}
  vip: {column: vip, type: bool, level: 1}
  pay: {column: pay, type: \"decimal(12,2)\", level: 4}
  born: {column: born, type: date, level: 3}
";

/// A rule on a value that is none hides the row, and a value that nobody sees as it is ends no statement.
#[test]
fn values_that_are_none_tell_nothing() {
    let directory = fresh_directory("algebra-odd");
    let mut settings = governed(layout::embedded_settings(&directory), &directory);
    let database = rusqlite::Connection::open(directory.join("core.db")).expect("the SQLite file");
    let rows = "CREATE TABLE odd (id INTEGER NOT NULL, vip, pay, born); INSERT INTO odd VALUES \
                (1, 1, 100, '2000-01-01'), (2, 0, 200, '2001-01-01'), (3, 'maybe', 'abc', 'soon');";
    database.execute_batch(rows).expect("the rows");
    std::fs::write(directory.join("catalog/odd.yaml"), ODD).expect("the third relation");
    let more = "---\ngrant: odd-not-vip\nto: {role: whole}\nread: odd\nrows: not vip\n---\n\
                grant: odd-vip\nto: {role: linker}\nread: odd\nrows: vip <> true\n---\n\
                grant: odd\nto: {role: outsider}\nread: odd\n---\n\
                mask: odd-pay\nto: {role: outsider}\nfields: odd.pay\nwith: bucket(100)\n---\n\
                mask: odd-born\nto: {role: outsider}\nfields: odd.born\nwith: date_trunc('year')\n---\n\
                grant: odd-id\nto: {role: payroll}\nread: [odd.id]\n---\n\
                grant: odd-sum\nto: {role: payroll}\nread: [odd.pay]\naggregate_only: true\nmin_group: 2\n";
    with_rules(&mut settings, &directory, more);
    let sluice = Sluice::start(&settings);
    for (user, sql, expected) in [
        ("whole", "SELECT count(*) FROM retail.odd", "1"),
        ("linker", "SELECT count(*) FROM retail.odd", "1"),
        ("outsider", "SELECT pay, born FROM retail.odd ORDER BY id", "100.00 2000-01-01, 200.00 2001-01-01, NULL NULL"),
        ("payroll", "SELECT sum(pay) FROM retail.odd WHERE id = 3", "NULL"),
        ("payroll", "SELECT sum(pay) FROM retail.odd WHERE id = 2", "NULL"),
        ("payroll", "SELECT sum(pay) FROM retail.odd WHERE id < 3", "300.00"),
        // What she sees as it is, is an error.
        ("outsider", "SELECT vip FROM retail.odd", "42804"),
    ] {
        let answer = sluice.login(user).simple(sql);
        let cells = |row: &Vec<Option<String>>| {
            row.iter().map(|cell| cell.as_deref().unwrap_or("NULL")).collect::<Vec<_>>().join(" ")
        };
        let found = match &answer.error {
            Some(error) => error.code.clone(),
            None => answer.rows.iter().map(cells).collect::<Vec<_>>().join(", "),
        };
        assert_eq!(found, expected, "{user}: {sql} {:?}", answer.error);
    }
}
