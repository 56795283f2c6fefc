//! Findings, printed for people, programs and code hosts.

use serde_json::{Value, json};
use sluice_model::diagnostic::Diagnostic;

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReportFormat {
    /// `file:line:column: error: message`, a hint below, a count at the end.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0.
    Sarif,
}

/// Findings of a check.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// What must be mended.
    pub errors: Vec<Diagnostic>,
    /// What should be looked at.
    pub warnings: Vec<Diagnostic>,
    /// What was checked, in a few words, for the case that all is well.
    pub checked: Vec<String>,
}

impl Findings {
    /// The text of a format.
    pub fn print(&self, format: ReportFormat) -> String {
        match format {
            ReportFormat::Text => self.text(),
            ReportFormat::Json => format!("{}\n", self.json()),
            ReportFormat::Sarif => format!("{}\n", self.sarif()),
        }
    }

    fn each(&self) -> impl Iterator<Item = (&'static str, &Diagnostic)> {
        let errors = self.errors.iter().map(|error| ("error", error));
        errors.chain(self.warnings.iter().map(|warning| ("warning", warning)))
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (severity, diagnostic) in self.each() {
            text.push_str(&line(severity, diagnostic));
        }
        if self.errors.is_empty() && !self.checked.is_empty() {
            text.push_str(&format!("checked {}\n", self.checked.join(", ")));
        }
        let (errors, warnings) = (self.errors.len(), self.warnings.len());
        let counts = [count(errors, "error", "errors"), count(warnings, "warning", "warnings")];
        text.push_str(&format!("{}\n", counts.join(", ")));
        text
    }

    fn json(&self) -> Value {
        let diagnostics: Vec<Value> = self
            .each()
            .map(|(severity, found)| {
                json!({
                    "severity": severity, "file": found.file, "line": found.line, "column": found.column,
                    "code": found.code, "message": found.message, "hint": found.hint,
                })
            })
            .collect();
        json!({
            "diagnostics": diagnostics, "errors": self.errors.len(), "warnings": self.warnings.len(),
            "checked": self.checked,
        })
    }

    fn sarif(&self) -> Value {
        let mut rules: Vec<&str> = self.each().map(|(_, found)| found.code).collect();
        rules.sort_unstable();
        rules.dedup();
        let results: Vec<Value> = self.each().map(|(severity, found)| result(severity, found, &rules)).collect();
        let rules: Vec<Value> = rules.into_iter().map(rule).collect();
        let driver = json!({
            "name": "sluice", "version": env!("CARGO_PKG_VERSION"), "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules,
        });
        // Findings are what the command is for: it has done its work even where there are some.
        let invocation = json!({"executionSuccessful": true, "exitCode": i32::from(!self.errors.is_empty())});
        json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "invocations": [invocation],
                "results": results,
            }],
        })
    }
}

fn rule(id: &str) -> Value {
    json!({"id": id, "shortDescription": {"text": id.replace('-', " ")}, "defaultConfiguration": {"level": "error"}})
}

fn result(severity: &str, found: &Diagnostic, rules: &[&str]) -> Value {
    let hint = found.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    let mut place = json!({"artifactLocation": {"uri": uri(&found.file)}});
    // SARIF counts from 1 and has no word for "the file as a whole" but leaving the region out.
    if found.line > 0 {
        place["region"] = json!({"startLine": found.line, "startColumn": found.column.max(1)});
    }
    json!({
        "ruleId": found.code, "ruleIndex": rules.iter().position(|id| *id == found.code), "level": severity,
        "message": {"text": format!("{}{hint}", found.message)},
        "locations": [{"physicalLocation": place}],
    })
}

/// A path as a URI reference: a relative one stays relative to wherever the command ran.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        if plain(byte) { uri.push(char::from(byte)) } else { uri.push_str(&format!("%{byte:02X}")) }
    }
    uri
}

/// A finding as a compiler prints it.
pub(super) fn line(severity: &str, found: &Diagnostic) -> String {
    let place =
        if found.line > 0 { format!("{}:{}:{}", found.file, found.line, found.column) } else { found.file.clone() };
    let hint = found.hint.as_ref().map(|hint| format!("  hint: {hint}\n")).unwrap_or_default();
    format!("{place}: {severity}: {} [{}]\n{hint}", found.message, found.code)
}

/// All findings as a compiler prints errors, with their number.
pub(super) fn errors(found: &[Diagnostic]) -> String {
    let lines: String = found.iter().map(|error| line("error", error)).collect();
    format!("{lines}{}\n", count(found.len(), "error", "errors"))
}

/// A number and what it counts.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
