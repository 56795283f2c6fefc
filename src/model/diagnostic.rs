//! What is wrong in a catalog or policy file, and where.
//!
//! Invariant: a diagnostic is for the operator who wrote the file (command line, log), never for a client: it quotes
//! policy text. Left out: severities. A diagnostic returned as an error stops the load; a loaded set carries its
//! warnings as diagnostics beside it.

use std::fmt;

/// One finding, with its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Path of the file as it was handed in.
    pub file: String,
    /// Line, counted from 1; 0 where the finding is about the file or the set as a whole.
    pub line: u32,
    /// Column in characters, counted from 1; 0 with `line` 0.
    pub column: u32,
    /// Stable kebab-case code, such as `unknown-key`.
    pub code: &'static str,
    /// What is wrong, on what.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}: {}", self.file, self.line, self.column, self.code, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Spot {
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
}

/// Collects the findings of one file.
#[derive(Debug)]
pub struct Report<'a> {
    file: &'a str,
    found: &'a mut Vec<Diagnostic>,
}

impl<'a> Report<'a> {
    /// A collector for the file of this path.
    pub fn new(file: &'a str, found: &'a mut Vec<Diagnostic>) -> Report<'a> {
        Report { file, found }
    }

    /// A collector of the same findings for another file.
    pub fn of_file<'b>(&'b mut self, file: &'b str) -> Report<'b> {
        Report { file, found: self.found }
    }

    /// The file that findings are attributed to.
    pub fn file(&self) -> &str {
        self.file
    }

    /// How many findings there are so far, of all files.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// Adds a finding.
    pub fn error(&mut self, at: Spot, code: &'static str, message: impl Into<String>) {
        self.push(at, code, message.into(), None);
    }

    /// Adds a finding with what to do about it.
    pub fn hinted(&mut self, at: Spot, code: &'static str, message: impl Into<String>, hint: impl Into<String>) {
        self.push(at, code, message.into(), Some(hint.into()));
    }

    /// Adds a finding about a name that is not known, with the nearest known one as the hint.
    pub fn unknown<'n>(
        &mut self,
        at: Spot,
        code: &'static str,
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'n str>,
    ) {
        self.unknown_in(at, code, (what, name), "", known);
    }

    /// As [`Report::unknown`] for a (kind, name) that is looked for in one place, such as "of `customer`".
    pub fn unknown_in<'n>(
        &mut self,
        at: Spot,
        code: &'static str,
        (what, name): (&str, &str),
        place: &str,
        known: impl Iterator<Item = &'n str>,
    ) {
        let hint = crate::names::nearest(name, known).map(|near| format!("did you mean `{near}`?"));
        let message = format!("unknown {what} `{name}` {place}");
        self.push(at, code, message.trim_end().to_string(), hint);
    }

    fn push(&mut self, at: Spot, code: &'static str, message: String, hint: Option<String>) {
        let diagnostic =
            Diagnostic { file: self.file.to_string(), line: at.line, column: at.column, code, message, hint };
        if !self.found.contains(&diagnostic) {
            self.found.push(diagnostic);
        }
    }
}
