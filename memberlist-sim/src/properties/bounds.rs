//! The times that the options promise, with the reasons for them.
//!
//! Hard bounds hold always, whatever the random choices; they are far above what usually happens. What usually happens is told by
//! [`detection_model`].

use crate::{Options, random};
use core::time::Duration;
use rand_core::Rng;

/// How long a suspicion lasts in a cluster of `n` nodes: from the first to the second, and how many confirmations shorten it to the first.
///
/// The shortest is `suspicion_mult` × max(1, log10 n) × `probe_interval`, the longest `suspicion_max_timeout_mult` times that; in a
/// cluster too small for `suspicion_mult - 2` confirmations all last as long as the shortest.
#[must_use]
pub fn suspicion(options: &Options, n: usize) -> (Duration, Duration, u32) {
    let scale = libm::log10(n.max(1) as f64).max(1.0);
    let shortest = period(options).mul_f64(f64::from(options.suspicion_mult) * scale);
    let confirmations = options.suspicion_mult.saturating_sub(2);
    if n.saturating_sub(2) < confirmations as usize || confirmations == 0 {
        return (shortest, shortest, 0);
    }
    (shortest, shortest * options.suspicion_max_timeout_mult.max(1), confirmations)
}

fn period(options: &Options) -> Duration {
    if options.probe_interval.is_zero() { options.probe_timeout * 2 } else { options.probe_interval }
}

/// The time within which every node of a cluster of `n` has found a crash, with certainty: also without gossip, with any loss, and whoever else
/// has crashed.
///
/// Each node finds it alone, if it must:
///
/// * it probes one member each `probe_interval`, each once in a round, in an order that is shuffled anew: in the worst case the dead one was just
///   before its crash the first of a round, and is the last of the next. Two rounds of n - 1 others, less one: 2n - 3 intervals, and
///   up to one more until the next tick;
/// * the probe fails at its deadline, an interval after its ping;
/// * the suspicion lasts as long as the longest does that nobody confirms;
/// * with `stall_rules`, a node that hears nothing doubts itself: its failed probes are void for one [`patience`] at most, and then its suspicions last
///   longer by another one at most, and a period until it hears somebody. So it is in clusters of which hardly anybody else is left.
///
/// `health` is the worst health score that the node may have meanwhile: intervals and deadlines are `health + 1` times as long. It is 0 where
/// one node crashes and no packet is lost, and at most `awareness_max - 1`.
///
/// It counts from the crash, or from when the node last learned of a newer incarnation of the dead one (what that said shortly before its
/// crash may come late, and ends the suspicion of an older one).
#[must_use]
pub fn detection(options: &Options, n: usize, health: u32) -> Duration {
    let (_, longest, _) = suspicion(options, n);
    let scale = health.min(options.awareness_max.saturating_sub(1)).saturating_add(1);
    let intervals = u32::try_from(2 * n.max(2) - 2 + 1).unwrap_or(u32::MAX);
    let doubt = if options.stall_rules {
        (patience(options, n) + options.probe_interval) * 2
    } else {
        Duration::ZERO
    };
    (options.probe_interval * scale).saturating_mul(intervals) + longest + doubt
}

/// How long a node of a cluster of `n` doubts itself at most (the option `stall_rules`) before it blames a silence on others: as long as a suspicion lasts
/// that nobody confirms, and at least one period for each other member, up to 60.
#[must_use]
pub fn patience(options: &Options, n: usize) -> Duration {
    let (_, longest, _) = suspicion(options, n);
    longest.max(period(options) * n.saturating_sub(1).min(60) as u32)
}

/// Rounds of gossip that news needs to reach all of `n` nodes, nearly always: log(n) / log(1 + fanout) rounds of growth, ln(n) / fanout for
/// the last ones, and a few for bad luck (spec/performance.md 2.3).
#[must_use]
pub fn gossip_rounds(options: &Options, n: usize) -> f64 {
    let (n, fanout) = (n.max(2) as f64, options.gossip_nodes.max(1) as f64);
    libm::log(n) / libm::log(1.0 + fanout) + libm::log(n) / fanout + 4.0
}

/// In which time news reaches all of `n` nodes by gossip, nearly always.
#[must_use]
pub fn dissemination(options: &Options, n: usize) -> Duration {
    options.gossip_interval.mul_f64(gossip_rounds(options, n))
}

/// The time between two push/pulls of a node in a cluster of `n`: `push_pull_interval`, once more for each doubling beyond 32.
#[must_use]
pub fn push_pull(options: &Options, n: usize) -> Duration {
    let doublings = if n <= 32 { 0 } else { (n - 1).ilog2() + 1 - 5 };
    options.push_pull_interval * (doublings + 1)
}

/// In which time whatever anybody knows is known to all of `n` nodes, without loss: mostly by gossip; whom that missed learns of it
/// when it next exchanges everything with somebody who knows, which is nearly everybody. The first of its own push/pulls comes
/// after two intervals at most; three allow for one that meets another straggler.
#[must_use]
pub fn spread(options: &Options, n: usize) -> Duration {
    dissemination(options, n) + push_pull(options, n) * 3
}

/// How often each node hands out each piece of news: `retransmit_mult` times the number of digits of `n`.
#[must_use]
pub fn transmissions(options: &Options, n: usize) -> u32 {
    let digits = n.checked_ilog10().map_or(0, |log| log + 1);
    options.retransmit_mult.saturating_mul(digits).max(1)
}

/// A stall (a pause, or I/O that is blocked) that is not longer than this makes nobody be declared dead in a cluster of `n` nodes without loss, if the refutation
/// reaches all by gossip; zero if none is short enough.
///
/// The first probe that it makes fail began no sooner than the stall (but for the time that a packet is under way), and failed an interval
/// later; the suspicion lasts no shorter than the shortest. In what remains of that after the stall the refutation must reach all.
#[must_use]
pub fn harmless_stall(options: &Options, n: usize) -> Duration {
    let (shortest, _, _) = suspicion(options, n);
    (options.probe_interval + shortest)
        .saturating_sub(options.probe_timeout)
        .saturating_sub(dissemination(options, n))
}

/// In which time a departure is complete in a cluster of `n` nodes, whoever answers: gossip has handed it out as often as its limit says,
/// in each round to `gossip_nodes` or all there are, among much else that is told first (twice the time); those who were told directly
/// have answered within an interval.
#[must_use]
pub fn departure(options: &Options, n: usize) -> Duration {
    options.gossip_interval * (transmissions(options, n) + 2) * 2 + period(options)
}

/// In which time the parts of a cluster of `n` nodes have found together after a network was whole again, if `unreachable` of those whom a node
/// has lost will never answer.
///
/// * Whoever has lost somebody tries one of its lost and its seeds in turn, after pauses of at most 1.5 times `healing_interval_max`: in the
///   worst case all that do not answer first, with a seed in between each time. An attempt that hangs does not delay the next one.
/// * Both sides have heard then that the other holds them for dead, and refute; what they say reaches everybody within [`spread`], also the
///   push/pulls of those who missed it: twice, because a third part of the cluster may learn of both only from either.
/// * A suspicion that the other side's news has brought is refuted within that, or has run out.
#[must_use]
pub fn healing(options: &Options, n: usize, unreachable: usize) -> Duration {
    let tries = u32::try_from(2 * unreachable + 2).unwrap_or(u32::MAX);
    let (_, longest, _) = suspicion(options, n);
    options.healing_interval_max.mul_f64(1.5).saturating_mul(tries)
        + options.stream_timeout
        + longest
        + spread(options, n) * 2
}

/// In which time all views are true after any mixture of faults has ended, if `gone` nodes do not run any more: the dead are found
/// ([`detection`], by nodes that doubt their health), and the living have found together ([`healing`]).
#[must_use]
pub fn convergence(options: &Options, n: usize, gone: usize) -> Duration {
    detection(options, n, options.awareness_max) + healing(options, n, gone)
}

/// The time from one crash in a cluster of `n` healthy nodes without loss until all have found it that is not exceeded in this part of all
/// cases (0.5: the median).
///
/// A model in which only chance of the probes' order is left: each of the n - 1 others comes to probe the dead one after a random part of its
/// round, fails an interval later, and accuses; the first accusation starts the suspicion, each further one shortens it, and then the
/// news travels to all by gossip. It is drawn 2,000 times.
#[must_use]
pub fn detection_model(options: &Options, n: usize, part: f64) -> Duration {
    const DRAWS: usize = 2_000;
    let mut rng = random::generator(n as u64, "detection model", 0);
    let (shortest, longest, confirmations) = suspicion(options, n);
    let interval = options.probe_interval.as_secs_f64();
    let mut found: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let accusations = accusations(&mut rng, n, confirmations as usize + 1);
            let first = accusations.first().copied().unwrap_or(0.0);
            let mut dies = f64::MAX;
            for (c, at) in accusations.iter().enumerate() {
                let lasts = lasting(shortest.as_secs_f64(), longest.as_secs_f64(), c as u32, confirmations);
                dies = dies.min((interval * first + lasts).max(interval * at));
            }
            dies + interval
        })
        .collect();
    found.sort_by(f64::total_cmp);
    let place = (part.clamp(0.0, 1.0) * (DRAWS - 1) as f64) as usize;
    let news = dissemination(options, n) + options.probe_timeout;
    Duration::from_secs_f64(found.get(place).copied().unwrap_or(0.0)) + news
}

/// When the first few of n - 1 nodes ping the dead one, in intervals.
fn accusations(rng: &mut impl Rng, n: usize, few: usize) -> Vec<f64> {
    let others = n.saturating_sub(1).max(1);
    let mut all: Vec<f64> = (1..n.max(2))
        .map(|_| {
            // Where the node is in its round, and where in this or the next round the dead one is.
            let (now, place) = (random::below(rng, others as u64), random::below(rng, others as u64));
            let wait = if place >= now {
                place - now
            } else {
                others as u64 - now + random::below(rng, others as u64)
            };
            wait as f64 + random::unit(rng)
        })
        .collect();
    all.sort_by(f64::total_cmp);
    all.truncate(few.max(1));
    all
}

/// How long a suspicion with so many confirmations lasts (Lifeguard IV.B).
fn lasting(shortest: f64, longest: f64, confirmed: u32, of: u32) -> f64 {
    if confirmed >= of {
        return shortest;
    }
    let part = libm::log(f64::from(confirmed) + 1.0) / libm::log(f64::from(of) + 1.0);
    (longest - part * (longest - shortest)).max(shortest)
}

#[cfg(test)]
mod tests;
