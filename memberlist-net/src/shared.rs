use crate::stats::Counters;
use crate::{NetOptions, NetStats};
use memberlist_sockets::Inbox;
use memberlist_sockets::Slots;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use memberlist_sockets::lock;

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

    pub(crate) fn stats(&self) -> NetStats {
        let mut stats = self.counters.snapshot();
        stats.pending_connections = self.pending.used();
        stats.packet_connections = self.packet_connections.used();
        stats.peers = self.peers.used();
        stats
    }
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
