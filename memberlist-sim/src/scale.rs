//! Clusters of a size: how they come together, what they cost, and how fast the simulator is with them.

pub mod bootstrap;
pub mod compare;
mod plan;
mod raw;
pub mod sampled;
mod watch;

/// From so many real nodes on, what all agree on is kept once.
const TOGETHER: usize = 2_000;
