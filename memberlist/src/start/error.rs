use crate::Error;
use crate::types::LabelTooLong;
use memberlist_sockets::InvalidBindAddress;
use std::convert::Infallible;

/// Why a node could not be started. Nothing stays open or running.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Our configuration: an address to bind is no IP address.
    #[error(transparent)]
    Bind(#[from] InvalidBindAddress),
    /// Our configuration: the label is too long.
    #[error(transparent)]
    Label(#[from] LabelTooLong),
    /// Our configuration or the local system: the transport over TCP or TLS could not be bound.
    #[cfg(feature = "tcp")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tcp")))]
    #[error(transparent)]
    Net(#[from] crate::net::NetError),
    /// Our configuration or the local system: the transport over QUIC could not be bound.
    #[cfg(feature = "_quic")]
    #[cfg_attr(docsrs, doc(cfg(feature = "quic")))]
    #[error(transparent)]
    Quic(#[from] crate::quic::QuicError),
    /// Our configuration: the node's options, name or metadata can't be.
    #[error(transparent)]
    Node(#[from] Error),
}

impl From<Infallible> for StartError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
