//! Answering pings, and matching what answers ours (spec 5.5.1, 5.22).

use super::*;
use memberlist_types::{Ack, Nack, Ping};

/// What we are waiting for under a sequence number.
pub(super) enum Pending<I, A> {
    /// The probe that is under way.
    Probe,
    /// A failed probe whose nacks may still come.
    Settling(probe::Settling<I, A>),
    /// Somebody asked us to ping for it.
    Relay(relay::Relay<A>),
    /// The user asked for this ping.
    Command(Command<I, A>),
    /// Whether the old address of a node that wants to move still answers.
    Verification { id: u64, address: A },
    /// Whether we hear anybody at all.
    Control { address: A },
    /// Whether a member heard that we leave.
    Farewell { of: BroadcastId, address: A },
}

/// A ping that the user asked for.
pub(super) struct Command<I, A> {
    id: PingId,
    node: Node<I, A>,
    sent: Instant,
}

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    /// Pings a node once; answered by [`Event::PingCompleted`], or after `probe_timeout` by [`Event::PingFailed`].
    /// Changes nobody's state and not our health.
    ///
    /// # Errors
    /// If it is ourselves.
    pub fn ping(&mut self, now: Instant, node: Node<I, A>) -> Result<PingId, CommandError> {
        if node.id == self.id {
            return Err(CommandError::Ourselves);
        }
        let id = PingId(self.token());
        let seq = self.seq();
        self.pending.insert(seq, Pending::Command(Command { id, node: node.clone(), sent: now }));
        self.timers.insert(now + self.options.probe_timeout, Timer::PendingExpired(seq));
        let ping = Ping { seq, target: Some(node.id), source: self.local_node() };
        self.transmit(node.address, &[Message::Ping(ping)], Some(seq));
        Ok(id)
    }

    /// What is attached to acks from now on (to packet pings only).
    ///
    /// # Errors
    /// If an ack with it fits no packet. The old payload stays then.
    pub fn set_ack_payload(&mut self, payload: Bytes) -> Result<(), CommandError> {
        let limit = self.max_user_payload().saturating_sub(user::LENGTH_GROWTH + 8);
        if payload.len() > limit {
            return Err(CommandError::PayloadTooLarge { actual: payload.len(), limit });
        }
        self.ack_payload = payload;
        Ok(())
    }

    pub(super) fn on_ping(&mut self, now: Instant, from: A, ping: Ping<I, A>) {
        if ping.target.as_ref().is_some_and(|target| *target != self.id) {
            return;
        }
        if ping.source.as_ref().is_some_and(|source| source.id == self.id) {
            return self.reject(now, RejectReason::Nonsense, ping.source.map(|s| s.id), Some(from));
        }
        let to = self.reply_address(from, ping.source.as_ref());
        let ack = Message::Ack(Ack { seq: ping.seq, payload: self.ack_payload.clone() });
        // A node that pings us while we hold it for suspect or dead learns of it, so that it can refute.
        let key = ping.source.and_then(|source| self.members.key(&source.id));
        let accused = key.and_then(|key| self.members.get(key)).is_some_and(|r| match r.state() {
            State::Alive => false,
            State::Suspect => self.options.buddy,
            _ => true,
        });
        if !accused && !self.has_left() {
            return self.transmit(to, &[ack], None);
        }
        let mut primary = alloc::vec![ack];
        if accused {
            primary.extend(key.and_then(|key| self.statement_about(key)));
        }
        // Who still pings us after we have left has missed it, and everybody else may have forgotten us already.
        if self.has_left() {
            primary.extend(self.statement_about(self.me));
        }
        self.transmit(to, &primary, None);
    }

    /// Where an answer goes: to the address that a message names only if we know its sender there, else to where the
    /// packet came from. So nobody can make us send to a third party.
    pub(super) fn reply_address(&self, from: A, source: Option<&Node<I, A>>) -> A {
        match source {
            Some(node) if self.members.by_id(&node.id).is_some_and(|r| r.node.address == node.address) => {
                node.address.clone()
            }
            _ => from,
        }
    }

    /// A fallback ping on a stream; `None`: it is not for us, close silently.
    pub fn handle_stream_ping(&mut self, now: Instant, ping: &Ping<I, A>) -> Option<Ack> {
        self.on_heard(now);
        let ours = ping.target.as_ref().is_none_or(|target| *target == self.id);
        ours.then(|| Ack { seq: ping.seq, payload: Bytes::new() })
    }

    pub(super) fn on_ack(&mut self, now: Instant, from: &A, ack: Ack) {
        let expected = match self.pending.get(&ack.seq) {
            None | Some(Pending::Settling(_)) => false,
            Some(Pending::Probe) => self.probe.as_ref().is_some_and(|p| {
                let helped = p.helpers.iter().any(|h| h.node.address == *from);
                helped || self.may_speak_for(from, self.members.get(p.key).map(|r| &r.node.address))
            }),
            Some(Pending::Relay(relay)) => self.may_speak_for(from, Some(&relay.target)),
            Some(Pending::Command(command)) => self.may_speak_for(from, Some(&command.node.address)),
            Some(
                Pending::Verification { address, .. }
                | Pending::Control { address }
                | Pending::Farewell { address, .. },
            ) => self.may_speak_for(from, Some(address)),
        };
        if !expected {
            // The target or a helper answered a void probe in the end: it stays void.
            if let Some(Pending::Settling(settling)) = self.pending.get(&ack.seq)
                && let Some((suspect, _)) = &settling.void
            {
                let target = self.members.by_id(&suspect.node).map(|r| &r.node.address);
                if target == Some(from) || settling.helpers.iter().any(|h| h.node.address == *from) {
                    self.pending.remove(&ack.seq);
                }
            }
            self.stats.stray_acks += 1;
            return;
        }
        match self.pending.remove(&ack.seq) {
            Some(Pending::Relay(relay)) => self.on_relay_answered(relay),
            Some(Pending::Command(command)) => self.emit(Event::PingCompleted {
                rtt: now.since(command.sent),
                node: command.node,
                payload: ack.payload,
                command: Some(command.id),
            }),
            Some(Pending::Verification { id, .. }) => self.on_old_address_answered(id),
            Some(Pending::Farewell { of, .. }) => self.on_farewell_ended(of, true),
            Some(Pending::Control { .. }) => {}
            _ => self.probe_succeeded(now, ack.seq, ack.payload, false),
        }
    }

    /// Whether an answer from the address `from` may be that of a node at `expected`. A host with several addresses may
    /// answer from another one, but never from one that is another member's.
    fn may_speak_for(&self, from: &A, expected: Option<&A>) -> bool {
        expected == Some(from) || !self.members.iter().any(|r| r.node.address == *from)
    }

    pub(super) fn on_nack(&mut self, now: Instant, from: &A, nack: Nack) {
        let mut void = None;
        let helpers = match self.pending.get_mut(&nack.seq) {
            Some(Pending::Probe) => self.probe.as_mut().map(|p| &mut p.helpers),
            Some(Pending::Settling(settling)) => {
                void = Some(&mut settling.void);
                Some(&mut settling.helpers)
            }
            _ => None,
        };
        // One vote a helper: a second nack from the same address changes nothing.
        let Some(helper) = helpers.and_then(|h| h.iter_mut().find(|h| h.node.address == *from)) else {
            self.stats.stray_acks += 1;
            return;
        };
        helper.nacked = true;
        let by = helper.node.id.clone();
        if let Some((suspect, report)) = void.and_then(Option::take) {
            self.pending.remove(&nack.seq);
            self.on_late_nack(now, suspect, report, &by);
        }
    }

    pub(super) fn on_pending_expired(&mut self, seq: SequenceNumber) {
        match self.pending.remove(&seq) {
            Some(Pending::Command(command)) => {
                self.emit(Event::PingFailed { node: command.node, command: command.id });
            }
            Some(Pending::Relay(_)) => self.relays -= 1,
            Some(Pending::Farewell { of, .. }) => self.on_farewell_ended(of, false),
            _ => {}
        }
    }
}
