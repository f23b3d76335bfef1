//! What it costs.

use core::time::Duration;

use super::Formulas;

/// Up to this many nodes push/pulls come at their plain interval.
const PUSH_PULL_UNSCALED: usize = 32;

impl Formulas {
    /// The packets that a node sends per second while nothing happens: a ping and an ack in each probe interval (SWIM, section 5.1:
    /// measured 2.0, whatever the size). It receives as many.
    pub fn idle_packets(&self) -> f64 {
        if self.nodes < 2 { 0.0 } else { self.period().map_or(0.0, |period| 2.0 / period) }
    }

    /// The messages per node that any failure detector must send in each `T` to find a crash within `T`, and to accuse a living node with a
    /// probability of at most `mistake`: ln(mistake) / ln(loss). Without loss, one.
    pub fn least_load(&self, mistake: f64) -> Option<f64> {
        if !(mistake > 0.0 && mistake < 1.0) || self.loss >= 1.0 {
            return None;
        }
        Some(if self.loss <= 0.0 { 1.0 } else { (libm::log(mistake) / libm::log(self.loss)).max(1.0) })
    }

    /// The bytes per second that gossip can take at most, sent and received together: packet size · k / interval · 2. It is all used only while
    /// there is more news than fits.
    pub fn gossip_cap(&self) -> f64 {
        self.gossip()
            .map_or(0.0, |(fanout, interval)| self.options.packet_size as f64 * fanout / interval * 2.0)
    }

    /// How often a node hands out an update: the multiplier times the digits of the number of nodes.
    pub fn retransmissions(&self) -> u32 {
        let digits = self.nodes.checked_ilog10().map_or(1, |log| log + 1);
        self.options.retransmit_mult.saturating_mul(digits).max(1)
    }

    /// The bytes that one update of `bytes` costs each node, if all hand it out as often as they may.
    pub fn update_cost(&self, bytes: usize) -> f64 {
        bytes as f64 * f64::from(self.retransmissions())
    }

    /// The time between two push/pulls that a node begins: the option, once more for each doubling beyond 32 nodes. `None` if there are
    /// none.
    pub fn push_pull_interval(&self) -> Option<Duration> {
        let interval = Some(self.options.push_pull_interval).filter(|interval| !interval.is_zero())?;
        if self.nodes <= PUSH_PULL_UNSCALED {
            return Some(interval);
        }
        let doublings = (self.nodes - 1).ilog2() + 1 - PUSH_PULL_UNSCALED.ilog2();
        Some(interval.saturating_mul(doublings + 1))
    }

    /// The bytes per second that push/pulls take, sent and received together, if each member takes `bytes` in a full exchange: a node begins one in each
    /// interval, and is the partner in another; in both it sends and receives all.
    pub fn push_pull_rate(&self, bytes: f64) -> f64 {
        let all = bytes * self.n();
        self.push_pull_interval().map_or(0.0, |interval| 4.0 * all / interval.as_secs_f64())
    }
}
