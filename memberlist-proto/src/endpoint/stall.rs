//! Doubting ourselves: while nothing comes in, the silence of others says something about us (the option `stall_rules`).
//!
//! A node whose traffic stands still (a blocked network, an overloaded host, a long pause) hears no answers, and would blame those
//! who gave them. So, as long as there are members besides the accused that should have been heard:
//!
//! 1. A probe that failed while nothing came in is void: nobody is suspected, and our health pays. Once our patience is over, all
//!    that were void accuse at last; and a member whose probes are void for as long is accused whatever else comes in.
//! 2. After a silence of more than one and a half periods all running suspicions last longer by its length.
//! 3. A suspicion that runs out more than half a period after the last input, while somebody who was asked owes us an answer (or one and
//!    a half periods after it in any case), does not kill: a control ping goes to somebody whom nobody suspects, and the verdict
//!    waits for any input.
//!
//! Silence is normal where nobody else is left, so nothing of this holds there. And no doubt is for ever: a node that is cut off from all
//! must find the others dead. [`patience`](Endpoint::patience) bounds each rule; after it, the classic rules hold again.

use super::*;
use crate::event::ProbeReport;
use alloc::collections::BTreeSet;
use memberlist_types::{Ping, Suspect};

/// The longest patience, in periods, that the size of the cluster alone gives.
const MOST_PERIODS: usize = 60;

/// Targets of void probes that are remembered; beyond, the one that waits longest is forgotten.
const MAX_DOUBTED: usize = 256;

/// When we were heard from, and what we make of our silences.
pub(super) struct Hearing<I> {
    /// How much came in from peers.
    inputs: u64,
    /// When anything came in last.
    heard_at: Instant,
    /// When the last silence of more than half a period ended.
    woke_at: Option<Instant>,
    /// When we first asked somebody whom nobody suspects, since the last input.
    asked_at: Option<Instant>,
    /// The sum of all silences that we blame on ourselves, so far: by so much are suspicions older than they look.
    lost: Duration,
    /// When the last of them ended.
    resumed_at: Option<Instant>,
    /// When the first of the void probes was, since the last that came to a conclusion.
    void_since: Option<Instant>,
    /// When the first void probe of each member was, since it was last answered or accused.
    doubted: BTreeMap<MemberKey, Instant>,
    /// What those in this silence would have accused.
    void: Vec<(Suspect<I>, ProbeReport<I>)>,
    /// When the last control ping went out.
    control_at: Option<Instant>,
    /// The suspicions that wait for any input.
    held: BTreeSet<MemberKey>,
}

impl<I> Hearing<I> {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            inputs: 0,
            heard_at: now,
            woke_at: None,
            asked_at: None,
            lost: Duration::ZERO,
            resumed_at: None,
            void_since: None,
            doubted: BTreeMap::new(),
            void: Vec::new(),
            control_at: None,
            held: BTreeSet::new(),
        }
    }

    /// What the lost time will be at least, once the silence that holds now turns out to be ours: where a suspicion that
    /// starts now begins to count.
    pub(super) fn mark(&self, now: Instant) -> Duration {
        self.lost + now.since(self.heard_at)
    }

    /// How much came in from peers so far.
    pub(super) fn inputs(&self) -> u64 {
        self.inputs
    }

    /// Somebody who should answer was asked.
    pub(super) fn asked(&mut self, now: Instant) {
        self.asked_at.get_or_insert(now);
    }

    /// A probe of this member was answered, or failed in spite of our hearing well.
    pub(super) fn concluded(&mut self, key: MemberKey) {
        self.void_since = None;
        self.doubted.remove(&key);
    }

    /// When the first void probe of this member was; now, if it is this one.
    fn doubt(&mut self, now: Instant, key: MemberKey) -> Instant {
        if self.doubted.len() >= MAX_DOUBTED
            && !self.doubted.contains_key(&key)
            && let Some(oldest) = self.doubted.iter().min_by_key(|(_, since)| **since).map(|(key, _)| *key)
        {
            self.doubted.remove(&oldest);
        }
        *self.doubted.entry(key).or_insert(now)
    }
}

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    /// Anything from a peer has come in.
    pub(super) fn on_heard(&mut self, now: Instant) {
        self.hearing.inputs += 1;
        let silence = now.since(self.hearing.heard_at);
        if silence.is_zero() && self.hearing.asked_at.is_none() {
            return;
        }
        let period = scale::protocol_period(&self.options);
        if silence > period / 2 {
            self.hearing.woke_at = Some(now);
            if silence > period.saturating_mul(3) / 2 && self.silence_was_ours(now, period) {
                self.hearing.lost = self.hearing.lost.saturating_add(silence);
                self.hearing.resumed_at = Some(now);
            }
        }
        self.hearing.heard_at = now;
        self.hearing.void.clear();
        self.hearing.asked_at = None;
        // What else has arrived is read first: perhaps it refutes.
        let verdict = now + self.options.probe_timeout / 5;
        for key in core::mem::take(&mut self.hearing.held) {
            let Some(running) = self.members.get_mut(key).and_then(|r| r.suspicion_mut()) else {
                continue;
            };
            self.timers.cancel(running.timer);
            running.timer = self.timers.insert(verdict, Timer::SuspicionExpired(key));
        }
    }

    /// Whether somebody was asked in vain for a period, or our own timers are late: the silence was not for lack of anything to say.
    fn silence_was_ours(&self, now: Instant, period: Duration) -> bool {
        self.hearing.asked_at.is_some_and(|asked| now.since(asked) >= period)
            || self.timers.next().is_some_and(|due| self.overslept(now, due))
    }

    /// How long we doubt ourselves at most: as long as a suspicion lasts that nobody confirms, and at least one period for each member
    /// that should have been heard (up to 60).
    fn patience(&self) -> Duration {
        let timeouts = scale::suspicion_timeouts(&self.options, self.members.len());
        let unconfirmed = if timeouts.k == 0 { timeouts.min } else { timeouts.max };
        let others = u32::try_from(self.unsuspected().min(MOST_PERIODS)).unwrap_or(u32::MAX);
        unconfirmed.max(scale::protocol_period(&self.options).saturating_mul(others))
    }

    /// Members besides ourselves whom nobody suspects.
    fn unsuspected(&self) -> usize {
        self.members.count(State::Alive).saturating_sub(usize::from(!self.has_left()))
    }

    /// A probe has failed. It says nothing of its target if a helper that would have told us of its own failure was asked, none did, and
    /// nothing else came in since.
    ///
    /// All that comes in at one moment after a silence was waiting for us: it shows that we hear again, but not that an answer
    /// had the time to come.
    ///
    /// The accusations to raise: none, this one, or, when our patience is over, all that were void in this silence as well.
    pub(super) fn judge_probe(
        &mut self,
        now: Instant,
        probe: &probe::Probe<I, A>,
        accusation: (Suspect<I>, ProbeReport<I>),
    ) -> Vec<(Suspect<I>, ProbeReport<I>)> {
        let asked = probe.helpers.iter().any(|h| h.can_nack);
        let answered = probe.helpers.iter().any(|h| h.nacked);
        let silent = self.hearing.inputs == probe.inputs;
        let just_woke = self.hearing.woke_at.is_some_and(|woke| {
            woke > probe.started && probe.deadline.since(woke) < self.options.probe_timeout
        });
        if !self.options.stall_rules || !asked || answered || !(silent || just_woke) {
            if answered || self.hearing.inputs != probe.inputs {
                self.hearing.concluded(probe.key);
            }
            return alloc::vec![accusation];
        }
        let since = *self.hearing.void_since.get_or_insert(now);
        let patience = self.patience();
        if now.since(self.hearing.doubt(now, probe.key)) >= patience {
            // Others answer, and this one is silent whenever it is asked.
            self.hearing.doubted.remove(&probe.key);
            return alloc::vec![accusation];
        }
        self.hearing.void.push(accusation);
        if now.since(since) < patience && now.since(self.hearing.heard_at) < patience {
            return Vec::new();
        }
        core::mem::take(&mut self.hearing.void)
    }

    /// When a suspicion that has run out is to be looked at again, if it is not to kill now.
    pub(super) fn postpone_verdict(&mut self, now: Instant, key: MemberKey) -> Option<Instant> {
        if !self.options.stall_rules {
            return None;
        }
        let running = self.members.get(key)?.suspicion()?;
        let (due, lost) =
            (running.suspicion.deadline(), self.hearing.lost.saturating_sub(running.lost_before));
        let patience = self.patience();
        if now.since(due) >= patience {
            return None;
        }
        let period = scale::protocol_period(&self.options);
        let resumed = self.hearing.resumed_at.filter(|_| !lost.is_zero()).map_or(due, |at| at + period);
        let shifted = (due + lost).min(due + patience).max(resumed);
        if shifted > now {
            return Some(shifted);
        }
        let silence = now.since(self.hearing.heard_at);
        let asked = self.hearing.asked_at.is_some_and(|at| now.since(at) >= self.options.probe_timeout);
        let deaf = silence > period.saturating_mul(3) / 2 || (silence > period / 2 && asked);
        if !deaf || silence >= patience || !self.send_control(now, period) {
            return None;
        }
        self.hearing.held.insert(key);
        Some(now + period)
    }

    /// Asks somebody whom nobody suspects for a sign of life, at most once a period; false: there is nobody.
    fn send_control(&mut self, now: Instant, period: Duration) -> bool {
        if self.unsuspected() == 0 {
            return false;
        }
        if self.hearing.control_at.is_some_and(|at| now.since(at) < period) {
            return true;
        }
        let own = self.id.clone();
        let chosen = self.members.sample(1, &mut self.rng, |r| r.state() == State::Alive && r.node.id != own);
        let Some(node) = chosen.first().and_then(|key| self.members.get(*key)).map(|r| r.node.clone()) else {
            return false;
        };
        self.hearing.control_at = Some(now);
        self.hearing.asked(now);
        let seq = self.seq();
        self.pending.insert(seq, ping::Pending::Control { address: node.address.clone() });
        self.timers.insert(now + period, Timer::PendingExpired(seq));
        let ping = Ping { seq, target: Some(node.id), source: self.local_node() };
        self.transmit(node.address, &[Message::Ping(ping)], None);
        true
    }
}
