//! How one piece of news spreads among members that are only counted.
//!
//! A stochastic model of single members, without their names: whoever hears the news for the first time hands it out some milliseconds later,
//! and then once each gossip interval to some members at random, until it has done so as often as the retransmit limit says. Each copy is drawn
//! for itself: whom it reaches, and whether it is lost. So the beginning is as random, and the end as ragged, as with real members.

use crate::random;
use rand_core::Rng;
use std::collections::BTreeMap;

/// What all members have in common. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Habits {
    /// Members that one of them may choose: all but itself.
    pub(super) others: u64,
    /// How many of those are real nodes.
    pub(super) real: u64,
    /// Members that hear of it in a gossip round.
    pub(super) fanout: u32,
    /// How often each hands it out.
    pub(super) limit: u32,
    /// From one gossip round to the next.
    pub(super) interval: u64,
    /// The first round comes within this time.
    pub(super) first: u64,
    /// Pings and acks that a member sends between two rounds, each of which takes the news along.
    pub(super) rides: f64,
    /// The probability that a packet is lost.
    pub(super) loss: f64,
    /// How long a packet is under way: from, to.
    pub(super) latency: (u64, u64),
}

/// One piece of news, and how many know it.
#[derive(Clone, Debug)]
pub(super) struct Spread {
    /// Counted members that know it, or do not need it any more.
    knowing: u64,
    /// Counted members that hand it out, by when their next round is and how often they did: due at, (how often, how many).
    due: BTreeMap<u64, BTreeMap<u32, u64>>,
    active: u64,
    /// How many of the active have newer news instead, and stop.
    replaced: u64,
}

/// What came of a millisecond.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reached {
    /// Real nodes that a copy is sent to; whether it arrives is not decided yet.
    pub(super) real: Vec<u32>,
    /// How many counted members heard it for the first time.
    pub(super) new: u64,
}

impl Spread {
    /// News that none of the counted knows.
    pub(super) const fn new() -> Self {
        Self { knowing: 0, due: BTreeMap::new(), active: 0, replaced: 0 }
    }

    /// How many of the counted members know it.
    pub(super) const fn knowing(&self) -> u64 {
        self.knowing
    }

    /// How many of them hand it out.
    pub(super) const fn active(&self) -> u64 {
        self.active - self.replaced
    }

    /// Whether nobody hands it out any more.
    pub(super) const fn is_over(&self) -> bool {
        self.active == 0
    }

    /// One of `counted` members, whichever, gets it; says whether it was news to it.
    pub(super) fn reach(&mut self, now: u64, counted: u64, habits: &Habits, rng: &mut impl Rng) -> bool {
        let news = random::below(rng, counted) >= self.knowing;
        if news {
            self.learn(now, habits, rng);
        }
        news
    }

    /// One that did not know it finds it out by itself.
    pub(super) fn learn(&mut self, now: u64, habits: &Habits, rng: &mut impl Rng) {
        self.knowing += 1;
        self.active += 1;
        let at = now + random::below(rng, habits.first + 1);
        *self.due.entry(at).or_default().entry(0).or_default() += 1;
    }

    /// One of `counted` members has newer news of the same: if it was handing this out, it stops.
    pub(super) fn replace(&mut self, counted: u64, rng: &mut impl Rng) {
        if random::below(rng, counted) < self.active() {
            self.replaced += 1;
        }
    }

    /// Lets those speak whose round is due by now.
    pub(super) fn tick(&mut self, now: u64, counted: u64, habits: &Habits, rng: &mut impl Rng) -> Reached {
        let mut reached = Reached::default();
        while let Some(entry) = self.due.first_entry().filter(|entry| *entry.key() <= now) {
            for (sent, members) in entry.remove() {
                for _ in 0..members {
                    self.round(now, sent, counted, habits, rng, &mut reached);
                }
            }
        }
        reached
    }

    fn round(
        &mut self,
        now: u64,
        mut sent: u32,
        counted: u64,
        habits: &Habits,
        rng: &mut impl Rng,
        reached: &mut Reached,
    ) {
        if self.replaced > 0 && random::below(rng, self.active) < self.replaced {
            self.replaced -= 1;
            self.active -= 1;
            return;
        }
        for _ in 0..habits.fanout.min(habits.limit.saturating_sub(sent)) {
            sent += 1;
            self.copy(now, counted, habits, rng, Some(&mut reached.real), &mut reached.new);
        }
        // Those to real nodes ride on the pings and acks that real nodes get anyway.
        if sent < habits.limit && random::chance(rng, habits.rides) {
            sent += 1;
            self.copy(now, counted, habits, rng, None, &mut reached.new);
        }
        if sent < habits.limit {
            *self.due.entry(now + habits.interval).or_default().entry(sent).or_default() += 1;
        } else {
            self.active -= 1;
        }
    }

    fn copy(
        &mut self,
        now: u64,
        counted: u64,
        habits: &Habits,
        rng: &mut impl Rng,
        real: Option<&mut Vec<u32>>,
        new: &mut u64,
    ) {
        let to = random::below(rng, habits.others);
        if to < habits.real {
            if let Some(real) = real {
                real.push(to as u32);
            }
        } else if to - habits.real < counted.saturating_sub(self.knowing) && !random::chance(rng, habits.loss)
        {
            let (low, high) = habits.latency;
            let latency = low + random::below(rng, high.saturating_sub(low) + 1);
            self.learn(now + latency, habits, rng);
            *new += 1;
        }
    }
}

#[cfg(test)]
mod tests;
