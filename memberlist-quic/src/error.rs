use crate::{DEFAULT_PORT, InvalidBindAddress, InvalidCidrs};
use memberlist_core::TransportError;
use memberlist_sockets::AdvertiseError;
use memberlist_tls::HandshakeFailure;
use quinn::{ConnectionError, TransportErrorCode};
use rustls::AlertDescription;
use std::io;
use std::net::SocketAddr;

/// What can go wrong in the QUIC transport.
///
/// The first group is our own configuration and only met while binding; the second is a single call, after which the transport
/// works on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuicError {
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
    /// A TLS configuration can't be used with QUIC: it lacks TLS 1.3, or a cipher suite that QUIC needs. Nothing was opened.
    #[error("the TLS {side} configuration can't be used with QUIC: {reason}")]
    InvalidTls {
        /// `server` or `client`.
        side: &'static str,
        /// Why.
        reason: String,
    },
    /// A socket could not be bound; all others were closed again.
    #[error("cannot bind UDP {address}: {source}")]
    Bind {
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
        /// The limit, `QuicOptions::max_packet`.
        max: usize,
    },
    /// A packet without a byte. Nothing was sent.
    #[error("an empty packet says nothing")]
    EmptyPacket,
    /// No socket of the address's family is bound. Nothing was sent.
    #[error("no socket to reach {0}: bind an address of its family")]
    NoSocket(SocketAddr),
    /// No connection to the peer could be had. The next call tries again.
    #[error("connecting to {address}: {failure}")]
    Connect {
        /// The peer.
        address: SocketAddr,
        /// Why.
        failure: ConnectFailure,
    },
}

/// Why no connection to a peer could be had, or why one was lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectFailure {
    /// The peer did not answer in time. QUIC runs over UDP, so a port where nobody listens looks the same.
    #[error("no answer in time")]
    TimedOut,
    /// The peer is full.
    #[error("the peer accepts no more connections")]
    Refused,
    /// The peer closed the connection: it is shutting down, or made room for others.
    #[error("the peer closed the connection: {0}")]
    ClosedByPeer(String),
    /// The TLS handshake failed: one side does not accept what the other one presented.
    #[error(transparent)]
    Handshake(#[from] HandshakeFailure),
    /// The peer verifier refused the peer.
    #[error("the peer verifier refused the peer: {0}")]
    RefusedPeer(String),
    /// The peer's verifier refused this node.
    #[error("the peer's verifier refused this node: {0}")]
    RefusedByPeer(String),
    /// All `max_outbound` connections are in use by streams.
    #[error("too many connections are in use")]
    TooMany,
    /// The configured server name can't be sent, or the address can't be connected to (port 0).
    #[error("{0}")]
    Unusable(String),
    /// The QUIC conversation failed.
    #[error("{0}")]
    Lost(String),
}

impl ConnectFailure {
    /// Whether it tells something of the peer or the way to it. Who refuses us for what we present tells something of us, and whom we
    /// refuse may be right: see [`HandshakeFailure::is_remote`].
    #[must_use]
    pub fn is_remote(&self) -> bool {
        match self {
            Self::Handshake(failure) => failure.is_remote(),
            Self::RefusedByPeer(_) | Self::TooMany | Self::Unusable(_) => false,
            _ => true,
        }
    }
}

impl From<ConnectionError> for ConnectFailure {
    fn from(error: ConnectionError) -> Self {
        match &error {
            ConnectionError::TimedOut => Self::TimedOut,
            ConnectionError::TransportError(found) => match alert(found.code) {
                Some(alert) => Self::Handshake(found_here(alert, &found.reason)),
                None => Self::Lost(error.to_string()),
            },
            ConnectionError::ConnectionClosed(close) => match alert(close.error_code) {
                Some(alert) => Self::Handshake(HandshakeFailure::from_alert(alert)),
                None if close.error_code == TransportErrorCode::CONNECTION_REFUSED => Self::Refused,
                None => Self::Lost(error.to_string()),
            },
            ConnectionError::ApplicationClosed(close) => {
                let reason = String::from_utf8_lossy(&close.reason).into_owned();
                if close.error_code == Goodbye::Refused.code() {
                    Self::RefusedByPeer(reason)
                } else {
                    Self::ClosedByPeer(reason)
                }
            }
            ConnectionError::CidsExhausted => Self::Unusable(error.to_string()),
            _ => Self::Lost(error.to_string()),
        }
    }
}

/// The alert of TLS that this code stands for, if it does.
fn alert(code: TransportErrorCode) -> Option<AlertDescription> {
    match u64::from(code) {
        code @ 0x100..0x200 => u8::try_from(code & 0xFF).ok().map(AlertDescription::from),
        _ => None,
    }
}

/// What we found wrong with a peer, from the alert that it was sent: the QUIC implementation keeps no more of it, but for the text.
fn found_here(alert: AlertDescription, text: &str) -> HandshakeFailure {
    match alert {
        AlertDescription::UnknownCA => HandshakeFailure::UnknownAuthority,
        AlertDescription::CertificateExpired => HandshakeFailure::Expired,
        AlertDescription::CertificateRevoked => HandshakeFailure::Revoked,
        AlertDescription::CertificateRequired => HandshakeFailure::NoCertificate,
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown => HandshakeFailure::InvalidCertificate(text.to_owned()),
        AlertDescription::HandshakeFailure
        | AlertDescription::ProtocolVersion
        | AlertDescription::InsufficientSecurity
        | AlertDescription::MissingExtension
        | AlertDescription::NoApplicationProtocol => HandshakeFailure::Incompatible(text.to_owned()),
        AlertDescription::InternalError => HandshakeFailure::Local(text.to_owned()),
        _ => HandshakeFailure::Misbehaved(text.to_owned()),
    }
}

/// Why a connection is closed, as the peer is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goodbye {
    /// The transport is shut down.
    Shutdown = 1,
    /// Others need the place.
    MakeRoom = 2,
    /// A newer connection has taken its place.
    Replaced = 3,
    /// The peer verifier says no, or a certificate is missing.
    Refused = 4,
}

impl Goodbye {
    pub(crate) fn code(self) -> quinn::VarInt {
        quinn::VarInt::from_u32(self as u32)
    }

    pub(crate) fn say(self, connection: &quinn::Connection) {
        let reason = match self {
            Self::Shutdown => "shutdown",
            Self::MakeRoom => "making room",
            Self::Replaced => "replaced",
            Self::Refused => "refused",
        };
        connection.close(self.code(), reason.as_bytes());
    }
}

impl TransportError for QuicError {
    fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }

    fn is_remote(&self) -> bool {
        matches!(self, Self::Connect { failure, .. } if failure.is_remote())
    }
}

impl From<AdvertiseError> for QuicError {
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
