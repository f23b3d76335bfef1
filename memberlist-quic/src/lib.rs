//! QUIC for memberlist, on any `agnostic` runtime.
//!
//! [`QuicTransport`] moves bytes and knows nothing of what they mean. Packets travel as QUIC datagrams (on a one-way stream where one
//! does not fit), streams as bidirectional streams, all over one UDP port, encrypted and authenticated with TLS 1.3. It lets in whom the
//! TLS configuration, the allow-list and the peer verifier let in, bounds what strangers and peers can make it hold, and closes
//! everything when it is shut down.
//!
//! ```
//! use agnostic::tokio::TokioRuntime;
//! use memberlist_core::Transport;
//! use memberlist_quic::{HostResolver, QuicOptions, QuicTransport};
//! use memberlist_tls::self_signed::Authority;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // For development; in production, `TlsOptions::mutual` with certificates of an authority of the cluster's own.
//! let tls = Authority::new()?.identity("node-1", &[[127, 0, 0, 1].into()])?.tls_options()?;
//! let options = QuicOptions::new().with_bind("127.0.0.1:0".parse::<std::net::SocketAddr>()?);
//! let transport = QuicTransport::<_, TokioRuntime>::bind(HostResolver::default(), options, tls).await?;
//! let me = *transport.advertise_address();
//! transport.send_packet(&me, "hello".into()).await?;
//! assert_eq!(transport.recv_packet().await?.data, "hello");
//! transport.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Connections
//!
//! A connection is opened when something is sent to a peer, without the sender waiting for it: packets wait in a bounded queue, and all
//! that is sent meanwhile shares the one attempt. It serves both directions: what a node sends back travels over the connection that
//! its peer has opened. (But only if the peer has shown a certificate for the name by which it would have been called, of an authority
//! that the server configuration trusts: let that be the one that the client configuration trusts, too. Who has not may talk to us
//! as far as the TLS configuration allows it; what is sent to its address goes over a connection of our own, where it has to show
//! one.) Two nodes that call each other at the same moment agree on one of the two connections, and the other one becomes idle.
//! An unused connection is closed after [`QuicOptions::idle_timeout`]; there are no keep-alives.
//!
//! A peer that closes its connections in order says so. One that vanishes does not, and what is sent to it disappears. So after sending,
//! a node looks whether anything comes back (an acknowledgement does): if nothing has for 220 ms (four round trips and 120 ms, where
//! that is longer), it opens another connection, over which whatever was not answered goes out once more. A peer that was restarted at
//! its old address is thus reached by the first packet that is sent to it, before a probe gives up. Packets can arrive twice that way,
//! as they can over UDP. An answer that was under way already when its sender died is taken for one; then that packet is lost, and the
//! next one finds out.
//!
//! # Peers
//!
//! Who may take part is decided in this order: the allow-list (others are not answered at all), limits, TLS (both sides must show a
//! certificate that the other one's authorities have signed, unless [`TlsOptions::anonymous_clients`]), and
//! [`QuicOptions::peer_verifier`], if there is one. TLS names the holder of a certificate, not the node: see [`Peers`] for how an
//! application binds the one to the other.
//!
//! A handshake that fails for certificates, names or protocols is no evidence against the peer ([`ConnectFailure::is_remote`]): whose
//! certificate is at fault can't be told, and a node whose own has expired must not take all others for dead. Such a failure is
//! remembered for a second, in which sends to that peer fail at once.
//!
//! # Limits
//!
//! Each limit is an option, and what it refuses is counted in [`QuicStats`]. Connections make room for new ones (that unused for longest
//! goes; one with open streams stays); handshakes, connections per IP address, streams that nobody takes, and packets that wait are
//! refused or dropped when there are too many. When many handshakes are under way, callers have to show that they receive at the
//! address from which they call, before anything is computed for them, and one host has half of the places. The memory of one connection
//! is bounded: at most 3.6 MiB with the defaults, for a peer that does its worst ([`QuicOptions::window`] says of what).
//!
//! # Choices
//!
//! Migration is off: a node is its address. 0-RTT is off unless [`QuicOptions::zero_rtt`] asks for it. A port where nobody listens gives no
//! answer (QUIC runs over UDP), so connecting there fails only after [`QuicOptions::handshake_timeout`].
//!
//! Without one of the features `ring` and `aws-lc-rs` the crate is empty: QUIC needs a crypto provider at compile time.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg(any(feature = "ring", feature = "aws-lc-rs"))]

mod accept;
mod config;
mod dial;
mod error;
mod gate;
mod guard;
mod link;
mod node;
mod options;
mod peers;
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
pub use peers::{Peers, bears_name};
pub use stats::QuicStats;
pub use stream::QuicStream;
pub use transport::QuicTransport;
pub use verifier::PeerVerifier;
