//! What a node wants after an input: it is sent, or waits until the node can send.

use super::*;
use std::borrow::Cow;

impl<O: Observer, W: Wire<Name, Addr> + Clone, M: Membership> Simulation<O, W, M> {
    /// Carries out what the endpoint wants after an input.
    pub(super) fn flush(&mut self, node: NodeIndex) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(node.place()) else { return };
        while let Some(event) = host.endpoint.poll_event() {
            self.observer.step(now, node, &Step::Event(&event));
        }
        self.observer.step(now, node, &Step::Handled(&host.endpoint));
        loop {
            let Some(host) = self.hosts.get_mut(node.place()) else { return };
            let output = if let Some(transmit) = host.endpoint.poll_transmit() {
                Output::Packet(transmit)
            } else if let Some(request) = host.endpoint.poll_request() {
                Output::Request(request)
            } else {
                break;
            };
            if host.sends_at() > now {
                self.hold(node, output);
            } else {
                self.output(node, output);
            }
        }
        self.rearm(node);
    }

    /// The node's I/O is blocked, or it sleeps: what it says waits.
    fn hold(&mut self, node: NodeIndex, output: Output) {
        let sleeps = self.hosts.get(node.place()).is_some_and(|host| host.paused_until > self.now);
        let output = match output {
            // The deadline is the driver's own timer, which runs.
            Output::Request(request) if !sleeps && !self.is_outside(request.to.node()) => {
                match self.begin_stream(node, request) {
                    Some(segment) => Output::Segment(segment),
                    None => return,
                }
            }
            output => output,
        };
        if let Some(host) = self.hosts.get_mut(node.place()) {
            host.outbox.push(output);
        }
        self.arrange_wake(node);
    }

    pub(super) fn output(&mut self, node: NodeIndex, output: Output) {
        match output {
            Output::Packet(transmit) => self.send_packet(node, transmit),
            Output::Request(request) if self.is_outside(request.to.node()) => {
                self.stray(Stray::Request { node, request });
            }
            Output::Request(request) => {
                if let Some(segment) = self.begin_stream(node, request) {
                    self.send_segment(segment);
                }
            }
            Output::Segment(segment) => self.send_segment(segment),
        }
    }

    fn send_packet(&mut self, node: NodeIndex, transmit: Transmit<Addr>) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(node.place()) else { return };
        let from = host.address;
        let wire = host.endpoint.wire();
        let encoded = wire.encode_packet(&read_by(wire, &self.framing, transmit.reads), &transmit.messages);
        // What the wire can't express is not sent by a driver, either.
        let Ok(bytes) = encoded else { return };
        host.traffic.packets_sent += 1;
        host.traffic.packet_bytes_sent += bytes.len() as u64;
        let to = transmit.to;
        let flight = Flight { at: now, from: node, to: to.node(), medium: Medium::Packet, bytes: &bytes };
        let fate = self.network.transit(&flight);
        self.observer.step(now, node, &Step::Sent { to, bytes: &bytes, fate });
        match fate {
            Fate::Arrives(at) => {
                let packet = Occurrence::Packet { from, to, bytes };
                self.queue.push_about(at, Class::Arrival, to.node(), packet);
            }
            Fate::Twice(first, second) => {
                let again = Occurrence::Packet { from, to, bytes: bytes.clone() };
                self.queue.push_about(
                    first,
                    Class::Arrival,
                    to.node(),
                    Occurrence::Packet { from, to, bytes },
                );
                self.queue.push_about(second, Class::Arrival, to.node(), again);
            }
            Fate::Lost(_) => {}
        }
    }

    /// Makes sure that the node's next timer is in the queue.
    pub(super) fn rearm(&mut self, node: NodeIndex) {
        let Some(host) = self.hosts.get_mut(node.place()).filter(|host| host.is_up()) else { return };
        let Some(due) = host.endpoint.poll_timeout() else { return };
        let at = host.global(due).max(self.now);
        // One that comes too early looks again; one that is later than needed is left to lapse.
        if host.timer.is_none_or(|timer| at < timer) {
            host.timer = Some(at);
            self.queue.push_about(at, Class::Timer, node, Occurrence::Timer(node, host.life));
        }
    }
}

/// This framing, as far as it can be read by somebody who reads these layers.
pub(super) fn read_by<'f, W: Wire<Name, Addr>>(
    wire: &W,
    framing: &'f Framing,
    layers: Option<Layers>,
) -> Cow<'f, Framing> {
    if wire.is_base(framing) {
        Cow::Borrowed(framing)
    } else {
        Cow::Owned(wire.readable(framing, layers.unwrap_or(Layers::BASE)))
    }
}
