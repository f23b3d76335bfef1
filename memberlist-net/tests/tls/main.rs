//! W-52: the transport with TLS on its streams, on real loopback sockets and on every runtime.

#![cfg(feature = "tls")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests; clippy knows only those in `#[test]` itself"
)]

/// Makes a test on each runtime of an async function that is generic over it.
macro_rules! on_every_runtime {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        mod on_tokio {
            $($(#[$doc])* #[test] fn $name() {
                let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
                runtime.unwrap().block_on(super::$name::<agnostic::tokio::TokioRuntime>());
            })*
        }
        mod on_smol {
            $($(#[$doc])* #[test] fn $name() {
                use agnostic::RuntimeLite;
                agnostic::smol::SmolRuntime::block_on(super::$name::<agnostic::smol::SmolRuntime>());
            })*
        }
        mod on_async_std {
            $($(#[$doc])* #[test] fn $name() {
                use agnostic::RuntimeLite;
                use memberlist_async_std::AsyncStdRuntime;
                AsyncStdRuntime::block_on(super::$name::<AsyncStdRuntime>());
            })*
        }
    };
}

mod authentication;
mod cluster;
mod hostile;
mod lifecycle;
mod packets;
mod plain_peers;
mod streams;

use agnostic::Runtime;
use agnostic::net::Net;
use agnostic::net::TcpStream as _;
use futures_util::future::{Either, select};
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::{Packet, Transport};
use memberlist_net::{NetError, NetOptions, NetTransport, TlsStream, TlsTransport};
use memberlist_tls::self_signed::{Authority, Identity};
use memberlist_tls::{HandshakeFailure, TlsOptions};
use nodecraft::resolver::socket_addr::SocketAddrResolver;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

type Tls<R> = TlsTransport<SocketAddrResolver<R>, R>;
type Plain<R> = NetTransport<SocketAddrResolver<R>, R>;
/// A TCP connection, as somebody makes it who is no transport.
type Raw<R> = <<R as Runtime>::Net as Net>::TcpStream;
type Stream<R> = TlsStream<Raw<R>>;

/// Generous: the machine may be loaded; nothing waits for it when all is well.
const DEADLINE: Duration = Duration::from_secs(60);
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn loopback() -> NetOptions {
    NetOptions::new().with_bind(SocketAddr::from((HERE, 0)))
}

fn identity(authority: &Authority) -> Identity {
    authority.identity("node", &[HERE]).unwrap()
}

/// One node of an authority of its own.
fn tls() -> TlsOptions {
    identity(&Authority::new().unwrap()).tls_options().unwrap()
}

async fn bind<R: Runtime>(options: NetOptions, tls: &TlsOptions) -> Tls<R> {
    Tls::<R>::bind_tls(SocketAddrResolver::default(), options, tls.clone()).await.unwrap()
}

/// Two nodes that trust each other.
async fn pair<R: Runtime>() -> (Tls<R>, Tls<R>) {
    let tls = tls();
    (bind(loopback(), &tls).await, bind(loopback(), &tls).await)
}

fn address(
    net: &impl Transport<Resolver: nodecraft::resolver::AddressResolver<ResolvedAddress = SocketAddr>>,
) -> SocketAddr {
    *net.advertise_address()
}

async fn connect<R: Runtime>(to: SocketAddr) -> Raw<R> {
    within::<R, _>(Raw::<R>::connect(to)).await.unwrap()
}

/// The result, which must come before the deadline.
async fn within<R: Runtime, T>(what: impl Future<Output = T>) -> T {
    match select(pin!(what), pin!(R::sleep(DEADLINE))).await {
        Either::Left((done, _)) => done,
        Either::Right(_) => panic!("nothing happened before the deadline"),
    }
}

/// Waits until the condition holds.
async fn until<R: Runtime>(mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            R::sleep(Duration::from_millis(2)).await;
        }
    };
    within::<R, _>(wait).await;
}

/// Both, to their ends.
async fn both<R: Runtime, A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    within::<R, _>(futures_util::future::join(a, b)).await
}

/// A stream between two nodes: the opener's end and the other's.
async fn stream<R: Runtime>(from: &Tls<R>, to: &Tls<R>) -> (Stream<R>, Stream<R>) {
    let target = address(to);
    let open = async {
        let mut stream = from.open_stream(&target).await.unwrap();
        stream.write_all(b"?").await.unwrap();
        stream.flush().await.unwrap();
        stream
    };
    let (opened, accepted) = both::<R, _, _>(open, to.accept_stream()).await;
    let (source, mut accepted) = accepted.unwrap();
    assert_eq!(source.ip(), address(from).ip());
    let mut first = [0];
    within::<R, _>(accepted.read_exact(&mut first)).await.unwrap();
    assert_eq!(&first, b"?");
    (opened, accepted)
}

/// Opens a stream, says something on it, and has it said back.
async fn echo<R: Runtime>(from: &Tls<R>, to: &Tls<R>, text: &[u8]) {
    let serve = async {
        let (_, mut stream) = to.accept_stream().await.unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        stream.write_all(&heard).await.unwrap();
        stream.close().await.unwrap();
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
    let ((), answer) = both::<R, _, _>(serve, ask).await;
    assert!(answer == text);
}

/// Sends a packet until it arrives (UDP may lose one even here), and gives it as it arrived.
async fn deliver<R: Runtime>(from: &Tls<R>, to: &Tls<R>, data: &'static [u8]) -> Packet<SocketAddr> {
    let target = address(to);
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
    let packet = async {
        match select(pin!(receive), pin!(send)).await {
            Either::Left((packet, _)) => packet,
            Either::Right((never, _)) => never,
        }
    };
    within::<R, _>(packet).await
}

/// Why no stream could be opened; the failure must not count against the peer.
async fn refusal<R: Runtime>(from: &Tls<R>, to: SocketAddr) -> HandshakeFailure {
    match within::<R, _>(from.open_stream(&to)).await.expect_err("must fail") {
        NetError::Tls { address, failure } => {
            assert_eq!(address, to);
            failure
        }
        other => panic!("{other}"),
    }
}

/// Why a stream that could be opened is good for nothing: what its first use says.
async fn late_refusal<R: Runtime>(from: &Tls<R>, to: SocketAddr) -> HandshakeFailure {
    let mut stream = within::<R, _>(from.open_stream(&to)).await.unwrap();
    let _ = within::<R, _>(stream.write_all(b"question")).await;
    let error = within::<R, _>(stream.read(&mut [0; 8])).await.expect_err("must fail");
    failure_in(&error)
}

fn failure_in(error: &io::Error) -> HandshakeFailure {
    let inner = error.get_ref().unwrap_or_else(|| panic!("only {error}"));
    inner.downcast_ref::<HandshakeFailure>().unwrap_or_else(|| panic!("{error}")).clone()
}

/// Waits until the other side has closed (or reset) the connection; gives what it said before.
async fn closed<R: Runtime>(stream: &mut Raw<R>) -> Vec<u8> {
    let mut said = Vec::new();
    let _ = within::<R, _>(stream.read_to_end(&mut said)).await;
    said
}

fn address_here() -> SocketAddr {
    SocketAddr::from((HERE, 0))
}
