use super::{NetError, Operation};
use memberlist_core::TransportError;
use std::io;

fn failed(operation: Operation, source: io::Error) -> NetError {
    NetError::Io { operation, address: "192.0.2.1:7946".parse().unwrap(), source }
}

/// 9.6 TestMemberlist_FailedRemote
#[test]
fn only_the_peers_failures_are_remote() {
    use io::ErrorKind as Kind;
    for kind in [
        Kind::ConnectionRefused,
        Kind::ConnectionReset,
        Kind::ConnectionAborted,
        Kind::HostUnreachable,
        Kind::NetworkUnreachable,
        Kind::TimedOut,
        Kind::BrokenPipe,
    ] {
        assert!(failed(Operation::Connect, kind.into()).is_remote(), "{kind}");
        assert!(failed(Operation::Send, kind.into()).is_remote(), "{kind}");
        assert!(!failed(Operation::Receive, kind.into()).is_remote(), "{kind}");
    }
    for kind in [
        Kind::AddrNotAvailable,
        Kind::PermissionDenied,
        Kind::InvalidInput,
        Kind::OutOfMemory,
        Kind::NetworkDown,
    ] {
        assert!(!failed(Operation::Connect, kind.into()).is_remote(), "{kind}");
    }
    assert!(!NetError::Closed.is_remote());
    assert!(!NetError::EmptyPacket.is_remote());
    assert!(!NetError::PacketTooLarge { len: 2, max: 1 }.is_remote());
}

/// 9.6 TestMemberlist_FailedRemote: the same, by the numbers that Linux gives.
#[cfg(target_os = "linux")]
#[test]
fn system_numbers_are_classified() {
    for (number, name, remote) in [
        (111, "ECONNREFUSED", true),
        (104, "ECONNRESET", true),
        (113, "EHOSTUNREACH", true),
        (101, "ENETUNREACH", true),
        (110, "ETIMEDOUT", true),
        (24, "EMFILE", false),
        (23, "ENFILE", false),
        (105, "ENOBUFS", false),
        (99, "EADDRNOTAVAIL", false),
        (1, "EPERM", false),
        (13, "EACCES", false),
        (90, "EMSGSIZE", false),
        (22, "EINVAL", false),
    ] {
        assert_eq!(
            failed(Operation::Send, io::Error::from_raw_os_error(number)).is_remote(),
            remote,
            "{name}"
        );
    }
}

#[test]
fn closed_is_the_only_closed() {
    assert!(NetError::Closed.is_closed());
    assert!(!NetError::EmptyPacket.is_closed());
    assert!(!failed(Operation::Send, io::ErrorKind::NotConnected.into()).is_closed());
}
