use crate::{Instant, Prefetch};
use alloc::{collections::BTreeMap, vec::Vec};

/// Up to so many stand in a sorted list: an idle machine has half a dozen, which is one piece of memory and a short way to move.
const FEW: usize = 32;

/// Timers in the order in which they fire: by time, then by number. Each is known by its place.
#[derive(Debug)]
pub(super) struct Ready {
    /// The last first, so that the next is taken from the end. Empty if there are `many`.
    few: Vec<(Key, u32)>,
    /// All of them once they were more than a few, until none is left.
    many: BTreeMap<Key, u32>,
}

/// When a timer fires, and its number.
pub(super) type Key = (Instant, u64);

impl Ready {
    pub(super) const fn new() -> Self {
        Self { few: Vec::new(), many: BTreeMap::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.few.len() + self.many.len()
    }

    pub(super) fn insert(&mut self, key: Key, index: u32) {
        if !self.many.is_empty() {
            self.many.insert(key, index);
        } else if self.few.len() < FEW {
            let place = self.place(&key);
            self.few.insert(place, (key, index));
        } else {
            self.many.extend(self.few.drain(..));
            self.many.insert(key, index);
        }
    }

    pub(super) fn remove(&mut self, key: &Key) {
        if !self.many.is_empty() {
            self.many.remove(key);
            return;
        }
        let place = self.place(key);
        if self.few.get(place).is_some_and(|(found, _)| found == key) {
            self.few.remove(place);
        }
    }

    /// When the next one fires.
    pub(super) fn first(&self) -> Option<Instant> {
        let next = self.few.last().map(|(key, _)| key);
        next.or_else(|| self.many.first_key_value().map(|(key, _)| key)).map(|(at, _)| *at)
    }

    pub(super) fn pop_first(&mut self) -> Option<(Instant, u32)> {
        let ((at, _), index) = self.few.pop().or_else(|| self.many.pop_first())?;
        Some((at, index))
    }

    /// Takes out all that fire at this time or later.
    pub(super) fn split_off(&mut self, at: Instant) -> Vec<u32> {
        let many = self.many.split_off(&(at, 0));
        let end = self.few.partition_point(|(key, _)| key.0 >= at);
        let few = self.few.drain(..end);
        few.map(|(_, index)| index).rev().chain(many.into_values()).collect()
    }

    pub(super) fn prefetch_lists(&self, by: &impl Prefetch) {
        by.memory(self.few.as_ptr() as usize, size_of_val(self.few.as_slice()));
    }

    /// Where a timer stands in the list of a few, or would.
    fn place(&self, key: &Key) -> usize {
        self.few.partition_point(|(other, _)| other > key)
    }
}

#[cfg(test)]
mod tests;
