//! Memberlists on the tokio runtime.

pub use agnostic::tokio::TokioRuntime;

#[cfg(feature = "tcp")]
pub use tcp::*;

#[cfg(feature = "tcp")]
mod tcp {
    use super::TokioRuntime;
    use crate::net::{HostResolver, NetTransport};
    use crate::{Memberlist, NativeWire, NetBuilder, SmolStr, VoidDelegate};
    use std::net::SocketAddr;

    /// TCP and UDP on tokio, joining by socket addresses and host names.
    pub type TcpTransport = NetTransport<HostResolver<TokioRuntime>, TokioRuntime>;

    /// A memberlist over TCP and UDP on tokio; made by [`builder`].
    ///
    /// Written without parameters, its nodes are named by strings and it has no delegate. With a delegate (which names the type of the
    /// ids), `TcpMemberlist<MyDelegate>`; with ids of another type alone, `TcpMemberlist<VoidDelegate<MyId, SocketAddr>>`.
    pub type TcpMemberlist<D = VoidDelegate<SmolStr, SocketAddr>, W = NativeWire> =
        Memberlist<TcpTransport, D, W>;

    /// Starts a memberlist over TCP and UDP: names the node, and goes on to where it binds and how it behaves.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let node = memberlist::tokio::builder("node-1").bind("127.0.0.1:0").label("blue").start().await?;
    /// assert_eq!(node.num_members(), 1);
    /// node.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(id: impl Into<SmolStr>) -> NetBuilder<TokioRuntime, SmolStr> {
        NetBuilder::new(id.into())
    }
}
