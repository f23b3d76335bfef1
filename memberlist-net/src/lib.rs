//! TCP streams and UDP packets for memberlist, on any `agnostic` runtime.
//!
//! [`NetTransport`] moves bytes and knows nothing of what they mean. It binds TCP and UDP on one port (for several addresses, of
//! both families, if asked), lets in whom the allow-list names, bounds what strangers can make it hold, and closes everything when it
//! is shut down. Where UDP is blocked, [`NetOptions::streams_only`] carries packets over TCP. With the feature `tls`, `TlsTransport`
//! does the same with TLS on its streams.
//!
//! What users write as an address is turned into socket addresses by a resolver: [`HostResolver`] for host names and IP
//! addresses, nodecraft's `SocketAddrResolver` for socket addresses alone.
//!
//! ```
//! use agnostic::tokio::TokioRuntime;
//! use memberlist_core::Transport;
//! use memberlist_net::{HostResolver, NetOptions, NetTransport};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let options = NetOptions::new().with_bind("127.0.0.1:0".parse::<std::net::SocketAddr>()?);
//! let transport = NetTransport::<_, TokioRuntime>::bind(HostResolver::default(), options).await?;
//! let me = *transport.advertise_address();
//! transport.send_packet(&me, "hello".into()).await?;
//! assert_eq!(transport.recv_packet().await?.data, "hello");
//! transport.shutdown().await;
//! # Ok(())
//! # }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod accept;
mod error;
mod inbound;
mod layer;
mod options;
mod packet_stream;
mod peers;
mod shared;
mod sockets;
mod stats;
#[cfg(feature = "tls")]
mod tls;
mod transport;

pub use error::{NetError, Operation};
pub use layer::{Layer, Plain};
pub use memberlist_sockets::{
    BindAddress, CidrPolicy, DEFAULT_PORT, HostAddr, HostResolver, InvalidBindAddress, InvalidCidrs,
    InvalidHost, NamedHost, ResolveError, SeedAddress, canonical, ipnet,
};
pub use options::{MAX_PACKET, NetOptions};
pub use stats::NetStats;
#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub use tls::{Tls, TlsStream, TlsTransport};
pub use transport::NetTransport;
