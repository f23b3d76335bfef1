use crate::{address, bind, deliver, loopback, own_loopback, until, within};
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::{Transport, TransportError};
use memberlist_quic::{QuicError, QuicOptions};
use std::net::UdpSocket;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// W-55: everything after the end is an error that says so, also what was waiting.
#[tokio::test]
async fn pending_and_later_calls_end_with_closed() {
    let net = Arc::new(bind(loopback()).await);
    let receiving = tokio::spawn({
        let net = Arc::clone(&net);
        async move { net.recv_packet().await.unwrap_err().is_closed() }
    });
    let accepting = tokio::spawn({
        let net = Arc::clone(&net);
        async move { net.accept_stream().await.err().unwrap().is_closed() }
    });
    let me = address(&net);
    within(net.shutdown()).await;
    assert!(within(receiving).await.unwrap());
    assert!(within(accepting).await.unwrap());
    assert!(net.send_packet(&me, "late".into()).await.unwrap_err().is_closed());
    assert!(net.open_stream(&me).await.err().unwrap().is_closed());
    assert!(net.recv_packet().await.unwrap_err().is_closed());
    assert!(net.accept_stream().await.err().unwrap().is_closed());
    within(net.shutdown()).await;
    within(async { tokio::join!(net.shutdown(), net.shutdown()) }).await;
}

/// Whoever shuts down may still hold calls that it began: they must not be waited for, because nobody polls them meanwhile.
#[tokio::test]
async fn shutdown_does_not_wait_for_calls_that_are_not_polled() {
    let net = bind(loopback()).await;
    let nobody = address(&bind(own_loopback()).await);
    let mut receiving = std::pin::pin!(net.recv_packet());
    let mut accepting = std::pin::pin!(net.accept_stream());
    let mut opening = std::pin::pin!(net.open_stream(&nobody));
    assert!(futures_util::poll!(receiving.as_mut()).is_pending());
    assert!(futures_util::poll!(accepting.as_mut()).is_pending());
    assert!(futures_util::poll!(opening.as_mut()).is_pending());
    within(net.shutdown()).await;
    assert!(within(receiving).await.unwrap_err().is_closed());
    assert!(within(accepting).await.err().unwrap().is_closed());
    assert!(within(opening).await.err().unwrap().is_closed());
}

/// The port is free in the moment in which `shutdown` returns, with connections and streams in every state, and streams still held.
#[tokio::test]
async fn port_can_be_bound_again_at_once() {
    let net = bind(own_loopback()).await;
    let peer = bind(loopback()).await;
    deliver(&peer, &net, b"in").await;
    deliver(&net, &peer, b"out").await;
    let mut held = within(peer.open_stream(&address(&net))).await.unwrap();
    held.write_all(b"x").await.unwrap();
    let (_, mut taken) = within(net.accept_stream()).await.unwrap();
    let mut own = within(net.open_stream(&address(&peer))).await.unwrap();
    own.write_all(b"y").await.unwrap();
    // One that nobody answers.
    net.send_packet(&crate::at("127.81.255.1:9"), "nobody".into()).await.unwrap();

    let me = address(&net);
    let begin = Instant::now();
    within(net.shutdown()).await;
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    UdpSocket::bind(me).unwrap();
    let again = bind(QuicOptions::new().with_bind(me)).await;
    assert_eq!(address(&again), me);
    // Streams of the former life end with an error, on both sides.
    let mut byte = [0; 2];
    assert!(within(taken.read_exact(&mut byte)).await.is_err());
    assert!(within(own.write_all(b"z")).await.is_err());
    assert!(within(held.read_exact(&mut byte)).await.is_err());
    deliver(&peer, &again, b"again").await;
}

/// No task of the transport survives it, nor one of the QUIC implementation.
#[tokio::test]
async fn shutdown_and_drop_end_all_tasks() {
    let metrics = tokio::runtime::Handle::current().metrics();
    let before = metrics.num_alive_tasks();
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    deliver(&a, &b, b"one").await;
    deliver(&b, &a, b"two").await;
    let stream = within(a.open_stream(&address(&b))).await.unwrap();
    assert!(metrics.num_alive_tasks() >= before + 8);
    within(a.shutdown()).await;
    drop(b);
    until(|| metrics.num_alive_tasks() == before).await;
    drop(stream);
}

/// The peer is told: it need not find out.
#[tokio::test]
async fn shutdown_tells_the_peers() {
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    deliver(&a, &b, b"one").await;
    assert_eq!(b.stats().inbound, 1);
    within(a.shutdown()).await;
    let told = Instant::now();
    until(|| b.stats().inbound == 0).await;
    assert!(told.elapsed() < Duration::from_secs(5));
}

/// Also when an acknowledgement leaves in the same moment, which is no goodbye. (Without one, the peer would hold the connection for the
/// idle timeout of a minute.)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_tells_the_peers_whatever_else_leaves_at_the_same_time() {
    let b = bind(loopback()).await;
    for _ in 0..20 {
        let a = bind(loopback()).await;
        let mut stream = within(b.open_stream(&address(&a))).await.unwrap();
        stream.write_all(b"x").await.unwrap();
        let _taken = within(a.accept_stream()).await.unwrap();
        stream.write_all(b"y").await.unwrap();
        b.send_packet(&address(&a), "z".into()).await.unwrap();
        within(a.recv_packet()).await.unwrap();
        within(a.shutdown()).await;
        until(|| b.stats().outbound == 0).await;
        assert!(within(stream.read_exact(&mut [0])).await.is_err());
    }
    assert_eq!(b.stats().handshakes_timed_out, 0);
}

/// What was sent before the end still arrives: packets, also the first to a peer, and streams that were closed.
#[tokio::test]
async fn shutdown_lets_what_was_sent_arrive() {
    for len in [100, 5000] {
        let (a, b) =
            (bind(loopback().with_close_timeout(Duration::from_secs(10))).await, bind(loopback()).await);
        for _ in 0..5 {
            a.send_packet(&address(&b), vec![1; len].into()).await.unwrap();
        }
        within(a.shutdown()).await;
        for _ in 0..5 {
            assert_eq!(within(b.recv_packet()).await.unwrap().data.len(), len);
        }
    }
    let (a, b) = (bind(loopback().with_close_timeout(Duration::from_secs(10))).await, bind(loopback()).await);
    let mut stream = within(a.open_stream(&address(&b))).await.unwrap();
    within(stream.write_all(&[2; 100_000])).await.unwrap();
    within(stream.close()).await.unwrap();
    drop(stream);
    let receive = async {
        let (_, mut stream) = b.accept_stream().await.unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        heard.len()
    };
    let (heard, ()) = within(async { tokio::join!(receive, a.shutdown()) }).await;
    assert_eq!(heard, 100_000);
}

/// Who waits on a stream of a transport that has gone finds it closed, not silent.
#[tokio::test]
async fn streams_that_nobody_took_are_closed() {
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    let mut stream = within(a.open_stream(&address(&b))).await.unwrap();
    stream.write_all(b"x").await.unwrap();
    until(|| b.stats().streams_accepted == 1).await;
    within(b.shutdown()).await;
    let mut answer = Vec::new();
    let _ = within(stream.read_to_end(&mut answer)).await;
    assert!(answer.is_empty());
    assert_eq!(b.stats().pending_streams, 0);
}

/// An application that drops its runtime first can still end the transport on another one: nothing waits for tasks that are gone.
#[test]
fn shutdown_ends_although_its_runtime_has_gone_before() {
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (first, second) = (runtime(), runtime());
    let quic = first.block_on(bind(own_loopback()));
    let peer = second.block_on(bind(loopback()));
    let (me, peers) = (address(&quic), quic.peers());
    second.block_on(within(peer.open_stream(&me))).unwrap();
    first.shutdown_timeout(Duration::from_secs(10));
    second.block_on(within(quic.shutdown()));
    assert!(UdpSocket::bind(me).is_ok());
    assert!(matches!(second.block_on(peers.identify(&address(&peer))), Err(QuicError::Closed)));
}
