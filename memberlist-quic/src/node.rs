//! What the transport's calls and tasks share.

use crate::config::Clients;
use crate::error::Goodbye;
use crate::guard::Guard;
use crate::link::{Link, Outgoing, certificates};
use crate::peers::bears;
use crate::pool::{Limits, Pool, Route, Wish};
use crate::serve::{Arrived, Serving};
use crate::sockets::End;
use crate::stats::Counters;
use crate::{ConnectFailure, QuicError, QuicOptions, QuicStats};
use agnostic::Runtime;
use bytes::Bytes;
use futures_channel::mpsc;
use memberlist_core::Packet;
use memberlist_sockets::{Inbox, Lifecycle, Slot, Slots};
use memberlist_tls::TlsOptions;
use quinn::{Connection, RecvStream, SendStream};
use rustls::pki_types::CertificateDer;
use std::future::Future;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) struct Node<R> {
    pub(crate) options: QuicOptions,
    pub(crate) advertise: SocketAddr,
    pub(crate) counters: Counters,
    guard: Arc<Guard>,
    pub(crate) inbox: Inbox,
    pub(crate) pool: Pool,
    pub(crate) handshakes: Slots,
    pub(crate) inbound: Slots,
    pub(crate) pending: Slots,
    pub(crate) ends: Vec<End>,
    pub(crate) clients: Clients,
    pub(crate) tls: TlsOptions,
    pub(crate) streams: mpsc::UnboundedSender<Arrived>,
    /// Our own tasks; those of the QUIC implementation have another, which ends after it.
    pub(crate) tasks: Lifecycle<()>,
    runtime: PhantomData<fn() -> R>,
}

impl<R: Runtime> Node<R> {
    pub(crate) fn new(
        options: QuicOptions,
        guard: Arc<Guard>,
        advertise: SocketAddr,
        ends: Vec<End>,
        clients: Clients,
        tls: TlsOptions,
        streams: mpsc::UnboundedSender<Arrived>,
    ) -> Arc<Self> {
        let limits = Limits {
            inbound: options.max_inbound,
            outbound: options.max_outbound,
            queue: options.peer_queue,
        };
        Arc::new(Self {
            pool: Pool::new(limits, advertise),
            // Who has no certificate at all gets as far as this, so one host has half of them at most.
            handshakes: Slots::new(
                options.max_handshakes,
                options.max_handshakes.div_ceil(2).min(options.max_per_ip),
            ),
            // In all they are bounded by the pool, where the oldest makes room.
            inbound: Slots::new(usize::MAX, options.max_per_ip),
            pending: Slots::new(options.max_pending, options.max_pending),
            options,
            guard,
            advertise,
            counters: Counters::default(),
            inbox: Inbox::default(),
            ends,
            clients,
            tls,
            streams,
            tasks: Lifecycle::new(()),
            runtime: PhantomData,
        })
    }

    pub(crate) fn is_allowed(&self, address: &SocketAddr) -> bool {
        self.guard.is_allowed(address)
    }

    pub(crate) fn check_open(&self) -> Result<(), QuicError> {
        self.tasks.enter().map(drop).ok_or(QuicError::Closed)
    }

    /// Runs a task of ours, unless the transport is closing. It has to end when it is.
    pub(crate) fn spawn(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) {
        let Some(held) = self.tasks.enter() else { return };
        R::spawn_detach(async move {
            // Declared first, dropped last.
            let _held = held;
            task.await;
        });
    }

    /// Sends a packet, over a connection that is there or one that is opened for it.
    pub(crate) fn send(self: &Arc<Self>, to: SocketAddr, mut packet: Outgoing) -> Result<(), QuicError> {
        loop {
            match self.pool.route(to, packet) {
                Route::Link(link, outgoing) => {
                    match link.send(&self.counters, self.options.peer_queue, outgoing) {
                        Ok(()) => return Ok(()),
                        Err(back) => {
                            self.pool.remove(&link);
                            packet = back;
                        }
                    }
                }
                Route::Queued => return Ok(()),
                Route::Full => {
                    self.counters.packets_dropped_out.add(1);
                    return Ok(());
                }
                Route::Dial => {
                    self.start_dial(to);
                    return Ok(());
                }
                Route::Failed(failure) => return Err(QuicError::Connect { address: to, failure }),
            }
        }
    }

    /// Takes a packet that arrived.
    pub(crate) fn receive(&self, from: SocketAddr, data: Bytes) {
        if data.is_empty() || data.len() > self.options.max_packet {
            self.counters.packets_rejected.add(1);
            return;
        }
        self.counters.packets_received.add(1);
        self.counters.bytes_received.add(data.len());
        self.counters.packets_dropped_in.add(self.inbox.push(Packet { from, data }));
    }

    /// A connection for a stream: one that lives.
    pub(crate) async fn connection(self: &Arc<Self>, to: SocketAddr) -> Result<Arc<Link>, QuicError> {
        let failed = |failure| QuicError::Connect { address: to, failure };
        loop {
            let waiting = match self.pool.wish(to) {
                Wish::Link(link) => {
                    if link.is_fresh() || self.is_alive(&link).await {
                        return Ok(link);
                    }
                    if link.is_closed() {
                        self.pool.remove(&link);
                    } else {
                        self.doubt(&link, link.take_unanswered()).map_err(failed)?;
                    }
                    continue;
                }
                Wish::Failed(failure) => return Err(failed(failure)),
                Wish::Wait(waiting) => waiting,
                Wish::Dial(waiting) => {
                    self.start_dial(to);
                    waiting
                }
            };
            let outcome = waiting.await;
            self.check_open()?;
            return outcome.map_err(|_abandoned| QuicError::Closed)?.map_err(failed);
        }
    }

    /// Opens a stream. While it waits for that, its connection may end: replaced by a better one, to make room, or because the peer restarts. Nothing was
    /// said on it, so it is opened on another one, once.
    pub(crate) async fn open(
        self: &Arc<Self>,
        to: SocketAddr,
    ) -> Result<(Arc<Link>, (SendStream, RecvStream)), QuicError> {
        let mut again = true;
        loop {
            let link = self.connection(to).await?;
            match link.connection.open_bi().await {
                Ok(stream) => return Ok((link, stream)),
                Err(_) if again => self.pool.remove(&link),
                Err(error) => return Err(QuicError::Connect { address: to, failure: error.into() }),
            }
            again = false;
        }
    }

    /// A connection gives no answer: opens another one, for what was sent without an answer and what is to come.
    pub(crate) fn doubt(
        self: &Arc<Self>,
        link: &Arc<Link>,
        packets: Vec<Outgoing>,
    ) -> Result<(), ConnectFailure> {
        tracing::debug!(peer = %link.address, "no answer: taking another connection");
        if self.pool.doubt(link)? {
            self.start_dial(link.address);
        }
        for packet in packets {
            if self.send(link.address, packet).is_err() {
                self.counters.packets_dropped_out.add(1);
            }
        }
        Ok(())
    }

    /// Whether the peer answers: an empty datagram asks for an acknowledgement.
    async fn is_alive(&self, link: &Link) -> bool {
        let before = link.received();
        if !link.ask() {
            return !link.is_closed();
        }
        let asked = Instant::now();
        let patience = link.patience();
        let mut pause = Duration::from_millis(1);
        while !link.is_closed() && asked.elapsed() < patience {
            R::sleep(pause).await;
            if link.received() != before {
                link.heard();
                return !link.is_closed();
            }
            pause = (pause * 2).min(Duration::from_millis(16));
        }
        false
    }

    /// Opens a connection, in a task of its own.
    pub(crate) fn start_dial(self: &Arc<Self>, to: SocketAddr) {
        let node = Arc::clone(self);
        self.spawn(crate::dial::dial(node, to));
    }

    /// Takes up a connection whose handshake is complete; the caller must serve it.
    pub(crate) fn take_up(
        self: &Arc<Self>,
        connection: Connection,
        address: SocketAddr,
        dialled: bool,
        slot: Option<Slot>,
    ) -> Result<Serving, ConnectFailure> {
        let certificates = certificates(&connection).unwrap_or_default();
        if !dialled && let Err(failure) = self.tls.admit_client(Some(&certificates)) {
            connection.close(Goodbye::Refused.code(), b"a certificate is required");
            return Err(failure.into());
        }
        if let Some(verifier) = &self.options.peer_verifier
            && let Err(failure) = verifier.judge(address, &certificates)
        {
            let told = match &failure {
                ConnectFailure::RefusedPeer(reason) => reason,
                _ => "refused",
            };
            connection.close(Goodbye::Refused.code(), told.as_bytes());
            self.counters.peers_refused.add(1);
            tracing::debug!(%address, %failure, "the peer verifier refuses a peer");
            return Err(failure);
        }
        let sendable = dialled || self.is_named(address, &certificates);
        let (link, notes) = Link::new(connection, address, dialled, sendable);
        let link = Arc::new(link);
        let Ok((waiting, evicted)) = self.pool.established(&link) else {
            link.close(Goodbye::MakeRoom);
            self.counters.connections_over_limit.add(1);
            return Err(ConnectFailure::TooMany);
        };
        if let Some(evicted) = evicted {
            self.counters.connections_evicted.add(1);
            evicted.close(Goodbye::MakeRoom);
        }
        let counter =
            if dialled { &self.counters.connections_opened } else { &self.counters.connections_accepted };
        counter.add(1);
        let mut packets = waiting.resolve(&link);
        if sendable {
            for old in self.pool.replaced(address) {
                self.counters.connections_replaced.add(1);
                packets.extend(old.take_unanswered());
                old.close(Goodbye::Replaced);
            }
        }
        for packet in packets {
            if link.send(&self.counters, self.options.peer_queue, packet).is_err() {
                self.counters.packets_dropped_out.add(1);
            }
        }
        Ok(Serving { link, notes, _slot: slot })
    }

    /// Whether a peer that called has shown a certificate for the name by which we would have called it. Who has not may talk to us
    /// as the TLS configuration allows, but what we send to its address goes over a connection that we open, where it must.
    fn is_named(&self, address: SocketAddr, certificates: &[CertificateDer<'static>]) -> bool {
        let name = self.tls.server_name.name_for(address.ip());
        certificates.first().is_some_and(|own| bears(own, &name))
    }

    /// Whether this address can be sent to.
    pub(crate) fn check_destination(&self, to: SocketAddr) -> Result<(), QuicError> {
        if !self.is_allowed(&to) {
            self.counters.sends_refused.add(1);
            return Err(QuicError::NotAllowed(to));
        }
        self.end_for(to).map(|_| ()).ok_or(QuicError::NoSocket(to))
    }

    pub(crate) fn end_for(&self, to: SocketAddr) -> Option<&End> {
        self.ends.iter().find(|end| end.local.is_ipv4() == to.is_ipv4())
    }

    pub(crate) fn stats(&self) -> QuicStats {
        let mut stats = self.counters.snapshot();
        stats.datagrams_refused = self.guard.refused();
        stats.handshakes = self.handshakes.used();
        stats.pending_streams = self.pending.used();
        (stats.inbound, stats.outbound) = self.pool.counts();
        stats
    }

    /// Counts a handshake that failed, in either direction.
    pub(crate) fn count_failure(&self, peer: SocketAddr, failure: &ConnectFailure) {
        let counter = match failure {
            ConnectFailure::TimedOut => &self.counters.handshakes_timed_out,
            ConnectFailure::Handshake(_) => &self.counters.handshakes_untrusted,
            // Counted where it was refused.
            ConnectFailure::RefusedPeer(_) | ConnectFailure::TooMany => return,
            _ => &self.counters.handshakes_failed,
        };
        counter.add(1);
        tracing::debug!(%peer, %failure, "handshake failed");
    }
}
