//! What the counted members are told: each piece of news with its spread, and the suspicions that run among them.

use super::spread::{Habits, Spread};
use crate::{Addr, Name, NodeIndex, random};
use bytes::Bytes;
use memberlist_proto::types::{Dead, Incarnation, Message, NativeWire, Wire};
use rand_core::Rng;
use std::collections::BTreeMap;

/// The least pause between two looks at a suspicion that is not over yet, in milliseconds.
const LOOK_AGAIN: u64 = 250;

/// What news is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Topic {
    Member(Name),
    Broadcast(Name, u64),
}

/// What it says, in the order in which one thing overrules another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    incarnation: u32,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Alive,
    Suspect,
    Dead,
}

#[derive(Clone, Debug)]
struct News {
    topic: Topic,
    rank: Rank,
    /// Who says so: several accusers are several pieces of news.
    from: Option<Name>,
    bytes: Bytes,
    spread: Spread,
}

/// Those of the counted who suspect a member at one incarnation.
#[derive(Clone, Debug)]
struct Suspicion {
    subject: Name,
    incarnation: u32,
    unsuspecting: u64,
    /// When to look whose suspicion is over: those who began then, and how many.
    looks: BTreeMap<u64, BTreeMap<u64, u64>>,
}

/// How long suspicions last, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Timeouts {
    pub(super) min: f64,
    pub(super) max: f64,
    /// Confirmations that shorten it to `min`.
    pub(super) confirmations: u32,
}

impl Timeouts {
    fn after(&self, confirmations: u32) -> f64 {
        if confirmations >= self.confirmations {
            return self.min;
        }
        let share =
            libm::log(f64::from(confirmations) + 1.0) / libm::log(f64::from(self.confirmations) + 1.0);
        self.max - share * (self.max - self.min)
    }
}

/// All that the counted members talk about.
#[derive(Debug)]
pub(super) struct Talk {
    /// How many counted members are up.
    pub(super) counted: u64,
    pub(super) habits: Habits,
    timeouts: Timeouts,
    all: Vec<News>,
    suspicions: Vec<Suspicion>,
    /// Who was declared dead by one of the counted, and when first.
    pub(super) declared: Vec<(Name, u64)>,
}

impl Talk {
    pub(super) const fn new(counted: u64, habits: Habits, timeouts: Timeouts) -> Self {
        Self { counted, habits, timeouts, all: Vec::new(), suspicions: Vec::new(), declared: Vec::new() }
    }

    /// One of the counted members, whichever, is told this.
    pub(super) fn hear(&mut self, now: u64, message: &Message<Name, Addr>, rng: &mut impl Rng) {
        let Some(index) = self.find(message) else { return };
        let Some(news) = self.all.get(index) else { return };
        let overruled = self.all.iter().any(|other| {
            other.topic == news.topic
                && other.rank > news.rank
                && random::below(rng, self.counted) < other.spread.knowing()
        });
        let (counted, habits) = (self.counted, &self.habits);
        if !overruled
            && let Some(news) = self.all.get_mut(index)
            && news.spread.reach(now, counted, habits, rng)
        {
            self.learned(now, index, 1, rng);
        }
    }

    /// One of the counted members that did not know this found it out by itself, or says it of itself.
    pub(super) fn announce(&mut self, now: u64, message: &Message<Name, Addr>, rng: &mut impl Rng) {
        let Some(index) = self.find(message) else { return };
        if let Some(news) = self.all.get_mut(index)
            && news.spread.knowing() < self.counted
        {
            news.spread.learn(now, &self.habits, rng);
            self.learned(now, index, 1, rng);
        }
    }

    /// Lets a millisecond pass. Packets for real nodes are handed to `send`: for whom, and what is in it.
    pub(super) fn tick(&mut self, now: u64, rng: &mut impl Rng, mut send: impl FnMut(u32, Vec<Bytes>)) {
        for index in 0..self.all.len() {
            let Some(news) = self.all.get_mut(index) else { return };
            if news.spread.is_over() {
                continue;
            }
            let reached = news.spread.tick(now, self.counted, &self.habits, rng);
            if reached.new > 0 {
                self.learned(now, index, reached.new, rng);
            }
            for to in reached.real {
                let packet = self.packet_of(index, rng);
                // Of a packet with several pieces of news each would make one; it is one.
                if random::below(rng, packet.len() as u64) == 0 {
                    send(to, packet);
                }
            }
        }
        self.look_at_suspicions(now, rng);
    }

    /// What a packet of any of the counted to a real node takes along.
    pub(super) fn along(&self, rng: &mut impl Rng) -> Vec<Bytes> {
        let speaking = self.all.iter().filter(|news| news.spread.active() > 0);
        speaking
            .filter(|news| random::below(rng, self.counted) < news.spread.active())
            .map(|news| news.bytes.clone())
            .collect()
    }

    /// The probability that one of the counted holds this member for dead.
    pub(super) fn held_for_dead(&self, member: Name) -> f64 {
        let of = self.all.iter().filter(|news| news.topic == Topic::Member(member));
        let known = of.filter(|news| news.rank.kind == Kind::Dead).map(|news| news.spread.knowing());
        known.max().unwrap_or(0) as f64 / self.counted.max(1) as f64
    }

    /// What one of the counted, whichever, believes of each member of which there was news: its incarnation, whether it is suspected and whether
    /// it is dead.
    pub(super) fn beliefs(&self, rng: &mut impl Rng) -> BTreeMap<Name, (Incarnation, bool, bool)> {
        let mut beliefs: BTreeMap<Name, (Rank, bool)> = BTreeMap::new();
        for news in &self.all {
            let Topic::Member(name) = news.topic else { continue };
            if random::below(rng, self.counted) < news.spread.knowing() {
                let best = beliefs.entry(name).or_insert((news.rank, true));
                best.0 = best.0.max(news.rank);
            }
        }
        let said = |rank: Rank| {
            (Incarnation::new(rank.incarnation), rank.kind == Kind::Suspect, rank.kind == Kind::Dead)
        };
        beliefs.into_iter().map(|(name, (rank, _))| (name, said(rank))).collect()
    }

    /// How many of the counted have heard a broadcast, or that a member is dead: whichever was told first of the last.
    pub(super) fn informed(&self, about: Name) -> u64 {
        let of = self.all.iter().filter(|news| match news.topic {
            Topic::Member(name) => name == about && news.rank.kind == Kind::Dead,
            Topic::Broadcast(origin, _) => origin == about,
        });
        of.map(|news| news.spread.knowing()).max().unwrap_or(0)
    }

    /// The place of this news, new or not; `None`: it is none, or nobody would pass it on.
    fn find(&mut self, message: &Message<Name, Addr>) -> Option<usize> {
        let (topic, rank, from) = match message {
            Message::Alive(alive) => {
                (Topic::Member(alive.node.id), rank(alive.incarnation, Kind::Alive), None)
            }
            Message::Suspect(s) => (Topic::Member(s.node), rank(s.incarnation, Kind::Suspect), Some(s.from)),
            Message::Dead(dead) => (Topic::Member(dead.node), rank(dead.incarnation, Kind::Dead), None),
            Message::Broadcast(b) => {
                (Topic::Broadcast(b.origin, b.number), rank(Incarnation::ZERO, Kind::Alive), None)
            }
            _ => return None,
        };
        // What all have known from the start.
        if matches!(topic, Topic::Member(_)) && rank <= self::rank(Incarnation::new(1), Kind::Alive) {
            return None;
        }
        let same = |news: &News| news.topic == topic && news.rank == rank;
        if let Some(known) = self.all.iter().position(|news| same(news) && news.from == from) {
            return Some(known);
        }
        let accusers = self.all.iter().filter(|news| same(news)).count();
        if rank.kind == Kind::Suspect && accusers > self.timeouts.confirmations as usize {
            return None;
        }
        let mut bytes = Vec::new();
        NativeWire.encode_message(message, &mut bytes).ok()?;
        self.all.push(News { topic, rank, from, bytes: bytes.into(), spread: Spread::new() });
        Some(self.all.len() - 1)
    }

    /// So many of the counted have just learned this.
    fn learned(&mut self, now: u64, index: usize, many: u64, rng: &mut impl Rng) {
        let Some(News { topic, rank, spread, .. }) = self.all.get(index) else { return };
        let (topic, rank, knowing) = (topic.clone(), *rank, spread.knowing());
        let Topic::Member(subject) = topic else { return };
        for (other, news) in self.all.iter_mut().enumerate() {
            if other != index && news.topic == topic && news.rank <= rank && !news.spread.is_over() {
                for _ in 0..many {
                    news.spread.replace(self.counted, rng);
                }
            }
        }
        if rank.kind == Kind::Suspect {
            let ignorant = self.counted.saturating_sub(knowing);
            self.suspect(now, subject, rank.incarnation, many, ignorant, rng);
        }
    }

    /// So many of the counted have just heard one accusation; `ignorant`: how many have not, still.
    fn suspect(
        &mut self,
        now: u64,
        subject: Name,
        incarnation: u32,
        many: u64,
        ignorant: u64,
        rng: &mut impl Rng,
    ) {
        let known = |s: &Suspicion| s.subject == subject && s.incarnation == incarnation;
        let place = self.suspicions.iter().position(known).unwrap_or_else(|| {
            let looks = BTreeMap::new();
            self.suspicions.push(Suspicion { subject, incarnation, unsuspecting: self.counted, looks });
            self.suspicions.len() - 1
        });
        let min = self.timeouts.min as u64;
        let Some(suspicion) = self.suspicions.get_mut(place) else { return };
        for n in (1..=many).rev() {
            // Whoever suspects nobody yet has not heard this accusation before.
            if random::below(rng, ignorant + n) < suspicion.unsuspecting {
                suspicion.unsuspecting -= 1;
                *suspicion.looks.entry(now + min).or_default().entry(now).or_default() += 1;
            }
        }
    }

    fn look_at_suspicions(&mut self, now: u64, rng: &mut impl Rng) {
        for place in 0..self.suspicions.len() {
            loop {
                let Some(suspicion) = self.suspicions.get_mut(place) else { return };
                let (subject, incarnation) = (suspicion.subject, suspicion.incarnation);
                let due = suspicion.looks.first_entry().filter(|entry| *entry.key() <= now);
                let Some(members) = due.map(|entry| entry.remove()) else { break };
                for (began, many) in members {
                    for _ in 0..many {
                        self.look(now, place, subject, incarnation, began, rng);
                    }
                }
            }
        }
    }

    /// Whether the suspicion of one of the counted is over.
    fn look(
        &mut self,
        now: u64,
        place: usize,
        subject: Name,
        incarnation: u32,
        began: u64,
        rng: &mut impl Rng,
    ) {
        let accused = rank(Incarnation::new(incarnation), Kind::Suspect);
        let (mut accusations, mut overruled) = (0, false);
        for news in self.all.iter().filter(|news| news.topic == Topic::Member(subject)) {
            let knows = news.rank >= accused && random::below(rng, self.counted) < news.spread.knowing();
            accusations += u32::from(knows && news.rank == accused);
            overruled |= knows && news.rank > accused;
        }
        if overruled {
            return;
        }
        let over = began + self.timeouts.after(accusations.saturating_sub(1)) as u64;
        if over > now {
            if let Some(suspicion) = self.suspicions.get_mut(place) {
                let at = over.min(now + LOOK_AGAIN);
                *suspicion.looks.entry(at).or_default().entry(began).or_default() += 1;
            }
            return;
        }
        if !self.declared.iter().any(|(name, _)| *name == subject) {
            self.declared.push((subject, now));
        }
        let from = Name(NodeIndex(self.habits.real as u32));
        let dead = Dead { incarnation: Incarnation::new(incarnation), node: subject, from };
        self.announce(now, &Message::Dead(dead), rng);
    }

    /// A gossip packet with this news in it: what else its sender hands out goes along.
    fn packet_of(&self, index: usize, rng: &mut impl Rng) -> Vec<Bytes> {
        let mut packet = Vec::new();
        for (other, news) in self.all.iter().enumerate() {
            let active = news.spread.active();
            if other == index || active > 0 && random::below(rng, self.counted) < active {
                packet.push(news.bytes.clone());
            }
        }
        packet
    }
}

const fn rank(incarnation: Incarnation, kind: Kind) -> Rank {
    Rank { incarnation: incarnation.value(), kind }
}
