//! Decimal numbers in text form, as [`sluice_base::Datum::Numeric`] carries them: compared, rounded and bucketed
//! without ever becoming binary floats.
//!
//! Left out: arithmetic beyond what rules and masks need; numbers of more than 38 digits (the caller is told).

use std::cmp::Ordering;

/// A finite decimal: `unscaled / 10^scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    /// All digits as one integer.
    pub unscaled: i128,
    /// Digits after the point.
    pub scale: u32,
}

/// Most digits that fit.
pub const DIGITS_MAX: usize = 38;

impl Decimal {
    /// Reads `[+-]digits[.digits]`; `None` for anything else and for more than 38 digits.
    pub fn parse(text: &str) -> Option<Decimal> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let all = format!("{whole}{fraction}");
        if !all.bytes().all(|b| b.is_ascii_digit()) || all.trim_start_matches('0').len() > DIGITS_MAX {
            return None;
        }
        if fraction.len() > DIGITS_MAX {
            return None;
        }
        let unscaled: i128 = all.parse().ok()?;
        Some(Decimal { unscaled: if negative { -unscaled } else { unscaled }, scale: fraction.len() as u32 })
    }

    /// The same value with this many digits after the point; `None` where digits would be lost or overflow.
    pub fn at_scale(self, scale: u32) -> Option<i128> {
        if scale >= self.scale {
            self.unscaled.checked_mul(power(scale - self.scale)?)
        } else {
            let unit = power(self.scale - scale)?;
            (self.unscaled % unit == 0).then(|| self.unscaled / unit)
        }
    }

    /// Compares by value, scales apart.
    pub fn compare(self, other: Decimal) -> Ordering {
        let scale = self.scale.max(other.scale);
        match (self.at_scale(scale), other.at_scale(scale)) {
            (Some(a), Some(b)) => a.cmp(&b),
            // One of them does not fit at the common scale: then its whole part alone decides, and is the larger.
            (None, _) => {
                if self.unscaled < 0 {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
            (_, None) => {
                if other.unscaled < 0 {
                    Ordering::Greater
                } else {
                    Ordering::Less
                }
            }
        }
    }

    /// Digits in all, at least one.
    pub fn precision(self) -> u32 {
        let digits = self.unscaled.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1);
        digits.max(self.scale)
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.unscaled < 0 { "-" } else { "" };
        let digits = format!("{:0width$}", self.unscaled.unsigned_abs(), width = self.scale as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.scale as usize);
        if fraction.is_empty() { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction}") }
    }
}

/// 10^n; `None` beyond `i128`.
pub fn power(n: u32) -> Option<i128> {
    10i128.checked_pow(n)
}

/// `value` (at `scale`) rounded to `digits` after the point (negative: tens, hundreds), half away from zero; still at
/// `scale`. `None` on overflow.
pub fn round(value: i128, scale: u32, digits: i32) -> Option<i128> {
    let dropped = i64::from(scale) - i64::from(digits);
    if dropped <= 0 {
        return Some(value);
    }
    let Some(unit) = u32::try_from(dropped).ok().and_then(power) else { return Some(0) };
    let rest = value % unit;
    let base = value - rest;
    if rest.unsigned_abs() >= unit.unsigned_abs().div_ceil(2) {
        base.checked_add(unit * value.signum())
    } else {
        Some(base)
    }
}

/// The largest multiple of `width` that is not above `value`, both at the same scale. `None` on overflow.
pub fn bucket(value: i128, width: i128) -> Option<i128> {
    if width <= 0 {
        return None;
    }
    value.div_euclid(width).checked_mul(width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_read_print_and_compare() {
        for (text, printed) in [("12.50", "12.50"), ("-0.05", "-0.05"), ("+7", "7"), (".5", "0.5"), ("0", "0")] {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), printed);
        }
        for text in ["", ".", "-", "1e5", "NaN", "1.2.3", "１", &"9".repeat(39)] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
        let compare = |a: &str, b: &str| Decimal::parse(a).unwrap().compare(Decimal::parse(b).unwrap());
        assert_eq!(compare("1.0", "1.000"), Ordering::Equal);
        assert_eq!(compare("-2", "-1.5"), Ordering::Less);
        assert_eq!(compare(&"9".repeat(38), "0.5"), Ordering::Greater);
        assert_eq!(compare("0.5", &format!("-{}", "9".repeat(38))), Ordering::Greater);
    }

    #[test]
    fn rounding_goes_half_away_from_zero() {
        for (value, scale, digits, expected) in [
            (12345, 2, 0, 12300),
            (12350, 2, 0, 12400),
            (-12350, 2, 0, -12400),
            (12345, 2, -2, 10000),
            (5, 0, -1, 10),
            (4, 0, -1, 0),
            (7, 0, -60, 0),
            (7, 0, 3, 7),
        ] {
            assert_eq!(round(value, scale, digits), Some(expected), "{value} {scale} {digits}");
        }
        assert_eq!(bucket(-5, 10), Some(-10));
        assert_eq!(bucket(215_099, 10_000), Some(210_000));
    }
}
