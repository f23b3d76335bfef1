use bytes::Bytes;
use memberlist_types::{Address, Id, Node};
use std::{future::Future, time::Duration};

/// Attaches bytes to our answers to pings, and learns of the answers to ours with their round-trip times.
///
/// ```
/// use bytes::Bytes;
/// use memberlist_core::{delegate::PingDelegate, types::Node};
/// use smol_str::SmolStr;
/// use std::{net::SocketAddr, time::Duration};
///
/// struct Latency;
///
/// impl PingDelegate<SmolStr, SocketAddr> for Latency {
///     async fn notify_ping_complete(&self, node: &Node<SmolStr, SocketAddr>, rtt: Duration, _payload: Bytes) {
///         println!("{node}: {rtt:?}");
///     }
/// }
/// ```
pub trait PingDelegate<I: Id, A: Address>: Send + Sync + 'static {
    /// Whether [`ack_payload`](Self::ack_payload) shall be asked again after the creation. Default: yes; `false` lets an idle node sleep longer. Asked
    /// once.
    fn changes_ack_payload(&self) -> bool {
        true
    }

    /// What to attach to acks from now on; must leave room in a packet. Default: nothing.
    ///
    /// Asked at creation and before every gossip round, not for every ack.
    fn ack_payload(&self) -> Bytes {
        Bytes::new()
    }

    /// A direct probe (or a ping on command) was answered in time. Default: nothing.
    ///
    /// In a task of its own behind a bounded queue; when it overflows, the oldest is dropped and counted.
    fn notify_ping_complete(
        &self,
        node: &Node<I, A>,
        rtt: Duration,
        payload: Bytes,
    ) -> impl Future<Output = ()> + Send {
        let _ = (node, rtt, payload);
        async {}
    }
}
