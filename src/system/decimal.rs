//! `numeric` as far as catalog queries need it: an integer of at most 38 digits and a scale.
//!
//! Left out: NaN, infinities and longer numbers; they are refused as unsupported, never rounded silently.

use std::cmp::Ordering;
use std::fmt;

use crate::error::{Result, SystemError};

/// `mantissa / 10^scale`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decimal {
    mantissa: i128,
    scale: u32,
}

const SCALE_MAX: u32 = 38;

fn too_long() -> SystemError {
    SystemError::Unsupported("a number of more than 38 digits".into())
}

fn power_of_ten(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

impl Decimal {
    pub(crate) fn from_int(value: i64) -> Decimal {
        Decimal { mantissa: value.into(), scale: 0 }
    }

    /// Reads digits with an optional point and exponent; `None` where the text is no plain number.
    pub(crate) fn parse(text: &str) -> Option<Result<Decimal>> {
        let text = text.trim();
        let (body, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, digits) = match body.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, body.strip_prefix('+').unwrap_or(body)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        if !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        Some(Decimal::assemble(negative, whole, fraction, exponent))
    }

    fn assemble(negative: bool, whole: &str, fraction: &str, exponent: i32) -> Result<Decimal> {
        let mut mantissa: i128 = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            mantissa =
                mantissa.checked_mul(10).and_then(|m| m.checked_add(i128::from(digit - b'0'))).ok_or_else(too_long)?;
        }
        let mut scale = i64::try_from(fraction.len()).map_err(|_| too_long())? - i64::from(exponent);
        if scale < 0 {
            let shift = u32::try_from(-scale).ok().filter(|s| *s <= SCALE_MAX).ok_or_else(too_long)?;
            mantissa = power_of_ten(shift).and_then(|p| mantissa.checked_mul(p)).ok_or_else(too_long)?;
            scale = 0;
        }
        let scale = u32::try_from(scale).ok().filter(|s| *s <= SCALE_MAX).ok_or_else(too_long)?;
        Ok(Decimal { mantissa: if negative { -mantissa } else { mantissa }, scale })
    }

    pub(crate) fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// The whole number nearest to this one, halves away from zero.
    pub(crate) fn round_to_int(self) -> Result<i64> {
        let rounded = self.round(0)?;
        i64::try_from(rounded.mantissa).map_err(|_| SystemError::OutOfRange("bigint".into()))
    }

    pub(crate) fn negate(self) -> Decimal {
        Decimal { mantissa: -self.mantissa, scale: self.scale }
    }

    fn with_scale(self, scale: u32) -> Option<i128> {
        self.mantissa.checked_mul(power_of_ten(scale - self.scale)?)
    }

    fn aligned(self, other: Decimal) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        Some((self.with_scale(scale)?, other.with_scale(scale)?, scale))
    }

    pub(crate) fn add(self, other: Decimal) -> Result<Decimal> {
        let (left, right, scale) = self.aligned(other).ok_or_else(too_long)?;
        Ok(Decimal { mantissa: left.checked_add(right).ok_or_else(too_long)?, scale })
    }

    pub(crate) fn subtract(self, other: Decimal) -> Result<Decimal> {
        self.add(other.negate())
    }

    pub(crate) fn multiply(self, other: Decimal) -> Result<Decimal> {
        let scale = self.scale + other.scale;
        if scale > SCALE_MAX {
            return Err(too_long());
        }
        Ok(Decimal { mantissa: self.mantissa.checked_mul(other.mantissa).ok_or_else(too_long)?, scale })
    }

    /// Division with PostgreSQL's choice of scale: at least 16 significant digits.
    pub(crate) fn divide(self, other: Decimal) -> Result<Decimal> {
        if other.mantissa == 0 {
            return Err(SystemError::DivisionByZero);
        }
        let scale = division_scale(self, other).max(self.scale).max(other.scale);
        let shift = scale + other.scale - self.scale;
        let numerator = power_of_ten(shift + 1).and_then(|p| self.mantissa.checked_mul(p)).ok_or_else(too_long)?;
        let quotient = numerator / other.mantissa;
        Ok(Decimal { mantissa: round_last_digit(quotient), scale })
    }

    pub(crate) fn remainder(self, other: Decimal) -> Result<Decimal> {
        if other.mantissa == 0 {
            return Err(SystemError::DivisionByZero);
        }
        let (left, right, scale) = self.aligned(other).ok_or_else(too_long)?;
        Ok(Decimal { mantissa: left % right, scale })
    }

    /// Rounds to a number of decimal digits, halves away from zero; also widens the scale.
    pub(crate) fn round(self, scale: u32) -> Result<Decimal> {
        if scale >= self.scale {
            let mantissa = self.with_scale(scale.min(SCALE_MAX)).ok_or_else(too_long)?;
            return Ok(Decimal { mantissa, scale: scale.min(SCALE_MAX) });
        }
        let cut = power_of_ten(self.scale - scale - 1).ok_or_else(too_long)?;
        Ok(Decimal { mantissa: round_last_digit(self.mantissa / cut), scale })
    }

    /// True where the number fits `numeric(precision, scale)` after rounding to `scale`.
    pub(crate) fn fits(self, precision: u8) -> bool {
        power_of_ten(precision.into()).is_none_or(|bound| self.mantissa.abs() < bound)
    }

    /// Digits and scale without zeros at the end: the same for equal numbers.
    pub(crate) fn shortest(self) -> (i128, u32) {
        let Decimal { mut mantissa, mut scale } = self;
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        (mantissa, scale)
    }

    /// The integer this number equals, where it equals one: one hash key for `1`, `1.0` and `1::int8`.
    pub(crate) fn as_integer(self) -> Option<i64> {
        let unit = power_of_ten(self.scale)?;
        if self.mantissa % unit == 0 { i64::try_from(self.mantissa / unit).ok() } else { None }
    }
}

fn round_last_digit(value: i128) -> i128 {
    let (quotient, rest) = (value / 10, value % 10);
    if rest.abs() >= 5 { quotient + value.signum() } else { quotient }
}

/// PostgreSQL's `select_div_scale`, in groups of four digits as its storage has them.
fn division_scale(left: Decimal, right: Decimal) -> u32 {
    let (left_weight, left_first) = leading_group(left);
    let (right_weight, right_first) = leading_group(right);
    let mut weight = left_weight - right_weight;
    if left_first <= right_first {
        weight -= 1;
    }
    u32::try_from(16 - weight * 4).unwrap_or(0)
}

fn leading_group(value: Decimal) -> (i64, u32) {
    if value.mantissa == 0 {
        return (0, 0);
    }
    let text = value.mantissa.unsigned_abs().to_string();
    // Position of the first digit relative to the point, then the group of four that holds it.
    let first = text.len() as i64 - i64::from(value.scale) - 1;
    let weight = first.div_euclid(4);
    let digits_in_group = (first.rem_euclid(4) + 1) as usize;
    let padded = format!("{text:0<width$}", width = digits_in_group.max(text.len()));
    (weight, padded[..digits_in_group].parse().unwrap_or(0))
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.mantissa.unsigned_abs().to_string();
        let scale = self.scale as usize;
        let sign = if self.mantissa < 0 { "-" } else { "" };
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Decimal) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        match self.aligned(*other) {
            Some((left, right, _)) => left.cmp(&right),
            None => self.to_f64().total_cmp(&other.to_f64()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).expect("a number").expect("short enough")
    }

    #[test]
    fn division_keeps_the_scale_postgresql_keeps() {
        for (left, right, expected) in [
            ("1", "3", "0.33333333333333333333"),
            ("10", "4", "2.5000000000000000"),
            ("1.5", "2", "0.75000000000000000000"),
            ("100000", "3", "33333.333333333333"),
        ] {
            assert_eq!(number(left).divide(number(right)).expect("divides").to_string(), expected, "{left} / {right}");
        }
    }

    #[test]
    fn texts_round_trip() {
        for text in ["0", "-1", "1.50", "-0.05", "12345678901234567890.12"] {
            assert_eq!(number(text).to_string(), text);
        }
        assert_eq!(number("1.5e3").to_string(), "1500");
        assert!(Decimal::parse("1.2.3").is_none());
        assert_eq!(number("2.5").round(0).expect("rounds").to_string(), "3");
        assert_eq!(number("1.0"), number("1"));
    }
}
