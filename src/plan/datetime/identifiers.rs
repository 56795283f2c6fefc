//! Functions of text for those who write SQL, and normal forms of Unicode.
//!
//! Source of the rules: PostgreSQL documentation, "String Functions and Operators"; the words that need quotes are its
//! keywords that are reserved in any way (appendix C).

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use super::fault::DatetimeFault as Fault;
use super::table::{Outcome, Overload, int, text};
use super::value::{Kind, Value};

/// A text with blanks up to a width, on its left, or on its right for a width below nought; no client can type it.
pub(crate) const PADDED: &str = "\u{1}padded";
/// Fails: the place of a `%I` that has NULL; no client can type it.
pub(crate) const NO_NAME: &str = "\u{1}no_name";
/// Whether a text has a normal form; no client can type it.
pub(crate) const IS_NORMALIZED: &str = "\u{1}is_normalized";

/// Widest that a text is made.
const WIDTH_MAX: i64 = 1 << 20;

pub(super) static TABLE: &[Overload] = &[
    Overload {
        name: "quote_ident",
        args: &[Kind::Text],
        result: Kind::Text,
        run: |_, v| Ok(Value::Owned(quoted(text(&v[0])?))),
    },
    Overload {
        name: PADDED,
        args: &[Kind::Text, Kind::Int],
        result: Kind::Text,
        run: |_, v| padded(text(&v[0])?, int(&v[1])?),
    },
    Overload { name: NO_NAME, args: &[Kind::Text], result: Kind::Text, run: |_, _| Err(Fault::NullName) },
    Overload {
        name: "normalize",
        args: &[Kind::Text, Kind::Text],
        result: Kind::Text,
        run: |_, v| normal(text(&v[0])?, text(&v[1])?).map(Value::Owned),
    },
    Overload {
        name: IS_NORMALIZED,
        args: &[Kind::Text, Kind::Text],
        result: Kind::Bool,
        run: |_, v| {
            let given = text(&v[0])?;
            Ok(Value::Bool(normal(given, text(&v[1])?)? == given))
        },
    },
];

static KEYWORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| include_str!("keywords.txt").lines().collect());

fn quoted(name: &str) -> String {
    let safe = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !KEYWORDS.contains(name);
    if safe { name.to_string() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

fn padded(text: &str, width: i64) -> Outcome<'static> {
    if width.abs() > WIDTH_MAX {
        return Err(Fault::Argument("a width of format that is too large"));
    }
    let missing = usize::try_from(width.abs()).unwrap_or(0).saturating_sub(text.chars().count());
    let blanks = " ".repeat(missing);
    Ok(Value::Owned(if width < 0 { format!("{text}{blanks}") } else { format!("{blanks}{text}") }))
}

fn normal(text: &str, form: &str) -> Result<String, Fault> {
    Ok(match form.to_ascii_uppercase().as_str() {
        "NFC" => text.nfc().collect(),
        "NFD" => text.nfd().collect(),
        "NFKC" => text.nfkc().collect(),
        "NFKD" => text.nfkd().collect(),
        _ => return Err(Fault::Argument("invalid normalization form")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, expected) in
            [("abc", "abc"), ("select", "\"select\""), ("a\"b", "\"a\"\"b\""), ("", "\"\""), ("1a", "\"1a\"")]
        {
            assert_eq!(quoted(name), expected);
        }
        assert_eq!(quoted("name"), "name");
    }

    #[test]
    fn forms() {
        assert_eq!(normal("e\u{301}", "nfc").ok().as_deref(), Some("é"));
        assert_eq!(normal("ﬁ", "NFKC").ok().as_deref(), Some("fi"));
        assert!(normal("a", "NFX").is_err());
    }
}
