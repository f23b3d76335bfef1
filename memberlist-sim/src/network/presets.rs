use super::{Burst, Latency, Link, Network, Zone};
use core::time::Duration;

const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

impl Link {
    /// Within one local network: 0.2 to 1 ms, no loss.
    #[must_use]
    pub const fn lan() -> Self {
        Self::new(Latency::uniform(Duration::from_micros(200), millis(1)))
    }

    /// Between cities: log-normal, median 40 ms, 99th percentile 100 ms; one packet of a thousand is lost.
    #[must_use]
    pub fn wan() -> Self {
        Self::new(Latency::log_normal(millis(40), millis(100))).with_loss(0.001)
    }

    /// Between continents, over lines that are none too good: median 90 ms, 99th percentile 400 ms; 2 % are lost at most times and half of all
    /// in bursts of 300 ms on average every 15 s; 1 % are held up for 20 to 100 ms, and 0.1 % arrive twice.
    #[must_use]
    pub fn lossy_wan() -> Self {
        Self::new(Latency::log_normal(millis(90), millis(400)))
            .with_loss(0.02)
            .with_burst(Burst { good: millis(15_000), bad: millis(300), loss: 0.5 })
            .with_reorder(0.01, Latency::uniform(millis(20), millis(100)))
            .with_duplicate(0.001)
    }
}

impl Network {
    /// One local network: 0.2 to 1 ms, no loss ([`Link::lan`]).
    #[must_use]
    pub fn lan() -> Self {
        Self::new(Link::lan())
    }

    /// All nodes in different cities ([`Link::wan`]).
    #[must_use]
    pub fn wan() -> Self {
        Self::new(Link::wan())
    }

    /// All nodes on different continents, over bad lines ([`Link::lossy_wan`]).
    #[must_use]
    pub fn lossy_wan() -> Self {
        Self::new(Link::lossy_wan())
    }

    /// Two data centres: nodes of even index in zone 0, of odd index in zone 1, unless they are [placed](Network::place) otherwise. Within each
    /// [`Link::lan`]; between them, in either direction, a line of log-normal latency, median 15 ms, 99th percentile 30 ms, that loses one packet of a
    /// thousand.
    #[must_use]
    pub fn two_data_centres() -> Self {
        let mut network = Self::lan();
        network.spread(2);
        let line = Link::new(Latency::log_normal(millis(15), millis(30))).with_loss(0.001);
        network.connect(Zone(0), Zone(1), line.clone());
        network.connect(Zone(1), Zone(0), line);
        network
    }
}
