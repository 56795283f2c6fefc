//! Texts of JSON: whether they are JSON, and the form in which `jsonb` keeps and prints them.

use crate::decimal::Decimal;
use crate::error::{Result, SystemError};

/// Nesting of a JSON literal.
const DEPTH_MAX: usize = 128;

fn invalid() -> SystemError {
    SystemError::InvalidText("json".into())
}

/// Reads JSON and writes it back as `jsonb` prints it.
struct Reader<'t> {
    rest: &'t str,
    out: String,
    /// Numbers are written by their value alone: 1.50 as 1.5.
    by_value: bool,
}

impl Reader<'_> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: usize) -> Result<()> {
        if depth > DEPTH_MAX {
            return Err(SystemError::TooDeep(DEPTH_MAX));
        }
        self.blank();
        for word in ["true", "false", "null"] {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                self.out.push_str(word);
                return Ok(());
            }
        }
        match self.rest.chars().next().ok_or_else(invalid)? {
            '"' => self.string(),
            '{' => self.list('{', '}', depth),
            '[' => self.list('[', ']', depth),
            _ => self.number(),
        }
    }

    fn list(&mut self, open: char, close: char, depth: usize) -> Result<()> {
        self.take(open);
        self.blank();
        let mut items: Vec<(String, String)> = Vec::new();
        let outer = std::mem::take(&mut self.out);
        let mut first = true;
        while !self.take(close) {
            if !first {
                if !self.take(',') {
                    return Err(invalid());
                }
                self.blank();
            }
            first = false;
            let mut key = String::new();
            if open == '{' {
                key = self.decoded()?;
                self.blank();
                if !self.take(':') {
                    return Err(invalid());
                }
            }
            self.value(depth + 1)?;
            items.push((key, std::mem::take(&mut self.out)));
            self.blank();
        }
        self.out = outer;
        self.out.push(open);
        let texts = if open == '{' { by_key(items) } else { items.into_iter().map(|(_, item)| item).collect() };
        self.out.push_str(&texts.join(", "));
        self.out.push(close);
        Ok(())
    }

    fn string(&mut self) -> Result<()> {
        let text = self.decoded()?;
        self.out.push_str(&quoted(&text));
        Ok(())
    }

    /// A string without its quotes and escapes.
    fn decoded(&mut self) -> Result<String> {
        let body = self.rest.strip_prefix('"').ok_or_else(invalid)?;
        let mut text = String::new();
        let mut chars = body.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next().ok_or_else(invalid)?.1 {
                    'b' => text.push('\u{8}'),
                    'f' => text.push('\u{c}'),
                    'n' => text.push('\n'),
                    'r' => text.push('\r'),
                    't' => text.push('\t'),
                    'u' => text.push(escaped(&mut chars)?),
                    c @ ('"' | '\\' | '/') => text.push(c),
                    _ => return Err(invalid()),
                },
                '"' => {
                    self.rest = &body[at + 1..];
                    return Ok(text);
                }
                c if (c as u32) < 0x20 => return Err(invalid()),
                c => text.push(c),
            }
        }
        Err(invalid())
    }

    fn number_text(&mut self, number: &str) {
        let short = match number.contains('.') {
            true if self.by_value => number.trim_end_matches('0').trim_end_matches('.'),
            _ => number,
        };
        self.out.push_str(if self.by_value && short == "-0" { "0" } else { short });
    }

    fn number(&mut self) -> Result<()> {
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E')))
            .unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        let digits = number.strip_prefix('-').unwrap_or(number);
        let leading_zero = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
        if !digits.starts_with(|c: char| c.is_ascii_digit()) || leading_zero || number.parse::<f64>().is_err() {
            return Err(invalid());
        }
        // Kept as numeric: an exponent is written out.
        match Decimal::parse(number).filter(|_| number.contains(['e', 'E'])) {
            Some(Ok(decimal)) => self.number_text(&decimal.to_string()),
            Some(Err(error)) if self.by_value => return Err(error),
            _ => self.number_text(number),
        }
        self.rest = rest;
        Ok(())
    }
}

/// The four digits behind `\u`, and a second such escape where the first is half of a pair.
fn escaped(chars: &mut std::str::CharIndices<'_>) -> Result<char> {
    let mut unit = || {
        let digits: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
        let hex = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        u32::from_str_radix(&digits, 16).ok().filter(|_| hex).ok_or_else(invalid)
    };
    let first = unit()?;
    if !(0xd800..0xdc00).contains(&first) {
        // `jsonb` has no place for the character 0, nor for half of a pair.
        return char::from_u32(first).filter(|c| *c != '\0').ok_or_else(invalid);
    }
    let mut next = || chars.next().map(|(_, c)| c);
    if next() != Some('\\') || next() != Some('u') {
        return Err(invalid());
    }
    let digits: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
    let second = u32::from_str_radix(&digits, 16).ok().filter(|unit| (0xdc00..0xe000).contains(unit));
    let second = second.ok_or_else(invalid)?;
    char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)).ok_or_else(invalid)
}

/// The fields of a `jsonb` object: shorter keys first, of equal keys the last.
fn by_key(items: Vec<(String, String)>) -> Vec<String> {
    let mut sorted: std::collections::BTreeMap<(usize, String), String> = std::collections::BTreeMap::new();
    for (key, item) in items {
        sorted.insert((key.len(), key), item);
    }
    sorted.into_iter().map(|((_, key), item)| format!("{}: {item}", quoted(&key))).collect()
}

/// A string of JSON without its quotes and escapes.
pub(super) fn unquoted(text: &str) -> Result<String> {
    Reader { rest: text, out: String::new(), by_value: false }.decoded()
}

/// JSON in the form of `jsonb`: its spacing, order of keys and spelling of numbers.
pub(crate) fn normal_json(text: &str) -> Result<String> {
    normal(text, false)
}

/// A text that two values of `jsonb` share where they are equal.
pub(crate) fn jsonb_key(text: &str) -> Result<String> {
    normal(text, true)
}

fn normal(text: &str, by_value: bool) -> Result<String> {
    let mut reader = Reader { rest: text, out: String::with_capacity(text.len()), by_value };
    reader.value(0)?;
    reader.blank();
    if reader.rest.is_empty() { Ok(reader.out) } else { Err(invalid()) }
}

/// Accepts text that is JSON.
pub(crate) fn check_json(text: &str) -> Result<()> {
    normal_json(text).map(|_| ())
}

/// A text as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_checked_and_spaced() {
        assert_eq!(
            normal_json("{\"a\":1,\"b\":[true,null,\"x\\n\"]}"),
            Ok("{\"a\": 1, \"b\": [true, null, \"x\\n\"]}".into())
        );
        for (given, kept) in [
            (r#"{"bb":1,"a":2,"bb":3}"#, r#"{"a": 2, "bb": 3}"#),
            (r#"["\u4e2d\ud83d\ude00","\/"]"#, r#"["中😀", "/"]"#),
            ("1e2", "100"),
            ("1.50", "1.50"),
        ] {
            assert_eq!(normal_json(given).as_deref(), Ok(kept));
        }
        assert_eq!(jsonb_key("[1.50, -0.0, 1e2, 10]").as_deref(), Ok("[1.5, 0, 100, 10]"));
        for bad in ["", "{", "{a:1}", "01", "[1,]", "\"\\x\"", "1 2", "nul", r#""\u12"#, r#""\ud800""#] {
            assert!(normal_json(bad).is_err(), "{bad}");
        }
        assert!(matches!(normal_json(&"[".repeat(1000)), Err(SystemError::TooDeep(_))));
    }
}
