//! The functions of regular expressions.
//!
//! Invariant: an answer is PostgreSQL's, or the expression is refused by name ([`super::are`], [`super::matching`]). A
//! constant expression is judged before any row is read, another one when a row brings it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanBuilder, Int32Builder, ListBuilder, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use super::are::Options;
use super::matching::{self, Pattern};
use super::{lists, refused};
use crate::PlanError;

/// The pattern of the row before, compiled.
#[derive(Default)]
struct Patterns {
    last: Option<(String, String, Pattern)>,
}

impl Patterns {
    fn of(&mut self, pattern: &str, flags: &str) -> Result<&mut Pattern> {
        let known = self.last.as_ref().is_some_and(|(p, f, _)| p == pattern && f == flags);
        if !known {
            let compiled = Pattern::new(pattern, flags).map_err(refused)?;
            self.last = Some((pattern.to_string(), flags.to_string(), compiled));
        }
        match &mut self.last {
            Some((_, _, pattern)) => Ok(pattern),
            None => Err(refused(PlanError::Internal("no pattern".into()))),
        }
    }
}

/// What a match gives: its groups, or the whole of it where it has none.
fn groups(pattern: &Pattern, text: &str, found: &std::ops::Range<usize>) -> Result<Vec<Option<String>>> {
    if !pattern.has_groups() {
        return Ok(vec![Some(text[found.clone()].to_string())]);
    }
    Ok(pattern.groups(text, found).map_err(refused)?.split_off(1))
}

fn text(args: &[ArrayRef], at: usize, row: usize) -> Option<&str> {
    args.get(at).filter(|array| array.is_valid(row)).map(|array| array.as_string::<i32>().value(row))
}

/// Text, pattern and flags of a row; `None` where one is NULL.
fn row(args: &[ArrayRef], row: usize) -> Option<(&str, &str, &str)> {
    let flags = if args.len() > 2 { text(args, 2, row)? } else { "" };
    Some((text(args, 0, row)?, text(args, 1, row)?, flags))
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
                let found = pattern.find(text, 0).map_err(refused)?;
                found.map(|found| groups(pattern, text, &found)).transpose()?
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
                let matches = pattern.matches(text, most).map_err(refused)?;
                Some(matches.iter().map(|found| groups(pattern, text, found)).collect::<Result<Vec<_>>>()?)
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
                let (mut from, mut before) = (0, 0);
                for found in pattern.matches(text, usize::MAX).map_err(refused)? {
                    // An empty match at an end, or right behind another match, splits nothing.
                    if found.start < text.len() && found.end > before {
                        out.values().append_value(&text[from..found.start]);
                        from = found.end;
                    }
                    before = found.end;
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
        let Some(asked) = Asked::of(args, at, 4)? else {
            out.append_null();
            continue;
        };
        let pattern = patterns.of(asked.pattern, asked.flags)?;
        let found = asked.found(pattern, "regexp_substr() does not support the \"global\" option")?;
        out.append_option(match (found, asked.group) {
            (None, _) => None,
            (Some(found), 0) => Some(asked.text[found].to_string()),
            (Some(found), group) => {
                let groups = pattern.groups(asked.text, &found).map_err(refused)?;
                groups.get(group).and_then(Option::as_deref).map(str::to_string)
            }
        });
    }
    Ok(Arc::new(out.finish()))
}

/// `regexp_instr`
pub(super) fn found_at(args: &[ArrayRef]) -> Result<ArrayRef> {
    let mut patterns = Patterns::default();
    let mut out = Int32Builder::new();
    for at in 0..rows(args) {
        let Some(asked) = Asked::of(args, at, 5)? else {
            out.append_null();
            continue;
        };
        if asked.group > 0 {
            return Err(refused(PlanError::Unsupported("regexp_instr of a group".into())));
        }
        let pattern = patterns.of(asked.pattern, asked.flags)?;
        let found = asked.found(pattern, "regexp_instr() does not support the \"global\" option")?;
        let place = found.map_or(0, |found| {
            let before = if asked.behind { found.end } else { found.start };
            asked.text[..before].chars().count() + 1
        });
        out.append_value(i32::try_from(place).map_err(|_| refused(PlanError::TooLarge("regexp_instr")))?);
    }
    Ok(Arc::new(out.finish()))
}

/// Which match of a pattern is asked for.
struct Asked<'a> {
    text: &'a str,
    pattern: &'a str,
    flags: &'a str,
    /// Bytes before the part that is searched; `None` where it begins behind the text.
    from: Option<usize>,
    /// Matches before the one that is meant.
    skipped: usize,
    /// Whether the place behind the match is meant.
    behind: bool,
    group: usize,
}

impl<'a> Asked<'a> {
    /// The arguments of a row: start, number, the place that is meant where it stands before flags, flags, group. `None`
    /// where one is NULL.
    fn of(args: &'a [ArrayRef], at: usize, flags: usize) -> Result<Option<Asked<'a>>> {
        let number = |place: usize, otherwise: i64| match args.get(place) {
            Some(numbers) => numbers.is_valid(at).then(|| numbers.as_primitive::<Int64Type>().value(at)),
            None => Some(otherwise),
        };
        let given = if args.len() > flags { text(args, flags, at) } else { Some("") };
        let behind = if flags == 5 { number(4, 0) } else { Some(0) };
        let (Some(text), Some(pattern), Some(start), Some(nth), Some(behind), Some(flags), Some(group)) =
            (text(args, 0, at), text(args, 1, at), number(2, 1), number(3, 1), behind, given, number(flags + 1, 0))
        else {
            return Ok(None);
        };
        let least = |value: i64, least: i64, told: &'static str| {
            let above = value.checked_sub(least).and_then(|value| usize::try_from(value).ok());
            above.ok_or_else(|| lists::fault(told))
        };
        let start = least(start, 1, "invalid value for parameter \"start\"")?;
        let skipped = least(nth, 1, "invalid value for parameter \"n\"")?;
        if !matches!(behind, 0 | 1) {
            return Err(lists::fault("invalid value for parameter \"endoption\""));
        }
        let group = least(group, 0, "invalid value for parameter \"subexpr\"")?;
        let from = match text.char_indices().nth(start) {
            Some((from, _)) => Some(from),
            None => (text.chars().count() == start).then_some(text.len()),
        };
        Ok(Some(Asked { text, pattern, flags, from, skipped, behind: behind == 1, group }))
    }

    fn found(&self, pattern: &mut Pattern, global: &'static str) -> Result<Option<std::ops::Range<usize>>> {
        if pattern.global {
            return Err(lists::fault(global));
        }
        let Some(from) = self.from else { return Ok(None) };
        let most = self.skipped.saturating_add(1);
        let found = pattern.matches_from(self.text, from, most).map_err(refused)?;
        Ok(found.get(self.skipped).cloned())
    }
}

/// `substring(text from pattern)`: what the first group matches, or the whole where there is none.
pub(super) fn grouped(args: &[ArrayRef]) -> Result<ArrayRef> {
    let mut patterns = Patterns::default();
    let mut out = StringBuilder::new();
    for at in 0..rows(args) {
        match row(args, at) {
            Some((text, pattern, flags)) => {
                let pattern = patterns.of(pattern, flags)?;
                match pattern.find(text, 0).map_err(refused)? {
                    Some(found) if pattern.has_groups() => {
                        let groups = pattern.groups(text, &found).map_err(refused)?;
                        out.append_option(groups.get(1).and_then(Option::as_deref));
                    }
                    found => out.append_option(found.map(|found| &text[found])),
                }
            }
            None => out.append_null(),
        }
    }
    Ok(Arc::new(out.finish()))
}

/// `regexp_like`
pub(super) fn like(args: &[ArrayRef]) -> Result<ArrayRef> {
    let mut last: Option<((&str, &str), regex::Regex)> = None;
    let mut out = BooleanBuilder::new();
    for at in 0..rows(args) {
        let Some((text, pattern, flags)) = row(args, at) else {
            out.append_null();
            continue;
        };
        if last.as_ref().is_none_or(|(known, _)| *known != (pattern, flags)) {
            let mut options = Options::default();
            options.take(flags).map_err(refused)?;
            if options.global {
                return Err(lists::fault("regexp_like() does not support the \"global\" option"));
            }
            let spelled = matching::existence(pattern, options).map_err(refused)?;
            let broken = |_| refused(PlanError::Internal("a pattern that was compiled is not".into()));
            last = Some(((pattern, flags), regex::Regex::new(&spelled).map_err(broken)?));
        }
        out.append_option(last.as_ref().map(|(_, regex)| regex.is_match(text)));
    }
    Ok(Arc::new(out.finish()))
}

/// `regexp_count`
pub(super) fn count(args: &[ArrayRef]) -> Result<ArrayRef> {
    let mut patterns = Patterns::default();
    let mut out = Int32Builder::new();
    for at in 0..rows(args) {
        let start = match args.get(2) {
            Some(starts) => starts.is_valid(at).then(|| starts.as_primitive::<Int64Type>().value(at)),
            None => Some(1),
        };
        let flags = if args.len() > 3 { text(args, 3, at) } else { Some("") };
        let (Some(text), Some(pattern), Some(start), Some(flags)) =
            (text(args, 0, at), text(args, 1, at), start, flags)
        else {
            out.append_null();
            continue;
        };
        let pattern = patterns.of(pattern, flags)?;
        if pattern.global {
            return Err(lists::fault("regexp_count() does not support the \"global\" option"));
        }
        let skipped = usize::try_from(start).ok().and_then(|start| start.checked_sub(1));
        let skipped = skipped.ok_or_else(|| lists::fault("invalid value for parameter \"start\""))?;
        let from = text.char_indices().nth(skipped).map_or(text.len() + 1, |(from, _)| from);
        let from = if skipped == text.chars().count() { text.len() } else { from };
        let found = pattern.matches_from(text, from, usize::MAX).map_err(refused)?.len();
        out.append_value(i32::try_from(found).map_err(|_| refused(PlanError::TooLarge("regexp_count")))?);
    }
    Ok(Arc::new(out.finish()))
}

/// `regexp_replace`
pub(super) fn replaced(args: &[ArrayRef]) -> Result<ArrayRef> {
    let mut patterns = Patterns::default();
    let mut out = StringBuilder::new();
    for at in 0..rows(args) {
        let flags = if args.len() > 3 { text(args, 3, at) } else { Some("") };
        let (Some(text), Some(pattern), Some(by), Some(flags)) =
            (text(args, 0, at), text(args, 1, at), text(args, 2, at), flags)
        else {
            out.append_null();
            continue;
        };
        let pattern = patterns.of(pattern, flags)?;
        let most = if pattern.global { usize::MAX } else { 1 };
        let pieces = pieces(by);
        let grouped = pieces.iter().any(|piece| matches!(piece, Piece::Group(at) if *at > 0)) && pattern.has_groups();
        let mut made = String::with_capacity(text.len());
        let mut from = 0;
        for found in pattern.matches(text, most).map_err(refused)? {
            made.push_str(&text[from..found.start]);
            let groups = if grouped { pattern.groups(text, &found).map_err(refused)? } else { Vec::new() };
            for piece in &pieces {
                match piece {
                    Piece::Text(text) => made.push_str(text),
                    Piece::Group(0) => made.push_str(&text[found.clone()]),
                    Piece::Group(at) => made.extend(groups.get(*at).and_then(Option::as_deref)),
                }
            }
            from = found.end;
        }
        made.push_str(&text[from..]);
        out.append_value(made);
    }
    Ok(Arc::new(out.finish()))
}

/// A piece of a replacement: text, or what a group holds, `\&` being the whole.
enum Piece<'t> {
    Text(&'t str),
    Group(usize),
}

fn pieces(by: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = by;
    while let Some(at) = rest.find('\\') {
        pieces.push(Piece::Text(&rest[..at]));
        let behind = &rest[at + 1..];
        let (piece, taken) = match behind.chars().next() {
            Some('&') => (Piece::Group(0), 1),
            Some(digit @ '1'..='9') => (Piece::Group(digit.to_digit(10).map_or(0, |digit| digit as usize)), 1),
            Some('\\') => (Piece::Text("\\"), 1),
            _ => (Piece::Text("\\"), 0),
        };
        pieces.push(piece);
        rest = &behind[taken..];
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// The pattern of `~` or `~*` in the engine's spelling, for `~`: a constant at once, another one row by row.
///
/// # Errors
/// What is no regular expression, or one that the engine cannot match as PostgreSQL does.
pub fn spelled(pattern: Expr, insensitive: bool) -> std::result::Result<Expr, PlanError> {
    let options = Options { insensitive, ..Options::default() };
    let Expr::Literal(value, metadata) = pattern else {
        let signature = Signature::any(1, Volatility::Immutable);
        return Ok(ScalarUDF::from(Spelled { options, signature }).call(vec![pattern]));
    };
    let text = value.try_as_str().flatten().map(|text| matching::existence(text, options)).transpose()?;
    let value = match (value, text) {
        (ScalarValue::Utf8(_), text) => ScalarValue::Utf8(text),
        (ScalarValue::LargeUtf8(_), text) => ScalarValue::LargeUtf8(text),
        (ScalarValue::Utf8View(_), text) => ScalarValue::Utf8View(text),
        (other, _) => other,
    };
    Ok(Expr::Literal(value, metadata))
}

/// Spells patterns anew; the type stays.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Spelled {
    options: Options,
    signature: Signature,
}

impl ScalarUDFImpl for Spelled {
    fn name(&self) -> &str {
        "\u{1}pattern"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        types.first().cloned().ok_or_else(|| refused(PlanError::Internal("no pattern".into())))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let patterns = args.args.first().ok_or_else(|| refused(PlanError::Internal("no pattern".into())))?;
        let patterns = patterns.to_array(args.number_rows)?;
        let texts = cast(&patterns, &DataType::Utf8)?;
        let mut out = StringBuilder::new();
        let mut last: Option<(&str, String)> = None;
        for pattern in texts.as_string::<i32>() {
            let Some(pattern) = pattern else {
                out.append_null();
                continue;
            };
            if last.as_ref().is_none_or(|(known, _)| *known != pattern) {
                last = Some((pattern, matching::existence(pattern, self.options).map_err(refused)?));
            }
            out.append_option(last.as_ref().map(|(_, spelled)| spelled));
        }
        Ok(ColumnarValue::Array(cast(&out.finish(), patterns.data_type())?))
    }
}

/// Matches that `regexp_replace` finds in a text; `None` where the pattern cannot be matched.
pub fn pattern_matches(text: &str, pattern: &str, flags: &str) -> Option<usize> {
    Pattern::new(pattern, flags).ok()?.matches(text, usize::MAX).ok().map(|found| found.len())
}
