use crate::time::nanos;
use core::time::Duration;
use rand_core::Rng;

/// A number in `0..n`, each with the same probability; 0 if `n` is 0.
pub(crate) fn below(rng: &mut dyn Rng, n: usize) -> usize {
    // A `usize` has at most 64 bits, and the result is less than `n`.
    below_u64(rng, n as u64) as usize
}

/// Puts the items into a random order, each with the same probability (Fisher-Yates).
pub(crate) fn shuffle<T>(rng: &mut dyn Rng, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(below(rng, last + 1), last);
    }
}

/// A duration in `d/2 .. d*3/2`: the same on average, but not in step with others.
pub(crate) fn jitter(rng: &mut dyn Rng, d: Duration) -> Duration {
    let d = nanos(d);
    Duration::from_nanos((d / 2).saturating_add(below_u64(rng, d)))
}

/// A duration in `0 .. d`.
pub(crate) fn stagger(rng: &mut dyn Rng, d: Duration) -> Duration {
    Duration::from_nanos(below_u64(rng, nanos(d)))
}

/// Multiplies instead of dividing, and draws again in the few cases that would favour some numbers (Lemire 2019).
fn below_u64(rng: &mut dyn Rng, n: u64) -> u64 {
    if n == 0 {
        return 0;
    }
    loop {
        let product = u128::from(rng.next_u64()) * u128::from(n);
        // The threshold is below `n`, so that it is hardly ever worth its division.
        if product as u64 >= n || product as u64 >= n.wrapping_neg() % n {
            return (product >> 64) as u64;
        }
    }
}

#[cfg(test)]
mod tests;
