//! No membership at all: what sockets alone can do, as the limit.

use crate::compare::{Contender, Fault, Received, Settings};
use bytes::Bytes;
use nix::sys::socket::{setsockopt, sockopt::RcvBuf};
use std::{collections::HashMap, io, net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream, UdpSocket},
    sync::Mutex,
    task::JoinSet,
};

/// A UDP socket and TCP streams without anything around them. With `DIAL`, each reliable message has a stream of its own; otherwise one
/// stay open to each peer.
#[derive(Clone)]
pub struct Plain<const DIAL: bool> {
    address: SocketAddr,
    socket: Arc<UdpSocket>,
    received: Arc<Received>,
    streams: Arc<Mutex<HashMap<SocketAddr, Arc<Mutex<TcpStream>>>>>,
    tasks: Arc<Mutex<JoinSet<()>>>,
}

async fn take_packets(socket: Arc<UdpSocket>, received: Arc<Received>) {
    let mut packet = vec![0; 65_536];
    while let Ok((length, _)) = socket.recv_from(&mut packet).await {
        received.note(packet.get(..length).unwrap_or_default());
    }
}

async fn take_streams(listener: TcpListener, received: Arc<Received>) {
    let mut streams = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        streams.spawn(take_messages(stream, Arc::clone(&received)));
        while streams.try_join_next().is_some() {}
    }
}

/// Each message is its length in four bytes, and itself.
async fn take_messages(stream: TcpStream, received: Arc<Received>) {
    let mut stream = BufReader::with_capacity(65_536, stream);
    while let Ok(length) = stream.read_u32().await {
        let mut message = Vec::with_capacity(length as usize);
        if (&mut stream).take(u64::from(length)).read_to_end(&mut message).await.is_err() {
            return;
        }
        received.note(&message);
    }
}

fn framed(payload: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
    Ok([&length.to_be_bytes()[..], payload].concat())
}

impl<const DIAL: bool> Plain<DIAL> {
    async fn bind(settings: &Settings) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let socket = UdpSocket::bind(address).await?;
        // As much as the others ask for by default.
        setsockopt(&socket, RcvBuf, &(2 << 20))?;
        let socket = Arc::new(socket);
        let received = Arc::new(Received::new(settings));
        let mut tasks = JoinSet::new();
        tasks.spawn(take_packets(Arc::clone(&socket), Arc::clone(&received)));
        tasks.spawn(take_streams(listener, Arc::clone(&received)));
        Ok(Self { address, socket, received, streams: Arc::default(), tasks: Arc::new(Mutex::new(tasks)) })
    }

    /// The open stream to this peer.
    async fn stream(&self, to: SocketAddr) -> io::Result<Arc<Mutex<TcpStream>>> {
        let mut streams = self.streams.lock().await;
        if let Some(stream) = streams.get(&to) {
            return Ok(Arc::clone(stream));
        }
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let stream = Arc::new(Mutex::new(stream));
        streams.insert(to, Arc::clone(&stream));
        Ok(stream)
    }

    async fn write(&self, to: SocketAddr, payload: &[u8]) -> io::Result<()> {
        let message = framed(payload)?;
        if !DIAL {
            return self.stream(to).await?.lock().await.write_all(&message).await;
        }
        let mut stream = TcpStream::connect(to).await?;
        stream.write_all(&message).await?;
        stream.shutdown().await?;
        // The other side has taken everything when it closes, too.
        stream.read(&mut [0]).await.map(drop)
    }
}

impl<const DIAL: bool> Contender for Plain<DIAL> {
    async fn start(_number: usize, settings: &Settings) -> Result<Self, Fault> {
        if settings.sealed {
            return Err(Fault::Lacking("no encryption".into()));
        }
        Self::bind(settings).await.map_err(|error| Fault::failed("bind", error))
    }

    fn address(&self) -> SocketAddr {
        self.address
    }

    fn received(&self) -> &Received {
        &self.received
    }

    async fn stop(self) {
        self.tasks.lock().await.shutdown().await;
    }

    async fn send(&self, to: SocketAddr, payload: Bytes) -> Result<(), Fault> {
        let sent = self.socket.send_to(&payload, to).await;
        sent.map(drop).map_err(|error| Fault::failed("send", error))
    }

    async fn send_reliable(&self, to: SocketAddr, payload: Bytes) -> Result<(), Fault> {
        self.write(to, &payload).await.map_err(|error| Fault::failed("send", error))
    }
}
