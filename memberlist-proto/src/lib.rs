//! SWIM with the Lifeguard extensions, gossip and push/pull anti-entropy as a pure state machine.
//!
//! [`Endpoint`] has no clock, no sockets, no tasks and no randomness of its own: a driver brings the time, the messages and
//! a seeded generator, and carries out what the endpoint asks for. The same seed and inputs give the same outputs.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod awareness;
#[cfg(feature = "_bench")]
#[doc(hidden)]
pub mod bench;
mod budget;
mod endpoint;
mod error;
mod event;
mod exchange;
mod members;
mod options;
mod output;
mod queue;
mod random;
pub mod record;
mod scale;
mod stats;
mod suspicion;
mod time;
mod timer;

pub use endpoint::{
    Accumulator, Endpoint, EndpointRng, JoinOptions, LocalNode, Merge, Outputs, Prefetch, StateCursor,
    VersionCheck, Workspace,
};
pub use error::{CommandError, CreateError, MergeError, OptionsError};
pub use event::{
    BroadcastId, BroadcastOutcome, Event, Evidence, FailureReason, HelperAnswer, JoinId, JoinResult, Member,
    PingId, ProbeReport, RejectReason, Rejection, StreamFailure, SuspicionReason,
};
pub use exchange::{Exchange, ExchangeOutput};
pub use memberlist_types as types;
#[cfg(feature = "shared-store")]
pub use members::{Common, Lockstep, Shared};
pub use members::{Dense, Snapshot, Store};
pub use options::{AddressChange, Options};
pub use output::{Messages, RequestId, StreamRequest, StreamRequestKind, Transmit};
pub use stats::Stats;
pub use time::Instant;
