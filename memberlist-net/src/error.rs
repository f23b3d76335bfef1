use crate::{DEFAULT_PORT, InvalidBindAddress, InvalidCidrs};
use memberlist_core::TransportError;
use memberlist_sockets::{AdvertiseError, is_remote_kind};
use std::fmt;
use std::io;
use std::net::SocketAddr;

/// What can go wrong in the TCP/UDP transport.
///
/// The first group is our own configuration and only met while binding; the second is a single call, after which the transport
/// works on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetError {
    /// No bind address is configured. Nothing was opened.
    #[error("no bind address: name at least one, such as 0.0.0.0:{DEFAULT_PORT}")]
    NoBindAddress,
    /// The bind addresses have different ports. Nothing was opened.
    #[error("bind addresses {first} and {second} differ in their port: all sockets of a node share one port")]
    DifferentPorts {
        /// The first bind address.
        first: SocketAddr,
        /// The one that disagrees.
        second: SocketAddr,
    },
    /// A bind address is not an IP address. Nothing was opened.
    #[error(transparent)]
    InvalidBindAddress(#[from] InvalidBindAddress),
    /// A text in the allow-list is not a network. Nothing was opened.
    #[error(transparent)]
    InvalidCidrs(#[from] InvalidCidrs),
    /// An option is outside its range. Nothing was opened.
    #[error("option `{name}` must be {range}, not {value}")]
    InvalidOption {
        /// The option's name.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is accepted.
        range: &'static str,
    },
    /// A socket could not be bound; all others were closed again.
    #[error("cannot bind {protocol} {address}: {source}")]
    Bind {
        /// `TCP` or `UDP`.
        protocol: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The configured advertise address is unspecified (`0.0.0.0`, `::`). All sockets were closed again.
    #[error(
        "cannot advertise {0}: nobody can reach an unspecified address; set `advertise` to one that other nodes can reach"
    )]
    UnspecifiedAdvertise(SocketAddr),
    /// A wildcard is bound, and no address of this machine could be found to advertise. All sockets were closed again.
    #[error(
        "no address to advertise: {bound} is bound, and no interface with a usable address was found; set `advertise` to the address \
         at which other nodes reach this one"
    )]
    NoAdvertiseAddress {
        /// The wildcard that is bound.
        bound: SocketAddr,
    },

    /// The transport has been shut down.
    #[error("the transport has been shut down")]
    Closed,
    /// The address is not in the allow-list. Nothing was sent.
    #[error("{0} is not in the allowed networks")]
    NotAllowed(SocketAddr),
    /// The packet is larger than the transport carries. Nothing was sent.
    #[error("packet of {len} bytes exceeds the limit of {max}")]
    PacketTooLarge {
        /// Its length.
        len: usize,
        /// The limit, `NetOptions::max_packet`.
        max: usize,
    },
    /// The packet has no bytes. Nothing was sent.
    #[error("empty packet")]
    EmptyPacket,
    /// No socket of the destination's address family is bound. Nothing was sent.
    #[error("no socket to reach {0}: bind an address of its family")]
    NoSocket(SocketAddr),
    /// The peer was reached, but not by TLS. Nothing was said. Where only the peer refuses us, that shows at the first read of the
    /// stream instead.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    #[error("TLS with {address}: {failure}")]
    Tls {
        /// With whom.
        address: SocketAddr,
        /// Why not.
        failure: memberlist_tls::HandshakeFailure,
    },
    /// An operation of the system failed.
    #[error("{operation} {address}: {source}")]
    Io {
        /// What was done.
        operation: Operation,
        /// With whom (when receiving: the local address).
        address: SocketAddr,
        /// Why it failed.
        source: io::Error,
    },
}

/// What was being done when an [`NetError::Io`] happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Sending a packet.
    Send,
    /// Receiving a packet.
    Receive,
    /// Opening a stream.
    Connect,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Send => "sending to",
            Self::Receive => "receiving on",
            Self::Connect => "connecting to",
        })
    }
}

impl TransportError for NetError {
    fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }

    fn is_remote(&self) -> bool {
        match self {
            Self::Io { operation: Operation::Send | Operation::Connect, source, .. } => {
                is_remote_kind(source.kind())
            }
            #[cfg(feature = "tls")]
            Self::Tls { failure, .. } => failure.is_remote(),
            _ => false,
        }
    }
}

impl NetError {
    /// A stream that could not be opened.
    pub(crate) fn connect(address: SocketAddr, source: io::Error) -> Self {
        #[cfg(feature = "tls")]
        if let Some(failure) = crate::tls::handshake_failure(&source) {
            return Self::Tls { address, failure: failure.clone() };
        }
        Self::Io { operation: Operation::Connect, address, source }
    }
}

impl From<AdvertiseError> for NetError {
    fn from(error: AdvertiseError) -> Self {
        match error {
            AdvertiseError::UnspecifiedAdvertise(address) => Self::UnspecifiedAdvertise(address),
            AdvertiseError::NoAdvertiseAddress { bound } => Self::NoAdvertiseAddress { bound },
            _ => Self::NoBindAddress,
        }
    }
}

#[cfg(test)]
mod tests;
