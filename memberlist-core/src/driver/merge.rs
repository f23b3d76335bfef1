//! Merging full states slice by slice, so that nobody waits long for the machine: a probe is answered between two slices.

use super::events::Data;
use crate::{AddressOf, Delegate, Transport, budget::Charge, shared::Shared};
use agnostic::RuntimeLite;
use bytes::Bytes;
use memberlist_proto::{MergeError, RequestId, StateCursor, StreamFailure, VersionCheck};
use memberlist_types::{NodeState, Wire};
use std::{sync::Arc, time::Duration};

/// States that are merged while the machine is locked: by our measurement up to half a millisecond (`tests/big/figures.rs`).
pub(crate) const SLICE: usize = 256;
/// States that are looked at in a row.
const LOOK: usize = 4_096;
/// A listener that has fallen behind gets so much time to catch up, each time that it is found so, …
const PAUSE: Duration = Duration::from_millis(2);
/// … and during one merge no more than this: then it loses its oldest events, as always.
const PATIENCE: Duration = Duration::from_secs(1);

/// A peer's full state that was admitted.
pub(crate) struct Theirs<I, A> {
    pub(crate) join: bool,
    pub(crate) states: Vec<NodeState<I, A>>,
    /// The states were merged already.
    pub(crate) merged: bool,
    pub(crate) user: Bytes,
    /// The memory that is accounted for it.
    pub(crate) charge: Option<Charge>,
}

/// Merges a peer's full state, whose versions were checked: the answer to our request `id`, or what came with the peer's own. Then the delegate
/// gets the application's part of it.
///
/// The deadline of the conversation does not hold for this: what a peer has said in time counts, as long as it may take here.
pub(crate) async fn merge<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    id: Option<RequestId>,
    theirs: Theirs<D::Id, D::Address>,
) -> Result<(), StreamFailure>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let Theirs { join, states, merged, user, charge } = theirs;
    if !merged {
        let done = merge_states(shared, id, states).await;
        done.map_err(|error| StreamFailure::MergeRefused(error.to_string()))?;
    }
    drop(charge);
    if !user.is_empty() {
        shared.read(|machine| machine.sink.data(Data::State(user, join), &shared.counters));
    }
    Ok(())
}

/// Merges the states of a peer that joins before it is answered, a slice at most. Does nothing after we left.
pub(crate) fn merge_ahead<T, D, W>(shared: &Arc<Shared<T, D, W>>, states: Vec<NodeState<D::Id, D::Address>>)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    shared.input(|machine, now| {
        if let Ok(Some(mut merge)) = machine.endpoint.begin_merge(now, None, states.len()) {
            machine.endpoint.merge_states(now, &mut merge, states);
            // It fails after we left alone, which the peer is told by our answer.
            let _ = machine.endpoint.finish_merge(now, merge);
        }
    });
}

/// Whether the versions on both sides fit; nothing is changed.
pub(crate) async fn check_versions<T, D, W>(
    shared: &Shared<T, D, W>,
    states: &[NodeState<D::Id, D::Address>],
) -> Result<(), MergeError>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let mut check = VersionCheck::new();
    for slice in states.chunks(LOOK) {
        check.add(slice);
        if slice.len() == LOOK {
            T::Runtime::yield_now().await;
        }
    }
    let mut cursor = Some(StateCursor::default());
    while let Some(from) = cursor {
        cursor = shared.read(|machine| machine.endpoint.add_versions(from, LOOK, &mut check));
        if cursor.is_some() {
            T::Runtime::yield_now().await;
        }
    }
    check.finish()
}

async fn merge_states<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    id: Option<RequestId>,
    states: Vec<NodeState<D::Id, D::Address>>,
) -> Result<(), MergeError>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let begun = shared.input(|machine, now| machine.endpoint.begin_merge(now, id, states.len()))?;
    let Some(mut merge) = begun else { return Ok(()) };
    let mut states = states.into_iter();
    let mut patience = PATIENCE;
    while states.len() > SLICE {
        shared.input(|machine, now| {
            machine.endpoint.merge_states(now, &mut merge, states.by_ref().take(SLICE));
        });
        T::Runtime::yield_now().await;
        while !patience.is_zero() && shared.read(|machine| machine.sink.is_filling(2 * SLICE)) {
            T::Runtime::sleep(PAUSE).await;
            patience = patience.saturating_sub(PAUSE);
        }
    }
    shared.input(|machine, now| {
        machine.endpoint.merge_states(now, &mut merge, states);
        machine.endpoint.finish_merge(now, merge)
    })
}
