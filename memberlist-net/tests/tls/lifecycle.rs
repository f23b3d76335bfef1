use crate::{address, bind, connect, deliver, loopback, stream, tls, until, within};
use agnostic::Runtime;
use futures_util::io::AsyncReadExt;
use memberlist_core::{Transport, TransportError};
use memberlist_net::NetOptions;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU8, Ordering};

on_every_runtime! {
    shutdown_closes_everything_in_whatever_state_it_is;
    shutdown_does_not_wait_for_calls_that_are_not_polled;
}

/// On a free port of a loopback address that no other test uses, so that no other test takes the port when it is given back.
fn own_loopback() -> (NetOptions, memberlist_tls::TlsOptions) {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let ip = [127, 81, 0, NEXT.fetch_add(1, Ordering::Relaxed)].into();
    let authority = memberlist_tls::self_signed::Authority::new().unwrap();
    let tls = authority.identity("node", &[ip, crate::HERE]).unwrap().tls_options().unwrap();
    (NetOptions::new().with_bind(SocketAddr::from((ip, 0))), tls)
}

async fn shutdown_closes_everything_in_whatever_state_it_is<R: Runtime>() {
    for streams_only in [false, true] {
        let (options, tls) = own_loopback();
        let net = bind::<R>(options.with_streams_only(streams_only), &tls).await;
        let peer = bind::<R>(loopback().with_streams_only(streams_only), &tls).await;
        deliver(&peer, &net, b"in").await;
        deliver(&net, &peer, b"out").await;
        // One that is shaking hands, one that has shaken hands and says nothing, and one that nobody took.
        let mut silent = connect::<R>(address(&net)).await;
        let mut ready = within::<R, _>(peer.open_stream(&address(&net))).await.unwrap();
        let mut untaken = within::<R, _>(peer.open_stream(&address(&net))).await.unwrap();
        futures_util::io::AsyncWriteExt::write_all(&mut untaken, b"x").await.unwrap();
        futures_util::io::AsyncWriteExt::flush(&mut untaken).await.unwrap();
        until::<R>(|| net.stats().pending_connections == 3 && net.stats().streams_accepted == 1).await;

        let me = address(&net);
        within::<R, _>(net.shutdown()).await;
        UdpSocket::bind(me).unwrap();
        TcpListener::bind(me).unwrap();
        crate::closed::<R>(&mut silent).await;
        for stream in [&mut ready, &mut untaken] {
            let error = within::<R, _>(stream.read_to_end(&mut Vec::new())).await;
            assert!(error.is_err(), "a cut is not the end");
        }
        assert!(net.open_stream(&me).await.err().unwrap().is_closed());
        assert!(net.send_packet(&me, "late".into()).await.unwrap_err().is_closed());
        let again = bind::<R>(NetOptions::new().with_bind(me).with_streams_only(streams_only), &tls).await;
        deliver(&peer, &again, b"again").await;
    }
}

async fn shutdown_does_not_wait_for_calls_that_are_not_polled<R: Runtime>() {
    let tls = tls();
    let (net, peer) = (bind::<R>(loopback(), &tls).await, bind::<R>(loopback(), &tls).await);
    let target = address(&peer);
    let mut accepting = Box::pin(net.accept_stream());
    let mut opening = Box::pin(net.open_stream(&target));
    assert!(futures_util::poll!(accepting.as_mut()).is_pending());
    let _ = futures_util::poll!(opening.as_mut());
    within::<R, _>(net.shutdown()).await;
    assert!(within::<R, _>(accepting).await.err().unwrap().is_closed());
    drop(opening);
    // A stream that was handed out is its owner's.
    let net = bind::<R>(loopback(), &tls).await;
    let (mut opened, accepted) = stream(&net, &peer).await;
    within::<R, _>(net.shutdown()).await;
    drop(accepted);
    assert!(within::<R, _>(opened.read(&mut [0])).await.is_err());
}

/// No task of the transport survives it.
#[tokio::test]
async fn shutdown_and_drop_end_all_tasks() {
    type R = agnostic::tokio::TokioRuntime;
    let metrics = tokio::runtime::Handle::current().metrics();
    let before = metrics.num_alive_tasks();
    let tls = tls();
    let (a, b) =
        (bind::<R>(loopback().with_streams_only(true), &tls).await, bind::<R>(loopback(), &tls).await);
    deliver(&a, &b, b"one").await;
    deliver(&b, &a, b"two").await;
    let _silent = connect::<R>(address(&a)).await;
    until::<R>(|| a.stats().pending_connections == 1).await;
    assert!(metrics.num_alive_tasks() >= before + 5);
    within::<R, _>(a.shutdown()).await;
    drop(b);
    until::<R>(|| metrics.num_alive_tasks() == before).await;
}
