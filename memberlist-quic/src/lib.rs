//! QUIC transport of the memberlist framework, on any agnostic runtime.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg(any(feature = "ring", feature = "aws-lc-rs"))]

mod accept;
mod config;
mod dial;
mod error;
mod gate;
mod link;
mod node;
mod options;
mod pool;
mod serve;
mod sockets;
mod spawner;
mod stats;
mod stream;
mod transport;
mod verifier;

pub use error::{ConnectFailure, QuicError};
pub use memberlist_sockets::{
    BindAddress, CidrPolicy, DEFAULT_PORT, HostAddr, HostResolver, InvalidBindAddress, InvalidCidrs,
    InvalidHost, NamedHost, ResolveError, SeedAddress, canonical, ipnet,
};
pub use memberlist_tls::{HandshakeFailure, ServerNames, TlsError, TlsOptions};
pub use options::{MAX_PACKET, QuicOptions};
pub use stats::QuicStats;
pub use stream::QuicStream;
pub use transport::QuicTransport;
pub use verifier::PeerVerifier;
