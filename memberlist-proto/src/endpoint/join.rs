//! Joining: bounded-parallel push/pulls with a result for each address, retry as an option (complaint 11).

use super::*;
use crate::{JoinResult, StreamFailure};

/// How a join goes about its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JoinOptions {
    /// Addresses tried at once, at least 1. Default 8.
    pub parallel: usize,
    /// Attempts for each address, at least 1. Default 1. Only an address that does not answer is tried again; a refusal
    /// is final.
    pub attempts: u32,
    /// First pause between two attempts at one address; doubles each time, with jitter of ± 50 %. Default 500 ms.
    pub backoff: Duration,
    /// Longest pause. Default 10 s.
    pub backoff_max: Duration,
}

impl Default for JoinOptions {
    fn default() -> Self {
        Self {
            parallel: 8,
            attempts: 1,
            backoff: Duration::from_millis(500),
            backoff_max: Duration::from_secs(10),
        }
    }
}

impl JoinOptions {
    /// One attempt for each address, eight addresses at once.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With this many addresses at once.
    #[must_use]
    pub fn with_parallel(mut self, parallel: usize) -> Self {
        self.parallel = parallel;
        self
    }

    /// With this many attempts for each address.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// With these first and longest pauses between attempts.
    #[must_use]
    pub fn with_backoff(mut self, first: Duration, longest: Duration) -> Self {
        (self.backoff, self.backoff_max) = (first, longest);
        self
    }
}

/// A join that is under way.
pub(super) struct Join<A> {
    options: JoinOptions,
    /// Addresses, each with the number of its next attempt.
    waiting: VecDeque<(A, u32)>,
    open: usize,
    pausing: usize,
    reached: usize,
}

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    /// Joins through these addresses: a push/pull with each, up to `options.parallel` at once. Each gives one
    /// [`Event::JoinProgress`]; [`Event::JoinFinished`] ends it. The addresses become seeds of healing.
    ///
    /// # Errors
    /// If there is no address other than our own, or we have left.
    pub fn join(
        &mut self,
        now: Instant,
        seeds: Vec<A>,
        options: JoinOptions,
    ) -> Result<JoinId, CommandError> {
        if self.has_left() {
            return Err(CommandError::HasLeft);
        }
        let own = self.local().node.address;
        let mut waiting = VecDeque::with_capacity(seeds.len());
        for address in seeds {
            if address != own && !waiting.iter().any(|(known, _)| *known == address) {
                waiting.push_back((address, 1));
            }
        }
        if waiting.is_empty() {
            return Err(CommandError::NothingToJoin);
        }
        self.healing.add_seeds(waiting.iter().map(|(address, _)| address));
        let id = JoinId(self.token());
        self.joins.insert(id, Join { options, waiting, open: 0, pausing: 0, reached: 0 });
        self.advance_join(now, id);
        Ok(id)
    }

    /// Stops a join: nothing more is dialled, conversations under way are void, what was reached stays.
    pub fn cancel_join(&mut self, now: Instant, id: JoinId) {
        let Some(join) = self.forget_join(id) else { return };
        self.requests
            .retain(|_, purpose| !matches!(purpose, push_pull::Purpose::Join { join, .. } if *join == id));
        self.emit(Event::JoinFinished { id, reached: join.reached });
        self.arm_healing(now);
    }

    fn advance_join(&mut self, now: Instant, id: JoinId) {
        loop {
            let Some(join) = self.joins.get_mut(&id) else { return };
            if join.open >= join.options.parallel.max(1) {
                return;
            }
            let Some((address, attempt)) = join.waiting.pop_front() else { break };
            join.open += 1;
            self.dial_seed(now, id, address, attempt);
        }
        let done = self.joins.get(&id).is_some_and(|j| j.open == 0 && j.pausing == 0);
        if let Some(join) = done.then(|| self.forget_join(id)).flatten() {
            self.emit(Event::JoinFinished { id, reached: join.reached });
            self.arm_healing(now);
        }
    }

    fn forget_join(&mut self, id: JoinId) -> Option<Join<A>> {
        let join = self.joins.remove(&id)?;
        // Joining happens once; an empty map would keep a kilobyte for the next time.
        if self.joins.is_empty() {
            self.joins = BTreeMap::new();
        }
        Some(join)
    }

    fn dial_seed(&mut self, now: Instant, join: JoinId, address: A, attempt: u32) {
        let deadline = now + self.options.stream_timeout;
        let purpose = push_pull::Purpose::Join { join, address: address.clone(), attempt, started: now };
        self.request(address, deadline, StreamRequestKind::PushPull { join: true }, purpose);
    }

    pub(super) fn on_join_retry(&mut self, now: Instant, id: JoinId, address: A, attempt: u32) {
        let Some(join) = self.joins.get_mut(&id) else { return };
        join.pausing -= 1;
        join.waiting.push_back((address, attempt));
        self.advance_join(now, id);
    }

    pub(super) fn on_join_reached(
        &mut self,
        now: Instant,
        id: JoinId,
        address: A,
        attempts: u32,
        started: Instant,
    ) {
        let Some(join) = self.joins.get_mut(&id) else { return };
        join.open -= 1;
        join.reached += 1;
        let result = JoinResult { address, attempts, outcome: Ok(now.since(started)) };
        self.emit(Event::JoinProgress { id, result });
        self.settle(now);
        self.advance_join(now, id);
    }

    pub(super) fn on_join_failed(
        &mut self,
        now: Instant,
        id: JoinId,
        address: A,
        attempts: u32,
        failure: StreamFailure,
    ) {
        let Some(join) = self.joins.get_mut(&id) else { return };
        join.open -= 1;
        let transient = matches!(failure, StreamFailure::Unreachable(_) | StreamFailure::TimedOut);
        if transient && attempts < join.options.attempts {
            join.pausing += 1;
            let doubled = join.options.backoff.saturating_mul(1 << (attempts - 1).min(16));
            let pause = random::jitter(&mut self.rng, doubled.min(join.options.backoff_max));
            self.timers.insert(now + pause, Timer::JoinRetry(id, address, attempts + 1));
        } else {
            let result = JoinResult { address, attempts, outcome: Err(failure) };
            self.emit(Event::JoinProgress { id, result });
        }
        self.advance_join(now, id);
    }
}
