use crate::stats::{Counter, Counters};
use crate::{NetOptions, NetStats};
use memberlist_sockets::{Inbox, Slots, lock};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

/// What the transport's calls and tasks share.
pub(crate) struct Shared {
    pub(crate) options: NetOptions,
    pub(crate) advertise: SocketAddr,
    pub(crate) counters: Counters,
    pub(crate) pending: Slots,
    pub(crate) packet_connections: Slots,
    pub(crate) peers: Slots,
    pub(crate) inbox: Inbox,
    /// Peers that have opened a connection for packets, with the number of them: they get theirs the same way.
    stream_peers: Mutex<HashMap<SocketAddr, usize>>,
}

impl Shared {
    pub(crate) fn new(options: NetOptions, advertise: SocketAddr) -> Arc<Self> {
        Arc::new(Self {
            pending: Slots::new(options.max_pending, options.max_per_ip),
            packet_connections: Slots::new(options.max_packet_connections, options.max_per_ip),
            peers: Slots::new(options.max_peers, usize::MAX),
            options,
            advertise,
            counters: Counters::default(),
            inbox: Inbox::default(),
            stream_peers: Mutex::default(),
        })
    }

    /// Whether the allow-list has this address. Our own is always allowed: the list is about others.
    pub(crate) fn is_allowed(&self, address: &SocketAddr) -> bool {
        self.options.allowed.as_ref().is_none_or(|policy| policy.allows(address.ip()))
            || *address == self.advertise
    }

    /// Whether packets to this peer travel over TCP.
    pub(crate) fn packets_by_stream(&self, to: &SocketAddr) -> bool {
        self.options.streams_only || lock(&self.stream_peers).contains_key(to)
    }

    /// Notes that this peer sends its packets over TCP, for as long as the result lives.
    pub(crate) fn stream_peer(self: &Arc<Self>, peer: SocketAddr) -> StreamPeer {
        *lock(&self.stream_peers).entry(peer).or_insert(0) += 1;
        StreamPeer { shared: Arc::clone(self), peer }
    }

    /// Notes an inbound handshake that failed; false if the error is something else.
    pub(crate) fn handshake_failed_in(&self, from: SocketAddr, error: &io::Error) -> bool {
        let failed = is_handshake_failure(error);
        if failed {
            note(&self.counters.handshakes_failed_in, "from", from, error);
        }
        failed
    }

    /// Notes an outbound handshake that failed, if the error is that.
    pub(crate) fn handshake_failed_out(&self, to: SocketAddr, error: &io::Error) {
        if is_handshake_failure(error) {
            note(&self.counters.handshakes_failed_out, "to", to, error);
        }
    }

    pub(crate) fn stats(&self) -> NetStats {
        let mut stats = self.counters.snapshot();
        stats.pending_connections = self.pending.used();
        stats.packet_connections = self.packet_connections.used();
        stats.peers = self.peers.used();
        stats
    }
}

/// The operator must hear of it, since a node whose certificate nobody accepts is alone. But strangers must not fill the log: it is told
/// at the first, second, fourth, eighth … time.
fn note(counter: &Counter, direction: &str, address: SocketAddr, error: &io::Error) {
    counter.add(1);
    let times = counter.value();
    if times.is_power_of_two() {
        tracing::warn!(%address, %error, times, "TLS handshake {direction} a peer failed");
    } else {
        tracing::debug!(%address, %error, "TLS handshake {direction} a peer failed");
    }
}

#[cfg(feature = "tls")]
use crate::tls::is_handshake_failure;

#[cfg(not(feature = "tls"))]
fn is_handshake_failure(_: &io::Error) -> bool {
    false
}

/// A peer that sends its packets over TCP now.
pub(crate) struct StreamPeer {
    shared: Arc<Shared>,
    peer: SocketAddr,
}

impl Drop for StreamPeer {
    fn drop(&mut self) {
        let mut peers = lock(&self.shared.stream_peers);
        if let Some(connections) = peers.get_mut(&self.peer) {
            *connections -= 1;
            if *connections == 0 {
                peers.remove(&self.peer);
            }
        }
    }
}
