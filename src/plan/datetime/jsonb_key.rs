//! Values of `jsonb` as texts that are told apart, and put into an order, by their bytes: equal for equal values, and in
//! PostgreSQL's order for others.
//!
//! Source of the rules: PostgreSQL documentation, "jsonb Indexing", and what PostgreSQL 15 does: null, strings, numbers,
//! booleans, arrays, objects; arrays by their length and objects by their size first; an empty array that stands alone
//! before everything.

use std::fmt::Write;

use super::fault::DatetimeFault as Fault;
use super::json::{parts, unescaped, whole};
use super::jsonb::{members, number};

/// Places of numbers are counted from here, so that they are never below nought.
const MIDDLE: i64 = 500_000_000;
const LAST: i64 = 999_999_999;

/// The key of a value.
pub(super) fn key(json: &str) -> Result<String, Fault> {
    let part = whole(json)?;
    let mut out = String::with_capacity(json.len() + 16);
    let bare = match part.as_bytes().first() {
        Some(b'[') if parts(part)?.is_empty() => '0',
        Some(b'[') => '2',
        Some(b'{') => '3',
        _ => '1',
    };
    out.push(bare);
    put(part, &mut out)?;
    Ok(out)
}

fn put(part: &str, out: &mut String) -> Result<(), Fault> {
    match part.as_bytes().first() {
        Some(b'n') => out.push('0'),
        Some(b'"') => {
            out.push('1');
            put_text(&unescaped(part)?, out);
        }
        Some(b'f') => out.push_str("30"),
        Some(b't') => out.push_str("31"),
        Some(b'[') => {
            let elements = parts(part)?;
            out.push('4');
            put_count(elements.len(), out);
            for (_, element) in elements {
                put(element, out)?;
            }
        }
        Some(b'{') => {
            let members = members(part)?;
            out.push('5');
            put_count(members.len(), out);
            for (key, value) in members {
                put_text(&key, out);
                put(value, out)?;
            }
        }
        _ => {
            out.push('2');
            put_number(&number(part)?, out);
        }
    }
    Ok(())
}

/// A text of jsonb has no NUL: a shorter one comes before those that it begins.
fn put_text(text: &str, out: &mut String) {
    out.push_str(text);
    out.push('\0');
}

fn put_count(count: usize, out: &mut String) {
    let _ = write!(out, "{count:016x}");
}

/// The sign, the place of the first digit, and the digits; those of negative numbers turned around.
fn put_number(text: &str, out: &mut String) {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{fraction}");
    let leading = digits.len() - digits.trim_start_matches('0').len();
    let place = MIDDLE + whole.len() as i64 - leading as i64;
    let digits = digits.trim_matches('0');
    match (digits.is_empty(), negative) {
        (true, _) => out.push('1'),
        (false, false) => {
            let _ = write!(out, "2{place:09}{digits}!");
        }
        (false, true) => {
            let _ = write!(out, "0{:09}", LAST - place);
            out.extend(digits.bytes().map(|digit| char::from(b'9' - digit + b'0')));
            out.push('~');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_postgresqls_order() {
        let values = [
            "[]",
            "null",
            "\"\"",
            "\"a\"",
            "\"aa\"",
            "\"b\"",
            "-100",
            "-12.5",
            "-12",
            "-0.5",
            "-0.05",
            "0",
            "0.05",
            "0.5",
            "1",
            "1.5",
            "2",
            "10",
            "false",
            "true",
            "[null]",
            "[1]",
            "[[]]",
            "[{}]",
            "[1, 2]",
            "{}",
            "{\"a\": 1}",
            "{\"a\": 2}",
            "{\"aa\": 1}",
            "{\"b\": 1}",
            "{\"a\": 0, \"b\": 0}",
        ];
        let keys: Vec<String> = values.iter().map(|json| key(json).expect(json)).collect();
        for (pair, of) in keys.windows(2).zip(values.windows(2)) {
            assert!(pair[0] < pair[1], "{of:?}: {pair:?}");
        }
    }

    #[test]
    fn equal_values_have_one_key() {
        for (left, right) in [
            ("1", "1.00"),
            ("0", "-0.0"),
            ("100", "1e2"),
            (r#"{"b": 2, "a": 1.50}"#, r#"{"a":1.5,"b":3,"b":2}"#),
            (r#""\u4e2d""#, "\"中\""),
        ] {
            assert_eq!(key(left), key(right), "{left}");
        }
    }
}
