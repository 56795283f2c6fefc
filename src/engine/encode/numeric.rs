//! `numeric`: decimals of the engine and numbers as text, printed and in PostgreSQL's binary form.
//!
//! Invariant: exact for every decimal of 256 bits; the scale of the source is kept.

use arrow::datatypes::i256;
use bytes::{BufMut, BytesMut};

/// A decimal taken apart: `digits * 10^-scale`, without zeros in front.
pub(super) struct Decimal {
    negative: bool,
    buffer: [u8; 80],
    start: usize,
    scale: i32,
}

/// Twenty digits do not fit 64 bits; nineteen do.
const CHUNK: u64 = 10_000_000_000_000_000_000;
const CHUNK_DIGITS: usize = 19;

impl Decimal {
    pub(super) fn of_i128(value: i128, scale: i8) -> Decimal {
        let mut decimal = Decimal::new(value < 0, scale);
        let mut rest = value.unsigned_abs();
        while rest > u128::from(u64::MAX) {
            decimal.push_chunk((rest % u128::from(CHUNK)) as u64);
            rest /= u128::from(CHUNK);
        }
        decimal.push_last(rest as u64);
        decimal
    }

    pub(super) fn of_i256(value: i256, scale: i8) -> Decimal {
        let (low, high) = value.to_parts();
        if i128::try_from(low).is_ok() && high == 0 {
            return Decimal::of_i128(low as i128, scale);
        }
        let mut decimal = Decimal::new(high < 0, scale);
        let (low, high) = value.wrapping_abs().to_parts();
        let high = high as u128;
        // The number in four limbs, the highest first, divided by the chunk until nothing is left.
        let mut limbs = [(high >> 64) as u64, high as u64, (low >> 64) as u64, low as u64];
        while limbs[..3].iter().any(|limb| *limb > 0) {
            let mut rest = 0u128;
            for limb in &mut limbs {
                let part = rest << 64 | u128::from(*limb);
                *limb = (part / u128::from(CHUNK)) as u64;
                rest = part % u128::from(CHUNK);
            }
            decimal.push_chunk(rest as u64);
        }
        decimal.push_last(limbs[3]);
        decimal
    }

    fn new(negative: bool, scale: i8) -> Decimal {
        Decimal { negative, buffer: [b'0'; 80], start: 80, scale: scale.into() }
    }

    /// Puts nineteen digits in front.
    fn push_chunk(&mut self, mut chunk: u64) {
        for _ in 0..CHUNK_DIGITS {
            self.start -= 1;
            self.buffer[self.start] = b'0' + (chunk % 10) as u8;
            chunk /= 10;
        }
    }

    /// Puts the highest digits in front, and drops zeros that were pushed before them.
    fn push_last(&mut self, mut rest: u64) {
        while rest > 0 {
            self.start -= 1;
            self.buffer[self.start] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        while self.buffer.get(self.start) == Some(&b'0') {
            self.start += 1;
        }
    }

    /// Drops zeros at the end of the fraction down to a display scale: for columns whose scale is not that of each value.
    pub(super) fn shown(mut self, scale: i32) -> Decimal {
        if self.is_zero() {
            self.scale = self.scale.min(scale);
            return self;
        }
        let zeros = self.digits().iter().rev().take_while(|digit| **digit == b'0').count();
        let dropped = zeros.min((self.scale - scale.max(0)).max(0) as usize);
        self.buffer.copy_within(self.start..80 - dropped, self.start + dropped);
        self.start += dropped;
        self.scale -= dropped as i32;
        self
    }

    fn is_zero(&self) -> bool {
        self.start == self.buffer.len()
    }

    fn digits(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    pub(super) fn put_text(&self, out: &mut BytesMut) {
        let digits = self.digits();
        if self.negative {
            out.put_u8(b'-');
        }
        let scale = self.scale.max(0) as usize;
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale));
        out.put_slice(if whole.is_empty() { b"0" } else { whole });
        if !self.is_zero() && self.scale < 0 {
            out.put_bytes(b'0', self.scale.unsigned_abs() as usize);
        }
        if scale > 0 {
            out.put_u8(b'.');
            out.put_bytes(b'0', scale - fraction.len());
            out.put_slice(fraction);
        }
    }

    pub(super) fn put_binary(&self, out: &mut BytesMut) {
        put_groups(out, self.negative, self.digits(), self.scale);
    }
}

/// Writes PostgreSQL's binary form: groups of four digits around the decimal point, zero groups at the end dropped.
/// `digits` has no zeros in front.
fn put_groups(out: &mut BytesMut, negative: bool, digits: &[u8], scale: i32) {
    let before_point = digits.len() as i32 - scale;
    let weight = if digits.is_empty() { 0 } else { (before_point - 1).div_euclid(4) };
    let missing = (4 * (weight + 1) - before_point) as usize; // zeros to put in front of the first group
    let digit = |at: usize| at.checked_sub(missing).and_then(|at| digits.get(at)).map_or(0, |d| u16::from(d - b'0'));
    let solid = digits.iter().rposition(|d| *d != b'0').map_or(0, |last| last + 1);
    let groups = if solid == 0 { 0 } else { (missing + solid).div_ceil(4) };
    out.put_u16(groups as u16);
    out.put_i16(weight as i16);
    out.put_u16(if negative && solid > 0 { 0x4000 } else { 0 });
    out.put_u16(scale.max(0) as u16);
    for group in 0..groups {
        out.put_u16((0..4).fold(0, |sum, at| sum * 10 + digit(group * 4 + at)));
    }
}

/// A number as text in binary form; false where the text is not one.
pub(super) fn put_text_as_binary(out: &mut BytesMut, text: &str) -> bool {
    let special = match text {
        "NaN" => 0xC000,
        "Infinity" => 0xD000,
        "-Infinity" => 0xF000,
        _ => 0,
    };
    if special != 0 {
        out.put_slice(&[0, 0, 0, 0]);
        out.put_u16(special);
        out.put_u16(0);
        return true;
    }
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    // PostgreSQL's bounds; beyond them the counts would not fit their fields.
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) || fraction.len() > 16_383 || whole.len() > 131_072
    {
        return false;
    }
    let digits = [whole.trim_start_matches('0'), fraction].concat();
    put_groups(out, negative, digits.trim_start_matches('0').as_bytes(), fraction.len() as i32);
    true
}
