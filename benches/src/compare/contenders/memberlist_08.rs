//! A node of the crate `memberlist` 0.8.5, over TCP and UDP on tokio, used as its documentation says.

use crate::compare::{
    Contender, Fault, Received, Settings,
    contender::{GOSSIP_NODES, PROBE_TIMEOUT, SUSPICION_MULT, number},
};
use bytes::Bytes;
use memberlist_08::{
    Broadcast, Options,
    delegate::{CompositeDelegate, NodeDelegate, VoidDelegate},
    net::NetTransportOptions,
    proto::{EncryptionAlgorithm, MaybeResolvedAddress, SecretKey},
    queue::TransmitLimitedQueue,
    tokio::{TokioSocketAddrResolver, TokioTcp, TokioTcpMemberlist},
};
use smol_str::SmolStr;
use std::{
    borrow::Cow,
    collections::HashSet,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicUsize},
    time::Duration,
};

type Void = VoidDelegate<SmolStr, SocketAddr>;
type Hooks = CompositeDelegate<SmolStr, SocketAddr, Void, Void, Void, Void, Arc<Application>, Void>;
type Node = TokioTcpMemberlist<SmolStr, TokioSocketAddrResolver, Hooks>;

/// A node of `memberlist` 0.8.5.
#[derive(Clone)]
pub struct Memberlist08 {
    node: Arc<Node>,
    application: Arc<Application>,
}

/// What is left to the application there: to count, to tell broadcasts apart, and to pass them on.
struct Application {
    received: Received,
    /// Only where broadcasts are to be passed on.
    news: Option<News>,
}

struct News {
    queue: TransmitLimitedQueue<Item, Arc<AtomicUsize>>,
    seen: Mutex<HashSet<u64>>,
}

#[derive(Debug)]
struct Item(u64, Bytes);

impl Broadcast for Item {
    type Id = u64;
    type Message = Bytes;

    fn id(&self) -> Option<&u64> {
        Some(&self.0)
    }

    fn invalidates(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    fn message(&self) -> &Bytes {
        &self.1
    }

    fn encoded_len(message: &Bytes) -> usize {
        // With its kind and its length.
        message.len() + 8
    }

    async fn finished(&self) {}
}

impl News {
    /// Takes it to be passed on, unless it is known. Says whether it is new.
    async fn take(&self, payload: Bytes) -> bool {
        let Some(id) = number(&payload) else { return false };
        let new = self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        if new {
            self.queue.queue_broadcast(Item(id, payload)).await;
        }
        new
    }
}

impl NodeDelegate for Application {
    async fn notify_message(&self, message: Cow<'_, [u8]>) {
        match &self.news {
            Some(news) => {
                if news.take(Bytes::copy_from_slice(&message)).await {
                    self.received.note(&message);
                }
            }
            None => self.received.note(&message),
        }
    }

    async fn broadcast_messages<F>(&self, limit: usize, _encoded_len: F) -> impl Iterator<Item = Bytes> + Send
    where
        F: Fn(Bytes) -> (usize, Bytes) + Send + Sync + 'static,
    {
        let mut messages = Vec::new();
        if let Some(news) = &self.news {
            messages.extend(news.queue.get_broadcasts(limit).await);
        }
        messages.into_iter()
    }
}

fn options(settings: &Settings) -> Options {
    let options = Options::lan()
        .with_probe_interval(settings.probe_interval())
        .with_probe_timeout(PROBE_TIMEOUT)
        .with_gossip_interval(settings.gossip_interval())
        .with_gossip_nodes(GOSSIP_NODES)
        .with_suspicion_mult(SUSPICION_MULT as usize);
    if !settings.sealed {
        return options;
    }
    options
        .with_primary_key(SecretKey::Aes256([7; 32]))
        .with_encryption_algo(EncryptionAlgorithm::NoPadding)
        .with_gossip_verify_incoming(true)
        .with_gossip_verify_outgoing(true)
}

impl Contender for Memberlist08 {
    async fn start(number: usize, settings: &Settings) -> Result<Self, Fault> {
        let news = settings.stamp.then(|| News {
            queue: TransmitLimitedQueue::new(4, Arc::new(AtomicUsize::new(settings.nodes))),
            seen: Mutex::default(),
        });
        let application = Arc::new(Application { received: Received::new(settings), news });
        let hooks = CompositeDelegate::new().with_node_delegate(Arc::clone(&application));
        let mut transport = NetTransportOptions::<SmolStr, TokioSocketAddrResolver, TokioTcp>::new(
            format!("n{number}").into(),
        );
        transport.add_bind_address(SocketAddr::from(([127, 0, 0, 1], 0)));
        let node = Node::with_delegate(hooks, transport, options(settings)).await;
        let node = Arc::new(node.map_err(|error| Fault::failed("start", error))?);
        Ok(Self { node, application })
    }

    fn address(&self) -> SocketAddr {
        *self.node.advertise_address()
    }

    fn received(&self) -> &Received {
        &self.application.received
    }

    async fn stop(self) {
        let _ = self.node.shutdown().await;
    }

    async fn join(&self, seed: SocketAddr) -> Result<(), Fault> {
        let joined = self.node.join(MaybeResolvedAddress::Resolved(seed)).await;
        joined.map(drop).map_err(|error| Fault::failed("join", error))
    }

    async fn view(&self) -> usize {
        self.node.num_online_members().await
    }

    async fn leave(&self) -> Result<(), Fault> {
        let left = self.node.leave(Duration::from_secs(5)).await;
        left.map(drop).map_err(|error| Fault::failed("leave", error))
    }

    async fn broadcast(&self, payload: Bytes) -> Result<(), Fault> {
        match &self.application.news {
            Some(news) => {
                news.take(payload).await;
                Ok(())
            }
            None => Err(Fault::Failed("started without broadcasts".into())),
        }
    }

    async fn send(&self, to: SocketAddr, payload: Bytes) -> Result<(), Fault> {
        self.node.send(&to, payload).await.map_err(|error| Fault::failed("send", error))
    }

    async fn send_many(&self, to: SocketAddr, payloads: Vec<Bytes>) -> Result<(), Fault> {
        let sent = self.node.send_many(&to, payloads.into_iter()).await;
        sent.map_err(|error| Fault::failed("send", error))
    }

    async fn send_reliable(&self, to: SocketAddr, payload: Bytes) -> Result<(), Fault> {
        self.node.send_reliable(&to, payload).await.map_err(|error| Fault::failed("send", error))
    }
}
