//! Clusters of tens of thousands: nobody misses a probe while full states are exchanged.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // A test fails by panicking.

mod crowd;
mod exchange;
mod figures;
