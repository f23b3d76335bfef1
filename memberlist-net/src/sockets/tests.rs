use super::{ATTEMPTS, again_if_taken};
use crate::NetError;
use std::cell::Cell;
use std::io;

fn taken() -> NetError {
    failed(io::ErrorKind::AddrInUse)
}

fn failed(kind: io::ErrorKind) -> NetError {
    NetError::Bind { protocol: "UDP", address: "127.0.0.1:1".parse().unwrap(), source: kind.into() }
}

/// 7.2: the port that TCP was given may be taken for UDP; another one is tried, but not for ever, and nothing else is repeated.
#[test]
fn taken_ports_are_tried_anew_ten_times_in_all() {
    let count = Cell::new(0);
    let counted = |outcome: Result<(), NetError>| {
        count.set(count.get() + 1);
        outcome
    };
    assert!(again_if_taken(ATTEMPTS, || counted(Err(taken()))).is_err());
    assert_eq!(count.replace(0), 10);
    again_if_taken(ATTEMPTS, || if count.get() < 3 { counted(Err(taken())) } else { Ok(()) }).unwrap();
    assert_eq!(count.replace(0), 3);
    assert!(again_if_taken(1, || counted(Err(taken()))).is_err());
    assert_eq!(count.replace(0), 1, "a port that was asked for is not exchanged");
    assert!(again_if_taken(ATTEMPTS, || counted(Err(failed(io::ErrorKind::PermissionDenied)))).is_err());
    assert_eq!(count.replace(0), 1);
}
