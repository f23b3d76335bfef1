use crate::Event;
use memberlist_proto::{FailureReason, Member, SuspicionReason};
use memberlist_types::{Address, Id};
use std::{future::Future, time::Duration};

/// Learns what becomes of the members.
///
/// The methods are called one at a time, in the order in which things happened, in a task of their own behind a
/// bounded queue ([`Options::event_queue`](crate::Options::event_queue)): a slow one delays its successors, and
/// nothing else. Calling back into the handle is fine.
///
/// ```
/// use memberlist_core::{delegate::EventDelegate, proto::{FailureReason, Member}};
/// use smol_str::SmolStr;
/// use std::net::SocketAddr;
///
/// struct Printer;
///
/// impl EventDelegate<SmolStr, SocketAddr> for Printer {
///     async fn notify_joined(&self, member: &Member<SmolStr, SocketAddr>) {
///         println!("{} joined", member.node);
///     }
///
///     async fn notify_failed(&self, member: &Member<SmolStr, SocketAddr>, reason: &FailureReason<SmolStr>) {
///         println!("{} failed: {reason}", member.node);
///     }
/// }
/// ```
pub trait EventDelegate<I: Id, A: Address>: Send + Sync + 'static {
    /// A node became a member; also this node at its creation, and a dead or left one that returned.
    fn notify_joined(&self, member: &Member<I, A>) -> impl Future<Output = ()> + Send {
        let _ = member;
        async {}
    }

    /// A member left of its own will; also this node.
    fn notify_left(&self, member: &Member<I, A>) -> impl Future<Output = ()> + Send {
        let _ = member;
        async {}
    }

    /// A member is declared dead.
    fn notify_failed(
        &self,
        member: &Member<I, A>,
        reason: &FailureReason<I>,
    ) -> impl Future<Output = ()> + Send {
        let _ = (member, reason);
        async {}
    }

    /// A member changed its metadata or its address.
    fn notify_updated(
        &self,
        member: &Member<I, A>,
        previous: &Member<I, A>,
    ) -> impl Future<Output = ()> + Send {
        let _ = (member, previous);
        async {}
    }

    /// A member is suspected; it is still one.
    fn notify_suspected(
        &self,
        member: &Member<I, A>,
        reason: &SuspicionReason<I>,
    ) -> impl Future<Output = ()> + Send {
        let _ = (member, reason);
        async {}
    }

    /// A suspected member refuted.
    fn notify_recovered(
        &self,
        member: &Member<I, A>,
        suspected_for: Duration,
    ) -> impl Future<Output = ()> + Send {
        let _ = (member, suspected_for);
        async {}
    }

    /// Every event (but not user messages), before the method of its kind is called. Also says, with
    /// [`Event::Lagged`], that this delegate was too slow and missed some.
    fn notify_event(&self, event: &Event<I, A>) -> impl Future<Output = ()> + Send {
        let _ = event;
        async {}
    }
}
