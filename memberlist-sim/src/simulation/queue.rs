//! What is to happen, in order of time.

use crate::NodeIndex;
use ahead::Ahead;
use core::cmp::Reverse;
use memberlist_proto::Instant;
use std::collections::BinaryHeap;
use wheel::Wheel;

mod ahead;
mod wheel;

/// What comes first among that which happens at the same time: what has arrived is handled before timers that have expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Action,
    Arrival,
    Timer,
}

/// Nanoseconds of a slot as a power of two: 2^18 ns = 262 µs, a fraction of the latency of a local network, so that what is pushed seldom
/// falls into the slot that is being emptied.
const SLOT_BITS: u32 = 18;

/// The node of what is about no node.
const NOBODY: u32 = u32::MAX;

/// A queue of things to happen, ordered by time, then class, then the order in which they were pushed.
///
/// Most of what waits is far off and need not be in order yet: it lies in the slots of a wheel. Only the slot that is being
/// emptied is sorted. Time may stand still but not run backwards; what is pushed for a time that is over comes out next.
#[derive(Debug)]
pub(super) struct Queue<T> {
    /// What was in the slot that is being emptied, the first last.
    ready: Vec<Entry>,
    ahead: Ahead,
    /// What was pushed for that slot, or for an earlier one, since it was sorted.
    late: BinaryHeap<Reverse<Entry>>,
    wheel: Wheel,
    items: Vec<Option<T>>,
    vacant: Vec<u32>,
    pushed: u64,
    len: usize,
}

/// One thing's place in the order, and where it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    at: Instant,
    /// Class and number of the push.
    rank: u64,
    place: u32,
    /// The node that it is about, or nothing.
    about: u32,
}

impl Entry {
    /// The slot of its time.
    fn slot(&self) -> u64 {
        self.at.as_nanos() >> SLOT_BITS
    }
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        Self {
            ready: Vec::new(),
            ahead: Ahead::default(),
            late: BinaryHeap::new(),
            wheel: Wheel::new(),
            items: Vec::new(),
            vacant: Vec::new(),
            pushed: 0,
            len: 0,
        }
    }

    pub(super) fn push(&mut self, at: Instant, class: Class, item: T) {
        self.push_entry(at, class, NOBODY, item);
    }

    /// As [`push`](Self::push), for something that this node will need its memory for.
    pub(super) fn push_about(&mut self, at: Instant, class: Class, node: NodeIndex, item: T) {
        self.push_entry(at, class, node.0, item);
    }

    fn push_entry(&mut self, at: Instant, class: Class, about: u32, item: T) {
        let place = match self.vacant.pop() {
            Some(place) => place,
            None => {
                self.items.push(None);
                (self.items.len() - 1) as u32
            }
        };
        if let Some(slot) = self.items.get_mut(place as usize) {
            *slot = Some(item);
        }
        self.pushed += 1;
        self.len += 1;
        // Nobody pushes 2^62 things.
        let entry = Entry { at, rank: (class as u64) << 62 | self.pushed, place, about };
        if let Err(entry) = self.wheel.insert(entry) {
            self.late.push(Reverse(entry));
        }
    }

    /// Makes the next slot ready when the last one is empty, up to `end`; says whether it did.
    fn advance(&mut self, end: Instant) -> bool {
        let mut advanced = false;
        while self.ready.is_empty() && self.late.is_empty() {
            if !self.wheel.turn(end.as_nanos() >> SLOT_BITS, &mut self.ready) {
                break;
            }
            self.ahead.turn(self.wheel.cursor(), &self.ready);
            self.ready.sort_unstable_by(|a, b| b.cmp(a));
            advanced = true;
        }
        advanced
    }

    /// The next thing to happen, if it happens by `end`.
    pub(super) fn pop_by(&mut self, end: Instant) -> Option<(Instant, T)> {
        self.advance(end);
        let late = self.late.peek().map(|Reverse(entry)| entry);
        let is_late = match (self.ready.last(), late) {
            (Some(ready), Some(late)) => late < ready,
            (ready, _) => ready.is_none(),
        };
        let next = if is_late { late } else { self.ready.last() };
        next.filter(|entry| entry.at <= end)?;
        let entry = if is_late { self.late.pop()?.0 } else { self.ready.pop()? };
        let item = self.items.get_mut(entry.place as usize)?.take()?;
        self.vacant.push(entry.place);
        self.len -= 1;
        Some((entry.at, item))
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }
}

#[cfg(test)]
mod tests;
