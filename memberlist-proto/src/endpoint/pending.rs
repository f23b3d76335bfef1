//! What waits under a sequence number.

use crate::Prefetch;
use alloc::vec::Vec;
use hashbrown::HashMap;
use memberlist_types::SequenceNumber;

#[cfg(test)]
mod tests;

/// Up to so many stand in a list: an idle machine waits for one answer, and finds it there sooner than in a table, in less memory.
const FEW: usize = 8;

/// A map by sequence number.
#[derive(Debug)]
pub(super) struct Pending<T> {
    /// Empty if there are `many`.
    few: Vec<(SequenceNumber, T)>,
    /// All of them once they were more than a few, until none is left.
    many: HashMap<SequenceNumber, T>,
}

impl<T> Pending<T> {
    pub(super) fn new() -> Self {
        Self { few: Vec::new(), many: HashMap::new() }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.few.len() + self.many.len()
    }

    /// What waited under the same number before gives way.
    pub(super) fn insert(&mut self, seq: SequenceNumber, item: T) {
        if let Some(old) = self.get_mut(&seq) {
            *old = item;
        } else if self.many.is_empty() && self.few.len() < FEW {
            self.few.push((seq, item));
        } else {
            self.many.extend(self.few.drain(..));
            self.many.insert(seq, item);
        }
    }

    pub(super) fn get(&self, seq: &SequenceNumber) -> Option<&T> {
        if !self.many.is_empty() {
            return self.many.get(seq);
        }
        self.few.iter().find(|(other, _)| other == seq).map(|(_, item)| item)
    }

    pub(super) fn get_mut(&mut self, seq: &SequenceNumber) -> Option<&mut T> {
        if !self.many.is_empty() {
            return self.many.get_mut(seq);
        }
        self.few.iter_mut().find(|(other, _)| other == seq).map(|(_, item)| item)
    }

    pub(super) fn remove(&mut self, seq: &SequenceNumber) -> Option<T> {
        if !self.many.is_empty() {
            return self.many.remove(seq);
        }
        let place = self.few.iter().position(|(other, _)| other == seq)?;
        Some(self.few.swap_remove(place).1)
    }

    /// Keeps those for which this holds.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.few.retain(|(_, item)| keep(item));
        self.many.retain(|_, item| keep(item));
    }

    /// Prefetches the place of the first, also if there is none; see [`Endpoint::prefetch_lists`](crate::Endpoint::prefetch_lists).
    pub(super) fn prefetch_lists(&self, by: &impl Prefetch) {
        by.memory(self.few.as_ptr() as usize, size_of::<(SequenceNumber, T)>());
    }
}
