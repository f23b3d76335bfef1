use crate::{Instant, scale::SuspicionTimeouts};
use alloc::vec::Vec;
use core::time::Duration;

/// A running suspicion: how long it lasts, and who agrees with it.
///
/// It starts at the longest timeout. Each independent confirmation shortens it, logarithmically, down to the
/// shortest one at `k` confirmations (Lifeguard, "local health aware suspicion").
#[derive(Clone, Debug)]
pub(crate) struct Suspicion<I> {
    started: Instant,
    accuser: I,
    confirmed_by: Vec<I>,
    timeouts: SuspicionTimeouts,
}

impl<I: PartialEq + Clone> Suspicion<I> {
    pub(crate) fn new(now: Instant, accuser: I, timeouts: SuspicionTimeouts) -> Self {
        Self { started: now, accuser, confirmed_by: Vec::new(), timeouts }
    }

    /// Somebody else suspects the node, too. Says whether that is new: if so the deadline has moved and the news is worth spreading.
    pub(crate) fn confirm(&mut self, from: &I) -> bool {
        if self.confirmations() >= self.timeouts.k
            || *from == self.accuser
            || self.confirmed_by.contains(from)
        {
            return false;
        }
        self.confirmed_by.push(from.clone());
        true
    }

    /// When the node is to be declared dead; may be past.
    pub(crate) fn deadline(&self) -> Instant {
        self.started + timeout(&self.timeouts, self.confirmations())
    }

    /// The last moment to ask the suspect once more, so that it has this long to answer before the deadline.
    pub(crate) fn last_call(&self, answer: Duration) -> Instant {
        self.started + timeout(&self.timeouts, self.confirmations()).saturating_sub(answer)
    }

    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// Who confirmed, in order of arrival; the accuser is not among them.
    pub(crate) fn confirmed_by(&self) -> &[I] {
        &self.confirmed_by
    }

    /// Whether fewer confirmations came than were hoped for.
    pub(crate) fn is_degraded(&self) -> bool {
        self.confirmations() < self.timeouts.k
    }

    fn confirmations(&self) -> u32 {
        u32::try_from(self.confirmed_by.len()).unwrap_or(u32::MAX)
    }
}

/// How long a suspicion with this many confirmations lasts, in whole milliseconds unless it is a bound.
fn timeout(timeouts: &SuspicionTimeouts, confirmations: u32) -> Duration {
    let SuspicionTimeouts { min, max, k } = *timeouts;
    if confirmations >= k {
        return min;
    }
    if confirmations == 0 {
        return max;
    }
    let fraction = libm::log(f64::from(confirmations) + 1.0) / libm::log(f64::from(k) + 1.0);
    let (min_secs, max_secs) = (min.as_secs_f64(), max.as_secs_f64());
    let millis = 1000.0 * (max_secs - fraction * (max_secs - min_secs));
    Duration::from_millis(millis as u64).max(min).min(max)
}

#[cfg(test)]
mod tests;
