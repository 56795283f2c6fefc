//! Parts of json texts.
//!
//! A part is given as it is written: numbers keep their digits, and what `jsonb` has put in order stays so. Invariant: what
//! is read through is json from its first letter to its last, or the call fails; nesting is bounded.

use super::fault::DatetimeFault as Fault;
use super::table::{Outcome, Overload, int, text};
use super::value::{Kind, Value};
use crate::resolve::json::{ITEM, ITEM_TEXT, STEP, STEP_TEXT};

/// Deepest nesting that is read.
const DEPTH_MAX: usize = 200;

pub(super) static TABLE: &[Overload] = &[
    Overload {
        name: ITEM,
        args: &[Kind::Text, Kind::Text],
        result: Kind::Text,
        run: |_, v| as_json(member(text(&v[0])?, text(&v[1])?)?),
    },
    Overload {
        name: ITEM,
        args: &[Kind::Text, Kind::Long],
        result: Kind::Text,
        run: |_, v| as_json(element(text(&v[0])?, int(&v[1])?)?),
    },
    Overload {
        name: ITEM_TEXT,
        args: &[Kind::Text, Kind::Text],
        result: Kind::Text,
        run: |_, v| as_text(member(text(&v[0])?, text(&v[1])?)?),
    },
    Overload {
        name: ITEM_TEXT,
        args: &[Kind::Text, Kind::Long],
        result: Kind::Text,
        run: |_, v| as_text(element(text(&v[0])?, int(&v[1])?)?),
    },
    Overload {
        name: STEP,
        args: &[Kind::Text, Kind::Text],
        result: Kind::Text,
        run: |_, v| as_json(step(text(&v[0])?, text(&v[1])?)?),
    },
    Overload {
        name: STEP_TEXT,
        args: &[Kind::Text, Kind::Text],
        result: Kind::Text,
        run: |_, v| as_text(step(text(&v[0])?, text(&v[1])?)?),
    },
    Overload { name: "json_typeof", args: &[Kind::Text], result: Kind::Text, run: |_, v| type_of(text(&v[0])?) },
    Overload { name: "jsonb_typeof", args: &[Kind::Text], result: Kind::Text, run: |_, v| type_of(text(&v[0])?) },
    Overload { name: "json_array_length", args: &[Kind::Text], result: Kind::Int, run: |_, v| length(text(&v[0])?) },
    Overload { name: "jsonb_array_length", args: &[Kind::Text], result: Kind::Int, run: |_, v| length(text(&v[0])?) },
];

const MALFORMED: Fault = Fault::Json;

fn as_json(part: Option<&str>) -> Outcome<'_> {
    Ok(part.map_or(Value::Null, Value::Text))
}

/// A text without its quotes, null as NULL, anything else as it is written.
fn as_text(part: Option<&str>) -> Outcome<'_> {
    Ok(match part {
        None | Some("null") => Value::Null,
        Some(part) if part.starts_with('"') => Value::Owned(unescaped(part)?),
        Some(part) => Value::Text(part),
    })
}

fn type_of(json: &str) -> Outcome<'static> {
    let part = whole(json)?;
    let name = match part.as_bytes().first() {
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b'"') => "string",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        _ => "number",
    };
    Ok(Value::Owned(name.into()))
}

fn length(json: &str) -> Outcome<'static> {
    let part = whole(json)?;
    if !part.starts_with('[') {
        return Err(Fault::Argument("cannot get array length of a non-array"));
    }
    Ok(Value::Int(parts(part)?.len() as i64))
}

/// The value of a key; of several the last.
pub(super) fn member<'j>(json: &'j str, key: &str) -> Result<Option<&'j str>, Fault> {
    let part = whole(json)?;
    if !part.starts_with('{') {
        return Ok(None);
    }
    let mut found = None;
    for (name, value) in parts(part)? {
        if unescaped(name.unwrap_or("\"\""))? == key {
            found = Some(value);
        }
    }
    Ok(found)
}

/// An element by its place, from the end where it is negative.
pub(super) fn element(json: &str, place: i64) -> Result<Option<&str>, Fault> {
    let part = whole(json)?;
    if !part.starts_with('[') {
        return Ok(None);
    }
    let all = parts(part)?;
    let at = if place < 0 { place + all.len() as i64 } else { place };
    Ok(usize::try_from(at).ok().and_then(|at| all.get(at)).map(|(_, value)| *value))
}

/// A step of a path: into an array by a number, into an object by a key.
fn step<'j>(json: &'j str, item: &str) -> Result<Option<&'j str>, Fault> {
    match whole(json)?.starts_with('[') {
        true => item.trim().parse().map_or(Ok(None), |place| element(json, place)),
        false => member(json, item),
    }
}

/// Key and value of each member of an object, or the elements of an array, as they are written.
pub(crate) fn entries(json: &str, of_array: bool) -> Result<Vec<(Option<String>, &str)>, Fault> {
    let part = whole(json)?;
    match (part.as_bytes().first(), of_array) {
        (Some(b'['), true) | (Some(b'{'), false) => {}
        (Some(b'{'), true) => return Err(Fault::Argument("cannot extract elements from an object")),
        (_, true) => return Err(Fault::Argument("cannot extract elements from a scalar")),
        (Some(b'['), false) => return Err(Fault::Argument("cannot deconstruct an array as an object")),
        (_, false) => return Err(Fault::Argument("cannot deconstruct a scalar")),
    }
    let found = parts(part)?;
    found.into_iter().map(|(key, value)| Ok((key.map(unescaped).transpose()?, value))).collect()
}

/// A part as `->>` gives it.
pub(crate) fn plain(part: &str) -> Result<Option<String>, Fault> {
    Ok(match as_text(Some(part))? {
        Value::Owned(text) => Some(text),
        Value::Text(text) => Some(text.to_string()),
        _ => None,
    })
}

/// The one value of a text, without the blanks around it.
pub(super) fn whole(json: &str) -> Result<&str, Fault> {
    let mut reader = Reader { text: json, at: 0 };
    reader.blanks();
    let part = reader.value(0)?;
    reader.blanks();
    if reader.at == json.len() { Ok(part) } else { Err(MALFORMED) }
}

/// Key and value of each member of an object, or the elements of an array.
pub(super) fn parts(json: &str) -> Result<Vec<(Option<&str>, &str)>, Fault> {
    let mut reader = Reader { text: json, at: 0 };
    let object = json.starts_with('{');
    let mut found = Vec::new();
    reader.at += 1;
    reader.blanks();
    if reader.peek() == Some(if object { b'}' } else { b']' }) {
        return Ok(found);
    }
    loop {
        reader.blanks();
        let key = if object { Some(reader.key()?) } else { None };
        found.push((key, reader.value(1)?));
        reader.blanks();
        match reader.next() {
            Some(b',') => {}
            Some(b'}' | b']') => return Ok(found),
            _ => return Err(MALFORMED),
        }
    }
}

struct Reader<'j> {
    text: &'j str,
    at: usize,
}

impl<'j> Reader<'j> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let found = self.peek();
        self.at += usize::from(found.is_some());
        found
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn key(&mut self) -> Result<&'j str, Fault> {
        let start = self.at;
        self.string()?;
        let key = &self.text[start..self.at];
        self.blanks();
        if self.next() != Some(b':') {
            return Err(MALFORMED);
        }
        self.blanks();
        Ok(key)
    }

    /// One value, as it is written.
    fn value(&mut self, depth: usize) -> Result<&'j str, Fault> {
        if depth > DEPTH_MAX {
            return Err(MALFORMED);
        }
        let start = self.at;
        match self.peek() {
            Some(b'"') => self.string()?,
            Some(b'{') => self.members(b'}', true, depth)?,
            Some(b'[') => self.members(b']', false, depth)?,
            Some(b't') => self.word("true")?,
            Some(b'f') => self.word("false")?,
            Some(b'n') => self.word("null")?,
            _ => self.number()?,
        }
        Ok(&self.text[start..self.at])
    }

    fn members(&mut self, end: u8, keys: bool, depth: usize) -> Result<(), Fault> {
        self.at += 1;
        self.blanks();
        if self.peek() == Some(end) {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.blanks();
            if keys {
                self.key()?;
            }
            self.value(depth + 1)?;
            self.blanks();
            match self.next() {
                Some(b',') => {}
                Some(found) if found == end => return Ok(()),
                _ => return Err(MALFORMED),
            }
        }
    }

    fn string(&mut self) -> Result<(), Fault> {
        if self.next() != Some(b'"') {
            return Err(MALFORMED);
        }
        loop {
            match self.next() {
                Some(b'"') => return Ok(()),
                Some(b'\\') => {
                    self.next().ok_or(MALFORMED)?;
                }
                Some(0..=31) | None => return Err(MALFORMED),
                Some(_) => {}
            }
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Fault> {
        if !self.text[self.at..].starts_with(word) {
            return Err(MALFORMED);
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) {
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        let plain = text.strip_prefix('-').unwrap_or(text);
        if plain.starts_with(|first: char| first.is_ascii_digit()) && text.parse::<f64>().is_ok() {
            return Ok(());
        }
        Err(MALFORMED)
    }
}

/// A string without its quotes and escapes.
pub(super) fn unescaped(string: &str) -> Result<String, Fault> {
    let inside = string.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or(MALFORMED)?;
    let mut out = String::with_capacity(inside.len());
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        out.push(match letters.next().ok_or(MALFORMED)? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let mut code = hex(&mut letters)?;
                if (0xd800..0xdc00).contains(&code) {
                    if letters.next() != Some('\\') || letters.next() != Some('u') {
                        return Err(MALFORMED);
                    }
                    let low = hex(&mut letters)?.checked_sub(0xdc00).filter(|low| *low < 0x400).ok_or(MALFORMED)?;
                    code = 0x1_0000 + ((code - 0xd800) << 10) + low;
                }
                char::from_u32(code).filter(|letter| *letter != '\0').ok_or(MALFORMED)?
            }
            other @ ('"' | '\\' | '/') => other,
            _ => return Err(MALFORMED),
        });
    }
    Ok(out)
}

fn hex(letters: &mut std::str::Chars<'_>) -> Result<u32, Fault> {
    let mut code = 0;
    for _ in 0..4 {
        code = code * 16 + letters.next().and_then(|digit| digit.to_digit(16)).ok_or(MALFORMED)?;
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(outcome: Outcome) -> Option<String> {
        match outcome {
            Ok(Value::Text(text)) => Some(text.into()),
            Ok(Value::Owned(text)) => Some(text),
            Ok(Value::Null) => Some("NULL".into()),
            _ => None,
        }
    }

    #[test]
    fn parts_as_they_are_written() {
        let json = r#" {"k": 1.50, "a": [1, {"x": null}, "\u4e2d\n"], "k": {"d": true}} "#;
        let of = |key: &str| member(json, key).expect("json");
        assert_eq!(of("k"), Some(r#"{"d": true}"#));
        assert_eq!(of("none"), None);
        let array = of("a").expect("an array");
        assert_eq!(element(array, 1).ok(), Some(Some(r#"{"x": null}"#)));
        assert_eq!(shown(as_text(element(array, -1).expect("json"))).as_deref(), Some("中\n"));
        assert_eq!(shown(as_text(step(array, "0").expect("json"))).as_deref(), Some("1"));
        assert_eq!(shown(as_text(Some("null"))).as_deref(), Some("NULL"));
        assert_eq!(shown(type_of("[1]")).as_deref(), Some("array"));
        assert!(matches!(length("[1, 2, []]"), Ok(Value::Int(3))));
        assert!(matches!(length(" []"), Ok(Value::Int(0))));
    }

    #[test]
    fn what_is_no_json_fails() {
        for bad in ["", "{", "{\"a\":}", "[1,]", "nul", "1 2", "{\"a\" 1}", "\"x", "[1}", "+1", &"[".repeat(1_000)] {
            assert!(whole(bad).is_err(), "{bad}");
        }
    }
}
