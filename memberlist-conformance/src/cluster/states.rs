//! Push/pull: what two nodes know, and the application's own state, exchanged on a stream.

use super::{Cluster, Node, calm};
use crate::{
    Fixture,
    fixture::AddressIn,
    support::{Support, assert_same, pattern},
};
use bytes::Bytes;
use memberlist_core::{
    CompositeDelegate, Options,
    delegate::{NodeDelegate, VoidDelegate},
    types::Address,
};
use smol_str::SmolStr;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A state to give, and those that came.
#[derive(Clone, Default)]
pub(super) struct State(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    ours: Bytes,
    theirs: Vec<(Bytes, bool)>,
}

impl State {
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        let state = Self::default();
        state.set(bytes);
        state
    }

    /// To learn later whether anybody holds it still.
    pub(super) fn downgrade(&self) -> WeakState {
        WeakState(Arc::downgrade(&self.0))
    }

    fn set(&self, bytes: Vec<u8>) {
        self.with(|inner| inner.ours = bytes.into());
    }

    fn with<T>(&self, look: impl FnOnce(&mut Inner) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether this state has come, by a join or (also) otherwise.
    pub(super) fn has_heard(&self, bytes: &[u8], join: bool) -> bool {
        self.with(|inner| inner.theirs.iter().any(|(state, joined)| state == bytes && (*joined || !join)))
    }
}

/// A state that is not held by this.
pub(super) struct WeakState(Weak<Mutex<Inner>>);

impl WeakState {
    pub(super) fn is_held(&self) -> bool {
        self.0.strong_count() > 0
    }
}

impl<A: Address> NodeDelegate<A> for State {
    async fn local_state(&self, _join: bool) -> Bytes {
        self.with(|inner| inner.ours.clone())
    }

    async fn merge_remote_state(&self, state: Bytes, join: bool) {
        self.with(|inner| inner.theirs.push((state, join)));
    }
}

type Void<F> = VoidDelegate<SmolStr, AddressIn<F>>;
type Delegate<F> = CompositeDelegate<SmolStr, AddressIn<F>, Void<F>, Void<F>, Void<F>, Void<F>, State>;

pub(super) async fn node_with<F: Fixture>(
    fixture: &F,
    name: &str,
    state: &State,
    options: Options,
) -> Node<F, Delegate<F>> {
    let delegate = CompositeDelegate::<SmolStr, AddressIn<F>>::new().with_node_delegate(state.clone());
    fixture.node_on(fixture.fresh().await, name, delegate, options).await
}

/// 9.4 `TestMemberlist_UserData`: each side of a join hears the other's state.
pub(crate) async fn states_are_exchanged_when_joining<F: Fixture>(fixture: &F) {
    for len in [1, 100_000, 2 << 20] {
        let (one, other) = (State::of(pattern(1, len)), State::of(pattern(2, len + 1)));
        let (a, b) =
            (node_with(fixture, "a", &one, calm()).await, node_with(fixture, "b", &other, calm()).await);
        fixture.join(&b, &a).await;
        let exchanged =
            || one.has_heard(&pattern(2, len + 1), true) && other.has_heard(&pattern(1, len), true);
        fixture.eventually(&format!("states of {len} bytes are exchanged"), exchanged).await;
        for node in [a, b] {
            fixture.within("a node shuts down", node.shutdown()).await;
        }
    }
}

/// And again and again, as long as both live.
pub(crate) async fn states_are_exchanged_again_and_again<F: Fixture>(fixture: &F) {
    let (one, other) = (State::of(b"first of a".to_vec()), State::of(b"first of b".to_vec()));
    let (a, b) = (node_with(fixture, "a", &one, calm()).await, node_with(fixture, "b", &other, calm()).await);
    fixture.join(&b, &a).await;
    for round in 0..2_u8 {
        let (ours, theirs) = (pattern(round, 3_000), pattern(round, 30_000));
        one.set(ours.clone());
        other.set(theirs.clone());
        fixture
            .eventually("changed states are exchanged", || {
                one.has_heard(&theirs, false) && other.has_heard(&ours, false)
            })
            .await;
    }
    // What came was whole.
    one.with(|inner| {
        for (state, _) in inner.theirs.iter().filter(|(state, _)| state.len() > 1_000) {
            let sent = [pattern(0, 30_000), pattern(1, 30_000)];
            let sent = sent.iter().find(|sent| sent.first() == state.first());
            assert_same("a state", state, sent.map_or(&[], Vec::as_slice));
        }
    });
    for node in [a, b] {
        fixture.within("a node shuts down", node.shutdown()).await;
    }
}
