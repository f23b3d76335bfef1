//! A deterministic simulator for memberlist: thousands of real endpoints on a virtual clock and a virtual network.
//!
//! The nodes of a [`Simulation`] are the state machines that users deploy ([`memberlist_proto::Endpoint`]), their packets are the bytes
//! of a real wire, their streams real conversations. Only clock, network and processes are virtual, so an hour of a cluster takes
//! seconds, and the same seed gives the same steps, byte for byte.
//!
//! It proves properties of the protocol over thousands of seeds, repeats published experiments, and tells what a cluster of a size will do.

pub mod cli;
pub mod formulas;
pub mod lifeguard;
pub mod measure;
mod names;
mod network;
mod observe;
pub mod plot;
pub mod properties;
pub mod random;
pub mod report;
pub mod scale;
pub mod scenario;
mod simulation;
mod spoken;
pub mod stats;
pub mod trace;

pub use memberlist_proto::{Instant, Options};
pub use memberlist_types::State;
pub use names::{Addr, Name, NodeIndex};
pub use network::{
    Access, Bandwidth, Burst, Cut, Flight, InvalidField, Latency, Link, Medium, Network, Partition, Problem,
    Reorder, Rule, RuleId, Verdict, Zone,
};
pub use observe::{Action, Fate, Loss, Observer, Step, StreamStep, View};
pub use simulation::{Membership, Restart, Simulation, Traffic};
pub use spoken::Spoken;
