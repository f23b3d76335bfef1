use memberlist_types::DecodeError;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What was counted since the start: the protocol's part and the driver's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// The protocol's counters.
    pub protocol: memberlist_proto::Stats,
    /// Packets that arrived, refused ones included.
    pub packets_received: u64,
    /// Their bytes.
    pub bytes_received: u64,
    /// Packets that were sent.
    pub packets_sent: u64,
    /// Their bytes.
    pub bytes_sent: u64,
    /// Packets that the transport failed to send.
    pub packets_failed: u64,
    /// Packets dropped before sending: the queue was full, or the destination blocked.
    pub packets_dropped: u64,
    /// Streams that peers opened and that were served.
    pub streams_accepted: u64,
    /// Streams closed unserved: too many at once, or the address is not allowed.
    pub streams_refused: u64,
    /// Accepted streams that failed: nonsense, the deadline, or no memory left for them.
    pub streams_failed: u64,
    /// Of these, those for which no memory was left (`Options::max_inbound_bytes`).
    pub streams_over_budget: u64,
    /// Streams opened from here.
    pub streams_opened: u64,
    /// Bytes written to streams.
    pub stream_bytes_sent: u64,
    /// Bytes read from streams.
    pub stream_bytes_received: u64,
    /// Packets, messages in packets, and stream frames that could not be decoded; by reason in [`Stats::decode_rejected`].
    pub decode_rejections: u64,
    /// Events lost by listeners that were too slow, each listener counted on its own.
    pub events_dropped: u64,
    /// User messages, states and ping results lost by listeners that were too slow, each listener counted on its own.
    pub data_dropped: u64,
    /// Signs of life dropped because the alive delegate was too slow.
    pub alive_dropped: u64,
    /// Times that the transport failed to give a packet or a stream.
    pub transport_errors: u64,
    pub(crate) decode: [u64; DECODE_REASONS],
}

impl Stats {
    /// How often something could not be decoded for this reason (see [`DecodeError::reason`]).
    #[must_use]
    pub fn decode_rejected(&self, reason: &str) -> u64 {
        let mut counts = DecodeError::REASONS.iter().zip(self.decode);
        counts.find(|(name, _)| **name == reason).map_or(0, |(_, count)| count)
    }
}

/// One counter for each of [`DecodeError::REASONS`].
const DECODE_REASONS: usize = DecodeError::REASONS.len();

macro_rules! counters {
    ($($name:ident),* $(,)?) => {
        /// The driver's counters.
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub(crate) $name: AtomicU64,)*
            pub(crate) decode: [AtomicU64; DECODE_REASONS],
        }

        impl Counters {
            pub(crate) fn snapshot(&self, protocol: memberlist_proto::Stats) -> Stats {
                Stats {
                    protocol,
                    decode_rejections: self.decode.iter().map(|count| count.load(Relaxed)).sum(),
                    decode: std::array::from_fn(|n| self.decode.get(n).map_or(0, |count| count.load(Relaxed))),
                    $($name: self.$name.load(Relaxed),)*
                }
            }
        }
    };
}

counters!(
    packets_received,
    bytes_received,
    packets_sent,
    bytes_sent,
    packets_failed,
    packets_dropped,
    streams_accepted,
    streams_refused,
    streams_failed,
    streams_over_budget,
    streams_opened,
    stream_bytes_sent,
    stream_bytes_received,
    events_dropped,
    data_dropped,
    alive_dropped,
    transport_errors,
);

impl Counters {
    /// Counts bytes that are no message.
    pub(crate) fn reject(&self, error: &DecodeError) {
        let reason = error.reason();
        let at = DecodeError::REASONS.iter().position(|name| *name == reason);
        if let Some(count) = at.and_then(|at| self.decode.get(at)) {
            count.fetch_add(1, Relaxed);
        }
    }
}

/// Adds to a counter.
pub(crate) fn add(counter: &AtomicU64, n: usize) {
    counter.fetch_add(n as u64, Relaxed);
}
