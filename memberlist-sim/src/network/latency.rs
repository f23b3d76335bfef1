use super::{InvalidField, Problem, validate};
use crate::random;
use core::time::Duration;
use rand_core::Rng;

/// How long packets are under way: a distribution of times.
///
/// All of them are drawn with arithmetic that is the same on every machine. No draw is longer than [`Latency::LONGEST`].
///
/// ```
/// use memberlist_sim::Latency;
/// use std::time::Duration;
///
/// let ocean = Latency::log_normal(Duration::from_millis(80), Duration::from_millis(300));
/// assert_eq!(ocean.median(), Duration::from_millis(80));
/// assert!(ocean.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Latency {
    /// Always as long.
    Constant(Duration),
    /// Any time from the first to the second is as likely.
    Uniform(Duration, Duration),
    /// A bell curve; what would be less than no time takes no time.
    Normal {
        /// Its mean.
        mean: Duration,
        /// Its standard deviation.
        deviation: Duration,
    },
    /// The logarithm of the time is a bell curve: most packets take about the median, a few much longer. What measured paths look like.
    LogNormal {
        /// Half of the packets take at most this long.
        median: Duration,
        /// The standard deviation of the natural logarithm: 0 is constant, 0.5 gives a 99th percentile of 3.2 medians.
        sigma: f64,
    },
    /// A base that all take, and an exponential tail on top.
    Exponential {
        /// What all take.
        base: Duration,
        /// The mean of what comes on top.
        mean: Duration,
    },
    /// A base that all take, and a heavy tail on top (the Pareto distribution of the second kind, of Lomax): now and then one takes very long.
    Pareto {
        /// What all take.
        base: Duration,
        /// The scale of what comes on top: its mean is `scale / (shape - 1)`.
        scale: Duration,
        /// How fast the tail falls: more than 0; up to 1 it has no mean, up to 2 no variance.
        shape: f64,
    },
    /// Measured quantiles: pairs of a probability and the time that this part of the packets takes at most, both ascending, from
    /// 0.0 to 1.0. In between times are interpolated.
    Table(Vec<(f64, Duration)>),
}

/// The 99th percentile of the standard normal distribution.
const Z99: f64 = 2.326_347_874_040_841;

impl Latency {
    /// No draw is longer: one hour.
    pub const LONGEST: Duration = Duration::from_secs(3600);

    /// Any time from `low` to `high`.
    #[must_use]
    pub const fn uniform(low: Duration, high: Duration) -> Self {
        Self::Uniform(low, high)
    }

    /// A bell curve around `mean`.
    #[must_use]
    pub const fn normal(mean: Duration, deviation: Duration) -> Self {
        Self::Normal { mean, deviation }
    }

    /// The log-normal distribution with this median and this 99th percentile (at least the median; less counts as the median).
    #[must_use]
    pub fn log_normal(median: Duration, p99: Duration) -> Self {
        let ratio = nanos(p99) / nanos(median);
        let sigma = if ratio > 1.0 { libm::log(ratio) / Z99 } else { 0.0 };
        Self::LogNormal { median, sigma }
    }

    /// A base, and on top an exponential tail of this mean.
    #[must_use]
    pub const fn exponential(base: Duration, mean: Duration) -> Self {
        Self::Exponential { base, mean }
    }

    /// A base, and on top a heavy tail.
    #[must_use]
    pub const fn pareto(base: Duration, scale: Duration, shape: f64) -> Self {
        Self::Pareto { base, scale, shape }
    }

    /// Half of the packets take at most this long.
    #[must_use]
    pub fn median(&self) -> Duration {
        match self {
            Self::Constant(time) => *time,
            Self::Uniform(low, high) => *low + high.saturating_sub(*low) / 2,
            Self::Normal { mean, .. } => *mean,
            Self::LogNormal { median, .. } => *median,
            Self::Exponential { base, mean } => plus(*base, nanos(*mean) * core::f64::consts::LN_2),
            Self::Pareto { base, scale, shape } => {
                plus(*base, nanos(*scale) * (libm::exp2(1.0 / shape) - 1.0))
            }
            Self::Table(table) => interpolated(table, 0.5),
        }
        .min(Self::LONGEST)
    }

    /// Whether packets can be drawn from it as described.
    ///
    /// # Errors
    /// If a time is longer than [`LONGEST`](Self::LONGEST), a parameter is not a number of its range, or a pair is out of order; names the field.
    pub fn validate(&self) -> Result<(), InvalidField> {
        match self {
            Self::Constant(time) => validate::time("constant", *time),
            Self::Uniform(low, high) => {
                validate::time("high", *high)?;
                if low > high { Err(InvalidField::new("low", Problem::MoreThan("high"))) } else { Ok(()) }
            }
            Self::Normal { mean, deviation } => {
                validate::time("mean", *mean)?;
                validate::time("deviation", *deviation)
            }
            Self::LogNormal { median, sigma } => {
                validate::time("median", *median)?;
                validate::positive_time("median", *median)?;
                validate::range("sigma", *sigma, 0.0, 10.0)
            }
            Self::Exponential { base, mean } => {
                validate::time("base", *base)?;
                validate::time("mean", *mean)
            }
            Self::Pareto { base, scale, shape } => {
                validate::time("base", *base)?;
                validate::time("scale", *scale)?;
                validate::range("shape", *shape, 0.1, 1000.0)
            }
            Self::Table(table) => validate_table(table),
        }
    }

    pub(crate) fn draw(&self, rng: &mut impl Rng) -> Duration {
        match self {
            Self::Constant(time) => (*time).min(Self::LONGEST),
            Self::Uniform(low, high) => {
                let span = u64::try_from(high.saturating_sub(*low).as_nanos()).unwrap_or(u64::MAX);
                (*low + Duration::from_nanos(random::below(rng, span.saturating_add(1)))).min(Self::LONGEST)
            }
            Self::Normal { mean, deviation } => {
                duration(nanos(*mean) + nanos(*deviation) * random::standard_normal(rng))
            }
            Self::LogNormal { median, sigma } => {
                duration(nanos(*median) * libm::exp(sigma * random::standard_normal(rng)))
            }
            Self::Exponential { base, mean } => plus(*base, nanos(*mean) * random::standard_exponential(rng)),
            Self::Pareto { base, scale, shape } => {
                let tail = libm::exp(random::standard_exponential(rng) / shape) - 1.0;
                plus(*base, nanos(*scale) * tail)
            }
            Self::Table(table) => interpolated(table, random::unit(rng)),
        }
    }
}

fn validate_table(table: &[(f64, Duration)]) -> Result<(), InvalidField> {
    let (Some((first, _)), Some((last, _))) = (table.first(), table.last()) else {
        return Err(InvalidField::new("table", Problem::Empty));
    };
    if *first != 0.0 || *last != 1.0 {
        return Err(InvalidField::new("table", Problem::Ends));
    }
    let ascending = table.is_sorted_by(|(p, a), (q, b)| p < q && a <= b);
    if !ascending {
        return Err(InvalidField::new("table", Problem::NotAscending));
    }
    table.iter().try_for_each(|(_, time)| validate::time("table", *time))
}

fn interpolated(table: &[(f64, Duration)], quantile: f64) -> Duration {
    let after = table.partition_point(|(p, _)| *p <= quantile);
    let below = after.checked_sub(1).and_then(|place| table.get(place));
    match (below, table.get(after)) {
        (Some((p, low)), Some((q, high))) => {
            let part = (quantile - p) / (q - p);
            duration(nanos(*low) + (nanos(*high) - nanos(*low)) * part)
        }
        (Some((_, time)), None) | (None, Some((_, time))) => (*time).min(Latency::LONGEST),
        (None, None) => Duration::ZERO,
    }
}

fn nanos(time: Duration) -> f64 {
    time.as_nanos() as f64
}

fn plus(base: Duration, tail: f64) -> Duration {
    base.saturating_add(duration(tail)).min(Latency::LONGEST)
}

/// Less than nothing, and what is no number, is no time.
fn duration(nanos: f64) -> Duration {
    Duration::from_nanos(nanos as u64).min(Latency::LONGEST)
}

#[cfg(test)]
mod tests;
