//! What was heard already, of user events and of queries: a window of Lamport times.

use super::clock::Lamport;
use std::hash::{BuildHasher, Hash, RandomState};

/// Times in the window. What is older than that counts as heard, as it does for serf's agents.
const WINDOW: u64 = 512;
/// Things said at one time that are told apart at most; further ones count as heard.
const MAX_AT_ONCE: usize = 64;

#[derive(Debug)]
pub(super) struct Seen {
    clock: Lamport,
    /// By the time modulo [`WINDOW`]; filled as needed.
    slots: Vec<Slot>,
    /// Of what was said only the hash is kept, with keys of our own.
    hasher: RandomState,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    time: u64,
    hashes: Vec<u64>,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self {
            clock: Lamport::new(),
            slots: vec![Slot::default(); WINDOW as usize],
            hasher: RandomState::new(),
        }
    }

    /// The time for something new to say.
    pub(super) const fn time(&self) -> u64 {
        self.clock.time()
    }

    /// Others are at this time.
    pub(super) const fn witness(&mut self, time: u64) {
        self.clock.witness(time);
    }

    /// Whether this, said at this time, was never heard before. From now on it was.
    pub(super) fn is_news(&mut self, time: u64, what: impl Hash) -> bool {
        self.clock.witness(time);
        if time.saturating_add(WINDOW) < self.clock.time() {
            return false;
        }
        let Some(slot) = self.slots.get_mut((time % WINDOW) as usize) else { return false };
        if slot.time != time {
            if time < slot.time {
                return false;
            }
            *slot = Slot { time, hashes: Vec::new() };
        }
        let hash = self.hasher.hash_one(what);
        if slot.hashes.contains(&hash) || slot.hashes.len() >= MAX_AT_ONCE {
            return false;
        }
        slot.hashes.push(hash);
        true
    }
}

#[cfg(test)]
mod tests;
