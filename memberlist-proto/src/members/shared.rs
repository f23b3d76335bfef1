//! A store for simulations of many nodes: what all agree on is stored once, and each store holds only where it differs.

use super::{
    MemberKey,
    record::{Generation, Profile, Record},
    store::Table,
};
use crate::{Instant, Prefetch, random};
use alloc::{boxed::Box, collections::BTreeMap, rc::Rc, vec::Vec};
use bits::Bits;
use memberlist_types::{Address, Id, Incarnation, Node, State};
use order::Pass;
use rand_core::Rng;

mod arena;
mod bits;
mod common;
mod order;

pub use common::Common;

/// A table of members that shares what all agree on with the others of the same simulation: whoever knows everybody and suspects
/// nobody takes next to no memory, whatever the size of the cluster.
///
/// It behaves as [`Dense`](crate::Dense) does, but for two things: whom it draws (with the same probabilities; in each round everybody
/// once), and that `changed_at` of an alive member is the time at which somebody first heard of what it says.
///
/// It is for one thread: an endpoint that uses it is not `Send`.
///
/// ```
/// use memberlist_proto::{Common, Endpoint, Instant, LocalNode, Options, Shared, types::{Framing, NativeWire}};
/// use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};
///
/// let common = Common::new();
/// for name in 0..100u64 {
///     let local = LocalNode::new(name, "127.0.0.1:7946".parse::<core::net::SocketAddr>()?);
///     let rng = Box::new(Pcg64Mcg::seed_from_u64(name));
///     let store = Shared::new(&common);
///     Endpoint::with_store(Instant::START, local, Options::lan(), &Framing::new(), NativeWire, rng, store)?;
/// }
/// assert_eq!(common.members(), 100);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Shared<I: Id, A: Address> {
    common: Rc<common::Table<I, A>>,
    /// How many changes of the common versions it has gone along with.
    changes: u32,
    /// The places of those that are known here.
    known: Bits,
    len: usize,
    counts: [usize; 4],
    /// Where it differs from what is common. Never empty-handed: the place is known.
    own: BTreeMap<u32, Own<I, A>>,
    /// The place of the record that was last given out to be changed: perhaps it says again what others say.
    lent: Option<u32>,
    /// How often those were forgotten that ever were.
    generations: BTreeMap<u32, Generation>,
    me: Option<u32>,
    pass: Pass,
}

/// What a store holds of a member.
enum Own<I, A> {
    /// It is alive, and this is what it says.
    Version(u32),
    /// All else: suspected, gone, or in doubt.
    Record(Box<Record<I, A>>),
}

impl<I: Id, A: Address> Shared<I, A> {
    /// An empty store beside the others that were made from the same.
    #[must_use]
    pub fn new(common: &Common<I, A>) -> Self {
        let common = common.0.clone();
        common.stores.set(common.stores.get() + 1);
        Self {
            changes: common.changes(),
            common,
            known: Bits::default(),
            len: 0,
            counts: [0; 4],
            own: BTreeMap::new(),
            lent: None,
            generations: BTreeMap::new(),
            me: None,
            pass: Pass::default(),
        }
    }

    /// Knows everybody at once whom anybody has heard of, alive and as it is commonly known.
    pub(crate) fn learn_all(&mut self) {
        self.catch_up();
        let all = self.common.len();
        let new = all - self.len;
        self.known.fill(all);
        self.len = all;
        self.bump(State::Alive, new as isize);
    }

    /// For how many members it takes memory.
    pub(super) fn differences(&mut self) -> usize {
        self.settle_lent();
        self.catch_up();
        self.own.len()
    }

    fn at(&self, place: u32) -> Option<&Record<I, A>> {
        if !self.known.contains(place) {
            return None;
        }
        match self.own.get(&place) {
            Some(Own::Record(record)) => Some(record),
            Some(Own::Version(version)) => self.common.record(*version),
            None => self.common.record(self.common.current(place, self.changes)),
        }
    }

    fn place(&self, key: MemberKey) -> Option<u32> {
        (self.known.contains(key.slot) && self.generation(key.slot) == key.generation).then_some(key.slot)
    }

    fn key_of(&self, place: u32) -> MemberKey {
        MemberKey { slot: place, generation: self.generation(place) }
    }

    fn generation(&self, place: u32) -> Generation {
        self.generations.get(&place).copied().unwrap_or_default()
    }

    /// Goes along with what has become common, without believing anything else than before.
    fn catch_up(&mut self) {
        while let Some(change) = self.common.change(self.changes) {
            self.changes += 1;
            if !self.known.contains(change.place) {
                continue;
            }
            match self.own.get(&change.place) {
                Some(Own::Version(version)) if *version == change.new => {
                    self.common.let_go(change.new);
                    self.own.remove(&change.place);
                }
                Some(_) => {}
                None => self.hold(change.place, change.old),
            }
        }
    }

    /// What was changed last may be what others say, too.
    fn settle_lent(&mut self) {
        self.catch_up();
        if let Some(place) = self.lent.take()
            && let Some(Own::Record(record)) = self.own.get(&place)
            && record.is_plain()
        {
            let version = self.common.version(place, record);
            self.own.remove(&place);
            self.hold(place, version);
        }
    }

    /// It is alive, and says this.
    fn hold(&mut self, place: u32, version: u32) {
        if version != self.common.current(place, self.changes) {
            self.own.insert(place, Own::Version(version));
            self.common.hold(version);
        }
    }

    fn bump(&mut self, state: State, by: isize) {
        if let Some(count) = self.counts.get_mut(usize::from(state.value())) {
            *count = count.saturating_add_signed(by);
        }
    }

    /// As many as fit: `k` of the known, or all of them.
    fn draw(&self, k: usize, rng: &mut dyn Rng, fits: impl Fn(u32) -> bool, chosen: &mut Vec<u32>) {
        let span = self.known.span();
        let dense = self.len.saturating_mul(16) >= span;
        if dense && self.len > k.saturating_mul(3) {
            // Drawing is cheap while most are eligible; give up soon where few are.
            for _ in 0..8 * k * span.div_ceil(self.len) {
                let place = random::below(rng, span) as u32;
                if self.known.contains(place) && !chosen.contains(&place) && fits(place) {
                    chosen.push(place);
                    if chosen.len() == k {
                        return;
                    }
                }
            }
        }
        let already = chosen.len();
        let mut seen = 0;
        for place in self.known.iter() {
            if chosen.iter().take(already).any(|other| *other == place) || !fits(place) {
                continue;
            }
            seen += 1;
            if chosen.len() < k {
                chosen.push(place);
            } else if let Some(old) = chosen.get_mut(already + random::below(rng, seen)) {
                *old = place;
            }
        }
    }
}

impl<I: Id, A: Address> Drop for Shared<I, A> {
    fn drop(&mut self) {
        self.common.stores.set(self.common.stores.get().saturating_sub(1));
        for own in self.own.values() {
            if let Own::Version(version) = own {
                self.common.let_go(*version);
            }
        }
    }
}

impl<I: Id, A: Address> Table<I, A> for Shared<I, A> {
    fn index_addresses(&mut self) {
        self.common.index_addresses();
    }

    fn at_address(&self, address: &A) -> impl Iterator<Item = &Record<I, A>> {
        let address = address.clone();
        let places = self.common.at_address(&address);
        places
            .into_iter()
            .filter_map(|place| self.at(place))
            .filter(move |record| record.node.address == address)
    }

    fn settle(&mut self, key: MemberKey) {
        if let Some(record) = self.get(key) {
            self.common.settle(key.slot, &record.node.address);
        }
    }

    fn unsettle(&mut self, _: MemberKey) {
        // Who is where is looked up in the records.
    }

    fn len(&self) -> usize {
        self.len
    }

    fn count(&self, state: State) -> usize {
        self.counts.get(usize::from(state.value())).copied().unwrap_or(0)
    }

    fn key(&self, id: &I) -> Option<MemberKey> {
        let place = self.common.find(id).filter(|place| self.known.contains(*place))?;
        Some(self.key_of(place))
    }

    fn get(&self, key: MemberKey) -> Option<&Record<I, A>> {
        self.at(self.place(key)?)
    }

    fn get_mut(&mut self, key: MemberKey) -> Option<&mut Record<I, A>> {
        let place = self.place(key)?;
        if self.lent != Some(place) {
            self.settle_lent();
            self.lent = Some(place);
            if !matches!(self.own.get(&place), Some(Own::Record(_))) {
                let copy = Box::new(self.at(place)?.clone());
                if let Some(Own::Version(version)) = self.own.insert(place, Own::Record(copy)) {
                    self.common.let_go(version);
                }
            }
        }
        match self.own.get_mut(&place) {
            Some(Own::Record(record)) => Some(record),
            _ => None,
        }
    }

    fn prefetch_record(&self, id: Option<&I>, by: &impl Prefetch) {
        // A probe tells who asks, too.
        let places = match id {
            Some(id) => [self.common.guess(id), None],
            None => [self.pass.peek(), self.me],
        };
        places.into_iter().flatten().for_each(|place| self.common.prefetch(place, by));
    }

    fn iter(&self) -> impl Iterator<Item = &Record<I, A>> {
        self.known.iter().filter_map(|place| self.at(place))
    }

    fn slice(&self, from: usize, max: usize) -> (impl Iterator<Item = &Record<I, A>>, Option<usize>) {
        // Our own place comes first, then all in order.
        let all = self.known.span() + 1;
        let end = from.saturating_add(max.max(1)).min(all);
        let first = self.me.filter(|_| from == 0);
        let others = self.known.range(from.saturating_sub(1), end.saturating_sub(1));
        let others = others.filter(|place| self.me != Some(*place));
        let records = first.into_iter().chain(others).filter_map(|place| self.at(place));
        (records, (end < all).then_some(end))
    }

    fn reserve(&mut self, _: usize) {}

    fn insert(
        &mut self,
        node: Node<I, A>,
        profile: Profile,
        incarnation: Incarnation,
        now: Instant,
        _: &mut dyn Rng,
    ) -> MemberKey {
        self.settle_lent();
        let found = self.common.find(&node.id);
        let record = Record::new(node, self.common.profile(profile), incarnation, now);
        let place = match found {
            Some(place) => {
                self.known.insert(place);
                self.hold(place, self.common.version(place, &record));
                place
            }
            None => {
                let place = self.common.add(record);
                self.known.insert(place);
                place
            }
        };
        self.me.get_or_insert(place);
        self.len += 1;
        self.bump(State::Alive, 1);
        self.key_of(place)
    }

    fn remove(&mut self, key: MemberKey) -> Option<Record<I, A>> {
        let place = self.place(key)?;
        self.settle_lent();
        let record = match self.own.remove(&place) {
            Some(Own::Record(record)) => *record,
            Some(Own::Version(version)) => {
                self.common.let_go(version);
                self.common.record(version)?.clone()
            }
            None => self.at(place)?.clone(),
        };
        self.known.remove(place);
        self.generations.insert(place, key.generation.next());
        self.len -= 1;
        self.bump(record.state, -1);
        Some(record)
    }

    fn set_profile(&mut self, key: MemberKey, profile: Profile) {
        if self.get(key).is_some_and(|record| *record.profile() != profile) {
            let profile = self.common.profile(profile);
            if let Some(record) = self.get_mut(key) {
                record.set_profile(profile);
            }
        }
    }

    fn set_state(&mut self, key: MemberKey, state: State, now: Instant) {
        let Some(old) = self.get(key).map(|record| record.state).filter(|old| *old != state) else { return };
        if let Some(record) = self.get_mut(key) {
            record.state = state;
            record.changed_at = now;
            self.bump(old, -1);
            self.bump(state, 1);
        }
    }

    fn next_probe(
        &mut self,
        rng: &mut dyn Rng,
        eligible: impl Fn(&Record<I, A>) -> bool,
    ) -> Option<MemberKey> {
        self.settle_lent();
        // The rest of this round, or else the next one, in which everybody has a turn.
        for _ in 0..2 {
            while let Some(place) = self.pass.next() {
                if self.at(place).is_some_and(&eligible) {
                    return Some(self.key_of(place));
                }
            }
            self.pass = Pass::new(self.known.span(), rng);
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
        let mut places = Vec::with_capacity(k.min(self.len));
        if k > 0 && self.len > 0 {
            self.draw(k, rng, |place| self.at(place).is_some_and(&eligible), &mut places);
        }
        chosen.extend(places.into_iter().map(|place| self.key_of(place)));
    }
}

#[cfg(test)]
mod tests;
