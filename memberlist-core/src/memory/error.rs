use crate::TransportError;
use std::net::SocketAddr;

/// What can go wrong on a [`MemoryNetwork`](super::MemoryNetwork).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// The transport was shut down.
    #[error("the transport is shut down")]
    Closed,
    /// Another transport has this address.
    #[error("address {0} is in use")]
    AddressInUse(SocketAddr),
    /// Nobody listens at the address.
    #[error("nobody listens at {0}")]
    Refused(SocketAddr),
    /// The packet is larger than the network carries.
    #[error("a packet of {actual} bytes, at most {limit} fit")]
    TooLarge {
        /// Its size in bytes.
        actual: usize,
        /// What the network carries.
        limit: usize,
    },
    /// The packet has no bytes.
    #[error("empty packet")]
    EmptyPacket,
    /// The test asked for a failure of this machine.
    #[error("failure on demand")]
    OnDemand,
}

impl TransportError for MemoryError {
    fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }

    fn is_remote(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

/// The network has no host of this name; see [`MemoryNetwork::set_host`](super::MemoryNetwork::set_host).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no host is named {0}")]
pub struct UnknownHost(pub String);
