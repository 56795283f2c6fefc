//! The file of expected gains: one per line, `WHO WHAT`.
//!
//! WHO is a login name, `role:NAME` or `*`; WHAT is an entity with all that is in it, `ENTITY rows`, `ENTITY.FIELD`,
//! `limit NAME`, `explain`, `statement`, and for `*` alone `rule ID`, `role NAME`, `zone NAME`. Blank lines and lines that begin with `#` say nothing.

use sluice_model::diagnostic::Diagnostic;

/// One expected gain.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Expected {
    who: String,
    what: String,
    line: u32,
    met: bool,
}

/// The gains that are expected.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    file: String,
    lines: Vec<Expected>,
}

impl Expectations {
    /// Reads a file's text.
    ///
    /// # Errors
    /// Every line that is not WHO WHAT.
    pub fn read(file: &str, text: &str) -> Result<Expectations, Vec<Diagnostic>> {
        let (mut lines, mut found) = (Vec::new(), Vec::new());
        for (text, line) in text.lines().zip(1_u32..) {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            match text.split_once(char::is_whitespace) {
                Some((who, what)) => {
                    let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
                    lines.push(Expected { who: who.to_string(), what, line, met: false });
                }
                None => found.push(Diagnostic {
                    file: file.to_string(),
                    line,
                    column: 1,
                    code: "bad-expectation",
                    message: format!("`{text}` is not WHO WHAT"),
                    hint: Some("for example `ana customer.mobile` or `* customer rows`".to_string()),
                }),
            }
        }
        if found.is_empty() { Ok(Expectations { file: file.to_string(), lines }) } else { Err(found) }
    }

    /// True where this gain is named.
    pub fn names(&mut self, who: &str, what: &str) -> bool {
        let mut named = false;
        for line in &mut self.lines {
            let inside = what.strip_prefix(line.what.as_str()).is_some_and(|rest| rest.starts_with([' ', '.']));
            if (line.who == "*" || line.who == who) && (line.what == what || inside) {
                line.met = true;
                named = true;
            }
        }
        named
    }

    /// Lines that named nothing that was gained.
    pub fn unmet(&self) -> Vec<Diagnostic> {
        let unmet = self.lines.iter().filter(|line| !line.met);
        unmet
            .map(|line| Diagnostic {
                file: self.file.clone(),
                line: line.line,
                column: 1,
                code: "unmet-expectation",
                message: format!("`{} {}` was not gained", line.who, line.what),
                hint: None,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_names_what_is_in_it_and_nothing_else() {
        let mut expected =
            Expectations::read("e", "# all\nana customer\n* account rows\nrole:teller txn.amount\n").unwrap();
        assert!(expected.names("ana", "customer.mobile") && expected.names("ana", "customer rows"));
        assert!(!expected.names("ana", "customers.mobile") && !expected.names("bea", "customer.mobile"));
        assert!(expected.names("bea", "account rows") && !expected.names("bea", "account.rate"));
        assert_eq!(expected.unmet().len(), 1);
        assert_eq!(Expectations::read("e", "\nana\n").unwrap_err()[0].line, 2);
    }
}
