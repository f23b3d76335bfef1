use super::{
    MemberKey,
    record::{Generation, Profile, Profiles, Record},
    snapshot::{Published, Snapshot},
    store::Table,
};
use crate::{Instant, random};
use alloc::{boxed::Box, vec::Vec};
use core::hash::BuildHasher;
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use memberlist_types::{Address, Id, Incarnation, Node, State};
use rand_core::Rng;

/// A place of the table. The record keeps the generation while the place is taken; there is no room for it beside.
pub(super) enum Slot<I, A> {
    Vacant(Generation),
    Taken(Record<I, A>),
}

impl<I, A> Slot<I, A> {
    pub(super) fn record(&self) -> Option<&Record<I, A>> {
        match self {
            Self::Taken(record) => Some(record),
            Self::Vacant(_) => None,
        }
    }

    fn record_mut(&mut self) -> Option<&mut Record<I, A>> {
        match self {
            Self::Taken(record) => Some(record),
            Self::Vacant(_) => None,
        }
    }
}

/// The table of members that every node has: each record by itself. Lookups, counts and changes cost the same at ten and at a
/// hundred thousand members.
pub struct Dense<I, A> {
    slots: Vec<Slot<I, A>>,
    free: Vec<u32>,
    /// The places of all records, by the hash of the id (which stands in the record alone).
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    profiles: Profiles,
    /// All who are said to be at an address; kept only if somebody asks.
    addresses: Option<HashMap<A, Vec<MemberKey>>>,
    /// Every record once; those before `cursor` had their turn in this round.
    order: Vec<u32>,
    cursor: usize,
    counts: [usize; 4],
    /// What was last shown of it; there is none until somebody asks.
    published: Option<Box<Published<I, A>>>,
}

impl<I: Id, A: Address> Dense<I, A> {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            profiles: Profiles::default(),
            addresses: None,
            order: Vec::new(),
            cursor: 0,
            counts: [0; 4],
            published: None,
        }
    }
}

impl<I: Id, A: Address> Default for Dense<I, A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Id, A: Address> Table<I, A> for Dense<I, A> {
    fn index_addresses(&mut self) {
        self.addresses = Some(HashMap::new());
    }

    fn at_address(&self, address: &A) -> impl Iterator<Item = &Record<I, A>> {
        let keys = self.addresses.as_ref().and_then(|addresses| addresses.get(address));
        keys.map_or(&[][..], Vec::as_slice).iter().filter_map(|key| self.get(*key))
    }

    fn settle(&mut self, key: MemberKey) {
        if self.addresses.is_some()
            && let Some(address) = self.get(key).map(|record| record.node.address.clone())
            && let Some(addresses) = &mut self.addresses
        {
            addresses.entry(address).or_default().push(key);
        }
    }

    fn unsettle(&mut self, key: MemberKey) {
        if self.addresses.is_some()
            && let Some(address) = self.get(key).map(|record| record.node.address.clone())
            && let Some(addresses) = &mut self.addresses
            && let Some(keys) = addresses.get_mut(&address)
        {
            keys.retain(|other| *other != key);
            if keys.is_empty() {
                addresses.remove(&address);
            }
        }
    }

    fn len(&self) -> usize {
        self.order.len()
    }

    fn count(&self, state: State) -> usize {
        self.counts.get(usize::from(state.value())).copied().unwrap_or(0)
    }

    fn key(&self, id: &I) -> Option<MemberKey> {
        let found = self.index.find(self.hasher.hash_one(id), |slot| {
            self.at(*slot).is_some_and(|record| record.node.id == *id)
        });
        found.and_then(|slot| self.key_of(*slot))
    }

    fn get(&self, key: MemberKey) -> Option<&Record<I, A>> {
        self.at(key.slot).filter(|record| record.generation == key.generation)
    }

    fn get_mut(&mut self, key: MemberKey) -> Option<&mut Record<I, A>> {
        self.mark(key.slot);
        self.at_mut(key.slot).filter(|record| record.generation == key.generation)
    }

    fn iter(&self) -> impl Iterator<Item = &Record<I, A>> {
        self.order.iter().filter_map(|slot| self.at(*slot))
    }

    fn slice(&self, from: usize, max: usize) -> (impl Iterator<Item = &Record<I, A>>, Option<usize>) {
        let end = from.saturating_add(max.max(1)).min(self.slots.len());
        let slots = self.slots.get(from..end).unwrap_or_default();
        let next = (end < self.slots.len()).then_some(end);
        (slots.iter().filter_map(Slot::record), next)
    }

    fn reserve(&mut self, more: usize) {
        let new = more.saturating_sub(self.free.len());
        self.slots.reserve_exact(new);
        self.order.reserve_exact(more);
        let Self { index, hasher, slots, .. } = self;
        index.reserve(more, rehash(hasher, slots));
        if let Some(addresses) = &mut self.addresses {
            addresses.reserve(more);
        }
    }

    fn insert(
        &mut self,
        node: Node<I, A>,
        profile: Profile,
        incarnation: Incarnation,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> MemberKey {
        let hash = self.hasher.hash_one(&node.id);
        let mut record = Record::new(node, self.profiles.share(profile), incarnation, now);
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                grow(&mut self.slots);
                self.slots.push(Slot::Vacant(Generation::default()));
                // Four thousand million members do not fit into memory.
                (self.slots.len() - 1) as u32
            }
        };
        if let Some(place) = self.slots.get_mut(slot as usize) {
            if let Slot::Vacant(generation) = place {
                record.generation = *generation;
            }
            *place = Slot::Taken(record);
        }
        let Self { index, hasher, slots, .. } = self;
        index.insert_unique(hash, slot, rehash(hasher, slots));
        let key = MemberKey { slot, generation: self.at(slot).map(|r| r.generation).unwrap_or_default() };
        self.mark(slot);
        self.settle(key);
        self.bump(State::Alive, 1);
        let last = self.order.len();
        grow(&mut self.order);
        self.order.push(slot);
        let waiting = last + 1 - self.cursor.min(last);
        let place = self.cursor.min(last) + random::below(rng, waiting);
        self.order.swap(place, last);
        self.renumber(place);
        self.renumber(last);
        key
    }

    fn remove(&mut self, key: MemberKey) -> Option<Record<I, A>> {
        self.unsettle(key);
        let hash = self.hasher.hash_one(&self.get(key)?.node.id);
        self.mark(key.slot);
        if let Ok(entry) = self.index.find_entry(hash, |slot| *slot == key.slot) {
            entry.remove();
        }
        let place = self.slots.get_mut(key.slot as usize)?;
        let Slot::Taken(record) = core::mem::replace(place, Slot::Vacant(key.generation.next())) else {
            return None;
        };
        self.free.push(key.slot);
        self.bump(record.state, -1);
        self.close_gap(record.position as usize);
        Some(record)
    }

    fn set_profile(&mut self, key: MemberKey, profile: Profile) {
        if self.get(key).is_some_and(|record| *record.profile() != profile) {
            let shared = self.profiles.share(profile);
            if let Some(record) = self.get_mut(key) {
                record.set_profile(shared);
            }
        }
    }

    fn set_state(&mut self, key: MemberKey, state: State, now: Instant) {
        let Some(record) = self.get_mut(key) else { return };
        let old = core::mem::replace(&mut record.state, state);
        if old != state {
            record.changed_at = now;
        }
        self.bump(old, -1);
        self.bump(state, 1);
    }

    fn next_probe(
        &mut self,
        rng: &mut dyn Rng,
        eligible: impl Fn(&Record<I, A>) -> bool,
    ) -> Option<MemberKey> {
        // The rest of this round, and then all of the next one: the only eligible one may have been the first of this and be the last of that.
        let rest = self.order.len().saturating_sub(self.cursor);
        for _ in 0..rest + self.order.len() {
            if self.cursor >= self.order.len() {
                self.cursor = 0;
                random::shuffle(rng, &mut self.order);
                for position in 0..self.order.len() {
                    self.renumber(position);
                }
            }
            let slot = self.order.get(self.cursor).copied()?;
            self.cursor += 1;
            if self.at(slot).is_some_and(&eligible) {
                return self.key_of(slot);
            }
        }
        None
    }

    fn sample_into(
        &self,
        k: usize,
        rng: &mut dyn Rng,
        eligible: impl Fn(&Record<I, A>) -> bool,
        chosen: &mut Vec<MemberKey>,
    ) {
        chosen.clear();
        if k > 0 && !self.order.is_empty() {
            let fits = |slot: u32| {
                let record = self.at(slot).filter(|record| eligible(record))?;
                Some(MemberKey { slot, generation: record.generation })
            };
            self.choose(k, rng, fits, chosen);
        }
    }
}

impl<I: Id, A: Address> Dense<I, A> {
    /// All members, of which only those are copied that have changed since it was last asked for.
    pub(crate) fn snapshot(&mut self) -> Snapshot<I, A> {
        let members = self.live();
        self.published.get_or_insert_with(|| Box::new(Published::new())).read(&self.slots, members)
    }

    /// The record in this place may change.
    fn mark(&mut self, slot: u32) {
        if let Some(published) = &mut self.published {
            published.mark(slot);
        }
    }

    fn choose(
        &self,
        k: usize,
        rng: &mut dyn Rng,
        fits: impl Fn(u32) -> Option<MemberKey>,
        chosen: &mut Vec<MemberKey>,
    ) {
        let n = self.order.len();
        if n > k.saturating_mul(3) {
            // Drawing is cheap while most are eligible; give up soon where few are.
            for _ in 0..8 * k {
                if let Some(slot) = self.order.get(random::below(rng, n))
                    && chosen.iter().all(|other| other.slot != *slot)
                    && let Some(key) = fits(*slot)
                {
                    chosen.push(key);
                    if chosen.len() == k {
                        return;
                    }
                }
            }
        }
        // Exhaustive, so that the only candidate is never missed: reservoir over those not chosen yet.
        let already = chosen.len();
        let mut seen = 0;
        for slot in &self.order {
            if chosen.iter().take(already).any(|other| other.slot == *slot) {
                continue;
            }
            let Some(key) = fits(*slot) else { continue };
            seen += 1;
            if chosen.len() < k {
                chosen.push(key);
            } else {
                let place = random::below(rng, seen);
                if let Some(old) = chosen.get_mut(already + place) {
                    *old = key;
                }
            }
        }
    }

    fn at(&self, slot: u32) -> Option<&Record<I, A>> {
        self.slots.get(slot as usize)?.record()
    }

    fn at_mut(&mut self, slot: u32) -> Option<&mut Record<I, A>> {
        self.slots.get_mut(slot as usize)?.record_mut()
    }

    fn key_of(&self, slot: u32) -> Option<MemberKey> {
        self.at(slot).map(|record| MemberKey { slot, generation: record.generation })
    }

    /// Bytes that the records, their order and the index take; not what is behind their pointers, and not what was reserved for more.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.slots.len() * size_of::<Slot<I, A>>() + self.order.len() * 4 + self.index.allocation_size()
    }

    fn bump(&mut self, state: State, by: isize) {
        if let Some(count) = self.counts.get_mut(usize::from(state.value())) {
            *count = count.saturating_add_signed(by);
        }
    }

    fn renumber(&mut self, position: usize) {
        if let Some(slot) = self.order.get(position).copied()
            && let Some(record) = self.at_mut(slot)
        {
            record.position = position as u32;
        }
    }

    /// Takes the place `position` out of the order without moving anybody across the cursor.
    fn close_gap(&mut self, mut position: usize) {
        if position < self.cursor {
            self.cursor -= 1;
            self.order.swap(position, self.cursor);
            self.renumber(position);
            position = self.cursor;
        }
        if position < self.order.len() {
            self.order.swap_remove(position);
            self.renumber(position);
        }
    }
}

/// Bytes of one place of the table.
#[cfg(test)]
pub(super) fn place_size<I, A>() -> usize {
    size_of::<Slot<I, A>>()
}

/// The hash of a record that the index names.
fn rehash<I: Id, A: Address>(hasher: &DefaultHashBuilder, slots: &[Slot<I, A>]) -> impl Fn(&u32) -> u64 {
    |slot| {
        slots.get(*slot as usize).and_then(Slot::record).map_or(0, |record| hasher.hash_one(&record.node.id))
    }
}

/// Makes room for at least one more, at most an eighth too much: doubling would waste as much as it holds.
fn grow<T>(items: &mut Vec<T>) {
    if items.len() == items.capacity() {
        items.reserve_exact((items.len() / 8).max(4));
    }
}
