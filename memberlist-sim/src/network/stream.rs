//! How the parts of a stream travel.

use super::{Flight, Network, bandwidth::SEGMENT, loss};
use crate::random;
use core::time::Duration;
use memberlist_proto::Instant;

/// A loss among the last so many segments is noticed only by the timeout: too few follow it to tell the sender (RFC 5681, 3.2).
const FAST_RETRANSMIT_AFTER: u32 = 3;

/// What becomes of a part of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carriage {
    /// All of it has arrived then.
    Arrives(Instant),
    /// So many of its segments are to be sent again when the timeout is over, which has this on top for the way there and back.
    Stalled { segments: u32, round_trip: Duration },
}

/// How many segments so many bytes are; a handshake is one.
pub(crate) fn segments(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(SEGMENT)).unwrap_or(u32::MAX).max(1)
}

impl Network {
    /// What becomes of a part of a stream, of which so many segments are still to arrive.
    ///
    /// Partitions and rules judge it as one. It goes through all bandwidths on its way at once, in the time that the narrowest takes; each segment may
    /// be lost. What is lost in the middle is sent again at once, which takes one more round trip; what is lost then, or at the end, waits
    /// for the timeout. There is no slow start: connections of a cluster between well-connected machines are short, and their round trips few.
    pub(crate) fn carry(&mut self, flight: &Flight<'_>, segments: u32) -> Carriage {
        let way = self.ways.way(flight.from, flight.to);
        let round_trip = way.link.latency.median() * 2;
        let stalled = |segments| Carriage::Stalled { segments, round_trip };
        let Some((delay, _)) = self.judge(flight) else { return stalled(segments) };
        let through = self.through(flight, segments);
        let loss = self.loss_of_stream(flight);
        let (lost, last_lost) = self.lose(segments, loss);
        let tail = last_lost.is_some_and(|last| last + FAST_RETRANSMIT_AFTER >= segments);
        if tail {
            return stalled(lost);
        }
        if lost > 0 {
            let (again, _) = self.lose(lost, loss);
            if again > 0 {
                return stalled(again);
            }
        }
        let way = self.ways.way(flight.from, flight.to);
        let mut at = through + delay + way.link.draw(&mut self.rng);
        if lost > 0 {
            at += way.link.draw(&mut self.rng) + way.link.draw(&mut self.rng);
        }
        Carriage::Arrives(at)
    }

    /// When all of it is through the bandwidths on its way.
    fn through(&mut self, flight: &Flight<'_>, segments: u32) -> Instant {
        let (mut at, bytes) = (flight.at, flight.bytes.len().min(segments as usize * SEGMENT));
        if let Some((port, access)) = self.ports.of(flight.from)
            && let Some(bandwidth) = &access.egress
        {
            at = at.max(port.egress.stream(bandwidth, flight.at, bytes, segments));
        }
        let way = self.ways.way(flight.from, flight.to);
        if let Some(bandwidth) = &way.link.bandwidth {
            at = at.max(way.pipe.stream(bandwidth, flight.at, bytes, segments));
        }
        if let Some((port, access)) = self.ports.of(flight.to)
            && let Some(bandwidth) = &access.ingress
        {
            at = at.max(port.ingress.stream(bandwidth, flight.at, bytes, segments));
        }
        at
    }

    /// The probability that a segment is lost, by the link or the access of either end.
    fn loss_of_stream(&mut self, flight: &Flight<'_>) -> f64 {
        let way = self.ways.way(flight.from, flight.to);
        let link = loss(way, flight.at, &mut self.turns_rng);
        if !self.ports.in_use {
            return link;
        }
        let from = self.ports.of(flight.from).map_or(0.0, |(_, access)| access.loss_out);
        let to = self.ports.of(flight.to).map_or(0.0, |(_, access)| access.loss_in);
        if from > 0.0 || to > 0.0 { 1.0 - (1.0 - link) * (1.0 - from) * (1.0 - to) } else { link }
    }

    /// How many of these are lost, and which is the last of them.
    fn lose(&mut self, segments: u32, loss: f64) -> (u32, Option<u32>) {
        let (mut lost, mut last) = (0, None);
        if loss > 0.0 {
            for segment in 0..segments {
                if random::chance(&mut self.rng, loss) {
                    (lost, last) = (lost + 1, Some(segment));
                }
            }
        }
        (lost, last)
    }
}

#[cfg(test)]
mod tests;
