//! Pinging on behalf of others (spec 5.5.2).

use super::*;
use memberlist_types::{Ack, IndirectPing, Nack, Ping};

/// An indirect ping that we serve.
pub(super) struct Relay<A> {
    /// The requester's number.
    seq: SequenceNumber,
    /// Where the answer goes.
    reply_to: A,
    /// Where the target is.
    pub(super) target: A,
}

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    pub(super) fn on_indirect_ping(&mut self, now: Instant, from: A, request: IndirectPing<I, A>) {
        let requester = request.source.as_ref().and_then(|s| self.members.by_id(&s.id));
        let own = request.target.id == self.id || request.source.as_ref().is_some_and(|s| s.id == self.id);
        // Only members, from where we know them, may make us ping an address that we do not know: else anybody could aim us at
        // anything.
        let target = self.members.by_id(&request.target.id).map(|r| r.node.address.clone());
        let trusted = requester.is_some_and(|r| r.node.address == from);
        if own || (target.is_none() && !trusted) {
            return self.reject(now, RejectReason::Nonsense, Some(request.target.id), Some(from));
        }
        if self.relays >= self.options.max_relays {
            return self.reject(now, RejectReason::RelaysFull, Some(request.target.id), Some(from));
        }
        let reply_to = self.reply_address(from, request.source.as_ref());
        // A member asks about the address that it holds: an answer from another one, where we know the node to be, would keep
        // it in the belief that the node is still there.
        let target = target.filter(|_| !trusted).unwrap_or(request.target.address);
        let seq = self.seq();
        self.relays += 1;
        self.pending
            .insert(seq, ping::Pending::Relay(Relay { seq: request.seq, reply_to, target: target.clone() }));
        if request.nack {
            self.timers.insert(now + self.nack_delay(), Timer::RelayNack(seq));
        }
        self.timers.insert(now + scale::protocol_period(&self.options), Timer::PendingExpired(seq));
        let ping = Ping { seq, target: Some(request.target.id), source: self.local_node() };
        self.transmit(target, &[Message::Ping(ping)], None);
    }

    /// How long we wait for the target before we send a nack: four fifths of what the requester has left after its own
    /// direct attempt (Lifeguard; the original's nack comes when the requester's probe is already over).
    fn nack_delay(&self) -> Duration {
        let left = scale::protocol_period(&self.options).saturating_sub(self.options.probe_timeout);
        left.min(self.options.probe_timeout).saturating_mul(4) / 5
    }

    pub(super) fn on_relay_answered(&mut self, relay: Relay<A>) {
        self.relays -= 1;
        let ack = Ack { seq: relay.seq, payload: Bytes::new() };
        self.transmit(relay.reply_to, &[Message::Ack(ack)], None);
    }

    /// The target was silent so far. A later ack is still forwarded.
    pub(super) fn on_relay_silent(&mut self, seq: SequenceNumber) {
        if let Some(ping::Pending::Relay(relay)) = self.pending.get(&seq) {
            let (to, nack) = (relay.reply_to.clone(), Nack { seq: relay.seq });
            self.transmit(to, &[Message::Nack(nack)], None);
        }
    }
}
