//! The square root, as `numeric_sqrt` has it.

use super::OPEN;
use super::limbs::Limbs;
use super::value::{BASE_DIGITS, Fault, MIN_SIGNIFICANT, Number};

/// Rounded half away from zero, with at least 16 significant digits and no fewer than the argument shows.
pub(super) fn square_root(number: Number) -> Result<Number, Fault> {
    if number.value.is_negative() {
        return Err(Fault::NegativeRoot);
    }
    let weight = (number.lead().weight + 1) * BASE_DIGITS / 2 - 1;
    root_at(number, (MIN_SIGNIFICANT - weight).max(number.shown).clamp(0, i32::from(OPEN.1)))
}

/// The root of a number that is not negative, to so many digits behind the point.
pub(super) fn root_at(number: Number, shown: i32) -> Result<Number, Fault> {
    // sqrt(v / 10^s) at scale k is sqrt(v * 10^(2k - s)) / 10^k.
    let power = 2 * shown - number.scale;
    let magnitude = Limbs::of(number.value);
    let square = match power {
        0.. => magnitude.shifted(power as u32).ok_or(Fault::OutOfRange)?,
        // What is cut off cannot lift the root over a half, as that is no square of this scale.
        down => magnitude.cut(down.unsigned_abs()),
    };
    let (root, rest) = square.root();
    // Over the half: rest > root, as (root + 1/2)^2 = root^2 + root + 1/4.
    let over = root.minus(rest).is_none();
    let root = if over { root.plus_one().ok_or(Fault::OutOfRange)? } else { root };
    let value = root.signed(false).ok_or(Fault::OutOfRange)?;
    Number { value, scale: shown, shown }.open()
}

#[cfg(test)]
mod tests {
    use super::super::value::tests::number;
    use super::*;

    /// Roots that PostgreSQL 15 gave.
    #[test]
    fn roots() {
        for (text, expected) in [
            ("2", "1.414213562373095"),
            ("0", "0.000000000000000"),
            ("4.00", "2.000000000000000"),
            ("0.0002", "0.01414213562373095"),
            ("20000.00", "141.4213562373095"),
            ("0.0000000000000002", "0.00000001414213562373095"),
        ] {
            let root = square_root(number(text)).expect("a root");
            let expected = number(expected);
            assert_eq!((root.value, root.shown), (expected.open().expect("fits").value, expected.shown), "{text}");
        }
        assert_eq!(square_root(number("-1")), Err(Fault::NegativeRoot));
    }
}
