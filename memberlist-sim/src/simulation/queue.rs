//! What is to happen, in order of time.

use core::cmp::Reverse;
use memberlist_proto::Instant;
use std::collections::BinaryHeap;

/// What comes first among that which happens at the same time: what has arrived is handled before timers that have expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Action,
    Arrival,
    Timer,
}

/// A queue of things to happen, ordered by time, then class, then the order in which they were pushed.
#[derive(Debug)]
pub(super) struct Queue<T> {
    heap: BinaryHeap<Reverse<(Instant, Class, u64, u32)>>,
    items: Vec<Option<T>>,
    vacant: Vec<u32>,
    pushed: u64,
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        Self { heap: BinaryHeap::new(), items: Vec::new(), vacant: Vec::new(), pushed: 0 }
    }

    pub(super) fn push(&mut self, at: Instant, class: Class, item: T) {
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
        self.heap.push(Reverse((at, class, self.pushed, place)));
    }

    /// When the next thing happens.
    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }

    pub(super) fn pop(&mut self) -> Option<(Instant, T)> {
        let Reverse((at, _, _, place)) = self.heap.pop()?;
        let item = self.items.get_mut(place as usize)?.take()?;
        self.vacant.push(place);
        Some((at, item))
    }

    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }
}
