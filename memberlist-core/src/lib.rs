//! The async driver of the memberlist framework: [`Memberlist`] runs the protocol of `memberlist-proto` on any
//! [`Transport`] and any [`agnostic`] runtime.
//!
//! Applications usually depend on the facade crate `memberlist`, which adds transports for real sockets. This crate has
//! the handle, the [delegates](delegate), the options, and an [in-memory network](memory) for tests:
//!
//! ```
//! use agnostic::tokio::TokioRuntime;
//! use memberlist_core::{Memberlist, Options, memory::MemoryNetwork};
//! use smol_str::SmolStr;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let network = MemoryNetwork::new(42);
//! let (first, second) = ("10.0.0.1:7946".parse()?, "10.0.0.2:7946".parse()?);
//! let a = Memberlist::start(SmolStr::new("a"), network.bind::<TokioRuntime>(first)?, Options::local()).await?;
//! let b = Memberlist::start(SmolStr::new("b"), network.bind::<TokioRuntime>(second)?, Options::local()).await?;
//! b.join(first).await?;
//! assert_eq!((a.num_members(), b.num_members()), (2, 2));
//! b.leave(std::time::Duration::from_secs(5)).await?;
//! b.shutdown().await;
//! a.shutdown().await;
//! # Ok(())
//! # }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod broadcast;
mod budget;
pub mod delegate;
mod driver;
mod error;
mod event;
mod framings;
mod join;
mod machine;
mod memberlist;
pub mod memory;
pub mod metrics;
mod options;
mod queue;
pub mod record;
mod resolver;
mod shared;
mod start;
mod stats;
mod sync;
mod tasks;
mod transport;

pub use broadcast::Broadcast;
pub use delegate::{CompositeDelegate, Delegate, VoidDelegate};
pub use error::{Error, JoinError};
pub use event::{Event, Events};
pub use join::{JoinOutcome, JoinReport, ResolveError};
pub use memberlist::{Builder, Memberlist, WeakMemberlist};
pub use memberlist_proto as proto;
pub use memberlist_proto::{
    BroadcastOutcome, CommandError, FailureReason, JoinOptions, JoinResult, Member, Snapshot, StreamFailure,
    SuspicionReason,
};
pub use memberlist_types as types;
pub use memberlist_types::{Meta, NativeWire, Node, State};
pub use options::Options;
pub use resolver::{AddressResolver, ResolveAll};
pub use stats::Stats;
pub use transport::{AddressOf, Capabilities, Packet, Transport, TransportError, UserAddressOf};
