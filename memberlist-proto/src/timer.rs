use crate::{Instant, Prefetch};
use alloc::vec::Vec;
use ready::Ready;

mod ready;

/// Nanoseconds of one tick, as a power of two: 2^18 ns = 262 µs.
const TICK_BITS: u32 = 18;
/// Each level has 2^6 slots, so that one word tells which are occupied.
const LEVEL_BITS: u32 = 6;
const SLOTS: usize = 1 << LEVEL_BITS;
/// A slot of up to this many timers is searched for its earliest; a fuller one is spread over the level below.
const SEARCHED: u32 = 32;
/// Up to so many timers need no wheel: an idle machine has half a dozen, and a wheel takes half a kilobyte for each level.
const FEW: usize = 32;
/// So many timers an idle machine has.
const FETCHED: usize = 9;
/// The end of a list.
const NIL: u32 = u32::MAX;

/// Timers of one machine: a hierarchical timing wheel.
///
/// Setting and cancelling cost the same whatever the number of timers. The wheel alone would fire everything in one slot
/// in any order; here timers come out in the exact order of their time, and of insertion where times are equal.
///
/// The cursor is a tick no later than any timer in the wheel. Timers whose tick it has reached (or passed: set in the past)
/// stand in `ready`, sorted; all others in the slot of the level at which their tick first differs from the cursor's. As long as
/// there are few, all of them stand in `ready`, and there is no wheel.
#[derive(Debug)]
pub(crate) struct Timers<T> {
    entries: Vec<Entry<T>>,
    free: u32,
    levels: Vec<Level>,
    in_wheel: usize,
    ready: Ready,
    cursor: u64,
    earliest: Option<Instant>,
    inserted: u64,
    len: usize,
}

/// Names one timer for ever: numbers are never used twice, so the key of a timer that fired or was cancelled names nothing.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) struct TimerKey {
    index: u32,
    number: u64,
}

#[derive(Debug)]
struct Entry<T> {
    at: Instant,
    number: u64,
    value: Option<T>,
    place: Place,
    previous: u32,
    next: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Free,
    /// Waits for a time that never comes.
    Never,
    Ready,
    Wheel {
        level: u8,
        slot: u8,
    },
}

#[derive(Debug)]
struct Level {
    occupied: u64,
    slots: [Slot; SLOTS],
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    head: u32,
    len: u32,
}

impl Level {
    const EMPTY: Self = Self { occupied: 0, slots: [Slot { head: NIL, len: 0 }; SLOTS] };
}

impl<T> Timers<T> {
    pub(crate) fn new(start: Instant) -> Self {
        Self {
            entries: Vec::new(),
            free: NIL,
            levels: Vec::new(),
            in_wheel: 0,
            ready: Ready::new(),
            cursor: tick(start),
            earliest: None,
            inserted: 0,
            len: 0,
        }
    }

    /// Sets a timer. A time in the past fires at the next `pop`; `Instant::NEVER` never does.
    // Inlined, so that the value is written where it stays. To write it somewhere in parts and read it from there as a whole makes the
    // processor wait until all that was written before has reached the cache.
    #[inline(always)]
    pub(crate) fn insert(&mut self, at: Instant, value: T) -> TimerKey {
        let number = self.inserted;
        self.inserted += 1;
        let entry = Entry { at, number, value: Some(value), place: Place::Never, previous: NIL, next: NIL };
        let index = self.allocate(entry);
        self.len += 1;
        if at != Instant::NEVER {
            self.place(index);
            if self.earliest.is_none_or(|earliest| at < earliest) {
                self.earliest = Some(at);
            }
        }
        TimerKey { index, number }
    }

    /// Takes a timer back; `None` if it has fired or was cancelled before.
    pub(crate) fn cancel(&mut self, key: TimerKey) -> Option<T> {
        let entry = self.entries.get(key.index as usize)?;
        if entry.number != key.number || entry.place == Place::Free {
            return None;
        }
        let (at, place) = (entry.at, entry.place);
        match place {
            Place::Ready => {
                self.ready.remove(&(at, key.number));
            }
            Place::Wheel { level, slot } => self.unlink(key.index, level, slot),
            Place::Never | Place::Free => {}
        }
        let value = self.release(key.index);
        if place != Place::Never && self.earliest == Some(at) {
            self.find_earliest();
        }
        value
    }

    /// The earliest deadline; `None` if no timer will ever fire.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.earliest
    }

    /// Takes the earliest timer if it is due at `now`: in order of time, then of insertion.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<(Instant, T)> {
        let earliest = self.earliest.filter(|at| *at <= now)?;
        if tick(earliest) > self.cursor {
            self.advance(tick(earliest));
        }
        let (at, index) = self.ready.pop_first()?;
        let value = self.release(index);
        self.find_earliest();
        value.map(|value| (at, value))
    }

    /// How many timers are set, those that never fire included.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Prefetches the lists of a machine that has few; see [`Endpoint::prefetch_lists`](crate::Endpoint::prefetch_lists).
    pub(crate) fn prefetch_lists(&self, by: &impl Prefetch) {
        self.ready.prefetch_lists(by);
        let entries = self.entries.len().min(FETCHED) * size_of::<Entry<T>>();
        by.memory(self.entries.as_ptr() as usize, entries);
    }

    #[inline(always)]
    fn allocate(&mut self, entry: Entry<T>) -> u32 {
        match self.entries.get_mut(self.free as usize) {
            Some(vacant) => {
                let index = self.free;
                self.free = vacant.next;
                *vacant = entry;
                index
            }
            None => {
                // Four thousand million timers do not fit into memory.
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        }
    }

    fn release(&mut self, index: u32) -> Option<T> {
        let entry = &mut self.entries[index as usize];
        entry.place = Place::Free;
        entry.next = self.free;
        self.free = index;
        self.len -= 1;
        entry.value.take()
    }

    /// Puts an entry where it belongs as seen from the cursor.
    fn place(&mut self, index: u32) {
        let entry = &mut self.entries[index as usize];
        if tick(entry.at) <= self.cursor || (self.in_wheel == 0 && self.ready.len() < FEW) {
            entry.place = Place::Ready;
            self.ready.insert((entry.at, entry.number), index);
            return;
        }
        if self.in_wheel == 0 {
            let reached = Instant::from_nanos((self.cursor + 1) << TICK_BITS);
            for index in self.ready.split_off(reached) {
                self.place_in_wheel(index);
            }
        }
        self.place_in_wheel(index);
    }

    fn place_in_wheel(&mut self, index: u32) {
        let entry = &mut self.entries[index as usize];
        let tick = tick(entry.at);
        let level = level_of(tick ^ self.cursor);
        let slot = slot_of(tick, level);
        while self.levels.len() <= level {
            self.levels.push(Level::EMPTY);
        }
        let lv = &mut self.levels[level];
        let head = lv.slots[slot].head;
        lv.slots[slot].head = index;
        lv.slots[slot].len += 1;
        lv.occupied |= 1 << slot;
        self.in_wheel += 1;
        entry.place = Place::Wheel { level: level as u8, slot: slot as u8 };
        entry.previous = NIL;
        entry.next = head;
        if let Some(old) = self.entries.get_mut(head as usize) {
            old.previous = index;
        }
    }

    fn unlink(&mut self, index: u32, level: u8, slot: u8) {
        let (previous, next) = {
            let entry = &self.entries[index as usize];
            (entry.previous, entry.next)
        };
        if let Some(entry) = self.entries.get_mut(next as usize) {
            entry.previous = previous;
        }
        let level = &mut self.levels[level as usize];
        let place = &mut level.slots[slot as usize];
        place.len -= 1;
        self.in_wheel -= 1;
        if place.len == 0 {
            level.occupied &= !(1 << slot);
        }
        match self.entries.get_mut(previous as usize) {
            Some(entry) => entry.next = next,
            None => place.head = next,
        }
    }

    /// Moves the cursor on to `to`, which no timer in the wheel precedes. Only the slot that it enters has to be spread:
    /// all lower ones are behind it, hence empty, and all higher ones still differ from it at the same level.
    fn advance(&mut self, to: u64) {
        let level = level_of(to ^ self.cursor);
        let slot = slot_of(to, level);
        self.cursor = to;
        let Some(level) = self.levels.get_mut(level) else { return };
        let Slot { head, len } = core::mem::replace(&mut level.slots[slot], Slot { head: NIL, len: 0 });
        level.occupied &= !(1 << slot);
        self.in_wheel -= len as usize;
        let mut index = head;
        while let Some(entry) = self.entries.get(index as usize) {
            let next = entry.next;
            self.place(index);
            index = next;
        }
    }

    fn find_earliest(&mut self) {
        if self.in_wheel == 0 {
            self.levels = Vec::new();
        }
        self.earliest = loop {
            if let Some(at) = self.ready.first() {
                break Some(at);
            }
            let Some(level) = self.levels.iter().position(|level| level.occupied != 0) else { break None };
            let slot = self.levels[level].occupied.trailing_zeros() as usize;
            let Slot { head, len } = self.levels[level].slots[slot];
            if len <= SEARCHED {
                break self.search(head);
            }
            let shift = LEVEL_BITS * level as u32;
            let above = self.cursor >> shift >> LEVEL_BITS << LEVEL_BITS;
            self.advance((above | slot as u64) << shift);
        };
    }

    fn search(&self, head: u32) -> Option<Instant> {
        let mut earliest = None;
        let mut index = head;
        while let Some(entry) = self.entries.get(index as usize) {
            if earliest.is_none_or(|at| entry.at < at) {
                earliest = Some(entry.at);
            }
            index = entry.next;
        }
        earliest
    }
}

fn tick(at: Instant) -> u64 {
    at.as_nanos() >> TICK_BITS
}

/// The level at which two different ticks part, given what differs between them.
fn level_of(difference: u64) -> usize {
    (difference.checked_ilog2().unwrap_or(0) / LEVEL_BITS) as usize
}

fn slot_of(tick: u64, level: usize) -> usize {
    (tick >> (LEVEL_BITS * level as u32)) as usize & (SLOTS - 1)
}

#[cfg(test)]
mod tests;
