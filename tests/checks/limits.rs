//! Limits of persons, enforced on every path, and not forgotten by a server that is killed.

use crate::support::client::{Answer, Form};
use crate::support::keep::run_to_end;
use crate::support::layout::embedded_settings;
use crate::support::sluice::{Settings, Sluice, command};
use crate::support::users::{self, User};
use crate::support::wire::Wire;
use crate::support::{eventually, fresh_directory};

const RULES: &str = "\
roles: {desk: , daily: , bytes: , finder: , single: , auditor: }
---
grant: bank
to: {role: [desk, daily, bytes, finder, single]}
read: [customer, branch]
---
grant: audit
to: {role: auditor}
read: [audit.queries]
---
limit: desk
to: {role: desk}
rows_per_query: 10
---
limit: roomy
to: {role: desk}
rows_per_query: 100
---
limit: daily
to: {role: daily}
rows_per_day: 40
---
limit: bytes
to: {role: bytes}
bytes_per_query: 2000
---
limit: finder
to: {role: finder}
lookups_per_day: 20
---
limit: single
to: {role: single}
statements_in_parallel: 1
---
mask: mobile
to: {role: finder}
fields: customer.mobile
with: cn_mobile()
use: lookup
";

fn settings(purpose: &str) -> Settings {
    let directory = fresh_directory(purpose);
    let mut settings = embedded_settings(&directory);
    settings.policies = directory.join("policies");
    std::fs::create_dir_all(&settings.policies).expect("a folder");
    std::fs::write(settings.policies.join("limits.yaml"), RULES).expect("the rules");
    let people = ["desk", "daily", "bytes", "finder", "single", "auditor"];
    let user = |role: &'static str| User { name: role, roles: vec![role], posts: vec!["H00"] };
    users::write(&directory.join("users.yaml"), &people.map(user));
    settings
}

/// Rows received, and the error with its detail.
fn told(answer: &Answer) -> String {
    match &answer.error {
        None => format!("{} rows", answer.rows.len() + answer.copied.lines().count()),
        Some(error) => format!("{} {} | {}", error.code, error.message, error.detail.as_deref().unwrap_or_default()),
    }
}

fn ask(session: &mut Wire, sql: &str) -> String {
    told(&session.ask(Form::Simple, sql, &[]))
}

const CUSTOMERS: &str = "SELECT cust_id FROM retail.customer";

#[test]
fn rows_and_bytes_of_a_statement_on_every_path() {
    let sluice = Sluice::start(&settings("limits-query"));
    let limit = "54000 the statement returns more than 10 rows | Limit rows_per_query is 10.";
    let mut desk = sluice.login("desk");
    for form in [Form::Simple, Form::ExtendedText, Form::ExtendedBinary] {
        assert_eq!(told(&desk.ask(form, &format!("{CUSTOMERS} LIMIT 10"), &[])), "10 rows", "{form:?}");
        assert_eq!(told(&desk.ask(form, &format!("{CUSTOMERS} LIMIT 11"), &[])), limit, "{form:?}");
        assert_eq!(told(&desk.ask(form, &format!("COPY ({CUSTOMERS} LIMIT 11) TO STDOUT"), &[])), limit, "{form:?}");
        assert_eq!(told(&desk.ask(form, "SELECT count(*) FROM retail.customer", &[])), "1 rows", "{form:?}");
    }
    assert_eq!(ask(&mut desk, "BEGIN"), "0 rows");
    assert_eq!(ask(&mut desk, &format!("DECLARE c SCROLL CURSOR FOR {CUSTOMERS}")), "0 rows");
    assert_eq!(ask(&mut desk, "FETCH 6 FROM c"), "6 rows");
    assert_eq!(ask(&mut desk, "FETCH BACKWARD 3 FROM c"), "3 rows");
    assert_eq!(ask(&mut desk, "FETCH 7 FROM c"), "7 rows");
    assert_eq!(ask(&mut desk, "FETCH 1 FROM c"), limit);
    assert_eq!(ask(&mut desk, "ROLLBACK"), "0 rows");
    // Moving over rows is no way around.
    assert_eq!(ask(&mut desk, "BEGIN"), "0 rows");
    assert_eq!(ask(&mut desk, &format!("DECLARE c SCROLL CURSOR FOR {CUSTOMERS}")), "0 rows");
    assert_eq!(ask(&mut desk, "MOVE FORWARD ALL FROM c"), limit);
    assert_eq!(ask(&mut desk, "ROLLBACK"), "0 rows");
    assert_eq!(ask(&mut desk, "SET lc_messages = 'zh_CN'"), "0 rows");
    assert!(ask(&mut desk, CUSTOMERS).contains("该语句返回的行数超过 10"));
    let mut bytes = sluice.login("bytes");
    assert_eq!(ask(&mut bytes, &format!("{CUSTOMERS} LIMIT 5")), "5 rows");
    let over = "54000 the statement returns more than 2000 bytes | Limit bytes_per_query is 2000.";
    assert_eq!(ask(&mut bytes, CUSTOMERS), over);
    assert_eq!(ask(&mut bytes, &format!("COPY ({CUSTOMERS}) TO STDOUT (FORMAT binary)")), over);
}

#[test]
fn statements_at_the_same_time() {
    let sluice = Sluice::start(&settings("limits-parallel"));
    let (mut one, mut two) = (sluice.login("single"), sluice.login("single"));
    let over = "54000 you may run 1 statements at the same time | Limit statements_in_parallel is 1.";
    ask(&mut one, "BEGIN");
    ask(&mut one, &format!("DECLARE c CURSOR FOR {CUSTOMERS}"));
    assert_eq!(ask(&mut two, "SELECT count(*) FROM retail.customer"), over);
    assert_eq!(ask(&mut two, "SELECT 1"), "1 rows", "what reads nothing of the bank is not counted");
    ask(&mut one, "CLOSE c");
    assert_eq!(ask(&mut two, "SELECT count(*) FROM retail.customer"), "1 rows");
    ask(&mut one, &format!("DECLARE c CURSOR FOR {CUSTOMERS}"));
    assert_eq!(ask(&mut two, "SELECT count(*) FROM retail.customer"), over);
    drop(one);
    eventually("the end of the other session", std::time::Duration::from_secs(20), || {
        match ask(&mut two, "SELECT count(*) FROM retail.customer").as_str() {
            "1 rows" => Ok(()),
            other => Err(other.to_string()),
        }
    });
}

#[test]
fn a_killed_server_remembers_what_was_taken() {
    let settings = settings("limits-day");
    // Keeps the directory over the death of the first server.
    std::fs::write(settings.directory.join("hold"), "").expect("a mark");
    let sluice = Sluice::start(&settings);
    let mut daily = sluice.login("daily");
    assert_eq!(ask(&mut daily, &format!("{CUSTOMERS} LIMIT 25")), "25 rows");
    let mut finder = sluice.login("finder");
    let find = |finder: &mut Wire, values: usize| {
        let list: Vec<String> = (0..values).map(|n| format!("'1380000{n:04}'")).collect();
        ask(finder, &format!("SELECT cust_id FROM retail.customer WHERE mobile IN ({})", list.join(", ")))
    };
    let over = |text: &str| {
        assert!(text.starts_with("54000 you may look up 20 values of customer.mobile a day | Limit lookups_per_day is 20; it begins anew at "), "{text}");
        assert!(text.ends_with(" 00:00:00+08."), "{text}");
    };
    assert_eq!(find(&mut finder, 16), "0 rows");
    over(&find(&mut finder, 5));
    assert_eq!(find(&mut finder, 3), "0 rows");
    drop((daily, finder));
    run_to_end(&["kill".into(), "-KILL".into(), sluice.kept.pid().to_string()]);
    sluice.kept.stop();
    let sluice = Sluice::start(&settings);
    let mut finder = sluice.login("finder");
    assert_eq!(find(&mut finder, 1), "0 rows", "the twentieth");
    over(&find(&mut finder, 1));
    assert_eq!(ask(&mut finder, "SELECT count(*) FROM retail.customer WHERE mobile LIKE '138%'"), "1 rows");
    let mut daily = sluice.login("daily");
    let over = ask(&mut daily, &format!("{CUSTOMERS} LIMIT 16"));
    assert!(
        over.starts_with("54000 you have taken your 40 rows of today | Limit rows_per_day is 40; it begins anew at "),
        "{over}"
    );
    // Fifteen were left, or one portion less, and the statement before took them.
    assert!(ask(&mut daily, "SELECT 1 FROM retail.branch LIMIT 1").starts_with("54000"));
    std::fs::remove_file(settings.directory.join("hold")).expect("the mark");
    let mut auditor = sluice.login("auditor");
    let refused =
        "SELECT 1 FROM audit.queries WHERE user_name = 'finder' AND outcome = 'refused' AND sqlstate = '54000'";
    eventually("both refusals in the audit", std::time::Duration::from_secs(20), || {
        match ask(&mut auditor, refused).as_str() {
            "2 rows" => Ok(()),
            other => Err(other.to_string()),
        }
    });
    let config = settings.file().to_str().expect("a plain path").to_string();
    let output = command(&["explain", "--config", &config, "--as", "finder", CUSTOMERS]);
    let text = String::from_utf8_lossy(&output.stdout).to_string();
    assert!(text.contains("limit lookups_per_day: 20 by finder"), "{text}");
    let mut session = sluice.login("finder");
    let plan = session.ask(Form::Simple, &format!("EXPLAIN {CUSTOMERS}"), &[]);
    let line = |row: &Vec<Option<String>>| row[0].as_deref().map(str::trim) == Some("limit lookups_per_day: 20");
    assert!(plan.rows.iter().any(line), "{:?}", plan.rows);
}
