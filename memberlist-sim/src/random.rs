//! Seeded randomness: one generator for each purpose, so that a draw more in one does not change the others.

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// The generator for a purpose, derived from the seed of a run.
#[must_use]
pub fn generator(seed: u64, purpose: &str, number: u64) -> Pcg64Mcg {
    Pcg64Mcg::seed_from_u64(derive(seed, purpose, number))
}

/// A seed for a purpose, derived from the seed of a run: equal inputs give equal seeds, different ones (nearly always) different ones.
#[must_use]
pub fn derive(seed: u64, purpose: &str, number: u64) -> u64 {
    let purpose = purpose.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mix(mix(mix(seed) ^ purpose) ^ number)
}

/// SplitMix64's finaliser (Steele, Lea, Flood 2014).
pub(crate) const fn mix(seed: u64) -> u64 {
    let x = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A number in `0.0 .. 1.0`, evenly distributed over 2^53 values.
pub(crate) fn unit(rng: &mut impl Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// Whether something of this probability happens. Draws nothing if the answer is certain.
pub(crate) fn chance(rng: &mut impl Rng, probability: f64) -> bool {
    probability > 0.0 && (probability >= 1.0 || unit(rng) < probability)
}

/// A number in `0 .. n`; 0 if `n` is 0.
pub(crate) fn below(rng: &mut impl Rng, n: u64) -> u64 {
    // The bias is below n / 2^64.
    ((u128::from(rng.next_u64()) * u128::from(n)) >> 64) as u64
}

/// A draw from the exponential distribution of mean 1.
pub(crate) fn standard_exponential(rng: &mut impl Rng) -> f64 {
    // 1 - unit is never 0.
    -libm::log(1.0 - unit(rng))
}

/// A draw from the normal distribution of mean 0 and deviation 1 (Box and Muller 1958; of the pair only one is used, so that each draw
/// takes two numbers from the generator and keeps no state).
pub(crate) fn standard_normal(rng: &mut impl Rng) -> f64 {
    let radius = libm::sqrt(2.0 * standard_exponential(rng));
    radius * libm::cos(core::f64::consts::TAU * unit(rng))
}
