use crate::{address, at, bind, deliver, loopback, until, within};
use futures_util::io::AsyncReadExt;
use memberlist_core::{Transport, TransportError};
use memberlist_net::{CidrPolicy, NetError, NetOptions};

fn only(network: &str) -> CidrPolicy {
    CidrPolicy::parse([network]).unwrap()
}

/// Q18: the list holds for packets.
#[tokio::test]
async fn packets_from_outside_are_ignored_and_counted() {
    // Both know 127.0.0.1, but `guarded` lets only 127.0.0.2 in.
    let guarded = bind(loopback().with_allowed(only("127.0.0.2/32"))).await;
    let outsider = bind(loopback()).await;
    let friend = bind(NetOptions::new().with_bind(at("127.0.0.2:0"))).await;
    outsider.send_packet(&address(&guarded), "let me in".into()).await.unwrap();
    assert_eq!(deliver(&friend, &guarded, b"hello").await.from, address(&friend));
    assert_eq!(guarded.stats().packets_refused, 1);
}

/// Q18: and for streams, which are closed without an answer.
#[tokio::test]
async fn streams_from_outside_are_closed_unread() {
    let guarded = bind(loopback().with_allowed(only("10.0.0.0/8"))).await;
    let outsider = bind(loopback()).await;
    let mut stream = within(outsider.open_stream(&address(&guarded))).await.unwrap();
    let mut answer = Vec::new();
    let _ = within(stream.read_to_end(&mut answer)).await;
    assert!(answer.is_empty());
    until(|| guarded.stats().connections_refused == 1).await;
    assert_eq!(guarded.stats().streams_accepted, 0);
}

/// Q18: and for what goes out, and for members.
#[tokio::test]
async fn nothing_is_sent_to_outside() {
    let guarded = bind(loopback().with_allowed(only("10.0.0.0/8"))).await;
    let outside = at("127.0.0.3:7946");
    for error in [
        guarded.send_packet(&outside, "secret".into()).await.unwrap_err(),
        guarded.open_stream(&outside).await.err().unwrap(),
    ] {
        assert!(matches!(error, NetError::NotAllowed(address) if address == outside));
        assert!(!error.is_remote());
    }
    assert_eq!(guarded.stats().sends_refused, 2);
    assert!(guarded.is_allowed(&at("10.1.2.3:1")));
    assert!(guarded.is_allowed(&at("[::ffff:10.1.2.3]:1")));
    assert!(!guarded.is_allowed(&outside));
    // The list is about others: a node knows itself.
    assert!(guarded.is_allowed(&address(&guarded)));
}

/// Q18: an empty list denies all.
#[tokio::test]
async fn empty_list_allows_nobody() {
    let closed = bind(loopback().with_allowed(CidrPolicy::default())).await;
    assert!(!closed.is_allowed(&at("127.0.0.1:1")));
    assert!(matches!(closed.open_stream(&at("127.0.0.1:1")).await, Err(NetError::NotAllowed(_))));
}
