//! One encoding's characters and codes, both ways, made once from the crate's tables and their changes.
//!
//! Invariant: reading is total over any bytes. Whether bytes have the form of a character is one question (22021 if
//! not), whether the character exists another (22P05), as in PostgreSQL.

use super::charsets::{Charset, Shape};
use super::{EncodingFault, Lacking};

/// Four-byte codes of GB 18030 below this number stand for characters of the basic plane, in order.
const BASIC_MAX: u32 = 39_420;
/// The number of the four-byte code of U+10000.
const SUPPLEMENTARY: u32 = 189_000;

pub(super) struct Table {
    shape: Shape,
    /// Code of each character of the basic plane; 0 is none.
    codes: Vec<u32>,
    /// Character of each one-byte code from 0x80 on; 0 is none. So below.
    single: Vec<u16>,
    /// Of each two-byte code from 0x8000 on.
    double: Vec<u16>,
    /// Of each code of the second set of EUC_JP, without its 0x8f.
    triple: Vec<u16>,
    /// Of each four-byte code of the basic plane, by its number.
    quad: Vec<u16>,
}

impl Table {
    pub(super) fn of(charset: &Charset) -> Table {
        let mut table = Table {
            shape: charset.shape,
            codes: vec![0; 0x1_0000],
            single: vec![0; 0x80],
            double: Vec::new(),
            triple: Vec::new(),
            quad: Vec::new(),
        };
        table.read_singles(charset);
        if charset.shape != Shape::Single {
            table.double = pairs(0x80, &[], charset);
        }
        if charset.shape == Shape::EucJp {
            table.triple = pairs(0x80, &[0x8f], charset);
        }
        table.change(charset);
        table.invert(charset);
        if charset.shape == Shape::Gb18030 {
            table.read_quads();
        }
        for (c, code) in charset.written {
            table.codes[*c as usize] = full(*code, charset.shape);
        }
        table
    }

    fn read_singles(&mut self, charset: &Charset) {
        for byte in 0x80..=0xff_u8 {
            let c = match byte {
                0x80..=0x9f if charset.controls => Some(char::from(byte)),
                _ => one_char(charset, &[byte]),
            };
            let lead = matches!(charset.shape, Shape::Double | Shape::Gb18030 | Shape::Euc | Shape::EucJp);
            self.single[usize::from(byte - 0x80)] = if lead { 0 } else { c.map_or(0, basic) };
        }
    }

    fn change(&mut self, charset: &Charset) {
        for (first, text) in charset.changed {
            let mut code = *first;
            for c in text.chars() {
                self.put(code, basic(c), charset.shape);
                code = next(code, charset.shape);
            }
        }
        for (first, c) in charset.private {
            for step in 0..94 {
                self.put(first + step, c + step, charset.shape);
            }
        }
    }

    fn put(&mut self, code: u16, c: u16, shape: Shape) {
        match code {
            0x80..=0xff => self.single[usize::from(code - 0x80)] = c,
            _ if shape == Shape::EucJp => self.triple[usize::from(code - 0x8000)] = c,
            _ => self.double[usize::from(code - 0x8000)] = c,
        }
    }

    /// Codes of characters from characters of codes. Of several codes, the one that the crate writes, else the first.
    fn invert(&mut self, charset: &Charset) {
        let (single, double, triple) = (&self.single, &self.double, &self.triple);
        let numbered = |list: &[u16], base: u32| -> Vec<(u32, u16)> {
            list.iter().zip(base..).filter(|(c, _)| **c != 0).map(|(c, code)| (code, *c)).collect()
        };
        let all = [numbered(single, 0x80), numbered(double, 0x8000), numbered(triple, 0x8f_8000)].concat();
        for (code, c) in all {
            let place = &mut self.codes[usize::from(c)];
            if *place == 0 || crate_writes(charset, c) == Some(code) {
                *place = code;
            }
        }
    }

    /// GB 18030 has a four-byte code for every character without a shorter one, in their order.
    fn read_quads(&mut self) {
        self.quad = (0x80..=0xffff_u16)
            .filter(|c| self.codes[usize::from(*c)] == 0 && !(0xd800..=0xdfff).contains(c))
            .collect();
        for (number, c) in (0..).zip(&self.quad) {
            self.codes[usize::from(*c)] = quad_code(number);
        }
    }

    pub(super) fn decode(&self, bytes: &[u8]) -> Result<String, EncodingFault> {
        let mut text = String::with_capacity(bytes.len() + bytes.len() / 2);
        let mut rest = bytes;
        while let Some(first) = rest.first() {
            if first.is_ascii() {
                if *first == 0 {
                    return Err(EncodingFault::Invalid);
                }
                text.push(char::from(*first));
                rest = &rest[1..];
                continue;
            }
            let length = self.length(rest).ok_or(EncodingFault::Invalid)?;
            let (code, after) = rest.split_at(length);
            text.push(self.char_of(code).ok_or(EncodingFault::Untranslatable)?);
            rest = after;
        }
        Ok(text)
    }

    /// Bytes of the first character, which is not ASCII; `None` where these are no character.
    fn length(&self, bytes: &[u8]) -> Option<usize> {
        let in_set = |byte: &u8| (0xa1..=0xfe).contains(byte);
        let double = |good: bool| good.then_some(2);
        match (self.shape, bytes) {
            (Shape::Single, _) | (Shape::Sjis, [0xa1..=0xdf, ..]) => Some(1),
            // PostgreSQL keeps one pair that is invalid in all of these, for tests and for what cannot be.
            (Shape::Double, [0x8d, b' ', ..]) => None,
            (Shape::Double, [_, second, ..]) => double(*second != 0),
            (Shape::EucJp, [0x8e, second, ..]) => double((0xa1..=0xdf).contains(second)),
            (Shape::EucJp, [0x8f, second, third, ..]) => (in_set(second) && in_set(third)).then_some(3),
            (Shape::Euc | Shape::EucJp, [first, second, ..]) => double(in_set(first) && in_set(second)),
            (Shape::Sjis, [first, second, ..]) => {
                double(matches!(first, 0x81..=0x9f | 0xe0..=0xfc) && matches!(second, 0x40..=0x7e | 0x80..=0xfc))
            }
            (Shape::Gb18030, [0x81..=0xfe, b'0'..=b'9', third, fourth, ..]) => {
                ((0x81..=0xfe).contains(third) && fourth.is_ascii_digit()).then_some(4)
            }
            (Shape::Gb18030, [0x81..=0xfe, 0x40..=0x7e | 0x80..=0xfe, ..]) => Some(2),
            _ => None,
        }
    }

    fn char_of(&self, code: &[u8]) -> Option<char> {
        let basic = |list: &[u16], at: usize| {
            let c = list.get(at).copied().filter(|c| *c != 0)?;
            char::from_u32(c.into())
        };
        match *code {
            [one] => basic(&self.single, usize::from(one).checked_sub(0x80)?),
            [a, b] => basic(&self.double, pair(a, b).checked_sub(0x8000)?),
            [_, a, b] => basic(&self.triple, pair(a, b).checked_sub(0x8000)?),
            [a, b, c, d] => match quad_number([a, b, c, d]) {
                number @ ..BASIC_MAX => basic(&self.quad, number as usize),
                number => char::from_u32(number.checked_sub(SUPPLEMENTARY)? + 0x1_0000),
            },
            _ => None,
        }
    }

    pub(super) fn encode(&self, text: &str, out: &mut Vec<u8>) -> Result<(), Lacking> {
        for c in text.chars() {
            self.encode_char(c, out)?;
        }
        Ok(())
    }

    pub(super) fn encode_lossy(&self, text: &str, out: &mut Vec<u8>) {
        for c in text.chars() {
            if self.encode_char(c, out) == Err(Lacking) {
                out.push(b'?');
            }
        }
    }

    fn encode_char(&self, c: char, out: &mut Vec<u8>) -> Result<(), Lacking> {
        if c.is_ascii() {
            out.push(c as u8);
            return Ok(());
        }
        let code = match self.codes.get(c as usize) {
            Some(code) => *code,
            None if self.shape == Shape::Gb18030 => quad_code(c as u32 - 0x1_0000 + SUPPLEMENTARY),
            None => 0,
        };
        let bytes = code.to_be_bytes();
        match code {
            0 => return Err(Lacking),
            1..=0xff => out.extend_from_slice(&bytes[3..]),
            0x100..=0xffff => out.extend_from_slice(&bytes[2..]),
            0x1_0000..=0xff_ffff => out.extend_from_slice(&bytes[1..]),
            0x100_0000.. => out.extend_from_slice(&bytes),
        }
        Ok(())
    }
}

/// Characters of all codes of two bytes from `first` on, behind a prefix, that PostgreSQL has.
fn pairs(first: u8, prefix: &[u8], charset: &Charset) -> Vec<u16> {
    let mut found = Vec::with_capacity(0x8000);
    for lead in first..=0xff {
        for trail in 0..=0xff {
            let code = [prefix, &[lead, trail]].concat();
            found.push(one_char(charset, &code).map_or(0, basic));
        }
    }
    found
}

/// The one character that the crate reads these bytes as, where PostgreSQL has it too.
fn one_char(charset: &Charset, bytes: &[u8]) -> Option<char> {
    let text = charset.table.decode_without_bom_handling_and_without_replacement(bytes)?;
    let mut chars = text.chars();
    let code = bytes.iter().fold(0, |code, byte| code << 8 | u32::from(*byte));
    match (chars.next(), chars.next()) {
        (Some(c), None) if (charset.has)(code, c) => Some(c),
        _ => None,
    }
}

/// The code that the crate writes a character as.
fn crate_writes(charset: &Charset, c: u16) -> Option<u32> {
    let text = char::from_u32(c.into())?.to_string();
    let (bytes, _, lacking) = charset.table.encode(&text);
    (!lacking).then(|| bytes.iter().fold(0, |code, byte| code << 8 | u32::from(*byte)))
}

/// The number of a character of the basic plane; 0, which is "none", of another.
fn basic(c: char) -> u16 {
    u16::try_from(c as u32).unwrap_or(0)
}

fn pair(a: u8, b: u8) -> usize {
    usize::from(a) << 8 | usize::from(b)
}

/// The code after this one, in the order of its encoding.
fn next(code: u16, shape: Shape) -> u16 {
    let big5 = shape == Shape::Double;
    match code & 0xff {
        0x7e if big5 => (code & 0xff00) + 0xa1,
        0xfe if big5 => (code & 0xff00) + 0x140,
        0xfe => (code & 0xff00) + 0x1a1,
        _ => code + 1,
    }
}

/// A code of a change, with the 0x8f that all changes of EUC_JP are behind.
fn full(code: u16, shape: Shape) -> u32 {
    if shape == Shape::EucJp { 0x8f_0000 | u32::from(code) } else { code.into() }
}

fn quad_number([a, b, c, d]: [u8; 4]) -> u32 {
    let [a, b, c, d] = [a - 0x81, b - b'0', c - 0x81, d - b'0'].map(u32::from);
    ((a * 10 + b) * 126 + c) * 10 + d
}

fn quad_code(number: u32) -> u32 {
    let d = number % 10 + 0x30;
    let c = number / 10 % 126 + 0x81;
    let b = number / 1_260 % 10 + 0x30;
    let a = number / 12_600 + 0x81;
    a << 24 | b << 16 | c << 8 | d
}
