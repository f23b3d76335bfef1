use super::{InvalidField, Problem};
use core::time::Duration;
use memberlist_proto::Instant;

/// The bytes of a stream that travel in one piece.
pub(crate) const SEGMENT: usize = 1400;
/// What a packet has beside its own bytes: the headers of UDP and IPv4.
pub(super) const PACKET_HEADERS: usize = 28;
/// What a segment of a stream has beside its own bytes: the headers of TCP and IPv4.
pub(super) const SEGMENT_HEADERS: usize = 40;

/// How much goes through something, and how much waits before it.
///
/// The headers of UDP, TCP and IP (28 bytes for a packet, 40 for each 1,400 bytes of a stream) count. Packets wait in a queue; one that
/// finds it full is lost ([`Loss::Congestion`](crate::Loss::Congestion)). Streams hold back by themselves what does not go through yet; packets and streams take
/// turns (as with `fq_codel`), so that a packet waits for packets before it and for one segment of a stream at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bandwidth {
    /// Bytes in each second. More than 0.
    pub bytes_per_second: u64,
    /// Bytes of packets that wait at most. A packet that finds nothing before it always goes.
    pub queue: u64,
}

impl Bandwidth {
    /// So many bytes each second, and a queue of what goes through in 100 ms, but of 16 KiB at least.
    #[must_use]
    pub const fn new(bytes_per_second: u64) -> Self {
        let tenth = bytes_per_second / 10;
        Self { bytes_per_second, queue: if tenth > 16 << 10 { tenth } else { 16 << 10 } }
    }

    /// So many megabits (millions of bits) each second, with a queue as [`new`](Self::new).
    #[must_use]
    pub const fn megabits(megabits_per_second: u64) -> Self {
        Self::new(megabits_per_second.saturating_mul(125_000))
    }

    /// With a queue of so many bytes.
    #[must_use]
    pub const fn with_queue(mut self, bytes: u64) -> Self {
        self.queue = bytes;
        self
    }

    /// Whether anything goes through.
    ///
    /// # Errors
    /// If nothing does.
    pub fn validate(&self) -> Result<(), InvalidField> {
        match self.bytes_per_second {
            0 => Err(InvalidField::new("bytes_per_second", Problem::Zero)),
            _ => Ok(()),
        }
    }

    fn takes(&self, bytes: usize) -> Duration {
        let nanos = (bytes as u128 * 1_000_000_000).div_ceil(self.bytes_per_second.max(1).into());
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    fn passes_in(&self, time: Duration) -> u128 {
        time.as_nanos() * u128::from(self.bytes_per_second) / 1_000_000_000
    }
}

/// What goes through something that has a [`Bandwidth`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Pipe {
    /// When the last packet is through.
    packets: Instant,
    /// When the last stream is through.
    streams: Instant,
}

impl Default for Pipe {
    fn default() -> Self {
        Self { packets: Instant::START, streams: Instant::START }
    }
}

impl Pipe {
    /// When a packet is through that comes at this time; `None` if it finds the queue full.
    pub(super) fn packet(&mut self, bandwidth: &Bandwidth, at: Instant, bytes: usize) -> Option<Instant> {
        let bytes = bytes + PACKET_HEADERS;
        let waits = self.packets.since(at);
        if !waits.is_zero() && bandwidth.passes_in(waits) + bytes as u128 > bandwidth.queue.into() {
            return None;
        }
        let takes = bandwidth.takes(bytes);
        self.packets = at.max(self.packets) + takes;
        if self.streams <= at {
            return Some(self.packets);
        }
        self.streams += takes;
        Some(self.packets + bandwidth.takes(SEGMENT + SEGMENT_HEADERS))
    }

    /// When all of a stream's bytes are through that come at this time.
    pub(super) fn stream(
        &mut self,
        bandwidth: &Bandwidth,
        at: Instant,
        bytes: usize,
        segments: u32,
    ) -> Instant {
        let takes = bandwidth.takes(bytes + segments as usize * SEGMENT_HEADERS);
        self.streams = at.max(self.streams).max(self.packets) + takes;
        self.streams
    }
}
