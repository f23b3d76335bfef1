//! Suspicions: raised by our own probes or told by others, confirmed, and run out (spec 5.6, 5.13).

use super::*;
use crate::{
    event::{Evidence, FailureReason, ProbeReport, SuspicionReason},
    members::RunningSuspicion,
    suspicion::Suspicion,
};
use memberlist_types::{Dead, Suspect};

/// What a suspicion message rests on.
#[derive(Clone, Debug)]
pub(super) enum Hearsay<I> {
    /// Its sender says so.
    Accusation,
    /// A push/pull showed the node in this state; `asked`: it was one that we had asked for.
    PushPull { state: State, asked: bool },
    /// It is our own: our probe failed.
    Probe(ProbeReport<I>),
}

impl<I> Hearsay<I> {
    /// Whether we chose the peer who says it, rather than it us.
    pub(super) fn is_asked(&self) -> bool {
        !matches!(self, Self::Accusation | Self::PushPull { asked: false, .. })
    }
}

/// Records that are looked at in searches for an address in one second: some hundredths of a second's work.
const MAX_LOOKS: usize = 1 << 23;

/// How much was searched for lately.
pub(super) struct Searches {
    since: Instant,
    looks: usize,
}

impl Searches {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, looks: 0 }
    }

    /// Whether one more search among so many records is worth its while now.
    fn admit(&mut self, now: Instant, records: usize) -> bool {
        if now.since(self.since) >= admission::REPORT_INTERVAL {
            *self = Self::new(now);
        }
        self.looks = self.looks.saturating_add(records);
        self.looks <= MAX_LOOKS
    }
}

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    pub(super) fn on_suspect(
        &mut self,
        now: Instant,
        from: Option<A>,
        suspect: Suspect<I>,
        hearsay: Hearsay<I>,
    ) {
        let Some(key) = self.members.key(&suspect.node) else {
            return self.set_right_late(now, from, &suspect);
        };
        let Some(record) = self.members.get(key) else { return };
        if suspect.incarnation < record.incarnation || record.state().is_gone() {
            return self.set_right(now, from, &suspect.from, key);
        }
        let plausible = if key == self.me {
            self.may_concern_us(now, suspect.incarnation, hearsay.is_asked())
        } else {
            suspect.incarnation <= self.plausible(now, record)
        };
        if !plausible {
            return self.reject(now, RejectReason::IncarnationJump, Some(suspect.node), from);
        }
        if key == self.me {
            return self.refute(now, suspect.incarnation, Some(suspect.from), from.as_ref());
        }
        if record.suspicion().is_some() {
            return self.confirm(now, key, suspect);
        }
        self.start_suspicion(now, key, suspect, hearsay);
    }

    /// A member accuses somebody in vain, or passes on what another says. If it is ourselves, it has missed our refutation (or departure), and if it is
    /// somebody who has left, it has missed that: before it declares a death that is none, it is told.
    pub(super) fn set_right(&mut self, now: Instant, from: Option<A>, accuser: &I, key: MemberKey) {
        let concerns = key == self.me || self.members.get(key).is_some_and(|r| r.state() == State::Left);
        if let Some(from) = from.filter(|from| concerns && self.is_members_address(now, from, accuser))
            && let Some(statement) = self.statement_about(key)
        {
            self.transmit(from, &[statement], None);
        }
    }

    /// The same if whoever has left is forgotten already: the accuser found out late.
    fn set_right_late(&mut self, now: Instant, from: Option<A>, suspect: &Suspect<I>) {
        if let Some(incarnation) = self.forgotten.departure(&suspect.node, suspect.incarnation)
            && let Some(from) = from.filter(|from| self.is_members_address(now, from, &suspect.from))
        {
            let node = suspect.node.clone();
            let left = Message::Dead(Dead { incarnation, from: node.clone(), node });
            self.transmit(from, &[left], None);
        }
    }

    /// Whether a member lives there: nobody else is told anything that it did not ask for. If it is not the accuser, all members are looked
    /// at; of a flood of forged accusations only the first few are worth that.
    fn is_members_address(&mut self, now: Instant, address: &A, accuser: &I) -> bool {
        let lives_there = |r: &Record<I, A>| !r.state().is_gone() && r.node.address == *address;
        self.members.by_id(accuser).is_some_and(lives_there)
            || (self.searches.admit(now, self.members.len()) && self.members.iter().any(lives_there))
    }

    /// Another accuser of a node that is suspected already: the more accusers, the sooner it is over.
    fn confirm(&mut self, now: Instant, key: MemberKey, suspect: Suspect<I>) {
        // Names that nobody knows must not hurry a death.
        let known = self.members.by_id(&suspect.from).is_some_and(|r| !r.state().is_gone());
        let Some(record) = self.members.get_mut(key) else { return };
        record.incarnation = record.incarnation.max(suspect.incarnation);
        let Some(running) = record.suspicion_mut() else { return };
        if !known || !running.suspicion.confirm(&suspect.from) {
            return;
        }
        // One that is past is not one that we slept through.
        let due = running.due(self.options.probe_timeout).max(now);
        self.timers.cancel(running.timer);
        running.timer = self.timers.insert(due, Timer::SuspicionExpired(key));
        self.relay_statement(suspect.node.clone(), &Message::Suspect(suspect));
    }

    fn start_suspicion(&mut self, now: Instant, key: MemberKey, suspect: Suspect<I>, hearsay: Hearsay<I>) {
        let own = suspect.from == self.id;
        let reason = SuspicionReason {
            accuser: suspect.from.clone(),
            evidence: match hearsay {
                Hearsay::Accusation => Evidence::Accusation,
                Hearsay::PushPull { state, .. } => Evidence::PushPull { state },
                Hearsay::Probe(report) => Evidence::Probe(report),
            },
            health_score: self.awareness.score(),
        };
        let timeouts = scale::suspicion_timeouts(&self.options, self.members.len());
        let suspicion = Suspicion::new(now, suspect.from.clone(), timeouts);
        let called = !self.options.buddy;
        let due = if called { suspicion.deadline() } else { suspicion.last_call(self.options.probe_timeout) };
        let timer = self.timers.insert(due, Timer::SuspicionExpired(key));
        let lost_before = self.hearing.mark(now);
        self.members.set_state(key, State::Suspect, now);
        let Some(record) = self.members.get_mut(key) else { return };
        record.incarnation = suspect.incarnation;
        record.set_suspicion(RunningSuspicion {
            suspicion,
            timer,
            called,
            reprieved: false,
            lost_before,
            reason: reason.clone(),
        });
        let member = record.snapshot();
        let message = Message::Suspect(suspect);
        if own && self.options.buddy {
            // Buddy: the suspect is told first, so that it can refute within a round trip.
            self.transmit(member.node.address.clone(), core::slice::from_ref(&message), None);
        }
        self.stats.suspect_accepted += 1;
        self.relay_statement(member.node.id.clone(), &message);
        self.emit(Event::Suspected { member, reason });
        self.arm_gossip(now);
    }

    /// The suspect did not refute in time. If we slept meanwhile, we may have missed its refutation: it gets one more period.
    pub(super) fn on_suspicion_expired(&mut self, now: Instant, key: MemberKey, overslept: bool) {
        let period = self.awareness.scale(scale::protocol_period(&self.options));
        let Some(record) = self.members.get_mut(key) else { return };
        let Some(running) = record.suspicion_mut() else { return };
        if !core::mem::replace(&mut running.called, true) {
            // What it needs to answer, and what we need to hear if we were asleep.
            let answer = if overslept { period } else { self.options.probe_timeout };
            let due = running.suspicion.deadline().max(now + answer);
            running.timer = self.timers.insert(due, Timer::SuspicionExpired(key));
            return self.call_once_more(key);
        }
        if overslept && !core::mem::replace(&mut running.reprieved, true) {
            running.timer = self.timers.insert(now + period, Timer::SuspicionExpired(key));
            return;
        }
        if let Some(until) = self.postpone_verdict(now, key) {
            let timer = self.timers.insert(until, Timer::SuspicionExpired(key));
            if let Some(running) = self.members.get_mut(key).and_then(|r| r.suspicion_mut()) {
                running.timer = timer;
            }
            return;
        }
        let Some(record) = self.members.get(key) else { return };
        if record.suspicion().is_some_and(|running| running.suspicion.is_degraded()) {
            self.stats.suspicions_degraded += 1;
        }
        let dead =
            Dead { incarnation: record.incarnation, node: record.node.id.clone(), from: self.id.clone() };
        self.apply_dead(now, key, dead);
    }

    /// Buddy: the suspect is told once more before it is declared dead. Gossip may have missed it, or we its refutation; if it lives,
    /// it says so at once. (Nothing rides along: if it is dead, that would be lost.)
    fn call_once_more(&mut self, key: MemberKey) {
        let Some(record) = self.members.get(key) else { return };
        let to = record.node.address.clone();
        let (incarnation, node) = (record.incarnation, record.node.id.clone());
        let suspect = Message::Suspect(Suspect { incarnation, node, from: self.id.clone() });
        if let Some(message) = self.encode(&suspect) {
            self.push_transmit(to, Messages::one(message), None);
        }
    }

    /// Forgets the suspicion, and says what it was.
    pub(super) fn end_suspicion(&mut self, key: MemberKey) -> Option<RunningSuspicion<I>> {
        let running = self.members.get_mut(key)?.take_suspicion()?;
        self.timers.cancel(running.timer);
        Some(running)
    }

    /// Why a member is declared dead now.
    pub(super) fn failure_reason(
        &self,
        now: Instant,
        declared_by: I,
        ended: Option<RunningSuspicion<I>>,
    ) -> FailureReason<I> {
        let health_score = self.awareness.score();
        match ended {
            None => FailureReason {
                declared_by,
                suspicion: None,
                confirmed_by: Vec::new(),
                suspected_for: Duration::ZERO,
                health_score,
            },
            Some(ended) => FailureReason {
                declared_by,
                suspicion: Some(ended.reason),
                confirmed_by: ended.suspicion.confirmed_by().to_vec(),
                suspected_for: now.since(ended.suspicion.started()),
                health_score,
            },
        }
    }
}
