use super::{
    Dense, MemberKey, Shared,
    record::{Profile, Record},
    shared::Common,
    store::Table,
};
use crate::Instant;
use alloc::vec::Vec;
use core::{
    cell::{Cell, RefCell},
    convert::Infallible,
};
use memberlist_types::{Address, Id, Incarnation, Node, State};
use rand_core::{Rng, TryRng};

/// Both stores at once, each as the other's oracle: for tests. All answers are those of [`Dense`](crate::Dense); where
/// [`Shared`](crate::Shared) answers anything else, or what is not as good, it panics.
pub struct Lockstep<I: Id, A: Address> {
    dense: Dense<I, A>,
    shared: RefCell<Shared<I, A>>,
    draws: RefCell<Draws>,
    /// The record of the dense store that was last given out to be changed: the other one is to get the change, too.
    lent: Cell<Option<MemberKey>>,
    changes: u32,
}

impl<I: Id, A: Address> Lockstep<I, A> {
    /// Two empty stores.
    #[must_use]
    pub fn new(common: &Common<I, A>) -> Self {
        Self {
            dense: Dense::new(),
            shared: RefCell::new(Shared::new(common)),
            draws: RefCell::new(Draws(common.versions() as u64)),
            lent: Cell::new(None),
            changes: 0,
        }
    }

    /// For how many members the shared store takes memory.
    #[must_use]
    pub fn differences(&self) -> usize {
        self.mirror();
        self.shared.borrow_mut().differences()
    }

    /// Panics if the stores differ in anything.
    pub fn check(&self) {
        self.mirror();
        let shared = self.shared.borrow();
        assert_eq!((self.dense.len(), self.dense.live()), (shared.len(), shared.live()), "how many");
        for state in [State::Alive, State::Suspect, State::Dead, State::Left] {
            assert_eq!(self.dense.count(state), shared.count(state), "how many are {state}");
            assert_eq!(shared.iter().filter(|record| record.state() == state).count(), shared.count(state));
        }
        assert_eq!(shared.iter().count(), shared.len());
        for record in self.dense.iter() {
            let other = shared.by_id(&record.node.id);
            assert!(
                other.is_some_and(|other| record.agrees_with(other)),
                "{record:?} differs from {other:?}"
            );
        }
    }

    fn mirror(&self) {
        if let Some(key) = self.lent.take()
            && let Some(record) = self.dense.get(key)
        {
            let mut shared = self.shared.borrow_mut();
            let copy = shared.key(&record.node.id).and_then(|key| shared.get_mut(key));
            assert!(copy.is_some(), "{record:?} is not known");
            if let Some(copy) = copy {
                *copy = record.clone();
            }
        }
    }

    fn twin(&self, key: MemberKey) -> Option<MemberKey> {
        self.mirror();
        self.shared.borrow().key(&self.dense.get(key)?.node.id)
    }

    /// Looks at everything now and then.
    fn changed(&mut self) {
        self.changes = self.changes.wrapping_add(1);
        if self.changes.is_multiple_of(1 + self.dense.len() as u32 / 4) {
            self.check();
        }
    }

    fn ids(&self, shared: &Shared<I, A>, keys: &[MemberKey], eligible: impl Fn(&Record<I, A>) -> bool) {
        for (n, key) in keys.iter().enumerate() {
            let Some(drawn) = shared.get(*key) else { unreachable!("what was drawn is known") };
            assert!(self.dense.by_id(&drawn.node.id).is_some_and(&eligible), "{drawn:?} was drawn");
            assert!(!keys.iter().skip(n + 1).any(|other| other == key), "{drawn:?} was drawn twice");
        }
    }
}

impl<I: Id, A: Address> Table<I, A> for Lockstep<I, A> {
    fn index_addresses(&mut self) {
        self.dense.index_addresses();
        self.shared.borrow_mut().index_addresses();
    }

    fn at_address(&self, address: &A) -> impl Iterator<Item = &Record<I, A>> {
        self.mirror();
        let ids = |records: &mut dyn Iterator<Item = &Record<I, A>>| {
            let mut ids: Vec<I> = records.map(|record| record.node.id.clone()).collect();
            ids.sort_unstable();
            ids
        };
        let shared = self.shared.borrow();
        assert_eq!(
            ids(&mut self.dense.at_address(address)),
            ids(&mut shared.at_address(address)),
            "{address}"
        );
        self.dense.at_address(address)
    }

    fn settle(&mut self, key: MemberKey) {
        let twin = self.twin(key);
        self.dense.settle(key);
        if let Some(twin) = twin {
            self.shared.borrow_mut().settle(twin);
        }
    }

    fn unsettle(&mut self, key: MemberKey) {
        let twin = self.twin(key);
        self.dense.unsettle(key);
        if let Some(twin) = twin {
            self.shared.borrow_mut().unsettle(twin);
        }
    }

    fn len(&self) -> usize {
        assert_eq!(self.dense.len(), self.shared.borrow().len());
        self.dense.len()
    }

    fn count(&self, state: State) -> usize {
        assert_eq!(self.dense.count(state), self.shared.borrow().count(state));
        self.dense.count(state)
    }

    fn key(&self, id: &I) -> Option<MemberKey> {
        assert_eq!(self.dense.key(id).is_some(), self.shared.borrow().key(id).is_some(), "{id}");
        self.dense.key(id)
    }

    fn get(&self, key: MemberKey) -> Option<&Record<I, A>> {
        self.mirror();
        let record = self.dense.get(key)?;
        let shared = self.shared.borrow();
        let other = shared.by_id(&record.node.id);
        assert!(other.is_some_and(|other| record.agrees_with(other)), "{record:?} differs from {other:?}");
        Some(record)
    }

    fn get_mut(&mut self, key: MemberKey) -> Option<&mut Record<I, A>> {
        self.mirror();
        self.changed();
        self.lent.set(Some(key));
        self.dense.get_mut(key)
    }

    fn iter(&self) -> impl Iterator<Item = &Record<I, A>> {
        self.dense.iter()
    }

    fn slice(&self, from: usize, max: usize) -> (impl Iterator<Item = &Record<I, A>>, Option<usize>) {
        if from == 0 {
            self.mirror();
            let shared = self.shared.borrow();
            let first = shared.slice(0, 1).0.next().map(|record| &record.node);
            assert_eq!(first, self.dense.slice(0, 1).0.next().map(|record| &record.node), "who comes first");
            let (mut seen, mut next) = (0, Some(0));
            while let Some(from) = next {
                let (records, more) = shared.slice(from, max);
                (seen, next) = (seen + records.count(), more);
            }
            assert_eq!(seen, self.dense.len(), "how many are in all slices");
        }
        self.dense.slice(from, max)
    }

    fn reserve(&mut self, more: usize) {
        self.dense.reserve(more);
        self.shared.borrow_mut().reserve(more);
    }

    fn insert(
        &mut self,
        node: Node<I, A>,
        profile: Profile,
        incarnation: Incarnation,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> MemberKey {
        self.mirror();
        let draws = self.draws.get_mut();
        self.shared.get_mut().insert(node.clone(), profile.clone(), incarnation, now, draws);
        let key = self.dense.insert(node, profile, incarnation, now, rng);
        self.changed();
        key
    }

    fn remove(&mut self, key: MemberKey) -> Option<Record<I, A>> {
        let twin = self.twin(key);
        let removed = self.dense.remove(key)?;
        let other = twin.and_then(|twin| self.shared.get_mut().remove(twin));
        assert!(other.as_ref().is_some_and(|other| removed.agrees_with(other)), "{removed:?} {other:?}");
        assert!(
            twin.is_none_or(|twin| self.shared.get_mut().get(twin).is_none()),
            "{removed:?} was forgotten"
        );
        self.changed();
        Some(removed)
    }

    fn set_profile(&mut self, key: MemberKey, profile: Profile) {
        if let Some(twin) = self.twin(key) {
            self.shared.get_mut().set_profile(twin, profile.clone());
        }
        self.dense.set_profile(key, profile);
        self.changed();
    }

    fn set_state(&mut self, key: MemberKey, state: State, now: Instant) {
        if let Some(twin) = self.twin(key) {
            self.shared.get_mut().set_state(twin, state, now);
        }
        self.dense.set_state(key, state, now);
        self.changed();
    }

    fn next_probe(
        &mut self,
        rng: &mut dyn Rng,
        eligible: impl Fn(&Record<I, A>) -> bool,
    ) -> Option<MemberKey> {
        self.mirror();
        let next = self.dense.next_probe(rng, &eligible);
        let mut shared = self.shared.borrow_mut();
        let other = shared.next_probe(&mut *self.draws.borrow_mut(), &eligible);
        assert_eq!(next.is_some(), other.is_some(), "whether there is somebody to probe");
        self.ids(&shared, other.as_slice(), eligible);
        next
    }

    fn sample_into(
        &self,
        k: usize,
        rng: &mut dyn Rng,
        eligible: impl Fn(&Record<I, A>) -> bool,
        chosen: &mut Vec<MemberKey>,
    ) {
        self.mirror();
        self.dense.sample_into(k, rng, &eligible, chosen);
        let shared = self.shared.borrow();
        let others = shared.sample(k, &mut *self.draws.borrow_mut(), &eligible);
        assert_eq!(chosen.len(), others.len(), "how many were drawn");
        self.ids(&shared, &others, eligible);
    }
}

/// Random enough for choices that nobody sees (SplitMix64): what the endpoint draws must not depend on the second store.
struct Draws(u64);

impl TryRng for Draws {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|n| (n >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let n = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let n = (n ^ n >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(n ^ n >> 31)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let drawn = self.try_next_u64()?.to_le_bytes();
            chunk.iter_mut().zip(drawn).for_each(|(byte, drawn)| *byte = drawn);
        }
        Ok(())
    }
}
