//! A check that text is JSON (RFC 8259). The text itself is kept as it is.
//!
//! Invariant: no recursion; nesting is a list of brackets, at most one byte for each byte of the text.

use super::Decoded;
use crate::ParameterFault;

/// What may come next.
enum Expect {
    Value,
    /// A value or the end of an empty array.
    FirstItem,
    /// A key or the end of an empty object.
    FirstKey,
    Key,
    /// A comma, or the end of what is open.
    After,
}

pub(super) fn check(text: &str) -> Decoded<()> {
    scan(text.as_bytes()).ok_or(ParameterFault::Text)
}

fn scan(mut rest: &[u8]) -> Option<()> {
    let mut open = Vec::new();
    let mut expect = Expect::Value;
    loop {
        rest = past_space(rest);
        let Some((first, after)) = rest.split_first() else {
            return (open.is_empty() && matches!(expect, Expect::After)).then_some(());
        };
        (expect, rest) = match (expect, *first) {
            (Expect::Value | Expect::FirstItem, b'{') => {
                open.push(b'}');
                (Expect::FirstKey, after)
            }
            (Expect::Value | Expect::FirstItem, b'[') => {
                open.push(b']');
                (Expect::FirstItem, after)
            }
            (Expect::FirstItem, b']') | (Expect::FirstKey, b'}') | (Expect::After, b']' | b'}') => {
                if open.pop() != Some(*first) {
                    return None;
                }
                (Expect::After, after)
            }
            (Expect::After, b',') => match open.last()? {
                b'}' => (Expect::Key, after),
                _ => (Expect::Value, after),
            },
            (Expect::FirstKey | Expect::Key, b'"') => {
                let behind = past_space(string(after)?);
                (Expect::Value, behind.strip_prefix(b":")?)
            }
            (Expect::Value | Expect::FirstItem, b'"') => (Expect::After, string(after)?),
            (Expect::Value | Expect::FirstItem, b'-' | b'0'..=b'9') => (Expect::After, number(rest)?),
            (Expect::Value | Expect::FirstItem, _) => {
                let words: [&[u8]; 3] = [b"true", b"false", b"null"];
                (Expect::After, words.iter().find_map(|word| rest.strip_prefix(*word))?)
            }
            _ => return None,
        };
    }
}

/// What follows JSON's white space.
fn past_space(rest: &[u8]) -> &[u8] {
    let count = rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).count();
    &rest[count..]
}

/// What follows a string whose opening quote is behind us.
fn string(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        rest = match rest {
            [b'"', after @ ..] => return Some(after),
            [b'\\', b'u', a, b, c, d, after @ ..] if [a, b, c, d].iter().all(|b| b.is_ascii_hexdigit()) => after,
            [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', after @ ..] => after,
            [b'\\' | 0..0x20, ..] | [] => return None,
            [_, after @ ..] => after,
        }
    }
}

/// What follows a number.
fn number(rest: &[u8]) -> Option<&[u8]> {
    let rest = rest.strip_prefix(b"-").unwrap_or(rest);
    let mut rest = match rest {
        [b'0', after @ ..] => after,
        [b'1'..=b'9', ..] => digits(rest)?,
        _ => return None,
    };
    if let Some(fraction) = rest.strip_prefix(b".") {
        rest = digits(fraction)?;
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let signed = exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
        rest = digits(signed)?;
    }
    match rest.first() {
        Some(b) if b.is_ascii_alphanumeric() => None,
        _ => Some(rest),
    }
}

/// What follows at least one digit.
fn digits(rest: &[u8]) -> Option<&[u8]> {
    let count = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    (count > 0).then(|| &rest[count..])
}
