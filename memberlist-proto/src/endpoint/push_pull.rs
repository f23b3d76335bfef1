//! Exchanging full states on a stream, and what comes of every stream that was asked for (spec 5.11, 5.14).

use super::*;
use crate::{MergeError, StreamFailure};
use alloc::string::ToString;
use memberlist_types::{Ack, Alive, Dead, Suspect};

/// What a stream was asked for.
pub(super) enum Purpose<I, A> {
    /// Periodic anti-entropy.
    Periodic,
    /// One attempt at one address of a join.
    Join { join: JoinId, address: A, attempt: u32, started: Instant },
    /// Finding back to a lost member or a seed; `again`: once more, so that each side hears the other's refutation;
    /// `before`: how many members there were.
    Heal { address: A, again: bool, before: usize },
    /// Whether a node itself says what was said of it.
    Verify { id: u64, claimed: I },
    /// The stream ping of the probe.
    ProbeStream { seq: SequenceNumber },
}

/// Push/pulls soon after a join, each after twice the time of the one before.
const SETTLING_ROUNDS: u32 = 4;

/// States of a push/pull that are looked up together.
const LOOKED_UP_TOGETHER: usize = 32;

/// What remains of the push/pulls soon after a join.
pub(super) struct Settling {
    timer: TimerKey,
    round: u32,
}

/// Where a walk through the table goes on; the default is its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCursor(usize);

/// A push/pull that is being merged, see [`Endpoint::begin_merge`].
#[derive(Debug)]
#[must_use = "a merge is to be finished"]
pub struct Merge<I, A> {
    id: Option<RequestId>,
    /// Of whom it is asked what it says of itself; that is not merged but looked at in the end.
    claimed: Option<I>,
    said_by_itself: Option<NodeState<I, A>>,
    quiet: bool,
}

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    pub(super) fn schedule_push_pull(&mut self, now: Instant, run: bool) {
        match (run, self.push_pull_timer) {
            (true, None) => {
                let at = now
                    + random::stagger(&mut self.rng, self.options.push_pull_interval)
                    + self.push_pull_pause();
                self.push_pull_timer = Some(self.timers.insert(at, Timer::PushPull));
            }
            (false, Some(timer)) => {
                self.timers.cancel(timer);
                self.push_pull_timer = None;
            }
            _ => {}
        }
    }

    fn push_pull_pause(&self) -> Duration {
        scale::push_pull_scale(self.options.push_pull_interval, self.members.len())
    }

    pub(super) fn on_push_pull_due(&mut self, now: Instant) {
        self.push_pull_timer = Some(self.timers.insert(now + self.push_pull_pause(), Timer::PushPull));
        self.push_pull_with_anyone(now);
    }

    /// We have just joined, rejoined, or found back to somebody: others may be doing the same, and gossip alone leaves a
    /// straggler now and then who would learn the rest only at the next periodic round (in a bootstrap of 64 nodes, nearly
    /// always). A few early rounds with members at random close the gap.
    pub(super) fn settle(&mut self, now: Instant) {
        if let Some(settling) = self.settling.take() {
            self.timers.cancel(settling.timer);
        }
        self.schedule_settling(now, 0);
    }

    fn schedule_settling(&mut self, now: Instant, round: u32) {
        if round < SETTLING_ROUNDS && !self.options.push_pull_interval.is_zero() {
            let gossip = self.options.gossip_interval;
            let first = if gossip.is_zero() {
                self.options.push_pull_interval / 32
            } else {
                gossip.saturating_mul(4)
            };
            let pause = random::jitter(&mut self.rng, first.saturating_mul(1 << round));
            self.settling = Some(Settling { timer: self.timers.insert(now + pause, Timer::Settle), round });
        }
    }

    pub(super) fn on_settle(&mut self, now: Instant) {
        let Some(settling) = self.settling.take() else { return };
        if !self.has_left() {
            self.push_pull_with_anyone(now);
            self.schedule_settling(now, settling.round + 1);
        }
    }

    fn push_pull_with_anyone(&mut self, now: Instant) {
        let own = self.id.clone();
        let chosen = self.members.sample(1, &mut self.rng, |r| r.state() == State::Alive && r.node.id != own);
        if let Some(to) =
            chosen.first().and_then(|key| self.members.get(*key)).map(|r| r.node.address.clone())
        {
            let deadline = now + self.options.stream_timeout;
            self.request(to, deadline, StreamRequestKind::PushPull { join: false }, Purpose::Periodic);
        }
    }

    /// What we say in a push/pull: all that we know, ourselves first, the dead and the left included. After we left, our departure
    /// alone: we do not follow any more what becomes of others, and old news would bring back the dead.
    pub fn local_states(&self) -> Vec<NodeState<I, A>> {
        self.local_states_from(StateCursor::default(), usize::MAX).0
    }

    /// As [`local_states`](Endpoint::local_states), but only as many as stand in `max` places of the table, and where to go on (`None`: that
    /// was all); ourselves first. So a driver need not hold its lock while tens of thousands are copied.
    ///
    /// Whoever is known all the time while the slices are taken is in exactly one of them. A node that comes meanwhile may be missing, as if it had
    /// come later; one that is forgotten and comes back may be there twice. Each state is a statement on its own, so that neither does
    /// any harm.
    pub fn local_states_from(
        &self,
        from: StateCursor,
        max: usize,
    ) -> (Vec<NodeState<I, A>>, Option<StateCursor>) {
        // Our own record has the first place, and is alone of interest after we left.
        let left = self.has_left();
        let (records, next) = self.members.slice(from.0, if left { 1 } else { max });
        let states = records
            .filter(|record| !left || record.node.id == self.id)
            .map(|record| NodeState {
                node: record.node.clone(),
                meta: record.meta().clone(),
                incarnation: record.incarnation,
                state: record.state(),
                versions: Some(record.versions()),
                layers: record.layers(),
            })
            .collect();
        (states, next.filter(|_| !left).map(StateCursor))
    }

    /// A peer's push/pull: the answer to our request `id`, or (`None`) a peer's own request, which the driver has already
    /// answered with our states from before the merge.
    ///
    /// All at once. For many states see [`begin_merge`](Endpoint::begin_merge).
    ///
    /// # Errors
    /// If the versions do not fit, or we have left. Nothing was merged then.
    pub fn handle_push_pull(
        &mut self,
        now: Instant,
        id: Option<RequestId>,
        states: Vec<NodeState<I, A>>,
    ) -> Result<(), MergeError> {
        let cancelled = id.is_some_and(|id| !self.requests.contains_key(&id));
        if !cancelled
            && !self.has_left()
            && let Err(error) = self.check_versions(&states)
        {
            self.reject(now, RejectReason::Incompatible, None, None);
            self.merge_failed(now, id, &error);
            return Err(error);
        }
        let Some(mut merge) = self.begin_merge(now, id, states.len())? else { return Ok(()) };
        self.merge_states(now, &mut merge, states);
        self.finish_merge(now, merge)
    }

    /// Begins to merge a peer's push/pull of about so many states, whose versions were checked: the answer to our request `id`, or (`None`) a
    /// peer's own request. Its states are then given to [`merge_states`](Endpoint::merge_states) in slices of any size, and
    /// [`finish_merge`](Endpoint::finish_merge) draws the conclusions: a join has reached its address, a claim is confirmed. Other inputs may
    /// come in between. The outcome is that of [`handle_push_pull`](Endpoint::handle_push_pull).
    ///
    /// A merge may take longer than the request had: what was said in time counts. One that is never finished has merged the statements that were
    /// given, and the request fails when its deadline is over and nothing was merged for as long as `stream_timeout`.
    /// `None`: the request was cancelled in the meantime; there is nothing to merge.
    ///
    /// # Errors
    /// If we have left.
    pub fn begin_merge(
        &mut self,
        now: Instant,
        id: Option<RequestId>,
        states: usize,
    ) -> Result<Option<Merge<I, A>>, MergeError> {
        self.on_heard(now);
        let claimed = match id.map(|id| self.requests.get(&id)) {
            Some(None) => return Ok(None),
            Some(Some(Purpose::Verify { claimed, .. })) => Some(claimed.clone()),
            _ => None,
        };
        if self.has_left() {
            self.merge_failed(now, id, &MergeError::HasLeft);
            return Err(MergeError::HasLeft);
        }
        // Whoever joins alone has nobody to pass the news to: all of it comes from those whom it joins.
        let quiet = id.is_some() && self.others() == 0 && self.requests.len() == 1;
        // Most of them are new to a node that knows hardly anybody yet, and known to all others.
        if states / 2 > self.members.len() {
            self.members.reserve(states.min(self.options.max_members));
        }
        if let Some(id) = id {
            self.merging.insert(id, now);
        }
        Ok(Some(Merge { id, claimed, said_by_itself: None, quiet }))
    }

    /// Some of the states of a push/pull, see [`begin_merge`](Endpoint::begin_merge). Does nothing after we left.
    pub fn merge_states(
        &mut self,
        now: Instant,
        merge: &mut Merge<I, A>,
        states: impl IntoIterator<Item = NodeState<I, A>>,
    ) {
        if self.has_left() {
            return;
        }
        if let Some(last) = merge.id.and_then(|id| self.merging.get_mut(&id)) {
            *last = now;
        }
        self.quiet = merge.quiet;
        // In a large table each look-up waits for memory. Those of a batch don't depend on each other, so they wait together.
        let (mut states, mut batch, mut keys) = (states.into_iter(), Vec::new(), Vec::new());
        loop {
            batch.extend(states.by_ref().take(LOOKED_UP_TOGETHER));
            keys.extend(batch.iter().map(|state: &NodeState<I, A>| self.members.key(&state.node.id)));
            if batch.is_empty() {
                break;
            }
            for (state, key) in batch.drain(..).zip(keys.drain(..)) {
                if merge.claimed.as_ref() == Some(&state.node.id) {
                    merge.said_by_itself = Some(state);
                } else if !self.is_old_news(&state, key) {
                    self.merge(now, state, merge.id.is_some());
                }
            }
        }
        self.quiet = false;
    }

    /// All states of a push/pull were merged.
    ///
    /// # Errors
    /// If we have left meanwhile.
    pub fn finish_merge(&mut self, now: Instant, merge: Merge<I, A>) -> Result<(), MergeError> {
        let Merge { id, said_by_itself, .. } = merge;
        if let Some(id) = id {
            self.merging.remove(&id);
        }
        if self.has_left() {
            self.merge_failed(now, id, &MergeError::HasLeft);
            return Err(MergeError::HasLeft);
        }
        self.stats.push_pulls += 1;
        // If it was cancelled in the meantime, what was merged stays.
        match id.and_then(|id| self.requests.remove(&id)) {
            None | Some(Purpose::Periodic | Purpose::ProbeStream { .. }) => {}
            Some(Purpose::Join { join, address, attempt, started }) => {
                self.on_join_reached(now, join, address, attempt, started);
            }
            Some(Purpose::Heal { address, again, before }) => {
                self.on_healed(now, address, again, before);
            }
            Some(Purpose::Verify { id, .. }) => self.on_claim_confirmed(now, id, said_by_itself),
        }
        Ok(())
    }

    fn merge_failed(&mut self, now: Instant, id: Option<RequestId>, error: &MergeError) {
        match id.and_then(|id| self.requests.remove(&id)) {
            Some(purpose) => {
                self.on_purpose_failed(now, purpose, StreamFailure::MergeRefused(error.to_string()));
            }
            None => self.stats.push_pulls_failed += 1,
        }
    }

    /// Takes over a view that was saved before a restart (from [`local_states`](Endpoint::local_states), before leaving), without passing any
    /// of it on: whoever is in it is probed, and what is out of date is soon corrected by the others.
    ///
    /// # Errors
    /// If the versions do not fit. Nothing was restored then.
    pub fn restore(&mut self, now: Instant, states: Vec<NodeState<I, A>>) -> Result<(), MergeError> {
        self.check_versions(&states)?;
        self.quiet = true;
        for state in states {
            if state.node.id != self.id && !self.is_old_news(&state, None) {
                self.merge(now, state, true);
            }
        }
        self.quiet = false;
        Ok(())
    }

    fn merge(&mut self, now: Instant, state: NodeState<I, A>, asked: bool) {
        let NodeState { node, meta, incarnation, state, versions, layers } = state;
        match state {
            State::Alive => {
                let source = if asked { alive::Source::Asked } else { alive::Source::Hearsay };
                self.on_alive(now, None, Alive { incarnation, node, meta, versions, layers }, source);
            }
            State::Left => {
                let dead = Dead { incarnation, node: node.id.clone(), from: node.id };
                self.on_dead_from(now, None, dead, asked);
            }
            // Never an instant death: whoever is held for dead elsewhere gets the chance to refute here.
            State::Suspect | State::Dead => {
                let suspect = Suspect { incarnation, node: node.id, from: self.id.clone() };
                self.on_suspect(now, None, suspect, suspect::Hearsay::PushPull { state, asked });
            }
            _ => {}
        }
    }

    /// Whether another node is alive exactly as we know it, which nearly every entry of nearly every push/pull says: nothing comes of that.
    /// `key`: where it was a moment ago.
    pub(super) fn is_old_news(&self, state: &NodeState<I, A>, key: Option<MemberKey>) -> bool {
        let known = || {
            // Whoever came or went since then is looked for again.
            key.and_then(|key| self.members.get(key)).or_else(|| self.members.by_id(&state.node.id))
        };
        state.state == State::Alive
            && state.node.id != self.id
            && state.meta.len() <= self.options.max_meta_size
            && known().is_some_and(|record| {
                record.state() == State::Alive
                    && record.incarnation == state.incarnation
                    && record.node.address == state.node.address
                    && Some(record.versions()) == state.versions
                    && record.layers().contains(state.layers)
                    && *record.meta() == state.meta
            })
    }

    /// Checks the versions of a push/pull alone, so that a merge decision is asked about compatible peers only.
    ///
    /// # Errors
    /// Names a node whose spoken version is not within what all live nodes on both sides understand.
    pub fn check_versions(&self, states: &[NodeState<I, A>]) -> Result<(), MergeError> {
        let mut check = VersionCheck::new();
        check.add(states);
        self.add_versions(StateCursor::default(), usize::MAX, &mut check);
        check.finish()
    }

    /// Adds our own side to a check of versions, as much of it as stands in `max` places of the table; gives where to go on (`None`: that
    /// was all).
    pub fn add_versions(
        &self,
        from: StateCursor,
        max: usize,
        check: &mut VersionCheck<I>,
    ) -> Option<StateCursor> {
        let (records, next) = self.members.slice(from.0, max);
        for record in records {
            check.add_one(&record.node.id, record.state(), record.versions());
        }
        next.map(StateCursor)
    }

    /// The ack to our stream ping `id`.
    pub fn handle_stream_ack(&mut self, now: Instant, id: RequestId, ack: &Ack) {
        self.on_heard(now);
        match self.requests.remove(&id) {
            Some(Purpose::ProbeStream { seq }) if seq == ack.seq => {
                self.probe_succeeded(now, seq, Bytes::new(), true);
            }
            Some(Purpose::ProbeStream { .. }) | None => self.stats.stray_acks += 1,
            Some(other) => self.on_purpose_failed(
                now,
                other,
                StreamFailure::Invalid(memberlist_types::DecodeError::Invalid(
                    "reply: an ack to a push/pull",
                )),
            ),
        }
    }

    /// Our request `id` failed, or its deadline passed.
    pub fn handle_stream_failure(&mut self, now: Instant, id: RequestId, failure: StreamFailure) {
        if let Some(purpose) = self.requests.remove(&id) {
            self.on_purpose_failed(now, purpose, failure);
        }
    }

    /// The driver should have reported by now: either it is still merging what was said in time, or its report is lost.
    pub(super) fn on_request_expired(&mut self, now: Instant, id: RequestId) {
        let until = self.merging.get(&id).map(|last| *last + self.options.stream_timeout);
        match until.filter(|until| *until > now && self.requests.contains_key(&id)) {
            Some(until) => {
                self.timers.insert(until, Timer::RequestExpired(id));
            }
            None => {
                self.merging.remove(&id);
                self.handle_stream_failure(now, id, StreamFailure::TimedOut);
            }
        }
    }

    fn on_purpose_failed(&mut self, now: Instant, purpose: Purpose<I, A>, failure: StreamFailure) {
        match purpose {
            // The probe goes on until its own deadline.
            Purpose::ProbeStream { .. } => {}
            Purpose::Periodic | Purpose::Heal { .. } | Purpose::Verify { .. } => {
                self.stats.push_pulls_failed += 1
            }
            Purpose::Join { join, address, attempt, .. } => {
                self.stats.push_pulls_failed += 1;
                self.on_join_failed(now, join, address, attempt, failure);
            }
        }
    }
}
