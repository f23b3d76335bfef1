use crate::{Instant, time::nanos};
use alloc::vec::Vec;
use core::{hash::Hash, time::Duration};
use hashbrown::HashMap;

/// What a source may send at once after a silence, as time of its rate.
const BURST: Duration = Duration::from_secs(1);
const NANOS_PER_SECOND: u128 = 1_000_000_000;
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

    /// The record of `address`, now the latest; always there.
    fn peer(&mut self, now: Instant, address: &A) -> Option<&mut Peer<A>> {
        let index = match self.index.get(address) {
            Some(&index) => {
                self.unlink(index);
                index
            }
            None => self.admit(now, address),
        };
        self.link(index);
        self.peers.get_mut(index as usize)
    }

    /// A record for a new address, not yet linked.
    fn admit(&mut self, now: Instant, address: &A) -> u32 {
        let full = Bucket { full_at: now };
        let peer = Peer {
            address: address.clone(),
            bytes: full,
            messages: full,
            link: Link { newer: NIL, older: NIL },
        };
        let forgettable = |peer: &Peer<A>| peer.bytes.full_at <= now && peer.messages.full_at <= now;
        let full = !self.peers.get(self.ends.older as usize).is_some_and(forgettable);
        let index = if full && self.peers.len() < self.max_peers {
            self.peers.push(peer);
            (self.peers.len() - 1) as u32
        } else {
            let index = self.ends.older;
            self.unlink(index);
            if let Some(old) = self.peers.get_mut(index as usize) {
                self.index.remove(&old.address);
                *old = peer;
            }
            index
        };
        self.index.insert(address.clone(), index);
        index
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
        let cost = u128::from(amount) * NANOS_PER_SECOND / u128::from(rate.max(1));
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
