//! The latest user events, for those whom gossip did not reach: they travel in full states.

use memberlist_hashicorp::serf::{Said, Slot, UserEvent};
use std::collections::BTreeMap;

/// Times of which events are kept at most, as agents do.
const MAX_TIMES: usize = 512;
/// Bytes that they take at most; the oldest go first.
const MAX_BYTES: usize = 256 << 10;
/// What an event takes beside its name and payload.
const BESIDE: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Kept {
    times: BTreeMap<u64, Vec<Said>>,
    bytes: usize,
}

impl Kept {
    /// Keeps an event, which is not here yet.
    pub(super) fn keep(&mut self, event: &UserEvent) {
        let said = Said { name: event.name.clone(), payload: event.payload.clone() };
        self.bytes += size(&said);
        self.times.entry(event.time).or_default().push(said);
        while self.bytes > MAX_BYTES || self.times.len() > MAX_TIMES {
            let Some((_, oldest)) = self.times.pop_first() else { break };
            self.bytes -= oldest.iter().map(size).sum::<usize>();
        }
    }

    /// All of them, for a full state.
    pub(super) fn slots(&self) -> Vec<Option<Slot>> {
        let slots = self.times.iter().map(|(time, events)| Slot { time: *time, events: events.clone() });
        slots.map(Some).collect()
    }
}

fn size(said: &Said) -> usize {
    said.name.len() + said.payload.len() + BESIDE
}

#[cfg(test)]
mod tests;
