//! The machine as a whole, on a hand-moved clock: one rule a test. Row ids stand in the comments.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub
)]

mod invariants;
mod net;
mod solo;

mod admission;
mod alive;
mod attacks;
mod claims;
mod creation;
mod dead;
mod edges;
mod gossip;
mod healing;
mod health;
mod join;
mod layers;
mod leave;
mod partition;
mod ping;
mod probe;
mod properties;
mod push_pull;
mod replay;
mod restart;
mod slices;
mod soak;
mod stall;
mod suspect;
mod user;
