//! What happens next, named before its turn: so that its memory can be fetched meanwhile.

use super::{Entry, NOBODY, Queue};
use crate::NodeIndex;
use memberlist_proto::Instant;

/// So many are named at each step: more than happen in it, so that none is left over in the end.
const AT_ONCE: usize = 2;
/// So many others are named between the first and the second time that one is.
const BETWEEN: usize = 4;
/// With so few left in the slot that is being emptied, there is no more time to wait with the next one.
const LAST: usize = 2;

/// How much of the next slot was named. It is not sorted yet, and more may be pushed into it.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    slot: u64,
    first: usize,
    second: usize,
    /// What was not named twice of the slot when its turn came, and how many of these were named once.
    rest: Vec<Entry>,
    once: usize,
}

impl Ahead {
    /// The turn of this slot has come, which holds these.
    pub(super) fn turn(&mut self, slot: u64, entries: &[Entry]) {
        let (first, second) = if self.slot == slot { (self.first, self.second) } else { (0, 0) };
        self.once = first - second;
        self.rest.clear();
        self.rest.extend_from_slice(entries.get(second..).unwrap_or_default());
    }
}

impl<T> Queue<T> {
    /// Names some of what happens next, up to `end`, in no order: each thing for the first time a while before its turn, with the node that it is about and
    /// where it is kept (to be looked at later), and then for the second time. To be called before each [`pop_by`](Queue::pop_by). It changes nothing.
    pub(in super::super) fn look_ahead(
        &mut self,
        end: Instant,
        mut first: impl FnMut(NodeIndex, &Option<T>),
        mut second: impl FnMut(&T),
    ) {
        let advanced = self.advance(end);
        let Self { ahead, items, .. } = self;
        let about = |entry: &&Entry| entry.about != NOBODY;
        let kept = |entry: &Entry| items.get(entry.place as usize);
        let mut first = |entries: Option<&[Entry]>| {
            for entry in entries.unwrap_or_default().iter().filter(about) {
                kept(entry).into_iter().for_each(|kept| first(NodeIndex(entry.about), kept));
            }
        };
        let mut second = |entries: Option<&[Entry]>| {
            let entries = entries.unwrap_or_default().iter().filter(about);
            entries.filter_map(|entry| kept(entry)?.as_ref()).for_each(&mut second);
        };
        if advanced {
            first(ahead.rest.get(ahead.once..));
            second(Some(&ahead.rest));
        }
        let Some((slot, next)) = self.wheel.next_slot() else { return };
        if ahead.slot != slot {
            (ahead.slot, ahead.first, ahead.second) = (slot, 0, 0);
        }
        let hurry = self.ready.len() <= LAST;
        let to =
            if hurry { ahead.first } else { ahead.first.saturating_sub(BETWEEN).min(ahead.second + AT_ONCE) };
        let to = to.max(ahead.second);
        second(next.get(ahead.second..to));
        ahead.second = to;
        let to = if hurry { next.len() } else { next.len().min(ahead.first + AT_ONCE) };
        first(next.get(ahead.first..to));
        ahead.first = to;
    }
}
