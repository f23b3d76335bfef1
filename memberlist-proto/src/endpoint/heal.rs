//! Finding back together without an operator (complaint 1, F-21): whoever lost others keeps trying its seeds and those whom
//! it lost, with growing, jittered pauses.

use super::*;

/// Seeds remembered at most.
const MAX_SEEDS: usize = 64;
/// How long a lost peer is remembered.
const REMEMBER_LOST: Duration = Duration::from_secs(72 * 3600);

/// Whom to try, and how long it has been tried in vain.
pub(super) struct Healing<I, A> {
    seeds: Vec<A>,
    lost: VecDeque<Lost<I, A>>,
    timer: Option<TimerKey>,
    attempt: u32,
    seeds_turn: bool,
    /// Whose turn it is among the seeds, and among the lost; the first is drawn.
    turns: [Option<usize>; 2],
}

struct Lost<I, A> {
    node: Node<I, A>,
    since: Instant,
}

impl<I: Id, A: Address> Healing<I, A> {
    pub(super) fn new() -> Self {
        Self {
            seeds: Vec::new(),
            lost: VecDeque::new(),
            timer: None,
            attempt: 0,
            seeds_turn: true,
            turns: [None; 2],
        }
    }

    pub(super) fn add_seeds<'a>(&mut self, seeds: impl Iterator<Item = &'a A>) {
        for seed in seeds {
            if !self.seeds.contains(seed) {
                if self.seeds.len() >= MAX_SEEDS {
                    self.seeds.remove(0);
                }
                self.seeds.push(seed.clone());
            }
        }
    }

    /// A dead member is forgotten by the table; healing is not done with it. Beyond `max` the oldest gives way.
    pub(super) fn lost(&mut self, now: Instant, node: Node<I, A>, max: usize) {
        self.found(&node.id);
        self.lost.push_back(Lost { node, since: now });
        while self.lost.len() > max {
            self.lost.pop_front();
        }
    }

    /// It is back.
    pub(super) fn found(&mut self, id: &I) {
        self.lost.retain(|lost| lost.node.id != *id);
    }
}

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    /// Replaces the addresses that healing tries first; a [`join`](Endpoint::join) adds its own. At most 64 are kept.
    pub fn set_seeds(&mut self, now: Instant, seeds: Vec<A>) {
        let own = self.local().node.address;
        self.healing.seeds.clear();
        self.healing.add_seeds(seeds.iter().filter(|seed| **seed != own));
        self.arm_healing(now);
    }

    /// The addresses that healing tries.
    pub fn seeds(&self) -> &[A] {
        &self.healing.seeds
    }

    /// Somebody was lost (or may have been): healing starts over with its shortest pause.
    pub(super) fn arm_healing(&mut self, now: Instant) {
        // One that has backed off far is brought forward, once.
        if core::mem::take(&mut self.healing.attempt) > 1 {
            self.stop_healing();
        }
        let somebody = !self.healing.seeds.is_empty()
            || !self.healing.lost.is_empty()
            || self.members.count(State::Dead) > 0;
        if somebody && self.healing.timer.is_none() {
            self.schedule_healing(now);
        }
    }

    fn schedule_healing(&mut self, now: Instant) {
        if !self.options.healing || self.has_left() {
            return;
        }
        let doubled = self.options.healing_interval.saturating_mul(1 << self.healing.attempt.min(16));
        let pause = random::jitter(&mut self.rng, doubled.min(self.options.healing_interval_max));
        self.healing.timer = Some(self.timers.insert(now + pause, Timer::Heal));
    }

    pub(super) fn stop_healing(&mut self) {
        if let Some(timer) = self.healing.timer.take() {
            self.timers.cancel(timer);
        }
    }

    pub(super) fn on_heal(&mut self, now: Instant) {
        self.healing.timer = None;
        if !self.options.healing || self.has_left() {
            return;
        }
        let Some(address) = self.healing_candidate(now) else { return };
        self.stats.healing_attempts += 1;
        let before = self.members.live();
        self.heal(now, address, true, before);
        self.healing.attempt = self.healing.attempt.saturating_add(1);
        self.schedule_healing(now);
    }

    fn heal(&mut self, now: Instant, address: A, again: bool, before: usize) {
        let deadline = now + self.options.stream_timeout;
        let purpose = push_pull::Purpose::Heal { address: address.clone(), again, before };
        self.request(address, deadline, StreamRequestKind::PushPull { join: true }, purpose);
    }

    /// One whom we miss; seeds and lost members take turns, and so do all of each: whoever can be found is found within one
    /// round, also among many who answer in vain or not at all.
    fn healing_candidate(&mut self, now: Instant) -> Option<A> {
        self.healing.lost.retain(|lost| now.since(lost.since) < REMEMBER_LOST);
        let live: hashbrown::HashSet<&A> =
            self.members.iter().filter(|r| !r.state().is_gone()).map(|r| &r.node.address).collect();
        let seeds = self.healing.seeds.iter().filter(|seed| !live.contains(seed));
        let dead = self.members.iter().filter(|r| r.state() == State::Dead).map(|r| &r.node.address);
        let lost =
            dead.chain(self.healing.lost.iter().map(|l| &l.node.address)).filter(|a| !live.contains(a));
        let (seeds, mut lost): (Vec<A>, Vec<A>) = (seeds.cloned().collect(), lost.cloned().collect());
        lost.sort_unstable();
        let from_seeds = lost.is_empty() || (self.healing.seeds_turn && !seeds.is_empty());
        self.healing.seeds_turn = !from_seeds;
        let choice = if from_seeds { seeds } else { lost };
        let first = random::below(&mut self.rng, choice.len());
        let turn = self.healing.turns.get_mut(usize::from(!from_seeds))?;
        let mine = turn.map_or(first, |last| last.wrapping_add(1));
        *turn = Some(mine);
        choice.get(mine.checked_rem(choice.len())?).cloned()
    }

    /// A lost peer answered. Both sides have now heard that the other holds them for dead, and have refuted; once more, and
    /// each knows the other's refutation. If that brought nobody back (a seed may be a load balancer, or another address of
    /// a member or of ourselves), the pauses go on growing.
    pub(super) fn on_healed(&mut self, now: Instant, address: A, again: bool, before: usize) {
        if again {
            self.heal(now, address, false, before);
        } else if self.members.live() > before {
            self.settle(now);
            self.arm_healing(now);
        }
    }
}
