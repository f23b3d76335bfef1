use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What the transport has done and refused since it was bound, and what it holds now.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct QuicStats {
            $($(#[$doc])* pub $name: u64,)*
            /// UDP datagrams from outside the allowed networks, ignored unread.
            pub datagrams_refused: u64,
            /// Inbound handshakes under way, now.
            pub handshakes: usize,
            /// Connections that peers opened, now.
            pub inbound: usize,
            /// Connections that this node opened, now.
            pub outbound: usize,
            /// Streams that peers opened and nobody has taken yet, now.
            pub pending_streams: usize,
        }

        /// The counters behind [`QuicStats`].
        #[derive(Default)]
        pub(crate) struct Counters {
            $(pub(crate) $name: Counter,)*
        }

        impl Counters {
            /// The counters' values; what is held now is left at zero.
            pub(crate) fn snapshot(&self) -> QuicStats {
                QuicStats { $($name: self.$name.value(),)* ..QuicStats::default() }
            }
        }
    };
}

counters! {
    /// Packets handed to a connection.
    packets_sent,
    /// Their bytes.
    bytes_sent,
    /// Of the packets sent, those that did not fit into a datagram and travelled on a one-way stream.
    packets_sent_by_stream,
    /// Packets sent once more, over a new connection, because the old one gave no answer or was lost.
    packets_resent,
    /// Packets received.
    packets_received,
    /// Their bytes.
    bytes_received,
    /// Received packets that made room for newer ones because nobody took them.
    packets_dropped_in,
    /// Packets that could not be handed to a connection: too many waited, or there was no connection to be had.
    packets_dropped_out,
    /// Received packets without a byte, or larger than `max_packet`, or incomplete after `packet_timeout`.
    packets_rejected,
    /// Streams opened.
    streams_opened,
    /// Streams that peers opened and that were handed on.
    streams_accepted,
    /// Streams that peers opened and that were refused because too many waited.
    streams_over_limit,
    /// Connections that this node opened.
    connections_opened,
    /// Connections that peers opened.
    connections_accepted,
    /// Of all these, those that were resumed with packets before the end of the handshake (0-RTT).
    connections_zero_rtt,
    /// Connections to peers that gave no answer any more, replaced by new ones.
    connections_replaced,
    /// Connections that made room for others.
    connections_evicted,
    /// Inbound connections refused because too many were open already.
    connections_over_limit,
    /// Inbound connections whose address had to be validated first, because many handshakes were under way.
    connections_retried,
    /// Handshakes, in either direction, that were not complete in time.
    handshakes_timed_out,
    /// Handshakes, in either direction, that failed for certificates, names or protocols: ours were refused, or we refused the
    /// peer's.
    handshakes_untrusted,
    /// Handshakes, in either direction, that failed for another reason.
    handshakes_failed,
    /// Peers whom the peer verifier refused.
    peers_refused,
    /// Sends and connects to outside the allowed networks, refused.
    sends_refused,
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
