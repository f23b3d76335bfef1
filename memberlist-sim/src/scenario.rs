//! Scenarios: a cluster, its network, what goes wrong, and what is expected, written down in a TOML file.

mod shipped;

pub use shipped::{SHIPPED, UnknownScenario, shipped};
