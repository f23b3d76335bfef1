//! W-52, W-55: the same transport on another runtime; what `tests/quic` shows in full on tokio, in brief.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use agnostic::RuntimeLite;
use agnostic::smol::SmolRuntime;
use futures_util::future::{Either, select};
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::{Packet, Transport, TransportError};
use memberlist_quic::{HostResolver, QuicOptions, QuicTransport};
use memberlist_tls::self_signed::Authority;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

type Quic = QuicTransport<HostResolver<SmolRuntime>, SmolRuntime>;

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

async fn bind(authority: &Authority, address: SocketAddr) -> Quic {
    let tls = authority.identity("node", &[address.ip()]).unwrap().tls_options().unwrap();
    let options = QuicOptions::new().with_bind(address);
    Quic::bind(HostResolver::default(), options, tls).await.unwrap()
}

async fn within<T: Send>(what: impl Future<Output = T> + Send) -> T {
    SmolRuntime::timeout(Duration::from_secs(30), what).await.expect("nothing happened before the deadline")
}

async fn deliver(from: &Quic, to: &Quic, data: &'static [u8]) -> Packet<SocketAddr> {
    let target = *to.advertise_address();
    let send = async {
        loop {
            from.send_packet(&target, data.into()).await.unwrap();
            SmolRuntime::sleep(Duration::from_millis(500)).await;
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
    within(async {
        match select(pin!(receive), pin!(send)).await {
            Either::Left((packet, _)) => packet,
            Either::Right((never, _)) => never,
        }
    })
    .await
}

#[test]
fn packets_and_streams_travel_both_ways() {
    static LARGE: [u8; 20_000] = [4; 20_000];
    SmolRuntime::block_on(async {
        let authority = Authority::new().unwrap();
        let (a, b) = (bind(&authority, at("127.0.0.1:0")).await, bind(&authority, at("127.0.0.1:0")).await);
        assert_eq!(deliver(&a, &b, b"there").await.from, *a.advertise_address());
        assert_eq!(deliver(&b, &a, b"back").await.from, *b.advertise_address());
        assert_eq!(deliver(&b, &a, &LARGE).await.data.len(), LARGE.len());

        let mut opened = within(a.open_stream(b.advertise_address())).await.unwrap();
        opened.write_all(b"question").await.unwrap();
        let (_, mut accepted) = within(b.accept_stream()).await.unwrap();
        let mut heard = [0; 8];
        within(accepted.read_exact(&mut heard)).await.unwrap();
        accepted.write_all(&heard).await.unwrap();
        drop(accepted);
        let mut answer = Vec::new();
        within(opened.read_to_end(&mut answer)).await.unwrap();
        assert_eq!(answer, b"question");
        within(a.shutdown()).await;
        within(b.shutdown()).await;
    });
}

#[test]
fn end_closes_everything_and_the_port_is_free_at_once() {
    SmolRuntime::block_on(async {
        let authority = Authority::new().unwrap();
        let quic = Arc::new(bind(&authority, at("127.82.0.1:0")).await);
        let me = *quic.advertise_address();
        let peer = bind(&authority, at("127.0.0.1:0")).await;
        deliver(&peer, &quic, b"in").await;
        deliver(&quic, &peer, b"out").await;
        let mut held = within(quic.open_stream(peer.advertise_address())).await.unwrap();
        let pending = SmolRuntime::spawn({
            let quic = Arc::clone(&quic);
            async move { quic.recv_packet().await.unwrap_err().is_closed() }
        });
        within(quic.shutdown()).await;
        assert!(within(pending).await.unwrap());
        assert!(quic.send_packet(&me, "late".into()).await.unwrap_err().is_closed());
        std::net::UdpSocket::bind(me).unwrap();
        assert!(within(held.write_all(b"late")).await.is_err());
        let again = bind(&authority, me).await;
        deliver(&peer, &again, b"again").await;
        within(again.shutdown()).await;
    });
}
