//! What a presence does itself, and what it leaves to the delegate behind it.

use super::{SerfPresence, core::Verdict};
use crate::delegate::{
    AliveDelegate, ConflictDelegate, EventDelegate, MergeDelegate, NodeDelegate, PingDelegate, Refusal,
};
use crate::types::{Alive, NodeState};
use crate::{Delegate, Event, FailureReason, Member, Meta, Node, SuspicionReason};
use bytes::Bytes;
use memberlist_hashicorp::{HashicorpName, serf::PushPull};
use smol_str::SmolStr;
use std::time::Duration;

fn name<I: HashicorpName, A>(member: &Member<I, A>) -> SmolStr {
    SmolStr::new(String::from_utf8_lossy(&member.node.id.to_name()))
}

impl<D> NodeDelegate<D::Address> for SerfPresence<D>
where
    D: Delegate,
{
    fn node_meta(&self, _limit: usize) -> Option<Meta> {
        Some(self.meta.clone())
    }

    async fn notify_message(&self, from: D::Address, message: Bytes) {
        let verdict = self.core().on_message(&message);
        if verdict == Verdict::Deliver {
            self.delegate.notify_message(from, message).await;
        }
    }

    async fn local_state(&self, _join: bool) -> Bytes {
        self.core().state()
    }

    async fn merge_remote_state(&self, state: Bytes, join: bool) {
        // Outside the lock: it may be large.
        let Ok(theirs) = PushPull::decode(&state) else {
            self.core().on_malformed_state();
            return;
        };
        let missed = self.core().on_state(&theirs, join);
        drop(theirs);
        let address = self.address().clone();
        if let Some(address) = address {
            for message in missed {
                self.delegate.notify_message(address.clone(), message).await;
            }
        }
        self.delegate.merge_remote_state(state, join).await;
    }

    fn broadcast_messages(&self, limit: usize) -> Vec<Bytes> {
        let mut messages = self.core().take(limit);
        let left = limit - messages.iter().map(Bytes::len).sum::<usize>();
        messages.extend(self.delegate.broadcast_messages(left));
        messages
    }
}

impl<D> EventDelegate<D::Id, D::Address> for SerfPresence<D>
where
    D: Delegate<Id: HashicorpName>,
{
    async fn notify_event(&self, event: &Event<D::Id, D::Address>) {
        match event {
            Event::Joined(member) => {
                // The first to join is this node.
                self.address().get_or_insert_with(|| member.node.address.clone());
                self.core().roster().joined(&name(member));
            }
            Event::Left(member) | Event::Failed { member, .. } => self.core().roster().gone(&name(member)),
            Event::Removed(member) => self.core().roster().forgotten(&name(member)),
            _ => {}
        }
        self.delegate.notify_event(event).await;
    }

    fn notify_joined(&self, member: &Member<D::Id, D::Address>) -> impl Future<Output = ()> + Send {
        self.delegate.notify_joined(member)
    }

    fn notify_left(&self, member: &Member<D::Id, D::Address>) -> impl Future<Output = ()> + Send {
        self.delegate.notify_left(member)
    }

    fn notify_failed(
        &self,
        member: &Member<D::Id, D::Address>,
        reason: &FailureReason<D::Id>,
    ) -> impl Future<Output = ()> + Send {
        self.delegate.notify_failed(member, reason)
    }

    fn notify_updated(
        &self,
        member: &Member<D::Id, D::Address>,
        previous: &Member<D::Id, D::Address>,
    ) -> impl Future<Output = ()> + Send {
        self.delegate.notify_updated(member, previous)
    }

    fn notify_suspected(
        &self,
        member: &Member<D::Id, D::Address>,
        reason: &SuspicionReason<D::Id>,
    ) -> impl Future<Output = ()> + Send {
        self.delegate.notify_suspected(member, reason)
    }

    fn notify_recovered(
        &self,
        member: &Member<D::Id, D::Address>,
        suspected_for: Duration,
    ) -> impl Future<Output = ()> + Send {
        self.delegate.notify_recovered(member, suspected_for)
    }
}

impl<D: Delegate> AliveDelegate<D::Id, D::Address> for SerfPresence<D> {
    fn filters_alive(&self) -> bool {
        self.delegate.filters_alive()
    }

    fn notify_alive(
        &self,
        peer: &Alive<D::Id, D::Address>,
    ) -> impl Future<Output = Result<(), Refusal>> + Send {
        self.delegate.notify_alive(peer)
    }
}

impl<D: Delegate> ConflictDelegate<D::Id, D::Address> for SerfPresence<D> {
    fn notify_conflict(
        &self,
        existing: &Member<D::Id, D::Address>,
        claimed: &Node<D::Id, D::Address>,
    ) -> impl Future<Output = ()> + Send {
        self.delegate.notify_conflict(existing, claimed)
    }
}

impl<D: Delegate> MergeDelegate<D::Id, D::Address> for SerfPresence<D> {
    fn notify_merge(
        &self,
        peers: &[NodeState<D::Id, D::Address>],
    ) -> impl Future<Output = Result<(), Refusal>> + Send {
        self.delegate.notify_merge(peers)
    }
}

impl<D: Delegate> PingDelegate<D::Id, D::Address> for SerfPresence<D> {
    fn ack_payload(&self) -> Bytes {
        self.delegate.ack_payload()
    }

    fn notify_ping_complete(
        &self,
        node: &Node<D::Id, D::Address>,
        rtt: Duration,
        payload: Bytes,
    ) -> impl Future<Output = ()> + Send {
        self.delegate.notify_ping_complete(node, rtt, payload)
    }
}

impl<D: Delegate<Id: HashicorpName>> Delegate for SerfPresence<D> {
    type Id = D::Id;
    type Address = D::Address;
}
