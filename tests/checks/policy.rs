//! Policy cases: a user asks, in every form of the protocol and on every layout; rows or error, and audit lines.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::binary::type_oid;
use crate::support::cases::{Case, Entry, Kind, block, entry, run};
use crate::support::client::{Answer, FORMS, Form, Parameter, lines};
use crate::support::layout::{self, Layout};
use crate::support::sluice::PASSWORD;

/// Input keys:
/// * `as USER`, `ask SQL`; `before SQL` is run first; `bind TYPE VALUE` is a parameter
/// * `given NAME SQL`: the value of a query at the reference, put in for `{NAME}` wherever it stands in the case
/// * `hand SQL`: the same question asked at the reference, without Sluice; its rows must be the same
/// * `absent HIDDEN NOTHING`: asked again with the one name for the other, everything else is the same
/// * `on LAYOUT...`: not all layouts, with a comment that says why
pub(super) const POLICY: Kind = Kind {
    folder: "policy",
    extension: "case",
    input: &["as", "on", "given", "before", "ask", "bind", "hand", "absent"],
    expected: &["columns", "rows", "copy", "tag", "error", "detail", "hint", "notice", "audit"],
};

#[test]
fn policy_cases() {
    run(&POLICY, check);
}

fn check(case: &Case) -> Result<Vec<Entry>, String> {
    check_on(case, layout::named)
}

/// Checks a case on the layouts that this knows by their names.
pub(super) fn check_on(case: &Case, named: fn(&str) -> &'static Layout) -> Result<Vec<Entry>, String> {
    let given = given(case)?;
    let case = fill_in(case, &given);
    let layouts: Vec<&str> = case.get("on").map_or(vec!["embedded", "servers"], |on| on.split_whitespace().collect());
    let by_hand = case.get("hand").map(|sql| layout::reference().rows("bank", "", sql)).transpose()?;
    let mut first: Option<Vec<Entry>> = None;
    for name in layouts {
        let layout = named(name);
        for form in FORMS {
            let parameters = parameters(&case);
            if form == Form::Simple && !parameters.is_empty() {
                continue;
            }
            let (answer, entries) = ask(layout, form, &case, &parameters)?;
            if let Some(expected) = &by_hand {
                let ordered = is_ordered(case.need("ask"));
                let (expected, got) = (lines(expected, ordered), answer.lines(ordered));
                if expected != got {
                    return Err(format!("{name}, {form:?}: by hand {expected:#?}, through Sluice {got:#?}"));
                }
            }
            if let Some((hidden, nothing)) = case.get("absent").and_then(|names| names.split_once(' ')) {
                same_as_absent(layout, form, &case, &entries, (hidden, nothing))?;
            }
            match &first {
                None => first = Some(entries),
                Some(same) if *same == entries => {}
                Some(other) => return Err(format!("{name}, {form:?} answers\n{entries:#?}\nthe first\n{other:#?}")),
            }
        }
    }
    let mut actual = first.ok_or_else(|| "runs nowhere".to_string())?;
    // A short value may stand in an answer by chance.
    for (name, value) in given.iter().filter(|(_, value)| value.len() >= 6) {
        actual.iter_mut().for_each(|entry| entry.value = entry.value.replace(value, &format!("{{{name}}}")));
    }
    Ok(actual)
}

/// A hidden name and one that was never there must be told apart by nothing.
fn same_as_absent(
    layout: &Layout,
    form: Form,
    case: &Case,
    entries: &[Entry],
    (hidden, nothing): (&str, &str),
) -> Result<(), String> {
    let swap = |text: &str| text.replace(nothing, hidden);
    let mut absent = case.clone();
    let ask_entry = absent.entries.iter_mut().find(|entry| entry.key == "ask");
    ask_entry.ok_or("case needs `ask`")?.value = case.need("ask").replace(hidden, nothing);
    let (_, other) = ask(layout, form, &absent, &parameters(case))?;
    let other: Vec<Entry> = other.iter().map(|line| entry(&line.key, swap(&line.value))).collect();
    let same: Vec<Entry> = entries.iter().map(|line| entry(&line.key, swap(&line.value))).collect();
    if same == other { Ok(()) } else { Err(format!("hidden answers\n{same:#?}\nabsent\n{other:#?}")) }
}

/// Names and values of `given`.
pub(super) fn given(case: &Case) -> Result<Vec<(String, String)>, String> {
    let mut values = Vec::new();
    for given in case.all("given") {
        let (name, sql) = given.split_once(' ').ok_or("given NAME SQL")?;
        let rows = layout::reference().rows("bank", "", sql)?;
        let value = rows.first().and_then(|row| row[0].clone()).ok_or_else(|| format!("nothing found by {sql}"))?;
        values.push((name.to_string(), value));
    }
    Ok(values)
}

pub(super) fn fill_in(case: &Case, given: &[(String, String)]) -> Case {
    let mut filled = case.clone();
    for (name, value) in given {
        for entry in filled.entries.iter_mut().filter(|entry| entry.key != "given") {
            entry.value = entry.value.replace(&format!("{{{name}}}"), value);
        }
    }
    filled
}

fn parameters(case: &Case) -> Vec<Parameter> {
    let one = |text: &str| {
        let (kind, value) = text.split_once(' ').unwrap_or((text, ""));
        let value = if value == "NULL" { None } else { Some(value.trim().to_string()) };
        Parameter { oid: type_oid(kind), value }
    };
    case.all("bind").map(one).collect()
}

fn ask(layout: &Layout, form: Form, case: &Case, parameters: &[Parameter]) -> Result<(Answer, Vec<Entry>), String> {
    static NUMBER: AtomicUsize = AtomicUsize::new(1);
    let application = format!("case-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut session = layout
        .sluice
        .try_login(case.need("as"), PASSWORD, &application)
        .map_err(|error| format!("no login: {error:?}"))?;
    let before: Vec<&str> = case.all("before").collect();
    for sql in &before {
        let answer = session.simple(sql);
        if let Some(error) = answer.error {
            return Err(format!("before: {sql}: {} {}", error.code, error.message));
        }
    }
    let sql = case.need("ask");
    let answer = session.ask(form, sql, parameters);
    let mut entries = render(&answer, is_ordered(sql));
    entries.extend(layout.audit_lines(&application, &before).into_iter().map(|line| entry("audit", line)));
    Ok((answer, entries))
}

fn render(answer: &Answer, ordered: bool) -> Vec<Entry> {
    let mut entries = Vec::new();
    if let Some(error) = &answer.error {
        entries.push(entry("error", format!("{} {}", error.code, error.message)));
        entries.extend(error.detail.iter().map(|detail| entry("detail", detail)));
        entries.extend(error.hint.iter().map(|hint| entry("hint", hint)));
    } else {
        if !answer.columns.is_empty() {
            entries.push(entry("columns", answer.header()));
            entries.push(block("rows", &answer.lines(ordered)));
        }
        if !answer.copied.is_empty() {
            entries.push(block("copy", &answer.copied.lines().map(str::to_string).collect::<Vec<_>>()));
        }
        entries.extend(answer.tags.iter().map(|tag| entry("tag", tag)));
    }
    entries.extend(answer.notices.iter().map(|notice| entry("notice", format!("{} {}", notice.code, notice.message))));
    entries
}

/// Rows come in no order unless the outermost part of the statement orders them.
fn is_ordered(sql: &str) -> bool {
    let mut depth = 0;
    let outermost: String = sql
        .chars()
        .filter(|letter| {
            depth += i32::from(*letter == '(') - i32::from(*letter == ')');
            depth == 0
        })
        .collect();
    outermost.to_ascii_lowercase().split_whitespace().collect::<Vec<_>>().join(" ").contains("order by")
}
