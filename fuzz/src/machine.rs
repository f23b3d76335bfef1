//! The state machine of the protocol: alone with any input, and in clusters with any faults.

pub(crate) mod cluster;
pub(crate) mod endpoint;
pub(crate) mod words;
