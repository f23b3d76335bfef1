use crate::{address, bind, deliver, loopback, own_loopback, until, within};
use futures_util::io::AsyncReadExt;
use memberlist_core::{Transport, TransportError};
use memberlist_net::NetOptions;
use std::net::{TcpListener, UdpSocket};
use std::sync::Arc;

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
    let mut receiving = std::pin::pin!(net.recv_packet());
    let mut accepting = std::pin::pin!(net.accept_stream());
    assert!(futures_util::poll!(receiving.as_mut()).is_pending());
    assert!(futures_util::poll!(accepting.as_mut()).is_pending());
    within(net.shutdown()).await;
    assert!(within(receiving).await.unwrap_err().is_closed());
    assert!(within(accepting).await.err().unwrap().is_closed());
}

/// The ports are free in the moment in which `shutdown` returns, with streams and packet connections in every state.
#[tokio::test]
async fn ports_can_be_bound_again_at_once() {
    for streams_only in [false, true] {
        let net = bind(own_loopback().with_streams_only(streams_only)).await;
        let peer = bind(loopback().with_streams_only(streams_only)).await;
        deliver(&peer, &net, b"in").await;
        deliver(&net, &peer, b"out").await;
        let _silent = within(peer.open_stream(&address(&net))).await.unwrap();
        until(|| net.stats().pending_connections == 1).await;

        let me = address(&net);
        within(net.shutdown()).await;
        UdpSocket::bind(me).unwrap();
        TcpListener::bind(me).unwrap();
        let again = bind(NetOptions::new().with_bind(me).with_streams_only(streams_only)).await;
        assert_eq!(address(&again), me);
        deliver(&peer, &again, b"again").await;
    }
}

/// No task of the transport survives it.
#[tokio::test]
async fn shutdown_and_drop_end_all_tasks() {
    let metrics = tokio::runtime::Handle::current().metrics();
    let before = metrics.num_alive_tasks();
    let (a, b) = (bind(loopback().with_streams_only(true)).await, bind(loopback()).await);
    deliver(&a, &b, b"one").await;
    deliver(&b, &a, b"two").await;
    assert!(metrics.num_alive_tasks() >= before + 4);
    within(a.shutdown()).await;
    drop(b);
    until(|| metrics.num_alive_tasks() == before).await;
}

/// Who waits on a stream of a transport that has gone finds it closed, not silent.
#[tokio::test]
async fn streams_that_nobody_took_are_closed() {
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    let mut stream = within(a.open_stream(&address(&b))).await.unwrap();
    futures_util::io::AsyncWriteExt::write_all(&mut stream, b"x").await.unwrap();
    until(|| b.stats().streams_accepted == 1).await;
    within(b.shutdown()).await;
    let mut answer = Vec::new();
    let _ = within(stream.read_to_end(&mut answer)).await;
    assert!(answer.is_empty());
}
