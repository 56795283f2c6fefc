//! Attacks: what must hold whatever the attacker asks, on every kind of source.
//!
//! Beside what a case says, three things must hold for each: nothing that comes back holds a raw text which the user
//! may not know, the server lives, and in a twin world that differs only in what the user may not know the same
//! statements give the same bytes, errors included (rows in any order where the statement asks for none).
//!
//! What each case came to on each layout is left in `attacks.txt` in the build folder's `tmp`.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::attack_sources::{self, SOURCES, Source};
use crate::support::attack_world::{Attacked, attacked, by_hand_with, canaries, governed, worlds};
use crate::support::cases::{Case, Kind, run};
use crate::support::client::{Answer, Form, Parameter, lines};
use crate::support::probe;
use crate::support::sluice::{PASSWORD, Settings, Sluice};
use crate::support::{eventually, fresh_directory, layout};

/// Every key is input: an attack pins what must hold, not the whole answer.
///
/// `as USER`; `ask SQL`, several run in one session and the last is judged; `first USER SQL` is run before by another
/// user; `bind TEXT`; `must` as [`holds`] reads it; `hand SQL`: the statement that the governed copy answers, where it is
/// another; `policy YAML`: a server of its own under one more file of rules; `source SOURCE...`: not every kind of source,
/// with a comment why.
pub(super) const ATTACK: Kind = Kind {
    folder: "attack",
    extension: "case",
    input: &["as", "ask", "first", "bind", "must", "hand", "policy", "source"],
    expected: &[],
};

/// Plans are kept from the first execution on.
const KEPT: &str = "SET plan_cache_mode = force_generic_plan";

#[test]
fn attack_cases() {
    let report = Report::default();
    run(&ATTACK, |case| check(case, &report).map(|()| Vec::new()));
    for source in SOURCES {
        let sluice = &attacked(source, "plain").sluice;
        let seen = probe::seen(sluice, governed()).unwrap_or_else(|leak| panic!("{source:?}: {leak}"));
        let all = std::env::var_os("CASE").is_none();
        assert!(!all || seen > 30, "{source:?}: probes saw {seen} values only");
    }
}

/// A line for each case and layout; written when all are done, or as far as they came.
#[derive(Default)]
struct Report(Mutex<BTreeSet<String>>);

impl Report {
    fn note(&self, case: &Case, layout: &str, outcome: &str) {
        let line = format!("{}\t{}\t{layout}\t{outcome}\n", case.file.display(), case.name);
        self.0.lock().expect("no note panics").insert(line);
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        let lines: String = self.0.lock().map(|lines| lines.iter().map(String::as_str).collect()).unwrap_or_default();
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("attacks.txt");
        match std::fs::write(&path, &lines) {
            Ok(()) => println!("attack: {} outcomes in {}", lines.lines().count(), path.display()),
            Err(error) => println!("attack: no report in {}: {error}", path.display()),
        }
    }
}

fn check(case: &Case, report: &Report) -> Result<(), String> {
    let user = case.need("as");
    let named: Option<Vec<&str>> = case.get("source").map(|names| names.split_whitespace().collect());
    let wanted = |source: &Source| {
        let name = format!("{source:?}").to_lowercase();
        named.as_ref().is_none_or(|names| names.contains(&name.as_str()))
    };
    let mut failures = Vec::new();
    for source in SOURCES.iter().filter(|source| wanted(source)) {
        let mut plain = attacked(*source, "plain");
        let own = case.get("policy").map(|policy| under_policy(plain, policy));
        if let Some(own) = &own {
            plain = own;
        }
        for form in forms(case) {
            let answer = ask(plain, case, form)?;
            let judged = judge(case, plain, form, &answer);
            report.note(case, &format!("{source:?}, {form:?}"), if judged.is_ok() { "holds" } else { "BROKEN" });
            if let Err(reason) = judged {
                failures.push(format!("{source:?}, {form:?}: {reason}\n  got {}", short(&answer)));
            }
        }
    }
    if case.get("policy").is_some() {
        return if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) };
    }
    let twin = format!("twin_of_{user}");
    if let Some((twin, _)) = worlds().get_key_value(&twin) {
        for form in forms(case) {
            let (here, there) = (
                ask(attacked(Source::Sqlite, "plain"), case, form)?,
                ask(attacked(Source::Sqlite, twin.as_str()), case, form)?,
            );
            let ordered = case.all("must").any(|must| must == "ordered");
            let same = here.lines(ordered) == there.lines(ordered);
            let same = same
                && short(&Answer { rows: Vec::new(), ..here.clone() })
                    == short(&Answer { rows: Vec::new(), ..there.clone() });
            report.note(case, &format!("twin worlds, {form:?}"), if same { "holds" } else { "BROKEN" });
            if !same {
                failures.push(format!("worlds told apart\n  {}\n  {}", short(&here), short(&there)));
            }
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

#[test]
fn a_probe_that_sees_what_is_hidden_is_noticed() {
    let directory = fresh_directory("attack-probe");
    let more = "deny: nothing-new\nto: {role: nobody_x}\nfields: [customers.vip]\n";
    let settings = attack_sources::under(&attacked(Source::Sqlite, "plain").sluice.settings, &directory, more);
    let sluice = probe::start(&settings);
    let noted = |label: &str| {
        let sql = format!("SELECT count(*) FROM customers WHERE sluice_probe('{label}', phone)");
        assert!(sluice.login("li_hq").simple(&sql).error.is_none());
        probe::seen(&sluice, governed())
    };
    assert_eq!(noted("li_hq customers.phone"), Ok(60));
    // What one person may know another may not.
    assert!(noted("zhao_hd customers.phone").is_err_and(|leak| leak.contains("zhao_hd customers.phone")));
}

fn under_policy(plain: &Attacked, policy: &str) -> Attacked {
    let directory = fresh_directory("attack-policy");
    let settings = attack_sources::under(&plain.sluice.settings, &directory, policy);
    Attacked { sluice: Sluice::start(&settings), auditor: Mutex::new(None) }
}

fn forms(case: &Case) -> Vec<Form> {
    if case.get("bind").is_some() {
        vec![Form::ExtendedText, Form::ExtendedBinary]
    } else {
        vec![Form::Simple, Form::ExtendedText]
    }
}

/// Runs the case's statements and returns the last answer. Earlier errors are part of an attack too.
fn ask(attacked: &Attacked, case: &Case, form: Form) -> Result<Answer, String> {
    ask_as(attacked, case, form, "attack")
}

fn ask_as(attacked: &Attacked, case: &Case, form: Form, application: &str) -> Result<Answer, String> {
    for first in case.all("first") {
        let (user, sql) = first.split_once(' ').ok_or("first USER SQL")?;
        attacked.sluice.login(user).ask(form, sql, &[]);
    }
    let login = attacked.sluice.try_login(case.need("as"), PASSWORD, application);
    let mut session = login.map_err(|error| format!("no login: {error:?}"))?;
    // A plan that is kept gives nothing away that one made for its values would not.
    if form != Form::Simple {
        session.simple(KEPT);
    }
    let parameters: Vec<Parameter> =
        case.all("bind").map(|value| Parameter { oid: 25, value: Some(value.to_string()) }).collect();
    let mut last = Answer::default();
    for sql in case.all("ask") {
        last = session.ask(form, sql, &parameters);
    }
    if last.state.is_none() {
        return Err(format!("the server closed the connection: {}", short(&last)));
    }
    let alive = session.simple("SELECT 1");
    if alive.rows.is_empty() && last.state != Some('E') {
        return Err(format!("the session is of no use afterwards: {}", short(&alive)));
    }
    Ok(last)
}

fn judge(case: &Case, attacked: &Attacked, form: Form, answer: &Answer) -> Result<(), String> {
    let sql = last_ask(case)?;
    let everything = everything(answer);
    let asked: String = case.all("ask").chain(case.all("bind")).collect::<Vec<_>>().join("\n");
    for canary in canaries(case.need("as")) {
        if everything.contains(&canary) && !asked.contains(&canary) {
            return Err(format!("shows {canary}"));
        }
    }
    for must in case.all("must") {
        let any: Vec<Result<(), String>> =
            must.split(" | ").map(|claim| holds(claim.trim(), case, attacked, form, sql, answer)).collect();
        if any.iter().all(Result::is_err) {
            let reasons: Vec<String> = any.into_iter().filter_map(Result::err).collect();
            return Err(format!("must {must}: {}", reasons.join("; ")));
        }
    }
    Ok(())
}

fn last_ask(case: &Case) -> Result<&str, String> {
    case.all("ask").last().ok_or_else(|| "case needs `ask`".to_string())
}

/// One claim:
/// * `equal governed-copy` rows as PostgreSQL gives them over the user's governed copy
/// * `ordered` in that order too
/// * `rows N`, `value V`: number of rows; the one value
/// * `error CODE...`: one of these
/// * `deny`: an error that says the thing is not there, or is not for this user or server
/// * `absent HIDDEN NOTHING`: the answer is that for the statement with the one name put for the other
/// * `never TEXT`: nowhere in what comes back
/// * `masked`: rows or COPY data come back, each value with a star
/// * `audited TEXT`: one record whose statement is the whole text, and no record that has the text as its own
fn holds(claim: &str, case: &Case, attacked: &Attacked, form: Form, sql: &str, answer: &Answer) -> Result<(), String> {
    let (word, rest) = claim.split_once(' ').unwrap_or((claim, ""));
    let code = answer.error.as_ref().map_or("", |error| error.code.as_str());
    let expect = |truth: bool, reason: String| if truth { Ok(()) } else { Err(reason) };
    match word {
        "equal" => {
            let bound: Vec<String> = case.all("bind").map(str::to_string).collect();
            let ordered = case.all("must").any(|must| must == "ordered");
            match by_hand_with(case.need("as"), case.get("hand").unwrap_or(sql), &bound) {
                Ok(rows) => {
                    let (expected, got) = (lines(&rows, ordered), answer.lines(ordered));
                    expect(code.is_empty() && expected == got, format!("by hand {expected:?}, got {got:?} {code}"))
                }
                Err(error) => expect(error.starts_with(code) && !code.is_empty(), format!("by hand {error}")),
            }
        }
        "ordered" => Ok(()),
        "rows" => {
            expect(code.is_empty() && answer.rows.len().to_string() == rest, format!("{} rows", answer.rows.len()))
        }
        "value" => {
            let value = answer.rows.first().and_then(|row| row.first().cloned()).flatten();
            expect(value.as_deref() == Some(rest), format!("{value:?}"))
        }
        "error" => expect(rest.split_whitespace().any(|one| one == code), format!("code {code:?}")),
        "deny" => expect(["42P01", "42703", "42501", "0A000", "3F000"].contains(&code), format!("code {code:?}")),
        "absent" => absent(rest, case, attacked, form, answer),
        "never" => expect(!everything(answer).contains(rest), format!("shows {rest}")),
        "masked" => {
            let values: Vec<&str> =
                answer.rows.iter().flatten().flatten().map(String::as_str).chain(answer.copied.lines()).collect();
            let all = !values.is_empty() && values.iter().all(|value| value.contains('*'));
            expect(all, format!("{values:?}"))
        }
        "audited" => audited(case, attacked, form, sql),
        other => Err(format!("`{other}` is no claim")),
    }
}

fn absent(names: &str, case: &Case, attacked: &Attacked, form: Form, answer: &Answer) -> Result<(), String> {
    let (hidden, nothing) = names.split_once(' ').ok_or("absent HIDDEN NOTHING")?;
    let mut other = case.clone();
    for entry in other.entries.iter_mut().filter(|entry| entry.key == "ask") {
        entry.value = entry.value.replace(hidden, nothing);
    }
    let there = short(&ask(attacked, &other, form)?).replace(nothing, hidden);
    let here = short(answer).replace(nothing, hidden);
    if here == there { Ok(()) } else { Err(format!("where nothing is, it says {there}")) }
}

fn audited(case: &Case, attacked: &Attacked, form: Form, sql: &str) -> Result<(), String> {
    static NUMBER: AtomicUsize = AtomicUsize::new(1);
    let application = format!("audited-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    ask_as(attacked, case, form, &application)?;
    let question = format!(
        "SELECT statement FROM audit.queries WHERE event = 'query' AND outcome <> 'running' \
         AND application_name = '{application}' AND statement <> 'SELECT 1' AND statement <> '{KEPT}'"
    );
    let statements = eventually("the audit record", Duration::from_secs(20), || {
        let answer = layout::audit(&attacked.sluice, &attacked.auditor, &question);
        if answer.rows.is_empty() { Err("no record".to_string()) } else { Ok(answer.rows) }
    });
    let one = vec![vec![Some(sql.to_string())]];
    if statements == one { Ok(()) } else { Err(format!("records {statements:?}")) }
}

/// All that reached the client, in one text.
fn everything(answer: &Answer) -> String {
    let mut text = answer.header() + "\n" + &answer.copied;
    for row in &answer.rows {
        text.push_str(&format!("{row:?}\n"));
    }
    for fields in answer.error.iter().chain(&answer.notices) {
        text.push_str(&fields.everything);
    }
    text
}

fn short(answer: &Answer) -> String {
    let text = format!("{:?} {}", answer.tags, everything(answer)).replace('\n', " ");
    text.chars().take(1200).collect()
}

/// A source that answers a condition and sends something else: over a view whose branch is another at each look.
#[test]
fn a_source_that_does_not_do_as_asked_shows_nothing_more() {
    let directory = fresh_directory("attack-liar");
    let settings = attack_sources::under(&attacked(Source::Sqlite, "plain").sluice.settings, &directory, LIAR);
    let path = directory.join("bank.db");
    std::fs::copy(attacked(Source::Sqlite, "plain").sluice.settings.directory.join("bank.db"), &path).expect("a copy");
    let view = "ALTER TABLE customers RENAME TO people;
        CREATE VIEW customers AS SELECT customer_id, CASE abs(random()) % 2 WHEN 0 THEN 101 ELSE 302 END AS branch_id,
        name, id_card, phone, email, birth_date, risk_level, vip, secret_note FROM people";
    rusqlite::Connection::open(&path).and_then(|file| file.execute_batch(view)).expect("the view");
    let yaml = format!("connections:\n  bank: {{kind: sqlite, path: {}}}\n", path.to_str().expect("a plain path"));
    let sluice = Sluice::start(&Settings { yaml, ..settings });
    let mut session = sluice.login("zhao_hd");
    let mut shown = BTreeSet::new();
    for _ in 0..10 {
        let answer = session.simple("SELECT branch_id, name FROM customers");
        shown.extend(answer.rows.into_iter().map(|row| row[0].clone()));
    }
    assert_eq!(shown, BTreeSet::from([Some("101".to_string())]));
}

const LIAR: &str = "deny: nothing-new\nto: {role: nobody_x}\nfields: [customers.vip]\n";

/// `character` in files: the blanks that fill a value up are no part of it, for row rules as for statements.
#[test]
fn a_rule_reads_padded_texts_of_files_without_their_blanks() {
    let plain = &attacked(Source::Csv, "plain").sluice.settings;
    let directory = fresh_directory("attack-padded");
    let rule = "restrict: no-savings\nto: everyone\nentity: accounts\nrows: kind <> '储蓄'\n";
    let settings = attack_sources::under(plain, &directory, rule);
    let catalog = directory.join("catalog");
    std::fs::create_dir_all(&catalog).expect("a folder");
    let text = std::fs::read_to_string(settings.catalog.join("bank.yaml")).expect("the catalog");
    let typed = text.replace("{column: kind, type: text,", "{column: kind, type: char(6),");
    assert_ne!(typed, text);
    std::fs::write(catalog.join("bank.yaml"), typed).expect("a catalog");
    let (from, files) = (plain.directory.join("files"), directory.join("files"));
    for table in worlds()["plain"].keys() {
        std::fs::create_dir_all(files.join(table)).expect("a folder");
        let part = Path::new(table).join("part-0.csv");
        let text = std::fs::read_to_string(from.join(&part)).expect("a file");
        std::fs::write(files.join(&part), text.replace("\"储蓄\"", "\"储蓄    \"")).expect("a copy");
    }
    let yaml = format!("connections:\n  bank: {{kind: csv, path: {}}}\n", files.to_str().expect("a plain path"));
    let sluice = Sluice::start(&Settings { catalog, yaml, ..settings });
    let shown = |sql: &str| sluice.login("li_hq").simple(sql).lines(false);
    let by_hand = |sql: &str| lines(&by_hand_with("li_hq", sql, &[]).expect("rows"), false);
    let others = "SELECT kind, count(*) FROM accounts WHERE kind <> '储蓄' GROUP BY kind";
    assert_eq!(shown("SELECT rtrim(kind), count(*) FROM accounts GROUP BY kind"), by_hand(others));
    assert_eq!(
        shown("SELECT count(*) FROM accounts WHERE kind = '定期'"),
        by_hand("SELECT count(*) FROM accounts WHERE kind = '定期'")
    );
}
