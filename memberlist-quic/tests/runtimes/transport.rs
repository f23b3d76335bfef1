use crate::{Quic, at, bind_as, identity, until, within};
use agnostic::Runtime;
use futures_util::future::{Either, select};
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::{Packet, Transport, TransportError};
use memberlist_quic::{HostResolver, QuicOptions};
use std::net::{SocketAddr, UdpSocket};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

async fn bind<R: Runtime>(address: SocketAddr) -> Quic<R> {
    bind_as("node", address).await
}

async fn deliver<R: Runtime>(from: &Quic<R>, to: &Quic<R>, data: &'static [u8]) -> Packet<SocketAddr> {
    let target = *to.advertise_address();
    let send = async {
        loop {
            from.send_packet(&target, data.into()).await.unwrap();
            R::sleep(Duration::from_millis(500)).await;
        }
    };
    let receive = async {
        loop {
            let packet = to.recv_packet().await.unwrap();
            if packet.data == data {
                return packet;
            }
        }
    };
    within::<R, _>(async {
        match select(pin!(receive), pin!(send)).await {
            Either::Left((packet, _)) => packet,
            Either::Right((never, _)) => never,
        }
    })
    .await
}

pub(crate) async fn packets_and_streams_travel_both_ways<R: Runtime>(_runtime: u8) {
    static LARGE: [u8; 20_000] = [4; 20_000];
    let (a, b) = (bind::<R>(at("127.0.0.1:0")).await, bind::<R>(at("127.0.0.1:0")).await);
    assert_eq!(deliver(&a, &b, b"there").await.from, *a.advertise_address());
    assert_eq!(deliver(&b, &a, b"back").await.from, *b.advertise_address());
    assert_eq!(deliver(&b, &a, &LARGE).await.data.len(), LARGE.len());

    let mut opened = within::<R, _>(a.open_stream(b.advertise_address())).await.unwrap();
    opened.write_all(b"question").await.unwrap();
    let (from, mut accepted) = within::<R, _>(b.accept_stream()).await.unwrap();
    assert_eq!(from, *a.advertise_address());
    let mut heard = [0; 8];
    within::<R, _>(accepted.read_exact(&mut heard)).await.unwrap();
    accepted.write_all(&heard).await.unwrap();
    drop(accepted);
    let mut answer = Vec::new();
    within::<R, _>(opened.read_to_end(&mut answer)).await.unwrap();
    assert_eq!(answer, b"question");
    within::<R, _>(a.shutdown()).await;
    within::<R, _>(b.shutdown()).await;
}

pub(crate) async fn end_closes_everything_and_the_port_is_free_at_once<R: Runtime>(runtime: u8) {
    let quic = Arc::new(bind::<R>(at(&format!("127.82.0.{runtime}:0"))).await);
    let me = *quic.advertise_address();
    let peer = bind::<R>(at("127.0.0.1:0")).await;
    deliver(&peer, &quic, b"in").await;
    deliver(&quic, &peer, b"out").await;
    let mut held = within::<R, _>(quic.open_stream(peer.advertise_address())).await.unwrap();
    let pending = {
        let quic = Arc::clone(&quic);
        async move { quic.recv_packet().await.unwrap_err().is_closed() }
    };
    let (closed, ()) = within::<R, _>(futures_util::future::join(pending, quic.shutdown())).await;
    assert!(closed);
    assert!(quic.send_packet(&me, "late".into()).await.unwrap_err().is_closed());
    UdpSocket::bind(me).unwrap();
    assert!(within::<R, _>(held.write_all(b"late")).await.is_err());
    let again = bind::<R>(me).await;
    deliver(&peer, &again, b"again").await;
    within::<R, _>(again.shutdown()).await;
    within::<R, _>(peer.shutdown()).await;
}

/// Without a shutdown the same happens in the background.
pub(crate) async fn dropped_transport_frees_its_port<R: Runtime>(runtime: u8) {
    let quic = bind::<R>(at(&format!("127.82.1.{runtime}:0"))).await;
    let me = *quic.advertise_address();
    let peer = bind::<R>(at("127.0.0.1:0")).await;
    deliver(&peer, &quic, b"in").await;
    let held = within::<R, _>(quic.open_stream(peer.advertise_address())).await.unwrap();
    drop(quic);
    until::<R>(|| UdpSocket::bind(me).is_ok()).await;
    until::<R>(|| peer.stats().outbound == 0).await;
    drop(held);
    within::<R, _>(peer.shutdown()).await;
}

pub(crate) async fn idle_connections_are_closed_and_opened_again<R: Runtime>(_runtime: u8) {
    let idle = async || {
        let address = at("127.0.0.1:0");
        let options = QuicOptions::new().with_bind(address).with_idle_timeout(Duration::from_millis(300));
        let tls = identity("node", address).tls_options().unwrap();
        Quic::<R>::bind(HostResolver::default(), options, tls).await.unwrap()
    };
    let (a, b) = (idle().await, idle().await);
    for round in 1..=2 {
        deliver(&a, &b, b"x").await;
        until::<R>(|| a.stats().outbound == 0 && b.stats().inbound == 0).await;
        assert_eq!(a.stats().connections_opened, round);
    }
    within::<R, _>(a.shutdown()).await;
    within::<R, _>(b.shutdown()).await;
}
