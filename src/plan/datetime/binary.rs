//! Functions of `bytea`: what it is as text, and what a text is as bytes.
//!
//! Invariant: a text is read as its encoding says or refused, and nothing of it is told. Results are at most four times as
//! long as what they are made of.

use std::borrow::Cow;

use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use sluice_base::{Encoding, EncodingFault};

use super::fault::DatetimeFault as Fault;
use super::letters::md5;
use super::table::{Outcome, Overload, bytes, int, text};
use super::value::{Kind, Value};

/// What functions of texts are called over bytes; no client can type these names.
pub(crate) const OF_BYTES: [(&str, &str); 7] = [
    ("length", "\u{1}bytes_length"),
    ("octet_length", "\u{1}bytes_length"),
    ("bit_length", "\u{1}bytes_bits"),
    ("md5", "\u{1}bytes_md5"),
    ("substr", "\u{1}bytes_part"),
    ("substring", "\u{1}bytes_part"),
    ("position", "\u{1}bytes_place"),
];

macro_rules! table {
    ($($name:expr, [$($arg:ident),*] -> $result:ident, $run:expr;)*) => {
        &[$(Overload { name: $name, args: &[$(Kind::$arg),*], result: Kind::$result, run: $run },)*]
    };
}

pub(super) static TABLE: &[Overload] = table! {
    "encode", [Bytes, Text] -> Text, |_, v| encoded(bytes(&v[0])?, text(&v[1])?).map(Value::Owned);
    "decode", [Text, Text] -> Bytes, |_, v| decoded(text(&v[0])?, text(&v[1])?).map(Value::OwnedBytes);
    "sha224", [Bytes] -> Bytes, |_, v| Ok(Value::OwnedBytes(Sha224::digest(bytes(&v[0])?).to_vec()));
    "sha256", [Bytes] -> Bytes, |_, v| Ok(Value::OwnedBytes(Sha256::digest(bytes(&v[0])?).to_vec()));
    "sha384", [Bytes] -> Bytes, |_, v| Ok(Value::OwnedBytes(Sha384::digest(bytes(&v[0])?).to_vec()));
    "sha512", [Bytes] -> Bytes, |_, v| Ok(Value::OwnedBytes(Sha512::digest(bytes(&v[0])?).to_vec()));
    "convert_to", [Text, Text] -> Bytes, |_, v| converted(text(&v[0])?, encoding(text(&v[1])?)?).map(Value::OwnedBytes);
    "convert_from", [Bytes, Text] -> Text, |_, v| read(bytes(&v[0])?, encoding(text(&v[1])?)?).map(Value::Owned);
    "get_byte", [Bytes, Int] -> Int, |_, v| byte(bytes(&v[0])?, int(&v[1])?).map(|byte| Value::Int(byte.into()));
    "get_bit", [Bytes, Long] -> Int, |_, v| {
        let at = int(&v[1])?;
        byte(bytes(&v[0])?, at.div_euclid(8)).map(|byte| Value::Int((byte >> at.rem_euclid(8) & 1).into()))
    };
    "bit_count", [Bytes] -> Long, |_, v| {
        Ok(Value::Int(bytes(&v[0])?.iter().map(|byte| i64::from(byte.count_ones())).sum()))
    };
    "\u{1}bytes_length", [Bytes] -> Int, |_, v| Ok(Value::Int(bytes(&v[0])?.len() as i64));
    "\u{1}bytes_bits", [Bytes] -> Int, |_, v| Ok(Value::Int(bytes(&v[0])?.len() as i64 * 8));
    "\u{1}bytes_md5", [Bytes] -> Text, |_, v| Ok(Value::Owned(md5(bytes(&v[0])?)));
    "\u{1}bytes_part", [Bytes, Int] -> Bytes, |_, v| part(bytes(&v[0])?, int(&v[1])?, None);
    "\u{1}bytes_part", [Bytes, Int, Int] -> Bytes, |_, v| part(bytes(&v[0])?, int(&v[1])?, Some(int(&v[2])?));
    "\u{1}bytes_place", [Bytes, Bytes] -> Int, |_, v| Ok(Value::Int(place(bytes(&v[0])?, bytes(&v[1])?)));
};

/// An encoding by name. Those of which there is no table, and names that PostgreSQL does not know either, are refused.
fn encoding(name: &str) -> Result<Encoding, Fault> {
    Encoding::named(name).ok_or(Fault::Unsupported("this encoding"))
}

/// A text in an encoding. Chinese names ordered by their bytes in GBK are in the order of pinyin, for common characters.
fn converted(text: &str, encoding: Encoding) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(text.len());
    encoding.encode(text.as_bytes(), &mut out).map_err(|_| Fault::Lacking(Encoding::UTF8.name(), encoding.name()))?;
    Ok(out)
}

fn read(bytes: &[u8], encoding: Encoding) -> Result<String, Fault> {
    let fault = |fault| match fault {
        EncodingFault::Invalid => Fault::NoText(encoding.checked_as()),
        EncodingFault::Untranslatable => Fault::Lacking(encoding.name(), Encoding::UTF8.name()),
    };
    encoding.decode(bytes).map(Cow::into_owned).map_err(fault)
}

fn byte(bytes: &[u8], at: i64) -> Result<u8, Fault> {
    let found = usize::try_from(at).ok().and_then(|at| bytes.get(at));
    found.copied().ok_or(Fault::Argument("index out of valid range"))
}

fn part(bytes: &[u8], from: i64, length: Option<i64>) -> Outcome<'static> {
    let end = match length {
        Some(..=-1) => return Err(Fault::Substring),
        Some(length) => from.saturating_add(length),
        None => i64::MAX,
    };
    let place = |at: i64| usize::try_from(at.saturating_sub(1).max(0)).unwrap_or(usize::MAX).min(bytes.len());
    Ok(Value::OwnedBytes(bytes.get(place(from)..place(end)).unwrap_or_default().to_vec()))
}

/// Where the part first begins, counted from 1; 0 where it does nowhere.
fn place(bytes: &[u8], part: &[u8]) -> i64 {
    if part.is_empty() {
        return 1;
    }
    let behind = borders(part);
    let mut met = 0;
    for (at, byte) in bytes.iter().enumerate() {
        while met > 0 && part[met] != *byte {
            met = behind[met - 1];
        }
        met += usize::from(part[met] == *byte);
        if met == part.len() {
            return (at + 2 - met) as i64;
        }
    }
    0
}

/// For each beginning of a part, how much of it is both its beginning and its end: where the search for the part goes on
/// when it breaks off behind it, so that no byte is looked at over and over.
fn borders(part: &[u8]) -> Vec<usize> {
    let mut borders = vec![0; part.len()];
    let mut met = 0;
    for at in 1..part.len() {
        while met > 0 && part[met] != part[at] {
            met = borders[met - 1];
        }
        met += usize::from(part[met] == part[at]);
        borders[at] = met;
    }
    borders
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Letters of base64 in a line.
const LINE: usize = 76;

fn encoded(bytes: &[u8], by: &str) -> Result<String, Fault> {
    match by.to_ascii_lowercase().as_str() {
        "hex" => Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
        "base64" => Ok(base64(bytes)),
        "escape" => Ok(escaped(bytes)),
        _ => Err(Fault::Argument("unrecognized encoding")),
    }
}

fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4 + bytes.len() / 57);
    let mut line = 0;
    for chunk in bytes.chunks(3) {
        if line == LINE {
            out.push('\n');
            line = 0;
        }
        let at = |place: usize| u32::from(chunk.get(place).copied().unwrap_or(0));
        let group = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4usize {
            let letter = LETTERS[(group >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
        line += 4;
    }
    out
}

fn escaped(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            0 | 128.. => out.push_str(&format!("\\{byte:03o}")),
            byte => out.push(char::from(*byte)),
        }
    }
    out
}

fn decoded(text: &str, by: &str) -> Result<Vec<u8>, Fault> {
    match by.to_ascii_lowercase().as_str() {
        "hex" => unhex(text),
        "base64" => unbase64(text),
        "escape" => unescaped(text),
        _ => Err(Fault::Argument("unrecognized encoding")),
    }
}

fn unhex(text: &str) -> Result<Vec<u8>, Fault> {
    let mut digits = Vec::with_capacity(text.len());
    for letter in text.chars().filter(|letter| !matches!(letter, ' ' | '\n' | '\t' | '\r')) {
        let digit = letter.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        digits.push(digit.ok_or(Fault::Argument("invalid hexadecimal digit"))?);
    }
    if digits.len() % 2 == 1 {
        return Err(Fault::Argument("invalid hexadecimal data: odd number of digits"));
    }
    Ok(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn unbase64(text: &str) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut group, mut count, mut ended) = (0u32, 0usize, 0usize);
    for byte in text.bytes().filter(|byte| !matches!(byte, b' ' | b'\n' | b'\t' | b'\r')) {
        let value = match byte {
            b'=' if ended > 0 || matches!(count, 2 | 3) => {
                ended += 1;
                0
            }
            b'=' => return Err(Fault::Argument("unexpected \"=\" while decoding base64 sequence")),
            byte => match LETTERS.iter().position(|letter| *letter == byte) {
                Some(value) if ended == 0 => value as u32,
                _ => return Err(Fault::Argument("invalid symbol found while decoding base64 sequence")),
            },
        };
        group = group << 6 | value;
        count += 1;
        if count == 4 {
            let kept = 3usize.saturating_sub(ended);
            out.extend(group.to_be_bytes()[1..].iter().take(kept));
            (group, count) = (0, 0);
        }
    }
    if count == 0 { Ok(out) } else { Err(Fault::Argument("invalid base64 end sequence")) }
}

fn unescaped(text: &str) -> Result<Vec<u8>, Fault> {
    const INVALID: Fault = Fault::Input("invalid input syntax for type bytea");
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let first = bytes.next().ok_or(INVALID)?;
        if first == b'\\' {
            out.push(b'\\');
            continue;
        }
        let octal = |byte: u8, most: u8| (b'0'..=most).contains(&byte).then(|| byte - b'0').ok_or(INVALID);
        let (second, third) = (bytes.next().ok_or(INVALID)?, bytes.next().ok_or(INVALID)?);
        out.push(octal(first, b'3')? << 6 | octal(second, b'7')? << 3 | octal(third, b'7')?);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for bytes in [&b""[..], b"a", b"ab", b"abc", &[0, 255, 92, 10], &[7; 200]] {
            for by in ["hex", "base64", "escape"] {
                let text = encoded(bytes, by).expect("text");
                assert_eq!(decoded(&text, by).expect("bytes"), bytes, "{by}");
            }
        }
        assert_eq!(encoded(&[0xde, 0xad, 0xbe, 0xef], "base64").expect("text"), "3q2+7w==");
        for (text, by) in
            [("abc", "hex"), ("zz", "hex"), ("a", "base64"), ("====", "base64"), ("\\9", "escape"), ("", "x")]
        {
            assert!(decoded(text, by).is_err(), "{text} {by}");
        }
    }
}
