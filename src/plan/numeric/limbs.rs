//! Whole numbers of 512 bits, for what lies between two operands of 256: products, shifted numerators, squares.
//!
//! Invariant: every operation is exact or `None`.

use arrow::datatypes::i256;

/// A number without a sign, the lowest limb first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limbs([u64; 8]);

/// Ten to the nineteenth: the highest power of ten in a limb.
const STEP_DIGITS: u32 = 19;

impl Limbs {
    pub(super) const ZERO: Limbs = Limbs([0; 8]);

    /// The magnitude of a signed number.
    pub(super) fn of(value: i256) -> Limbs {
        let (low, high) = value.wrapping_abs().to_parts();
        let high = high as u128;
        Limbs([low as u64, (low >> 64) as u64, high as u64, (high >> 64) as u64, 0, 0, 0, 0])
    }

    /// Back to a signed number; `None` where it is too large.
    pub(super) fn signed(self, negative: bool) -> Option<i256> {
        if self.0[4..].iter().any(|limb| *limb > 0) || self.0[3] >> 63 > 0 {
            return None;
        }
        let low = u128::from(self.0[0]) | u128::from(self.0[1]) << 64;
        let high = u128::from(self.0[2]) | u128::from(self.0[3]) << 64;
        let value = i256::from_parts(low, high as i128);
        Some(if negative { value.wrapping_neg() } else { value })
    }

    pub(super) fn times(self, other: Limbs) -> Option<Limbs> {
        let mut out = [0u64; 8];
        for (at, left) in self.0.iter().enumerate().filter(|(_, limb)| **limb > 0) {
            let mut carry = 0u128;
            for (offset, right) in other.0.iter().enumerate() {
                let Some(slot) = out.get_mut(at + offset) else {
                    if carry > 0 || *right > 0 {
                        return None;
                    }
                    continue;
                };
                let sum = u128::from(*left) * u128::from(*right) + u128::from(*slot) + carry;
                *slot = sum as u64;
                carry = sum >> 64;
            }
            if carry > 0 {
                return None;
            }
        }
        Some(Limbs(out))
    }

    fn times_small(self, factor: u64) -> Option<Limbs> {
        let mut out = self.0;
        let mut carry = 0u128;
        for limb in &mut out {
            let product = u128::from(*limb) * u128::from(factor) + carry;
            *limb = product as u64;
            carry = product >> 64;
        }
        (carry == 0).then_some(Limbs(out))
    }

    /// Quotient and remainder by one limb, which must not be zero.
    fn by_small(self, divisor: u64) -> (Limbs, u64) {
        let mut out = self.0;
        let mut rest = 0u128;
        for limb in out.iter_mut().rev() {
            let part = rest << 64 | u128::from(*limb);
            *limb = (part / u128::from(divisor)) as u64;
            rest = part % u128::from(divisor);
        }
        (Limbs(out), rest as u64)
    }

    /// `self * 10^power`
    pub(super) fn shifted(self, mut power: u32) -> Option<Limbs> {
        let mut out = self;
        while power > 0 {
            let step = power.min(STEP_DIGITS);
            out = out.times_small(10u64.pow(step))?;
            power -= step;
        }
        Some(out)
    }

    /// `self / 10^power`, cut off.
    pub(super) fn cut(self, mut power: u32) -> Limbs {
        let mut out = self;
        while power > 0 && out != Limbs::ZERO {
            let step = power.min(STEP_DIGITS);
            out = out.by_small(10u64.pow(step)).0;
            power -= step;
        }
        out
    }

    /// `self / 10^power`, half away from zero.
    pub(super) fn rounded(self, power: u32) -> Option<Limbs> {
        let Some(before) = power.checked_sub(1) else { return Some(self) };
        let (out, digit) = self.cut(before).by_small(10);
        if digit >= 5 { out.plus_one() } else { Some(out) }
    }

    pub(super) fn plus_one(self) -> Option<Limbs> {
        let mut out = self.0;
        for limb in &mut out {
            let (sum, over) = limb.overflowing_add(1);
            *limb = sum;
            if !over {
                return Some(Limbs(out));
            }
        }
        None
    }

    /// `self - other`; `None` where that is below zero.
    pub(super) fn minus(self, other: Limbs) -> Option<Limbs> {
        let mut out = self.0;
        let mut borrow = false;
        for (limb, taken) in out.iter_mut().zip(other.0) {
            let (first, under) = limb.overflowing_sub(taken);
            let (second, again) = first.overflowing_sub(u64::from(borrow));
            *limb = second;
            borrow = under || again;
        }
        (!borrow).then_some(Limbs(out))
    }

    fn bits(self) -> u32 {
        let top = self.0.iter().rposition(|limb| *limb > 0);
        top.map_or(0, |at| (at as u32 + 1) * 64 - self.0[at].leading_zeros())
    }

    fn bit(self, n: u32) -> u64 {
        self.0[(n / 64) as usize] >> (n % 64) & 1
    }

    fn doubled(self, low: u64) -> Limbs {
        let mut out = self.0;
        let mut carry = low;
        for limb in &mut out {
            let next = *limb >> 63;
            *limb = *limb << 1 | carry;
            carry = next;
        }
        Limbs(out)
    }

    /// Quotient and remainder, bit by bit. The divisor must not be zero and must stay below 2^511.
    pub(super) fn by(self, divisor: Limbs) -> (Limbs, Limbs) {
        let (mut quotient, mut rest) = (Limbs::ZERO, Limbs::ZERO);
        for n in (0..self.bits()).rev() {
            rest = rest.doubled(self.bit(n));
            quotient = match rest.minus(divisor) {
                Some(less) => {
                    rest = less;
                    quotient.doubled(1)
                }
                None => quotient.doubled(0),
            };
        }
        (quotient, rest)
    }

    /// The whole part of the square root, and what is left.
    pub(super) fn root(self) -> (Limbs, Limbs) {
        // Two bits a step, as by hand: (2r + 1) * 2 ... is taken off where it fits.
        let (mut root, mut rest) = (Limbs::ZERO, Limbs::ZERO);
        for n in (0..self.bits().div_ceil(2)).rev() {
            rest = rest.doubled(self.bit(2 * n + 1)).doubled(self.bit(2 * n));
            // 4r + 1
            let trial = root.doubled(0).doubled(1);
            root = match rest.minus(trial) {
                Some(less) => {
                    rest = less;
                    root.doubled(1)
                }
                None => root.doubled(0),
            };
        }
        (root, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Limbs {
        Limbs::of(i256::from_string(text).expect("a number"))
    }

    #[test]
    fn shifts_and_rounding() {
        let n = number("12345678901234567890123456789012345678901234567890");
        assert_eq!(n.shifted(60).map(|n| n.cut(60)), Some(n));
        assert_eq!(n.shifted(200), None);
        for (value, power, expected) in
            [("14", 1, "1"), ("15", 1, "2"), ("149", 2, "1"), ("150", 2, "2"), ("7", 0, "7")]
        {
            assert_eq!(number(value).rounded(power), Some(number(expected)), "{value} {power}");
        }
        assert_eq!(n.rounded(400), Some(Limbs::ZERO));
    }

    #[test]
    fn products_and_quotients_undo_each_other() {
        let (a, b) = (
            number("99999999999999999999999999999999999999999999999999"),
            number("170141183460469231731687303715884105727"),
        );
        let product = a.times(b).expect("fits");
        assert_eq!(product.by(b), (a, Limbs::ZERO));
        assert_eq!(product.plus_one().map(|n| n.by(a)), Some((b, number("1"))));
        assert_eq!(product.times(product), None);
    }

    #[test]
    fn roots() {
        for (value, root, rest) in
            [("0", "0", "0"), ("1", "1", "0"), ("2", "1", "1"), ("99", "9", "18"), ("144", "12", "0")]
        {
            assert_eq!(number(value).root(), (number(root), number(rest)), "{value}");
        }
        let n = number("123456789012345678901234567890123456");
        assert_eq!(n.times(n).map(Limbs::root), Some((n, Limbs::ZERO)));
    }
}
