use super::Refusal;
use memberlist_types::{Address, Id, NodeState};
use std::future::Future;

/// Decides whether two clusters may merge, on both sides of a join.
///
/// ```
/// use memberlist_core::{delegate::{MergeDelegate, Refusal}, types::NodeState};
/// use smol_str::SmolStr;
/// use std::net::SocketAddr;
///
/// /// No more than so many at once.
/// struct Small;
///
/// impl MergeDelegate<SmolStr, SocketAddr> for Small {
///     async fn notify_merge(&self, peers: &[NodeState<SmolStr, SocketAddr>]) -> Result<(), Refusal> {
///         if peers.len() < 100 { Ok(()) } else { Err("too large a cluster".into()) }
///     }
/// }
/// ```
pub trait MergeDelegate<I: Id, A: Address>: Send + Sync + 'static {
    /// Whether the nodes that the other side of a join knows (in whatever state) may come in. Default: yes.
    ///
    /// Asked after the versions were found compatible, and before anything is merged. A refusal on the accepting side
    /// reaches the joiner as [`StreamFailure::Refused`](crate::proto::StreamFailure::Refused) with the reason; nothing is
    /// merged on either side. The join's deadline goes on while this takes its time.
    fn notify_merge(&self, peers: &[NodeState<I, A>]) -> impl Future<Output = Result<(), Refusal>> + Send {
        let _ = peers;
        async { Ok(()) }
    }
}
