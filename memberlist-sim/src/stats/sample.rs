//! A sample and what it sums up to.

use core::time::Duration;

use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// A sample: finite numbers, kept sorted, so that no result depends on the order in which they came.
///
/// Durations are held in seconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample {
    sorted: Vec<f64>,
    left_out: usize,
}

impl Sample {
    /// The sample of `values`. Values that are not finite have no place on a scale: they are left out and
    /// [counted](Self::left_out).
    pub fn new(values: impl IntoIterator<Item = f64>) -> Self {
        let mut left_out = 0;
        let mut sorted: Vec<f64> = Vec::new();
        for value in values {
            if value.is_finite() {
                // 0.0 and -0.0 are one value; with one sign they sort in one way.
                sorted.push(value + 0.0);
            } else {
                left_out += 1;
            }
        }
        sorted.sort_by(f64::total_cmp);
        Self { sorted, left_out }
    }

    /// The sample of `durations`, in seconds.
    pub fn of_durations(durations: impl IntoIterator<Item = Duration>) -> Self {
        Self::new(durations.into_iter().map(|duration| duration.as_secs_f64()))
    }

    /// The values, ascending.
    pub fn values(&self) -> &[f64] {
        &self.sorted
    }

    /// How many values there are.
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// How many values were not finite and do not count.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// The sum; 0 for an empty sample.
    pub fn sum(&self) -> f64 {
        compensated_sum(self.sorted.iter().copied())
    }

    /// The least value.
    pub fn min(&self) -> Option<f64> {
        self.sorted.first().copied()
    }

    /// The greatest value.
    pub fn max(&self) -> Option<f64> {
        self.sorted.last().copied()
    }

    /// The arithmetic mean.
    pub fn mean(&self) -> Option<f64> {
        let (min, max) = (self.min()?, self.max()?);
        // Rounding must not carry the mean out of the sample.
        Some((self.sum() / self.count() as f64).clamp(min, max))
    }

    /// The standard deviation of the sample (divided by n − 1); `None` for fewer than two values.
    pub fn std_dev(&self) -> Option<f64> {
        if self.count() < 2 {
            return None;
        }
        let mean = self.mean()?;
        let squares = compensated_sum(self.sorted.iter().map(|value| (value - mean) * (value - mean)));
        // What rounding did to the mean is taken out again (the corrected two-pass algorithm).
        let drift = compensated_sum(self.sorted.iter().map(|value| value - mean));
        let n = self.count() as f64;
        Some(libm::sqrt(((squares - drift * drift / n) / (n - 1.0)).max(0.0)))
    }

    /// The median: [`quantile`](Self::quantile) of 0.5.
    pub fn median(&self) -> Option<f64> {
        self.quantile(0.5)
    }

    /// The quantile of `p`, interpolated between the two nearest values (Hyndman and Fan's type 7).
    ///
    /// A `p` under 0 counts as 0, over 1 as 1; NaN gives `None`.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        if p.is_nan() {
            return None;
        }
        let last = self.count().checked_sub(1)?;
        let position = p.clamp(0.0, 1.0) * last as f64;
        // A position a few roundings away from a whole number means that number.
        let nearest = libm::round(position);
        if (position - nearest).abs() <= slack(last) {
            return self.sorted.get(nearest as usize).copied();
        }
        let below = libm::floor(position);
        let (low, high) = (*self.sorted.get(below as usize)?, *self.sorted.get(below as usize + 1)?);
        let share = position - below;
        Some((low * (1.0 - share) + high * share).clamp(low, high))
    }

    /// The quantile of `p` by nearest rank: the smallest value which at least the fraction `p` of the sample does not exceed
    /// (Hyndman and Fan's type 1).
    ///
    /// A `p` under 0 counts as 0 and gives the least value, over 1 as 1; NaN gives `None`.
    pub fn nearest_rank(&self, p: f64) -> Option<f64> {
        if p.is_nan() {
            return None;
        }
        let last = self.count().checked_sub(1)?;
        let rank = libm::ceil(p.clamp(0.0, 1.0) * self.count() as f64 - slack(self.count()));
        self.sorted.get((rank as usize).saturating_sub(1).min(last)).copied()
    }

    /// The figures that a table shows.
    pub fn summary(&self) -> Option<Summary> {
        Some(Summary {
            count: self.count(),
            mean: self.mean()?,
            std_dev: self.std_dev(),
            min: self.min()?,
            median: self.median()?,
            p90: self.nearest_rank(0.9)?,
            p99: self.nearest_rank(0.99)?,
            p999: self.nearest_rank(0.999)?,
            max: self.max()?,
        })
    }
}

impl FromIterator<f64> for Sample {
    fn from_iter<T: IntoIterator<Item = f64>>(values: T) -> Self {
        Self::new(values)
    }
}

impl FromIterator<Duration> for Sample {
    fn from_iter<T: IntoIterator<Item = Duration>>(durations: T) -> Self {
        Self::of_durations(durations)
    }
}

/// The figures of a sample that a table shows, in the unit of the sample (seconds for durations).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// How many values.
    pub count: usize,
    /// The arithmetic mean.
    pub mean: f64,
    /// The standard deviation of the sample; `None` for one value.
    pub std_dev: Option<f64>,
    /// The least value.
    pub min: f64,
    /// The median, interpolated.
    pub median: f64,
    /// The 90th percentile by nearest rank.
    pub p90: f64,
    /// The 99th percentile by nearest rank.
    pub p99: f64,
    /// The 99.9th percentile by nearest rank: the greatest value for fewer than 1,000 values.
    pub p999: f64,
    /// The greatest value.
    pub max: f64,
}

/// How far a product with `count` may be off by rounding alone.
fn slack(count: usize) -> f64 {
    4.0 * f64::EPSILON * count as f64
}

/// The sum with the rounding errors carried along (Neumaier 1974).
fn compensated_sum(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    for value in values {
        let next = sum + value;
        lost += if sum.abs() >= value.abs() { (sum - next) + value } else { (value - next) + sum };
        sum = next;
    }
    // A sum that left the range has no error worth adding (it would be NaN).
    if lost.is_finite() { sum + lost } else { sum }
}
