use crate::{Quic, address, at, bind, loopback, own_loopback, within};
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::{Transport, TransportError};
use memberlist_quic::{ConnectFailure, QuicError, QuicOptions};
use std::sync::Arc;
use std::time::Duration;

/// Opens a stream, says something on it, and has it said back.
pub(crate) async fn echo(from: &Quic, to: &Quic, text: &[u8]) {
    let serve = async {
        let (source, mut stream) = to.accept_stream().await.unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        stream.write_all(&heard).await.unwrap();
        stream.close().await.unwrap();
        source
    };
    let target = address(to);
    let ask = async {
        let mut stream = from.open_stream(&target).await.unwrap();
        stream.write_all(text).await.unwrap();
        stream.close().await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        answer
    };
    let (source, answer) = within(async { tokio::join!(serve, ask) }).await;
    assert_eq!(answer, text);
    assert_eq!(source, address(from));
}

/// W-52: both ways, over one connection, and the source is the address under which the opener is reached.
#[tokio::test]
async fn streams_carry_all_bytes_both_ways() {
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    echo(&a, &b, b"x").await;
    echo(&b, &a, b"y").await;
    assert_eq!((a.stats().outbound, a.stats().inbound), (1, 0));
    echo(&b, &a, &vec![3; 3 << 20]).await;
    assert_eq!((a.stats().streams_opened, a.stats().streams_accepted), (1, 2));
    let capabilities = a.capabilities();
    assert!(capabilities.distinct_streams && capabilities.secure_streams && capabilities.secure_packets);
    assert!(capabilities.checked_packets);
}

#[tokio::test]
async fn streams_travel_over_ipv6_and_to_every_bound_address() {
    let both = bind(QuicOptions::new().with_binds([at("127.0.0.1:0"), at("[::1]:0")])).await;
    let v6 = bind(QuicOptions::new().with_bind(at("[::1]:0"))).await;
    let mut stream = within(both.open_stream(&address(&v6))).await.unwrap();
    stream.write_all(b"out").await.unwrap();
    let (from, _) = within(v6.accept_stream()).await.unwrap();
    assert_eq!(from, at(&format!("[::1]:{}", address(&both).port())));
}

#[tokio::test]
async fn hundred_streams_at_once_are_all_served() {
    let (a, b) = (Arc::new(bind(loopback()).await), Arc::new(bind(loopback()).await));
    let server = {
        let b = Arc::clone(&b);
        tokio::spawn(async move {
            for _ in 0..100 {
                let (_, mut stream) = b.accept_stream().await.unwrap();
                tokio::spawn(async move {
                    let mut heard = Vec::new();
                    stream.read_to_end(&mut heard).await.unwrap();
                    stream.write_all(&heard).await.unwrap();
                });
            }
        })
    };
    let target = address(&b);
    let clients: Vec<_> = (0..100u32)
        .map(|number| {
            let a = Arc::clone(&a);
            tokio::spawn(async move {
                let mut stream = a.open_stream(&target).await.unwrap();
                stream.write_all(&number.to_be_bytes()).await.unwrap();
                stream.close().await.unwrap();
                let mut answer = Vec::new();
                stream.read_to_end(&mut answer).await.unwrap();
                assert_eq!(answer, number.to_be_bytes());
            })
        })
        .collect();
    for client in clients {
        within(client).await.unwrap();
    }
    within(server).await.unwrap();
    assert_eq!(b.stats().streams_accepted, 100);
    assert_eq!(b.stats().pending_streams, 0);
    // All that wanted a connection to the new peer shared one attempt.
    assert_eq!(a.stats().connections_opened, 1);
}

/// 9.6 TestMemberlist_FailedRemote
#[tokio::test]
async fn peer_that_does_not_answer_is_the_peers_failure() {
    let a = bind(loopback().with_handshake_timeout(Duration::from_millis(300))).await;
    let b = bind(own_loopback()).await;
    let gone = address(&b);
    b.shutdown().await;
    let error = within(a.open_stream(&gone)).await.err().unwrap();
    assert!(matches!(&error, QuicError::Connect { failure: ConnectFailure::TimedOut, .. }), "{error}");
    assert!(error.is_remote() && !error.is_closed());
    assert_eq!(a.stats().handshakes_timed_out, 1);
    assert_eq!((a.stats().outbound, a.stats().inbound), (0, 0));
}

/// What was written before a stream was dropped arrives, though nobody holds it any more.
#[tokio::test]
async fn dropped_stream_delivers_what_was_written() {
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    let sent = vec![5; 100_000];
    let mut stream = within(a.open_stream(&address(&b))).await.unwrap();
    within(stream.write_all(&sent)).await.unwrap();
    drop(stream);
    let (_, mut stream) = within(b.accept_stream()).await.unwrap();
    let mut heard = Vec::new();
    within(stream.read_to_end(&mut heard)).await.unwrap();
    assert_eq!(heard, sent);
}

/// Who drops a stream unread lets the writer know.
#[tokio::test]
async fn writing_to_a_stream_that_the_peer_dropped_fails() {
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    let mut stream = within(a.open_stream(&address(&b))).await.unwrap();
    stream.write_all(b"x").await.unwrap();
    drop(within(b.accept_stream()).await.unwrap());
    let write = async { while stream.write_all(&[0; 65_536]).await.is_ok() {} };
    within(write).await;
}
