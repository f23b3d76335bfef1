use crate::{BroadcastId, Prefetch};
use alloc::{collections::BTreeMap, vec::Vec};
use bytes::Bytes;
use core::{
    cmp::Reverse,
    hash::{BuildHasher, Hash},
};
use hashbrown::{DefaultHashBuilder, HashTable};
use line::Line;

mod fairness;
mod line;

pub(crate) use fairness::{Fairness, fill_fair};

/// Broadcasts that wait to be handed out, each up to a limit of transmissions.
///
/// Order: fewest transmissions first, then the longest, then the newest. A newer broadcast with the same key replaces
/// the older one. Payloads are encoded once, when queued; each transmission shares the bytes.
///
/// All that were transmitted equally often and are equally long stand in one [`Line`]. There are few lines even if many wait (most
/// statements are about as long as each other), and a packet takes from few of them; what it takes leaves its line at the front. So
/// filling a packet costs the same whether a hundred wait or a hundred thousand.
#[derive(Debug)]
pub(crate) struct Broadcasts<K> {
    lines: BTreeMap<Place, Line>,
    /// Those who have a key, by its hash; the key stands in the item alone.
    keys: HashTable<u32>,
    hasher: DefaultHashBuilder,
    items: Vec<Option<Item<K>>>,
    vacant: Vec<u32>,
    /// How many stand in a line.
    waiting: usize,
    bytes: usize,
    /// What the packet that is being filled has got, so that it gets nothing twice; empty between packets.
    picked: Vec<u32>,
    /// What the last packet got and may be sent again: index and number.
    last: Vec<(u32, u64)>,
    /// Never reset: two items of the same number would be taken for one (Q10).
    inserted: u64,
}

/// An empty queue keeps memory for so many broadcasts.
const KEPT_PLACES: usize = 64;

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

/// Which line an item stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    transmits: u32,
    len: Reverse<usize>,
}

#[derive(Debug)]
struct Item<K> {
    transmits: u32,
    /// Counts up with each that is inserted: the newest has the highest.
    number: u64,
    /// Its neighbours in the line.
    links: line::Links,
    key: Option<K>,
    payload: Bytes,
    token: Option<BroadcastId>,
}

impl<K> Item<K> {
    fn place(&self) -> Place {
        Place { transmits: self.transmits, len: Reverse(self.payload.len()) }
    }
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

impl<K: Hash + Eq> Broadcasts<K> {
    pub(crate) fn new() -> Self {
        Self {
            lines: BTreeMap::new(),
            keys: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            items: Vec::new(),
            vacant: Vec::new(),
            waiting: 0,
            bytes: 0,
            picked: Vec::new(),
            last: Vec::new(),
            inserted: 0,
        }
    }

    /// Prefetches what tells that it is empty, as it is most of the time; see [`Endpoint::prefetch`](crate::Endpoint::prefetch).
    pub(crate) fn prefetch(&self, by: &impl Prefetch) {
        by.item(&self.waiting);
    }

    /// Queues a broadcast. Returns the token of the one with the same key that it replaces, if that had one.
    pub(crate) fn insert(
        &mut self,
        key: Option<K>,
        payload: Bytes,
        token: Option<BroadcastId>,
    ) -> Option<BroadcastId> {
        let number = self.inserted;
        self.inserted += 1;
        self.bytes += payload.len();
        if let Some(index) = key.as_ref().and_then(|key| self.index(key)) {
            self.leave(index);
            let item = self.items.get_mut(index as usize)?.as_mut()?;
            self.bytes -= item.payload.len();
            (item.transmits, item.number, item.payload) = (0, number, payload);
            let replaced = core::mem::replace(&mut item.token, token);
            self.enter(index);
            return replaced;
        }
        let index = self.vacant.pop().unwrap_or_else(|| {
            self.items.push(None);
            // Four thousand million broadcasts do not fit into memory.
            (self.items.len() - 1) as u32
        });
        let hash = key.as_ref().map(|key| self.hasher.hash_one(key));
        if let Some(place) = self.items.get_mut(index as usize) {
            *place = Some(Item { transmits: 0, number, links: line::Links::default(), key, payload, token });
        }
        if let Some(hash) = hash {
            let Self { keys, items, hasher, .. } = self;
            keys.insert_unique(hash, index, |index| rehash(hasher, items, *index));
        }
        self.enter(index);
        None
    }

    /// Fills `room` in order, skipping what does not fit. Each pick counts as one transmission, whether or not the
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
        let index = self.index(key)?;
        self.leave(index);
        Some(self.forget(index))
    }

    /// Drops the last in order (most transmitted, then shortest, then oldest) until both limits hold; returns their tokens.
    pub(crate) fn prune(&mut self, max_len: usize, max_bytes: usize) -> Vec<Option<BroadcastId>> {
        let mut dropped = Vec::new();
        while self.len() > max_len || self.bytes > max_bytes {
            let Some(index) = self.lines.last_key_value().and_then(|(_, line)| line.last(&self.items)) else {
                break;
            };
            self.leave(index);
            dropped.push(self.forget(index));
        }
        dropped
    }

    /// How many broadcasts wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting
    }

    /// Sum of their payloads.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Bytes of the broadcast with this key, if one waits.
    pub(crate) fn size(&self, key: &K) -> Option<usize> {
        self.items.get(self.index(key)? as usize)?.as_ref().map(|item| item.payload.len())
    }

    /// Like `fill`, but what may be sent again is laid aside until `put_back`, so that a second
    /// pass over the same packet does not pick it twice.
    fn pick(&mut self, room: &mut Room, limit: u32, out: &mut Vec<Bytes>, finished: &mut Vec<BroadcastId>) {
        let mut tier = self.lines.first_key_value().map(|(place, _)| place.transmits);
        while let (Some(transmits), Some(longest)) = (tier, room.longest()) {
            // The longest that fit, of those that were transmitted so often.
            let from = Place { transmits, len: Reverse(longest) };
            let Some((&place, line)) = self.lines.range_mut(from..).next() else { break };
            if place.transmits != transmits {
                tier = Some(place.transmits);
                continue;
            }
            let start = self.picked.len();
            while room.longest().is_some_and(|longest| place.len.0 <= longest)
                && let Some(index) = line.take_first(&mut self.items)
            {
                self.waiting -= 1;
                room.take(place.len.0);
                out.extend(transmit(&mut self.items, index));
                self.picked.push(index);
            }
            if line.is_empty() {
                self.lines.remove(&place);
            }
            if transmits.saturating_add(1) >= limit {
                self.finish_from(start, finished);
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
        let mut last = core::mem::take(&mut self.last);
        for (index, number) in last.drain(..) {
            let Some(Some(item)) = self.items.get(index as usize) else { continue };
            let fits = room.longest().is_some_and(|longest| item.payload.len() <= longest);
            if item.number != number || !fits {
                continue;
            }
            room.take(item.payload.len());
            let ends = item.transmits.saturating_add(1) >= limit;
            self.leave(index);
            out.extend(transmit(&mut self.items, index));
            let start = self.picked.len();
            self.picked.push(index);
            if ends {
                self.finish_from(start, finished);
            }
        }
        self.last = last;
    }

    fn put_back(&mut self) {
        self.last.clear();
        // Neighbours of one line are mostly neighbours of the next one, too.
        let items = &mut self.items;
        let place = |items: &[Option<Item<K>>], index: u32| {
            items.get(index as usize).and_then(Option::as_ref).map(Item::place)
        };
        let mut rest = self.picked.as_slice();
        while let Some(&first) = rest.first() {
            let Some(there) = place(items, first) else { break };
            let line = self.lines.entry(there).or_default();
            while let Some((&index, others)) = rest.split_first()
                && place(items, index) == Some(there)
            {
                line.enter(items, index);
                self.waiting += 1;
                self.last
                    .extend(items.get(index as usize).and_then(Option::as_ref).map(|it| (index, it.number)));
                rest = others;
            }
        }
        self.picked.clear();
        // The news of a join storm does not hold its memory for ever.
        if self.is_empty() && self.items.capacity() > KEPT_PLACES {
            (self.items, self.vacant, self.picked, self.last) = Default::default();
            self.keys = HashTable::new();
        }
    }

    /// What was picked from this place on is not sent again.
    fn finish_from(&mut self, start: usize, finished: &mut Vec<BroadcastId>) {
        let picked = core::mem::take(&mut self.picked);
        finished.extend(picked.iter().skip(start).filter_map(|index| self.forget(*index)));
        self.picked = picked;
        self.picked.truncate(start);
    }

    fn enter(&mut self, index: u32) {
        let Some(Some(item)) = self.items.get(index as usize) else { return };
        self.lines.entry(item.place()).or_default().enter(&mut self.items, index);
        self.waiting += 1;
    }

    fn leave(&mut self, index: u32) {
        let Some(Some(item)) = self.items.get(index as usize) else { return };
        let place = item.place();
        if let Some(line) = self.lines.get_mut(&place) {
            line.leave(&mut self.items, index);
            self.waiting -= 1;
            if line.is_empty() {
                self.lines.remove(&place);
            }
        }
    }

    /// Removes an item that stands in no line any more; returns its token.
    fn forget(&mut self, index: u32) -> Option<BroadcastId> {
        let item = self.items.get_mut(index as usize)?.take()?;
        self.vacant.push(index);
        self.bytes -= item.payload.len();
        if let Some(key) = &item.key
            && let Ok(entry) = self.keys.find_entry(self.hasher.hash_one(key), |other| *other == index)
        {
            entry.remove();
        }
        item.token
    }

    /// Where the item with this key is.
    fn index(&self, key: &K) -> Option<u32> {
        let is_it = |index: &u32| matches!(self.items.get(*index as usize), Some(Some(item)) if item.key.as_ref() == Some(key));
        self.keys.find(self.hasher.hash_one(key), is_it).copied()
    }
}

/// Counts a transmission; gives what is transmitted.
fn transmit<K>(items: &mut [Option<Item<K>>], index: u32) -> Option<Bytes> {
    let item = items.get_mut(index as usize)?.as_mut()?;
    item.transmits = item.transmits.saturating_add(1);
    Some(item.payload.clone())
}

fn rehash<K: Hash>(hasher: &DefaultHashBuilder, items: &[Option<Item<K>>], index: u32) -> u64 {
    let key = items.get(index as usize).and_then(Option::as_ref).and_then(|item| item.key.as_ref());
    key.map_or(0, |key| hasher.hash_one(key))
}

#[cfg(test)]
mod tests;
