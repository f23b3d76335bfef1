//! Probing: one member an interval, directly, then through helpers and a stream (spec 5.4, 5.5; Lifeguard 1.1).

use super::*;
use crate::event::{HelperAnswer, ProbeReport};
use memberlist_types::{IndirectPing, Ping, Suspect};

/// A probe that is under way.
pub(super) struct Probe<I, A> {
    pub(super) seq: SequenceNumber,
    pub(super) key: MemberKey,
    node: Node<I, A>,
    /// What is suspected if nobody answers: a refutation in the meantime makes it void.
    incarnation: Incarnation,
    pub(super) started: Instant,
    /// How much had come in when helpers were asked.
    pub(super) inputs: u64,
    /// End of the whole probe.
    pub(super) deadline: Instant,
    direct_timer: TimerKey,
    deadline_timer: TimerKey,
    pub(super) helpers: Vec<Helper<I, A>>,
    stream: Option<RequestId>,
}

/// Somebody who was asked to probe for us.
pub(super) struct Helper<I, A> {
    pub(super) node: Node<I, A>,
    pub(super) can_nack: bool,
    pub(super) nacked: bool,
}

/// A probe that failed: the nacks that still come are counted for a moment before the health score pays for missing ones.
pub(super) struct Settling<I, A> {
    pub(super) helpers: Vec<Helper<I, A>>,
    /// What it accuses, if it was void because nobody was heard (stall rules): a nack that only comes late makes it count after all.
    pub(super) void: Option<(Suspect<I>, ProbeReport<I>)>,
}

impl<I, A> Settling<I, A> {
    /// Lifeguard: a silent helper is a sign that we are the slow one; no helper that could nack at all, too.
    fn delta(&self) -> i32 {
        let expected = self.helpers.iter().filter(|h| h.can_nack).count();
        let nacked = self.helpers.iter().filter(|h| h.can_nack && h.nacked).count();
        if expected == 0 { 1 } else { i32::try_from(expected - nacked).unwrap_or(i32::MAX) }
    }
}

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    pub(super) fn schedule_probing(&mut self, now: Instant, run: bool) {
        match (run, self.probing) {
            (true, None) => {
                let at = now + random::stagger(&mut self.rng, self.options.probe_interval);
                self.probing = Some(self.timers.insert(at, Timer::ProbeTick));
            }
            (false, Some(timer)) => {
                self.timers.cancel(timer);
                self.probing = None;
                self.abandon_probe();
            }
            _ => {}
        }
    }

    pub(super) fn on_probe_tick(&mut self, now: Instant) {
        self.probing = None;
        if self.probe.is_none() {
            let own = self.id.clone();
            let next = self.members.next_probe(&mut self.rng, |r| r.node.id != own && !r.state().is_gone());
            if let Some(key) = next {
                self.start_probe(now, key);
            }
        }
        // After the probe's own timers: at the same instant they come first, and the next round finds the way free.
        if !self.has_left() && self.in_company {
            let at = now + self.awareness.scale(self.options.probe_interval);
            self.probing = Some(self.timers.insert(at, Timer::ProbeTick));
        }
    }

    fn start_probe(&mut self, now: Instant, key: MemberKey) {
        let Some(record) = self.members.get(key) else { return };
        let (node, incarnation, suspect) =
            (record.node.clone(), record.incarnation, record.state() == State::Suspect);
        let seq = self.seq();
        let deadline = now + self.awareness.scale(self.options.probe_interval);
        let direct = now + self.awareness.scale(self.options.probe_timeout);
        self.stats.probes += 1;
        self.stats.probes_degraded += u64::from(self.awareness.score() > 0);
        self.pending.insert(seq, ping::Pending::Probe);
        self.probe = Some(Probe {
            seq,
            key,
            node: node.clone(),
            incarnation,
            started: now,
            inputs: self.hearing.inputs(),
            deadline,
            direct_timer: self.timers.insert(direct, Timer::ProbeDirectExpired(seq)),
            deadline_timer: self.timers.insert(deadline, Timer::ProbeExpired(seq)),
            helpers: Vec::new(),
            stream: None,
        });
        let ping = Message::Ping(Ping { seq, target: Some(node.id.clone()), source: self.local_node() });
        if !suspect {
            self.hearing.asked(now);
        }
        if suspect && self.options.buddy {
            // Buddy: who is suspected hears of it with every ping.
            let suspect = Message::Suspect(Suspect { incarnation, node: node.id, from: self.id.clone() });
            return self.transmit(node.address, &[ping, suspect], Some(seq));
        }
        self.transmit(node.address, &[ping], Some(seq));
    }

    /// No direct answer in time: ask others, and try a stream.
    pub(super) fn on_probe_direct_expired(&mut self, now: Instant, seq: SequenceNumber) {
        let Some(probe) = self.probe.as_ref().filter(|p| p.seq == seq) else { return };
        let (node, deadline, target) = (probe.node.clone(), probe.deadline, probe.key);
        let own = self.id.clone();
        let chosen = self.members.sample(self.options.indirect_checks, &mut self.rng, |r| {
            r.state() == State::Alive && r.node.id != own && r.node.id != node.id
        });
        // They tell how well we are doing: by their number our health, by coming at all whether we hear anything.
        let wanted = self.options.awareness_max > 1 || self.options.stall_rules;
        let nacks = self.wire.features().nack && wanted;
        let mut helpers = Vec::with_capacity(chosen.len());
        for record in chosen.into_iter().filter_map(|key| self.members.get(key)) {
            let can_nack = nacks && record.versions().protocol_max >= Versions::NACK;
            helpers.push(Helper { node: record.node.clone(), can_nack, nacked: false });
        }
        if helpers.iter().any(|h| h.can_nack) {
            self.hearing.asked(now);
        }
        let source = self.local_node();
        for helper in &helpers {
            let request =
                IndirectPing { seq, target: node.clone(), nack: helper.can_nack, source: source.clone() };
            self.transmit(helper.node.address.clone(), &[Message::IndirectPing(request)], None);
        }
        let understands =
            self.members.get(target).is_some_and(|r| r.versions().protocol_max >= Versions::STREAM_PING);
        let mut stream = None;
        if self.options.stream_ping && self.wire.features().stream_ping && understands {
            let kind = StreamRequestKind::Ping { target: node.id.clone(), seq };
            stream =
                Some(self.request(node.address, deadline, kind, push_pull::Purpose::ProbeStream { seq }));
        }
        if let Some(probe) = self.probe.as_mut() {
            probe.helpers = helpers;
            probe.inputs = self.hearing.inputs();
            probe.stream = stream;
        }
    }

    /// Somebody answered: directly, through a helper, or on the stream.
    pub(super) fn probe_succeeded(
        &mut self,
        now: Instant,
        seq: SequenceNumber,
        payload: Bytes,
        by_stream: bool,
    ) {
        let Some(probe) = self.probe.take_if(|p| p.seq == seq) else { return };
        self.drop_probe_timers(&probe);
        self.hearing.concluded(probe.key);
        self.stats.probes_by_stream += u64::from(by_stream);
        if probe.helpers.is_empty() && !by_stream {
            let rtt = now.since(probe.started);
            self.emit(Event::PingCompleted { node: probe.node, rtt, payload, command: None });
        }
        self.adjust_health(-1);
    }

    /// Nobody answered until the end.
    pub(super) fn on_probe_expired(&mut self, now: Instant, seq: SequenceNumber) {
        let Some(probe) = self.probe.take_if(|p| p.seq == seq) else { return };
        self.drop_probe_timers(&probe);
        let report = ProbeReport {
            helpers: probe
                .helpers
                .iter()
                .map(|h| {
                    (h.node.id.clone(), if h.nacked { HelperAnswer::Nack } else { HelperAnswer::Silent })
                })
                .collect(),
            stream_tried: probe.stream.is_some(),
            took: now.since(probe.started),
        };
        let suspect =
            Suspect { incarnation: probe.incarnation, node: probe.node.id.clone(), from: self.id.clone() };
        let accusation = (suspect, report);
        let accusations = self.judge_probe(now, &probe, accusation.clone());
        if accusations.is_empty() {
            let settling = Settling { helpers: probe.helpers, void: Some(accusation) };
            self.pending.insert(seq, ping::Pending::Settling(settling));
            let patience = scale::protocol_period(&self.options);
            self.timers.insert(now + patience, Timer::ProbeSettled(seq));
            self.emit(Event::ProbeAborted { node: probe.node });
            return self.adjust_health(1);
        }
        self.stats.probes_failed += 1;
        let settling = Settling { helpers: probe.helpers, void: None };
        self.pending.insert(seq, ping::Pending::Settling(settling));
        self.timers.insert(now + self.options.probe_timeout / 5, Timer::ProbeSettled(seq));
        for (suspect, report) in accusations {
            self.on_suspect(now, None, suspect, suspect::Hearsay::Probe(report));
        }
    }

    /// Our own sleep fell into the probe: its answers may have been lost with it. It is given up, and our health pays.
    pub(super) fn on_probe_overslept(&mut self, seq: SequenceNumber) {
        let Some(probe) = self.probe.take_if(|p| p.seq == seq) else { return };
        self.drop_probe_timers(&probe);
        self.emit(Event::ProbeAborted { node: probe.node });
        self.adjust_health(1);
    }

    pub(super) fn on_probe_settled(&mut self, seq: SequenceNumber) {
        // A void one was paid for when it failed.
        if let Some(ping::Pending::Settling(settling)) = self.pending.remove(&seq)
            && settling.void.is_none()
        {
            self.adjust_health(settling.delta());
        }
    }

    /// The first nack of a void probe came after its deadline: on a network on which nacks take that long, nobody would ever be suspected without
    /// it. We are heard, and the target was silent to somebody else, too.
    pub(super) fn on_late_nack(
        &mut self,
        now: Instant,
        suspect: Suspect<I>,
        mut report: ProbeReport<I>,
        by: &I,
    ) {
        // Who has left follows no more what becomes of others.
        let Some(key) = self.members.key(&suspect.node).filter(|_| !self.has_left()) else { return };
        if let Some((_, answer)) = report.helpers.iter_mut().find(|(id, _)| id == by) {
            *answer = HelperAnswer::Nack;
        }
        self.hearing.concluded(key);
        self.stats.probes_failed += 1;
        self.on_suspect(now, None, suspect, suspect::Hearsay::Probe(report));
    }

    /// The packet of [`Transmit::probe`](crate::Transmit::probe) could not be sent for a reason on this machine (no
    /// buffers, no route, …). That is no evidence against the peer: the probe is given up, and our health pays for it.
    pub fn handle_send_failure(&mut self, now: Instant, probe: SequenceNumber) {
        if let Some(ping::Pending::Command(_)) = self.pending.get(&probe) {
            return self.on_pending_expired(probe);
        }
        let Some(probe) = self.probe.take_if(|p| p.seq == probe && now < p.deadline) else { return };
        self.drop_probe_timers(&probe);
        self.emit(Event::ProbeAborted { node: probe.node });
        self.adjust_health(1);
    }

    pub(super) fn abandon_probe_of(&mut self, key: MemberKey) {
        if self.probe.as_ref().is_some_and(|p| p.key == key) {
            self.abandon_probe();
        }
    }

    fn abandon_probe(&mut self) {
        if let Some(probe) = self.probe.take() {
            self.drop_probe_timers(&probe);
        }
    }

    fn drop_probe_timers(&mut self, probe: &Probe<I, A>) {
        self.timers.cancel(probe.direct_timer);
        self.timers.cancel(probe.deadline_timer);
        self.pending.remove(&probe.seq);
        if let Some(request) = probe.stream {
            self.requests.remove(&request);
        }
    }
}
