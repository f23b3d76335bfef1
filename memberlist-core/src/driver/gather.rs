//! Nodes that join at the same time are answered together, so that each learns of all the others.
//!
//! A push/pull tells what was known when it was answered. Of a hundred nodes that are started together and join through one, the first would
//! learn of nobody and each of the others of a part, and the rest would take five rounds of gossip, a second. So the answer to who joins waits for a
//! moment, until nobody else comes; then the states of all are merged, and all are answered.

use crate::sync::lock;
use agnostic::RuntimeLite;
use memberlist_proto::Instant;
use memberlist_types::NodeState;
use std::{sync::Mutex, time::Duration};

/// Nobody has joined for so long: the answers can go.
const PAUSE: Duration = Duration::from_millis(20);
/// … where several wait already: then more are likely to come, and on a busy machine not one close behind the other.
const PAUSE_OF_MANY: Duration = Duration::from_millis(50);
/// Nobody waits longer, whoever else comes. A tenth of the stream's deadline if that is less.
const LONGEST: Duration = Duration::from_millis(500);

/// Those who join now and wait for their answer.
pub(crate) struct Gathering<I, A> {
    state: Mutex<State<I, A>>,
    /// How many may wait: each has the place of a stream.
    limit: usize,
    longest: Duration,
}

struct State<I, A> {
    waiting: usize,
    /// When the last one came.
    last: Instant,
    /// What those who wait have said, to be merged.
    said: Vec<Vec<NodeState<I, A>>>,
}

impl<I, A> Gathering<I, A> {
    /// `places`: streams that are served at once; no more than half of them wait here. `deadline`: that of a stream.
    pub(crate) fn new(places: usize, deadline: Duration) -> Self {
        let state = Mutex::new(State { waiting: 0, last: Instant::START, said: Vec::new() });
        Self { state, limit: places / 2, longest: LONGEST.min(deadline / 10) }
    }

    /// Waits until nobody else has joined for a moment (not at all if too many wait already). Then these states are merged, and those of
    /// all who still wait. `now` is the clock that deadlines go by.
    pub(crate) async fn wait<R: RuntimeLite>(
        &self,
        states: Vec<NodeState<I, A>>,
        now: impl Fn() -> Instant,
        merge: impl Fn(Vec<NodeState<I, A>>),
    ) {
        let begin = now();
        let waiting = self.enter(begin, states);
        let latest = begin + if waiting.is_some() { self.longest } else { Duration::ZERO };
        loop {
            let until = lock(&self.state).ready_at().min(latest);
            let left = until.since(now());
            if left.is_zero() {
                break;
            }
            R::sleep(left).await;
        }
        // Under the lock: whoever finds nothing left to merge is answered only when all is merged.
        let mut state = lock(&self.state);
        std::mem::take(&mut state.said).into_iter().for_each(merge);
    }

    /// One more has come; `None`: too many wait to wait as well.
    fn enter(&self, now: Instant, states: Vec<NodeState<I, A>>) -> Option<Waiting<'_, I, A>> {
        let mut state = lock(&self.state);
        state.last = now;
        state.said.push(states);
        if state.waiting >= self.limit {
            return None;
        }
        state.waiting += 1;
        Some(Waiting(self))
    }
}

impl<I, A> State<I, A> {
    /// When the answers can go, if nobody else comes.
    fn ready_at(&self) -> Instant {
        self.last + if self.waiting > 1 { PAUSE_OF_MANY } else { PAUSE }
    }
}

/// One who waits.
struct Waiting<'a, I, A>(&'a Gathering<I, A>);

impl<I, A> Drop for Waiting<'_, I, A> {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.waiting -= 1;
        if state.waiting == 0 {
            // Of one who was given up on: nobody is left to merge it.
            state.said.clear();
        }
    }
}

#[cfg(test)]
mod tests;
