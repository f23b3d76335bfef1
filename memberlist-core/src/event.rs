use crate::queue::Receiver;
use bytes::Bytes;
use futures_util::Stream;
use memberlist_proto::{FailureReason, Member, Rejection, SuspicionReason};
use memberlist_types::{Incarnation, Node};
use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

/// Something that happened, as [`Memberlist::events`](crate::Memberlist::events) tells it.
///
/// Per member the story is consistent: `Joined` comes first, then anything, until `Left` or `Failed` ends it; a node that
/// returns joins again.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event<I, A> {
    /// A node became a member; also this node itself at its creation, and a dead or left node that returned.
    Joined(Member<I, A>),
    /// A member left of its own will; also this node itself.
    Left(Member<I, A>),
    /// A member is declared dead.
    Failed {
        /// The member, in its new state.
        member: Member<I, A>,
        /// Who declared it, on what evidence, who confirmed, how long it took.
        reason: FailureReason<I>,
    },
    /// A member changed its metadata, or moved to another address.
    Updated {
        /// The member, with the new values.
        member: Member<I, A>,
        /// What it had before.
        previous: Member<I, A>,
    },
    /// A member is suspected; it is still one.
    Suspected {
        /// The member, in its new state.
        member: Member<I, A>,
        /// Who suspects it, on what evidence.
        reason: SuspicionReason<I>,
    },
    /// A suspected member refuted.
    Recovered {
        /// The member, in its new state.
        member: Member<I, A>,
        /// For how long it was suspected here.
        suspected_for: Duration,
    },
    /// A dead or left node was forgotten.
    Removed(Member<I, A>),
    /// Somebody claims a name that is in use at another address.
    Conflict {
        /// The node as it is known here.
        existing: Member<I, A>,
        /// The claim that is not believed (or not yet).
        claimed: Node<I, A>,
    },
    /// Others said something false about this node, which contradicted.
    Refuted {
        /// Our new incarnation.
        incarnation: Incarnation,
        /// Who had said it, if known.
        accuser: Option<I>,
    },
    /// This node can't contradict any more: restart it under another name.
    IncarnationExhausted,
    /// The local health score changed (0 is healthy).
    HealthChanged {
        /// The new score.
        score: u32,
    },
    /// A probe failed because nothing could be sent from here; nobody is suspected for it.
    ProbeAborted {
        /// Whom this node wanted to probe.
        node: Node<I, A>,
    },
    /// The last other live member is gone.
    Idle,
    /// There is a live member again.
    Active,
    /// Something from the network was refused; at most one event a second for each reason, every one is counted.
    Rejected(Rejection<I, A>),
    /// A user message.
    User {
        /// The address that it came from; of a reliable message, its stream's.
        from: A,
        /// The bytes.
        payload: Bytes,
        /// Whether it came reliably (on a stream) or best effort (in a packet).
        reliable: bool,
    },
    /// This receiver was too slow: so many events (or user messages) are missing at this place.
    Lagged(u64),
}

/// The events from now on; made by [`Memberlist::events`](crate::Memberlist::events).
///
/// A `Stream`, and a plain [`recv`](Self::recv). It ends when the memberlist is shut down and what was queued has
/// been taken. Bounded: membership events and user messages wait in lanes of their own
/// ([`Options::event_queue`](crate::Options::event_queue), [`Options::data_queue`](crate::Options::data_queue)), but come out in
/// the order in which they happened. A full lane drops its oldest and says so with [`Event::Lagged`]; user
/// messages never push out membership events.
pub struct Events<I, A> {
    pub(crate) queue: Receiver<Event<I, A>>,
}

impl<I, A> Events<I, A> {
    /// The next event; `None` after the shutdown. May be dropped and called again without losing anything.
    pub async fn recv(&mut self) -> Option<Event<I, A>> {
        std::future::poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// The next event if there is one right now.
    pub fn try_recv(&mut self) -> Option<Event<I, A>> {
        self.queue.try_recv().map(flatten)
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event<I, A>>> {
        self.queue.poll_recv(cx).map(|item| item.map(flatten))
    }
}

fn flatten<I, A>(item: Result<Event<I, A>, u64>) -> Event<I, A> {
    item.unwrap_or_else(Event::Lagged)
}

impl<I, A> Unpin for Events<I, A> {}

impl<I, A> Stream for Events<I, A> {
    type Item = Event<I, A>;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_recv(cx)
    }
}

impl<I, A> fmt::Debug for Events<I, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}
