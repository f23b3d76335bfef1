//! This project's node, over TCP and UDP or over QUIC, on tokio.

use crate::compare::{
    Contender, Fault, Received, Settings,
    contender::{GOSSIP_NODES, PROBE_TIMEOUT, SUSPICION_MULT},
};
use bytes::Bytes;
use memberlist::{
    SmolStr, VoidDelegate,
    core::Transport,
    net::HostResolver,
    prelude::*,
    proto,
    tls::{TlsOptions, self_signed::Authority},
    tokio::{QuicTransport, TcpTransport, TokioRuntime},
};
use std::{
    future::Future,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};

type Node<T> = Memberlist<T, VoidDelegate<SmolStr, SocketAddr>>;

/// A node of this project, over this transport.
pub struct Ours<T: Start = TcpTransport> {
    node: Node<T>,
    received: Arc<Received>,
}

impl<T: Start> Clone for Ours<T> {
    fn clone(&self) -> Self {
        Self { node: self.node.clone(), received: Arc::clone(&self.received) }
    }
}

/// How a node is started on a transport.
pub trait Start: Transport<Resolver = HostResolver<TokioRuntime>> + Sized {
    /// Starts it on a free port of 127.0.0.1.
    fn start(name: String, settings: &Settings) -> impl Future<Output = Result<Node<Self>, Fault>> + Send;
}

/// All nodes of a process have one key.
const KEY: [u8; 32] = [7; 32];

fn options(settings: &Settings) -> Options {
    let protocol = proto::Options::lan()
        .with_probe_interval(settings.probe_interval())
        .with_probe_timeout(PROBE_TIMEOUT)
        .with_gossip_interval(settings.gossip_interval())
        .with_gossip_nodes(GOSSIP_NODES)
        .with_suspicion_mult(SUSPICION_MULT);
    if !settings.flood {
        return Options::from_protocol(protocol);
    }
    // A payload of 1,400 bytes fits a packet with its wrapping, a single peer may fill the line, and the application may be as far
    // behind as a socket that buffers 2 MiB.
    Options::from_protocol(protocol.with_packet_size(1_472).with_max_peer_bytes(0u64))
        .with_data_queue(32_768usize)
}

impl Start for TcpTransport {
    async fn start(name: String, settings: &Settings) -> Result<Node<Self>, Fault> {
        let mut builder =
            memberlist::tokio::builder(name).bind("127.0.0.1:0").label("compare").options(options(settings));
        if settings.sealed {
            let key = SecretKey::new(EncryptionAlgorithm::Aes256Gcm, &KEY)
                .map_err(|error| Fault::failed("key", error))?;
            let keyring = Keyring::new().map_err(|error| Fault::failed("keyring", error))?;
            builder = builder.keyring(keyring.with_key(&key));
        }
        builder.start().await.map_err(|error| Fault::failed("start", error))
    }
}

/// The certificate of all nodes of the process.
fn certificate() -> Result<TlsOptions, Fault> {
    static SHARED: OnceLock<Result<TlsOptions, String>> = OnceLock::new();
    let make = || {
        let identity = Authority::new()?.identity("all", &[IpAddr::V4(Ipv4Addr::LOCALHOST)])?;
        identity.tls_options()
    };
    let shared = SHARED.get_or_init(|| make().map_err(|error| error.to_string()));
    shared.clone().map_err(|error| Fault::failed("certificate", error))
}

impl Start for QuicTransport {
    async fn start(name: String, settings: &Settings) -> Result<Node<Self>, Fault> {
        let builder = memberlist::tokio::quic_builder(name, certificate()?);
        let builder = builder.bind("127.0.0.1:0").label("compare").options(options(settings));
        builder.start().await.map_err(|error| Fault::failed("start", error))
    }
}

impl<T: Start> Contender for Ours<T> {
    async fn start(number: usize, settings: &Settings) -> Result<Self, Fault> {
        let node = T::start(format!("n{number}"), settings).await?;
        let received = Arc::new(Received::new(settings));
        if settings.listen {
            let (mut events, received) = (node.events(), Arc::clone(&received));
            tokio::spawn(async move {
                while let Some(event) = events.recv().await {
                    if let Event::User { payload, .. } = event {
                        received.note(&payload);
                    }
                }
            });
        }
        Ok(Self { node, received })
    }

    fn address(&self) -> SocketAddr {
        self.node.advertise_address()
    }

    fn received(&self) -> &Received {
        &self.received
    }

    async fn stop(self) {
        self.node.shutdown().await;
    }

    async fn join(&self, seed: SocketAddr) -> Result<(), Fault> {
        self.node.join(seed).await.map(drop).map_err(|error| Fault::failed("join", error))
    }

    async fn view(&self) -> usize {
        self.node.num_members()
    }

    async fn leave(&self) -> Result<(), Fault> {
        self.node.leave(Duration::from_secs(5)).await.map(drop).map_err(|error| Fault::failed("leave", error))
    }

    async fn broadcast(&self, payload: Bytes) -> Result<(), Fault> {
        self.node.broadcast(payload).map(drop).map_err(|error| Fault::failed("broadcast", error))
    }

    async fn send(&self, to: SocketAddr, payload: Bytes) -> Result<(), Fault> {
        self.node.send(&to, payload).await.map_err(|error| Fault::failed("send", error))
    }

    async fn send_many(&self, to: SocketAddr, payloads: Vec<Bytes>) -> Result<(), Fault> {
        self.node.send_many(&to, payloads).await.map_err(|error| Fault::failed("send", error))
    }

    async fn send_reliable(&self, to: SocketAddr, payload: Bytes) -> Result<(), Fault> {
        self.node.send_reliable(&to, payload).await.map_err(|error| Fault::failed("send", error))
    }

    fn bytes_sent(&self) -> Option<u64> {
        let stats = self.node.stats();
        Some(stats.bytes_sent + stats.stream_bytes_sent)
    }
}
