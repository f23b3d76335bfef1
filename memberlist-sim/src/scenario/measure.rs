//! What happened in a run: who learned what when, what was wrongly believed, what it cost.
//!
//! All of it is seen from outside, in the reports of the nodes, and compared with what was done to them.

use crate::{Action, Addr, NodeIndex, Observer, State, Step, StreamStep, stats::Sample};
use core::time::Duration;
use memberlist_proto::{Event, Instant, RejectReason};
use std::collections::BTreeMap;

mod changes;
mod timeline;
mod views;

pub use changes::{Cause, Change};
pub use timeline::{Absence, NewBelief, Timeline};
use views::{Belief, Views};

/// Reports of a suspicion that are no further apart than this are of the same.
const SAME_SUSPICION: Duration = Duration::from_secs(5);

/// What happened in a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Measures {
    views: Views,
    changes: changes::Changes,
    /// Over time: what was sent, and what was believed.
    pub timeline: Timeline,
    excuses: Excuses,
    count_from: Instant,
    up_since: Vec<Option<Instant>>,
    /// Bytes that each node has sent, in packets and on streams.
    pub bytes_sent: Vec<u64>,
    /// For how long the processes of all nodes together ran, up to the end.
    pub node_time: Duration,
    /// Packets sent.
    pub packets: u64,
    /// Their bytes.
    pub packet_bytes: u64,
    /// Streams dialled.
    pub streams: u64,
    /// Bytes written to streams.
    pub stream_bytes: u64,
    /// Reports of failure, at each observer, whatever they are of.
    pub failures: u64,
    /// Reports of failure of nodes that run, have not left and can be reached: see [`false_positives`](Self::false_positives).
    false_positives: Vec<(Instant, NodeIndex, NodeIndex)>,
    /// Suspicions of nodes that run, have not left and can be reached.
    pub suspicions: u64,
    /// Which nodes were suspected so, and since when: one suspicion is reported by many.
    suspected: BTreeMap<NodeIndex, Instant>,
    suspected_members: u64,
    /// Reports of failure of nodes that had left.
    pub failures_of_leavers: u64,
    /// The highest health score of any node.
    pub health: u32,
    /// How often nodes contradicted what was said of them.
    pub refutations: u64,
    /// Since when all views are true, and each change of that.
    truth: Vec<(Instant, bool)>,
    leaving: Vec<bool>,
    /// From this node on, all are strangers.
    strangers: u32,
    /// Reports that somebody speaks another wire: at most one a second at each node.
    pub another_wire: u64,
}

/// Why a node may be held for failed although it runs.
#[derive(Clone, Debug)]
struct Excuses {
    grace: Duration,
    until: Vec<Instant>,
    cuts: Vec<Separation>,
}

/// Nodes that can't reach each other, or not in both directions.
#[derive(Clone, Debug)]
pub(super) struct Separation {
    pub(super) of: Vec<NodeIndex>,
    /// `None`: from all others.
    pub(super) from: Option<Vec<NodeIndex>>,
    pub(super) since: Instant,
    pub(super) until: Instant,
}

impl Measures {
    /// Of so many nodes, over so long a time; reports of failure that come no later than `grace` after their reason has ended are not false.
    #[must_use]
    pub(super) fn new(nodes: usize, duration: Duration, grace: Duration) -> Self {
        let count_from = Instant::START;
        Self {
            views: Views::new(nodes),
            changes: changes::Changes::new(nodes),
            timeline: Timeline::new(nodes, duration),
            excuses: Excuses { grace, until: vec![Instant::START; nodes], cuts: Vec::new() },
            count_from,
            up_since: vec![None; nodes],
            bytes_sent: vec![0; nodes],
            node_time: Duration::ZERO,
            packets: 0,
            packet_bytes: 0,
            streams: 0,
            stream_bytes: 0,
            failures: 0,
            false_positives: Vec::new(),
            suspicions: 0,
            suspected: BTreeMap::new(),
            suspected_members: 0,
            failures_of_leavers: 0,
            health: 0,
            refutations: 0,
            truth: vec![(Instant::START, true)],
            leaving: vec![false; nodes],
            strangers: u32::MAX,
            another_wire: 0,
        }
    }

    /// What is sent before this is not counted (but drawn).
    pub(super) fn count_from(&mut self, from: Instant) {
        self.count_from = from;
    }

    /// From this node on, all are no members, and what they believe is not looked at.
    pub(super) const fn strangers_from(&mut self, node: u32) {
        self.strangers = node;
    }

    /// What happened so far belongs to the start: it is not counted as a change, and excuses nothing.
    pub(super) fn begin(&mut self) {
        self.excuses.until.fill(Instant::START);
        self.changes.clear();
        self.timeline.forget_beliefs();
    }

    pub(super) fn separate(&mut self, mut separation: Separation) {
        if separation.until != Instant::NEVER {
            separation.until += self.excuses.grace;
        }
        self.excuses.cuts.push(separation);
    }

    /// The node has broadcast the message of this number.
    pub(super) fn broadcast(&mut self, at: Instant, node: NodeIndex, number: u64) {
        let waiting = self.views.observers().filter(|other| *other != node);
        self.changes.begin(at, node, Cause::Broadcast, Some(number), waiting.collect());
    }

    /// The node has changed its metadata to that of this number.
    pub(super) fn updated(&mut self, at: Instant, node: NodeIndex, number: u64) {
        let waiting =
            self.views.observers().filter(|other| *other != node && self.views.is_member(*other, node));
        self.changes.begin(at, node, Cause::Update, Some(number), waiting.collect());
    }

    pub(super) fn finish(&mut self, at: Instant) {
        for since in &mut self.up_since {
            if let Some(since) = since.take() {
                self.node_time += at.since(since.max(self.count_from));
            }
        }
    }

    /// Gives back the memory of all that only a picture of this run would show.
    pub(crate) fn forget_details(&mut self) {
        self.timeline.beliefs = Vec::new();
        self.views = Views::new(0);
    }

    // ---- what it came to ----

    /// Who learned when of each change.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        self.changes.all()
    }

    /// Reports of failure of nodes that run, have not left and can be reached: when, by whom, of whom. A node that is paused, blocked or behind a
    /// partition can't be reached; what is reported of it up to the longest suspicion time later, or of a node that started so recently,
    /// may still be of that time and is not counted.
    #[must_use]
    pub fn false_positives(&self) -> &[(Instant, NodeIndex, NodeIndex)] {
        &self.false_positives
    }

    /// Whether all views were true at this time.
    #[must_use]
    pub fn views_true_at(&self, at: Instant) -> bool {
        let after = self.truth.partition_point(|(since, _)| *since <= at);
        after.checked_sub(1).and_then(|place| self.truth.get(place)).is_some_and(|(_, are_true)| *are_true)
    }

    /// When all views were true for the first time at or after this time.
    #[must_use]
    pub fn views_true_from(&self, from: Instant) -> Option<Instant> {
        if self.views_true_at(from) {
            return Some(from);
        }
        self.truth.iter().find(|(since, are_true)| *since > from && *are_true).map(|(since, _)| *since)
    }

    /// How many views of a node on another are wrong now.
    #[must_use]
    pub fn wrong_views(&self) -> u64 {
        self.views.wrong()
    }

    /// How often a node that runs and can be reached was suspected, however many reported it: reports that come within 5 seconds of each other are
    /// of the same suspicion.
    #[must_use]
    pub const fn suspected(&self) -> u64 {
        self.suspected_members
    }

    /// Changes of this cause that were not overtaken by others of the same node.
    pub fn settled(&self, cause: Cause) -> impl Iterator<Item = &Change> {
        self.changes.all().iter().filter(move |change| change.cause == cause && !change.is_overtaken())
    }

    /// How long it took until each observer had found each crash.
    #[must_use]
    pub fn detections(&self) -> Sample {
        Sample::of_durations(
            self.settled(Cause::Crash).flat_map(|change| change.learned.iter().map(|(after, _)| *after)),
        )
    }

    /// Bytes that the node which sent most sent in each second, on average.
    #[must_use]
    pub fn most_bytes_per_second(&self, duration: Duration) -> f64 {
        self.bytes_sent.iter().copied().max().unwrap_or(0) as f64 / duration.as_secs_f64().max(1e-9)
    }

    /// So many things, for each node and second that it ran.
    #[must_use]
    pub fn per_node_second(&self, things: u64) -> f64 {
        let seconds = self.node_time.as_secs_f64();
        if seconds > 0.0 { things as f64 / seconds } else { 0.0 }
    }

    // ---- what is seen ----

    fn sent(&mut self, at: Instant, node: NodeIndex, bytes: usize) {
        self.timeline.sent(at, bytes as u64);
        if at < self.count_from {
            return;
        }
        if let Some(sent) = self.bytes_sent.get_mut(node.place()) {
            *sent += bytes as u64;
        }
    }

    fn action(&mut self, at: Instant, node: NodeIndex, action: Action) {
        match action {
            Action::Started(address) => {
                self.excuses.excuse(node, at + self.excuses.grace);
                self.set_leaving(node, false);
                if let Some(since) = self.up_since.get_mut(node.place()) {
                    since.get_or_insert(at);
                }
                self.views.forget_all(node);
                self.truth_of(at, node, Some(address.moves()), Cause::Join);
                self.changes.newcomer(at, node, &self.views);
                self.timeline.up(at, self.up());
                self.timeline.back(at, node);
            }
            Action::Crashed | Action::Vanished => {
                if let Some(since) = self.up_since.get_mut(node.place()).and_then(Option::take) {
                    self.node_time += at.since(since.max(self.count_from));
                }
                self.changes.gone(node);
                self.truth_of(at, node, None, Cause::Crash);
                self.timeline.up(at, self.up());
                self.timeline.absent(node, at, None);
            }
            Action::Leave => self.set_leaving(node, true),
            Action::Rejoin => self.set_leaving(node, false),
            Action::Paused(time) | Action::Blocked(time) => {
                self.excuses.excuse(node, at + time + self.excuses.grace);
                if let Action::Paused(time) = action {
                    self.timeline.absent(node, at, Some(time));
                }
            }
            _ => {}
        }
    }

    fn set_leaving(&mut self, node: NodeIndex, is: bool) {
        if let Some(leaving) = self.leaving.get_mut(node.place()) {
            *leaving = is;
        }
    }

    fn is_leaving(&self, node: NodeIndex) -> bool {
        self.leaving.get(node.place()).copied().unwrap_or(false)
    }

    /// Whether what `by` says now is wrong: that `of` has failed.
    fn is_false(&self, at: Instant, by: NodeIndex, of: NodeIndex) -> bool {
        self.views.is_true_member(of) && !self.is_leaving(of) && !self.excuses.holds(at, by, of)
    }

    fn count_suspected(&mut self, at: Instant, of: NodeIndex) {
        let last = self.suspected.insert(of, at);
        if last.is_none_or(|last| at.since(last) > SAME_SUSPICION) {
            self.suspected_members += 1;
        }
    }

    fn up(&self) -> usize {
        self.up_since.iter().flatten().count()
    }

    /// What is true of a node changed.
    fn truth_of(&mut self, at: Instant, node: NodeIndex, member: Option<u8>, cause: Cause) {
        if self.views.set_truth(node, member) {
            let waiting = self.views.wrong_about(node);
            self.changes.begin(at, node, cause, None, waiting);
        }
        self.look(at);
    }

    fn believes(&mut self, at: Instant, by: NodeIndex, of: NodeIndex, state: Option<State>, moves: u8) {
        self.views.set(by, of, state.map_or(Belief::UNKNOWN, |state| Belief::new(state, moves)));
        if self.views.is_right(by, of) {
            self.changes.learned(at, by, of);
        }
        self.timeline.believed(at, by, of, state);
    }

    fn look(&mut self, at: Instant) {
        let wrong = self.views.wrong();
        self.timeline.wrong(at, wrong, self.views.pairs());
        let are_true = wrong == 0;
        if self.truth.last().is_none_or(|(_, was)| *was != are_true) {
            // What is true only for no time at all does not count.
            if self.truth.last().is_some_and(|(since, _)| *since == at) && self.truth.len() > 1 {
                self.truth.pop();
            } else {
                self.truth.push((at, are_true));
            }
        }
    }

    fn event(&mut self, at: Instant, node: NodeIndex, event: &Event<crate::Name, Addr>) {
        match event {
            Event::Failed { member, .. } => {
                self.failures += 1;
                let of = member.node.id.0;
                if self.is_leaving(of) {
                    self.failures_of_leavers += 1;
                } else if self.is_false(at, node, of) {
                    self.false_positives.push((at, node, of));
                }
            }
            Event::Suspected { member, .. } => {
                let of = member.node.id.0;
                if self.is_false(at, node, of) {
                    self.suspicions += 1;
                    self.count_suspected(at, of);
                }
            }
            Event::HealthChanged { score } => self.health = self.health.max(*score),
            Event::Refuted { .. } => self.refutations += 1,
            Event::Rejected(rejection) => {
                self.another_wire += u64::from(rejection.reason == RejectReason::AnotherWire);
            }
            Event::User { payload, .. } => {
                if let Some(number) = super::play::number_in(payload) {
                    self.changes.heard(at, node, Cause::Broadcast, number);
                }
            }
            _ => {}
        }
        match event {
            Event::Joined(member)
            | Event::Left(member)
            | Event::Failed { member, .. }
            | Event::Suspected { member, .. }
            | Event::Recovered { member, .. }
            | Event::Updated { member, .. } => {
                let moves = member.node.address.moves();
                self.believes(at, node, member.node.id.0, Some(member.state), moves);
                if let Some(number) = super::play::number_in(member.meta.as_bytes()) {
                    self.changes.heard(at, node, Cause::Update, number);
                }
            }
            Event::Removed(member) => self.believes(at, node, member.node.id.0, None, 0),
            _ => {}
        }
    }
}

impl Excuses {
    fn excuse(&mut self, node: NodeIndex, until: Instant) {
        if let Some(of) = self.until.get_mut(node.place()) {
            *of = (*of).max(until);
        }
    }

    fn holds(&self, at: Instant, by: NodeIndex, of: NodeIndex) -> bool {
        self.until.get(of.place()).is_some_and(|until| at < *until)
            || self.cuts.iter().any(|cut| {
                let inside = |node: NodeIndex| cut.of.binary_search(&node).is_ok();
                let cut_off = match &cut.from {
                    None => inside(by) != inside(of),
                    // Others hear of it from those who are cut off.
                    Some(from) => inside(of) || from.binary_search(&of).is_ok(),
                };
                cut_off && at >= cut.since && at < cut.until
            })
    }
}

impl Observer for Measures {
    fn step(&mut self, at: Instant, node: NodeIndex, step: &Step<'_>) {
        match step {
            Step::Action(_) | Step::Event(_) | Step::Handled(_) if node.0 >= self.strangers => {}
            Step::Action(action) => self.action(at, node, *action),
            Step::Sent { bytes, .. } => {
                if at >= self.count_from {
                    self.packets += 1;
                    self.packet_bytes += bytes.len() as u64;
                }
                self.sent(at, node, bytes.len());
            }
            Step::Stream(StreamStep::Dial(_)) if at >= self.count_from => self.streams += 1,
            Step::Stream(StreamStep::Wrote(_, bytes)) => {
                if at >= self.count_from {
                    self.stream_bytes += *bytes as u64;
                }
                self.sent(at, node, *bytes);
            }
            Step::Event(event) => self.event(at, node, event),
            Step::Handled(view) => {
                let left = view.has_left();
                if left != self.views.has_left(node) && self.views.set_left(node, left) {
                    let waiting = self.views.wrong_about(node);
                    let cause = if left { Cause::Leave } else { Cause::Join };
                    self.changes.begin(at, node, cause, None, waiting);
                }
                self.look(at);
            }
            _ => {}
        }
    }
}

const fn place_of(state: State) -> u8 {
    match state {
        State::Alive => 0,
        State::Suspect => 1,
        State::Dead => 2,
        State::Left => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests;
