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
    order: BTreeMap<Rank, u32>,
    keys: BTreeMap<K, u32>,
    items: Vec<Option<Item<K>>>,
    vacant: Vec<u32>,
    bytes: usize,
    /// What the packet that is being filled has got, so that it gets nothing twice; empty between packets.
    picked: Vec<u32>,
    /// What the last packet got and may be sent again: place and number.
    last: Vec<(u32, u64)>,
    /// Never reset: two items with the same rank would overwrite each other (Q10).
    inserted: u64,
}

/// An empty queue keeps memory for so many broadcasts.
const KEPT_PLACES: usize = 64;

/// An empty queue keeps room for so many.
const KEPT: usize = 64;

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
    rank: Rank,
    key: Option<K>,
    payload: Bytes,
    token: Option<BroadcastId>,
}

impl Room {
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
        Self {
            order: BTreeMap::new(),
            keys: BTreeMap::new(),
            items: Vec::new(),
            vacant: Vec::new(),
            bytes: 0,
            picked: Vec::new(),
            last: Vec::new(),
            inserted: 0,
        }
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
        let known = key.as_ref().and_then(|key| self.keys.get(key)).copied();
        let replaced = known.and_then(|index| self.take(index));
        if let Some(old) = &replaced {
            self.order.remove(&old.rank);
        }
        self.bytes += payload.len();
        // What was taken last is vacant first: a replacement keeps its place, and its key stays as it is.
        let index = self.vacant.pop().unwrap_or_else(|| {
            self.items.push(None);
            // Four thousand million broadcasts do not fit into memory.
            (self.items.len() - 1) as u32
        });
        if known.is_none()
            && let Some(key) = &key
        {
            self.keys.insert(key.clone(), index);
        }
        if let Some(place) = self.items.get_mut(index as usize) {
            *place = Some(Item { rank, key, payload, token });
        }
        self.order.insert(rank, index);
        replaced.and_then(|old| old.token)
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
        self.pick(room, limit, out, finished);
        self.put_back();
    }

    /// Forgets the broadcast with this key: `None` if there is none, else its token.
    pub(crate) fn remove(&mut self, key: &K) -> Option<Option<BroadcastId>> {
        let index = self.keys.remove(key)?;
        let item = self.take(index)?;
        self.order.remove(&item.rank);
        Some(item.token)
    }

    /// Drops the last in order (most transmitted, then shortest, then oldest) until both limits hold; returns their tokens.
    pub(crate) fn prune(&mut self, max_len: usize, max_bytes: usize) -> Vec<Option<BroadcastId>> {
        let mut dropped = Vec::new();
        while self.len() > max_len || self.bytes > max_bytes {
            let Some((_, index)) = self.order.pop_last() else { break };
            dropped.push(self.forget(index));
        }
        dropped
    }

    /// How many broadcasts wait.
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// Sum of their payloads.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Bytes of the broadcast with this key, if one waits.
    pub(crate) fn size(&self, key: &K) -> Option<usize> {
        let index = *self.keys.get(key)?;
        self.items.get(index as usize)?.as_ref().map(|item| item.payload.len())
    }

    /// Like `fill`, but what may be sent again is laid aside until `put_back`, so that a second
    /// pass over the same packet does not pick it twice.
    fn pick(&mut self, room: &mut Room, limit: u32, out: &mut Vec<Bytes>, finished: &mut Vec<BroadcastId>) {
        let mut tier = self.order.first_key_value().map(|(rank, _)| rank.transmits);
        while let (Some(transmits), Some(longest)) = (tier, room.longest()) {
            let from = Rank { transmits, len: Reverse(longest), id: Reverse(u64::MAX) };
            let Some((&rank, &index)) = self.order.range(from..).next() else { break };
            if rank.transmits != transmits {
                tier = Some(rank.transmits);
                continue;
            }
            self.order.remove(&rank);
            let Some(Some(item)) = self.items.get_mut(index as usize) else { break };
            room.take(item.payload.len());
            out.push(item.payload.clone());
            item.rank.transmits = transmits.saturating_add(1);
            if item.rank.transmits < limit {
                self.picked.push(index);
            } else {
                finished.extend(self.forget(index));
            }
        }
    }

    /// Begins a packet with what the one before it got, as far as that may be sent again: so that all targets of a gossip
    /// round hear the same. Each counts as one more transmission. Go on with `fill` or `fill_fair`.
    pub(crate) fn repeat(
        &mut self,
        room: &mut Room,
        limit: u32,
        out: &mut Vec<Bytes>,
        finished: &mut Vec<BroadcastId>,
    ) {
        for (index, number) in core::mem::take(&mut self.last) {
            let Some(Some(item)) = self.items.get_mut(index as usize) else { continue };
            let fits = room.longest().is_some_and(|longest| item.payload.len() <= longest);
            if item.rank.id != Reverse(number) || !fits {
                continue;
            }
            self.order.remove(&item.rank);
            room.take(item.payload.len());
            out.push(item.payload.clone());
            item.rank.transmits = item.rank.transmits.saturating_add(1);
            if item.rank.transmits < limit {
                self.picked.push(index);
            } else {
                finished.extend(self.forget(index));
            }
        }
    }

    fn put_back(&mut self) {
        // An hour after a thousand nodes joined, nothing reminds of it. (`last` finds nothing there then.)
        if self.order.is_empty() && self.picked.is_empty() && self.items.len() > KEPT {
            self.items = Vec::new();
            self.vacant = Vec::new();
        }
        self.last.clear();
        for index in self.picked.drain(..) {
            if let Some(Some(item)) = self.items.get(index as usize) {
                self.order.insert(item.rank, index);
                self.last.push((index, item.rank.id.0));
            }
        }
        // The news of a join storm does not hold its memory for ever.
        if self.order.is_empty() && self.items.capacity() > KEPT_PLACES {
            (self.items, self.vacant, self.picked, self.last) = Default::default();
        }
    }

    /// Removes an item that is no longer in `order`; returns its token.
    fn forget(&mut self, index: u32) -> Option<BroadcastId> {
        let item = self.take(index)?;
        if let Some(key) = &item.key {
            self.keys.remove(key);
        }
        item.token
    }

    fn take(&mut self, index: u32) -> Option<Item<K>> {
        let item = self.items.get_mut(index as usize)?.take()?;
        self.vacant.push(index);
        self.bytes -= item.payload.len();
        Some(item)
    }
}

mod fairness;
pub(crate) use fairness::{Fairness, fill_fair};

#[cfg(test)]
mod tests;
