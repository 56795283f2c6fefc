//! Division, as `numeric_div` does it (`select_div_scale` and `div_var` of PostgreSQL's `numeric.c`).

use arrow::datatypes::i256;

use super::OPEN;
use super::limbs::Limbs;
use super::value::{BASE_DIGITS, Fault, MIN_SIGNIFICANT, Number, within};

/// Digits behind the point of a quotient: at least 16 significant ones by a first guess of its weight, and no fewer than
/// either operand shows.
pub(super) fn quotient_scale(left: Number, right: Number) -> i32 {
    let (l, r) = (left.lead(), right.lead());
    let mut weight = l.weight - r.weight;
    if l.first <= r.first {
        weight -= 1;
    }
    (MIN_SIGNIFICANT - weight * BASE_DIGITS).max(left.shown).max(right.shown).max(0)
}

/// `left / right`, rounded half away from zero at PostgreSQL's scale or at that of open values.
pub(super) fn divide(left: Number, right: Number) -> Result<Number, Fault> {
    if right.is_zero() {
        return Err(Fault::DivisionByZero);
    }
    let scale = quotient_scale(left, right).min(i32::from(OPEN.1));
    let value = match narrow(left, right, scale) {
        Some(value) => value,
        None => wide(left, right, scale)?,
    };
    Number { value, scale, shown: scale }.open()
}

/// The quotient where everything fits 128 bits, as nearly always.
fn narrow(left: Number, right: Number, scale: i32) -> Option<i256> {
    let power = u32::try_from(scale + right.scale - left.scale).ok()?;
    let numerator = left.value.to_i128()?.checked_mul(10i128.checked_pow(power)?)?;
    let divisor = right.value.to_i128()?;
    let (quotient, rest) = (numerator.checked_div(divisor)?, numerator.checked_rem(divisor)?);
    let up = rest.unsigned_abs() >= divisor.unsigned_abs() - rest.unsigned_abs();
    let away = if (numerator < 0) == (divisor < 0) { 1 } else { -1 };
    Some(i256::from_i128(if up { quotient.checked_add(away)? } else { quotient }))
}

fn wide(left: Number, right: Number, scale: i32) -> Result<i256, Fault> {
    let power = scale + right.scale - left.scale;
    let numerator = Limbs::of(left.value).shifted(power.max(0) as u32).ok_or(Fault::OutOfRange)?;
    let divisor = Limbs::of(right.value).shifted(power.min(0).unsigned_abs()).ok_or(Fault::OutOfRange)?;
    let (mut quotient, rest) = numerator.by(divisor);
    // rest >= divisor - rest
    let other = divisor.minus(rest).ok_or(Fault::OutOfRange)?;
    if rest.minus(other).is_some() {
        quotient = quotient.plus_one().ok_or(Fault::OutOfRange)?;
    }
    let negative = left.value.is_negative() != right.value.is_negative();
    within(quotient.signed(negative).ok_or(Fault::OutOfRange)?)
}

#[cfg(test)]
mod tests {
    use super::super::value::tests::number;
    use super::*;

    /// Quotients that PostgreSQL 15 gave.
    #[test]
    fn quotients() {
        let cases = [
            ("1", "3", "0.33333333333333333333"),
            ("2", "3", "0.66666666666666666667"),
            ("-2", "3", "-0.66666666666666666667"),
            ("7.0", "2", "3.5000000000000000"),
            ("1", "1", "1.00000000000000000000"),
            ("0.00", "7", "0.00000000000000000000"),
            ("10", "4", "2.5000000000000000"),
            ("15000", "10000", "1.50000000000000000000"),
            ("100000.00", "7", "14285.714285714286"),
            ("1", "123456789.12", "0.0000000081000000658368005351"),
            ("123456789012345678", "0.01", "12345678901234567800.00"),
            ("1.1234567890123456789012", "1", "1.1234567890123456789012"),
        ];
        for (left, right, expected) in cases {
            let got = divide(number(left), number(right)).expect("a quotient");
            let expected = number(expected);
            assert_eq!(
                (got.value, got.shown),
                (expected.open().expect("fits").value, expected.shown),
                "{left} / {right}"
            );
        }
    }

    #[test]
    fn both_ways_agree_and_nothing_wraps() {
        for (left, right) in [("1", "3"), ("-7.25", "0.003"), ("12345678.90", "17"), ("5", "-8"), ("0", "5")] {
            let (left, right) = (number(left), number(right));
            assert_eq!(narrow(left, right, 20), wide(left, right, 20).ok());
        }
        let huge = number(&"9".repeat(76));
        assert_eq!(divide(huge, number("0.1")), Err(Fault::OutOfRange));
        assert_eq!(divide(huge, huge).map(|q| q.shown), Ok(20));
        assert_eq!(divide(number("1"), huge).map(|q| q.value), Ok(i256::ZERO));
        assert_eq!(divide(number("0"), number("0.00")), Err(Fault::DivisionByZero));
    }
}
