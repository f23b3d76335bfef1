//! The modules of the runtimes: each says the same of another runtime, so it is written once.

/// `$runtime` is the type, `$module` the name of the module, `$block_on` what a program of that runtime begins with.
macro_rules! runtime_module {
    ($runtime:ident, $module:literal, $block_on:literal) => {
        #[cfg(feature = "tcp")]
        pub use tcp::*;

        #[cfg(feature = "tcp")]
        mod tcp {
            use super::$runtime;
            use crate::net::{HostResolver, NetTransport};
            use crate::{Memberlist, NativeWire, SmolStr, TcpBuilder, VoidDelegate};
            use std::net::SocketAddr;

            /// TCP and UDP on this runtime, joining by socket addresses and host names.
            pub type TcpTransport = NetTransport<HostResolver<$runtime>, $runtime>;

            /// A memberlist over TCP and UDP on this runtime; made by [`builder`].
            ///
            /// Written without parameters, its nodes are named by strings and it has no delegate. With a delegate (which names the
            /// type of the ids), `TcpMemberlist<MyDelegate>`; with ids of another type alone,
            /// `TcpMemberlist<VoidDelegate<MyId, SocketAddr>>`.
            pub type TcpMemberlist<D = VoidDelegate<SmolStr, SocketAddr>, W = NativeWire> =
                Memberlist<TcpTransport, D, W>;

            /// Starts a memberlist over TCP and UDP: names the node, and goes on to where it binds and how it behaves.
            ///
            /// ```
            /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
            #[doc = concat!($block_on, "(async {")]
            #[doc = concat!("    let builder = memberlist::", $module, "::builder(\"node-1\");")]
            ///     let node = builder.bind("127.0.0.1:0").label("blue").start().await?;
            ///     assert_eq!(node.num_members(), 1);
            ///     node.shutdown().await;
            ///     Ok(())
            /// })
            /// # }
            /// ```
            pub fn builder(id: impl Into<SmolStr>) -> TcpBuilder<$runtime, SmolStr> {
                TcpBuilder::new(id.into())
            }
        }
    };
}

/// Memberlists on the tokio runtime.
#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
pub mod tokio {
    pub use agnostic::tokio::TokioRuntime;
    runtime_module!(TokioRuntime, "tokio", "tokio::runtime::Runtime::new()?.block_on");
}

/// Memberlists on the smol runtime.
#[cfg(feature = "smol")]
#[cfg_attr(docsrs, doc(cfg(feature = "smol")))]
pub mod smol {
    pub use agnostic::smol::SmolRuntime;
    runtime_module!(SmolRuntime, "smol", "smol::block_on");
}

/// Memberlists on the async-std runtime.
#[cfg(feature = "async-std")]
#[cfg_attr(docsrs, doc(cfg(feature = "async-std")))]
pub mod async_std {
    pub use memberlist_async_std::AsyncStdRuntime;
    runtime_module!(AsyncStdRuntime, "async_std", "async_std::task::block_on");
}
