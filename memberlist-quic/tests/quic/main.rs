//! The transport on real loopback sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests; clippy knows only those in `#[test]` itself"
)]

mod binding;
mod bounds;
mod hostile;
mod lifecycle;
mod packets;
mod recovery;
mod streams;
mod trust;
mod zero_rtt;

use agnostic::tokio::TokioRuntime;
use memberlist_core::{Packet, Transport};
use memberlist_quic::{QuicOptions, QuicTransport, TlsOptions};
use memberlist_tls::self_signed::{Authority, Identity};
use nodecraft::resolver::socket_addr::SocketAddrResolver;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

type Quic = QuicTransport<SocketAddrResolver<TokioRuntime>, TokioRuntime>;

/// Generous: the machine may be loaded; nothing waits for it when all is well.
const DEADLINE: Duration = Duration::from_secs(30);

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// The authority of all tests that need no other.
fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| Authority::new().unwrap())
}

/// A certificate for these addresses.
fn identity(ips: &[&str]) -> Identity {
    let ips: Vec<IpAddr> = ips.iter().map(|ip| ip.parse().unwrap()).collect();
    authority().identity("node", &ips).unwrap()
}

/// Mutual TLS with a certificate for the addresses that are bound.
fn tls(options: &QuicOptions) -> TlsOptions {
    let ips: Vec<String> = options.bind.iter().map(|bind| bind.socket_addr().ip().to_string()).collect();
    let ips: Vec<&str> = ips.iter().map(String::as_str).collect();
    identity(&ips).tls_options().unwrap()
}

/// On a free port of the IPv4 loopback.
fn loopback() -> QuicOptions {
    QuicOptions::new().with_bind(at("127.0.0.1:0"))
}

/// On a free port of a loopback address that no other test uses, so that no other test takes the port when it is given back.
fn own_loopback() -> QuicOptions {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    QuicOptions::new().with_bind(at(&format!("127.81.0.{}:0", NEXT.fetch_add(1, Ordering::Relaxed))))
}

async fn bind(options: QuicOptions) -> Quic {
    let tls = tls(&options);
    bind_with(options, tls).await
}

async fn bind_with(options: QuicOptions, tls: TlsOptions) -> Quic {
    Quic::bind(SocketAddrResolver::default(), options, tls).await.unwrap()
}

fn address(quic: &Quic) -> SocketAddr {
    *quic.advertise_address()
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

/// Sends a packet until it arrives (one may be lost even here), and gives it as it arrived.
async fn deliver(from: &Quic, to: &Quic, data: &'static [u8]) -> Packet<SocketAddr> {
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
