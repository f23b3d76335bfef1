//! Confidence intervals: how far a figure of a sample may be from the truth.

use super::{
    Sample,
    special::{beta_quantile, binomial_at_most, normal_quantile, student_two_sided},
};
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// An interval that holds the true value with the asked confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end; infinite (`null` in JSON) where the data give no upper bound.
    #[serde(with = "unbounded")]
    pub high: f64,
}

impl Interval {
    /// The interval from `low` to `high`.
    pub const fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    /// Whether `value` lies within, the ends included.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Whether both intervals share a value.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

/// The confidence interval of the mean of `sample`, by Student's t distribution: exact for normally distributed values, and good
/// for others from some dozens of values on.
///
/// `level` is the confidence, within (0, 1): 0.95 is usual. `None` for fewer than two values, or another level.
pub fn mean_interval(sample: &Sample, level: f64) -> Option<Interval> {
    mean_interval_of(sample.mean()?, sample.std_dev()?, sample.count(), level)
}

/// [`mean_interval`] for `count` values of which mean and standard deviation are known.
pub fn mean_interval_of(mean: f64, std_dev: f64, count: usize, level: f64) -> Option<Interval> {
    let alpha = alpha(level)?;
    if count < 2 || !mean.is_finite() || std_dev.is_nan() || std_dev < 0.0 {
        return None;
    }
    let n = count as f64;
    let half = student_two_sided(alpha, n - 1.0) * std_dev / libm::sqrt(n);
    Some(Interval::new(mean - half, mean + half))
}

/// The confidence interval of a proportion of which `hits` of `trials` are known, after Wilson (*Probable inference, the law of
/// succession, and statistical inference*, 1927), without continuity correction. Also good for small numbers and near 0 and 1.
///
/// For no hit at all, prefer [`rule_of_three`]: its bound is exact. `None` for no trial, more hits than trials, or a level outside of (0, 1).
pub fn proportion_interval(hits: u64, trials: u64, level: f64) -> Option<Interval> {
    let alpha = alpha(level)?;
    if trials == 0 || hits > trials {
        return None;
    }
    let (n, p) = (trials as f64, hits as f64 / trials as f64);
    let z = normal_quantile(1.0 - alpha / 2.0);
    let scale = 1.0 + z * z / n;
    let centre = (p + z * z / (2.0 * n)) / scale;
    let half = z * libm::sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n)) / scale;
    // At the ends the formula gives 0 and 1 but for rounding.
    let low = if hits == 0 { 0.0 } else { (centre - half).clamp(0.0, p) };
    let high = if hits == trials { 1.0 } else { (centre + half).clamp(p, 1.0) };
    Some(Interval::new(low, high))
}

/// The greatest probability that an event may have of which `trials` trials showed none: 1 − (1 − level)^(1/n), which is about 3/n at a
/// level of 0.95 (Hanley and Lippman-Hand, *If nothing goes wrong, is everything all right?*, 1983).
///
/// `None` for no trial, or a level outside of (0, 1).
pub fn rule_of_three(trials: u64, level: f64) -> Option<f64> {
    let alpha = alpha(level)?;
    if trials == 0 { None } else { Some(-libm::expm1(libm::log(alpha) / trials as f64)) }
}

/// The confidence interval of the quantile of `p`, from two values of the sample by their rank. It assumes nothing of the
/// distribution, and holds the truth with *at least* the level asked for (Hahn and Meeker, *Statistical Intervals*, 5.2).
///
/// `None` if the sample is too small for it (a tail needs many values: the 99.9th percentile about 3,700 at 0.95), or `p` or the level lies
/// outside of (0, 1).
pub fn quantile_interval(sample: &Sample, p: f64, level: f64) -> Option<Interval> {
    let alpha = alpha(level)?;
    let n = sample.count() as u64;
    if !(p > 0.0 && p < 1.0) || n == 0 {
        return None;
    }
    // The number of values at or below the true quantile is binomial. The lower end is the value of the greatest rank l that has P(fewer
    // than l) ≤ α/2, the upper end that of the least rank u that has P(at least u) ≤ α/2.
    let too_few = |rank: u64| binomial_at_most(rank - 1, n, p) <= alpha / 2.0;
    let enough = |rank: u64| binomial_at_most(rank - 1, n, p) >= 1.0 - alpha / 2.0;
    let lower = first_rank(n, |rank| !too_few(rank)).checked_sub(1).filter(|rank| *rank >= 1)?;
    let upper = Some(first_rank(n, enough)).filter(|rank| *rank <= n)?;
    let value = |rank: u64| sample.values().get(rank as usize - 1).copied();
    Some(Interval::new(value(lower)?, value(upper)?))
}

/// The confidence interval of the ratio of two rates, of which `first` events in `first_exposure` and `second` events in
/// `second_exposure` were counted (exposures in any unit that is common to both: runs, hours, node-hours). Exact, given the sum of both
/// counts (Przyborowski and Wilenski, *Homogeneity of results in testing samples from Poisson series*, 1940).
///
/// The upper end is infinite if `second` is 0. `None` if both are 0, an exposure is not positive, or the level is outside of (0, 1).
pub fn rate_ratio_interval(
    first: u64,
    first_exposure: f64,
    second: u64,
    second_exposure: f64,
    level: f64,
) -> Option<Interval> {
    let alpha = alpha(level)?;
    let scale = second_exposure / first_exposure;
    let exposed = first_exposure > 0.0 && second_exposure > 0.0 && scale.is_finite() && scale > 0.0;
    if !exposed || (first == 0 && second == 0) {
        return None;
    }
    let (a, b) = (first as f64, second as f64);
    // The share of the first among all events is binomial (bounds of Clopper and Pearson). The odds of a share are taken from
    // both sides, since the difference to 1 would lose the digits of a share near 1.
    let odds = |x: f64, y: f64, p: f64| beta_quantile(x, y, p) / beta_quantile(y, x, 1.0 - p);
    let low = if first == 0 { 0.0 } else { odds(a, b + 1.0, alpha / 2.0) };
    let high = if second == 0 { f64::INFINITY } else { odds(a + 1.0, b, 1.0 - alpha / 2.0) };
    Some(Interval::new(low * scale, high * scale))
}

fn alpha(level: f64) -> Option<f64> {
    if level > 0.0 && level < 1.0 { Some(1.0 - level) } else { None }
}

/// The least rank of 1 to `n` for which `holds`, or n + 1; it must hold from some rank on.
fn first_rank(n: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (1, n + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

/// JSON knows no infinity: it stands there as null.
mod unbounded {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref)] // Asked for by serde.
    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        value.is_finite().then_some(*value).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
    }
}
