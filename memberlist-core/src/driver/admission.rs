//! Decisions that are taken before news enters the machine: allowed networks, and the alive delegate's.

use crate::{
    AddressOf, Delegate, Transport,
    queue::{Lane, Receiver, Sent},
    shared::{AliveClaim, Shared},
    stats::add,
};
use agnostic::RuntimeLite;
use futures_util::FutureExt;
use memberlist_proto::RejectReason;
use memberlist_types::{Alive, Message, NodeState, State, Wire};
use std::{panic::AssertUnwindSafe, sync::Arc};

/// States that are looked at without giving others a turn.
const IN_A_ROW: usize = 1_024;

/// Whether a message may enter the machine right away. A sign of life that the delegate must decide on may not: it is queued
/// for [`decide`].
pub(crate) fn may_enter<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    from: &D::Address,
    message: &Message<D::Id, D::Address>,
) -> bool
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let Message::Alive(alive) = message else { return true };
    if !shared.transport.is_allowed(&alive.node.address) {
        let (about, from) = (alive.node.id.clone(), from.clone());
        shared.input(|machine, now| {
            machine.endpoint.reject(now, RejectReason::AddressNotAllowed, Some(about), Some(from));
        });
        return false;
    }
    if !shared.filters_alive || alive.node.id == shared.local_id {
        return true;
    }
    if let Sent::Displaced(lost) = shared.alive_claims.send(Lane::Events, (from.clone(), alive.clone())) {
        add(&shared.counters.alive_dropped, lost);
    }
    false
}

/// The task that asks the alive delegate, one sign of life after the other.
pub(crate) async fn decide<T, D, W>(
    shared: Arc<Shared<T, D, W>>,
    mut claims: Receiver<AliveClaim<D::Id, D::Address>>,
) where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    while let Some(claim) = claims.recv().await {
        let Ok((from, alive)) = claim else { continue };
        let accepted = accepts(&shared, &alive).await;
        shared.input(|machine, now| {
            if accepted {
                machine.endpoint.handle_message(now, from, Message::Alive(alive));
            } else {
                machine.endpoint.reject(now, RejectReason::Delegate, Some(alive.node.id), Some(from));
            }
        });
    }
}

/// The delegate's decision; if it panics the answer is no.
async fn accepts<T, D, W>(shared: &Shared<T, D, W>, alive: &Alive<D::Id, D::Address>) -> bool
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    match AssertUnwindSafe(shared.delegate.notify_alive(alive)).catch_unwind().await {
        Ok(Ok(())) => true,
        Ok(Err(refusal)) => {
            tracing::debug!(node = %alive.node, %refusal, "the alive delegate refuses a node");
            false
        }
        Err(_panic) => {
            tracing::error!("the alive delegate panicked");
            false
        }
    }
}

/// Strikes from a push/pull what may not enter.
pub(crate) async fn filter_states<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    from: &D::Address,
    mut states: Vec<NodeState<D::Id, D::Address>>,
) -> Vec<NodeState<D::Id, D::Address>>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let mut struck = Vec::new();
    for (n, state) in states.iter().enumerate() {
        if n % IN_A_ROW == IN_A_ROW - 1 {
            T::Runtime::yield_now().await;
        }
        let reason = if state.state != State::Alive || state.node.id == shared.local_id {
            None
        } else if !shared.transport.is_allowed(&state.node.address) {
            Some(RejectReason::AddressNotAllowed)
        } else if shared.filters_alive && !accepts(shared, &alive(state)).await {
            Some(RejectReason::Delegate)
        } else {
            None
        };
        if let Some(reason) = reason {
            struck.push(n);
            shared.input(|machine, now| {
                machine.endpoint.reject(now, reason, Some(state.node.id.clone()), Some(from.clone()));
            });
        }
    }
    // In place: many who join at once hold their states here at once.
    let (mut n, mut struck) = (0..states.len(), struck.into_iter().peekable());
    states.retain(|_| n.next().is_none_or(|n| struck.next_if_eq(&n).is_none()));
    states
}

fn alive<I: Clone, A: Clone>(state: &NodeState<I, A>) -> Alive<I, A> {
    Alive {
        incarnation: state.incarnation,
        node: state.node.clone(),
        meta: state.meta.clone(),
        versions: state.versions,
        layers: state.layers,
    }
}
