//! Exact decimals: from text, from integers and from PostgreSQL's binary form to a whole number at a fixed scale.
//!
//! Invariant: a result times ten to the minus scale is the value itself. Digits beyond the scale that are not zero, or
//! more digits than the precision, are refused.

use super::ValueProblem;

const OUT: ValueProblem = ValueProblem::OutOfRange;
const BAD: ValueProblem = ValueProblem::Malformed;

/// No decimal column is wider, so a longer shift can only end out of range (or at zero).
const SHIFT_MAX: i64 = 400;

/// The whole numbers that Arrow's decimals are kept in.
pub(super) trait Wide: Copy + PartialEq {
    /// Nought.
    const ZERO: Self;
    /// From a smaller number.
    fn of(value: i128) -> Option<Self>;
    /// `self * factor + addend`, `None` on overflow. Used on numbers that are not negative.
    fn mul_add(self, factor: u32, addend: u32) -> Option<Self>;
    /// `-self`
    fn negated(self) -> Option<Self>;
    /// Whether it has at most so many digits.
    fn within(self, digits: u8) -> bool;
}

impl Wide for i128 {
    const ZERO: i128 = 0;

    fn of(value: i128) -> Option<i128> {
        Some(value)
    }

    fn mul_add(self, factor: u32, addend: u32) -> Option<i128> {
        self.checked_mul(i128::from(factor))?.checked_add(i128::from(addend))
    }

    fn negated(self) -> Option<i128> {
        self.checked_neg()
    }

    fn within(self, digits: u8) -> bool {
        match 10u128.checked_pow(u32::from(digits)) {
            Some(bound) => self.unsigned_abs() < bound,
            None => true,
        }
    }
}

/// `value * 10^places` for `places >= 0`.
fn shifted<W: Wide>(value: W, places: i64) -> Result<W, ValueProblem> {
    if value == W::ZERO {
        return Ok(value);
    }
    if places > SHIFT_MAX {
        return Err(OUT);
    }
    let mut value = value;
    let mut places = places;
    while places > 0 {
        let step = places.min(9);
        value = value.mul_add(10u32.pow(step as u32), 0).ok_or(OUT)?;
        places -= step;
    }
    Ok(value)
}

fn bounded<W: Wide>(value: W, precision: u8) -> Result<W, ValueProblem> {
    if value.within(precision) { Ok(value) } else { Err(OUT) }
}

/// An integer at a scale.
pub(super) fn of_int<W: Wide>(value: i128, precision: u8, scale: i8) -> Result<W, ValueProblem> {
    if scale >= 0 {
        let magnitude = W::of(value.checked_abs().ok_or(OUT)?).ok_or(OUT)?;
        let scaled = shifted(magnitude, i64::from(scale))?;
        let signed = if value < 0 { scaled.negated().ok_or(OUT)? } else { scaled };
        return bounded(signed, precision);
    }
    let divisor = 10i128.checked_pow(u32::from(scale.unsigned_abs())).ok_or(OUT)?;
    if value % divisor != 0 {
        return Err(OUT);
    }
    bounded(W::of(value / divisor).ok_or(OUT)?, precision)
}

/// A decimal in text: sign, digits, point, exponent.
pub(super) fn of_text<W: Wide>(text: &str, precision: u8, scale: i8) -> Result<W, ValueProblem> {
    let (negative, rest) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (mantissa, exponent) = match rest.iter().position(|b| matches!(b, b'e' | b'E')) {
        Some(at) => (&rest[..at], exponent(&rest[at + 1..])?),
        None => (rest, 0),
    };
    let mut significant = Vec::with_capacity(mantissa.len());
    let mut after_point: Option<i64> = None;
    for byte in mantissa {
        match byte {
            b'0'..=b'9' => {
                significant.push(byte - b'0');
                if let Some(count) = &mut after_point {
                    *count += 1;
                }
            }
            b'.' if after_point.is_none() => after_point = Some(0),
            _ => return Err(if is_special(rest) { ValueProblem::NotFinite } else { BAD }),
        }
    }
    if significant.is_empty() {
        return Err(BAD);
    }
    let places = exponent - after_point.unwrap_or(0) + i64::from(scale);
    bounded(signed(whole::<W>(&significant, places)?, negative)?, precision)
}

/// Digits times `10^places`, the digits cut off by a negative `places` being zeros.
fn whole<W: Wide>(digits: &[u8], places: i64) -> Result<W, ValueProblem> {
    let cut = usize::try_from(places.min(0).unsigned_abs()).unwrap_or(usize::MAX).min(digits.len());
    let (kept, dropped) = digits.split_at(digits.len() - cut);
    if dropped.iter().any(|digit| *digit != 0) {
        return Err(OUT);
    }
    let mut value = W::ZERO;
    for digit in kept {
        value = value.mul_add(10, u32::from(*digit)).ok_or(OUT)?;
    }
    shifted(value, places.max(0))
}

fn signed<W: Wide>(magnitude: W, negative: bool) -> Result<W, ValueProblem> {
    if negative { magnitude.negated().ok_or(OUT) } else { Ok(magnitude) }
}

fn exponent(digits: &[u8]) -> Result<i64, ValueProblem> {
    let text = std::str::from_utf8(digits).map_err(|_| BAD)?;
    let exponent: i64 = text.parse().map_err(|_| BAD)?;
    if exponent.abs() > 1_000_000 { Err(OUT) } else { Ok(exponent) }
}

fn is_special(text: &[u8]) -> bool {
    ["nan", "inf", "infinity"].iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes()))
}

/// PostgreSQL's binary `numeric`: four 16-bit numbers (groups, weight, sign, shown scale), then groups of base 10,000,
/// the first being worth `10,000^weight`.
pub(super) fn of_pg_numeric<W: Wide>(raw: &[u8], precision: u8, scale: i8) -> Result<W, ValueProblem> {
    let word = |at: usize| -> Option<u16> { Some(u16::from_be_bytes([*raw.get(at)?, *raw.get(at + 1)?])) };
    let groups = usize::from(word(0).ok_or(BAD)?);
    let weight = i64::from(word(2).ok_or(BAD)? as i16);
    let sign = word(4).ok_or(BAD)?;
    if raw.len() != 8 + 2 * groups {
        return Err(BAD);
    }
    let negative = match sign {
        0x0000 => false,
        0x4000 => true,
        0xC000 | 0xD000 | 0xF000 => return Err(ValueProblem::NotFinite),
        _ => return Err(BAD),
    };
    if groups == 0 {
        return Ok(W::ZERO);
    }
    let places = 4 * (weight - (groups as i64 - 1)) + i64::from(scale);
    let group = |n: usize| u32::from(word(8 + 2 * n).unwrap_or(0));
    let mut last = groups;
    let mut places = places;
    // Groups wholly beyond the scale must be empty.
    while places <= -4 && last > 0 {
        if group(last - 1) != 0 {
            return Err(OUT);
        }
        last -= 1;
        places += 4;
    }
    let mut value = W::ZERO;
    for n in 0..last {
        let digits = group(n);
        if digits > 9_999 {
            return Err(BAD);
        }
        if n + 1 == last && places < 0 {
            let cut = 10u32.pow((-places) as u32);
            if !digits.is_multiple_of(cut) {
                return Err(OUT);
            }
            value = value.mul_add(10_000 / cut, digits / cut).ok_or(OUT)?;
        } else {
            value = value.mul_add(10_000, digits).ok_or(OUT)?;
        }
    }
    let value = if last > 0 && places > 0 { shifted(value, places)? } else { value };
    bounded(signed(value, negative)?, precision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::i256;

    fn text(text: &str, precision: u8, scale: i8) -> Result<i128, ValueProblem> {
        let narrow = of_text::<i128>(text, precision, scale);
        let wide = of_text::<i256>(text, precision, scale);
        assert_eq!(narrow.ok().map(i256::from_i128), wide.ok(), "{text}");
        narrow
    }

    #[test]
    fn text_is_exact_or_refused() {
        assert_eq!(text("12.50", 6, 2), Ok(1250));
        assert_eq!(text("12.500", 6, 2), Ok(1250));
        assert_eq!(text("-0.01", 6, 2), Ok(-1));
        assert_eq!(text(".5", 6, 2), Ok(50));
        assert_eq!(text("5.", 6, 2), Ok(500));
        assert_eq!(text("+7", 6, 2), Ok(700));
        assert_eq!(text("1.5e2", 6, 2), Ok(15_000));
        assert_eq!(text("15000e-2", 6, 2), Ok(15_000));
        assert_eq!(text("0e999999", 6, 2), Ok(0));
        assert_eq!(text("1200", 6, -2), Ok(12));
        assert_eq!(text("12.505", 6, 2), Err(OUT));
        assert_eq!(text("10000.00", 6, 2), Err(OUT));
        assert_eq!(text("9999.99", 6, 2), Ok(999_999));
        assert_eq!(text("1e40", 38, 0), Err(OUT));
        assert_eq!(text("1210", 6, -2), Err(OUT));
        assert_eq!(text("NaN", 6, 2), Err(ValueProblem::NotFinite));
        assert_eq!(text("-Infinity", 6, 2), Err(ValueProblem::NotFinite));
        for bad in ["", "-", ".", "1.2.3", "1e", "e5", "0x10", "1 2", "１"] {
            assert_eq!(text(bad, 6, 2), Err(BAD), "{bad:?}");
        }
    }

    #[test]
    fn integers() {
        assert_eq!(of_int::<i128>(-5, 4, 2), Ok(-500));
        assert_eq!(of_int::<i128>(100, 4, 2), Err(OUT));
        assert_eq!(of_int::<i128>(100, 4, -2), Ok(1));
        assert_eq!(of_int::<i128>(101, 4, -2), Err(OUT));
        assert_eq!(of_int::<i128>(i128::MIN, 38, 0), Err(OUT));
    }

    fn pg(weight: i16, sign: u16, groups: &[u16], scale: i8) -> Result<i128, ValueProblem> {
        let mut raw = Vec::new();
        for word in [groups.len() as u16, weight as u16, sign, 0].iter().chain(groups) {
            raw.extend_from_slice(&word.to_be_bytes());
        }
        let narrow = of_pg_numeric::<i128>(&raw, 38, scale);
        let wide = of_pg_numeric::<i256>(&raw, 38, scale);
        assert_eq!(narrow.ok().map(i256::from_i128), wide.ok());
        narrow
    }

    #[test]
    fn binary_numeric() {
        assert_eq!(pg(0, 0, &[], 2), Ok(0));
        assert_eq!(pg(1, 0, &[1, 2345, 6700], 2), Ok(1_234_567));
        assert_eq!(pg(1, 0x4000, &[1, 2345, 6700], 2), Ok(-1_234_567));
        assert_eq!(pg(1, 0, &[1, 2345, 6700], 1), Err(OUT));
        assert_eq!(pg(1, 0, &[1], 2), Ok(1_000_000));
        assert_eq!(pg(-1, 0, &[1], 4), Ok(1));
        assert_eq!(pg(-1, 0, &[1], 3), Err(OUT));
        assert_eq!(pg(-2, 0, &[1], 8), Ok(1));
        assert_eq!(pg(0, 0, &[12, 0], 0), Ok(12));
        assert_eq!(pg(0, 0xC000, &[], 2), Err(ValueProblem::NotFinite));
        assert_eq!(pg(0, 0xD000, &[], 2), Err(ValueProblem::NotFinite));
        assert_eq!(pg(0, 0x1234, &[], 2), Err(BAD));
        assert_eq!(pg(0, 0, &[10_000], 2), Err(BAD));
        assert_eq!(pg(3000, 0, &[1], 2), Err(OUT));
        // 38 digits whose first group has one digit and whose last is partly zero.
        let groups = [9u16, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9000];
        assert_eq!(pg(9, 0, &groups, 1), Ok(99_999_999_999_999_999_999_999_999_999_999_999_999));
        assert!(of_pg_numeric::<i128>(&[0, 1, 0, 0], 38, 0).is_err());
        assert!(of_pg_numeric::<i128>(&[0, 2, 0, 0, 0, 0, 0, 0, 0, 1], 38, 0).is_err());
    }
}
