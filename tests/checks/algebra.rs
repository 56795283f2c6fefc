//! Cases of the algebra under rules of their own: inherited rules, aggregates alone, tokens across sources, shadows.
//! As policy cases, over the demo bank in both layouts, with a second relation over the customers of `core`.

use std::path::Path;
use std::sync::OnceLock;

use super::policy;
use crate::support::cases::{Kind, files, run};
use crate::support::layout::{self, Layout};
use crate::support::sluice::{Settings, command};
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
                "relation daily_balance: rows whose account in account where TRUE, by whole",
                "relation account: rows whose owner in customer where segment <> '私行', by whole, no-private-banking",
                "sent to crm: SELECT `cust_no` FROM `customers` AS p0 WHERE ",
            ],
        ),
        (
            "watched",
            "SELECT cust_name FROM retail.customer",
            vec![
                "relation customer: shadow watched-name would change mask cust_name",
                "relation customer: shadow watched-rows would change rows",
            ],
        ),
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
            settings.yaml.push_str("  client: {connection: core, table: core.customers}\n");
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
    let mut people: Vec<User> = ["whole", "outsider", "payroll", "linker", "coded", "watched", "crossed", "auditor"]
        .map(|role| user(role, "H00"))
        .into();
    people.push(user("branch", "B10"));
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
";
