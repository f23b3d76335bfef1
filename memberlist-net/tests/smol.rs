//! W-52, W-55: the same transport on another runtime; what `tests/net` shows in full on tokio, in brief.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use agnostic::RuntimeLite;
use agnostic::smol::SmolRuntime;
use futures_util::future::{Either, select};
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::{Packet, Transport, TransportError};
use memberlist_net::{HostResolver, NetOptions, NetTransport};
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

type Net = NetTransport<HostResolver<SmolRuntime>, SmolRuntime>;

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

async fn bind(options: NetOptions) -> Net {
    Net::bind(HostResolver::default(), options).await.unwrap()
}

async fn within<T: Send>(what: impl Future<Output = T> + Send) -> T {
    SmolRuntime::timeout(Duration::from_secs(30), what).await.expect("nothing happened before the deadline")
}

async fn deliver(from: &Net, to: &Net, data: &'static [u8]) -> Packet<SocketAddr> {
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

fn on_smol(test: impl Future<Output = ()>) {
    SmolRuntime::block_on(test);
}

#[test]
fn packets_and_streams_travel_both_ways() {
    on_smol(async {
        for streams_only in [false, true] {
            let options = || NetOptions::new().with_bind(at("127.0.0.1:0")).with_streams_only(streams_only);
            let (a, b) = (bind(options()).await, bind(options()).await);
            assert_eq!(deliver(&a, &b, b"there").await.from, *a.advertise_address());
            assert_eq!(deliver(&b, &a, b"back").await.from, *b.advertise_address());

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
        }
    });
}

#[test]
fn end_closes_everything_and_the_port_is_free_at_once() {
    on_smol(async {
        for streams_only in [false, true] {
            let bound = NetOptions::new().with_streams_only(streams_only);
            let net = Arc::new(bind(bound.clone().with_bind(at("127.79.0.1:0"))).await);
            let me = *net.advertise_address();
            let peer = bind(bound.clone().with_bind(at("127.0.0.1:0"))).await;
            deliver(&peer, &net, b"in").await;
            deliver(&net, &peer, b"out").await;
            let pending = SmolRuntime::spawn({
                let net = Arc::clone(&net);
                async move { net.recv_packet().await.unwrap_err().is_closed() }
            });
            within(net.shutdown()).await;
            assert!(within(pending).await.unwrap());
            assert!(net.send_packet(&me, "late".into()).await.unwrap_err().is_closed());
            std::net::TcpListener::bind(me).unwrap();
            std::net::UdpSocket::bind(me).unwrap();
            let again = bind(bound.with_bind(me)).await;
            deliver(&peer, &again, b"again").await;
            within(again.shutdown()).await;
        }
    });
}

#[test]
fn silent_connections_are_closed_at_their_deadline() {
    on_smol(async {
        let options =
            NetOptions::new().with_bind(at("127.0.0.1:0")).with_inbound_timeout(Duration::from_millis(200));
        let (net, peer) = (bind(options).await, bind(NetOptions::new().with_bind(at("127.0.0.1:0"))).await);
        let mut silent = within(peer.open_stream(net.advertise_address())).await.unwrap();
        let mut answer = Vec::new();
        let _ = within(silent.read_to_end(&mut answer)).await;
        assert!(answer.is_empty());
        assert_eq!(net.stats().connections_timed_out, 1);
    });
}
