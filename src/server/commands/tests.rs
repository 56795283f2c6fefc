//! The commands, by what they print and how they end.

use std::path::Path;
use std::process::ExitCode;

use sluice_wire::ScramVerifier;

use super::*;

const CATALOG: &str = "\
catalog: {format: 1, name: bank}
domains:
  - {id: retail, label: {zh: 零售, en: Retail}}
---
entity: branch
label: {zh: 机构, en: Branch}
source: {connection: core, table: branches}
key: [branch_id]
fields:
  branch_id: {column: br_no, type: text, label: {zh: 机构号, en: Branch id}, level: 1, nullable: false}
  level: {column: lvl, type: integer, label: {zh: 层级, en: Level}, level: 1}
";

const POLICIES: &str = "roles:\n  analyst: {}\n---\ngrant: all\nto: {role: analyst}\nread: [branch]\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("catalog")).unwrap();
    std::fs::create_dir(folder.path().join("policies")).unwrap();
    let verifier = ScramVerifier::of_password("sluice", b"salt-of-the-test", 4096).to_text();
    let files = [
        ("catalog/bank.yaml", CATALOG.to_string()),
        ("policies/grants.yaml", POLICIES.to_string()),
        ("users.yaml", format!("users:\n  ana: {{verifier: '{verifier}', roles: [analyst]}}\n")),
        (
            "sluice.yaml",
            "listen: 127.0.0.1:0\ndatabase: bank\ncatalog: catalog\npolicies: policies\nusers: users.yaml\n\
             audit: {directory: audit}\nconnections:\n  core: {kind: sqlite, path: core.db}\n"
                .to_string(),
        ),
    ];
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    sql(folder.path(), "CREATE TABLE branches (br_no TEXT NOT NULL, lvl INTEGER)");
    folder
}

fn sql(folder: &Path, sql: &str) {
    rusqlite::Connection::open(folder.join("core.db")).unwrap().execute_batch(sql).unwrap();
}

fn replace(folder: &Path, name: &str, from: &str, to: &str) {
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{name} has no {from:?}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

/// Whether it went well, and what it printed with the folder's name left out.
async fn run_check(folder: &Path, change: impl FnOnce(&mut CheckOptions)) -> (bool, String) {
    let mut options = CheckOptions { config: Some(folder.join("sluice.yaml")), ..CheckOptions::default() };
    change(&mut options);
    let mut out = Vec::new();
    let code = check(&options, &mut out).await;
    let text = String::from_utf8(out).unwrap().replace(&format!("{}/", folder.display()), "");
    (is_success(code), text)
}

/// `ExitCode` cannot be compared.
fn is_success(code: ExitCode) -> bool {
    format!("{code:?}") == format!("{:?}", ExitCode::SUCCESS)
}

#[tokio::test]
async fn a_good_set_passes_with_and_without_a_configuration() {
    let folder = folder();
    let expected = "checked 1 entity, 1 rule, 1 user\n0 errors, 0 warnings\n";
    assert_eq!(run_check(folder.path(), |_| ()).await, (true, expected.to_string()));
    let expected = "checked 1 entity, 1 rule, 1 user, source core\n0 errors, 0 warnings\n";
    assert_eq!(run_check(folder.path(), |options| options.sources = true).await, (true, expected.to_string()));
    let alone = |options: &mut CheckOptions| {
        options.config = None;
        options.catalog = Some(folder.path().join("catalog"));
        options.policies = Some(folder.path().join("policies"));
    };
    let expected = "checked 1 entity, 1 rule\n0 errors, 0 warnings\n";
    assert_eq!(run_check(folder.path(), alone).await, (true, expected.to_string()));
}

#[tokio::test]
async fn a_mistake_is_printed_as_a_compiler_would() {
    let folder = folder();
    replace(folder.path(), "policies/grants.yaml", "read:", "raed:");
    let (passed, text) = run_check(folder.path(), |_| ()).await;
    assert!(!passed);
    assert!(text.starts_with("policies/grants.yaml:") && text.contains(": error: "), "{text}");
    assert!(text.contains("`raed`") && text.contains("  hint: did you mean `read`?\n"), "{text}");
    assert!(text.ends_with(", 0 warnings\n"), "{text}");
}

#[tokio::test]
async fn programs_read_the_same_findings() {
    let folder = folder();
    replace(folder.path(), "policies/grants.yaml", "[branch]", "[brunch]");
    let (passed, text) = run_check(folder.path(), |options| options.format = ReportFormat::Json).await;
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(!passed);
    assert_eq!(json["errors"], 1);
    assert_eq!(json["diagnostics"][0]["severity"], "error");
    assert_eq!(json["diagnostics"][0]["file"], "policies/grants.yaml");
    let line = json["diagnostics"][0]["line"].clone();
    let (_, text) = run_check(folder.path(), |options| options.format = ReportFormat::Sarif).await;
    let sarif: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["level"], "error");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], line);
}

#[tokio::test]
async fn sources_are_compared_column_by_column() {
    let cases = [
        ("CREATE TABLE branches (br_no TEXT NOT NULL)", "catalog/bank.yaml:11:", "has no column \"lvl\""),
        (
            "CREATE TABLE branches (br_no TEXT NOT NULL, lv INTEGER)",
            "catalog/bank.yaml:11:",
            "hint: did you mean \"lv\"?",
        ),
        ("CREATE TABLE branches (br_no TEXT NOT NULL, lvl BLOB)", "catalog/bank.yaml:11:", "declared integer, but"),
        ("CREATE TABLE other (id TEXT)", "catalog/bank.yaml:5:", "entity `branch`"),
    ];
    for (table, place, message) in cases {
        let folder = folder();
        sql(folder.path(), &format!("DROP TABLE branches; {table}"));
        let (passed, text) = run_check(folder.path(), |options| options.sources = true).await;
        assert!(!passed, "{table}: {text}");
        assert!(text.starts_with(place) && text.contains(message), "{table}: {text}");
    }
}

#[tokio::test]
async fn a_source_that_is_not_there_is_an_error() {
    let folder = folder();
    std::fs::remove_file(folder.path().join("core.db")).unwrap();
    let (passed, text) = run_check(folder.path(), |options| options.sources = true).await;
    assert!(!passed && text.contains("sluice.yaml: error: connection core"), "{text}");
}

#[tokio::test]
async fn nothing_to_check_is_an_error() {
    let folder = folder();
    assert!(!run_check(folder.path(), |options| options.config = None).await.0);
    let alone = |options: &mut CheckOptions| {
        options.config = None;
        options.catalog = Some(folder.path().join("catalog"));
        options.sources = true;
    };
    assert!(!run_check(folder.path(), alone).await.0);
}

#[test]
fn a_verifier_is_made_of_one_line() {
    let run = |input: &[u8]| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = verifier(&mut &input[..], false, &mut out, &mut err);
        (is_success(code), String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    };
    let (made, text, said) = run("口令 1\r\nmore".as_bytes());
    assert!(made && said.is_empty());
    let made = ScramVerifier::parse(text.trim_end()).unwrap();
    assert_eq!(made.to_text(), text.trim_end());
    assert!(!text.contains("口令"));
    for nothing in [&b""[..], b"\n", &[0xff, 0xfe, b'\n']] {
        assert!(!run(nothing).0);
    }
}

/// Explains a statement as a user: whether it went well, and both streams.
async fn run_explain(folder: &Path, user: &str, sql: &str) -> (bool, String, String) {
    let (config, user, sql) = (folder.join("sluice.yaml"), user.to_string(), sql.to_string());
    let options = ExplainOptions { config, user, sql, ..ExplainOptions::default() };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = explain(&options, &mut out, &mut err).await;
    (is_success(code), String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

#[tokio::test]
async fn explain_tells_rules_and_refusals() {
    let folder = folder();
    let (explained, out, err) = run_explain(folder.path(), "ana", "SELECT 机构号 FROM 零售.机构").await;
    assert!(explained, "{err}");
    assert!(out.contains("as ana: roles analyst") && out.contains("branch.branch_id") && out.contains("all"), "{out}");
    let (explained, out, _) =
        run_explain(folder.path(), "ana", "SELECT branch_id FROM retail.branch WHERE level = $1").await;
    assert!(explained && out.contains("branch.branch_id clear"), "parameters get stand-ins: {out}");
    let refused = [
        ("ana", "SELECT salary FROM retail.branch", "refused: 42703"),
        ("ana", "DELETE FROM retail.branch", "refused: 25006"),
        ("ana", "SELEC", "refused: 42601"),
        ("ana", "SELECT branch_id FROM retail.branch WHERE level = $1 + 'x'", "refused: "),
        ("bea", "SELECT 1", "no user \"bea\""),
    ];
    for (user, sql, expected) in refused {
        let (explained, out, err) = run_explain(folder.path(), user, sql).await;
        assert!(!explained && out.is_empty() && err.contains(expected), "{sql}: {out}{err}");
    }
}

#[tokio::test]
async fn a_start_with_a_mistake_says_where() {
    let folder = folder();
    replace(folder.path(), "sluice.yaml", "database:", "databse:");
    let mut err = Vec::new();
    let code = serve(&folder.path().join("sluice.yaml"), &crate::config::LogOptions::default(), &mut err).await;
    let text = String::from_utf8(err).unwrap();
    assert!(!is_success(code) && text.contains("sluice.yaml:2:1: error: unknown key `databse`"), "{text}");
}
