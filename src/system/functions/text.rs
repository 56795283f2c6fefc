//! Functions on text.
//!
//! Invariant: each does work that is linear in its arguments, which are counted before it is called; what regular
//! expressions do beyond that is counted by `pattern`.

use std::collections::{HashMap, HashSet};

use super::Entry;
use super::Strictness::{Called, Strict};
use super::{arrays, int_at, text_at};
use crate::cast::names::{quote_ident, split_name};
use crate::error::{Result, SystemError};
use crate::eval::{Run, VALUE_BYTES_MAX, pattern};
use crate::value::Value;

fn text(args: &[Value], place: usize) -> Result<&str> {
    text_at(args, place).ok_or(SystemError::Internal("an argument that is no text"))
}

fn mapped(args: &[Value], by: fn(&str) -> String) -> Result<Value> {
    Ok(by(text(args, 0)?).into())
}

/// `substring` with SQL's arithmetic: the start may lie before the text.
fn substring(_: &Run, args: &[Value]) -> Result<Value> {
    let source = text(args, 0)?;
    let start = int_at(args, 1)?;
    let end = match args.get(2) {
        None => i64::MAX,
        Some(_) => {
            let length = int_at(args, 2)?;
            if length < 0 {
                return Err(SystemError::Substring);
            }
            start.saturating_add(length)
        }
    };
    let first = start.max(1);
    let skip = usize::try_from(first - 1).unwrap_or(0);
    let take = usize::try_from(end.saturating_sub(first)).unwrap_or(0);
    Ok(source.chars().skip(skip).take(take).collect::<String>().into())
}

fn substring_pattern(run: &Run, args: &[Value]) -> Result<Value> {
    let found = pattern::regex(text(args, 1)?, false, run)?;
    let Some(captures) = found.captures(text(args, 0)?, run)? else { return Ok(Value::Null) };
    let group = if captures.len() > 1 { captures.get(1) } else { captures.get(0) };
    Ok(group.map_or(Value::Null, |m| m.as_str().into()))
}

fn position(args: &[Value], wanted: usize, source: usize) -> Result<Value> {
    let (source, wanted) = (text(args, source)?, text(args, wanted)?);
    let place = source.find(wanted).map_or(0, |at| source[..at].chars().count() as i64 + 1);
    Ok(Value::Int(place))
}

fn trim(args: &[Value], left: bool, right: bool) -> Result<Value> {
    let mut rest = text(args, 0)?;
    let set: HashSet<char> = text_at(args, 1).unwrap_or(" ").chars().collect();
    if left {
        rest = rest.trim_start_matches(|c| set.contains(&c));
    }
    if right {
        rest = rest.trim_end_matches(|c| set.contains(&c));
    }
    Ok(rest.into())
}

/// Characters from one end; a negative count leaves that many at the other.
fn edge(args: &[Value], from_left: bool) -> Result<Value> {
    let chars: Vec<char> = text(args, 0)?.chars().collect();
    let wanted = int_at(args, 1)?;
    let length = chars.len() as i64;
    let count = usize::try_from(if wanted < 0 { (length + wanted).max(0) } else { wanted.min(length) }).unwrap_or(0);
    let part = if from_left { &chars[..count] } else { &chars[chars.len() - count..] };
    Ok(part.iter().collect::<String>().into())
}

fn pad(args: &[Value], left: bool) -> Result<Value> {
    let source: Vec<char> = text(args, 0)?.chars().collect();
    let width = usize::try_from(int_at(args, 1)?.max(0)).unwrap_or(0);
    let fill: Vec<char> = text_at(args, 2).unwrap_or(" ").chars().collect();
    if width > VALUE_BYTES_MAX / 4 {
        return Err(SystemError::TooLarge);
    }
    if source.len() >= width || fill.is_empty() {
        return Ok(source.iter().take(width).collect::<String>().into());
    }
    let filling = fill.iter().cycle().take(width - source.len());
    Ok(if left { filling.chain(&source).collect::<String>() } else { source.iter().chain(filling).collect() }.into())
}

fn repeat(_: &Run, args: &[Value]) -> Result<Value> {
    let source = text(args, 0)?;
    let count = usize::try_from(int_at(args, 1)?.max(0)).unwrap_or(0);
    if source.len().saturating_mul(count) > VALUE_BYTES_MAX {
        return Err(SystemError::TooLarge);
    }
    Ok(source.repeat(count).into())
}

fn replace(_: &Run, args: &[Value]) -> Result<Value> {
    let (source, from, to) = (text(args, 0)?, text(args, 1)?, text(args, 2)?);
    if from.is_empty() {
        return Ok(source.into());
    }
    if source.matches(from).count().saturating_mul(to.len()) > VALUE_BYTES_MAX {
        return Err(SystemError::TooLarge);
    }
    Ok(source.replace(from, to).into())
}

fn translate(_: &Run, args: &[Value]) -> Result<Value> {
    let mut to = text(args, 2)?.chars();
    let mut moves: HashMap<char, Option<char>> = HashMap::new();
    for from in text(args, 1)?.chars() {
        // Of one character that stands there twice the first counts, but both take one of the others.
        let to = to.next();
        moves.entry(from).or_insert(to);
    }
    let moved = text(args, 0)?.chars().filter_map(|c| moves.get(&c).copied().unwrap_or(Some(c)));
    Ok(moved.collect::<String>().into())
}

fn split_part(_: &Run, args: &[Value]) -> Result<Value> {
    let (source, delimiter, wanted) = (text(args, 0)?, text(args, 1)?, int_at(args, 2)?);
    if wanted == 0 {
        return Err(SystemError::InvalidParameter("field position must not be zero".into()));
    }
    let count = || if delimiter.is_empty() { 1 } else { source.matches(delimiter).count() as i64 + 1 };
    let place = if wanted > 0 { wanted - 1 } else { count().saturating_add(wanted) };
    let found = usize::try_from(place).ok().and_then(|place| match delimiter {
        "" => (place == 0).then_some(source),
        _ => source.split(delimiter).nth(place),
    });
    Ok(found.unwrap_or_default().into())
}

fn concat(_: &Run, args: &[Value]) -> Result<Value> {
    Ok(args.iter().filter_map(Value::as_text).collect::<String>().into())
}

fn concat_ws(_: &Run, args: &[Value]) -> Result<Value> {
    let Some(delimiter) = text_at(args, 0) else { return Ok(Value::Null) };
    within(delimiter.len().saturating_mul(args.len()))?;
    Ok(args[1..].iter().filter_map(Value::as_text).collect::<Vec<_>>().join(delimiter).into())
}

/// Refuses a text of this many bytes before it is made.
pub(super) fn within(bytes: usize) -> Result<()> {
    if bytes > VALUE_BYTES_MAX { Err(SystemError::TooLarge) } else { Ok(()) }
}

fn quoted_literal(source: &str) -> String {
    let doubled = source.replace('\'', "''");
    if source.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

/// `format` with `%s`, `%I`, `%L`, `%%` and argument numbers; widths are not supported.
fn format(_: &Run, args: &[Value]) -> Result<Value> {
    let Some(pattern) = text_at(args, 0) else { return Ok(Value::Null) };
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    let mut next = 1;
    while let Some(c) = chars.next() {
        within(out.len())?;
        if c != '%' {
            out.push(c);
            continue;
        }
        if chars.next_if_eq(&'%').is_some() {
            out.push('%');
            continue;
        }
        let mut digits = String::new();
        while let Some(digit) = chars.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        if !digits.is_empty() && chars.next_if_eq(&'$').is_none() {
            return Err(SystemError::Unsupported("a width in format()".into()));
        }
        let place = if digits.is_empty() { next } else { digits.parse().unwrap_or(usize::MAX) };
        next = place.saturating_add(1);
        let value =
            args.get(place).ok_or_else(|| SystemError::InvalidParameter("too few arguments for format()".into()))?;
        match (chars.next(), value.as_text()) {
            (Some('s'), found) => out.push_str(found.unwrap_or_default()),
            (Some('I'), Some(found)) => out.push_str(&quote_ident(found)),
            (Some('L'), Some(found)) => out.push_str(&quoted_literal(found)),
            (Some('L'), None) => out.push_str("NULL"),
            (Some('I'), None) => return Err(SystemError::Unsupported("%I of NULL in format()".into())),
            (Some('-' | '*'), _) => return Err(SystemError::Unsupported("a width in format()".into())),
            _ => return Err(SystemError::InvalidParameter("unrecognized format() type specifier".into())),
        }
    }
    Ok(out.into())
}

fn parse_ident(_: &Run, args: &[Value]) -> Result<Value> {
    let parts = split_name(text(args, 0)?)
        .ok_or_else(|| SystemError::InvalidParameter("string is not a valid identifier".into()))?;
    Ok(Value::array(parts.into_iter().map(Value::from).collect()))
}

/// PostgreSQL's `\1` and `\&` in a replacement.
fn replacement(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '$' => out.push_str("$$"),
            '\\' => match chars.next() {
                Some('&') => out.push_str("${0}"),
                Some(digit @ '1'..='9') => out.push_str(&format!("${{{digit}}}")),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            other => out.push(other),
        }
    }
    out
}

fn regexp_replace(run: &Run, args: &[Value]) -> Result<Value> {
    let flags = text_at(args, 3).unwrap_or_default();
    let regex = pattern::regex(text(args, 1)?, flags.contains('i'), run)?;
    let with = replacement(text(args, 2)?);
    let source = text(args, 0)?;
    let all = flags.contains('g');
    if all {
        // Matches do not overlap, so that what they repeat of the text is no more than the text for each reference.
        let matches = regex.count(source, run)?;
        let references = with.matches("${").count();
        within(matches.saturating_mul(with.len()).saturating_add(source.len().saturating_mul(references + 1)))?;
    }
    Ok(regex.replaced(source, &with, all, run)?.into())
}

/// `overlay`: so many characters from a place on give way to others; as many as those have, where no number is told.
fn overlay(_: &Run, args: &[Value]) -> Result<Value> {
    let (source, other) = (text(args, 0)?, text(args, 1)?);
    let from = int_at(args, 2)?;
    let length = if args.len() > 3 { int_at(args, 3)? } else { other.chars().count() as i64 };
    if from < 1 {
        return Err(SystemError::Substring);
    }
    let before = usize::try_from(from - 1).unwrap_or(usize::MAX);
    let behind = usize::try_from(from.saturating_add(length).saturating_sub(1)).unwrap_or(0);
    let start: String = source.chars().take(before).collect();
    let rest: String = source.chars().skip(behind).collect();
    Ok(format!("{start}{other}{rest}").into())
}

fn regexp_split_to_array(run: &Run, args: &[Value]) -> Result<Value> {
    let regex = pattern::regex(text(args, 1)?, false, run)?;
    let source = text(args, 0)?;
    arrays::items_within(regex.count(source, run)? + 1)?;
    Ok(Value::array(regex.split(source).map(Value::from).collect()))
}

fn regexp_match(run: &Run, args: &[Value]) -> Result<Value> {
    let regex = pattern::regex(text(args, 1)?, text_at(args, 2).unwrap_or_default().contains('i'), run)?;
    let Some(captures) = regex.captures(text(args, 0)?, run)? else { return Ok(Value::Null) };
    let skip = usize::from(captures.len() > 1);
    let groups = captures.iter().skip(skip).map(|group| group.map_or(Value::Null, |m| m.as_str().into()));
    Ok(Value::array(groups.collect()))
}

/// Bytes as text; of other encodings than UTF-8 the other engine knows.
fn convert_from(_: &Run, args: &[Value]) -> Result<Value> {
    let encoding: String = text(args, 1)?.chars().filter(char::is_ascii_alphanumeric).collect();
    let Some(Value::Bytes(bytes)) = args.first() else {
        return Err(SystemError::Internal("an argument that is no bytes"));
    };
    match std::str::from_utf8(bytes) {
        Ok(text) if matches!(encoding.to_ascii_lowercase().as_str(), "utf8" | "unicode") => Ok(text.into()),
        _ => Err(SystemError::Unsupported("text of this encoding".into())),
    }
}

fn md5_of(bytes: &[u8]) -> String {
    use md5::{Digest, Md5};
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn initcap(source: &str) -> String {
    let mut inside = false;
    source
        .chars()
        .flat_map(|c| {
            let changed: Vec<char> = if inside { c.to_lowercase().collect() } else { c.to_uppercase().collect() };
            inside = c.is_alphanumeric();
            changed
        })
        .collect()
}

pub(super) static TABLE: &[Entry] = &[
    ("lower(text) text", Strict, |_, args| mapped(args, str::to_lowercase)),
    ("upper(text) text", Strict, |_, args| mapped(args, str::to_uppercase)),
    ("initcap(text) text", Strict, |_, args| mapped(args, initcap)),
    ("reverse(text) text", Strict, |_, args| mapped(args, |source| source.chars().rev().collect())),
    ("length(text) int4", Strict, |_, args| Ok(Value::Int(text(args, 0)?.chars().count() as i64))),
    ("char_length(text) int4", Strict, |_, args| Ok(Value::Int(text(args, 0)?.chars().count() as i64))),
    ("character_length(text) int4", Strict, |_, args| Ok(Value::Int(text(args, 0)?.chars().count() as i64))),
    // With the blanks that fill it up.
    ("octet_length(bpchar) int4", Strict, |_, args| Ok(Value::Int(text(args, 0)?.len() as i64))),
    ("convert_from(bytea,name) text", Strict, convert_from),
    ("md5(text) text", Strict, |_, args| Ok(md5_of(text(args, 0)?.as_bytes()).into())),
    ("md5(bytea) text", Strict, |_, args| match &args[0] {
        Value::Bytes(bytes) => Ok(md5_of(bytes).into()),
        _ => Err(SystemError::Internal("an argument that is no bytes")),
    }),
    ("octet_length(text) int4", Strict, |_, args| Ok(Value::Int(text(args, 0)?.len() as i64))),
    ("chr(int4) text", Strict, |_, args| {
        let code = u32::try_from(int_at(args, 0)?).ok().filter(|code| *code != 0).and_then(char::from_u32);
        // What is wrong with another number depends on the number; the engine knows.
        code.map(|c| c.to_string().into()).ok_or_else(|| SystemError::Unsupported("chr of such a number".into()))
    }),
    ("ascii(text) int4", Strict, |_, args| Ok(Value::Int(text(args, 0)?.chars().next().map_or(0, |c| c as i64)))),
    ("substring(text,int4) text", Strict, substring),
    ("substring(text,int4,int4) text", Strict, substring),
    ("substring(text,text) text", Strict, substring_pattern),
    ("substr(text,int4) text", Strict, substring),
    ("substr(text,int4,int4) text", Strict, substring),
    ("strpos(text,text) int4", Strict, |_, args| position(args, 1, 0)),
    ("position(text,text) int4", Strict, |_, args| position(args, 0, 1)),
    ("starts_with(text,text) bool", Strict, |_, args| Ok(text(args, 0)?.starts_with(text(args, 1)?).into())),
    ("btrim(text) text", Strict, |_, args| trim(args, true, true)),
    ("btrim(text,text) text", Strict, |_, args| trim(args, true, true)),
    ("ltrim(text) text", Strict, |_, args| trim(args, true, false)),
    ("ltrim(text,text) text", Strict, |_, args| trim(args, true, false)),
    ("rtrim(text) text", Strict, |_, args| trim(args, false, true)),
    ("rtrim(text,text) text", Strict, |_, args| trim(args, false, true)),
    ("left(text,int4) text", Strict, |_, args| edge(args, true)),
    ("right(text,int4) text", Strict, |_, args| edge(args, false)),
    ("lpad(text,int4) text", Strict, |_, args| pad(args, true)),
    ("lpad(text,int4,text) text", Strict, |_, args| pad(args, true)),
    ("rpad(text,int4) text", Strict, |_, args| pad(args, false)),
    ("rpad(text,int4,text) text", Strict, |_, args| pad(args, false)),
    ("repeat(text,int4) text", Strict, repeat),
    ("replace(text,text,text) text", Strict, replace),
    ("translate(text,text,text) text", Strict, translate),
    ("split_part(text,text,int4) text", Strict, split_part),
    ("concat(variadic anyshown) text", Called, concat),
    ("concat_ws(text,variadic anyshown) text", Called, concat_ws),
    ("format(text,variadic anyshown) text", Called, format),
    ("quote_ident(text) text", Strict, |_, args| mapped(args, quote_ident)),
    ("quote_literal(anytext) text", Strict, |_, args| mapped(args, quoted_literal)),
    ("quote_nullable(anytext) text", Called, |_, args| {
        Ok(text_at(args, 0).map_or_else(|| "NULL".into(), |source| quoted_literal(source).into()))
    }),
    ("bpchar(char) bpchar", Strict, |_, args| Ok(args[0].clone())),
    ("parse_ident(text) text[]", Strict, parse_ident),
    ("parse_ident(text,bool) text[]", Strict, parse_ident),
    ("regexp_replace(text,text,text) text", Strict, regexp_replace),
    ("regexp_replace(text,text,text,text) text", Strict, regexp_replace),
    ("regexp_match(text,text) text[]", Strict, regexp_match),
    ("regexp_match(text,text,text) text[]", Strict, regexp_match),
    ("regexp_split_to_array(text,text) text[]", Strict, regexp_split_to_array),
    ("overlay(text,text,int4) text", Strict, overlay),
    ("overlay(text,text,int4,int4) text", Strict, overlay),
    ("to_hex(int4) text", Strict, |_, args| Ok(format!("{:x}", int_at(args, 0)? as i32).into())),
    ("to_hex(int8) text", Strict, |_, args| Ok(format!("{:x}", int_at(args, 0)?).into())),
    ("bit_length(text) int4", Strict, |_, args| Ok(Value::Int(text(args, 0)?.len() as i64 * 8))),
    ("||(text,text) text", Strict, |_, args| Ok(format!("{}{}", text(args, 0)?, text(args, 1)?).into())),
    ("textcat(text,text) text", Strict, |_, args| Ok(format!("{}{}", text(args, 0)?, text(args, 1)?).into())),
    ("^@(text,text) bool", Strict, |_, args| Ok(text(args, 0)?.starts_with(text(args, 1)?).into())),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_replacements() {
        assert_eq!(quoted_literal("it's"), "'it''s'");
        assert_eq!(quoted_literal("a\\b"), "E'a\\\\b'");
        assert_eq!(replacement("\\1$x\\&"), "${1}$$x${0}");
        assert_eq!(initcap("hELLO wORLD-x"), "Hello World-X");
    }

    #[test]
    fn sets_of_characters() {
        let trimmed = |args: &[&str]| trim(&args.iter().map(|arg| Value::from(*arg)).collect::<Vec<_>>(), true, true);
        assert_eq!(trimmed(&["  a b "]), Ok("a b".into()));
        assert_eq!(trimmed(&["中xa中y中", "中y"]), Ok("xa".into()));
        assert_eq!(trimmed(&["abc", ""]), Ok("abc".into()));
    }
}
