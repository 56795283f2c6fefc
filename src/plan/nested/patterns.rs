//! Regular expressions that give arrays.
//!
//! PostgreSQL takes the longest of all matches, the engine's expressions the first alternative that fits: a pattern in
//! which that can differ is refused.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListBuilder, StringBuilder};
use datafusion_common::Result;
use regex::{Captures, Regex, RegexBuilder};

use super::{lists, refused};
use crate::PlanError;

/// Bytes of a compiled pattern.
const SIZE_MAX: usize = 1 << 20;

/// The pattern of the row before, compiled.
#[derive(Default)]
struct Patterns {
    last: Option<(String, String, Pattern)>,
}

#[derive(Clone)]
struct Pattern {
    regex: Regex,
    global: bool,
}

impl Patterns {
    fn of(&mut self, pattern: &str, flags: &str) -> Result<&Pattern> {
        let known = self.last.as_ref().is_some_and(|(p, f, _)| p == pattern && f == flags);
        if !known {
            self.last = Some((pattern.to_string(), flags.to_string(), compiled(pattern, flags)?));
        }
        match &self.last {
            Some((_, _, pattern)) => Ok(pattern),
            None => Err(refused(PlanError::Internal("no pattern".into()))),
        }
    }
}

fn compiled(pattern: &str, flags: &str) -> Result<Pattern> {
    if pattern.contains('|') {
        return Err(refused(PlanError::Unsupported("an alternative in the pattern of this function".into())));
    }
    if pattern.starts_with("***") || pattern.starts_with("(?") && !pattern.starts_with("(?:") {
        return Err(refused(PlanError::Unsupported("options in a regular expression".into())));
    }
    let mut builder = RegexBuilder::new(pattern);
    builder.size_limit(SIZE_MAX).dot_matches_new_line(true);
    let mut global = false;
    for flag in flags.chars() {
        match flag {
            'g' => global = true,
            'i' => {
                builder.case_insensitive(true);
            }
            'c' => {
                builder.case_insensitive(false);
            }
            'n' | 'm' => {
                builder.multi_line(true).dot_matches_new_line(false);
            }
            's' => {}
            'x' => {
                builder.ignore_whitespace(true);
            }
            _ => return Err(refused(PlanError::InvalidParameter("invalid regular expression option"))),
        }
    }
    let regex = builder.build().map_err(|_| refused(PlanError::Pattern))?;
    Ok(Pattern { regex, global })
}

/// The groups of a match, or the whole of it where it has none.
fn groups(found: &Captures) -> Vec<Option<String>> {
    let text = |at: usize| found.get(at).map(|group| group.as_str().to_string());
    match found.len() {
        1 => vec![text(0)],
        many => (1..many).map(text).collect(),
    }
}

/// Text, pattern and flags of a row; `None` where one is NULL.
fn row(args: &[ArrayRef], row: usize) -> Option<(&str, &str, &str)> {
    let text =
        |at: usize| args.get(at).filter(|array| array.is_valid(row)).map(|array| array.as_string::<i32>().value(row));
    let flags = if args.len() > 2 { text(2)? } else { "" };
    Some((text(0)?, text(1)?, flags))
}

fn rows(args: &[ArrayRef]) -> usize {
    args.first().map_or(0, |array| array.len())
}

/// `regexp_match`
pub(super) fn first_match(args: &[ArrayRef]) -> Result<ArrayRef> {
    let mut patterns = Patterns::default();
    let mut out = ListBuilder::new(StringBuilder::new());
    for at in 0..rows(args) {
        let found = match row(args, at) {
            Some((text, pattern, flags)) => {
                let pattern = patterns.of(pattern, flags)?;
                if pattern.global {
                    return Err(lists::fault("regexp_match() does not support the \"global\" option"));
                }
                pattern.regex.captures(text).map(|found| groups(&found))
            }
            None => None,
        };
        out.append_option(found);
    }
    Ok(Arc::new(out.finish()))
}

/// `regexp_matches`
pub(super) fn all_matches(args: &[ArrayRef]) -> Result<ArrayRef> {
    let mut patterns = Patterns::default();
    let mut found = Vec::with_capacity(rows(args));
    for at in 0..rows(args) {
        found.push(match row(args, at) {
            Some((text, pattern, flags)) => {
                let pattern = patterns.of(pattern, flags)?;
                let most = if pattern.global { usize::MAX } else { 1 };
                Some(pattern.regex.captures_iter(text).take(most).map(|found| groups(&found)).collect())
            }
            None => None,
        });
    }
    lists::nested(found)
}

/// `regexp_split_to_array`
pub(super) fn split(args: &[ArrayRef]) -> Result<ArrayRef> {
    let mut patterns = Patterns::default();
    let mut out = ListBuilder::new(StringBuilder::new());
    for at in 0..rows(args) {
        match row(args, at) {
            Some((text, pattern, flags)) => {
                let pattern = patterns.of(pattern, flags)?;
                if pattern.global {
                    return Err(lists::fault("regexp_split_to_array() does not support the \"global\" option"));
                }
                let mut from = 0;
                for found in pattern.regex.find_iter(text) {
                    // An empty match at an end, or behind another match, splits nothing.
                    if found.is_empty() && (found.start() == from && from == 0 || found.start() >= text.len()) {
                        continue;
                    }
                    out.values().append_value(&text[from..found.start()]);
                    from = found.end();
                }
                out.values().append_value(&text[from..]);
                out.append(true);
            }
            None => out.append(false),
        }
    }
    Ok(Arc::new(out.finish()))
}

/// `regexp_substr`
pub(super) fn found(args: &[ArrayRef]) -> Result<ArrayRef> {
    let mut patterns = Patterns::default();
    let mut out = StringBuilder::new();
    for at in 0..rows(args) {
        match row(args, at) {
            Some((text, pattern, flags)) => {
                out.append_option(patterns.of(pattern, flags)?.regex.find(text).map(|found| found.as_str()));
            }
            None => out.append_null(),
        }
    }
    Ok(Arc::new(out.finish()))
}
