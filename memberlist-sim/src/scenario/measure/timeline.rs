//! What was sent and believed over time, in steps that a plot can show.

use crate::{NodeIndex, State};
use core::time::Duration;
use memberlist_proto::Instant;

/// From now on a node believes something else of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewBelief {
    /// When.
    pub at: Instant,
    /// Who.
    pub by: NodeIndex,
    /// Of whom.
    pub of: NodeIndex,
    /// What; `None`: it does not know it (any more).
    pub state: Option<State>,
}

/// A time in which the process of a node did not run, or did not go on: a fact, not a belief.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Absence {
    /// Whose.
    pub node: NodeIndex,
    /// From when on.
    pub from: Instant,
    /// Until when; `None`: to the end.
    pub until: Option<Instant>,
    /// Whether it was paused; else there was no process.
    pub paused: bool,
}

/// No more changes of beliefs, and absences, are kept than these.
const MOST_BELIEFS: usize = 500_000;
/// Steps of a plot.
const STEPS: u32 = 240;

/// What was sent and believed over time.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Timeline {
    /// The length of a step.
    pub step: Duration,
    /// Bytes sent by all nodes in each step.
    pub bytes: Vec<u64>,
    /// How many processes ran, from when on.
    pub running: Vec<(Instant, usize)>,
    /// Which part of all beliefs was wrong, from when on: the last of each step.
    pub wrong: Vec<(Instant, f64)>,
    /// When whose belief changed: the first 500,000 changes.
    pub beliefs: Vec<NewBelief>,
    /// Whose process did not run when: the first 500,000 times.
    pub absences: Vec<Absence>,
    nodes: usize,
}

impl Timeline {
    pub(super) fn new(nodes: usize, duration: Duration) -> Self {
        let step = (duration / STEPS).max(Duration::from_millis(50));
        Self {
            step,
            bytes: Vec::new(),
            running: Vec::new(),
            wrong: Vec::new(),
            beliefs: Vec::new(),
            absences: Vec::new(),
            nodes,
        }
    }

    fn place(&self, at: Instant) -> u64 {
        let step = self.step.as_nanos().max(1);
        u64::try_from(at.since(Instant::START).as_nanos() / step).unwrap_or(u64::MAX)
    }

    pub(super) fn sent(&mut self, at: Instant, bytes: u64) {
        let place = self.place(at) as usize;
        if self.bytes.len() <= place {
            self.bytes.resize(place + 1, 0);
        }
        if let Some(sum) = self.bytes.get_mut(place) {
            *sum += bytes;
        }
    }

    pub(super) fn up(&mut self, at: Instant, running: usize) {
        match self.running.last_mut() {
            Some((last, count)) if *last == at => *count = running,
            _ => self.running.push((at, running)),
        }
    }

    pub(super) fn wrong(&mut self, at: Instant, wrong: u64, of: u64) {
        let part = if of == 0 { 0.0 } else { wrong as f64 / of as f64 };
        let place = self.place(at);
        match self.wrong.last() {
            Some((_, last)) if *last == part => return,
            Some((since, _)) if self.place(*since) == place && self.wrong.len() > 1 => {
                self.wrong.pop();
            }
            _ => {}
        }
        self.wrong.push((at, part));
    }

    pub(super) fn believed(&mut self, at: Instant, by: NodeIndex, of: NodeIndex, state: Option<State>) {
        if self.beliefs.len() < MOST_BELIEFS {
            self.beliefs.push(NewBelief { at, by, of, state });
        }
    }

    pub(super) fn absent(&mut self, node: NodeIndex, from: Instant, paused_for: Option<Duration>) {
        if self.absences.len() < MOST_BELIEFS {
            let until = paused_for.map(|time| from + time);
            self.absences.push(Absence { node, from, until, paused: paused_for.is_some() });
        }
    }

    /// A process of the node runs again.
    pub(super) fn back(&mut self, at: Instant, node: NodeIndex) {
        let down = |absence: &&mut Absence| absence.node == node && absence.until.is_none();
        if let Some(absence) = self.absences.iter_mut().rev().find(down) {
            absence.until = Some(at);
        }
    }

    /// From now on only what changes is of interest.
    pub(super) fn forget_beliefs(&mut self) {
        self.beliefs.clear();
        self.wrong.clear();
    }

    /// How many processes ran at this time.
    #[must_use]
    pub fn running_at(&self, at: Instant) -> usize {
        let after = self.running.partition_point(|(since, _)| *since <= at);
        after.checked_sub(1).and_then(|place| self.running.get(place)).map_or(0, |(_, running)| *running)
    }

    /// Bytes that each running node sent in each second, on average: for the middle of each step.
    #[must_use]
    pub fn bytes_per_node_second(&self) -> Vec<(f64, f64)> {
        let seconds = self.step.as_secs_f64();
        let at = |place: usize| (place as f64 + 0.5) * seconds;
        self.bytes
            .iter()
            .enumerate()
            .map(|(place, bytes)| {
                let middle = Instant::START + Duration::from_secs_f64(at(place));
                (at(place), *bytes as f64 / seconds / self.running_at(middle).max(1) as f64)
            })
            .collect()
    }

    /// How many nodes there are.
    #[must_use]
    pub const fn nodes(&self) -> usize {
        self.nodes
    }
}
