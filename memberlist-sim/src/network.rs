//! The virtual network: what becomes of a packet between its sender and its receiver.

use crate::{Fate, Loss, NodeIndex, random};
use core::time::Duration;
use memberlist_proto::Instant;
use rand_pcg::Pcg64Mcg;

mod latency;
mod rule;

pub use latency::Latency;
pub use rule::{Flight, Medium, Rule, RuleId, Verdict};

/// How one node reaches another.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// How long a packet is under way.
    pub latency: Latency,
    /// The probability that a packet is lost: 0.0 to 1.0.
    pub loss: f64,
    /// The probability that a packet arrives twice: 0.0 to 1.0.
    pub duplicate: f64,
}

impl Link {
    /// A link of this latency that loses and doubles nothing. Packets overtake each other as far as their latencies differ.
    #[must_use]
    pub const fn new(latency: Latency) -> Self {
        Self { latency, loss: 0.0, duplicate: 0.0 }
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
}

/// The network between all nodes: the link that all use, and rules that interfere.
pub struct Network {
    link: Link,
    rules: Vec<(RuleId, Box<dyn Rule>)>,
    next_rule: u64,
    rng: Pcg64Mcg,
}

impl Network {
    /// A network in which all nodes reach each other over such a link.
    #[must_use]
    pub fn new(link: Link) -> Self {
        Self { link, rules: Vec::new(), next_rule: 0, rng: random::generator(0, "network", 0) }
    }

    /// One local network: 0.2 to 1 ms, no loss.
    #[must_use]
    pub fn lan() -> Self {
        Self::new(Link::new(Latency::uniform(Duration::from_micros(200), Duration::from_millis(1))))
    }

    /// The link that all use.
    pub fn link_mut(&mut self) -> &mut Link {
        &mut self.link
    }

    /// From now on this rule judges everything that is sent, after those before it.
    pub fn add_rule(&mut self, rule: impl Rule + 'static) -> RuleId {
        self.next_rule += 1;
        let id = RuleId(self.next_rule);
        self.rules.push((id, Box::new(rule)));
        id
    }

    /// Takes a rule away; false if it is not there any more.
    pub fn remove_rule(&mut self, id: RuleId) -> bool {
        let before = self.rules.len();
        self.rules.retain(|(other, _)| *other != id);
        self.rules.len() < before
    }

    /// Cuts every way between nodes for which this says so.
    pub fn cut(&mut self, cut: impl Fn(NodeIndex, NodeIndex) -> bool + 'static) -> RuleId {
        self.add_rule(
            move |flight: &Flight<'_>| {
                if cut(flight.from, flight.to) { Verdict::Drop } else { Verdict::Pass }
            },
        )
    }

    pub(crate) fn seed(&mut self, seed: u64) {
        self.rng = random::generator(seed, "network", 0);
    }

    /// What becomes of it; also for segments of streams, which are sent again if they are lost.
    pub(crate) fn transit(&mut self, flight: &Flight<'_>) -> Fate {
        let mut delay = Duration::ZERO;
        let mut twice = false;
        for (_, rule) in &mut self.rules {
            match rule.judge(flight) {
                Verdict::Pass => {}
                Verdict::Drop => return Fate::Lost(Loss::Rule),
                Verdict::Delay(by) => delay += by,
                Verdict::Duplicate => twice = true,
            }
        }
        if random::chance(&mut self.rng, self.link.loss) {
            return Fate::Lost(Loss::Link);
        }
        let at: Instant = flight.at + delay + self.link.latency.draw(&mut self.rng);
        if flight.medium == Medium::Packet && (twice || random::chance(&mut self.rng, self.link.duplicate)) {
            return Fate::Twice(at, flight.at + delay + self.link.latency.draw(&mut self.rng));
        }
        Fate::Arrives(at)
    }
}
