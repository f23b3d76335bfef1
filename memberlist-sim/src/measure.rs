//! Measures of what a cluster does, as observers: false positives, detection, load.
//!
//! They compare what nodes report with what was done to nodes, so they need no access to a node's inside, and measure an endpoint on
//! another wire or with other options in the same way.

mod detection;
mod false_positives;
mod load;

pub use detection::Detection;
pub use false_positives::{FalsePositive, FalsePositives};
pub use load::Load;
