//! Whole nodes on the in-memory network.
//!
//! Time is virtual: the runtime's clock stands still while anything runs, and jumps to the next timer when nothing does. So a
//! test takes no time, however long the cluster in it lives, and a busy machine can't make a node suspect another.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test fails by panicking.

mod allowed;
mod bad_input;
mod delegates;
mod encryption;
mod events;
mod failures;
mod harness;
mod hashicorp;
mod healing;
mod joining;
mod large_messages;
mod lifecycle;
mod membership;
mod message_streams;
mod messages;
mod negotiation;
mod network;
mod parts;
mod quiet;
mod raw_streams;
mod recording;
mod replay;
mod whole_frames;
mod wrapped;
