//! Closed formulas: what theory and the published models say of a cluster, for a run to be compared with.
//!
//! They know the options, the number of nodes, the loss and the latency, and nothing else: no fault but the one they are about, no
//! overload, nodes whose rounds fall at independent times. Where a run departs from them, one of the two has something to tell.
//!
//! | formula | source |
//! |---|---|
//! | [`first_failed_probe`](Formulas::first_failed_probe), [`longest_wait`](Formulas::longest_wait), [`wrong_suspicions`](Formulas::wrong_suspicions), [`piggyback`](Formulas::piggyback) | Das, Gupta and Motivala, *SWIM: Scalable Weakly-consistent Infection-style Process Group Membership Protocol*, DSN 2002, sections 3 to 5 |
//! | [`suspicion`](Formulas::suspicion), [`first_detection`](Formulas::first_detection) | Dadgar, Phillips and Currey, *Lifeguard*, 2017, section IV.B, and the waiting times that follow from round-robin probing |
//! | [`rounds_to_all`](Formulas::rounds_to_all) | Pittel, *On spreading a rumor*, 1987, with a constant for the rounds that are begun |
//! | [`spread`](Formulas::spread), [`rounds_to`](Formulas::rounds_to), [`gossip_cap`](Formulas::gossip_cap) | the convergence simulator of Serf's documentation |
//! | [`least_load`](Formulas::least_load) | Gupta, Chandra and Goldszmidt, *On scalable and efficient distributed failure detectors*, PODC 2001 |
//! | [`retransmissions`](Formulas::retransmissions), [`push_pull_interval`](Formulas::push_pull_interval), [`push_pull_rate`](Formulas::push_pull_rate) | the rules of the protocol itself |
//!
//! ```
//! use memberlist_sim::{Options, formulas::Formulas};
//!
//! let lan = Formulas::new(&Options::lan(), 1_000);
//! let median = lan.first_detection(0.5).unwrap();
//! assert!((median.as_secs_f64() - 13.7).abs() < 0.1);
//! assert_eq!(lan.retransmissions(), 16);
//! ```

use core::time::Duration;

use memberlist_proto::Options;

mod detection;
mod dissemination;
mod load;

#[cfg(test)]
mod tests;

/// The formulas for one cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Formulas {
    options: Options,
    nodes: usize,
    loss: f64,
    failed: f64,
    latency: Duration,
    /// How many confirmations shorten a suspicion to its least; `None` follows the options.
    confirmations: Option<u32>,
}

impl Formulas {
    /// For `nodes` nodes (at least 1) with `options`, on a network that loses nothing and takes no time.
    pub fn new(options: &Options, nodes: usize) -> Self {
        Self {
            options: options.clone(),
            nodes: nodes.max(1),
            loss: 0.0,
            failed: 0.0,
            latency: Duration::ZERO,
            confirmations: None,
        }
    }

    /// With packets lost at this rate, from 0 to 1 (values outside count as the nearest; NaN as 0).
    #[must_use]
    pub fn with_loss(mut self, loss: f64) -> Self {
        self.loss = share(loss);
        self
    }

    /// With this share of the nodes crashed but not yet found, from 0 to 1.
    #[must_use]
    pub fn with_failed(mut self, failed: f64) -> Self {
        self.failed = share(failed);
        self
    }

    /// With packets that take this long on average, one way.
    #[must_use]
    pub fn with_latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// The number of nodes.
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    fn n(&self) -> f64 {
        self.nodes as f64
    }

    /// The probe interval in seconds; `None` if nobody probes.
    fn period(&self) -> Option<f64> {
        Some(self.options.probe_interval.as_secs_f64()).filter(|period| *period > 0.0)
    }

    /// The nodes told in a round, and the seconds between rounds; `None` if there is no gossip.
    fn gossip(&self) -> Option<(f64, f64)> {
        let (fanout, interval) = (self.options.gossip_nodes, self.options.gossip_interval.as_secs_f64());
        // Nobody can be told twice in a round, and nobody tells itself.
        let fanout = fanout.min(self.nodes.saturating_sub(1));
        (fanout > 0 && interval > 0.0).then_some((fanout as f64, interval))
    }
}

fn share(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) }
}

/// `seconds` as a duration; what is too long is the longest there is.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}
