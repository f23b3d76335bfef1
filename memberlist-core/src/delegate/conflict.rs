use memberlist_proto::Member;
use memberlist_types::{Address, Id, Node};
use std::future::Future;

/// Learns that two nodes claim one name.
///
/// ```
/// use memberlist_core::{delegate::ConflictDelegate, proto::Member, types::Node};
/// use smol_str::SmolStr;
/// use std::net::SocketAddr;
///
/// struct Alarm;
///
/// impl ConflictDelegate<SmolStr, SocketAddr> for Alarm {
///     async fn notify_conflict(
///         &self,
///         existing: &Member<SmolStr, SocketAddr>,
///         claimed: &Node<SmolStr, SocketAddr>,
///     ) {
///         eprintln!("{} is at {} and wants to be at {}", claimed.id, existing.node.address, claimed.address);
///     }
/// }
/// ```
pub trait ConflictDelegate<I: Id, A: Address>: Send + Sync + 'static {
    /// A node of a known name claims another address, and is not believed (or not yet: see
    /// [`AddressChange`](crate::proto::AddressChange)). Default: nothing.
    ///
    /// Called in turn with the methods of [`EventDelegate`](super::EventDelegate).
    fn notify_conflict(
        &self,
        existing: &Member<I, A>,
        claimed: &Node<I, A>,
    ) -> impl Future<Output = ()> + Send {
        let _ = (existing, claimed);
        async {}
    }
}
