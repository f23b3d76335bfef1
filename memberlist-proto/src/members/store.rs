use super::{
    MemberKey,
    record::{Profile, Record},
};
use crate::{Instant, Prefetch};
use alloc::vec::Vec;
use memberlist_types::{Address, Id, Incarnation, Node, State};
use rand_core::Rng;

/// Where an [`Endpoint`](crate::Endpoint) keeps what it knows of others. Only this crate can implement it.
///
/// [`Dense`](crate::Dense) is the one for use.
pub trait Store<I: Id, A: Address>: Table<I, A> {}

impl<I: Id, A: Address, T: Table<I, A>> Store<I, A> for T {}

/// What a store can do. The first that is inserted is the node itself.
pub trait Table<I: Id, A: Address> {
    /// From now on finds records by address, too: for an empty table.
    fn index_addresses(&mut self);

    /// The records that are said to be at this address: one, unless a name changed hands or somebody tells lies.
    fn at_address(&self, address: &A) -> impl Iterator<Item = &Record<I, A>>;

    /// A node is now at its address; to be called once, until it is [unsettled](Self::unsettle).
    fn settle(&mut self, key: MemberKey);

    /// A node is not at its address any more.
    fn unsettle(&mut self, key: MemberKey);

    /// How many nodes are known, the gone included: the estimate that all scaling uses.
    fn len(&self) -> usize;

    /// How many are in this state.
    fn count(&self, state: State) -> usize;

    /// How many are alive or suspect.
    fn live(&self) -> usize {
        self.count(State::Alive) + self.count(State::Suspect)
    }

    /// The key of the node of this name, if it is known.
    fn key(&self, id: &I) -> Option<MemberKey>;

    /// What is known of it.
    fn get(&self, key: MemberKey) -> Option<&Record<I, A>>;

    /// What is known of it, to be changed.
    fn get_mut(&mut self, key: MemberKey) -> Option<&mut Record<I, A>>;

    /// What is known of the node of this name.
    fn by_id(&self, id: &I) -> Option<&Record<I, A>> {
        self.get(self.key(id)?)
    }

    /// Prefetches what is known of the node of this name, or else of whom [`next_probe`](Self::next_probe) may choose, where that is easily found; see
    /// [`Endpoint::prefetch_lists`](crate::Endpoint::prefetch_lists).
    fn prefetch_record(&self, _id: Option<&I>, _by: &impl Prefetch) {}

    /// All records, in an order that is the same for the same seed.
    fn iter(&self) -> impl Iterator<Item = &Record<I, A>>;

    /// The records of up to `max` places of the table from place `from` on, and where to go on (`None`: that was all). Our own record
    /// has the first place. A record keeps its place for as long as it is known, so whoever goes on later misses nobody who was there all
    /// the time.
    fn slice(&self, from: usize, max: usize) -> (impl Iterator<Item = &Record<I, A>>, Option<usize>);

    /// Makes room for so many more, so that the table need not grow (and move) while they come.
    fn reserve(&mut self, more: usize);

    /// Adds a node of an unknown id, alive; it has its turn in this round of probing, at a random time, or at the latest in the next.
    fn insert(
        &mut self,
        node: Node<I, A>,
        profile: Profile,
        incarnation: Incarnation,
        now: Instant,
        rng: &mut dyn Rng,
    ) -> MemberKey;

    /// Forgets a record.
    fn remove(&mut self, key: MemberKey) -> Option<Record<I, A>>;

    /// Changes what the node says of itself.
    fn set_profile(&mut self, key: MemberKey, profile: Profile);

    /// Changes the state; the counts follow.
    fn set_state(&mut self, key: MemberKey, state: State, now: Instant);

    /// The next one to probe that `eligible` accepts, round robin over an order that is drawn anew each round.
    fn next_probe(
        &mut self,
        rng: &mut dyn Rng,
        eligible: impl Fn(&Record<I, A>) -> bool,
    ) -> Option<MemberKey>;

    /// Up to `k` different ones that `eligible` accepts, each as likely as any other, instead of what is in `chosen`.
    fn sample_into(
        &self,
        k: usize,
        rng: &mut dyn Rng,
        eligible: impl Fn(&Record<I, A>) -> bool,
        chosen: &mut Vec<MemberKey>,
    );

    /// As [`sample_into`](Self::sample_into), where it does not matter that this takes memory.
    fn sample(
        &self,
        k: usize,
        rng: &mut dyn Rng,
        eligible: impl Fn(&Record<I, A>) -> bool,
    ) -> Vec<MemberKey> {
        let mut chosen = Vec::with_capacity(k.min(self.len()));
        self.sample_into(k, rng, eligible, &mut chosen);
        chosen
    }
}
