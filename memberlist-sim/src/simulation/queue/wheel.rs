//! Two wheels of slots, and a heap for what is further off than both reach.

use super::Entry;
use core::cmp::Reverse;
use std::collections::BinaryHeap;

/// Slots of a wheel as a power of two. The first reaches a second far, the second an hour.
const WHEEL_BITS: u32 = 12;
const SLOTS: usize = 1 << WHEEL_BITS;
const WORDS: usize = SLOTS / 64;

/// What lies in slots after the one that is being emptied.
///
/// An entry is in the first wheel if its slot's number differs from the cursor only in the last 12 bits, in the second if only in the
/// last 24, else in the heap: so each is moved twice at most.
#[derive(Debug)]
pub(super) struct Wheel {
    /// The slot that is being emptied: nothing in the wheels is for it or for an earlier one.
    cursor: u64,
    slots: Ring,
    turns: Ring,
    far: BinaryHeap<Reverse<Entry>>,
    /// Lists that were emptied, to be filled again.
    spare: Vec<Vec<Entry>>,
}

#[derive(Debug)]
struct Ring {
    occupied: [u64; WORDS],
    lists: Vec<Vec<Entry>>,
}

impl Wheel {
    pub(super) fn new() -> Self {
        Self { cursor: 0, slots: Ring::new(), turns: Ring::new(), far: BinaryHeap::new(), spare: Vec::new() }
    }

    /// Keeps an entry until its slot's turn; gives it back if that is now, or was.
    pub(super) fn insert(&mut self, entry: Entry) -> Result<(), Entry> {
        let slot = entry.slot();
        if slot <= self.cursor {
            return Err(entry);
        }
        match slot ^ self.cursor {
            difference if difference >> WHEEL_BITS == 0 => self.slots.push(slot, entry, &mut self.spare),
            difference if difference >> (2 * WHEEL_BITS) == 0 => {
                self.turns.push(slot >> WHEEL_BITS, entry, &mut self.spare);
            }
            _ => self.far.push(Reverse(entry)),
        }
        Ok(())
    }

    /// Goes on to the next slot that holds something, if there is one up to `last`, and gives what it holds, in any order.
    /// Otherwise nothing changes, so that what is pushed later may still come earlier.
    pub(super) fn turn(&mut self, last: u64, into: &mut Vec<Entry>) -> bool {
        loop {
            if let Some(place) = self.slots.next(self.cursor) {
                let slot = self.cursor >> WHEEL_BITS << WHEEL_BITS | place;
                if slot > last {
                    return false;
                }
                self.cursor = slot;
                let list = self.slots.take(place);
                self.spare.push(core::mem::replace(into, list));
                return true;
            }
            if let Some(place) = self.turns.next(self.cursor >> WHEEL_BITS) {
                let turn = self.cursor >> (2 * WHEEL_BITS) << WHEEL_BITS | place;
                let first = turn << WHEEL_BITS;
                if first > last {
                    return false;
                }
                self.cursor = first;
                let mut list = self.turns.take(place);
                self.spread(list.drain(..), into);
                self.spare.push(list);
            } else {
                let Some(Reverse(next)) = self.far.peek() else { return false };
                let reach = next.slot() >> (2 * WHEEL_BITS);
                let first = reach << (2 * WHEEL_BITS);
                if first > last {
                    return false;
                }
                self.cursor = first;
                let mut list = self.spare.pop().unwrap_or_default();
                while let Some(Reverse(entry)) = self.far.peek().copied()
                    && entry.slot() >> (2 * WHEEL_BITS) == reach
                {
                    self.far.pop();
                    list.push(entry);
                }
                self.spread(list.drain(..), into);
                self.spare.push(list);
            }
            if !into.is_empty() {
                return true;
            }
        }
    }

    /// What lies in the next slot that holds something, if that is near, so far.
    pub(super) fn next_slot(&self) -> Option<(u64, &[Entry])> {
        let place = self.slots.next(self.cursor)?;
        Some((self.cursor >> WHEEL_BITS << WHEEL_BITS | place, self.slots.peek(place)))
    }

    /// The slot that is being emptied.
    pub(super) fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Puts entries where they belong as seen from the cursor; those of its own slot are ready.
    fn spread(&mut self, entries: impl Iterator<Item = Entry>, ready: &mut Vec<Entry>) {
        ready.extend(entries.filter_map(|entry| self.insert(entry).err()));
    }
}

impl Ring {
    fn new() -> Self {
        Self { occupied: [0; WORDS], lists: vec![Vec::new(); SLOTS] }
    }

    fn push(&mut self, number: u64, entry: Entry, spare: &mut Vec<Vec<Entry>>) {
        let place = number as usize % SLOTS;
        let (Some(list), Some(word)) = (self.lists.get_mut(place), self.occupied.get_mut(place / 64)) else {
            return;
        };
        if list.capacity() == 0
            && let Some(empty) = spare.pop()
        {
            *list = empty;
        }
        list.push(entry);
        *word |= 1 << (place % 64);
    }

    fn peek(&self, place: u64) -> &[Entry] {
        self.lists.get(place as usize % SLOTS).map_or(&[], Vec::as_slice)
    }

    fn take(&mut self, place: u64) -> Vec<Entry> {
        let place = place as usize % SLOTS;
        if let Some(word) = self.occupied.get_mut(place / 64) {
            *word &= !(1 << (place % 64));
        }
        self.lists.get_mut(place).map(core::mem::take).unwrap_or_default()
    }

    /// The first place that holds something, after that of `number`.
    fn next(&self, number: u64) -> Option<u64> {
        let from = number as usize % SLOTS + 1;
        let words = self.occupied.iter().enumerate().skip(from / 64);
        words
            .map(|(n, word)| (n, if n == from / 64 { word & (u64::MAX << (from % 64)) } else { *word }))
            .find(|(_, word)| *word != 0)
            .map(|(n, word)| n as u64 * 64 + u64::from(word.trailing_zeros()))
    }
}
