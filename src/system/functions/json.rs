//! JSON as far as catalog queries build it, and the check of JSON literals.

use super::Entry;
use super::Strictness::{Called, Strict};
use crate::error::{Result, SystemError};
use crate::eval::Run;
use crate::value::Value;

/// Nesting of a JSON literal.
const DEPTH_MAX: usize = 128;

fn invalid() -> SystemError {
    SystemError::InvalidText("json".into())
}

/// Reads JSON and writes it back as `jsonb` prints it.
struct Reader<'t> {
    rest: &'t str,
    out: String,
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
        self.out.push(open);
        self.blank();
        let mut first = true;
        while !self.take(close) {
            if !first {
                if !self.take(',') {
                    return Err(invalid());
                }
                self.out.push_str(", ");
                self.blank();
            }
            first = false;
            if open == '{' {
                self.string()?;
                self.blank();
                if !self.take(':') {
                    return Err(invalid());
                }
                self.out.push_str(": ");
            }
            self.value(depth + 1)?;
            self.blank();
        }
        self.out.push(close);
        Ok(())
    }

    fn string(&mut self) -> Result<()> {
        let body = self.rest.strip_prefix('"').ok_or_else(invalid)?;
        let mut escaped = false;
        for (at, c) in body.char_indices() {
            match c {
                _ if escaped => {
                    if !"\"\\/bfnrtu".contains(c) {
                        return Err(invalid());
                    }
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => {
                    self.out.push('"');
                    self.out.push_str(&body[..at]);
                    self.out.push('"');
                    self.rest = &body[at + 1..];
                    return Ok(());
                }
                c if (c as u32) < 0x20 => return Err(invalid()),
                _ => {}
            }
        }
        Err(invalid())
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
        self.out.push_str(number);
        self.rest = rest;
        Ok(())
    }
}

/// JSON in the spacing of `jsonb`. Keys keep their order and duplicates: nothing here asks for another.
pub(crate) fn normal_json(text: &str) -> Result<String> {
    let mut reader = Reader { rest: text, out: String::with_capacity(text.len()) };
    reader.value(0)?;
    reader.blank();
    if reader.rest.is_empty() { Ok(reader.out) } else { Err(invalid()) }
}

/// Accepts text that is JSON.
pub(crate) fn check_json(text: &str) -> Result<()> {
    normal_json(text).map(|_| ())
}

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
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

fn json_of(value: &Value) -> Result<String> {
    Ok(match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Numeric(number) => number.to_string(),
        Value::Text(text) => quoted(text),
        Value::Array(array) => {
            let items = array.items.iter().map(json_of).collect::<Result<Vec<_>>>()?;
            format!("[{}]", items.join(","))
        }
        _ => return Err(SystemError::Unsupported("this type in JSON".into())),
    })
}

fn build_object(_: &Run, args: &[Value]) -> Result<Value> {
    if !args.len().is_multiple_of(2) {
        return Err(SystemError::InvalidParameter("argument list must have even number of elements".into()));
    }
    let mut fields = Vec::with_capacity(args.len() / 2);
    for pair in args.chunks(2) {
        let [key, value] = pair else { continue };
        let key = match key {
            Value::Null => return Err(SystemError::InvalidParameter("argument 1: key must not be null".into())),
            Value::Text(text) => quoted(text),
            other => quoted(&json_of(other)?),
        };
        fields.push(format!("{key} : {}", json_of(value)?));
    }
    Ok(format!("{{{}}}", fields.join(", ")).into())
}

/// A record and the names of its fields, which the call itself does not tell.
fn record_object(_: &Run, args: &[Value]) -> Result<Value> {
    let (Value::Record(values), Value::Array(names)) = (&args[0], &args[1]) else {
        return Err(SystemError::Internal("a record without its names"));
    };
    let fields = names.items.iter().zip(values.iter()).map(|(name, value)| {
        let name = name.as_text().map(quoted).ok_or(SystemError::Internal("a field without a name"))?;
        Ok(format!("{name}:{}", json_of(value)?))
    });
    Ok(format!("{{{}}}", fields.collect::<Result<Vec<_>>>()?.join(",")).into())
}

fn build_array(_: &Run, args: &[Value]) -> Result<Value> {
    let items = args.iter().map(json_of).collect::<Result<Vec<_>>>()?;
    Ok(format!("[{}]", items.join(", ")).into())
}

pub(super) static TABLE: &[Entry] = &[
    ("json_build_object(variadic any) json", Called, build_object),
    ("json_build_array(variadic any) json", Called, build_array),
    ("row_to_json(record,text[]) json", Strict, record_object),
    ("to_json(any) json", Strict, |_, args| json_of(&args[0]).map(Value::from)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_checked_and_spaced() {
        assert_eq!(
            normal_json("{\"a\":1,\"b\":[true,null,\"x\\n\"]}"),
            Ok("{\"a\": 1, \"b\": [true, null, \"x\\n\"]}".into())
        );
        for bad in ["", "{", "{a:1}", "01", "[1,]", "\"\\x\"", "1 2", "nul"] {
            assert!(normal_json(bad).is_err(), "{bad}");
        }
        assert!(matches!(normal_json(&"[".repeat(1000)), Err(SystemError::TooDeep(_))));
    }
}
