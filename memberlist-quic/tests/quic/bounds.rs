//! What strangers, and too many friends, can make a node hold.

use crate::{Quic, address, at, bind, deliver, loopback, own_loopback, until, within};
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::{Transport, TransportError};
use memberlist_quic::{CidrPolicy, ConnectFailure, QuicError, QuicOptions, QuicStream};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;

/// Passes the first datagram of each of the senders on and no answer back: handshakes begin and never end.
pub(crate) async fn one_way(to: SocketAddr) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let here = socket.local_addr().unwrap();
    let relay = tokio::spawn(async move {
        let mut ways = Vec::new();
        let mut buffer = vec![0; 2048];
        loop {
            let Ok((len, _from)) = socket.recv_from(&mut buffer).await else { continue };
            // From a port of its own each: one more peer, as the node sees it.
            let way = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            way.send_to(&buffer[..len], to).await.unwrap();
            ways.push(way);
        }
    });
    (here, relay)
}

/// Handshakes are bounded, end at their deadline, and while many are under way friends still get in.
#[tokio::test]
async fn handshakes_are_bounded_and_friends_get_in_meanwhile() {
    let net = bind(loopback().with_max_handshakes(8).with_handshake_timeout(Duration::from_secs(3))).await;
    let (relay, task) = one_way(address(&net)).await;
    let mut strangers = Vec::new();
    for _ in 0..12 {
        let stranger = bind(loopback()).await;
        stranger.send_packet(&relay, "hello".into()).await.unwrap();
        strangers.push(stranger);
    }
    until(|| net.stats().handshakes >= 2 && net.stats().connections_retried >= 1).await;
    assert!(net.stats().handshakes <= 8);
    let friend = bind(loopback()).await;
    assert_eq!(deliver(&friend, &net, b"friend").await.from, address(&friend));
    task.abort();
    drop(strangers);
    until(|| net.stats().handshakes == 0).await;
    assert!(net.stats().handshakes_timed_out >= 2);
    assert_eq!(net.stats().inbound, 1);
}

/// One host cannot take every place; the refusal is an answer, and a place that comes free is used again.
#[tokio::test]
async fn connections_of_one_address_are_bounded() {
    let net = bind(loopback().with_max_per_ip(2)).await;
    let (a, b, c) = (bind(loopback()).await, bind(loopback()).await, bind(loopback()).await);
    let other = bind(QuicOptions::new().with_bind(at("127.83.0.1:0"))).await;
    deliver(&a, &net, b"a").await;
    deliver(&b, &net, b"b").await;
    let error = within(c.open_stream(&address(&net))).await.err().unwrap();
    assert!(matches!(&error, QuicError::Connect { failure: ConnectFailure::Refused, .. }), "{error}");
    assert!(error.is_remote());
    assert_eq!(net.stats().connections_over_limit, 1);
    deliver(&other, &net, b"other").await;
    within(a.shutdown()).await;
    until(|| net.stats().inbound == 2).await;
    deliver(&c, &net, b"c").await;
}

/// The connection unused for longest makes room, and its peer is reached again when it is needed.
#[tokio::test]
async fn outbound_connections_are_bounded() {
    let net = bind(loopback().with_max_outbound(2)).await;
    let peers = [bind(loopback()).await, bind(loopback()).await, bind(loopback()).await];
    for round in 0..2 {
        for peer in &peers {
            deliver(&net, peer, b"x").await;
            assert!(net.stats().outbound <= 2);
        }
        until(|| net.stats().connections_evicted == [1, 4][round]).await;
    }
    until(|| peers.iter().map(|peer| peer.stats().inbound).sum::<usize>() == 2).await;
}

/// A connection with streams is in use, however old: another one goes, and if there is none, the new one does.
#[tokio::test]
async fn connections_with_streams_make_no_room() {
    let net = bind(loopback().with_max_outbound(2)).await;
    let peers = [bind(loopback()).await, bind(loopback()).await, bind(loopback()).await];
    let mut held = within(net.open_stream(&address(&peers[0]))).await.unwrap();
    held.write_all(b"question").await.unwrap();
    let (_, mut taken) = within(peers[0].accept_stream()).await.unwrap();
    deliver(&net, &peers[1], b"x").await;
    deliver(&net, &peers[2], b"x").await;
    assert_eq!(net.stats().connections_evicted, 1);
    let _second = within(net.open_stream(&address(&peers[2]))).await.unwrap();
    let error = within(net.open_stream(&address(&peers[1]))).await.err().unwrap();
    assert!(matches!(&error, QuicError::Connect { failure: ConnectFailure::TooMany, .. }), "{error}");
    assert!(!error.is_remote());
    // The stream still works.
    let mut heard = [0; 8];
    within(taken.read_exact(&mut heard)).await.unwrap();
    taken.write_all(&heard).await.unwrap();
    within(held.read_exact(&mut heard)).await.unwrap();
    assert_eq!(&heard, b"question");
}

#[tokio::test]
async fn inbound_connections_are_bounded() {
    let net = bind(loopback().with_max_inbound(2)).await;
    let peers = [bind(loopback()).await, bind(loopback()).await, bind(loopback()).await];
    for peer in &peers {
        deliver(peer, &net, b"x").await;
    }
    until(|| net.stats().connections_evicted == 1 && net.stats().inbound == 2).await;
    until(|| peers[0].stats().outbound == 0).await;
    deliver(&peers[0], &net, b"again").await;
}

/// Streams that nobody takes are bounded: the newest are refused, and who opened them is told.
#[tokio::test]
async fn streams_that_nobody_takes_are_bounded() {
    let (a, b) = (bind(loopback()).await, bind(loopback().with_max_pending(3)).await);
    let mut streams = Vec::new();
    for _ in 0..5 {
        let mut stream = within(a.open_stream(&address(&b))).await.unwrap();
        stream.write_all(b"x").await.unwrap();
        streams.push(stream);
    }
    until(|| b.stats().streams_over_limit == 2).await;
    assert_eq!((b.stats().pending_streams, b.stats().streams_accepted), (3, 3));
    let mut refused = 0;
    for stream in &mut streams {
        let mut byte = [0];
        if let Ok(Err(_)) =
            tokio::time::timeout(Duration::from_millis(100), stream.read_exact(&mut byte)).await
        {
            refused += 1;
        }
    }
    assert_eq!(refused, 2);
    for _ in 0..3 {
        within(b.accept_stream()).await.unwrap();
    }
    assert_eq!(b.stats().pending_streams, 0);
}

/// A peer has so many streams on a connection; one that wants more waits until one is over.
#[tokio::test]
async fn streams_of_one_connection_are_bounded() {
    let (a, b) = (bind(loopback()).await, bind(loopback().with_max_streams(2)).await);
    let target = address(&b);
    let mut first = within(a.open_stream(&target)).await.unwrap();
    first.write_all(b"x").await.unwrap();
    let _second = within(a.open_stream(&target)).await.unwrap();
    let third = async { within(a.open_stream(&target)).await.unwrap() };
    let free = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        drop(first);
        drop(within(b.accept_stream()).await.unwrap());
    };
    let begin = std::time::Instant::now();
    tokio::join!(third, free);
    assert!(begin.elapsed() >= Duration::from_millis(200));
}

/// 9.6 TestTransport_Join: who waits for a stream when the connection ends gets one on the next connection.
#[tokio::test]
async fn stream_that_waited_is_opened_on_the_next_connection() {
    let (a, b) = (bind(loopback()).await, bind(own_loopback().with_max_streams(1)).await);
    let target = address(&b);
    let mut first = within(a.open_stream(&target)).await.unwrap();
    first.write_all(b"x").await.unwrap();
    let mut second = std::pin::pin!(a.open_stream(&target));
    // It waits as long as the first one lives.
    assert!(tokio::time::timeout(Duration::from_millis(100), second.as_mut()).await.is_err());
    within(b.shutdown()).await;
    let again = bind(QuicOptions::new().with_bind(target)).await;
    let opened = async { within(second).await.unwrap().write_all(b"hello").await.unwrap() };
    let ((), (_, mut stream)) = tokio::join!(opened, async { within(again.accept_stream()).await.unwrap() });
    let mut heard = [0; 5];
    within(stream.read_exact(&mut heard)).await.unwrap();
    assert_eq!(&heard, b"hello");
}

/// Writes until nothing more is taken for a while; gives how much was.
async fn fill(stream: &mut QuicStream) -> usize {
    let mut written = 0;
    while let Ok(sent) = tokio::time::timeout(Duration::from_millis(300), stream.write(&[0; 4096])).await {
        written += sent.unwrap();
        assert!(written <= 4 << 20, "nothing bounds it");
    }
    written
}

/// A peer that reads nothing makes the sender wait, and costs no more than its part of the window.
#[tokio::test]
async fn slow_reader_bounds_what_is_under_way() {
    let (a, b) =
        (bind(loopback().with_window(64 * 1024)).await, bind(loopback().with_window(64 * 1024)).await);
    let mut stream = within(a.open_stream(&address(&b))).await.unwrap();
    assert_eq!(fill(&mut stream).await, 8 * 1024);
    // Packets still pass it, in datagrams and on streams of their own.
    deliver(&a, &b, b"past").await;
    deliver(&a, &b, &[7; 40_000]).await;
}

/// Streams that nobody reads hold up neither others nor packets, and their connection stays, because the peer still answers.
#[tokio::test]
async fn streams_that_nobody_reads_hold_up_nothing_else() {
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    let mut stalled = Vec::new();
    for _ in 0..7 {
        let mut stream = within(a.open_stream(&address(&b))).await.unwrap();
        assert_eq!(fill(&mut stream).await, 128 * 1024);
        stalled.push((stream, within(b.accept_stream()).await.unwrap()));
    }
    deliver(&a, &b, b"past").await;
    deliver(&a, &b, &[7; 60_000]).await;
    crate::streams::echo(&a, &b, &[8; 300_000]).await;
    // One more takes what is left: now nothing can be said on any stream, but the connection is as good as before.
    let mut last = within(a.open_stream(&address(&b))).await.unwrap();
    assert!(fill(&mut last).await > 0);
    let mut mute = within(a.open_stream(&address(&b))).await.unwrap();
    assert_eq!(fill(&mut mute).await, 0);
    a.send_packet(&address(&b), vec![9; 60_000].into()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!((a.stats().connections_opened, a.stats().connections_replaced), (1, 0), "{:?}", a.stats());
    deliver(&a, &b, b"still").await;
    // What was said arrives as soon as it is read.
    let (_, (_, mut reader)) = stalled.swap_remove(0);
    let mut first = vec![1; 128 * 1024];
    within(reader.read_exact(&mut first)).await.unwrap();
    assert!(first.iter().all(|byte| *byte == 0));
    within(mute.write_all(b"at last")).await.unwrap();
}

/// Packets that nobody takes make room for newer ones.
#[tokio::test]
async fn packets_that_nobody_takes_are_bounded() {
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    for _ in 0..600 {
        a.send_packet(&address(&b), "x".into()).await.unwrap();
        tokio::task::yield_now().await;
    }
    until(|| b.stats().packets_received >= 400 && b.stats().packets_dropped_in > 0).await;
    deliver(&a, &b, b"newest").await;
}

/// Packets that wait for a connection that does not come are bounded.
#[tokio::test]
async fn packets_that_wait_for_a_connection_are_bounded() {
    let net = bind(loopback().with_peer_queue(5).with_handshake_timeout(Duration::from_millis(300))).await;
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let nobody = silent.local_addr().unwrap();
    for _ in 0..8 {
        net.send_packet(&nobody, "x".into()).await.unwrap();
    }
    assert_eq!(net.stats().packets_dropped_out, 3);
    until(|| net.stats().packets_dropped_out == 8).await;
    assert_eq!(net.stats().handshakes_timed_out, 1);
    // A packet on a connection does not wait for one to another peer.
    let peer: Arc<Quic> = Arc::new(bind(loopback()).await);
    deliver(&net, &peer, b"y").await;
}

/// 5.2: who is not in the list is ignored, and nothing is sent to it.
#[tokio::test]
async fn addresses_outside_the_allow_list_are_ignored() {
    let allowed = CidrPolicy::parse(["127.84.0.0/16"]).unwrap();
    let net = bind(QuicOptions::new().with_bind(at("127.84.0.1:0")).with_allowed(allowed)).await;
    let friend = bind(QuicOptions::new().with_bind(at("127.84.0.2:0"))).await;
    let stranger = bind(loopback().with_handshake_timeout(Duration::from_millis(500))).await;
    let error = within(stranger.open_stream(&address(&net))).await.err().unwrap();
    assert!(matches!(&error, QuicError::Connect { failure: ConnectFailure::TimedOut, .. }), "{error}");
    assert!(net.stats().datagrams_refused >= 1);
    deliver(&friend, &net, b"friend").await;
    let refused = net.send_packet(&address(&stranger), "x".into()).await.unwrap_err();
    assert!(matches!(refused, QuicError::NotAllowed(_)) && !refused.is_remote());
    assert!(matches!(net.open_stream(&address(&stranger)).await, Err(QuicError::NotAllowed(_))));
    assert_eq!(net.stats().sends_refused, 2);
    assert!(!net.is_allowed(&address(&stranger)) && net.is_allowed(&address(&friend)));
}
