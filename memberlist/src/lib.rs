//! Cluster membership and failure detection for Rust services: SWIM with the Lifeguard extensions, gossip, and push/pull
//! anti-entropy.
//!
//! Each node runs a [`Memberlist`]. It knows who else is in the cluster, notices within seconds who has failed (and hardly ever
//! suspects who has not), and spreads what users broadcast. There is no leader and no configuration server: a node joins by the address of any
//! other.
//!
//! ```
//! use memberlist::prelude::*;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let a = memberlist::tokio::builder("a").bind("127.0.0.1:0").options(Options::local()).start().await?;
//!     let b = memberlist::tokio::builder("b").bind("127.0.0.1:0").options(Options::local()).start().await?;
//!     b.join(a.advertise_address()).await?;
//!     for member in b.members() {
//!         println!("{}: {:?}", member.node, member.state);
//!     }
//! #   assert_eq!(b.num_members(), 2);
//!     b.leave(Duration::from_secs(5)).await?;
//! #   b.shutdown().await;
//! #   a.shutdown().await;
//!     Ok(())
//! }
//! ```
//!
//! # Transports
//!
//! Over TCP and UDP, as above, packets and streams travel in clear, unless they are encrypted with a keyring (`types::Keyring`):
//!
#![cfg_attr(all(feature = "tokio", feature = "tcp", feature = "aes-gcm"), doc = "```")]
#![cfg_attr(not(all(feature = "tokio", feature = "tcp", feature = "aes-gcm")), doc = "```ignore")]
//! use memberlist::prelude::*;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let keyring = Keyring::new()?.with_key(&SecretKey::generate(EncryptionAlgorithm::Aes256Gcm)?);
//! let node = memberlist::tokio::builder("a").bind("127.0.0.1:0").keyring(keyring.clone()).start().await?;
//! // Keys can be changed while it runs: add the next one on all nodes, then use it, then remove the old one.
//! keyring.add(&SecretKey::generate(EncryptionAlgorithm::Aes256Gcm)?);
//! # node.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! Over TLS, streams are secured by certificates. Packets travel over UDP beside it: encrypt them with a keyring, or let them travel
//! inside the streams, as here:
//!
#![cfg_attr(all(feature = "tokio", feature = "_tls"), doc = "```no_run")]
#![cfg_attr(not(all(feature = "tokio", feature = "_tls")), doc = "```ignore")]
//! use memberlist::prelude::*;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let tls = TlsOptions::mutual_from_files("node.pem", "node.key", "authority.pem")?;
//! let net = NetOptions::new().with_streams_only(true);
//! let node = memberlist::tokio::tls_builder("a", tls).net_options(net).start().await?;
//! # node.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! Over QUIC, packets and streams are secured both, on one UDP port:
//!
#![cfg_attr(all(feature = "tokio", feature = "_quic"), doc = "```no_run")]
#![cfg_attr(not(all(feature = "tokio", feature = "_quic")), doc = "```ignore")]
//! use memberlist::prelude::*;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let tls = TlsOptions::mutual_from_files("node.pem", "node.key", "authority.pem")?;
//! let node = memberlist::tokio::quic_builder("a", tls).start().await?;
//! # node.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! Certificates for development and tests can be made in the program (`tls::self_signed`, with the feature `self-signed`). A transport
//! of one's own implements [`Transport`], and its node is started with [`Memberlist::start`] or [`Builder`].
//!
//! # What is where
//!
//! * The module of your runtime (`tokio`, `smol`, `async_std`) has builders and type aliases: begin there. A runtime of one's own
//!   implements [`agnostic::Runtime`] and is a parameter of `TcpBuilder`, `TlsBuilder` and `QuicBuilder`.
//! * [`Options`] has the presets `local`, `lan` and `wan`; `net::NetOptions` and `quic::QuicOptions` say how sockets are bound and who
//!   may connect; `tls::TlsOptions` how nodes show who they are.
//! * [`Memberlist::events`] is a stream of what happens; [`delegate`] has the traits for those who want a say in it.
//! * [`core`], [`proto`], [`types`], `net`, `tls` and `quic` are the crates below, re-exported whole.
//!
//! # Features
//!
//! On by default are `tokio` and `tcp`. No feature changes what a node does by default; each makes something available.
//!
//! | feature | gives |
//! |---|---|
//! | `tokio`, `smol`, `async-std` | a runtime: the module of this name |
//! | `tcp` | the transport over TCP and UDP |
//! | `tls`, `tls-aws-lc-rs` | the transport over TLS (and UDP), with the crypto provider ring or aws-lc-rs; includes `tcp` |
//! | `quic`, `quic-aws-lc-rs` | the transport over QUIC, with the crypto provider ring or aws-lc-rs |
//! | `self-signed` | certificates for development and tests, together with a crypto provider |
//! | `aes-gcm`, `chacha20-poly1305` | encryption with a keyring: AES-128, -192 and -256-GCM; ChaCha20-Poly1305 |
//! | `aws-lc-rs` | the same algorithms by AWS-LC, two to seven times as fast; needs a C compiler |
//! | `snappy`, `lz4`, `zstd`, `brotli` | a compression |
//! | `xxhash32`, `xxhash64`, `xxhash3`, `murmur3` | a checksum beside crc32 |
//! | `metrics` | counters and histograms through the `metrics` facade |
//! | `serde` | options from and to files |
//!
//! Nodes tell each other which checksums and compressions they can read, and send each other nothing else. The algorithm of an
//! encryption must be compiled into all nodes of a cluster; what a node can't read, it refuses and counts.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(feature = "tcp", feature = "_quic"))]
mod start;

#[cfg(any(feature = "tokio", feature = "smol", feature = "async-std"))]
mod runtimes;

pub mod prelude;

pub use agnostic;
pub use memberlist_core as core;
pub use memberlist_core::*;
#[cfg(feature = "tcp")]
#[cfg_attr(docsrs, doc(cfg(feature = "tcp")))]
pub use memberlist_net as net;
#[cfg(feature = "_quic")]
#[cfg_attr(docsrs, doc(cfg(feature = "quic")))]
pub use memberlist_quic as quic;
#[cfg(any(feature = "_tls", feature = "_quic", feature = "self-signed"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "tls", feature = "quic", feature = "self-signed"))))]
pub use memberlist_tls as tls;
pub use nodecraft;
#[cfg(any(feature = "tokio", feature = "smol", feature = "async-std"))]
pub use runtimes::*;
pub use smol_str::SmolStr;
#[cfg(any(feature = "tcp", feature = "_quic"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "tcp", feature = "quic"))))]
pub use start::*;

/// README's code is compiled.
#[cfg(all(doctest, feature = "tokio", feature = "tcp"))]
#[doc = include_str!("../../README.md")]
struct Readme;
