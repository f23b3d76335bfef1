//! How soon a crash is found, and how often the living are suspected.

use core::time::Duration;

use super::{Formulas, seconds};

/// The detection model divides a suspicion into this many steps at most; no sensible options have as many.
const MAX_CONFIRMATIONS: u32 = 64;

impl Formulas {
    /// How long a suspicion lasts at least (with enough confirmations) and at most (with none):
    /// min = α · max(1, log₁₀ n) · probe interval, max = β · min.
    pub fn suspicion(&self) -> (Duration, Duration) {
        let (min, max) = self.suspicion_seconds();
        (seconds(min), seconds(max))
    }

    fn suspicion_seconds(&self) -> (f64, f64) {
        let period = self.period().unwrap_or(2.0 * self.options.probe_timeout.as_secs_f64());
        let min = f64::from(self.options.suspicion_mult) * libm::log10(self.n()).max(1.0) * period;
        (min, min * f64::from(self.options.suspicion_max_timeout_mult.max(1)))
    }

    /// How many independent confirmations shorten a suspicion to its least: α − 2, and none in a cluster too small to bring them.
    pub fn confirmations(&self) -> u32 {
        let asked = self.confirmations.unwrap_or(self.options.suspicion_mult.saturating_sub(2));
        if self.nodes.saturating_sub(2) < asked as usize { 0 } else { asked }
    }

    /// How long a suspicion lasts that has been confirmed `confirmations` times:
    /// max − (max − min) · ln(c + 1) / ln(k + 1), but not less than min.
    pub fn suspicion_after(&self, confirmations: u32) -> Duration {
        seconds(self.timeout(confirmations))
    }

    fn timeout(&self, confirmations: u32) -> f64 {
        let ((min, max), k) = (self.suspicion_seconds(), self.confirmations());
        if confirmations >= k {
            return min;
        }
        let part = libm::log(f64::from(confirmations) + 1.0) / libm::log(f64::from(k) + 1.0);
        max - part * (max - min)
    }

    /// The mean time from a crash to the first probe that will fail, in a cluster that picks the targets at random:
    /// T / (1 − (1 − 1/n)^(n−1)), which is e/(e−1) = 1.58 T for many nodes (SWIM, section 3.1).
    ///
    /// `None` if nobody probes, or nobody is left to.
    pub fn first_failed_probe(&self) -> Option<Duration> {
        let observers = self.observers()?;
        let chosen = 1.0 - libm::pow(1.0 - 1.0 / self.n(), observers);
        Some(seconds(self.period()? / chosen))
    }

    /// The longest that one given observer may take until it probes a given member: 2n − 1 periods with round-robin probing
    /// (SWIM, section 4.3).
    pub fn longest_wait(&self) -> Option<Duration> {
        Some(seconds((2.0 * self.n() - 1.0) * self.period()?))
    }

    /// The time from a crash to its first detection that is not exceeded with probability `p`, for `p` within (0, 1).
    ///
    /// The model: each of the n − 1 observers reaches the crashed node once within its pass of n − 1 periods, at a time that is
    /// independent of the others. The first to reach it suspects it one probe interval later. Each further one confirms, and news of
    /// that takes no time. The suspicion ends as soon as it has lasted
    /// as long as one of so many confirmations may ([`suspicion_after`](Self::suspicion_after)).
    ///
    /// `None` if nobody probes, or nobody is left to.
    pub fn first_detection(&self, p: f64) -> Option<Duration> {
        let (period, observers) = (self.period()?, self.observers()?);
        if !(p > 0.0 && p < 1.0) {
            return None;
        }
        let timeouts: Vec<f64> =
            (0..=self.confirmations().min(MAX_CONFIRMATIONS)).map(|count| self.timeout(count)).collect();
        let model = Model { period, observers, timeouts };
        let (mut low, mut high) = (0.0, model.longest());
        for _ in 0..60 {
            let middle = low + (high - low) / 2.0;
            if model.found_within(middle) < p { low = middle } else { high = middle }
        }
        Some(seconds(period + high))
    }

    /// The time from a crash until everybody knows that is not exceeded in half of the cases: the median
    /// [`first_detection`](Self::first_detection), and a [dissemination](Self::time_to_all) after it.
    pub fn full_detection(&self) -> Option<Duration> {
        Some(self.first_detection(0.5)?.saturating_add(self.time_to_all()?))
    }

    /// The probability that a given living member is suspected by somebody within one probe interval for lost packets alone
    /// (SWIM, section 3.1): q·(1 − s²)·(1 − q·s⁴)^k · e^q/(e^q − 1), with q the share of nodes that live, s that of packets that arrive, and k
    /// the number of indirect checks.
    ///
    /// The fallback on a stream is not in it: where streams work, there are fewer.
    pub fn wrong_suspicions(&self) -> f64 {
        let (living, arrive) = (1.0 - self.failed, 1.0 - self.loss);
        if living <= 0.0 {
            return 0.0;
        }
        let helpers = self.options.indirect_checks.min(self.nodes.saturating_sub(2)) as f64;
        let direct = 1.0 - arrive * arrive;
        let indirect = libm::pow(1.0 - living * libm::pow(arrive, 4.0), helpers);
        (living * direct * indirect / -libm::expm1(-living)).min(1.0)
    }

    /// How many could notice that a node has crashed.
    fn observers(&self) -> Option<f64> {
        let observers = libm::round((self.n() - 1.0) * (1.0 - self.failed));
        (observers >= 1.0).then_some(observers)
    }
}

/// The distribution of the time from a crash to its detection, less the probe interval that the failing probe takes.
struct Model {
    period: f64,
    observers: f64,
    /// How long a suspicion lasts with 0, 1, … confirmations; descending.
    timeouts: Vec<f64>,
}

impl Model {
    fn longest(&self) -> f64 {
        self.pass() + self.timeouts.first().copied().unwrap_or(0.0)
    }

    /// How long an observer takes to probe everybody once.
    fn pass(&self) -> f64 {
        self.observers * self.period
    }

    /// The probability that somebody has reached the crashed node within `time`.
    fn reached(&self, time: f64) -> f64 {
        1.0 - libm::pow(1.0 - (time / self.pass()).clamp(0.0, 1.0), self.observers)
    }

    /// The density of that probability.
    fn density(&self, time: f64) -> f64 {
        if time < 0.0 || time > self.pass() {
            return 0.0;
        }
        libm::pow(1.0 - time / self.pass(), self.observers - 1.0) / self.period
    }

    /// The probability that at least `count` confirmations come within `time` after the first observer, who came at `first`: the others come at
    /// uniform times of what is left of the pass.
    fn confirmed(&self, count: usize, time: f64, first: f64) -> f64 {
        let (others, share) = (self.observers - 1.0, time / (self.pass() - first));
        if share.is_nan() || share >= 1.0 {
            return if others >= count as f64 { 1.0 } else { 0.0 };
        }
        let mut term = libm::exp(others * libm::log1p(-share));
        let mut fewer = 0.0;
        for index in 0..count {
            fewer += term;
            term *= (others - index as f64).max(0.0) / (index as f64 + 1.0) * share / (1.0 - share);
        }
        (1.0 - fewer).max(0.0)
    }

    /// The probability that the crash is found within `time`. A suspicion that has lasted x ends if it has the least number of
    /// confirmations that allow x; between two timeouts that number is the same, and the integral is taken there.
    fn found_within(&self, time: f64) -> f64 {
        let unconfirmed = self.timeouts.first().copied().unwrap_or(0.0);
        let mut found = self.reached(time - unconfirmed);
        for (index, pair) in self.timeouts.windows(2).enumerate() {
            let [to, from] = pair else { continue };
            // Before the first observer could have reached it, there is nothing to integrate.
            let (from, to) = (from.max(time - self.pass()), to.min(time));
            if from < to {
                found +=
                    simpson(from, to, |x| self.confirmed(index + 1, x, time - x) * self.density(time - x));
            }
        }
        found.min(1.0)
    }
}

/// The integral of `f` from `from` to `to`, by Simpson's rule.
fn simpson(from: f64, to: f64, f: impl Fn(f64) -> f64) -> f64 {
    const STEPS: u32 = 128;
    let step = (to - from) / f64::from(STEPS);
    let inner: f64 = (1..STEPS)
        .map(|index| if index % 2 == 1 { 4.0 } else { 2.0 } * f(from + step * f64::from(index)))
        .sum();
    (f(from) + inner + f(to)) * step / 3.0
}
