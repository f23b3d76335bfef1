use crate::layer::{LateFailure, Layer};
use crate::packet_stream::{append, preamble};
use crate::shared::Shared;
use crate::sockets::Stream;
use agnostic::net::TcpStream;
use agnostic::{Runtime, RuntimeLite};
use bytes::Bytes;
use futures_channel::mpsc;
use futures_util::future::{Either, select};
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use futures_util::stream::StreamExt;
use memberlist_sockets::Slot;
use memberlist_sockets::lock;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex};

/// Outbound connections for packets: one per peer, opened by need, each with a bounded queue and a task of its own, so that a peer
/// that takes nothing keeps nobody else waiting.
#[derive(Default)]
pub(crate) struct Peers {
    by_address: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    peers: HashMap<SocketAddr, Peer>,
    /// Counts uses, to know which peer was unused for longest.
    uses: u64,
}

struct Peer {
    queue: mpsc::Sender<Bytes>,
    last_use: u64,
}

/// What a peer's task works off.
pub(crate) struct Work {
    to: SocketAddr,
    queue: mpsc::Receiver<Bytes>,
    _slot: Slot,
}

impl Peers {
    /// Queues a packet for a peer; gives the work for a new task if the peer has none.
    pub(crate) fn send(&self, shared: &Shared, to: SocketAddr, packet: Bytes) -> Option<Work> {
        let mut table = lock(&self.by_address);
        table.uses += 1;
        let now = table.uses;
        let mut packet = packet;
        if let Some(peer) = table.peers.get_mut(&to) {
            peer.last_use = now;
            match peer.queue.try_send(packet) {
                Ok(()) => return None,
                Err(error) if error.is_full() => {
                    shared.counters.packets_dropped_out.add(1);
                    return None;
                }
                // Its task has ended: idle, or the connection failed.
                Err(error) => packet = error.into_inner(),
            }
        }
        table.peers.retain(|_, peer| !peer.queue.is_closed());
        if table.peers.len() >= shared.options.max_peers {
            table.remove_oldest();
        }
        let Some(slot) = shared.peers.take(to.ip()) else {
            // The task of one that was removed has not ended yet.
            shared.counters.packets_dropped_out.add(1);
            return None;
        };
        // The channel grants each sender one place besides its buffer.
        let (mut sender, queue) = mpsc::channel(shared.options.peer_queue - 1);
        if sender.try_send(packet).is_err() {
            shared.counters.packets_dropped_out.add(1);
        }
        table.peers.insert(to, Peer { queue: sender, last_use: now });
        Some(Work { to, queue, _slot: slot })
    }

    /// Forgets all peers: their tasks end when they have sent what waits.
    pub(crate) fn clear(&self) {
        lock(&self.by_address).peers.clear();
    }
}

impl Table {
    fn remove_oldest(&mut self) {
        let oldest = self.peers.iter().min_by_key(|(_, peer)| peer.last_use).map(|(address, _)| *address);
        if let Some(oldest) = oldest {
            self.peers.remove(&oldest);
        }
    }
}

/// Connects to a peer and sends what is queued for it, until the connection fails or is unused for a while.
pub(crate) async fn work_off<R: Runtime, L: Layer>(mut work: Work, layer: Arc<L>, shared: Arc<Shared>) {
    if let Err(error) = connect_and_send::<R, L>(&mut work, &layer, &shared).await {
        tracing::debug!(to = %work.to, %error, "connection for packets ended");
    }
    work.queue.close();
    let mut lost = 0;
    while work.queue.next().await.is_some() {
        lost += 1;
    }
    shared.counters.packets_dropped_out.add(lost);
}

/// Connects, and makes sure that a failure of the handshake is counted, whenever it shows.
pub(crate) async fn connect<R: Runtime, L: Layer>(
    layer: &L,
    to: SocketAddr,
    shared: &Arc<Shared>,
) -> io::Result<L::Stream<R>> {
    let tcp = Stream::<R>::connect(to).await?;
    tcp.set_nodelay(true)?;
    let late: LateFailure = {
        let shared = Arc::clone(shared);
        Arc::new(move |error| shared.handshake_failed_out(to, error))
    };
    let stream = layer.connect::<R>(tcp, to, late).await;
    stream.inspect_err(|error| shared.handshake_failed_out(to, error))
}

async fn connect_and_send<R: Runtime, L: Layer>(
    work: &mut Work,
    layer: &L,
    shared: &Arc<Shared>,
) -> io::Result<()> {
    let timeout = shared.options.peer_timeout;
    let mut stream = within::<R, _>(timeout, connect::<R, L>(layer, work.to, shared)).await?;
    let mut out = preamble(shared.advertise.port()).to_vec();
    loop {
        let mut first = {
            let mut nothing = [0];
            // The peer sends nothing: when reading ends, so has the connection.
            let next = R::timeout(shared.options.peer_idle, work.queue.next());
            match select(pin!(next), stream.read(&mut nothing)).await {
                Either::Left((Ok(Some(packet)), _)) => Some(packet),
                // Nothing waits, and nothing will come.
                Either::Left((Ok(None), _)) => None,
                Either::Left((Err(_idle), _)) => None,
                Either::Right((ended, _)) => return ended.map(|_| ()),
            }
        };
        if first.is_none() {
            // What was queued in this very moment still goes out; later packets find the queue closed and a new connection.
            work.queue.close();
            first = work.queue.next().await;
        }
        let Some(first) = first else {
            return within::<R, _>(timeout, stream.close()).await;
        };
        let mut packets = 0;
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(packet) = next {
            packets += 1;
            bytes += packet.len();
            append(&mut out, &packet);
            next = if out.len() < 16 * 1024 { work.queue.try_recv().ok() } else { None };
        }
        let written = async {
            stream.write_all(&out).await?;
            stream.flush().await
        };
        if let Err(error) = within::<R, _>(timeout, written).await {
            shared.counters.packets_dropped_out.add(packets);
            return Err(error);
        }
        shared.counters.packets_sent.add(packets);
        shared.counters.bytes_sent.add(bytes);
        out.clear();
        out.shrink_to(16 * 1024);
    }
}

async fn within<R: RuntimeLite, T>(
    timeout: std::time::Duration,
    work: impl Future<Output = io::Result<T>> + Send,
) -> io::Result<T> {
    R::timeout(timeout, work).await.map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut))?
}
