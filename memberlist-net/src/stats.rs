use std::sync::atomic::{AtomicU64, Ordering};

/// What the transport has done and refused since it was bound, and what it holds now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NetStats {
    /// Packets sent, over UDP or TCP.
    pub packets_sent: u64,
    /// Their bytes.
    pub bytes_sent: u64,
    /// Packets received, over UDP or TCP.
    pub packets_received: u64,
    /// Their bytes.
    pub bytes_received: u64,
    /// Received packets without a byte, ignored.
    pub packets_empty: u64,
    /// Received packets from outside the allowed networks, ignored.
    pub packets_refused: u64,
    /// Received packets that made room for newer ones because nobody took them (over TCP; over UDP the system drops without telling).
    pub packets_dropped_in: u64,
    /// Packets that could not be handed to a peer's connection: too many waited, or the connection failed.
    pub packets_dropped_out: u64,
    /// Streams opened.
    pub streams_opened: u64,
    /// Streams that peers opened and that were handed on.
    pub streams_accepted: u64,
    /// Inbound connections from outside the allowed networks, closed unread.
    pub connections_refused: u64,
    /// Inbound connections closed because too many were open already.
    pub connections_over_limit: u64,
    /// Inbound connections closed because nothing, or not the rest of a packet, came in time.
    pub connections_timed_out: u64,
    /// Inbound connections closed for what they sent: an unknown kind of packet connection, or a packet that claims to be too large.
    pub connections_rejected: u64,
    /// Handshakes of inbound connections that failed: the peer shows no certificate or one that is refused, refuses ours, or does not
    /// speak TLS. (One that ends without a word, or says nothing in time, is not among them.) Without TLS always 0.
    pub handshakes_failed_in: u64,
    /// Handshakes of outbound connections, for streams and packets, that failed, also those that the peer refused after we were through.
    /// Without TLS always 0.
    pub handshakes_failed_out: u64,
    /// Sends and connects to outside the allowed networks, refused.
    pub sends_refused: u64,
    /// Failures to accept a connection.
    pub accept_errors: u64,
    /// Inbound connections that have sent nothing yet, now.
    pub pending_connections: usize,
    /// Inbound connections that carry packets, now.
    pub packet_connections: usize,
    /// Peers with an outbound connection for packets, now.
    pub peers: usize,
}

/// The counters behind [`NetStats`].
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) packets_sent: Counter,
    pub(crate) bytes_sent: Counter,
    pub(crate) packets_received: Counter,
    pub(crate) bytes_received: Counter,
    pub(crate) packets_empty: Counter,
    pub(crate) packets_refused: Counter,
    pub(crate) packets_dropped_in: Counter,
    pub(crate) packets_dropped_out: Counter,
    pub(crate) streams_opened: Counter,
    pub(crate) streams_accepted: Counter,
    pub(crate) connections_refused: Counter,
    pub(crate) connections_over_limit: Counter,
    pub(crate) connections_timed_out: Counter,
    pub(crate) connections_rejected: Counter,
    pub(crate) handshakes_failed_in: Counter,
    pub(crate) handshakes_failed_out: Counter,
    pub(crate) sends_refused: Counter,
    pub(crate) accept_errors: Counter,
}

impl Counters {
    pub(crate) fn sent(&self, bytes: usize) {
        self.packets_sent.add(1);
        self.bytes_sent.add(bytes);
    }

    pub(crate) fn received(&self, bytes: usize) {
        self.packets_received.add(1);
        self.bytes_received.add(bytes);
    }

    /// The counters' values; what is held now is left at zero.
    pub(crate) fn snapshot(&self) -> NetStats {
        NetStats {
            packets_sent: self.packets_sent.value(),
            bytes_sent: self.bytes_sent.value(),
            packets_received: self.packets_received.value(),
            bytes_received: self.bytes_received.value(),
            packets_empty: self.packets_empty.value(),
            packets_refused: self.packets_refused.value(),
            packets_dropped_in: self.packets_dropped_in.value(),
            packets_dropped_out: self.packets_dropped_out.value(),
            streams_opened: self.streams_opened.value(),
            streams_accepted: self.streams_accepted.value(),
            connections_refused: self.connections_refused.value(),
            connections_over_limit: self.connections_over_limit.value(),
            connections_timed_out: self.connections_timed_out.value(),
            connections_rejected: self.connections_rejected.value(),
            handshakes_failed_in: self.handshakes_failed_in.value(),
            handshakes_failed_out: self.handshakes_failed_out.value(),
            sends_refused: self.sends_refused.value(),
            accept_errors: self.accept_errors.value(),
            ..NetStats::default()
        }
    }
}

/// A number that only grows.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
