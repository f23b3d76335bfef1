use super::{Bandwidth, InvalidField, Latency, validate};
use crate::random;
use core::time::Duration;
use memberlist_proto::Instant;
use rand_core::Rng;

/// How one node reaches another.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// How long a packet is under way.
    pub latency: Latency,
    /// The probability that a packet is lost: 0.0 to 1.0.
    pub loss: f64,
    /// The probability that a packet arrives twice: 0.0 to 1.0.
    pub duplicate: f64,
    /// Packets that are held up, so that later ones overtake them. Default: none, besides those whose latencies differ.
    pub reorder: Option<Reorder>,
    /// Times in which more is lost than otherwise. Default: none.
    pub burst: Option<Burst>,
    /// How much goes through it, by all together that use it. Default: any amount.
    pub bandwidth: Option<Bandwidth>,
}

/// Packets that are held up: later ones overtake them.
#[derive(Clone, Debug, PartialEq)]
pub struct Reorder {
    /// The probability that a packet is held up: 0.0 to 1.0.
    pub probability: f64,
    /// For how long, beyond its latency.
    pub delay: Latency,
}

/// Losses in bursts: the link is good and bad in turns, each for an exponentially distributed time, as in the model of Gilbert and Elliott
/// (1960, 1963). While it is bad, packets are lost with another probability. All that use the link see the same turns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burst {
    /// How long it is good, on average. More than 0.
    pub good: Duration,
    /// How long it is bad, on average. More than 0.
    pub bad: Duration,
    /// The probability of loss while it is bad: 0.0 to 1.0.
    pub loss: f64,
}

impl Link {
    /// A link of this latency that loses and doubles nothing. Packets overtake each other as far as their latencies differ.
    #[must_use]
    pub const fn new(latency: Latency) -> Self {
        Self { latency, loss: 0.0, duplicate: 0.0, reorder: None, burst: None, bandwidth: None }
    }

    /// With this probability of loss.
    #[must_use]
    pub const fn with_loss(mut self, loss: f64) -> Self {
        self.loss = loss;
        self
    }

    /// With this probability that a packet arrives twice.
    #[must_use]
    pub const fn with_duplicate(mut self, duplicate: f64) -> Self {
        self.duplicate = duplicate;
        self
    }

    /// With this probability that a packet is held up for so much longer, so that later ones overtake it.
    #[must_use]
    pub fn with_reorder(mut self, probability: f64, delay: Latency) -> Self {
        self.reorder = Some(Reorder { probability, delay });
        self
    }

    /// With bursts of loss.
    #[must_use]
    pub const fn with_burst(mut self, burst: Burst) -> Self {
        self.burst = Some(burst);
        self
    }

    /// With a limit to what goes through it.
    #[must_use]
    pub const fn with_bandwidth(mut self, bandwidth: Bandwidth) -> Self {
        self.bandwidth = Some(bandwidth);
        self
    }

    /// Whether all of it is possible.
    ///
    /// # Errors
    /// Names the first field that has a value which it can't have.
    pub fn validate(&self) -> Result<(), InvalidField> {
        self.latency.validate().map_err(|error| error.within("latency"))?;
        validate::probability("loss", self.loss)?;
        validate::probability("duplicate", self.duplicate)?;
        if let Some(reorder) = &self.reorder {
            let valid = validate::probability("probability", reorder.probability);
            valid
                .and_then(|()| reorder.delay.validate().map_err(|error| error.within("delay")))
                .map_err(|error| error.within("reorder"))?;
        }
        if let Some(burst) = &self.burst {
            burst.validate().map_err(|error| error.within("burst"))?;
        }
        if let Some(bandwidth) = &self.bandwidth {
            bandwidth.validate().map_err(|error| error.within("bandwidth"))?;
        }
        Ok(())
    }

    /// How long something is under way.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> Duration {
        let latency = self.latency.draw(rng);
        match &self.reorder {
            Some(reorder) if random::chance(rng, reorder.probability) => latency + reorder.delay.draw(rng),
            _ => latency,
        }
    }
}

impl Burst {
    /// The part of the time in which it is bad.
    #[must_use]
    pub fn share(&self) -> f64 {
        let (good, bad) = (self.good.as_nanos() as f64, self.bad.as_nanos() as f64);
        bad / (good + bad)
    }

    fn validate(&self) -> Result<(), InvalidField> {
        validate::positive_time("good", self.good)?;
        validate::time("good", self.good)?;
        validate::positive_time("bad", self.bad)?;
        validate::time("bad", self.bad)?;
        validate::probability("loss", self.loss)
    }
}

/// After so many rounds of good and bad nobody can tell any more where it began.
const FORGOTTEN_AFTER: u32 = 32;

/// Where a link stands between good and bad.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turns {
    bad: bool,
    until: Option<Instant>,
}

impl Turns {
    /// Whether the link is bad at this time (which does not go back).
    pub(super) fn is_bad(&mut self, burst: &Burst, at: Instant, rng: &mut impl Rng) -> bool {
        let forgotten = (burst.good.saturating_add(burst.bad)).saturating_mul(FORGOTTEN_AFTER);
        let mut until = match self.until {
            Some(until) if at.since(until) < forgotten => until,
            // The beginning, or long ago: as likely as on average, and memoryless.
            _ => {
                self.bad = random::chance(rng, burst.share());
                at + self.lasts(burst, rng)
            }
        };
        while until <= at {
            self.bad = !self.bad;
            until += self.lasts(burst, rng);
        }
        self.until = Some(until);
        self.bad
    }

    fn lasts(self, burst: &Burst, rng: &mut impl Rng) -> Duration {
        let mean = if self.bad { burst.bad } else { burst.good };
        Latency::exponential(Duration::from_nanos(1), mean).draw(rng)
    }
}
