use super::Refusal;
use memberlist_types::{Address, Alive, Id};
use std::future::Future;

/// Decides whether a node may be (or stay) a member, each time that a sign of life of it arrives.
///
/// A refused node is as if nothing had been heard of it: a known one is not removed by it, but fails in time, since none of
/// its news is accepted. Both packets and push/pulls are asked about; the node itself is not.
///
/// ```
/// use memberlist_core::{delegate::{AliveDelegate, Refusal}, types::Alive};
/// use smol_str::SmolStr;
/// use std::net::SocketAddr;
///
/// /// Only nodes whose metadata begins with our version.
/// struct SameVersion(u8);
///
/// impl AliveDelegate<SmolStr, SocketAddr> for SameVersion {
///     async fn notify_alive(&self, peer: &Alive<SmolStr, SocketAddr>) -> Result<(), Refusal> {
///         if peer.meta.as_bytes().first() == Some(&self.0) { Ok(()) } else { Err("other version".into()) }
///     }
/// }
/// ```
pub trait AliveDelegate<I: Id, A: Address>: Send + Sync + 'static {
    /// Whether [`notify_alive`](Self::notify_alive) shall be asked at all. Default: yes; `false` spares every
    /// packet the detour.
    fn filters_alive(&self) -> bool {
        true
    }

    /// Whether this sign of life may be accepted. Default: yes.
    ///
    /// Asked one at a time in a task of its own. While it takes its time, further signs of life wait in a queue
    /// ([`Options::alive_queue`](crate::Options::alive_queue)); when it is full the oldest are dropped and counted, and come
    /// again with the gossip.
    fn notify_alive(&self, peer: &Alive<I, A>) -> impl Future<Output = Result<(), Refusal>> + Send {
        let _ = peer;
        async { Ok(()) }
    }
}
