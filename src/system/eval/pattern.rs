//! LIKE, SIMILAR TO and PostgreSQL's regular expressions.

use std::sync::Arc;

use super::Run;
use crate::error::{Result, SystemError};
use crate::plan::{Match, MatchForm};
use crate::value::Value;

/// Largest compiled regular expression, bytes.
const REGEX_BYTES_MAX: usize = 1 << 20;

enum Piece {
    Any,
    One,
    Char(char),
}

fn pieces(pattern: &str, escape: Option<char>) -> Result<Vec<Piece>> {
    let mut pieces = Vec::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        pieces.push(if Some(c) == escape {
            Piece::Char(chars.next().ok_or(SystemError::InvalidEscape)?)
        } else if c == '%' {
            Piece::Any
        } else if c == '_' {
            Piece::One
        } else {
            Piece::Char(c)
        });
    }
    Ok(pieces)
}

/// LIKE in time proportional to text times pattern: one place to go back to.
pub(crate) fn like(text: &str, pattern: &str, escape: Option<char>, insensitive: bool) -> Result<bool> {
    let folded = |text: &str| if insensitive { text.to_lowercase() } else { text.to_string() };
    let (text, pattern): (Vec<char>, String) = (folded(text).chars().collect(), folded(pattern));
    let pieces = pieces(&pattern, escape)?;
    let (mut at, mut piece) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while at < text.len() {
        let fits = match pieces.get(piece) {
            Some(Piece::Any) => {
                back = Some((piece, at));
                piece += 1;
                continue;
            }
            Some(Piece::One) => true,
            Some(Piece::Char(c)) => *c == text[at],
            None => false,
        };
        if fits {
            at += 1;
            piece += 1;
        } else if let Some((star, from)) = back {
            back = Some((star, from + 1));
            piece = star + 1;
            at = from + 1;
        } else {
            return Ok(false);
        }
    }
    Ok(pieces[piece..].iter().all(|piece| matches!(piece, Piece::Any)))
}

/// PostgreSQL's escapes that the regex crate spells differently.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    if let Some(literal) = rest.strip_prefix("***=") {
        return regex::escape(literal);
    }
    rest = rest.strip_prefix("***:").unwrap_or(rest);
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('m' | 'M' | 'y') => out.push_str("\\b"),
            Some('Y') => out.push_str("\\B"),
            Some('Z') => out.push_str("\\z"),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    out
}

/// A compiled regular expression, kept for the statement.
pub(crate) fn regex(pattern: &str, insensitive: bool, run: &Run) -> Result<Arc<regex::Regex>> {
    let key = (pattern.to_string(), insensitive);
    if let Some(found) = run.patterns.borrow().get(&key) {
        return Ok(found.clone());
    }
    run.step(pattern.len() * 16)?;
    let compiled = regex::RegexBuilder::new(&translate(pattern))
        .case_insensitive(insensitive)
        .dot_matches_new_line(true)
        .size_limit(REGEX_BYTES_MAX)
        .build()
        .map_err(|_| SystemError::InvalidRegex)?;
    let compiled = Arc::new(compiled);
    let mut kept = run.patterns.borrow_mut();
    // Patterns computed per row must not pile up.
    if kept.len() < 256 {
        kept.insert(key, compiled.clone());
    }
    Ok(compiled)
}

/// SIMILAR TO as a regular expression.
fn similar(pattern: &str, escape: Option<char>) -> Result<String> {
    let mut out = String::from("^(?:");
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if Some(c) == escape {
            out.push_str(&regex::escape(&chars.next().ok_or(SystemError::InvalidEscape)?.to_string()));
            continue;
        }
        match c {
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            '\\' | '.' | '^' | '$' => out.push_str(&regex::escape(&c.to_string())),
            other => out.push(other),
        }
    }
    out.push_str(")$");
    Ok(out)
}

/// Matches a value with a pattern; NULL where either is.
pub(crate) fn matches(arg: &Value, pattern: &Value, escape: Option<&Value>, how: &Match, run: &Run) -> Result<Value> {
    let (Some(text), Some(pattern)) = (arg.as_text(), pattern.as_text()) else { return Ok(Value::Null) };
    let escape = match escape {
        None => Some('\\'),
        Some(Value::Text(escape)) => {
            let mut chars = escape.chars();
            let first = chars.next();
            if chars.next().is_some() {
                return Err(SystemError::InvalidParameter("invalid escape string".into()));
            }
            first
        }
        Some(_) => return Ok(Value::Null),
    };
    run.step((text.len() + pattern.len()) / 16)?;
    let found = match how.form {
        MatchForm::Like => {
            run.step(text.len() * pattern.len() / 64)?;
            like(text, pattern, escape, how.insensitive)?
        }
        MatchForm::Similar => regex(&similar(pattern, escape)?, false, run)?.is_match(text),
        MatchForm::Regex => regex(pattern, how.insensitive, run)?.is_match(text),
    };
    Ok(Value::Bool(found != how.negated))
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn like_matches_as_postgresql() {
        for (text, pattern, expected) in [
            ("pg_class", "pg\\_%", true),
            ("pgxclass", "pg\\_%", false),
            ("客户", "_户", true),
            ("abc", "a%c%", true),
            ("abc", "", false),
            ("", "%", true),
            ("aaab", "%a_b", true),
        ] {
            assert_eq!(like(text, pattern, Some('\\'), false), Ok(expected), "{text} like {pattern}");
        }
        assert!(like("a", "a\\", Some('\\'), false).is_err());
        assert_eq!(like("a/b", "a/%", Some('/'), false), Ok(false));
    }
}
