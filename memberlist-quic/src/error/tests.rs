use super::*;

fn connect(failure: ConnectFailure) -> QuicError {
    QuicError::Connect { address: SocketAddr::from(([127, 0, 0, 1], 1)), failure }
}

/// 9.6 TestMemberlist_FailedRemote
#[test]
fn only_failures_of_the_peer_or_the_way_are_remote() {
    let text = String::new;
    for failure in [
        ConnectFailure::TimedOut,
        ConnectFailure::Refused,
        ConnectFailure::ClosedByPeer(text()),
        ConnectFailure::Handshake(HandshakeFailure::Revoked),
        ConnectFailure::RefusedPeer(text()),
        ConnectFailure::Lost(text()),
    ] {
        assert!(connect(failure.clone()).is_remote(), "{failure}");
    }
    for failure in [
        ConnectFailure::Handshake(HandshakeFailure::UnknownAuthority),
        ConnectFailure::Handshake(HandshakeFailure::OwnCertificateExpired),
        ConnectFailure::RefusedByPeer(text()),
        ConnectFailure::TooMany,
        ConnectFailure::Unusable(text()),
    ] {
        assert!(!connect(failure.clone()).is_remote(), "{failure}");
    }
    assert!(QuicError::Closed.is_closed() && !QuicError::Closed.is_remote());
    assert!(!QuicError::EmptyPacket.is_remote());
}

#[test]
fn losses_of_a_connection_have_their_names() {
    assert_eq!(ConnectFailure::from(ConnectionError::TimedOut), ConnectFailure::TimedOut);
    assert!(matches!(ConnectFailure::from(ConnectionError::Reset), ConnectFailure::Lost(_)));
    assert!(matches!(ConnectFailure::from(ConnectionError::CidsExhausted), ConnectFailure::Unusable(_)));
}

#[test]
fn alerts_tell_who_refuses_whom() {
    let found = |alert| {
        let code = TransportErrorCode::crypto(alert);
        ConnectFailure::from(ConnectionError::TransportError(code.into()))
    };
    assert_eq!(found(48), ConnectFailure::Handshake(HandshakeFailure::UnknownAuthority));
    assert_eq!(found(45), ConnectFailure::Handshake(HandshakeFailure::Expired));
    assert_eq!(found(116), ConnectFailure::Handshake(HandshakeFailure::NoCertificate));
    assert!(matches!(found(120), ConnectFailure::Handshake(HandshakeFailure::Incompatible(_))));
    assert!(matches!(found(42), ConnectFailure::Handshake(HandshakeFailure::InvalidCertificate(_))));
    // What is no alert is no handshake's.
    let refused = ConnectionError::TransportError(TransportErrorCode::PROTOCOL_VIOLATION.into());
    assert!(matches!(ConnectFailure::from(refused), ConnectFailure::Lost(_)));
}
