use crate::{Options, time::nanos};
use core::time::Duration;

/// Up to this many nodes push/pulls come at their plain interval.
const PUSH_PULL_UNSCALED: usize = 32;

/// How long a suspicion lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SuspicionTimeouts {
    /// With `k` confirmations.
    pub(crate) min: Duration,
    /// With none.
    pub(crate) max: Duration,
    /// How many confirmations shorten it to `min`; zero: it starts there.
    pub(crate) k: u32,
}

/// The time within which a peer is expected to answer, directly or through others: the probe interval, also of a node that
/// does not probe itself but judges what others tell.
pub(crate) fn protocol_period(options: &Options) -> Duration {
    if options.probe_interval.is_zero() {
        options.probe_timeout.saturating_mul(2)
    } else {
        options.probe_interval
    }
}

/// The bounds of a suspicion in a cluster of `n` nodes, ourselves included.
pub(crate) fn suspicion_timeouts(options: &Options, n: usize) -> SuspicionTimeouts {
    // In thousandths, then in whole nanoseconds; at most 2^32 * 2^15 * 2^64, so 128 bits hold it.
    let scale = (1000.0 * libm::log10(n.max(1) as f64).max(1.0)) as u128;
    let min = u128::from(options.suspicion_mult) * scale * u128::from(nanos(protocol_period(options))) / 1000;
    let min = Duration::from_nanos(u64::try_from(min).unwrap_or(u64::MAX));
    let max = min.saturating_mul(options.suspicion_max_timeout_mult.max(1));
    let k = options.suspicion_mult.saturating_sub(2);
    // A cluster too small to bring that many confirmations does not wait for them.
    let k = if n.saturating_sub(2) < k as usize { 0 } else { k };
    SuspicionTimeouts { min, max, k }
}

/// How often a broadcast is handed out in a cluster of `n` nodes: `mult` times the number of digits of `n`; at least once.
pub(crate) fn retransmit_limit(mult: u32, n: usize) -> u32 {
    // The least c for which 10^c >= n + 1, that is 10^c > n.
    let digits = n.checked_ilog10().map_or(0, |log| log + 1);
    mult.saturating_mul(digits).max(1)
}

/// The interval of push/pulls in a cluster of `n` nodes: once more for each doubling beyond 32.
pub(crate) fn push_pull_scale(interval: Duration, n: usize) -> Duration {
    if n <= PUSH_PULL_UNSCALED {
        return interval;
    }
    let doublings = (n - 1).ilog2() + 1 - PUSH_PULL_UNSCALED.ilog2();
    interval.saturating_mul(doublings + 1)
}

#[cfg(test)]
mod tests;
