//! Members that are not nodes of the simulation: whoever stands in for them takes what is sent there, and speaks for them.

use super::*;
use memberlist_proto::StreamRequest;
use std::collections::VecDeque;

/// Something that reaches, or is to reach, somebody who is no node of the simulation.
pub(crate) enum Stray {
    /// A packet arrives.
    Packet { from: Addr, to: Addr, bytes: Bytes },
    /// A node wants to hold this conversation.
    Request { node: NodeIndex, request: StreamRequest<Name, Addr> },
}

/// What was kept of that; nothing is kept unless somebody asks.
#[derive(Default)]
pub(super) struct Strays(Option<VecDeque<Stray>>);

impl<O: Observer, W: Wire<Name, Addr> + Clone, M: Membership> Simulation<O, W, M> {
    /// From now on keeps what is sent to members that are not nodes of the simulation.
    pub(crate) fn keep_strays(&mut self) {
        self.strays.0.get_or_insert_default();
    }

    /// The next of what was kept. To be asked for after each [step](Self::step_by).
    pub(crate) fn next_stray(&mut self) -> Option<Stray> {
        self.strays.0.as_mut()?.pop_front()
    }

    /// Lets the next event happen if it comes by `end`; else `end` is now.
    pub(crate) fn step_by(&mut self, end: Instant) -> bool {
        self.step_before(end)
    }

    /// Sends a packet in the name of somebody who is no node of the simulation.
    pub(crate) fn inject(&mut self, from: Addr, to: Addr, bytes: Bytes) {
        let (from_node, to_node) = (from.node(), to.node());
        let flight =
            Flight { at: self.now, from: from_node, to: to_node, medium: Medium::Packet, bytes: &bytes };
        match self.network.transit(&flight) {
            Fate::Arrives(at) => self.queue.push(at, Class::Arrival, Occurrence::Packet { from, to, bytes }),
            Fate::Twice(first, second) => {
                for at in [first, second] {
                    let packet = Occurrence::Packet { from, to, bytes: bytes.clone() };
                    self.queue.push(at, Class::Arrival, packet);
                }
            }
            Fate::Lost(_) => {}
        }
    }

    /// When so many bytes of a stream (none: a handshake) that set out at `at` have arrived.
    pub(crate) fn carried(
        &mut self,
        from: NodeIndex,
        to: NodeIndex,
        mut at: Instant,
        bytes: &[u8],
    ) -> Instant {
        let mut missing = crate::network::segments(bytes.len());
        // Whoever gets nothing through for so long has given up.
        for losses in 0..16 {
            let flight = Flight { at, from, to, medium: Medium::Stream, bytes };
            match self.network.carry(&flight, missing) {
                crate::network::Carriage::Arrives(at) => return at,
                crate::network::Carriage::Stalled { segments, round_trip } => {
                    missing = segments;
                    at += streams::pause(bytes.is_empty(), losses, round_trip);
                }
            }
        }
        at
    }

    /// Something that comes of a stream, or that a node is told: carried out like any other input. `None`: the node does not run.
    pub(crate) fn outcome<T>(
        &mut self,
        node: NodeIndex,
        input: impl FnOnce(&mut Endpoint<Name, Addr, W, M>, Instant) -> T,
    ) -> Option<T> {
        self.events += 1;
        self.tell(node, input)
    }

    /// Counts bytes of streams whose other end is no node of the simulation.
    pub(crate) fn count_stream(&mut self, node: NodeIndex, sent: usize, received: usize) {
        if let Some(host) = self.hosts.get_mut(node.place()) {
            host.traffic.stream_bytes_sent += sent as u64;
            host.traffic.stream_bytes_received += received as u64;
        }
    }

    /// Whether somebody stands in for this node.
    pub(super) fn is_outside(&self, node: NodeIndex) -> bool {
        self.strays.0.is_some() && node.place() >= self.hosts.len()
    }

    pub(super) fn stray(&mut self, stray: Stray) {
        if let Stray::Request { node, .. } = &stray
            && let Some(host) = self.hosts.get_mut(node.place())
        {
            host.traffic.streams += 1;
        }
        if let Some(strays) = &mut self.strays.0 {
            strays.push_back(stray);
        }
    }
}
