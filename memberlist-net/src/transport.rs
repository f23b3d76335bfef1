use crate::accept::{Listening, accept_connections};
use crate::inbound::{Arrived, Inbound};
use crate::layer::{Layer, Plain};
use crate::peers::{Peers, connect, work_off};
use crate::shared::Shared;
use crate::sockets::{Bound, UdpEnd};
use crate::{NetError, NetOptions, NetStats, Operation};
use agnostic::Runtime;
use agnostic::net::UdpSocket;
use bytes::Bytes;
use futures_channel::mpsc;
use futures_util::FutureExt;
use futures_util::stream::StreamExt;
use memberlist_core::{Capabilities, Packet, ResolveAll, Transport};
use memberlist_sockets::{
    Backoff, Held, Lifecycle, advertise_address, canonical, is_remote_kind, lock, source_towards,
};
use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

/// TCP streams and UDP packets on one port, on the runtime `R`, with the resolver `Res`, and with TLS on the streams if the layer `L`
/// is that.
///
/// Bound by [`bind`](Self::bind). Ended by [`shutdown`](Transport::shutdown), which returns when everything is closed; dropping it does
/// the same in the background.
pub struct NetTransport<Res, R: Runtime, L: Layer = Plain> {
    resolver: Res,
    shared: Arc<Shared>,
    lifecycle: Lifecycle<Sockets<R>>,
    layer: Arc<L>,
    streams: Mutex<mpsc::Receiver<Arrived<L::Stream<R>>>>,
    receiving: Mutex<Receiving>,
    peers: Peers,
    bound: Vec<SocketAddr>,
}

/// What pending calls and tasks hold a share of. The listeners are their tasks' own.
struct Sockets<R: Runtime> {
    udp: Vec<UdpEnd<R>>,
}

thread_local! {
    /// Where packets are received, one after the other: those of all nodes whose tasks run on this thread.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; 64 * 1024].into());
}

struct Receiving {
    /// Where to look first the next time: all sockets get their turn.
    next: usize,
    backoff: Backoff,
}

impl<Res, R> NetTransport<Res, R>
where
    Res: ResolveAll<Address: Send + Sync, ResolvedAddress = SocketAddr, Runtime = R>,
    R: Runtime,
{
    /// Binds the sockets and starts accepting connections. Must be called on the runtime `R`.
    ///
    /// # Errors
    /// An option that cannot be, an address that cannot be bound, or no address to advertise; nothing stays open then.
    pub async fn bind(resolver: Res, options: NetOptions) -> Result<Self, NetError> {
        Self::bind_layered(resolver, options, Plain).await
    }
}

impl<Res, R, L> NetTransport<Res, R, L>
where
    Res: ResolveAll<Address: Send + Sync, ResolvedAddress = SocketAddr, Runtime = R>,
    R: Runtime,
    L: Layer,
{
    #[allow(clippy::unused_async, reason = "a runtime's sockets can only be made on it")]
    pub(crate) async fn bind_layered(resolver: Res, options: NetOptions, layer: L) -> Result<Self, NetError> {
        options.validate()?;
        let Bound { listeners, udp } = Bound::<R>::open(&options)?;
        let bound: Vec<SocketAddr> = listeners.iter().map(|(_, local)| *local).collect();
        let advertise = advertise_address(options.advertise, &bound, source_towards)?;
        if options.allowed.as_ref().is_some_and(|policy| !policy.allows(advertise.ip())) {
            tracing::warn!(%advertise, "own address is not in the allowed networks: peers with the same list will refuse this node");
        }
        let shared = Shared::new(options, advertise);
        let layer = Arc::new(layer);
        let lifecycle = Lifecycle::new(Sockets { udp });
        let (streams_in, streams) = mpsc::channel(shared.options.max_pending);
        for (listener, _) in listeners {
            let Some(held) = lifecycle.enter() else { break };
            let closing = lifecycle.closing();
            let shared = Arc::clone(&shared);
            let layer = Arc::clone(&layer);
            let streams = streams_in.clone();
            R::spawn_detach(async move {
                let held = held;
                let serve = |tcp, from, slot| {
                    let (layer, shared) = (Arc::clone(&layer), Arc::clone(&shared));
                    let inbound =
                        Inbound::<R, L> { tcp, from, slot, layer, shared, streams: streams.clone() };
                    spawn_held(&held, closing.clone(), inbound.serve());
                };
                let listening = Listening::<R>(listener);
                accept_connections::<R, _>(listening, Arc::clone(&shared), closing.clone(), serve).await;
            });
        }
        let receiving = Receiving { next: 0, backoff: Backoff::new() };
        Ok(Self {
            resolver,
            shared,
            lifecycle,
            layer,
            streams: Mutex::new(streams),
            receiving: Mutex::new(receiving),
            peers: Peers::default(),
            bound,
        })
    }

    /// Where it is bound, in the order of the bind addresses, with the port that was chosen.
    #[must_use]
    pub fn local_addresses(&self) -> &[SocketAddr] {
        &self.bound
    }

    /// What it has done and refused, and what it holds now.
    #[must_use]
    pub fn stats(&self) -> NetStats {
        self.shared.stats()
    }

    fn enter(&self) -> Result<Held<Sockets<R>>, NetError> {
        self.lifecycle.enter().ok_or(NetError::Closed)
    }

    fn check_allowed(&self, to: SocketAddr) -> Result<(), NetError> {
        if self.shared.is_allowed(&to) {
            return Ok(());
        }
        self.shared.counters.sends_refused.add(1);
        Err(NetError::NotAllowed(to))
    }

    fn send_by_stream(&self, held: &Held<Sockets<R>>, to: SocketAddr, packet: Bytes) {
        if let Some(work) = self.peers.send(&self.shared, to, packet) {
            let work = work_off::<R, L>(work, Arc::clone(&self.layer), Arc::clone(&self.shared));
            spawn_held(held, self.lifecycle.closing(), work);
        }
    }

    fn poll_packet(
        &self,
        sockets: &Sockets<R>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Packet<SocketAddr>, (SocketAddr, io::Error)>> {
        BUFFER.with_borrow_mut(|buffer| self.poll_packet_with(buffer, sockets, cx))
    }

    fn poll_packet_with(
        &self,
        buffer: &mut [u8],
        sockets: &Sockets<R>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Packet<SocketAddr>, (SocketAddr, io::Error)>> {
        /// After so many packets that nobody gets, others have their turn.
        const MAX_IGNORED: usize = 64;
        let mut receiving = lock(&self.receiving);
        let next = &mut receiving.next;
        let mut ignored = 0;
        let mut pending = 0;
        // The sockets, and the inbox of packets that came over TCP.
        let sources = sockets.udp.len() + 1;
        while pending < sources {
            let source = *next % sources;
            let Some(end) = sockets.udp.get(source) else {
                *next = 0;
                if let Poll::Ready(packet) = self.shared.inbox.poll_pop(cx) {
                    return Poll::Ready(Ok(packet));
                }
                pending += 1;
                continue;
            };
            match end.socket.poll_recv_from(cx, buffer) {
                Poll::Ready(Ok((len, from))) => {
                    let data = buffer.get(..len).unwrap_or_default();
                    if let Some(packet) = self.received(canonical(from), data) {
                        *next = source + 1;
                        return Poll::Ready(Ok(packet));
                    }
                }
                // An answer to something that was sent, from a host that refuses it: nothing about receiving.
                Poll::Ready(Err(error)) if is_remote_kind(error.kind()) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err((end.local, error))),
                Poll::Pending => {
                    *next = source + 1;
                    pending += 1;
                    continue;
                }
            }
            ignored += 1;
            if ignored == MAX_IGNORED {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        Poll::Pending
    }

    /// A packet as it is handed on, if it is.
    fn received(&self, from: SocketAddr, data: &[u8]) -> Option<Packet<SocketAddr>> {
        let counters = &self.shared.counters;
        if data.is_empty() {
            counters.packets_empty.add(1);
            return None;
        }
        if !self.shared.is_allowed(&from) {
            counters.packets_refused.add(1);
            return None;
        }
        counters.received(data.len());
        Some(Packet { from, data: Bytes::copy_from_slice(data) })
    }
}

/// Runs work that ends with the transport.
fn spawn_held<R: Runtime>(
    held: &Held<Sockets<R>>,
    closing: memberlist_sockets::Signal,
    work: impl Future<Output = ()> + Send + 'static,
) {
    let held = held.clone();
    // Dropped last: the end is reported when the work and its sockets are gone. (An `async` block would hold the work twice.)
    R::spawn_detach(closing.or(work).map(move |_| drop(held)));
}

impl<Res, R, L> Transport for NetTransport<Res, R, L>
where
    Res: ResolveAll<Address: Send + Sync, ResolvedAddress = SocketAddr, Runtime = R>,
    R: Runtime,
    L: Layer,
{
    type Runtime = R;
    type Resolver = Res;
    type Stream = L::Stream<R>;
    type Error = NetError;

    fn resolver(&self) -> &Res {
        &self.resolver
    }

    fn advertise_address(&self) -> &SocketAddr {
        &self.shared.advertise
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_packet = self.shared.options.max_packet;
        let streams_only = self.shared.options.streams_only;
        capabilities.distinct_streams = !streams_only;
        capabilities.secure_streams = self.layer.is_secure();
        capabilities.anonymous_streams = self.layer.is_anonymous();
        capabilities.secure_packets = streams_only && self.layer.is_secure();
        capabilities.checked_packets = capabilities.secure_packets;
        capabilities
    }

    fn is_allowed(&self, address: &SocketAddr) -> bool {
        self.shared.is_allowed(&canonical(*address))
    }

    async fn send_packet(&self, to: &SocketAddr, packet: Bytes) -> Result<(), NetError> {
        let to = canonical(*to);
        let held = self.enter()?;
        if packet.is_empty() {
            return Err(NetError::EmptyPacket);
        }
        let max = self.shared.options.max_packet;
        if packet.len() > max {
            return Err(NetError::PacketTooLarge { len: packet.len(), max });
        }
        self.check_allowed(to)?;
        if self.shared.packets_by_stream(&to) {
            self.send_by_stream(&held, to, packet);
            return Ok(());
        }
        let socket = held
            .udp
            .iter()
            .find(|end| end.local.is_ipv4() == to.is_ipv4())
            .map(|end| &end.socket)
            .ok_or(NetError::NoSocket(to))?;
        let sent = self.lifecycle.closing().or(socket.send_to(&packet, to)).await.ok_or(NetError::Closed)?;
        sent.map_err(|source| NetError::Io { operation: Operation::Send, address: to, source })?;
        self.shared.counters.sent(packet.len());
        Ok(())
    }

    async fn recv_packet(&self) -> Result<Packet<SocketAddr>, NetError> {
        let mut closing = self.lifecycle.closing();
        let outcome = poll_fn(|cx| {
            if closing.poll_unpin(cx).is_ready() {
                return Poll::Ready(None);
            }
            // Held for the moment only: a shutdown must not wait for a future that nobody polls any more.
            match self.lifecycle.enter() {
                Some(sockets) => self.poll_packet(&sockets, cx).map(Some),
                None => Poll::Ready(None),
            }
        })
        .await;
        match outcome {
            None => Err(NetError::Closed),
            Some(Ok(packet)) => {
                lock(&self.receiving).backoff.succeeded();
                Ok(packet)
            }
            Some(Err((address, source))) => {
                // The caller asks again at once, and a broken socket fails again at once.
                let wait = lock(&self.receiving).backoff.failed();
                closing.or(R::sleep(wait)).await.ok_or(NetError::Closed)?;
                Err(NetError::Io { operation: Operation::Receive, address, source })
            }
        }
    }

    async fn open_stream(&self, to: &SocketAddr) -> Result<L::Stream<R>, NetError> {
        let to = canonical(*to);
        self.enter()?;
        self.check_allowed(to)?;
        let connecting = connect::<R, L>(&self.layer, to, &self.shared);
        let connected = self.lifecycle.closing().or(connecting).await.ok_or(NetError::Closed)?;
        let stream = connected.map_err(|source| NetError::connect(to, source))?;
        self.shared.counters.streams_opened.add(1);
        Ok(stream)
    }

    async fn accept_stream(&self) -> Result<(SocketAddr, L::Stream<R>), NetError> {
        self.enter()?;
        let next = poll_fn(|cx| lock(&self.streams).poll_next_unpin(cx));
        let arrived = self.lifecycle.closing().or(next).await.flatten().ok_or(NetError::Closed)?;
        Ok((arrived.from, arrived.stream))
    }

    async fn shutdown(&self) {
        self.close();
        self.lifecycle.ended().await;
        // Streams that nobody took.
        let mut streams = lock(&self.streams);
        while streams.try_recv().is_ok() {}
    }
}

impl<Res, R: Runtime, L: Layer> NetTransport<Res, R, L> {
    fn close(&self) {
        self.lifecycle.close();
        self.peers.clear();
    }
}

impl<Res, R: Runtime, L: Layer> Drop for NetTransport<Res, R, L> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<Res, R: Runtime, L: Layer> std::fmt::Debug for NetTransport<Res, R, L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NetTransport")
            .field("bound", &self.bound)
            .field("advertise", &self.shared.advertise)
            .field("stats", &self.shared.stats())
            .finish_non_exhaustive()
    }
}
