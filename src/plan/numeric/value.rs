//! One decimal: its digits, its weight in base 10,000, and the display scale that follows from its value.

use arrow::datatypes::i256;
use arrow::error::ArrowError;
use datafusion_common::DataFusionError;

use super::limbs::Limbs;
use super::{OPEN, Shown};

/// Digits of the base that PostgreSQL keeps numerics in.
pub(super) const BASE_DIGITS: i32 = 4;

/// Significant digits of a quotient at least (`NUMERIC_MIN_SIG_DIGITS`).
pub(super) const MIN_SIGNIFICANT: i32 = 16;

/// Why a function has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// 22012
    DivisionByZero,
    /// 22003
    OutOfRange,
    /// 2201F
    NegativeRoot,
}

impl From<Fault> for DataFusionError {
    fn from(fault: Fault) -> DataFusionError {
        match fault {
            Fault::DivisionByZero => ArrowError::DivideByZero.into(),
            Fault::OutOfRange => ArrowError::ArithmeticOverflow("numeric".into()).into(),
            Fault::NegativeRoot => DataFusionError::External(Box::new(NegativeRoot)),
        }
    }
}

/// The square root of a negative number was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cannot take square root of a negative number")]
pub struct NegativeRoot;

/// `value * 10^-scale`, shown with `shown` digits behind the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) value: i256,
    pub(super) scale: i32,
    pub(super) shown: i32,
}

/// The first group of a number in base 10,000: what it is worth (a power of 10,000), and its digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lead {
    pub(super) weight: i32,
    pub(super) first: u32,
}

/// Decimal digits of a magnitude; none for zero.
pub(super) fn digit_count(magnitude: i256) -> i32 {
    match magnitude.to_i128() {
        Some(narrow) => narrow.unsigned_abs().checked_ilog10().map_or(0, |log| log as i32 + 1),
        None => magnitude.wrapping_abs().checked_ilog10().map_or(0, |log| log as i32 + 1),
    }
}

impl Number {
    pub(super) fn is_zero(self) -> bool {
        self.value == i256::ZERO
    }

    /// As PostgreSQL's `select_div_scale` sees a number: zero has weight 0 and first group 0.
    pub(super) fn lead(self) -> Lead {
        let digits = digit_count(self.value);
        if digits == 0 {
            return Lead { weight: 0, first: 0 };
        }
        let before_point = digits - self.scale;
        let weight = (before_point - 1).div_euclid(BASE_DIGITS);
        let of_first = before_point - weight * BASE_DIGITS;
        let magnitude = Limbs::of(self.value);
        let first = if digits >= of_first {
            magnitude.cut((digits - of_first) as u32)
        } else {
            magnitude.shifted((of_first - digits) as u32).unwrap_or(Limbs::ZERO)
        };
        let first = first.signed(false).and_then(i256::to_i128).unwrap_or(0) as u32;
        Lead { weight, first }
    }

    /// Digits behind the point that are needed to write the number.
    pub(super) fn needed(self) -> i32 {
        if self.is_zero() {
            return 0;
        }
        let (mut value, mut scale) = (self.value, self.scale);
        let ten = i256::from_i128(10);
        let step = i256::from_i128(100_000_000);
        while scale >= 8 && value.wrapping_rem(step) == i256::ZERO {
            value = value.wrapping_div(step);
            scale -= 8;
        }
        while scale > 0 && value.wrapping_rem(ten) == i256::ZERO {
            value = value.wrapping_div(ten);
            scale -= 1;
        }
        scale.max(0)
    }

    /// The number at a scale, half away from zero.
    pub(super) fn at_scale(self, scale: i32) -> Result<i256, Fault> {
        let magnitude = Limbs::of(self.value);
        let moved = match scale - self.scale {
            0 => return within(self.value),
            up @ 1.. => magnitude.shifted(up as u32),
            down => magnitude.rounded(down.unsigned_abs()),
        };
        let moved = moved.and_then(|moved| moved.signed(self.value.is_negative())).ok_or(Fault::OutOfRange)?;
        within(moved)
    }

    /// The number as an open value: at most as many digits behind the point as those have.
    pub(super) fn open(self) -> Result<Number, Fault> {
        let open = i32::from(OPEN.1);
        Ok(Number { value: self.at_scale(open)?, scale: open, shown: self.shown.clamp(0, open) })
    }
}

/// A number of at most 76 digits.
pub(super) fn within(value: i256) -> Result<i256, Fault> {
    if digit_count(value) <= i32::from(OPEN.0) && value != i256::MIN { Ok(value) } else { Err(Fault::OutOfRange) }
}

/// The display scale of a value that does not carry one.
///
/// A quotient has 16 significant digits, counted in groups of four, or four more: PostgreSQL decides that from the first
/// groups of both operands before it divides. Where the value has digits in those four places they are shown. Where it
/// has none and its own first group is 1, the longer form cannot be told from the shorter one, which is taken: a quotient
/// of 1 may read `1.0000000000000000` instead of `1.00000000000000000000`. Zero reads as `0 / n` does for `n` below 10,000.
pub fn display_scale(value: i256, scale: i8, how: Shown) -> i8 {
    let number = Number { value, scale: i32::from(scale), shown: 0 };
    let digits = match how {
        Shown::Type => return scale,
        Shown::Trimmed => number.needed(),
        Shown::Quotient if number.is_zero() => MIN_SIGNIFICANT + BASE_DIGITS,
        Shown::Quotient => {
            let least = (MIN_SIGNIFICANT - BASE_DIGITS * number.lead().weight).max(0);
            let needed = number.needed();
            if needed > least { needed.max(least + BASE_DIGITS) } else { least }
        }
    };
    digits.clamp(0, i32::from(scale)) as i8
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// `-12.340` with its own scale shown.
    pub(in super::super) fn number(text: &str) -> Number {
        let scale = text.split_once('.').map_or(0, |(_, fraction)| fraction.len() as i32);
        let value = i256::from_string(&text.replace('.', "")).expect("a number");
        Number { value, scale, shown: scale }
    }

    #[test]
    fn leads() {
        let cases = [
            ("0", 0, 0),
            ("0.00", 0, 0),
            ("1", 0, 1),
            ("9999", 0, 9999),
            ("10000", 1, 1),
            ("-123456.78", 1, 12),
            ("0.5", -1, 5000),
            ("0.00012", -1, 1),
            ("0.00001", -2, 1000),
            ("99999999999999999999999999999999999999999999", 10, 9999),
        ];
        for (text, weight, first) in cases {
            assert_eq!(number(text).lead(), Lead { weight, first }, "{text}");
        }
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        for (text, scale, expected) in
            [("2.5", 0, "3"), ("-2.5", 0, "-3"), ("2.449", 1, "2.4"), ("1", 3, "1.000"), ("-0.05", 1, "-0.1")]
        {
            assert_eq!(number(text).at_scale(scale), Ok(number(expected).value), "{text}");
        }
        assert_eq!(number("1").at_scale(76), Err(Fault::OutOfRange));
        assert_eq!(number("1").at_scale(75).map(digit_count), Ok(76));
    }

    #[test]
    fn display_scales_follow_from_values() {
        let open = |text: &str| number(text).open().expect("in range").value;
        for (text, shown) in [
            ("0", 20),
            ("3.5", 16),
            ("0.33333333333333333333", 20),
            ("1.33333333333333333333", 20),
            ("1", 16),
            ("12345.6", 12),
            ("12345678901234567890", 0),
            ("0.00001234", 24),
        ] {
            assert_eq!(i32::from(display_scale(open(text), 38, Shown::Quotient)), shown, "{text}");
        }
        assert_eq!(display_scale(open("1.50"), 38, Shown::Trimmed), 1);
        assert_eq!(display_scale(number("1.50").value, 2, Shown::Type), 2);
    }
}
