//! Random situations: sizes, options, networks.

use crate::{Latency, Link, Network, NodeIndex, Options, random};
use core::time::Duration;
use rand_pcg::Pcg64Mcg;

/// Draws what a situation is made of.
pub(crate) struct Dice {
    rng: Pcg64Mcg,
    largest: usize,
}

impl Dice {
    pub(crate) fn new(seed: u64, purpose: &str, largest: usize) -> Self {
        Self { rng: random::generator(seed, purpose, 0), largest }
    }

    /// A number in `low ..= high`.
    pub(crate) fn number(&mut self, low: u64, high: u64) -> u64 {
        low + random::below(&mut self.rng, (high - low).saturating_add(1))
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        random::chance(&mut self.rng, probability)
    }

    /// A number from `low` to `high`.
    pub(crate) fn real(&mut self, low: f64, high: f64) -> f64 {
        low + random::unit(&mut self.rng) * (high - low)
    }

    /// A time from `low` to `high`, in whole microseconds.
    pub(crate) fn time(&mut self, low: Duration, high: Duration) -> Duration {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(self.number(micros(low), micros(high).max(micros(low))))
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        from.get(random::below(&mut self.rng, from.len() as u64) as usize).copied()
    }

    /// So many different ones, in random order.
    pub(crate) fn some<T: Copy>(&mut self, from: &[T], count: usize) -> Vec<T> {
        let mut all = from.to_vec();
        let mut chosen = Vec::with_capacity(count.min(all.len()));
        while chosen.len() < count && !all.is_empty() {
            let place = random::below(&mut self.rng, all.len() as u64) as usize;
            chosen.push(all.swap_remove(place));
        }
        chosen
    }

    pub(crate) fn nodes(&mut self, from: &[NodeIndex], count: usize) -> Vec<NodeIndex> {
        self.some(from, count)
    }

    /// How many nodes: at least `least`; small clusters are the most frequent, and one in `1 / large` is of 128 to 256.
    pub(crate) fn size(&mut self, least: usize, large: f64) -> usize {
        let size = match self.real(0.0, 1.0) {
            part if part < large => self.number(128, 256),
            part if part < 0.15 => self.number(1, 3),
            part if part < 0.65 => self.number(2, 16),
            _ => self.number(17, 64),
        };
        (size as usize).min(self.largest).max(least)
    }

    /// A preset, in half of the cases with some of its values changed; in three of ten without the stall rules.
    pub(crate) fn options(&mut self) -> Options {
        let mut options = self.preset();
        if self.chance(0.5) {
            self.vary(&mut options);
        }
        // What is promised is promised with and without them.
        options.stall_rules = !self.chance(0.3);
        options
    }

    /// A preset as it is.
    pub(crate) fn preset(&mut self) -> Options {
        match self.number(0, 3) {
            0 => Options::local(),
            1 => Options::wan(),
            _ => Options::lan(),
        }
    }

    fn vary(&mut self, options: &mut Options) {
        let factor = |dice: &mut Self, time: Duration| time.mul_f64(dice.real(0.5, 2.0));
        if self.chance(0.4) {
            options.probe_interval = factor(self, options.probe_interval);
        }
        if self.chance(0.4) || options.probe_timeout >= options.probe_interval {
            options.probe_timeout = options.probe_interval.mul_f64(self.real(0.2, 0.6));
        }
        if self.chance(0.3) {
            options.indirect_checks = self.number(0, 5) as usize;
        }
        if self.chance(0.2) {
            options.stream_ping = false;
        }
        if self.chance(0.3) {
            options.awareness_max = self.number(1, 10) as u32;
        }
        if self.chance(0.3) {
            options.suspicion_mult = self.number(3, 8) as u32;
        }
        if self.chance(0.3) {
            options.suspicion_max_timeout_mult = self.number(1, 8) as u32;
        }
        if self.chance(0.3) {
            options.retransmit_mult = self.number(2, 6) as u32;
        }
        if self.chance(0.3) {
            options.gossip_interval = factor(self, options.gossip_interval);
        }
        if self.chance(0.3) {
            options.gossip_nodes = self.number(2, 6) as usize;
        }
        if self.chance(0.3) {
            options.gossip_to_the_dead = factor(self, options.gossip_to_the_dead);
        }
        if self.chance(0.3) {
            options.push_pull_interval = factor(self, options.push_pull_interval);
        }
        if self.chance(0.3) {
            options.packet_size = self.number(768, 8_000) as usize;
        }
        if self.chance(0.3) {
            options.user_share = self.number(1, 90) as u8;
        }
        if self.chance(0.3) {
            options.healing_interval = factor(self, options.healing_interval);
            options.healing_interval_max = options.healing_interval.mul_f64(self.real(1.0, 12.0));
        }
    }

    /// A network on which a round trip, also through a helper, takes at most half of `probe_timeout`, with any jitter below that.
    pub(crate) fn prompt_network(&mut self, options: &Options) -> Network {
        Network::new(self.prompt_link(options))
    }

    pub(crate) fn prompt_link(&mut self, options: &Options) -> Link {
        let most = options.probe_timeout / 8;
        let high = self.time(Duration::from_micros(100), most);
        let low = self.time(Duration::ZERO, high);
        Link::new(Latency::uniform(low, high))
    }
}
