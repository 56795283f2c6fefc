//! The commands about policies: `test`, `explain`, `preview`, `matrix`, `diff`, over the demo bank and what ships.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use sluice_base::{Language, Limits};
use sluice_model::audit::{Event, Outcome, Record, SessionInfo, Sink, Trail};
use sluice_model::catalog::SourceFile;
use sluice_model::policy;
use sluice_server::audit::{AuditOptions, FileSink, read_all};
use sluice_server::commands::test::{Bench, Case, cases_of};
use sluice_server::commands::{self, DiffOptions, ExplainOptions, Format, MatrixOptions, PreviewOptions, TestOptions};

use super::attack::ATTACK;
use super::matrix::{leave_out, read, snapshot, the_catalog};
use super::policy::{POLICY, fill_in, given};
use crate::support::attack_sources::Source;
use crate::support::attack_world::attacked;
use crate::support::cases::cases;
use crate::support::layout::{audit_lines, embedded, embedded_settings};
use crate::support::sluice::PASSWORD;
use crate::support::{block_on, eventually, fresh_directory, repository};

/// Exit code 0, and what was printed to either stream.
struct Printed {
    passed: bool,
    out: String,
    err: String,
}

fn printed(run: impl AsyncFnOnce(&mut Vec<u8>, &mut Vec<u8>) -> std::process::ExitCode) -> Printed {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = block_on(run(&mut out, &mut err));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    // `ExitCode` cannot be compared.
    let passed = format!("{code:?}") == format!("{:?}", std::process::ExitCode::SUCCESS);
    Printed { passed, out: text(out), err: text(err) }
}

fn config() -> PathBuf {
    embedded().sluice.settings.file()
}

// --- test

fn shipped_cases() -> Vec<Case> {
    cases_of(&[repository().join("policies/cases")]).expect("the shipped cases are read")
}

/// Names of the cases that fail under these policies.
fn failing(files: &[SourceFile]) -> Vec<String> {
    let catalog = Arc::new(the_catalog());
    let policies = policy::load(files, &catalog).unwrap_or_else(|found| panic!("{found:?}"));
    let snapshot = snapshot(&catalog, policies);
    let bench = Bench { snapshot: &snapshot, users: None, limits: &Limits::default() };
    shipped_cases().iter().filter_map(|case| bench.check(case).err()).map(|failure| format!("{failure:?}")).collect()
}

#[test]
fn shipped_cases_pass() {
    assert_eq!(failing(&read("policies")), Vec::<String>::new());
}

#[test]
fn without_any_one_shipped_rule_some_case_fails() {
    let shipped = read("policies");
    let whole = policy::load(&shipped, &the_catalog()).expect("the shipped policies");
    for rule in whole.rule_ids() {
        let without: Vec<SourceFile> = shipped
            .iter()
            .map(|file| SourceFile { path: file.path.clone(), text: leave_out(&file.text, rule) })
            .filter(|file| !file.text.trim().is_empty())
            .collect();
        assert!(!failing(&without).is_empty(), "no case of policies/cases fails without rule {rule}");
    }
}

#[test]
fn cases_with_rows_read_the_sources_and_failures_say_where() {
    let folder = fresh_directory("cases");
    let file = folder.join("a.case");
    let good = "case rows\nas jj_teller\nask SELECT count(*) FROM retail.branch\nrows\n        1\n";
    std::fs::write(&file, good).expect("a file");
    let test = |format| {
        let options = TestOptions { config: config(), paths: vec![file.clone()], format, ..TestOptions::default() };
        printed(async |out, err| commands::test(&options, out, err).await)
    };
    let run = test(commands::ReportFormat::Text);
    assert!(run.passed && run.out == "1 case, all pass\n", "{}{}", run.out, run.err);
    std::fs::write(&file, good.replace("        1", "        2")).expect("a file");
    let run = test(commands::ReportFormat::Text);
    assert!(!run.passed && run.out.contains("a.case:4: rows: the rows are others"), "{}{}", run.out, run.err);
    let run = test(commands::ReportFormat::Json);
    let json: Value = serde_json::from_str(&run.out).expect("JSON");
    assert_eq!((&json["failed"], &json["failures"][0]["got"][0]), (&Value::from(1), &Value::from("1")));
    let run = test(commands::ReportFormat::Sarif);
    let sarif: Value = serde_json::from_str(&run.out).expect("JSON");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "case-failed");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 4);
}

// --- explain

/// What an audit line says was decided.
fn recorded(line: &str) -> Option<[BTreeSet<String>; 3]> {
    let list = |key: &str| -> BTreeSet<String> {
        let Some((_, rest)) = line.split_once(&format!(" {key}=")) else { return BTreeSet::new() };
        let keys = [" rows=", " relations=", " rules=", " masks=", " lookups=", " sqlstate="];
        let end = keys.iter().filter_map(|next| rest.find(next)).min().unwrap_or(rest.len());
        rest[..end].split(", ").map(str::to_string).collect()
    };
    line.contains(" relations=").then(|| [list("relations"), list("rules"), list("masks")])
}

/// The same from what `sluice explain` says of a statement.
fn explained(statement: &Value) -> Option<[BTreeSet<String>; 3]> {
    let text = |value: &Value| value.as_str().expect("a text").to_string();
    let relations = statement["relations"].as_array()?;
    let (mut names, mut rules, mut masks) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for relation in relations {
        names.insert(text(&relation["relation"]));
        rules.extend(relation["rules"].as_array().expect("a list").iter().map(text));
        for mask in relation["masks"].as_array().expect("a list") {
            masks.insert(format!("{}.{}:{}", text(&relation["relation"]), text(&mask["field"]), text(&mask["rule"])));
        }
    }
    (!names.is_empty()).then_some([names, rules, masks])
}

/// What `sluice explain` says without executing.
fn explain(config: PathBuf, user: &str, sql: &str) -> Value {
    let (user, sql) = (user.to_string(), sql.to_string());
    let options = ExplainOptions { config, user, sql, format: Format::Json, language: Language::En };
    let run = printed(async |out, err| commands::explain(&options, out, err).await);
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}{}", run.out, run.err))
}

/// Where the two say different things, both.
fn disagreement(sql: &str, told: &Value, recorded: &[[BTreeSet<String>; 3]]) -> Option<String> {
    let statements = told["statements"].as_array().cloned().unwrap_or_default();
    let explained: Vec<_> = statements.iter().filter_map(explained).collect();
    let differ = explained != recorded;
    differ.then(|| format!("{sql}\nexplained {explained:#?}\nrecorded {recorded:#?}\n{}", told["error"]))
}

/// The audit lines of the cases are what execution recorded, which `policy_cases` checks.
#[test]
fn explain_agrees_with_what_execution_recorded() {
    let (mut compared, mut differing) = (0, Vec::new());
    for case in cases(&POLICY) {
        let recorded: Vec<_> = case.all("audit").filter_map(recorded).collect();
        // Settings and prepared statements of a session are none of the command's.
        if recorded.is_empty() || case.all("before").next().is_some() {
            continue;
        }
        let values = given(&case).expect("values of the reference");
        let filled = fill_in(&case, &values);
        let sql = filled.need("ask");
        compared += 1;
        differing.extend(disagreement(sql, &explain(config(), case.need("as"), sql), &recorded));
    }
    assert!(compared > 100, "only {compared} cases were compared");
    assert!(differing.is_empty(), "{} of {compared} differ\n{}", differing.len(), differing.join("\n"));
}

/// Attacks do not say what the audit has of them: each is run once more, and its records are read.
#[test]
fn explain_agrees_with_what_execution_recorded_of_attacks() {
    let attacked = attacked(Source::Sqlite, "plain");
    let mut asked = Vec::new();
    for (at, case) in cases(&ATTACK).into_iter().enumerate() {
        // Settings, prepared statements and parameters of a session are none of the command's.
        if case.all("ask").count() != 1 || ["first", "policy", "bind"].iter().any(|key| case.get(key).is_some()) {
            continue;
        }
        let application = format!("explained-{at}");
        let session = attacked.sluice.try_login(case.need("as"), PASSWORD, &application);
        let answer = session.expect("a login").simple(case.need("ask"));
        asked.push((application, case, answer.error.is_some()));
    }
    let (mut compared, mut differing) = (0, Vec::new());
    for (application, case, failed) in asked {
        let lines = audit_lines(&attacked.sluice, &attacked.auditor, &application, &[]);
        let recorded: Vec<_> = lines.iter().filter_map(|line| recorded(line)).collect();
        // What fails while rows are read is not told by the command, which reads none.
        if recorded.is_empty() || failed {
            continue;
        }
        compared += 1;
        let sql = case.need("ask");
        let told = explain(attacked.sluice.settings.file(), case.need("as"), sql);
        differing.extend(disagreement(sql, &told, &recorded));
    }
    assert!(compared > 30, "only {compared} cases were compared");
    assert!(differing.is_empty(), "{} of {compared} differ\n{}", differing.len(), differing.join("\n"));
}

// --- matrix

#[test]
fn the_matrix_is_printed_for_people_and_for_programs() {
    let options = MatrixOptions { config: config(), language: Language::Zh, ..MatrixOptions::default() };
    let run = printed(async |out, err| commands::matrix(&options, out, err).await);
    assert!(run.passed, "{}", run.err);
    assert!(run.out.starts_with("角色") && run.out.contains("\n用户"), "{}", run.out);
    for expected in ["M mobile", "m mobile-lookup", "customer 客户", "branch-and-below", "全部行"] {
        assert!(run.out.contains(expected), "no {expected} in\n{}", run.out);
    }
    let options = MatrixOptions { format: Format::Json, users: true, ..options };
    let run = printed(async |out, err| commands::matrix(&options, out, err).await);
    let json: Value = serde_json::from_str(&run.out).expect("JSON");
    assert!(json.get("roles").is_none());
    let teller = json["users"].as_array().expect("users").iter().find(|user| user["name"] == "jj_teller");
    let entities = teller.expect("the teller")["entities"].as_array().expect("entities").clone();
    let of = |id: &str| entities.iter().find(|entity| entity["entity"] == id).expect("an entity").clone();
    assert_eq!(of("queries")["visible"], false);
    let customer = of("customer");
    assert_eq!(customer["filters"][0], "own-branch");
    let fields = customer["fields"].as_array().expect("fields").clone();
    let mobile = fields.iter().find(|field| field["field"] == "mobile").expect("the mobile");
    assert_eq!((&mobile["state"], &mobile["mask"]["rule"]), (&"masked".into(), &"mobile-lookup".into()));
    assert_eq!(mobile["filtered"], true);
}

// --- preview

fn preview(user: &str, by: &str, entity: &str, format: Format) -> Printed {
    let (user, by, entity) = (user.to_string(), by.to_string(), entity.to_string());
    let options = PreviewOptions { config: config(), user, by, entity, rows: 3, format, language: Language::En };
    printed(async |out, err| commands::preview(&options, out, err).await)
}

#[test]
fn a_preview_shows_both_sides_and_is_on_record() {
    let run = preview("jj_teller", "risk_officer", "客户", Format::Json);
    assert!(run.passed, "{}", run.err);
    let json: Value = serde_json::from_str(&run.out).expect("JSON");
    let rows = json["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 3);
    for row in rows {
        let text = |field: &str, side: &str| row[field][side].as_str().unwrap_or_default().to_string();
        assert_eq!(text("branch_id", "original"), "B11", "a row that the teller does not see: {row}");
        let (raw, seen) = (text("mobile", "original"), text("mobile", "seen"));
        assert_eq!(seen, format!("{}****{}", &raw[..3], &raw[7..]), "{row}");
        assert_eq!(text("cert_no", "original"), text("cert_no", "seen"), "{row}");
    }
    // What the teller really gets is the same.
    let ids: Vec<String> =
        rows.iter().map(|row| format!("'{}'", row["cust_id"]["original"].as_str().expect("an id"))).collect();
    let asked = format!("SELECT mobile FROM retail.customer WHERE cust_id IN ({}) ORDER BY cust_id", ids.join(", "));
    let answer = embedded().sluice.login("jj_teller").simple(&asked);
    let seen: Vec<&str> = rows.iter().map(|row| row["mobile"]["seen"].as_str().expect("a mobile")).collect();
    assert_eq!(answer.lines(true), seen);
    // The server is running and has its own log locked; the auditor sees the preview all the same.
    let asked = "SELECT user_name, rows, relations FROM audit.queries WHERE application_name = 'sluice preview' \
                 AND statement LIKE '/* sluice preview as jj_teller */%' AND outcome = 'done'";
    eventually("the preview is on record", Duration::from_secs(20), || {
        let lines = embedded().audit(asked).lines(false);
        if lines.iter().any(|line| line == "risk_officer | 3 | customer") { Ok(()) } else { Err(format!("{lines:?}")) }
    });
}

#[test]
fn a_preview_is_no_wider_than_the_steward() {
    let run = preview("jj_teller", "hq_analyst", "customer", Format::Text);
    assert!(!run.passed && run.out.is_empty() && run.err.contains("explain: full"), "{}{}", run.out, run.err);
    let run = preview("risk_officer", "steward", "customer", Format::Json);
    let json: Value = serde_json::from_str(&run.out).expect("JSON");
    for row in json["rows"].as_array().expect("rows") {
        let mobile = &row["mobile"];
        assert_eq!(mobile["original"], mobile["seen"], "{row}");
        assert!(mobile["original"].as_str().is_some_and(|shown| shown.contains("****")), "raw for the steward: {row}");
    }
    let hidden = json["rows"][0].get("salary");
    assert!(hidden.is_none());
    let run = preview("risk_officer", "steward", "employee", Format::Text);
    assert!(run.passed && !run.out.contains("salary"), "{}{}", run.out, run.err);
    let run = preview("cd_manager", "risk_officer", "employee", Format::Text);
    let salary = run.out.lines().find(|line| line.starts_with("salary"));
    assert!(salary.is_some_and(|line| line.contains("(not there)")), "{}{}", run.out, run.err);
    let run = preview("jj_teller", "risk_officer", "queries", Format::Text);
    assert!(!run.passed && run.err.contains("does not exist"), "{}{}", run.out, run.err);
}

// --- diff

/// The org rule of branch managers, and a narrower one.
const BRANCH_AND_BELOW: &str = "employee, daily_balance, txn]\nrows: in_org(branch_id, 'self_and_below')";
const BRANCH_ALONE: &str = "employee, daily_balance, txn]\nrows: in_org(branch_id, 'self')";

/// A copy of the shipped policies with one text put for another.
fn changed_policies(directory: &Path, from: &str, to: &str) -> PathBuf {
    let folder = directory.join("policies-new");
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut found = 0;
    for file in read("policies") {
        found += file.text.matches(from).count();
        let name = Path::new(&file.path).file_name().expect("a name").to_owned();
        std::fs::write(folder.join(name), file.text.replace(from, to)).expect("a policy file");
    }
    assert_eq!(found, 1, "{from:?} stands once in the shipped policies");
    folder
}

fn diff(options: &DiffOptions) -> (bool, Value) {
    let run = printed(async |out, err| commands::diff(options, out, err).await);
    let json = serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}{}", run.out, run.err));
    (run.passed, json)
}

fn differing(json: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_string();
    let differs = json["replay"]["differs"].as_array().expect("a list");
    differs.iter().map(|differs| (text(&differs["user"]), text(&differs["statement"]))).collect()
}

#[test]
fn a_changed_line_names_exactly_whom_and_what_it_changes() {
    let directory = fresh_directory("diff");
    let settings = embedded_settings(&directory);
    let sluice = crate::support::sluice::Sluice::start(&settings);
    let accounts = "SELECT count(*) FROM retail.account";
    let asked = [
        ("cd_manager", accounts),
        ("cd_manager", "SELECT count(*) FROM retail.calendar"),
        ("cd_manager", "SELECT nothing FROM retail.account"),
        ("jj_teller", accounts),
        ("hq_analyst", accounts),
    ];
    for (user, sql) in asked {
        sluice.login(user).simple(sql);
    }
    // The server goes on: its log is read beside it.
    let log = directory.join("audit");
    eventually("five statements are in the log", Duration::from_secs(20), || {
        let mut closed = 0;
        let count = |record: Record| closed += usize::from(matches!(record.event, Event::Closed(_)));
        read_all(&log, count).map_err(|error| error.to_string())?;
        if closed == asked.len() { Ok(()) } else { Err(format!("{closed} are closed")) }
    });
    let narrower = changed_policies(&directory, BRANCH_AND_BELOW, BRANCH_ALONE);
    let options = DiffOptions {
        config: settings.file(),
        old: repository().join("policies"),
        new: narrower.clone(),
        replay: Some(log),
        sample: 5,
        format: Format::Json,
        ..DiffOptions::default()
    };
    let (passed, json) = diff(&options);
    assert!(passed, "nothing is gained: {json:#}");
    assert_eq!(differing(&json), [("cd_manager".to_string(), accounts.to_string())], "{json:#}");
    assert_eq!(json["replay"]["differs"][0]["changes"][0]["effect"], "loss", "{json:#}");
    assert_eq!(json["sampled"].as_array().map(Vec::len), Some(1), "{json:#}");
    // The other way round it is a gain, which has to be expected.
    let back = DiffOptions { old: narrower.clone(), new: options.old.clone(), sample: 0, ..options.clone() };
    let (passed, json) = diff(&back);
    assert!(!passed, "{json:#}");
    assert!(
        json["unexpected_gains"].as_array().is_some_and(|gains| {
            gains.iter().any(|gain| gain["who"] == "cd_manager" && gain["what"] == "account rows")
        }),
        "{json:#}"
    );
    let expect = directory.join("gains");
    let entities = ["branch", "customer", "account", "employee", "daily_balance", "txn"];
    let lines: Vec<String> = entities.iter().map(|entity| format!("* {entity} rows\n")).collect();
    std::fs::write(&expect, lines.concat()).expect("a file");
    let (passed, json) = diff(&DiffOptions { expect: Some(expect), ..back });
    assert!(passed && json["unmet_expectations"] == Value::Array(Vec::new()), "{json:#}");
}

#[test]
fn a_lifted_mask_and_a_lifted_denial_are_gains() {
    let directory = fresh_directory("diff");
    let masks = "to: {not: {role: [risk_officer, branch_manager, teller]}}\nfields: {tag: pii.name}";
    let new = changed_policies(&directory, masks, "to: {role: steward}\nfields: {tag: pii.name}");
    let old = repository().join("policies");
    let options = DiffOptions { config: config(), old, new, format: Format::Json, ..DiffOptions::default() };
    let (passed, json) = diff(&options);
    assert!(!passed);
    let gains = json["unexpected_gains"].to_string();
    assert!(gains.contains("hq_analyst") && gains.contains("customer.cust_name"), "{gains}");
    assert!(gains.contains("role:analyst") && !gains.contains("\"steward\""), "{gains}");
    let same = DiffOptions { new: options.old.clone(), ..options };
    let (passed, json) = diff(&same);
    assert!(passed && json["people"] == Value::Array(Vec::new()), "{json:#}");
}

#[test]
fn a_rule_that_reads_otherwise_is_a_gain_although_nobody_here_notices() {
    let directory = fresh_directory("diff");
    let from = |from: &str, to: &str| DiffOptions {
        config: config(),
        old: repository().join("policies"),
        new: changed_policies(&directory, from, to),
        format: Format::Json,
        ..DiffOptions::default()
    };
    // Longer hours, another network, another scope: no user of the demo works in the call centre or as private banker.
    for (old, new, named) in [
        ("session.hour between 8 and 19", "session.hour between 7 and 22", "rule call-center"),
        ("10.64.8.0/24", "10.64.0.0/16", "zone call-center"),
        (
            "account, daily_balance]\nexcept: [customer.cert_no]\nrows: in_org(branch_id, 'self_and_below')",
            "account, daily_balance]\nexcept: [customer.cert_no]\nrows: in_org(branch_id, 'self')",
            "rule private-clients",
        ),
    ] {
        let options = from(old, new);
        let (passed, json) = diff(&options);
        assert!(!passed && json["people"] == Value::Array(Vec::new()), "{json:#}");
        assert_eq!(json["unfelt"], serde_json::json!([named]), "{json:#}");
        let expect = directory.join("gains");
        std::fs::write(&expect, format!("* {named}\n")).expect("a file");
        let (passed, json) = diff(&DiffOptions { expect: Some(expect), ..options });
        assert!(passed && json["unmet_expectations"] == Value::Array(Vec::new()), "{json:#}");
    }
    // Another name and another comment are no difference; a limit that is new can only narrow.
    for (old, new) in [
        ("grant: call-center", "grant: contractors"),
        (
            "limit: desk-extract",
            "limit: at-night\nto: {role: call_center}\nwhen: session.hour > 20\nrows_per_query: 1\n---\nlimit: desk-extract",
        ),
    ] {
        let (passed, json) = diff(&from(old, new));
        assert!(passed && json["unfelt"] == Value::Array(Vec::new()), "{json:#}");
    }
}

/// A month of a busy place; in a build for tests, so with a few different texts.
#[test]
fn a_hundred_thousand_statements_are_decided_again_in_a_minute() {
    const STATEMENTS: usize = 100_000;
    const TEXTS: usize = 40;
    let directory = fresh_directory("replay");
    let log = directory.join("audit");
    let sink = Arc::new(FileSink::open(&AuditOptions::new(&log)).expect("a log"));
    let sink: Arc<dyn Sink> = sink;
    let sessions: Vec<Arc<SessionInfo>> = ["hq_analyst", "cd_manager", "jj_teller", "steward"]
        .into_iter()
        .map(|user| Arc::new(SessionInfo { session_id: user.into(), user: user.into(), ..SessionInfo::default() }))
        .collect();
    block_on(async {
        for number in 0..STATEMENTS {
            sink.ready().await.expect("room");
            let text = format!(
                "SELECT a.acct_id, c.mobile, sum(b.balance) FROM retail.account a JOIN retail.customer c USING \
                 (cust_id) JOIN retail.daily_balance b ON b.acct_id = a.acct_id WHERE b.balance > {} GROUP BY 1, 2",
                number % TEXTS
            );
            Trail::open(&sink, &sessions[number % sessions.len()], &text).finish(Outcome::Done);
        }
        sink.note(Event::Stopped).await.expect("the last record is written");
    });
    drop(sink);
    let new = changed_policies(&directory, BRANCH_AND_BELOW, BRANCH_ALONE);
    let options = DiffOptions {
        config: config(),
        old: repository().join("policies"),
        new,
        replay: Some(log),
        format: Format::Json,
        ..DiffOptions::default()
    };
    let started = Instant::now();
    let (_, json) = diff(&options);
    let took = started.elapsed();
    assert_eq!(json["replay"]["statements"], STATEMENTS);
    let differs = differing(&json);
    assert_eq!(differs.len(), TEXTS / 4, "{differs:?}");
    assert!(differs.iter().all(|(user, _)| user == "cd_manager"), "{differs:?}");
    assert!(took < Duration::from_secs(60), "{took:?}");
}
