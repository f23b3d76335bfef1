use rand_core::Rng;

/// One round of probing in an order that nobody stores: a keyed permutation gives each place exactly once.
#[derive(Debug, Default)]
pub(super) struct Pass {
    key: u64,
    /// Places from here on do not come.
    span: u64,
    bits: u32,
    next: u64,
    /// What that comes to: known ahead of its turn, so that it can be prefetched.
    ahead: u64,
}

impl Pass {
    /// A round over the places below `span`, in an order that is drawn.
    pub(super) fn new(span: usize, rng: &mut dyn Rng) -> Self {
        let span = span as u64;
        let bits = span.max(1).next_power_of_two().trailing_zeros();
        let key = rng.next_u64();
        Self { key, span, bits, next: 0, ahead: permute(0, bits, key) }
    }

    /// Who is probably next.
    pub(super) fn peek(&self) -> Option<u32> {
        (self.ahead < self.span).then_some(self.ahead as u32)
    }
}

impl Iterator for Pass {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        while self.next < 1 << self.bits && self.span > 0 {
            let place = self.ahead;
            self.next += 1;
            self.ahead = permute(self.next, self.bits, self.key);
            if place < self.span {
                return Some(place as u32);
            }
        }
        None
    }
}

/// A permutation of the numbers of so many bits. Each step can be undone (an odd factor, a sum, upper bits added to lower
/// ones), so no two numbers become one.
fn permute(mut n: u64, bits: u32, key: u64) -> u64 {
    let mask = (1_u64 << bits) - 1;
    let mut state = key;
    for _ in 0..6 {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let drawn = mix(state);
        n = n.wrapping_mul(drawn | 1).wrapping_add(drawn >> 32) & mask;
        n ^= n >> (1 + (drawn >> 48) % u64::from(bits).saturating_sub(1).max(1));
    }
    n
}

/// SplitMix64's.
fn mix(n: u64) -> u64 {
    let n = (n ^ n >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ n >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ n >> 31
}

#[cfg(test)]
mod tests;
