//! A transport of one's own is about fifty lines: plain UDP and TCP on one port.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

use agnostic::{
    Runtime,
    net::{Net, TcpListener as _, TcpStream as _, UdpSocket as _},
    tokio::TokioRuntime,
};
use bytes::Bytes;
use memberlist_core::{Event, Memberlist, Options, Packet, Transport, TransportError};
use nodecraft::resolver::socket_addr::SocketAddrResolver;
use smol_str::SmolStr;
use std::{io, net::SocketAddr, time::Duration};

// ---- the transport ----

type TcpListener = <<TokioRuntime as Runtime>::Net as Net>::TcpListener;
type TcpStream = <<TokioRuntime as Runtime>::Net as Net>::TcpStream;
type UdpSocket = <<TokioRuntime as Runtime>::Net as Net>::UdpSocket;

struct Plain {
    tcp: TcpListener,
    udp: UdpSocket,
    address: SocketAddr,
    resolver: SocketAddrResolver<TokioRuntime>,
}

impl Plain {
    async fn bind() -> io::Result<Self> {
        let tcp = TcpListener::bind("127.0.0.1:0").await?;
        let address = tcp.local_addr()?;
        Ok(Self {
            tcp,
            udp: UdpSocket::bind(address).await?,
            address,
            resolver: SocketAddrResolver::default(),
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct PlainError(#[from] io::Error);

impl TransportError for PlainError {
    fn is_closed(&self) -> bool {
        false
    }

    fn is_remote(&self) -> bool {
        matches!(self.0.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset)
    }
}

impl Transport for Plain {
    type Runtime = TokioRuntime;
    type Resolver = SocketAddrResolver<TokioRuntime>;
    type Stream = TcpStream;
    type Error = PlainError;

    fn resolver(&self) -> &Self::Resolver {
        &self.resolver
    }

    fn advertise_address(&self) -> &SocketAddr {
        &self.address
    }

    async fn send_packet(&self, to: &SocketAddr, packet: Bytes) -> Result<(), PlainError> {
        self.udp.send_to(&packet, *to).await?;
        Ok(())
    }

    async fn recv_packet(&self) -> Result<Packet<SocketAddr>, PlainError> {
        let mut buffer = vec![0; 65_535];
        let (len, from) = self.udp.recv_from(&mut buffer).await?;
        buffer.truncate(len);
        Ok(Packet { from, data: buffer.into() })
    }

    async fn open_stream(&self, to: &SocketAddr) -> Result<TcpStream, PlainError> {
        Ok(TcpStream::connect(*to).await?)
    }

    async fn accept_stream(&self) -> Result<(SocketAddr, TcpStream), PlainError> {
        let (stream, from) = self.tcp.accept().await?;
        Ok((from, stream))
    }

    // The node's tasks end by themselves, and its sockets close when it is dropped.
    async fn shutdown(&self) {}
}

// ---- a cluster on it ----

/// W-52: the trait is small, and enough
#[tokio::test]
async fn a_cluster_runs_on_a_transport_of_fifty_lines() {
    let (a, b) = (Plain::bind().await.unwrap(), Plain::bind().await.unwrap());
    let address = a.address;
    let a = Memberlist::start(SmolStr::new("a"), a, Options::local()).await.unwrap();
    let b = Memberlist::start(SmolStr::new("b"), b, Options::local()).await.unwrap();
    let mut events = a.events();
    b.join(address).await.unwrap();
    assert_eq!(b.num_members(), 2);
    // The other side answers first, and then merges what it was told.
    let merged = async {
        while a.num_members() < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), merged).await.unwrap();
    // A burst to one destination is sent whole, however much of it the runtime lets a task do at a time.
    let fills_a_packet = Bytes::from(vec![1; b.max_user_payload()]);
    for _ in 0..2_000 {
        b.send(&address, fills_a_packet.clone()).await.unwrap();
        if b.stats().packets_sent % 256 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let sent = async {
        while b.stats().packets_sent < 2_000 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), sent).await.unwrap();
    assert_eq!(b.stats().packets_dropped, 0);
    let _broadcast = b.broadcast("hello").unwrap();
    b.leave(Duration::from_secs(20)).await.unwrap();
    let (mut heard, mut left) = (false, false);
    while !(heard && left) {
        match tokio::time::timeout(Duration::from_secs(20), events.recv()).await.unwrap().unwrap() {
            Event::User { payload, .. } => heard |= payload == "hello",
            Event::Left(member) => left |= member.node.id == "b",
            _ => {}
        }
    }
    b.shutdown().await;
    a.shutdown().await;
}
