//! What others offer of the same.

pub(super) mod machine;
pub(super) mod msgpack;
pub(super) mod protobuf;
