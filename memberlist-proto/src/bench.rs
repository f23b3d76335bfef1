//! What the benches measure and no user can reach: the parts of the machine by themselves. Not a part of the API.

use crate::{
    BroadcastId, Dense, Instant,
    members::{MemberKey, Profile, Record, Table},
    queue::{Broadcasts, Room},
};
use alloc::vec::Vec;
use bytes::Bytes;
use memberlist_types::{Address, Id, Incarnation, Layers, Meta, Node, State, Versions};
use rand_core::Rng;

/// The queue of broadcasts.
pub struct Queue<K> {
    inner: Broadcasts<K>,
    finished: Vec<BroadcastId>,
}

impl<K: Id> Queue<K> {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self { inner: Broadcasts::new(), finished: Vec::new() }
    }

    /// Queues a broadcast, or replaces the one with the same key.
    pub fn insert(&mut self, key: K, payload: Bytes) {
        self.inner.insert(Some(key), payload, None);
    }

    /// Takes one out.
    pub fn remove(&mut self, key: &K) {
        self.inner.remove(key);
    }

    /// Fills a packet that has so many bytes left; each message costs two more.
    pub fn fill(&mut self, bytes: usize, limit: u32, out: &mut Vec<Bytes>) {
        let mut room = Room { bytes, overhead: 2, messages: 1024 };
        self.inner.fill(&mut room, limit, out, &mut self.finished);
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }
}

impl<K: Id> Default for Queue<K> {
    fn default() -> Self {
        Self::new()
    }
}

/// The table of members.
pub struct Members<I, A> {
    table: Dense<I, A>,
    keys: Vec<MemberKey>,
    chosen: Vec<MemberKey>,
    own: I,
}

impl<I: Id, A: Address> Members<I, A> {
    /// A table of these nodes, all alive; it belongs to the one of the name `own`.
    pub fn new(own: I, nodes: impl IntoIterator<Item = Node<I, A>>, rng: &mut dyn Rng) -> Self {
        let mut table = Dense::new();
        let profile = || Profile { meta: Meta::EMPTY, versions: Versions::default(), layers: Layers::BASE };
        let incarnation = Incarnation::new(1);
        let keys = nodes
            .into_iter()
            .map(|node| table.insert(node, profile(), incarnation, Instant::START, rng))
            .collect();
        Self { table, keys, chosen: Vec::new(), own }
    }

    /// Marks every `n`th as dead.
    pub fn kill_every(&mut self, n: usize) {
        for key in self.keys.iter().step_by(n.max(1)) {
            self.table.set_state(*key, State::Dead, Instant::START);
        }
    }

    /// The next one to probe.
    pub fn next_probe(&mut self, rng: &mut dyn Rng) -> Option<MemberKey> {
        let own = &self.own;
        self.table.next_probe(rng, |record| record.node.id != *own && !record.state().is_gone())
    }

    /// Draws up to `k` different living ones at random; how many there were.
    pub fn sample(&mut self, k: usize, rng: &mut dyn Rng) -> usize {
        let fits = |record: &Record<I, A>| record.state() == State::Alive && record.node.id != self.own;
        self.table.sample_into(k, rng, fits, &mut self.chosen);
        self.chosen.len()
    }

    /// Whether one of this name is known.
    #[must_use]
    pub fn knows(&self, id: &I) -> bool {
        self.table.key(id).is_some()
    }
}
