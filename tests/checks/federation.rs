//! Federation cases: what each source was sent, taken from the audit's own record of it, and what `sluice explain`
//! says beforehand. That the answer is right is for the policy cases; a `hand` line may say it here too.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::binary::type_oid;
use crate::support::cases::{Case, Entry, Kind, block, run};
use crate::support::client::{Form, Parameter, lines};
use crate::support::sluice::{PASSWORD, command};
use crate::support::{eventually, layout};

/// `on LAYOUT`, `as USER`, `ask SQL`, `bind TYPE VALUE`, `hand SQL`; expected `sent` blocks, `SOURCE: SQL` a line, and
/// `explain` the output of the command, for statements without parameters.
const FEDERATION: Kind = Kind {
    folder: "federation",
    extension: "fed",
    input: &["on", "as", "ask", "bind", "hand"],
    expected: &["sent", "explain"],
};

#[test]
fn federation_cases() {
    run(&FEDERATION, check);
}

fn check(case: &Case) -> Result<Vec<Entry>, String> {
    static NUMBER: AtomicUsize = AtomicUsize::new(1);
    let layout = layout::named(case.need("on"));
    let application = format!("fed-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let session = layout.sluice.try_login(case.need("as"), PASSWORD, &application);
    let mut session = session.map_err(|error| format!("no login: {error:?}"))?;
    let parameters: Vec<Parameter> = case
        .all("bind")
        .map(|text| text.split_once(' ').expect("bind TYPE VALUE"))
        .map(|(kind, value)| Parameter { oid: type_oid(kind), value: Some(value.trim().to_string()) })
        .collect();
    let answer = session.ask(Form::ExtendedText, case.need("ask"), &parameters);
    if let Some(error) = &answer.error {
        return Err(format!("{} {}", error.code, error.message));
    }
    if let Some(sql) = case.get("hand") {
        let rows = layout::reference().rows("bank", "", sql)?;
        let (expected, got) = (lines(&rows, false), answer.lines(false));
        if expected != got {
            return Err(format!("by hand {expected:#?}, through Sluice {got:#?}"));
        }
    }
    let question = format!(
        "SELECT source_sql FROM audit.queries WHERE event = 'query' AND outcome = 'done' \
         AND application_name = '{application}'"
    );
    let rows = eventually("the audit record", Duration::from_secs(20), || {
        let answer = layout.audit(&question);
        if answer.rows.is_empty() { Err("no record".to_string()) } else { Ok(answer.rows) }
    });
    let mut sent: Vec<String> = rows[0][0].iter().flat_map(|text| text.lines()).map(str::to_string).collect();
    let root = layout.sluice.settings.directory.to_str().expect("a plain path").to_string();
    sent.iter_mut().for_each(|line| *line = line.replace(&root, "DIR"));
    sent.sort();
    let mut entries = vec![block("sent", &sent)];
    if parameters.is_empty() {
        entries.push(block("explain", &explain(layout, case, &root)?));
    }
    Ok(entries)
}

fn explain(layout: &layout::Layout, case: &Case, root: &str) -> Result<Vec<String>, String> {
    let config = layout.sluice.settings.file();
    let config = config.to_str().ok_or("a plain path")?;
    let who = case.need("as");
    let output = command(&["explain", "--language", "en", "--config", config, "--as", who, case.need("ask")]);
    let text = String::from_utf8_lossy(&output.stdout).replace(root, "DIR");
    if !output.status.success() {
        return Err(format!("sluice explain: {text}{}", String::from_utf8_lossy(&output.stderr)));
    }
    // Indentation is how the tree is shown, and a case file takes it for its own.
    let line = |line: &str| format!("|{}", line.trim_end());
    Ok(text.lines().filter(|line| !line.trim().is_empty()).map(line).collect())
}
