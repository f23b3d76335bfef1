use crate::accept::accept_connections;
use crate::config::Configs;
use crate::guard::Guard;
use crate::link::Outgoing;
use crate::node::Node;
use crate::serve::Arrived;
use crate::sockets::{open, start};
use crate::spawner::Gates;
use crate::{Peers, QuicError, QuicOptions, QuicStats, QuicStream};
use agnostic::Runtime;
use bytes::Bytes;
use futures_channel::mpsc;
use futures_util::stream::StreamExt;
use memberlist_core::{Capabilities, Packet, ResolveAll, Transport};
use memberlist_sockets::{Lifecycle, advertise_address, canonical, lock, source_towards};
use memberlist_tls::TlsOptions;
use rustls::pki_types::CertificateDer;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

/// QUIC on one UDP port, on the runtime `R`, with the resolver `Res`.
///
/// Bound by [`bind`](Self::bind). Ended by [`shutdown`](Transport::shutdown), which returns when everything is closed; dropping it does
/// the same in the background.
pub struct QuicTransport<Res, R: Runtime> {
    resolver: Res,
    node: Arc<Node<R>>,
    streams: Mutex<mpsc::UnboundedReceiver<Arrived>>,
    gates: Arc<Lifecycle<Gates>>,
    bound: Vec<SocketAddr>,
}

/// Closes when the task that holds it has ended, or was dropped with its runtime.
struct Closing(Arc<Lifecycle<Gates>>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<Res, R> QuicTransport<Res, R>
where
    Res: ResolveAll<Address: Send + Sync, ResolvedAddress = SocketAddr, Runtime = R>,
    R: Runtime,
{
    /// Binds the sockets and starts accepting connections. Must be called on the runtime `R`.
    ///
    /// The TLS configurations are taken as they are, but for the protocol name (`memberlist/1`, if they name none) and for early
    /// data, which is the option [`zero_rtt`](QuicOptions::zero_rtt).
    ///
    /// # Errors
    /// An option or a TLS configuration that cannot be, an address that cannot be bound, or no address to advertise; nothing stays
    /// open then.
    #[allow(clippy::unused_async, reason = "a runtime's sockets can only be made on it")]
    pub async fn bind(resolver: Res, options: QuicOptions, tls: TlsOptions) -> Result<Self, QuicError> {
        options.validate()?;
        let configs = Configs::new(&options, &tls)?;
        let sockets = open(&options)?;
        let mut bound = Vec::new();
        for (socket, bind) in sockets.iter().zip(&options.bind) {
            let failed = |source| QuicError::Bind { address: bind.socket_addr(), source };
            bound.push(socket.local_addr().map_err(failed)?);
        }
        let advertise = advertise_address(options.advertise, &bound, source_towards)?;
        let guard = Arc::new(Guard::new(options.allowed.clone(), advertise));
        if options.allowed.as_ref().is_some_and(|policy| !policy.allows(advertise.ip())) {
            tracing::warn!(%advertise, "own address is not in the allowed networks: peers with the same list will refuse this node");
        }
        let Configs { endpoint, server, clients } = configs;
        let (ends, gates) = start::<R>(sockets, &bound, &endpoint, &server, &guard)?;
        let (streams_in, streams) = mpsc::unbounded();
        let node = Node::new(options, guard, advertise, ends, clients, tls, streams_in);
        for end in 0..node.ends.len() {
            node.spawn(accept_connections(Arc::clone(&node), end));
        }
        // When our own tasks have ended, those of the QUIC implementation do, and with the last of them the sockets are closed.
        if let Some(held) = gates.enter() {
            let (ended, closing) = (node.tasks.ended(), Closing(Arc::clone(&gates)));
            R::spawn_detach(async move {
                let (held, _closing) = (held, closing);
                ended.await;
                held.flush::<R>().await;
            });
        }
        Ok(Self { resolver, node, streams: Mutex::new(streams), gates, bound })
    }

    /// Where it is bound, in the order of the bind addresses, with the port that was chosen.
    #[must_use]
    pub fn local_addresses(&self) -> &[SocketAddr] {
        &self.bound
    }

    /// What it has done and refused, and what it holds now.
    #[must_use]
    pub fn stats(&self) -> QuicStats {
        self.node.stats()
    }

    /// The certificates that a peer has presented on the connection that there is with it now: see [`Peers::certificates`].
    #[must_use]
    pub fn peer_certificates(&self, peer: &SocketAddr) -> Option<Vec<CertificateDer<'static>>> {
        self.peers().certificates(peer)
    }

    /// Tells who answers at an address; can be given away before the transport is.
    #[must_use]
    pub fn peers(&self) -> Peers<R> {
        Peers(Arc::clone(&self.node))
    }
}

impl<Res, R> Transport for QuicTransport<Res, R>
where
    Res: ResolveAll<Address: Send + Sync, ResolvedAddress = SocketAddr, Runtime = R>,
    R: Runtime,
{
    type Runtime = R;
    type Resolver = Res;
    type Stream = QuicStream;
    type Error = QuicError;

    fn resolver(&self) -> &Res {
        &self.resolver
    }

    fn advertise_address(&self) -> &SocketAddr {
        &self.node.advertise
    }

    /// Everything is checked, and secure unless anybody may call ([`TlsOptions::anonymous_clients`]). Streams are distinct: what is lost on a stream is sent again, what is lost of a packet is not,
    /// so a ping on a stream can tell a lossy way from a dead peer.
    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_packet = self.node.options.max_packet;
        capabilities.checked_packets = true;
        capabilities.secure_packets = !self.node.tls.anonymous_clients;
        capabilities.secure_streams = !self.node.tls.anonymous_clients;
        capabilities.anonymous_streams = self.node.tls.anonymous_clients;
        capabilities.distinct_streams = true;
        capabilities.costly_streams = false;
        capabilities
    }

    fn is_allowed(&self, address: &SocketAddr) -> bool {
        self.node.is_allowed(&canonical(*address))
    }

    async fn send_packet(&self, to: &SocketAddr, packet: Bytes) -> Result<(), QuicError> {
        let to = canonical(*to);
        self.node.check_open()?;
        if packet.is_empty() {
            return Err(QuicError::EmptyPacket);
        }
        let max = self.node.options.max_packet;
        if packet.len() > max {
            return Err(QuicError::PacketTooLarge { len: packet.len(), max });
        }
        self.node.check_destination(to)?;
        self.node.send(to, Outgoing { data: packet, again: false })
    }

    async fn recv_packet(&self) -> Result<Packet<SocketAddr>, QuicError> {
        self.node.check_open()?;
        let next = poll_fn(|cx| self.node.inbox.poll_pop(cx));
        self.node.tasks.closing().or(next).await.ok_or(QuicError::Closed)
    }

    async fn open_stream(&self, to: &SocketAddr) -> Result<QuicStream, QuicError> {
        let to = canonical(*to);
        self.node.check_open()?;
        self.node.check_destination(to)?;
        let opening = async {
            let (link, stream) = self.node.open(to).await?;
            // Opening alone sends nothing that could be answered.
            let before = link.before();
            if link.ask() {
                link.watch(before, None);
            }
            Ok::<_, QuicError>(QuicStream::new(stream, link))
        };
        let stream = self.node.tasks.closing().or(opening).await.ok_or(QuicError::Closed)??;
        self.node.counters.streams_opened.add(1);
        Ok(stream)
    }

    async fn accept_stream(&self) -> Result<(SocketAddr, QuicStream), QuicError> {
        self.node.check_open()?;
        let next = poll_fn(|cx| lock(&self.streams).poll_next_unpin(cx));
        let arrived = self.node.tasks.closing().or(next).await.flatten().ok_or(QuicError::Closed)?;
        Ok((arrived.from, arrived.stream))
    }

    async fn shutdown(&self) {
        self.node.tasks.close();
        self.gates.ended().await;
        // Streams that nobody took.
        let mut streams = lock(&self.streams);
        while streams.try_recv().is_ok() {}
    }
}

impl<Res, R: Runtime> Drop for QuicTransport<Res, R> {
    fn drop(&mut self) {
        self.node.tasks.close();
    }
}

impl<Res, R: Runtime> std::fmt::Debug for QuicTransport<Res, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QuicTransport")
            .field("bound", &self.bound)
            .field("advertise", &self.node.advertise)
            .field("stats", &self.node.stats())
            .finish_non_exhaustive()
    }
}
