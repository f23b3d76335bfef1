//! The tasks that carry out what the machine asks for, and tell it what happens.

pub(crate) mod admission;
pub(crate) mod departure;
pub(crate) mod engine;
pub(crate) mod events;
pub(crate) mod exchange;
pub(crate) mod gather;
pub(crate) mod joins;
pub(crate) mod lines;
pub(crate) mod merge;
pub(crate) mod outgoing;
pub(crate) mod packets;
pub(crate) mod prefetch;
pub(crate) mod refusals;
pub(crate) mod requests;
pub(crate) mod residents;
pub(crate) mod seeds;
pub(crate) mod state;
pub(crate) mod streams;
pub(crate) mod transmit;
pub(crate) mod watch;
