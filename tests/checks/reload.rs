//! Files with a mistake: a start is refused, a reload is not taken; both say where the mistake is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::cases::files;
use crate::support::layout::embedded_settings;
use crate::support::sluice::{Settings, Sluice, command};
use crate::support::{eventually, fresh_directory, repository};

/// Settings over own copies of the shipped catalog and policies.
fn copied(purpose: &str) -> (PathBuf, Settings) {
    let directory = fresh_directory(purpose);
    let mut settings = embedded_settings(&directory);
    for folder in ["catalog", "policies"] {
        copy_folder(&repository().join(folder), &directory.join(folder));
    }
    settings.catalog = directory.join("catalog");
    settings.policies = directory.join("policies");
    settings.write();
    (directory, settings)
}

fn copy_folder(from: &Path, to: &Path) {
    for path in files(from, "yaml") {
        let target = to.join(path.strip_prefix(from).expect("inside"));
        std::fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
        std::fs::copy(&path, target).expect("a copy");
    }
}

/// What clients connect to is `database:`, however the catalog is called: who looks for the tables of `current_database()`
/// finds them.
#[test]
fn the_database_is_the_one_that_clients_connect_to() {
    let directory = fresh_directory("database");
    let mut settings = embedded_settings(&directory);
    settings.database = "front".into();
    let sluice = Sluice::start(&settings);
    let mut session = sluice.login("hq_analyst");
    let mut one = |sql: &str| {
        let answer = session.simple(sql);
        assert!(answer.error.is_none(), "{sql}: {:?}", answer.error);
        answer.rows.first().and_then(|row| row[0].clone()).unwrap_or_else(|| "no row".into())
    };
    for sql in [
        "SELECT current_database()",
        "SELECT current_catalog",
        "SELECT current_database() FROM retail.branch LIMIT 1",
        "SELECT current_catalog FROM front.retail.branch LIMIT 1",
        "SELECT catalog_name FROM information_schema.information_schema_catalog_name",
        "SELECT string_agg(DISTINCT catalog_name, ' ') FROM information_schema.schemata",
        "SELECT string_agg(DISTINCT table_catalog, ' ') FROM information_schema.tables",
        "SELECT string_agg(DISTINCT table_catalog || ' ' || udt_catalog, ' ') FROM information_schema.columns \
         WHERE table_catalog <> udt_catalog UNION ALL SELECT current_database() ORDER BY 1 LIMIT 1",
        "SELECT string_agg(DISTINCT constraint_catalog, ' ') FROM information_schema.table_constraints",
        "SELECT string_agg(DISTINCT table_catalog, ' ') FROM information_schema.key_column_usage",
        "SELECT datname FROM pg_database WHERE datname = current_database()",
        "SELECT current_database() FROM front.pg_catalog.pg_class LIMIT 1",
        "SELECT datname FROM pg_stat_activity LIMIT 1",
    ] {
        assert_eq!(one(sql), "front", "{sql}");
    }
    let fields = "SELECT count(*) > 20 FROM information_schema.columns WHERE table_catalog = current_database()";
    assert_eq!(one(fields), "t");
}

/// Misspells the first `read:` of the policies; returns the file and the line.
fn misspell(policies: &Path) -> (PathBuf, usize, String) {
    for path in files(policies, "yaml") {
        let text = std::fs::read_to_string(&path).expect("a policy file");
        let Some(at) = text.lines().position(|line| line.starts_with("read:")) else { continue };
        let lines: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(number, line)| if number == at { line.replacen("read:", "raed:", 1) } else { line.to_string() })
            .collect();
        std::fs::write(&path, lines.join("\n") + "\n").expect("the policy file");
        return (path, at + 1, text);
    }
    panic!("no policy has `read:` at the start of a line");
}

fn names_the_mistake(text: &str, path: &Path, line: usize) {
    let file = path.file_name().expect("a name").to_string_lossy();
    assert!(text.contains(&format!("{file}:{line}")), "does not name {file}:{line}:\n{text}");
    assert!(text.contains("raed"), "does not name the key:\n{text}");
}

#[test]
fn a_mistake_at_the_start_refuses_to_start() {
    let (directory, settings) = copied("typo");
    let config = settings.file().to_str().expect("a plain path").to_string();
    assert!(command(&["check", "--config", &config]).status.success(), "the shipped files pass the check");
    let (path, line, good) = misspell(&settings.policies);
    for name in ["serve", "check"] {
        let output = command(&[name, "--config", &config]);
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {text}");
        names_the_mistake(&text, &path, line);
    }
    for (mistake, what) in [
        ("", "an empty file"),
        ("grant: [", "half a file"),
        ("grant: x\nto: {role: r}\nread: [nothing]\n", "an unknown entity"),
    ] {
        std::fs::write(&path, mistake).expect("the policy file");
        if mistake.is_empty() {
            // Nothing but an empty file: no rule must not mean no policy.
            files(&settings.policies, "yaml").iter().for_each(|file| std::fs::write(file, "").expect("emptied"));
        }
        let output = command(&["serve", "--config", &config]);
        assert_eq!(output.status.code(), Some(1), "{what} starts");
        copy_folder(&repository().join("policies"), &settings.policies);
    }
    std::fs::write(&path, good).expect("the policy file");
    assert!(command(&["check", "--config", &config]).status.success(), "mended again");
    std::fs::remove_dir_all(directory).expect("the directory");
}

#[test]
fn a_mistake_in_a_reload_leaves_the_old_set() {
    let (_, settings) = copied("reload");
    let sluice = Sluice::start(&settings);
    let mut session = sluice.login("jj_teller");
    let mut auditor = sluice.login("auditor");
    let count = "SELECT count(*) FROM retail.customer";
    let before = session.simple(count);
    assert!(before.error.is_none(), "{:?}", before.error);

    let (path, line, good) = misspell(&settings.policies);
    eventually("an alert in the log", Duration::from_secs(30), || {
        let log = sluice.kept.log();
        if log.contains("raed") { Ok(()) } else { Err("none yet".to_string()) }
    });
    names_the_mistake(&sluice.kept.log(), &path, line);
    assert_eq!(session.simple(count).rows, before.rows, "the old set serves on");
    assert_eq!(sluice.login("jj_teller").simple(count).rows, before.rows, "for new sessions too");
    recorded(&mut auditor, "outcome <> 'done'");

    // Mended, and with a restriction more: the new set is taken at once and as a whole.
    std::fs::write(&path, good).expect("the policy file");
    let more = "restrict: nobody-at-all\nto: {role: teller}\nentity: customer\nrows: branch_id = 'B99'\n";
    std::fs::write(settings.policies.join("more.yaml"), more).expect("a policy file");
    eventually("the new set", Duration::from_secs(30), || {
        let answer = session.simple(count);
        if answer.lines(false) == ["0"] { Ok(()) } else { Err(format!("{:?} {:?}", answer.rows, answer.error)) }
    });
    recorded(&mut auditor, "outcome = 'done'");

    // A rule taken away opens again what it closed.
    std::fs::remove_file(settings.policies.join("more.yaml")).expect("the policy file");
    eventually("the first set again", Duration::from_secs(30), || {
        let answer = session.simple(count);
        if answer.rows == before.rows { Ok(()) } else { Err(format!("{:?}", answer.rows)) }
    });

    // Everything gone is not everything allowed.
    files(&settings.policies, "yaml").iter().for_each(|file| std::fs::remove_file(file).expect("a policy file"));
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(session.simple(count).rows, before.rows, "no files at all: the old set serves on");
}

#[test]
fn a_change_is_noticed_by_relative_paths_as_well() {
    let (_, settings) = copied("relative");
    let sluice = Sluice::start_relative(&settings);
    let mut session = sluice.login("jj_teller");
    let count = "SELECT count(*) FROM retail.customer";
    let before = session.simple(count);
    assert!(before.error.is_none(), "{:?}", before.error);
    let more = "restrict: nobody-at-all\nto: {role: teller}\nentity: customer\nrows: branch_id = 'B99'\n";
    std::fs::write(settings.policies.join("more.yaml"), more).expect("a policy file");
    eventually("the new rule", Duration::from_secs(30), || {
        let answer = session.simple(count);
        if answer.lines(false) == ["0"] { Ok(()) } else { Err(format!("{:?} {:?}", answer.rows, answer.error)) }
    });
    // A whole folder in the place of another, as a deployment does it.
    let next = settings.directory.join("next");
    copy_folder(&repository().join("policies"), &next);
    std::fs::rename(&settings.policies, settings.directory.join("before")).expect("the old folder");
    std::fs::rename(&next, &settings.policies).expect("the new folder");
    eventually("the new folder", Duration::from_secs(30), || {
        let answer = session.simple(count);
        if answer.rows == before.rows { Ok(()) } else { Err(format!("{:?}", answer.rows)) }
    });
}

fn recorded(auditor: &mut crate::support::wire::Wire, condition: &str) {
    let sql = format!("SELECT outcome FROM audit.queries WHERE event = 'reload' AND {condition}");
    eventually("a record of the reload", Duration::from_secs(20), || {
        let answer = auditor.simple(&sql);
        if answer.rows.is_empty() { Err(format!("{:?}", answer.error)) } else { Ok(()) }
    });
}

#[test]
fn a_prepared_statement_obeys_the_policy_of_its_execution() {
    let (_, settings) = copied("prepared");
    let sluice = Sluice::start(&settings);
    let mut session = sluice.login("jj_teller");
    session.simple("PREPARE p AS SELECT count(*) FROM retail.customer");
    let before = session.simple("EXECUTE p");
    assert!(before.error.is_none(), "{:?}", before.error);
    let more = "restrict: nobody-at-all\nto: {role: teller}\nentity: customer\nrows: branch_id = 'B99'\n";
    std::fs::write(settings.policies.join("more.yaml"), more).expect("a policy file");
    eventually("the new rule on an old statement", Duration::from_secs(30), || {
        let answer = session.simple("EXECUTE p");
        if answer.lines(false) == ["0"] { Ok(()) } else { Err(format!("{:?} {:?}", answer.rows, answer.error)) }
    });
}
