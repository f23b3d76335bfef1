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
//! # What is where
//!
//! * The module of your runtime (`tokio`, `smol`, `async_std`) has a builder and type aliases: begin there.
//! * [`Options`] has the presets `local`, `lan` and `wan`; `net::NetOptions` says how sockets are bound and who may connect.
//! * [`Memberlist::events`] is a stream of what happens; [`delegate`] has the traits for those who want a say in it.
//! * [`core`], [`proto`], [`types`] and `net` are the crates below, re-exported whole.
//!
//! # Features
//!
//! | feature | default | gives |
//! |---|---|---|
//! | `tokio` | yes | the tokio runtime |
//! | `smol` | no | the smol runtime |
//! | `async-std` | no | the async-std runtime |
//! | `tcp` | yes | the transport over TCP and UDP |
//! | `metrics` | no | counters and histograms through the `metrics` facade |
//! | `serde` | no | options from and to files |
//!
//! With a transport of your own, switch the default features off and start a node with [`Memberlist::start`].

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "tcp")]
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
pub use nodecraft;
#[cfg(any(feature = "tokio", feature = "smol", feature = "async-std"))]
pub use runtimes::*;
pub use smol_str::SmolStr;
#[cfg(feature = "tcp")]
#[cfg_attr(docsrs, doc(cfg(feature = "tcp")))]
pub use start::*;

/// README's code is compiled.
#[cfg(all(doctest, feature = "tokio", feature = "tcp"))]
#[doc = include_str!("../../README.md")]
struct Readme;
