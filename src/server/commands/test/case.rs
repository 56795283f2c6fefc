//! Files of policy cases: what an author expects of the policies, in text.
//!
//! ```text
//! org     H00, B10 < H00, B11 < B10
//!
//! case the analyst sees the mobile masked
//! as      ana roles=analyst org_units=H00
//! ask     SELECT mobile FROM retail.customer
//! decision
//!         customer rows TRUE by bank-wide
//!         customer.mobile mask cn_mobile() by mobile
//! ```
//!
//! Invariant: a line that is not understood is a finding with its place, never passed over. Lines that are indented
//! belong to the key above; blank lines and lines that begin with `#` separate.

use sluice_model::diagnostic::Diagnostic;

/// A value and the line it begins on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Lines joined by newlines, each trimmed.
    pub text: String,
    /// Line, counted from 1.
    pub line: u32,
}

/// One case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// File, as it was named.
    pub file: String,
    /// Line of `case`.
    pub line: u32,
    /// What it says.
    pub name: String,
    /// The organisation tree it runs on, unless that of the sources.
    pub org: Option<Text>,
    /// Who asks, with her facts.
    pub person: Text,
    /// The statement.
    pub ask: Text,
    /// Expected limits of the person.
    pub limits: Option<Text>,
    /// Expected decision lines.
    pub decision: Option<Text>,
    /// Expected rows.
    pub rows: Option<Text>,
    /// Expected refusal: SQLSTATE, and its text where that matters.
    pub error: Option<Text>,
}

/// A case as far as it was read.
struct Draft {
    line: u32,
    name: String,
    entries: Vec<(String, Text)>,
}

const KEYS: [&str; 7] = ["as", "org", "ask", "limits", "decision", "rows", "error"];

/// Reads a file.
///
/// # Errors
/// Every line that is not understood, and every case that asks or expects nothing.
pub fn read(file: &str, text: &str) -> Result<Vec<Case>, Vec<Diagnostic>> {
    let mut found = Vec::new();
    let mut finding = |line: u32, code: &'static str, message: String, hint: Option<String>| {
        found.push(Diagnostic { file: file.to_string(), line, column: 1, code, message, hint });
    };
    let mut shared: Vec<(String, Text)> = Vec::new();
    let mut drafts: Vec<Draft> = Vec::new();
    for (line, number) in text.lines().zip(1_u32..) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let value = value.trim().to_string();
        if key == "case" {
            drafts.push(Draft { line: number, name: value, entries: Vec::new() });
            continue;
        }
        let inside = !drafts.is_empty();
        let entries = drafts.last_mut().map_or(&mut shared, |draft| &mut draft.entries);
        if line.starts_with([' ', '\t']) {
            match entries.last_mut() {
                Some((_, value)) if value.text.is_empty() => value.text = line.trim().to_string(),
                Some((_, value)) => value.text.push_str(&format!("\n{}", line.trim())),
                None => finding(number, "case-line", "an indented line with nothing to belong to".into(), None),
            }
            continue;
        }
        match key {
            "org" if !inside => entries.push((key.to_string(), Text { text: value, line: number })),
            known if inside && KEYS.contains(&known) => {
                if entries.iter().any(|(before, _)| before == key) {
                    finding(number, "case-key", format!("`{key}` stands twice in this case"), None);
                }
                entries.push((key.to_string(), Text { text: value, line: number }));
            }
            unknown => {
                let near = sluice_model::names::nearest(unknown, KEYS.into_iter().chain(["case"]));
                let hint = near.map(|near| format!("did you mean `{near}`?"));
                finding(number, "case-key", format!("`{unknown}` is no key at this place"), hint);
            }
        }
    }
    let cases: Vec<Case> = drafts.into_iter().filter_map(|draft| whole(file, draft, &shared, &mut finding)).collect();
    if cases.is_empty() && found.is_empty() {
        found.push(Diagnostic {
            file: file.to_string(),
            line: 0,
            column: 0,
            code: "no-case",
            message: "the file holds no case".to_string(),
            hint: None,
        });
    }
    if found.is_empty() { Ok(cases) } else { Err(found) }
}

fn whole(
    file: &str,
    draft: Draft,
    shared: &[(String, Text)],
    finding: &mut impl FnMut(u32, &'static str, String, Option<String>),
) -> Option<Case> {
    let of = |entries: &[(String, Text)], key: &str| {
        entries.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
    };
    let get = |key: &str| of(&draft.entries, key);
    let mut need = |key: &str| {
        let value = get(key).filter(|value| !value.text.is_empty());
        if value.is_none() {
            finding(draft.line, "case-key", format!("the case needs `{key}`"), None);
        }
        value
    };
    let (person, ask) = (need("as"), need("ask"));
    let (decision, rows, error) = (get("decision"), get("rows"), get("error"));
    let limits = get("limits");
    if decision.is_none() && rows.is_none() && error.is_none() && limits.is_none() {
        let hint = Some("add `decision`, `rows` or `error`".to_string());
        finding(draft.line, "case-key", "the case expects nothing".to_string(), hint);
    }
    if error.is_some() && (decision.is_some() || rows.is_some()) {
        finding(draft.line, "case-key", "a case with `error` has neither `decision` nor `rows`".to_string(), None);
    }
    let org = get("org").or_else(|| of(shared, "org"));
    Some(Case {
        file: file.to_string(),
        line: draft.line,
        name: draft.name,
        org,
        person: person?,
        ask: ask?,
        limits,
        decision,
        rows,
        error,
    })
}
