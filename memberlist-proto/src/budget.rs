use crate::{Instant, Prefetch, time::nanos};
use alloc::vec::Vec;
use core::{hash::Hash, time::Duration};
use hashbrown::HashMap;

/// What a source may send at once after a silence, as time of its rate.
const BURST: Duration = Duration::from_secs(1);
const NANOS_PER_SECOND: u64 = 1_000_000_000;
/// Up to so many peers need no index: they are found as soon without.
const FEW: usize = 8;
/// The end of the list.
const NIL: u32 = u32::MAX;

/// What each source address may make us do: bytes and messages per second, one second's worth at once.
///
/// The table holds little more than those who spoke within the last second: whoever was silent for longer has a full budget again, like a
/// newcomer, who takes that place. And it is bounded. A source beyond it takes the place of the one that was silent for longest, so a flood
/// from invented addresses costs neither memory nor a search; the price is that a source that comes back after it begins with a full
/// budget.
#[derive(Debug)]
pub(crate) struct PeerBudget<A> {
    bytes_per_second: u64,
    messages_per_second: u32,
    max_peers: usize,
    /// Where each is, or nothing, as long as there are few.
    index: HashMap<A, u32>,
    peers: Vec<Peer<A>>,
    /// The latest and the longest silent.
    ends: Link,
}

#[derive(Debug)]
struct Peer<A> {
    address: A,
    bytes: Bucket,
    messages: Bucket,
    link: Link,
}

/// A token bucket, kept as the time at which it will be full again.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    full_at: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    newer: u32,
    older: u32,
}

impl<A: Eq + Hash + Clone> PeerBudget<A> {
    /// A rate of zero is no limit. At least one peer is remembered.
    pub(crate) fn new(bytes_per_second: u64, messages_per_second: u32, max_peers: usize) -> Self {
        Self {
            bytes_per_second,
            messages_per_second,
            max_peers: max_peers.clamp(1, NIL as usize),
            index: HashMap::new(),
            peers: Vec::new(),
            ends: Link { newer: NIL, older: NIL },
        }
    }

    /// Changes the rates; what was used stays used.
    pub(crate) fn set_rates(&mut self, bytes_per_second: u64, messages_per_second: u32) {
        self.bytes_per_second = bytes_per_second;
        self.messages_per_second = messages_per_second;
    }

    /// Whether `from` may send this many bytes now; if so they are charged.
    pub(crate) fn admit_bytes(&mut self, now: Instant, from: &A, bytes: usize) -> bool {
        let rate = self.bytes_per_second;
        rate == 0 || self.peer(now, from).is_none_or(|peer| peer.bytes.take(now, bytes as u64, rate))
    }

    /// Whether `from` may send one more message now; if so it is charged.
    pub(crate) fn admit_message(&mut self, now: Instant, from: &A) -> bool {
        let rate = u64::from(self.messages_per_second);
        rate == 0 || self.peer(now, from).is_none_or(|peer| peer.messages.take(now, 1, rate))
    }

    /// Prefetches its list, if it is short; see [`Endpoint::prefetch_lists`](crate::Endpoint::prefetch_lists).
    pub(crate) fn prefetch_lists(&self, by: &impl Prefetch) {
        by.memory(self.peers.as_ptr() as usize, self.peers.len().min(FEW) * size_of::<Peer<A>>());
    }

    /// The record of `address`, now the latest; always there.
    fn peer(&mut self, now: Instant, address: &A) -> Option<&mut Peer<A>> {
        // A packet and its messages come from the same one.
        if self.peers.get(self.ends.newer as usize).is_some_and(|latest| latest.address == *address) {
            return self.peers.get_mut(self.ends.newer as usize);
        }
        let index = match self.find(address) {
            Some(index) => {
                self.unlink(index);
                index
            }
            None => self.admit(now, address),
        };
        self.link(index);
        self.peers.get_mut(index as usize)
    }

    fn find(&self, address: &A) -> Option<u32> {
        if !self.index.is_empty() {
            return self.index.get(address).copied();
        }
        self.peers.iter().position(|peer| peer.address == *address).map(|index| index as u32)
    }

    /// A record for a new address, not yet linked.
    fn admit(&mut self, now: Instant, address: &A) -> u32 {
        self.forget_some(now);
        let full = Bucket { full_at: now };
        let peer = Peer {
            address: address.clone(),
            bytes: full,
            messages: full,
            link: Link { newer: NIL, older: NIL },
        };
        if self.peers.len() >= self.max_peers {
            self.forget(self.ends.older);
        }
        let index = self.peers.len() as u32;
        self.peers.push(peer);
        if !self.index.is_empty() {
            self.index.insert(address.clone(), index);
        } else if self.peers.len() > FEW {
            self.index = (0..).zip(&self.peers).map(|(index, peer)| (peer.address.clone(), index)).collect();
        }
        index
    }

    /// Forgets the two that were silent for longest, if they have full budgets again: more than one newcomer takes the place of, so that what a
    /// burst of sources took is given back.
    fn forget_some(&mut self, now: Instant) {
        for _ in 0..2 {
            let oldest = self.peers.get(self.ends.older as usize);
            if oldest.is_some_and(|peer| peer.bytes.full_at <= now && peer.messages.full_at <= now) {
                self.forget(self.ends.older);
            }
        }
        if self.peers.len() <= FEW / 2 && self.index.capacity() > 0 {
            self.index = HashMap::new();
        }
    }

    /// Takes a peer out; the last in memory takes its place.
    fn forget(&mut self, index: u32) {
        self.unlink(index);
        if (index as usize) < self.peers.len() {
            let gone = self.peers.swap_remove(index as usize);
            self.index.remove(&gone.address);
        }
        let Some(moved) = self.peers.get(index as usize) else { return };
        let Link { newer, older } = moved.link;
        if let Some(place) = self.index.get_mut(&moved.address) {
            *place = index;
        }
        match self.peers.get_mut(newer as usize) {
            Some(peer) => peer.link.older = index,
            None => self.ends.newer = index,
        }
        match self.peers.get_mut(older as usize) {
            Some(peer) => peer.link.newer = index,
            None => self.ends.older = index,
        }
    }

    fn unlink(&mut self, index: u32) {
        let Some(Link { newer, older }) = self.peers.get(index as usize).map(|peer| peer.link) else {
            return;
        };
        match self.peers.get_mut(newer as usize) {
            Some(peer) => peer.link.older = older,
            None => self.ends.newer = older,
        }
        match self.peers.get_mut(older as usize) {
            Some(peer) => peer.link.newer = newer,
            None => self.ends.older = newer,
        }
    }

    fn link(&mut self, index: u32) {
        let older = self.ends.newer;
        if let Some(peer) = self.peers.get_mut(index as usize) {
            peer.link = Link { newer: NIL, older };
        }
        match self.peers.get_mut(older as usize) {
            Some(peer) => peer.link.newer = index,
            None => self.ends.older = index,
        }
        self.ends.newer = index;
    }
}

impl Bucket {
    fn take(&mut self, now: Instant, amount: u64, rate: u64) -> bool {
        // Rounded down, so that a second holds as many messages as the rate says.
        let cost = match amount.checked_mul(NANOS_PER_SECOND) {
            Some(product) => u128::from(product / rate.max(1)),
            None => u128::from(amount) * u128::from(NANOS_PER_SECOND) / u128::from(rate.max(1)),
        };
        let missing = u128::from(nanos(self.full_at.since(now))) + cost;
        if missing > BURST.as_nanos() {
            return false;
        }
        // At most a second, so it fits.
        self.full_at = now + Duration::from_nanos(missing as u64);
        true
    }
}

#[cfg(test)]
mod tests;
