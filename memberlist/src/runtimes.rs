//! The modules of the runtimes: each says the same of another runtime, so it is written once.

/// `$runtime` is the type, `$module` the name of the module, `$block_on` what a program of that runtime begins with.
macro_rules! runtime_module {
    ($runtime:ident, $module:literal, $block_on:literal) => {
        #[cfg(feature = "_quic")]
        use crate::QuicBuilder;
        #[cfg(feature = "tcp")]
        use crate::TcpBuilder;
        #[cfg(feature = "_tls")]
        use crate::TlsBuilder;
        #[cfg(any(feature = "_tls", feature = "_quic"))]
        use crate::tls::TlsOptions;
        #[cfg(any(feature = "tcp", feature = "_quic"))]
        use crate::{Memberlist, NativeWire, SmolStr, VoidDelegate};
        #[cfg(any(feature = "tcp", feature = "_quic"))]
        use {memberlist_sockets::HostResolver, std::net::SocketAddr};

        /// TCP and UDP on this runtime, joining by socket addresses and host names.
        #[cfg(feature = "tcp")]
        #[cfg_attr(docsrs, doc(cfg(feature = "tcp")))]
        pub type TcpTransport = crate::net::NetTransport<HostResolver<$runtime>, $runtime>;

        /// A memberlist over TCP and UDP on this runtime; made by [`builder`].
        ///
        /// Written without parameters, its nodes are named by strings and it has no delegate. With a delegate (which names the type of
        /// the ids), `TcpMemberlist<MyDelegate>`; with ids of another type alone, `TcpMemberlist<VoidDelegate<MyId, SocketAddr>>`.
        #[cfg(feature = "tcp")]
        #[cfg_attr(docsrs, doc(cfg(feature = "tcp")))]
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
        #[cfg(feature = "tcp")]
        #[cfg_attr(docsrs, doc(cfg(feature = "tcp")))]
        pub fn builder(id: impl Into<SmolStr>) -> TcpBuilder<$runtime, SmolStr> {
            TcpBuilder::new(id.into())
        }

        /// TLS and UDP on this runtime, joining by socket addresses and host names.
        ///
        /// TLS secures streams. Packets travel over UDP beside it: give the builder a keyring, which encrypts them, or let them travel
        /// inside the streams ([`NetOptions::streams_only`](crate::net::NetOptions::streams_only)).
        #[cfg(feature = "_tls")]
        #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
        pub type TlsTransport = crate::net::TlsTransport<HostResolver<$runtime>, $runtime>;

        /// A memberlist over TLS (and UDP) on this runtime; made by [`tls_builder`].
        ///
        /// Written without parameters, its nodes are named by strings and it has no delegate. With a delegate (which names the type of
        /// the ids), `TlsMemberlist<MyDelegate>`; with ids of another type alone, `TlsMemberlist<VoidDelegate<MyId, SocketAddr>>`.
        #[cfg(feature = "_tls")]
        #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
        pub type TlsMemberlist<D = VoidDelegate<SmolStr, SocketAddr>, W = NativeWire> =
            Memberlist<TlsTransport, D, W>;

        /// Starts a memberlist over TLS and UDP: names the node, and goes on to where it binds and how it behaves.
        ///
        /// Packets are not inside TLS by default: see [`TlsTransport`].
        ///
        /// ```no_run
        /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let tls = memberlist::tls::TlsOptions::mutual_from_files("node.pem", "node.key", "authority.pem")?;
        #[doc = concat!($block_on, "(async {")]
        #[doc = concat!("    let builder = memberlist::", $module, "::tls_builder(\"node-1\", tls);")]
        ///     let node = builder.bind("127.0.0.1:0").label("blue").start().await?;
        ///     assert_eq!(node.num_members(), 1);
        ///     node.shutdown().await;
        ///     Ok(())
        /// })
        /// # }
        /// ```
        #[cfg(feature = "_tls")]
        #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
        pub fn tls_builder(id: impl Into<SmolStr>, tls: TlsOptions) -> TlsBuilder<$runtime, SmolStr> {
            TlsBuilder::new(id.into(), tls)
        }

        /// QUIC on this runtime, joining by socket addresses and host names.
        ///
        /// Packets and streams are encrypted both, on one UDP port.
        #[cfg(feature = "_quic")]
        #[cfg_attr(docsrs, doc(cfg(feature = "quic")))]
        pub type QuicTransport = crate::quic::QuicTransport<HostResolver<$runtime>, $runtime>;

        /// A memberlist over QUIC on this runtime; made by [`quic_builder`].
        ///
        /// Written without parameters, its nodes are named by strings and it has no delegate. With a delegate (which names the type of
        /// the ids), `QuicMemberlist<MyDelegate>`; with ids of another type alone, `QuicMemberlist<VoidDelegate<MyId, SocketAddr>>`.
        #[cfg(feature = "_quic")]
        #[cfg_attr(docsrs, doc(cfg(feature = "quic")))]
        pub type QuicMemberlist<D = VoidDelegate<SmolStr, SocketAddr>, W = NativeWire> =
            Memberlist<QuicTransport, D, W>;

        /// Starts a memberlist over QUIC: names the node, and goes on to where it binds and how it behaves.
        ///
        /// ```no_run
        /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let tls = memberlist::tls::TlsOptions::mutual_from_files("node.pem", "node.key", "authority.pem")?;
        #[doc = concat!($block_on, "(async {")]
        #[doc = concat!("    let builder = memberlist::", $module, "::quic_builder(\"node-1\", tls);")]
        ///     let node = builder.bind("127.0.0.1:0").label("blue").start().await?;
        ///     assert_eq!(node.num_members(), 1);
        ///     node.shutdown().await;
        ///     Ok(())
        /// })
        /// # }
        /// ```
        #[cfg(feature = "_quic")]
        #[cfg_attr(docsrs, doc(cfg(feature = "quic")))]
        pub fn quic_builder(id: impl Into<SmolStr>, tls: TlsOptions) -> QuicBuilder<$runtime, SmolStr> {
            QuicBuilder::new(id.into(), tls)
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
