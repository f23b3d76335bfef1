//! The membership table: a slab of records, an index by id, and the shuffled order in which members are probed.

use crate::{Instant, Member, SuspicionReason, random, suspicion::Suspicion, timer::TimerKey};
use alloc::vec::Vec;
use hashbrown::HashMap;
use memberlist_types::{Address, Id, Incarnation, Layers, Meta, Node, State, Versions};
use rand_core::Rng;

/// Names a record; a key of a forgotten record finds nothing, even if its place was taken by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MemberKey {
    slot: u32,
    generation: u32,
}

/// Everything that is known of one node.
pub(crate) struct Record<I, A> {
    pub(crate) node: Node<I, A>,
    pub(crate) meta: Meta,
    pub(crate) versions: Versions,
    pub(crate) layers: Layers,
    pub(crate) incarnation: Incarnation,
    /// The highest incarnation known from the node itself, or the first that was heard: what hearsay is measured against.
    pub(crate) trusted: Incarnation,
    /// When a false claim to its name was last reported.
    pub(crate) conflict_at: Option<Instant>,
    pub(crate) changed_at: Instant,
    pub(crate) suspicion: Option<RunningSuspicion<I>>,
    /// When a gone node is to be forgotten.
    pub(crate) reaper: Option<TimerKey>,
    state: State,
    /// Where this record stands in the probe order.
    position: usize,
}

/// A suspicion with its timer and what it rests on.
pub(crate) struct RunningSuspicion<I> {
    pub(crate) suspicion: Suspicion<I>,
    pub(crate) timer: TimerKey,
    /// Whether it was extended because we slept when it ran out.
    pub(crate) reprieved: bool,
    pub(crate) reason: SuspicionReason<I>,
}

impl<I: Id, A: Address> Record<I, A> {
    /// A new record in state `Alive`.
    pub(crate) fn new(
        node: Node<I, A>,
        meta: Meta,
        versions: Versions,
        incarnation: Incarnation,
        now: Instant,
    ) -> Self {
        Self {
            node,
            meta,
            versions,
            layers: Layers::BASE,
            incarnation,
            trusted: incarnation,
            conflict_at: None,
            changed_at: now,
            suspicion: None,
            reaper: None,
            state: State::Alive,
            position: 0,
        }
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    pub(crate) fn snapshot(&self) -> Member<I, A> {
        Member {
            node: self.node.clone(),
            meta: self.meta.clone(),
            versions: self.versions,
            layers: self.layers,
            state: self.state,
            incarnation: self.incarnation,
            changed_at: self.changed_at,
        }
    }
}

struct Slot<I, A> {
    generation: u32,
    record: Option<Record<I, A>>,
}

/// The table. Lookups, counts and changes cost the same at ten and at a hundred thousand members.
pub(crate) struct Members<I, A> {
    slots: Vec<Slot<I, A>>,
    free: Vec<u32>,
    index: HashMap<I, MemberKey>,
    /// All who are said to be at an address; kept only if somebody asks.
    addresses: Option<HashMap<A, Vec<MemberKey>>>,
    /// Every record once; those before `cursor` had their turn in this round.
    order: Vec<MemberKey>,
    cursor: usize,
    counts: [usize; 4],
}

impl<I: Id, A: Address> Members<I, A> {
    pub(crate) fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            index: HashMap::new(),
            addresses: None,
            order: Vec::new(),
            cursor: 0,
            counts: [0; 4],
        }
    }

    /// From now on finds records by address, too: for an empty table.
    pub(crate) fn index_addresses(&mut self) {
        self.addresses = Some(HashMap::new());
    }

    /// The records that are said to be at this address: one, unless a name changed hands or somebody tells lies.
    pub(crate) fn at_address(&self, address: &A) -> impl ExactSizeIterator<Item = Option<&Record<I, A>>> {
        let keys = self.addresses.as_ref().and_then(|addresses| addresses.get(address));
        keys.map_or(&[][..], Vec::as_slice).iter().map(|key| self.get(*key))
    }

    /// A node is now at its address; to be called once, until it is [unsettled](Self::unsettle).
    pub(crate) fn settle(&mut self, key: MemberKey) {
        if self.addresses.is_some()
            && let Some(address) = self.get(key).map(|record| record.node.address.clone())
            && let Some(addresses) = &mut self.addresses
        {
            addresses.entry(address).or_default().push(key);
        }
    }

    /// A node is not at its address any more.
    pub(crate) fn unsettle(&mut self, key: MemberKey) {
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

    /// How many nodes are known, the gone included: the estimate that all scaling uses.
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// How many are in this state.
    pub(crate) fn count(&self, state: State) -> usize {
        self.counts.get(usize::from(state.value())).copied().unwrap_or(0)
    }

    /// How many are alive or suspect.
    pub(crate) fn live(&self) -> usize {
        self.count(State::Alive) + self.count(State::Suspect)
    }

    pub(crate) fn key(&self, id: &I) -> Option<MemberKey> {
        self.index.get(id).copied()
    }

    pub(crate) fn get(&self, key: MemberKey) -> Option<&Record<I, A>> {
        self.slots.get(key.slot as usize).filter(|s| s.generation == key.generation)?.record.as_ref()
    }

    pub(crate) fn get_mut(&mut self, key: MemberKey) -> Option<&mut Record<I, A>> {
        self.slots.get_mut(key.slot as usize).filter(|s| s.generation == key.generation)?.record.as_mut()
    }

    pub(crate) fn by_id(&self, id: &I) -> Option<&Record<I, A>> {
        self.get(self.key(id)?)
    }

    /// All records, in probe order (which is shuffled, and the same for the same seed).
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Record<I, A>> {
        self.order.iter().filter_map(|key| self.get(*key))
    }

    /// The records of up to `max` places of the table from place `from` on, and where to go on (`None`: that was all). A record keeps its place
    /// for as long as it is known, so whoever goes on later misses nobody who was there all the time.
    pub(crate) fn slice(
        &self,
        from: usize,
        max: usize,
    ) -> (impl Iterator<Item = &Record<I, A>>, Option<usize>) {
        let end = from.saturating_add(max.max(1)).min(self.slots.len());
        let slots = self.slots.get(from..end).unwrap_or_default();
        let next = (end < self.slots.len()).then_some(end);
        (slots.iter().filter_map(|slot| slot.record.as_ref()), next)
    }

    /// Makes room for so many more, so that the table need not grow (and move) while they come.
    pub(crate) fn reserve(&mut self, more: usize) {
        let new = more.saturating_sub(self.free.len());
        self.slots.reserve(new);
        self.index.reserve(more);
        self.order.reserve(more);
        if let Some(addresses) = &mut self.addresses {
            addresses.reserve(more);
        }
    }

    /// Adds a record of an unknown id, at a random place among those that still wait for their turn.
    pub(crate) fn insert(&mut self, record: Record<I, A>, rng: &mut dyn Rng) -> MemberKey {
        let id = record.node.id.clone();
        let state = record.state;
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.slots.push(Slot { generation: 0, record: None });
                (self.slots.len() - 1) as u32
            }
        };
        let mut key = MemberKey { slot, generation: 0 };
        if let Some(place) = self.slots.get_mut(slot as usize) {
            key.generation = place.generation;
            place.record = Some(record);
        }
        self.index.insert(id, key);
        self.settle(key);
        self.bump(state, 1);
        let last = self.order.len();
        self.order.push(key);
        let waiting = last + 1 - self.cursor.min(last);
        let place = self.cursor.min(last) + random::below(rng, waiting);
        self.order.swap(place, last);
        self.renumber(place);
        self.renumber(last);
        key
    }

    /// Forgets a record.
    pub(crate) fn remove(&mut self, key: MemberKey) -> Option<Record<I, A>> {
        self.unsettle(key);
        let slot = self.slots.get_mut(key.slot as usize).filter(|s| s.generation == key.generation)?;
        let record = slot.record.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(key.slot);
        self.index.remove(&record.node.id);
        self.bump(record.state, -1);
        self.close_gap(record.position);
        Some(record)
    }

    /// Changes the state; the counts follow.
    pub(crate) fn set_state(&mut self, key: MemberKey, state: State, now: Instant) {
        let Some(record) = self.get_mut(key) else { return };
        let old = core::mem::replace(&mut record.state, state);
        if old != state {
            record.changed_at = now;
        }
        self.bump(old, -1);
        self.bump(state, 1);
    }

    /// The next one to probe that `eligible` accepts, round robin over an order that is shuffled once a round.
    pub(crate) fn next_probe(
        &mut self,
        rng: &mut dyn Rng,
        eligible: impl Fn(&Record<I, A>) -> bool,
    ) -> Option<MemberKey> {
        for _ in 0..=self.order.len() {
            if self.cursor >= self.order.len() {
                self.cursor = 0;
                random::shuffle(rng, &mut self.order);
                for position in 0..self.order.len() {
                    self.renumber(position);
                }
            }
            let key = self.order.get(self.cursor).copied()?;
            self.cursor += 1;
            if self.get(key).is_some_and(&eligible) {
                return Some(key);
            }
        }
        None
    }

    /// Up to `k` different ones that `eligible` accepts, each as likely as any other.
    pub(crate) fn sample(
        &self,
        k: usize,
        rng: &mut dyn Rng,
        eligible: impl Fn(&Record<I, A>) -> bool,
    ) -> Vec<MemberKey> {
        let n = self.order.len();
        let mut chosen: Vec<MemberKey> = Vec::with_capacity(k.min(n));
        if k == 0 || n == 0 {
            return chosen;
        }
        let fits = |key: &MemberKey| self.get(*key).is_some_and(&eligible);
        if n > k.saturating_mul(3) {
            // Drawing is cheap while most are eligible; give up soon where few are.
            for _ in 0..8 * k {
                if let Some(key) = self.order.get(random::below(rng, n))
                    && !chosen.contains(key)
                    && fits(key)
                {
                    chosen.push(*key);
                    if chosen.len() == k {
                        return chosen;
                    }
                }
            }
        }
        // Exhaustive, so that the only candidate is never missed: reservoir over those not chosen yet.
        let already = chosen.len();
        let mut seen = 0;
        for key in &self.order {
            if chosen.iter().take(already).any(|c| c == key) || !fits(key) {
                continue;
            }
            seen += 1;
            if chosen.len() < k {
                chosen.push(*key);
            } else {
                let place = random::below(rng, seen);
                if let Some(old) = chosen.get_mut(already + place) {
                    *old = *key;
                }
            }
        }
        chosen
    }

    fn bump(&mut self, state: State, by: isize) {
        if let Some(count) = self.counts.get_mut(usize::from(state.value())) {
            *count = count.saturating_add_signed(by);
        }
    }

    fn renumber(&mut self, position: usize) {
        if let Some(key) = self.order.get(position).copied()
            && let Some(record) = self.get_mut(key)
        {
            record.position = position;
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

#[cfg(test)]
mod tests;
