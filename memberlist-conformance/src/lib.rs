//! Behaviour that every transport of the memberlist framework must show: one suite of tests for any [`Transport`] on any runtime.
//!
//! Who writes a transport says with a [`Fixture`] how to make one, and gets a `#[test]` for each rule, on the transport itself (packets,
//! streams, dropped futures, the end, capabilities that are true) and on a cluster that runs on it (join, probe, suspect, dead,
//! leave, rejoin, messages small and large, push/pull, other labels and keys, peers that vanish, dawdle or throw garbage, the end):
//!
//! ```
//! // tests/conformance.rs
//! use agnostic::tokio::TokioRuntime;
//! use memberlist_conformance::{Bound, Fixture, conformance_tests};
//! use memberlist_core::memory::{MemoryNetwork, MemoryTransport}; // your transport here
//! use std::{future::Future, net::SocketAddr, sync::atomic::{AtomicU16, Ordering}};
//!
//! struct Mine(MemoryNetwork, AtomicU16);
//!
//! impl Fixture for Mine {
//!     type Transport = MemoryTransport<TokioRuntime>;
//!
//!     async fn bind(&self, at: Option<&SocketAddr>) -> Bound<Self> {
//!         let fresh = || ([10, 0, 0, 1], self.1.fetch_add(1, Ordering::Relaxed)).into();
//!         self.0.bind(at.copied().unwrap_or_else(fresh))
//!     }
//!
//!     fn seed(&self, address: &SocketAddr) -> nodecraft::HostAddr {
//!         (*address).into()
//!     }
//!
//!     fn block_on<T>(test: impl Future<Output = T>) -> T {
//!         tokio::runtime::Runtime::new().unwrap().block_on(test)
//!     }
//! }
//!
//! conformance_tests!(Mine(MemoryNetwork::new(1), AtomicU16::new(1)));
//! # // What the line above makes is for the test harness; so that this example is run as well:
//! # let mine = Mine(MemoryNetwork::new(1), AtomicU16::new(1));
//! # let all = memberlist_conformance::all::<Mine>();
//! # all.iter().filter(|test| test.room == "lifecycle").for_each(|test| test.run(&mine));
//! ```
//!
//! Each test has a name of its own (`packets::packets_arrive_whole_and_name_their_sender`), so `cargo test packets::` runs a part. They wait
//! for what must happen, never for a time to pass, and give up after [`Fixture::patience`]. Most of that is waiting, so more threads than
//! processors help: `cargo test -- --test-threads 16`.
//!
//! A transport that claims to be secure or checked ([`Capabilities`]) has to prove it to somebody in the middle: [`Fixture::relay`]. One on
//! sockets can also be shown bytes that no transport sends: [`Fixture::throw`]. [`sockets`] has both.
//!
//! What the suite asks for beyond the words of [`Transport`]:
//! * who opens a stream speaks first, and a transport may hand it out only then;
//! * an empty packet is refused where it is sent, as is one over [`Capabilities::max_packet`], with an error that blames neither peer nor end;
//! * a stream has an end for each direction: after `close`, the other direction goes on; and all that was written arrives, also when the
//!   stream is dropped after `close`;
//! * a reader that takes nothing makes the writer wait (before 32 MiB), and holds up no other stream nor packets;
//! * of packets that nobody takes, less than 18,000 (of 1,400 bytes) are kept;
//! * a peer that comes back at its address is reached again without further ado.
//!
//! It is not a proof of the protocol (that is tested where it is written), nor a benchmark.
//!
//! [`Capabilities`]: memberlist_core::Capabilities
//! [`Capabilities::max_packet`]: memberlist_core::Capabilities::max_packet
//! [`Transport`]: memberlist_core::Transport

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "this crate is tests, and a test fails by panicking"
)]

mod cancelling;
mod claims;
mod cluster;
mod fixture;
mod hostile;
mod lifecycle;
mod packets;
mod pairwise;
mod relay;
mod run;
pub mod sockets;
mod streams;
mod suite;
mod support;

pub use cluster::story::story;
pub use fixture::{AddressIn, Bound, Fixture, Garbage, RuntimeIn};
pub use pairwise::pairwise;
pub use relay::Relay;
pub use run::Test;
#[doc(hidden)]
pub use run::run;
pub use suite::all;
