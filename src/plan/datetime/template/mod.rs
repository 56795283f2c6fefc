//! Templates of `to_char`, `to_date`, `to_timestamp` and `to_number`.
//!
//! Source: PostgreSQL documentation, "Data Type Formatting Functions", and `formatting.c`, whose order of steps is kept
//! where the documentation leaves the result open. The locale is C: English names, `.` and `,`.
//!
//! Invariant: a template costs no more than [`LENGTH_MAX`] bytes of work for a row.
//! Left out: names of time zones while reading.

mod dates;
mod numbers;
mod read_dates;
mod read_numbers;

pub(super) use dates::{Moment, write_date};
pub(super) use numbers::{Source, write_number};
pub(super) use read_dates::{read_date, read_moment};
pub(super) use read_numbers::read_number;

use super::fault::DatetimeFault as Fault;

/// Longest template.
const LENGTH_MAX: usize = 1_000;

/// A piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Pattern { name: &'static str, fill: bool, localized: bool, ordinal: Option<Ordinal> },
    Separator(char),
    Space(char),
    Char(char),
}

/// `TH` and `th` behind a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ordinal {
    Upper,
    Lower,
}

impl Ordinal {
    /// What stands behind a number.
    fn of(self, number: &str) -> &'static str {
        let digits = number.as_bytes();
        let last = digits.last().copied().unwrap_or(b'0');
        let teen = digits.len() > 1 && digits[digits.len() - 2] == b'1';
        let at = match last {
            b'1' if !teen => 0,
            b'2' if !teen => 1,
            b'3' if !teen => 2,
            _ => 3,
        };
        match self {
            Ordinal::Upper => ["ST", "ND", "RD", "TH"][at],
            Ordinal::Lower => ["st", "nd", "rd", "th"][at],
        }
    }
}

/// Patterns of dates and times; of two with the same beginning the longer one stands first.
const PATTERNS: &[&str] = &[
    "A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "CC", "DAY", "DDD", "DD", "DY", "Day", "Dy", "D", "FF1", "FF2", "FF3",
    "FF4", "FF5", "FF6", "FX", "HH24", "HH12", "HH", "IDDD", "ID", "IW", "IYYY", "IYY", "IY", "I", "J", "MI", "MM",
    "MONTH", "MON", "MS", "Month", "Mon", "OF", "P.M.", "PM", "Q", "RM", "SSSSS", "SSSS", "SS", "TZH", "TZM", "TZ",
    "US", "WW", "W", "Y,YYY", "YYYY", "YYY", "YY", "Y", "a.d.", "a.m.", "ad", "am", "b.c.", "bc", "cc", "day", "ddd",
    "dd", "dy", "d", "ff1", "ff2", "ff3", "ff4", "ff5", "ff6", "fx", "hh24", "hh12", "hh", "iddd", "id", "iw", "iyyy",
    "iyy", "iy", "i", "j", "mi", "mm", "month", "mon", "ms", "of", "p.m.", "pm", "q", "rm", "sssss", "ssss", "ss",
    "tzh", "tzm", "tz", "us", "ww", "w", "y,yyy", "yyyy", "yyy", "yy", "y",
];

fn checked(template: &str) -> Result<&str, Fault> {
    if template.len() > LENGTH_MAX { Err(Fault::TemplateLength(LENGTH_MAX)) } else { Ok(template) }
}

/// The pieces of a template of dates and times.
fn nodes(template: &str) -> Result<Vec<Node>, Fault> {
    let mut rest = checked(template)?;
    let mut nodes = Vec::new();
    while !rest.is_empty() {
        let (mut fill, mut localized) = (false, false);
        if let Some(after) = rest.strip_prefix("FM").or_else(|| rest.strip_prefix("fm")) {
            (fill, rest) = (true, after);
        } else if let Some(after) = rest.strip_prefix("TM").or_else(|| rest.strip_prefix("tm")) {
            (localized, rest) = (true, after);
        }
        if let Some(name) = PATTERNS.iter().find(|name| rest.starts_with(**name)) {
            rest = &rest[name.len()..];
            let mut ordinal = None;
            for (suffix, found) in [("TH", Some(Ordinal::Upper)), ("th", Some(Ordinal::Lower)), ("SP", None)] {
                if let Some(after) = rest.strip_prefix(suffix) {
                    (ordinal, rest) = (found, after);
                    break;
                }
            }
            nodes.push(Node::Pattern { name, fill, localized, ordinal });
            continue;
        }
        rest = literal(rest, &mut nodes);
    }
    Ok(nodes)
}

/// Takes one character, or a text in quotes; gives what follows.
fn literal<'t>(rest: &'t str, nodes: &mut Vec<Node>) -> &'t str {
    let mut letters = rest.chars();
    match letters.next() {
        None => "",
        Some('"') => {
            while let Some(letter) = letters.next() {
                match letter {
                    '"' => break,
                    '\\' => nodes.push(Node::Char(letters.next().unwrap_or('\\'))),
                    letter => nodes.push(Node::Char(letter)),
                }
            }
            letters.as_str()
        }
        Some('\\') if letters.as_str().starts_with('"') => {
            nodes.push(Node::Char('"'));
            &letters.as_str()[1..]
        }
        Some(letter) if letter.is_ascii_whitespace() => {
            nodes.push(Node::Space(letter));
            letters.as_str()
        }
        Some(letter) if letter.is_ascii_punctuation() => {
            nodes.push(Node::Separator(letter));
            letters.as_str()
        }
        Some(letter) => {
            nodes.push(Node::Char(letter));
            letters.as_str()
        }
    }
}
