use crate::{NodeIndex, Observer, Step, StreamStep};
use core::ops::AddAssign;
use memberlist_proto::Instant;

/// What all nodes together send. Bytes are those of the protocol, without UDP, TCP and IP headers.
///
/// What a node whose I/O is blocked wants to send counts when it goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Packets.
    pub packets: u64,
    /// Their bytes.
    pub packet_bytes: u64,
    /// Streams dialled.
    pub streams: u64,
    /// Bytes written to streams, on both ends.
    pub stream_bytes: u64,
}

impl Load {
    /// All bytes.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.packet_bytes + self.stream_bytes
    }
}

impl AddAssign for Load {
    fn add_assign(&mut self, more: Self) {
        self.packets += more.packets;
        self.packet_bytes += more.packet_bytes;
        self.streams += more.streams;
        self.stream_bytes += more.stream_bytes;
    }
}

impl Observer for Load {
    fn step(&mut self, _: Instant, _: NodeIndex, step: &Step<'_>) {
        match step {
            Step::Sent { bytes, .. } => {
                self.packets += 1;
                self.packet_bytes += bytes.len() as u64;
            }
            Step::Stream(StreamStep::Dial(_)) => self.streams += 1,
            Step::Stream(StreamStep::Wrote(_, bytes)) => self.stream_bytes += *bytes as u64,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
