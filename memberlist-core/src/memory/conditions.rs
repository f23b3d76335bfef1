use std::{ops::Range, time::Duration};

/// How a way between two nodes treats packets. Streams suffer the delay, too, but lose nothing.
///
/// ```
/// use memberlist_core::memory::Conditions;
/// use std::time::Duration;
/// let bad = Conditions::perfect().with_loss(0.2).with_delay(Duration::from_millis(5)..Duration::from_millis(20));
/// # let _ = bad;
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Conditions {
    /// Probability that a packet is lost, 0 to 1. Default 0.
    pub loss: f64,
    /// Probability that a packet arrives twice, 0 to 1. Default 0.
    pub duplication: f64,
    /// Probability that a packet is held back for up to twice the longest delay (or 10 ms), so that others overtake it, 0 to 1. Default 0.
    pub reordering: f64,
    /// Delay of each packet and stream, drawn evenly. Default none.
    pub delay: Range<Duration>,
}

impl Conditions {
    /// Nothing is lost, nothing takes time.
    #[must_use]
    pub const fn perfect() -> Self {
        Self { loss: 0.0, duplication: 0.0, reordering: 0.0, delay: Duration::ZERO..Duration::ZERO }
    }

    /// With this probability of loss.
    #[must_use]
    pub const fn with_loss(mut self, probability: f64) -> Self {
        self.loss = probability;
        self
    }

    /// With this probability of duplication.
    #[must_use]
    pub const fn with_duplication(mut self, probability: f64) -> Self {
        self.duplication = probability;
        self
    }

    /// With this probability of being overtaken.
    #[must_use]
    pub const fn with_reordering(mut self, probability: f64) -> Self {
        self.reordering = probability;
        self
    }

    /// With a delay drawn from this range.
    #[must_use]
    pub const fn with_delay(mut self, delay: Range<Duration>) -> Self {
        self.delay = delay;
        self
    }
}

impl Default for Conditions {
    fn default() -> Self {
        Self::perfect()
    }
}
