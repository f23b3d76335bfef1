//! Which broadcasts were heard, so that each is told to the application once, and passed on once.

use alloc::collections::VecDeque;
use hashbrown::HashSet;

/// How many are remembered. Gossip hands a broadcast out for seconds; at a thousand new ones a second this is sixteen.
const REMEMBERED: usize = 16_384;

/// The last broadcasts heard, as 64-bit digests; the oldest give way.
pub(super) struct Heard {
    known: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Heard {
    pub(super) fn new() -> Self {
        Self { known: HashSet::new(), order: VecDeque::new() }
    }

    /// Whether it is news. `name` stands for the broadcast: its origin and number, encoded.
    pub(super) fn is_news(&mut self, name: &[u8]) -> bool {
        let digest = digest(name);
        if !self.known.insert(digest) {
            return false;
        }
        self.order.push_back(digest);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

/// FNV-1a, 64 bits.
fn digest(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_news_once_and_memory_is_bounded() {
        let mut heard = Heard::new();
        for n in 0..100_000u32 {
            assert!(heard.is_news(&n.to_be_bytes()));
            assert!(!heard.is_news(&n.to_be_bytes()));
        }
        assert_eq!((heard.known.len(), heard.order.len()), (REMEMBERED, REMEMBERED));
        assert!(heard.is_news(&0u32.to_be_bytes()), "the oldest are forgotten");
    }
}
