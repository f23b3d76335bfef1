use crate::{JoinReport, TransportError};
use memberlist_proto::{CommandError, CreateError, OptionsError, StreamFailure};
use memberlist_types::EncodeError;
use std::{fmt, sync::Arc, time::Duration};

/// Why something could not be done, by who is to blame.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Our configuration: an option is out of its range or contradicts another. Nothing was started; the transport is closed.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// Our configuration: the node can't be made. Nothing was started; the transport is closed.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// Our configuration: the wire can't express the framing (a compression or an encryption that it does not have). Nothing was started; the
    /// transport is closed.
    #[error("the wire can't frame as the options say: {0}")]
    Framing(EncodeError),
    /// The caller: the command can't be carried out. Nothing changed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The caller: no node of this name is known (or it is dead or left). Nothing changed.
    #[error("no member is named {0}")]
    UnknownMember(String),
    /// The caller: the address lies outside the networks that the transport allows. Nothing was sent.
    #[error("address {0} is not allowed by the transport")]
    AddressNotAllowed(String),
    /// The caller: the payload is too large for a stream message or can't be expressed. Nothing was sent.
    #[error("the message can't be sent: {0}")]
    Encode(#[from] EncodeError),
    /// The caller: this memberlist has been shut down. Nothing changed.
    #[error("this memberlist has been shut down")]
    ShutDown,
    /// The local system or the network: a packet could not be sent.
    #[error("the packet was not sent: {0}")]
    Transport(Arc<dyn TransportError>),
    /// The peer or the way to it: a conversation on a stream failed. Nothing changed here; a reliable message
    /// may or may not have arrived.
    #[error(transparent)]
    Stream(#[from] StreamFailure),
    /// The peer or the way to it: a ping was not answered in time. Nothing changed.
    #[error("no answer to the ping")]
    NoAnswer,
    /// The departure took effect here, but not enough others confirmed it within the given time. Call `leave` again to go on waiting.
    #[error("left, but the others did not confirm it within {0:?}")]
    LeaveTimedOut(Duration),
}

/// Why a join reached nobody.
#[derive(Clone)]
#[non_exhaustive]
pub enum JoinError<U, A> {
    /// The caller: it can't be tried (nothing given, has left …). Nothing changed.
    Command(CommandError),
    /// The caller: this memberlist has been shut down.
    ShutDown,
    /// The network or the peers: every address failed; the report says how each.
    NoneReached(JoinReport<U, A>),
}

impl<U, A> JoinError<U, A> {
    /// What came of each address, if it came to trying.
    #[must_use]
    pub const fn report(&self) -> Option<&JoinReport<U, A>> {
        match self {
            Self::NoneReached(report) => Some(report),
            Self::Command(_) | Self::ShutDown => None,
        }
    }
}

impl<U: fmt::Display, A: fmt::Display> fmt::Display for JoinError<U, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(error) => error.fmt(f),
            Self::ShutDown => Error::ShutDown.fmt(f),
            Self::NoneReached(report) => write!(f, "nobody was reached: {report}"),
        }
    }
}

impl<U: fmt::Display, A: fmt::Display> fmt::Debug for JoinError<U, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<U: fmt::Display, A: fmt::Display> std::error::Error for JoinError<U, A> {}
