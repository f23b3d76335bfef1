//! The suite, on every transport and runtime of the workspace.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests; clippy knows only those in `#[test]` itself"
)]

mod faults;
mod frames;
mod identity;
mod memory;
mod quic;
mod runtimes;
mod tcp;
mod tls;
