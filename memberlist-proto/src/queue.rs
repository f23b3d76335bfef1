use crate::BroadcastId;
use alloc::{collections::BTreeMap, vec::Vec};
use bytes::Bytes;
use core::cmp::Reverse;

/// Broadcasts that wait to be handed out, each up to a limit of transmissions.
///
/// Order: fewest transmissions first, then the longest, then the newest. A newer broadcast with the same key replaces
/// the older one. Payloads are encoded once, when queued; each transmission shares the bytes.
#[derive(Debug)]
pub(crate) struct Broadcasts<K> {
    items: BTreeMap<Rank, Item<K>>,
    keys: BTreeMap<K, Rank>,
    bytes: usize,
    /// Never reset: two items with the same rank would overwrite each other (Q10).
    inserted: u64,
}

/// Space that is left in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    /// Bytes left.
    pub(crate) bytes: usize,
    /// Bytes that each message costs besides its own.
    pub(crate) overhead: usize,
    /// How many more messages may go in.
    pub(crate) messages: usize,
}

/// Place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    transmits: u32,
    len: Reverse<usize>,
    id: Reverse<u64>,
}

#[derive(Debug)]
struct Item<K> {
    key: Option<K>,
    payload: Bytes,
    token: Option<BroadcastId>,
}

impl Room {
    pub(crate) fn fits(&self, len: usize) -> bool {
        self.longest().is_some_and(|longest| len <= longest)
    }

    pub(crate) fn take(&mut self, len: usize) {
        self.bytes = self.bytes.saturating_sub(self.overhead.saturating_add(len));
        self.messages = self.messages.saturating_sub(1);
    }

    /// The longest message that still fits.
    fn longest(&self) -> Option<usize> {
        if self.messages == 0 { None } else { self.bytes.checked_sub(self.overhead) }
    }
}

impl<K: Ord + Clone> Broadcasts<K> {
    pub(crate) fn new() -> Self {
        Self { items: BTreeMap::new(), keys: BTreeMap::new(), bytes: 0, inserted: 0 }
    }

    /// Queues a broadcast. Returns the token of the one with the same key that it replaces, if that had one.
    pub(crate) fn insert(
        &mut self,
        key: Option<K>,
        payload: Bytes,
        token: Option<BroadcastId>,
    ) -> Option<BroadcastId> {
        let rank = Rank { transmits: 0, len: Reverse(payload.len()), id: Reverse(self.inserted) };
        self.inserted += 1;
        self.bytes += payload.len();
        let replaced = key.clone().and_then(|key| self.keys.insert(key, rank));
        self.items.insert(rank, Item { key, payload, token });
        let old = self.items.remove(&replaced?)?;
        self.bytes -= old.payload.len();
        old.token
    }

    /// Fills `room` in order of rank, skipping what does not fit. Each pick counts as one transmission, whether or not the
    /// packet arrives; at `limit` transmissions the item leaves and its token goes to `finished`.
    pub(crate) fn fill(
        &mut self,
        room: &mut Room,
        limit: u32,
        out: &mut Vec<Bytes>,
        finished: &mut Vec<BroadcastId>,
    ) {
        let mut picked = Vec::new();
        self.pick(room, limit, out, finished, &mut picked);
        self.put_back(picked);
    }

    /// Forgets the broadcast with this key: `None` if there is none, else its token.
    pub(crate) fn remove(&mut self, key: &K) -> Option<Option<BroadcastId>> {
        let rank = self.keys.remove(key)?;
        let item = self.items.remove(&rank)?;
        self.bytes -= item.payload.len();
        Some(item.token)
    }

    /// Drops the last in order (most transmitted, then shortest, then oldest) until both limits hold; returns their tokens.
    pub(crate) fn prune(&mut self, max_len: usize, max_bytes: usize) -> Vec<Option<BroadcastId>> {
        let mut dropped = Vec::new();
        while self.items.len() > max_len || self.bytes > max_bytes {
            let Some((_, item)) = self.items.pop_last() else { break };
            self.forget(&item);
            dropped.push(item.token);
        }
        dropped
    }

    /// Drops everything; returns the tokens.
    pub(crate) fn clear(&mut self) -> Vec<Option<BroadcastId>> {
        self.keys.clear();
        self.bytes = 0;
        core::mem::take(&mut self.items).into_values().map(|item| item.token).collect()
    }

    /// How many broadcasts wait.
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Sum of their payloads.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn contains(&self, key: &K) -> bool {
        self.keys.contains_key(key)
    }

    /// Like `fill`, but what may be sent again is laid on `picked` instead of back into the queue, so that a second
    /// pass over the same packet does not pick it twice.
    fn pick(
        &mut self,
        room: &mut Room,
        limit: u32,
        out: &mut Vec<Bytes>,
        finished: &mut Vec<BroadcastId>,
        picked: &mut Vec<(Rank, Item<K>)>,
    ) {
        let mut tier = self.items.first_key_value().map(|(rank, _)| rank.transmits);
        while let (Some(transmits), Some(longest)) = (tier, room.longest()) {
            let from = Rank { transmits, len: Reverse(longest), id: Reverse(u64::MAX) };
            let Some((&rank, _)) = self.items.range(from..).next() else { break };
            if rank.transmits != transmits {
                tier = Some(rank.transmits);
                continue;
            }
            let Some(item) = self.items.remove(&rank) else { break };
            room.take(item.payload.len());
            out.push(item.payload.clone());
            let transmits = rank.transmits.saturating_add(1);
            if transmits < limit {
                picked.push((Rank { transmits, ..rank }, item));
            } else {
                self.forget(&item);
                finished.extend(item.token);
            }
        }
    }

    fn put_back(&mut self, picked: Vec<(Rank, Item<K>)>) {
        for (rank, item) in picked {
            if let Some(place) = item.key.as_ref().and_then(|key| self.keys.get_mut(key)) {
                *place = rank;
            }
            self.items.insert(rank, item);
        }
    }

    fn forget(&mut self, item: &Item<K>) {
        self.bytes -= item.payload.len();
        if let Some(key) = &item.key {
            self.keys.remove(key);
        }
    }
}

mod fairness;
pub(crate) use fairness::{Fairness, fill_fair};

#[cfg(test)]
mod tests;
