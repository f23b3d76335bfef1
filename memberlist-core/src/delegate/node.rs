use bytes::Bytes;
use memberlist_types::{Address, Meta};
use std::future::Future;

/// What this node says of itself, and what the application's own data do with the protocol's packets and streams.
///
/// ```
/// use bytes::Bytes;
/// use memberlist_core::{delegate::NodeDelegate, types::Meta};
/// use std::{net::SocketAddr, sync::Mutex};
///
/// #[derive(Default)]
/// struct Counter(Mutex<u64>);
///
/// impl NodeDelegate<SocketAddr> for Counter {
///     fn node_meta(&self, _limit: usize) -> Option<Meta> {
///         Some(Meta::new("role=counter"))
///     }
///
///     async fn local_state(&self, _join: bool) -> Bytes {
///         self.0.lock().unwrap().to_be_bytes().to_vec().into()
///     }
///
///     async fn merge_remote_state(&self, state: Bytes, _join: bool) {
///         if let Ok(theirs) = state.as_ref().try_into() {
///             let mut ours = self.0.lock().unwrap();
///             *ours = (*ours).max(u64::from_be_bytes(theirs));
///         }
///     }
/// }
/// ```
pub trait NodeDelegate<A: Address>: Send + Sync + 'static {
    /// The metadata to start with, of at most `limit` bytes (more is an error at creation).
    /// Default `None`: what the options say. Asked once; [`update_meta`](crate::Memberlist::update_meta) changes it later.
    fn node_meta(&self, limit: usize) -> Option<Meta> {
        let _ = limit;
        None
    }

    /// A user message arrived from this address (of a reliable message: of its stream), best effort or reliable.
    ///
    /// Called one at a time in the order of arrival, in turn with [`merge_remote_state`](Self::merge_remote_state).
    /// Behind a bounded queue ([`Options::data_queue`](crate::Options::data_queue)): when it overflows, the oldest message is dropped
    /// and counted in [`Stats`](crate::Stats).
    fn notify_message(&self, from: A, message: Bytes) -> impl Future<Output = ()> + Send {
        let _ = (from, message);
        async {}
    }

    /// Whether [`notify_message`](Self::notify_message) does anything; asked once, at the start. Default: yes. If not, no message is queued for it
    /// ([`Memberlist::events`](crate::Memberlist::events) tells of them all the same).
    fn takes_messages(&self) -> bool {
        true
    }

    /// The application's state, sent in every push/pull of ours. Default: none.
    ///
    /// At most [`StreamLimits::max_user`](crate::types::StreamLimits::max_user) bytes: with more the push/pull fails. The push/pull's deadline
    /// goes on meanwhile; the future is dropped when it passes.
    fn local_state(&self, join: bool) -> impl Future<Output = Bytes> + Send {
        let _ = join;
        async { Bytes::new() }
    }

    /// A peer's state, from its push/pull, after the members were merged. Not called if it is empty.
    ///
    /// Queued as messages are; when the queue overflows the oldest state is dropped and counted (a push/pull
    /// brings a newer one).
    fn merge_remote_state(&self, state: Bytes, join: bool) -> impl Future<Output = ()> + Send {
        let _ = (state, join);
        async {}
    }

    /// Whether [`broadcast_messages`](Self::broadcast_messages) shall be asked at all. Default: yes; `false` lets an idle node sleep longer. Asked once.
    fn has_broadcasts(&self) -> bool {
        true
    }

    /// User broadcasts to queue, of `limit` bytes together at most. Default: none.
    ///
    /// Asked before every gossip round, in a task of its own, so that blocking here delays only the next call. What
    /// the queue has no room for is dropped and counted. [`broadcast`](crate::Memberlist::broadcast) is the
    /// other way to queue one.
    fn broadcast_messages(&self, limit: usize) -> Vec<Bytes> {
        let _ = limit;
        Vec::new()
    }
}
