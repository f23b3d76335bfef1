//! Clusters of a size: how they come together, what they cost, and how fast the simulator is with them.

pub mod bootstrap;
pub mod command;
pub mod compare;
mod machine;
mod plan;
mod raw;
pub mod sampled;
mod tables;
mod watch;

/// From so many real nodes on, what all agree on is kept once.
const TOGETHER: usize = 2_000;
