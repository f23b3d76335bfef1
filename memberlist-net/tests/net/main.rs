//! The transport on real loopback sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests; clippy knows only those in `#[test]` itself"
)]

mod allow_list;
mod binding;
mod hostile;
mod lifecycle;
mod packets;
mod streams;
mod streams_only;

use agnostic::tokio::TokioRuntime;
use memberlist_core::{Packet, Transport};
use memberlist_net::{NetOptions, NetTransport};
use nodecraft::resolver::socket_addr::SocketAddrResolver;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

type Net = NetTransport<SocketAddrResolver<TokioRuntime>, TokioRuntime>;

/// Generous: the machine may be loaded; nothing waits for it when all is well.
const DEADLINE: Duration = Duration::from_secs(30);

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// On a free port of the IPv4 loopback.
fn loopback() -> NetOptions {
    NetOptions::new().with_bind(at("127.0.0.1:0"))
}

/// On a free port of a loopback address that no other test uses, so that no other test takes the port when it is given back.
fn own_loopback() -> NetOptions {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    NetOptions::new().with_bind(at(&format!("127.77.0.{}:0", NEXT.fetch_add(1, Ordering::Relaxed))))
}

async fn bind(options: NetOptions) -> Net {
    Net::bind(SocketAddrResolver::default(), options).await.unwrap()
}

fn address(net: &Net) -> SocketAddr {
    *net.advertise_address()
}

/// The result, which must come before the deadline.
async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, what).await.expect("nothing happened before the deadline")
}

/// Waits until the condition holds.
async fn until(mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    within(wait).await;
}

/// Sends a packet until it arrives (UDP may lose one even here), and gives it as it arrived.
async fn deliver(from: &Net, to: &Net, data: &'static [u8]) -> Packet<SocketAddr> {
    let target = address(to);
    let send = async {
        loop {
            from.send_packet(&target, data.into()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(500)).await;
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
        tokio::select! {
            packet = receive => packet,
            () = send => unreachable!("it sends for ever"),
        }
    })
    .await
}
