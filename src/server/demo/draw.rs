//! Repeatable chance: named streams of ChaCha8, one per table and part.
//!
//! Invariant: a stream depends on the seed and its name alone, so that any part of the bank can be made on any thread,
//! in any order, and comes out the same. The mapping from bits to choices is written here, because the one in `rand`
//! may change with its version and the bank's golden values must not.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// One stream of draws.
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream with this name under this seed; `part` tells the parts of one table apart.
    pub fn new(seed: u64, name: &str, part: u64) -> Draw {
        let key = blake3::hash(format!("sluice demo bank/{seed}/{name}/{part}").as_bytes());
        Draw(ChaCha8Rng::from_seed(*key.as_bytes()))
    }

    /// A number in `0..n`; 0 where `n` is 0. The bias is below 2^-40 for the sizes used here.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// A number in `low..=high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(high.abs_diff(low) + 1) as i64
    }

    /// True in `per_mille` cases of 1,000.
    pub fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of the choices, all alike.
    ///
    /// # Panics
    /// On an empty slice: the choices are tables of this module, never input.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        *self.pick_ref(choices)
    }

    /// As [`Draw::pick`], for what is not copied.
    ///
    /// # Panics
    /// On an empty slice, as [`Draw::pick`].
    pub fn pick_ref<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len() as u64) as usize]
    }

    /// One of the choices, each with its weight.
    ///
    /// # Panics
    /// On an empty slice, as [`Draw::pick`].
    pub fn weighted<T: Copy>(&mut self, choices: &[(T, u32)]) -> T {
        let total: u64 = choices.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let mut left = self.below(total);
        for (choice, weight) in choices {
            if left < u64::from(*weight) {
                return *choice;
            }
            left -= u64::from(*weight);
        }
        choices[choices.len() - 1].0
    }
}

/// Repeatable noise for one cell of a big table, with no stream to keep: the finalizer of SplitMix64 over the three
/// numbers. Uniform over all of `u64`.
pub fn noise(seed: u64, row: u64, column: u64) -> u64 {
    let mut z = seed ^ row.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ column.wrapping_mul(0xd1b5_4a32_d192_ed03);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_told_by_seed_name_and_part() {
        let first = |seed, name, part| Draw::new(seed, name, part).below(u64::MAX);
        assert_eq!(first(1, "a", 0), first(1, "a", 0));
        assert_ne!(first(1, "a", 0), first(2, "a", 0));
        assert_ne!(first(1, "a", 0), first(1, "b", 0));
        assert_ne!(first(1, "a", 0), first(1, "a", 1));
    }

    #[test]
    fn draws_stay_inside_their_bounds() {
        let mut draw = Draw::new(7, "bounds", 0);
        for _ in 0..2000 {
            assert!(draw.below(3) < 3);
            assert!((-5..=5).contains(&draw.between(-5, 5)));
            assert_ne!(draw.weighted(&[("never", 0), ("always", 1)]), "never");
        }
        assert_eq!(draw.below(0), 0);
    }
}
