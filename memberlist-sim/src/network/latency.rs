use crate::random;
use core::time::Duration;
use rand_core::Rng;

/// How long packets are under way.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Latency {
    /// Always as long.
    Constant(Duration),
    /// Any time from the first to the second is as likely.
    Uniform(Duration, Duration),
}

impl Latency {
    /// Any time from `low` to `high`.
    #[must_use]
    pub const fn uniform(low: Duration, high: Duration) -> Self {
        Self::Uniform(low, high)
    }

    pub(crate) fn draw(&self, rng: &mut impl Rng) -> Duration {
        match self {
            Self::Constant(time) => *time,
            Self::Uniform(low, high) => {
                let span = u64::try_from(high.saturating_sub(*low).as_nanos()).unwrap_or(u64::MAX);
                *low + Duration::from_nanos(random::below(rng, span.saturating_add(1)))
            }
        }
    }
}
