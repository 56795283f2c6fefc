//! LIKE, SIMILAR TO and PostgreSQL's regular expressions.

use std::sync::Arc;

use super::Run;
use crate::error::{Result, SystemError};
use crate::plan::{Match, MatchForm};
use crate::value::Value;

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

/// A compiled regular expression. What it does with a text is counted before it is done: at worst each of its states is
/// looked at for each letter.
pub(crate) struct Compiled {
    regex: regex::Regex,
    /// Its size, in the smallest of [`SIZES`].
    weight: usize,
}

impl Compiled {
    fn search(&self, bytes: usize, run: &Run) -> Result<()> {
        run.step(bytes.saturating_mul(self.weight) / 4)
    }

    /// Counts the search behind a match. It may look at all of the rest, but seldom does.
    fn again(&self, text: &str, from: usize, run: &Run) -> Result<()> {
        const SELDOM: usize = 8;
        run.step(1)?;
        self.search(text.len().saturating_sub(from) / SELDOM, run)
    }

    pub(crate) fn is_match(&self, text: &str, run: &Run) -> Result<bool> {
        self.search(text.len(), run)?;
        Ok(self.regex.is_match(text))
    }

    /// The first match with its groups.
    pub(crate) fn captures<'t>(&self, text: &'t str, run: &Run) -> Result<Option<regex::Captures<'t>>> {
        self.search(text.len(), run)?;
        Ok(self.regex.captures(text))
    }

    /// All matches with their groups, given one by one.
    pub(crate) fn each(
        &self,
        text: &str,
        run: &Run,
        mut take: impl FnMut(regex::Captures<'_>) -> Result<()>,
    ) -> Result<()> {
        self.search(text.len(), run)?;
        for found in self.regex.captures_iter(text) {
            self.again(text, found.get(0).map_or(0, |whole| whole.end()), run)?;
            take(found)?;
        }
        Ok(())
    }

    /// How many matches there are. Finding them once more is counted with it.
    pub(crate) fn count(&self, text: &str, run: &Run) -> Result<usize> {
        self.search(text.len().saturating_mul(2), run)?;
        let mut matches = 0;
        for found in self.regex.find_iter(text) {
            self.again(text, found.end(), run)?;
            matches += 1;
        }
        Ok(matches)
    }

    /// What lies between the matches.
    pub(crate) fn split<'r, 't>(&'r self, text: &'t str) -> regex::Split<'r, 't> {
        self.regex.split(text)
    }

    /// The text with the first match, or each of them, replaced.
    pub(crate) fn replaced(&self, text: &str, with: &str, all: bool, run: &Run) -> Result<String> {
        self.search(text.len(), run)?;
        let replaced = if all { self.regex.replace_all(text, with) } else { self.regex.replace(text, with) };
        Ok(replaced.into_owned())
    }
}

/// Sizes that a regular expression is compiled within, bytes; the last is the most.
const SIZES: [usize; 5] = [4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20];

/// A compiled regular expression, kept for the statement.
pub(crate) fn regex(pattern: &str, insensitive: bool, run: &Run) -> Result<Arc<Compiled>> {
    let key = (pattern.to_string(), insensitive);
    if let Some(found) = run.patterns.borrow().get(&key) {
        return Ok(found.clone());
    }
    run.step(pattern.len() * 16)?;
    let compiled = Arc::new(compile(&translate(pattern), insensitive, run)?);
    let mut kept = run.patterns.borrow_mut();
    // Patterns computed per row must not pile up.
    if kept.len() < 256 {
        kept.insert(key, compiled.clone());
    }
    Ok(compiled)
}

/// Compiles within the smallest size that will do.
fn compile(pattern: &str, insensitive: bool, run: &Run) -> Result<Compiled> {
    for size in SIZES {
        run.step(size / 32)?;
        let built = regex::RegexBuilder::new(pattern)
            .case_insensitive(insensitive)
            .dot_matches_new_line(true)
            .size_limit(size)
            .build();
        match built {
            Ok(regex) => return Ok(Compiled { regex, weight: size / SIZES[0] }),
            Err(regex::Error::CompiledTooBig(_)) => {}
            Err(_) => return Err(SystemError::InvalidRegex),
        }
    }
    Err(SystemError::InvalidRegex)
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
        MatchForm::Similar => regex(&similar(pattern, escape)?, false, run)?.is_match(text, run)?,
        MatchForm::Regex => regex(pattern, how.insensitive, run)?.is_match(text, run)?,
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
