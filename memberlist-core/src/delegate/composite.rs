use super::{
    AliveDelegate, ConflictDelegate, Delegate, EventDelegate, MergeDelegate, NodeDelegate, PingDelegate,
    Refusal, VoidDelegate,
};
use crate::Event;
use bytes::Bytes;
use memberlist_proto::{FailureReason, Member, SuspicionReason};
use memberlist_types::{Address, Alive, Id, Meta, Node, NodeState};
use std::{fmt, future::Future, marker::PhantomData, time::Duration};

/// A delegate made of parts; a part that is not set does nothing.
///
/// ```
/// use memberlist_core::delegate::{CompositeDelegate, EventDelegate};
/// use smol_str::SmolStr;
/// use std::net::SocketAddr;
///
/// struct Printer;
/// impl EventDelegate<SmolStr, SocketAddr> for Printer {}
///
/// let delegate = CompositeDelegate::<SmolStr, SocketAddr>::new().with_event_delegate(Printer);
/// # let _ = delegate;
/// ```
pub struct CompositeDelegate<
    I,
    A,
    Al = VoidDelegate<I, A>,
    Co = VoidDelegate<I, A>,
    Ev = VoidDelegate<I, A>,
    Me = VoidDelegate<I, A>,
    No = VoidDelegate<I, A>,
    Pi = VoidDelegate<I, A>,
> {
    alive: Al,
    conflict: Co,
    event: Ev,
    merge: Me,
    node: No,
    ping: Pi,
    types: PhantomData<fn() -> (I, A)>,
}

impl<I, A> CompositeDelegate<I, A> {
    /// Nothing set yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            alive: VoidDelegate::new(),
            conflict: VoidDelegate::new(),
            event: VoidDelegate::new(),
            merge: VoidDelegate::new(),
            node: VoidDelegate::new(),
            ping: VoidDelegate::new(),
            types: PhantomData,
        }
    }
}

impl<I, A> Default for CompositeDelegate<I, A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I, A, Al, Co, Ev, Me, No, Pi> fmt::Debug for CompositeDelegate<I, A, Al, Co, Ev, Me, No, Pi> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompositeDelegate").finish_non_exhaustive()
    }
}

impl<I, A, Al, Co, Ev, Me, No, Pi> CompositeDelegate<I, A, Al, Co, Ev, Me, No, Pi> {
    /// With an alive delegate: see [`AliveDelegate`].
    pub fn with_alive_delegate<N>(self, alive: N) -> CompositeDelegate<I, A, N, Co, Ev, Me, No, Pi> {
        CompositeDelegate {
            alive,
            conflict: self.conflict,
            event: self.event,
            merge: self.merge,
            node: self.node,
            ping: self.ping,
            types: PhantomData,
        }
    }

    /// With a conflict delegate: see [`ConflictDelegate`].
    pub fn with_conflict_delegate<N>(self, conflict: N) -> CompositeDelegate<I, A, Al, N, Ev, Me, No, Pi> {
        CompositeDelegate {
            alive: self.alive,
            conflict,
            event: self.event,
            merge: self.merge,
            node: self.node,
            ping: self.ping,
            types: PhantomData,
        }
    }

    /// With an event delegate: see [`EventDelegate`].
    pub fn with_event_delegate<N>(self, event: N) -> CompositeDelegate<I, A, Al, Co, N, Me, No, Pi> {
        CompositeDelegate {
            alive: self.alive,
            conflict: self.conflict,
            event,
            merge: self.merge,
            node: self.node,
            ping: self.ping,
            types: PhantomData,
        }
    }

    /// With a merge delegate: see [`MergeDelegate`].
    pub fn with_merge_delegate<N>(self, merge: N) -> CompositeDelegate<I, A, Al, Co, Ev, N, No, Pi> {
        CompositeDelegate {
            alive: self.alive,
            conflict: self.conflict,
            event: self.event,
            merge,
            node: self.node,
            ping: self.ping,
            types: PhantomData,
        }
    }

    /// With a node delegate: see [`NodeDelegate`].
    pub fn with_node_delegate<N>(self, node: N) -> CompositeDelegate<I, A, Al, Co, Ev, Me, N, Pi> {
        CompositeDelegate {
            alive: self.alive,
            conflict: self.conflict,
            event: self.event,
            merge: self.merge,
            node,
            ping: self.ping,
            types: PhantomData,
        }
    }

    /// With a ping delegate: see [`PingDelegate`].
    pub fn with_ping_delegate<N>(self, ping: N) -> CompositeDelegate<I, A, Al, Co, Ev, Me, No, N> {
        CompositeDelegate {
            alive: self.alive,
            conflict: self.conflict,
            event: self.event,
            merge: self.merge,
            node: self.node,
            ping,
            types: PhantomData,
        }
    }
}

impl<I, A, Al, Co, Ev, Me, No, Pi> AliveDelegate<I, A> for CompositeDelegate<I, A, Al, Co, Ev, Me, No, Pi>
where
    I: Id,
    A: Address,
    Al: AliveDelegate<I, A>,
    Co: Send + Sync + 'static,
    Ev: Send + Sync + 'static,
    Me: Send + Sync + 'static,
    No: Send + Sync + 'static,
    Pi: Send + Sync + 'static,
{
    fn filters_alive(&self) -> bool {
        self.alive.filters_alive()
    }

    fn notify_alive(&self, peer: &Alive<I, A>) -> impl Future<Output = Result<(), Refusal>> + Send {
        self.alive.notify_alive(peer)
    }
}

impl<I, A, Al, Co, Ev, Me, No, Pi> ConflictDelegate<I, A> for CompositeDelegate<I, A, Al, Co, Ev, Me, No, Pi>
where
    I: Id,
    A: Address,
    Al: Send + Sync + 'static,
    Co: ConflictDelegate<I, A>,
    Ev: Send + Sync + 'static,
    Me: Send + Sync + 'static,
    No: Send + Sync + 'static,
    Pi: Send + Sync + 'static,
{
    fn notify_conflict(
        &self,
        existing: &Member<I, A>,
        claimed: &Node<I, A>,
    ) -> impl Future<Output = ()> + Send {
        self.conflict.notify_conflict(existing, claimed)
    }
}

impl<I, A, Al, Co, Ev, Me, No, Pi> EventDelegate<I, A> for CompositeDelegate<I, A, Al, Co, Ev, Me, No, Pi>
where
    I: Id,
    A: Address,
    Al: Send + Sync + 'static,
    Co: Send + Sync + 'static,
    Ev: EventDelegate<I, A>,
    Me: Send + Sync + 'static,
    No: Send + Sync + 'static,
    Pi: Send + Sync + 'static,
{
    fn notify_joined(&self, member: &Member<I, A>) -> impl Future<Output = ()> + Send {
        self.event.notify_joined(member)
    }

    fn notify_left(&self, member: &Member<I, A>) -> impl Future<Output = ()> + Send {
        self.event.notify_left(member)
    }

    fn notify_failed(
        &self,
        member: &Member<I, A>,
        reason: &FailureReason<I>,
    ) -> impl Future<Output = ()> + Send {
        self.event.notify_failed(member, reason)
    }

    fn notify_updated(
        &self,
        member: &Member<I, A>,
        previous: &Member<I, A>,
    ) -> impl Future<Output = ()> + Send {
        self.event.notify_updated(member, previous)
    }

    fn notify_suspected(
        &self,
        member: &Member<I, A>,
        reason: &SuspicionReason<I>,
    ) -> impl Future<Output = ()> + Send {
        self.event.notify_suspected(member, reason)
    }

    fn notify_recovered(
        &self,
        member: &Member<I, A>,
        suspected_for: Duration,
    ) -> impl Future<Output = ()> + Send {
        self.event.notify_recovered(member, suspected_for)
    }

    fn notify_event(&self, event: &Event<I, A>) -> impl Future<Output = ()> + Send {
        self.event.notify_event(event)
    }
}

impl<I, A, Al, Co, Ev, Me, No, Pi> MergeDelegate<I, A> for CompositeDelegate<I, A, Al, Co, Ev, Me, No, Pi>
where
    I: Id,
    A: Address,
    Al: Send + Sync + 'static,
    Co: Send + Sync + 'static,
    Ev: Send + Sync + 'static,
    Me: MergeDelegate<I, A>,
    No: Send + Sync + 'static,
    Pi: Send + Sync + 'static,
{
    fn notify_merge(&self, peers: &[NodeState<I, A>]) -> impl Future<Output = Result<(), Refusal>> + Send {
        self.merge.notify_merge(peers)
    }
}

impl<I, A, Al, Co, Ev, Me, No, Pi> NodeDelegate<A> for CompositeDelegate<I, A, Al, Co, Ev, Me, No, Pi>
where
    I: Id,
    A: Address,
    Al: Send + Sync + 'static,
    Co: Send + Sync + 'static,
    Ev: Send + Sync + 'static,
    Me: Send + Sync + 'static,
    No: NodeDelegate<A>,
    Pi: Send + Sync + 'static,
{
    fn node_meta(&self, limit: usize) -> Option<Meta> {
        self.node.node_meta(limit)
    }

    fn takes_messages(&self) -> bool {
        self.node.takes_messages()
    }

    fn notify_message(&self, from: A, message: Bytes) -> impl Future<Output = ()> + Send {
        self.node.notify_message(from, message)
    }

    fn local_state(&self, join: bool) -> impl Future<Output = Bytes> + Send {
        self.node.local_state(join)
    }

    fn merge_remote_state(&self, state: Bytes, join: bool) -> impl Future<Output = ()> + Send {
        self.node.merge_remote_state(state, join)
    }

    fn has_broadcasts(&self) -> bool {
        self.node.has_broadcasts()
    }

    fn broadcast_messages(&self, limit: usize) -> Vec<Bytes> {
        self.node.broadcast_messages(limit)
    }
}

impl<I, A, Al, Co, Ev, Me, No, Pi> PingDelegate<I, A> for CompositeDelegate<I, A, Al, Co, Ev, Me, No, Pi>
where
    I: Id,
    A: Address,
    Al: Send + Sync + 'static,
    Co: Send + Sync + 'static,
    Ev: Send + Sync + 'static,
    Me: Send + Sync + 'static,
    No: Send + Sync + 'static,
    Pi: PingDelegate<I, A>,
{
    fn changes_ack_payload(&self) -> bool {
        self.ping.changes_ack_payload()
    }

    fn ack_payload(&self) -> Bytes {
        self.ping.ack_payload()
    }

    fn notify_ping_complete(
        &self,
        node: &Node<I, A>,
        rtt: Duration,
        payload: Bytes,
    ) -> impl Future<Output = ()> + Send {
        self.ping.notify_ping_complete(node, rtt, payload)
    }
}

impl<I, A, Al, Co, Ev, Me, No, Pi> Delegate for CompositeDelegate<I, A, Al, Co, Ev, Me, No, Pi>
where
    I: nodecraft::Id + Send + Sync,
    A: Address,
    Al: AliveDelegate<I, A>,
    Co: ConflictDelegate<I, A>,
    Ev: EventDelegate<I, A>,
    Me: MergeDelegate<I, A>,
    No: NodeDelegate<A>,
    Pi: PingDelegate<I, A>,
{
    type Id = I;
    type Address = A;
}
