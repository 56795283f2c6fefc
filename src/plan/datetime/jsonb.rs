//! Values of `jsonb`: the one form in which they are written, and what is asked of them.
//!
//! Source of the rules: PostgreSQL documentation, "JSON Types". Keys are in order of their length and then of their bytes,
//! the last of equal ones counts, and numbers are written out.

use std::collections::{HashMap, HashSet};

use super::fault::DatetimeFault as Fault;
use super::json::{parts, unescaped, whole};
use super::jsonb_key::key;
use super::table::{Outcome, Overload, text};
use super::value::{Kind, Value};
use crate::resolve::json::{CONTAINS, GROUP_MARK, HAS_KEY, JOINED, JSON, JSONB, KEY, MARK};

/// How many times as long as it was written a value may get, one of [`SMALL`] bytes aside: blanks come to less than that,
/// and exponents that are written out to more.
const GROWTH_MAX: usize = 4;
const SMALL: usize = 1 << 16;

/// Places that a number is written out to.
const DIGITS_MAX: i64 = 1_000;

pub(super) static TABLE: &[Overload] = &[
    Overload { name: JSONB, args: &[Kind::Text], result: Kind::Text, run: |_, v| normal(text(&v[0])?) },
    Overload {
        name: JSON,
        args: &[Kind::Text],
        result: Kind::Text,
        run: |_, v| {
            let json = text(&v[0])?;
            whole(json).map(|_| Value::Text(json))
        },
    },
    Overload { name: KEY, args: &[Kind::Text], result: Kind::Text, run: |_, v| key(text(&v[0])?).map(Value::Owned) },
    Overload { name: MARK, args: &[Kind::Text], result: Kind::Text, run: |_, v| text(&v[0]).map(Value::Text) },
    Overload { name: GROUP_MARK, args: &[Kind::Text], result: Kind::Text, run: |_, v| text(&v[0]).map(Value::Text) },
    Overload {
        name: JOINED,
        args: &[Kind::Text, Kind::Text],
        result: Kind::Text,
        run: |_, v| joined(text(&v[0])?, text(&v[1])?),
    },
    Overload {
        name: CONTAINS,
        args: &[Kind::Text, Kind::Text],
        result: Kind::Bool,
        run: |_, v| held(text(&v[0])?, text(&v[1])?),
    },
    Overload {
        name: HAS_KEY,
        args: &[Kind::Text, Kind::Text],
        result: Kind::Bool,
        run: |_, v| has_key(text(&v[0])?, text(&v[1])?).map(Value::Bool),
    },
    Overload {
        name: "json_strip_nulls",
        args: &[Kind::Text],
        result: Kind::Text,
        run: |_, v| stripped(text(&v[0])?, &Style::DENSE),
    },
    Overload {
        name: "jsonb_strip_nulls",
        args: &[Kind::Text],
        result: Kind::Text,
        run: |_, v| stripped(text(&v[0])?, &Style::SPACED),
    },
];

/// The blanks behind a comma and a colon.
struct Style {
    comma: &'static str,
    colon: &'static str,
}

impl Style {
    const SPACED: Style = Style { comma: ", ", colon: ": " };
    const DENSE: Style = Style { comma: ",", colon: ":" };
}

pub(super) fn normal(json: &str) -> Outcome<'static> {
    let mut out = String::with_capacity(json.len());
    let most = json.len().saturating_mul(GROWTH_MAX).saturating_add(SMALL);
    put(whole(json)?, &mut out, most)?;
    Ok(Value::Owned(out))
}

/// `||`: members of both objects, the right one's where both have a key; or elements of both arrays, anything else being
/// an array of itself.
fn joined(left: &str, right: &str) -> Outcome<'static> {
    let (left, right) = (whole(left)?, whole(right)?);
    let is_object = |part: &str| part.starts_with('{');
    let is_array = |part: &str| part.starts_with('[');
    let inside = |part: &str| part.get(1..part.len() - 1).unwrap_or_default().trim().to_string();
    let (ends, pieces) = match (is_object(left), is_object(right)) {
        (true, true) => (('{', '}'), [inside(left), inside(right)]),
        (true, false) if !is_array(right) => return Err(Fault::Argument("invalid concatenation of jsonb objects")),
        (false, true) if !is_array(left) => return Err(Fault::Argument("invalid concatenation of jsonb objects")),
        _ => {
            let elements = |part: &str| if is_array(part) { inside(part) } else { part.to_string() };
            (('[', ']'), [elements(left), elements(right)])
        }
    };
    let filled: Vec<&str> = pieces.iter().map(String::as_str).filter(|piece| !piece.is_empty()).collect();
    normal(&format!("{}{}{}", ends.0, filled.join(","), ends.1))
}

/// A value in its one form.
fn put(part: &str, out: &mut String, most: usize) -> Result<(), Fault> {
    if out.len() > most {
        return Err(Fault::Argument("numbers of json with too many digits"));
    }
    match part.as_bytes().first() {
        Some(b'{') => {
            out.push('{');
            for (at, (key, value)) in members(part)?.into_iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                put_text(&key, out);
                out.push_str(": ");
                put(value, out, most)?;
            }
            out.push('}');
        }
        Some(b'[') => {
            out.push('[');
            for (at, (_, value)) in parts(part)?.into_iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                put(value, out, most)?;
            }
            out.push(']');
        }
        Some(b'"') => put_text(&unescaped(part)?, out),
        Some(b't' | b'f' | b'n') => out.push_str(part),
        _ => out.push_str(&number(part)?),
    }
    Ok(())
}

/// The members of an object in jsonb's order, one of each key.
pub(super) fn members(part: &str) -> Result<Vec<(String, &str)>, Fault> {
    let mut found = Vec::new();
    for (key, value) in parts(part)? {
        found.push((unescaped(key.unwrap_or("\"\""))?, value));
    }
    // Of equal keys the last counts, and the sort keeps them in order.
    found.sort_by(|(a, _), (b, _)| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    let mut kept: Vec<(String, &str)> = Vec::with_capacity(found.len());
    for member in found {
        match kept.last_mut() {
            Some(last) if last.0 == member.0 => *last = member,
            _ => kept.push(member),
        }
    }
    Ok(kept)
}

/// A text in quotes, as json has it.
pub(crate) fn put_text(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// A number without an exponent, with the digits behind the point that it is written with.
pub(super) fn number(text: &str) -> Result<String, Fault> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().map_err(|_| Fault::Json)?),
        None => (text, 0),
    };
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if exponent.abs() > DIGITS_MAX {
        return Err(Fault::Json);
    }
    let mut digits = format!("{whole}{fraction}");
    let scale = fraction.len() as i64 - exponent;
    if scale <= 0 {
        digits.push_str(&"0".repeat(scale.unsigned_abs() as usize));
    }
    let scale = usize::try_from(scale).unwrap_or(0);
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if digits.bytes().all(|digit| digit == b'0') { "" } else { sign };
    Ok(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

fn held(outer: &str, inner: &str) -> Outcome<'static> {
    let (outer, inner) = (whole(outer)?, whole(inner)?);
    // An array also holds a single value that is one of its elements.
    let single = outer.starts_with('[') && !is_container(inner);
    let mut left = READ_MAX;
    let found = if single { Elements::of(outer)?.hold(inner, &mut left)? } else { contains(outer, inner, &mut left)? };
    Ok(Value::Bool(found))
}

/// Bytes that may be read to find arrays and objects among the elements of an array: each of one side may have to be held
/// against each of the other, and nobody can stop that.
const READ_MAX: usize = 4 << 20;
/// What taking up a pair of them costs, in such bytes.
const PAIR: usize = 128;

fn is_container(part: &str) -> bool {
    part.starts_with(['[', '{'])
}

/// The elements of an array: scalars by their keys, and the others.
struct Elements<'j> {
    scalars: HashSet<String>,
    containers: Vec<&'j str>,
}

impl<'j> Elements<'j> {
    fn of(array: &'j str) -> Result<Elements<'j>, Fault> {
        let mut found = Elements { scalars: HashSet::new(), containers: Vec::new() };
        for (_, element) in parts(array)? {
            if is_container(element) {
                found.containers.push(element);
            } else {
                found.scalars.insert(key(element)?);
            }
        }
        Ok(found)
    }

    fn hold(&self, value: &str, left: &mut usize) -> Result<bool, Fault> {
        if !is_container(value) {
            return Ok(self.scalars.contains(&key(value)?));
        }
        for element in self.containers.iter().filter(|element| element.as_bytes().first() == value.as_bytes().first()) {
            let cost = PAIR + element.len() + value.len();
            *left = left.checked_sub(cost).ok_or(Fault::TooMuch("containment of arrays in arrays"))?;
            if contains(element, value, left)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn contains(outer: &str, inner: &str, left: &mut usize) -> Result<bool, Fault> {
    match (outer.as_bytes().first(), inner.as_bytes().first()) {
        (Some(b'{'), Some(b'{')) => {
            let own: HashMap<String, &str> = members(outer)?.into_iter().collect();
            for (key, value) in members(inner)? {
                let Some(found) = own.get(&key) else { return Ok(false) };
                if !contains(found, value, left)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Some(b'['), Some(b'[')) => {
            let own = Elements::of(outer)?;
            for (_, value) in parts(inner)? {
                if !own.hold(value, left)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        _ if is_container(outer) || is_container(inner) => Ok(false),
        _ => Ok(key(outer)? == key(inner)?),
    }
}

/// `?`: a key of an object, a string of an array, or the string itself.
fn has_key(json: &str, key: &str) -> Result<bool, Fault> {
    let part = whole(json)?;
    let is = |string: &str| Ok::<bool, Fault>(string.starts_with('"') && unescaped(string)? == key);
    match part.as_bytes().first() {
        Some(b'{') => {
            for (name, _) in parts(part)? {
                if is(name.unwrap_or_default())? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Some(b'[') => {
            for (_, element) in parts(part)? {
                if is(element)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => is(part),
    }
}

fn stripped(json: &str, style: &Style) -> Outcome<'static> {
    let mut out = String::with_capacity(json.len());
    strip(whole(json)?, style, &mut out)?;
    Ok(Value::Owned(out))
}

/// What an object or an array stands between; `None` for a scalar.
pub(super) fn brackets(part: &str) -> Option<(char, char)> {
    match part.as_bytes().first() {
        Some(b'{') => Some(('{', '}')),
        Some(b'[') => Some(('[', ']')),
        _ => None,
    }
}

/// A value without the members that are null.
fn strip(part: &str, style: &Style, out: &mut String) -> Result<(), Fault> {
    let Some((open, close)) = brackets(part) else {
        out.push_str(part);
        return Ok(());
    };
    out.push(open);
    let mut first = true;
    for (key, value) in parts(part)? {
        if key.is_some() && value == "null" {
            continue;
        }
        if !first {
            out.push_str(style.comma);
        }
        first = false;
        if let Some(key) = key {
            out.push_str(key);
            out.push_str(style.colon);
        }
        strip(value, style, out)?;
    }
    out.push(close);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form() {
        let of = |json: &str| match normal(json) {
            Ok(Value::Owned(text)) => text,
            other => format!("{other:?}"),
        };
        assert_eq!(of(r#" {"bb":1, "a" : [1,2.50 , "\u4e2d"], "bb": 2} "#), r#"{"a": [1, 2.50, "中"], "bb": 2}"#);
        assert_eq!(of("[1e3, -0, 1.5e-3, 1.20E1, 100]"), "[1000, 0, 0.0015, 12.0, 100]");
        assert_eq!(of("{}"), "{}");
        assert!(normal("{\"a\"}").is_err());
    }

    #[test]
    fn parts_are_found() {
        let holds = |outer: &str, inner: &str| matches!(held(outer, inner), Ok(Value::Bool(true)));
        assert!(holds(r#"{"a": 1, "b": [1, 2]}"#, r#"{"b": [2]}"#));
        assert!(holds("[1, 2.0]", "2"));
        assert!(holds(r#"["\u4e2d", null, true]"#, r#"[true, "中", true]"#));
        assert!(!holds(r#"["1", [1]]"#, "[1]"));
        assert!(holds(r#"[[1, 2], {"a": 1, "b": 2}]"#, r#"[{"b": 2.0}, [2]]"#));
        let many = |item: &str, last: &str| format!("[{},{last}]", vec![item; 100_000].join(","));
        assert!(holds(&many("1", "2"), &many("2", "1.0")));
        assert_eq!(
            held(&many("[1]", "[2]"), &many("[2]", "[2]")).err(),
            Some(Fault::TooMuch("containment of arrays in arrays"))
        );
        assert!(!holds("[[1]]", "1"));
        assert!(!holds(r#"{"a": 1}"#, r#"{"a": "1"}"#));
        assert_eq!(has_key(r#"["x", 1]"#, "x"), Ok(true));
        assert_eq!(has_key(r#"{"x": 1}"#, "y"), Ok(false));
    }
}
