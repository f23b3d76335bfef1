use memberlist_tls::HandshakeFailure;
use std::io;

/// An error during a handshake, with its [`HandshakeFailure`] inside if it is one. `answered`: whether the peer had said anything.
pub(super) fn explain_handshake(error: io::Error, answered: bool) -> io::Error {
    if of_rustls(&error).is_some() {
        return explain(error);
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => {
            as_io(if answered { HandshakeFailure::Ended } else { HandshakeFailure::Unanswered })
        }
        _ => error,
    }
}

/// An error of a stream, with rustls's cause of it put into our words.
pub(super) fn explain(error: io::Error) -> io::Error {
    match of_rustls(&error) {
        Some(cause) => as_io(HandshakeFailure::from(cause)),
        None => error,
    }
}

pub(super) fn as_io(failure: HandshakeFailure) -> io::Error {
    let kind = match failure {
        HandshakeFailure::Ended | HandshakeFailure::Unanswered => io::ErrorKind::UnexpectedEof,
        _ => io::ErrorKind::InvalidData,
    };
    io::Error::new(kind, failure)
}

pub(super) fn of_rustls(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// The failure that such an error carries.
pub(crate) fn handshake_failure(error: &io::Error) -> Option<&HandshakeFailure> {
    error.get_ref()?.downcast_ref()
}

/// Whether the peers did not come to terms. A peer that went away without a word is none: port scanners and health checks do that.
pub(crate) fn is_handshake_failure(error: &io::Error) -> bool {
    handshake_failure(error)
        .is_some_and(|failure| !matches!(failure, HandshakeFailure::Ended | HandshakeFailure::Unanswered))
}
