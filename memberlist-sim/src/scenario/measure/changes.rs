//! Changes, and who has learned of them when.

use super::views::Views;
use crate::NodeIndex;
use core::time::Duration;
use memberlist_proto::Instant;
use std::collections::BTreeMap;

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// A node started, came back, or moved.
    Join,
    /// A node's process ended, or its machine.
    Crash,
    /// A node said goodbye.
    Leave,
    /// A node broadcast a message of the application.
    Broadcast,
    /// A node changed its metadata.
    Update,
}

/// A change, and who learned of it when.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Change {
    /// When it happened.
    pub at: Instant,
    /// To which node.
    pub node: NodeIndex,
    /// What.
    pub cause: Cause,
    /// Who learned of it, after which time, in the order in which they did.
    pub learned: Vec<(Duration, NodeIndex)>,
    waiting: Vec<bool>,
    /// How many are still to learn of it.
    pub missing: usize,
    overtaken: bool,
}

impl Change {
    /// How many have learned of it, or are to.
    #[must_use]
    pub fn observers(&self) -> usize {
        self.learned.len() + self.missing
    }

    /// After which time the first one knew.
    #[must_use]
    pub fn first(&self) -> Option<Duration> {
        self.learned.first().map(|(after, _)| *after)
    }

    /// After which time this part of all (0.0 to 1.0) knew. `None`: they never did.
    #[must_use]
    pub fn reached(&self, part: f64) -> Option<Duration> {
        let needed = libm::ceil(self.observers() as f64 * part - 1e-9) as usize;
        match needed {
            0 => Some(Duration::ZERO),
            _ => self.learned.get(needed - 1).map(|(after, _)| *after),
        }
    }

    /// Whether the next change of the node came before all knew of this one: what they know now is of the next.
    #[must_use]
    pub const fn is_overtaken(&self) -> bool {
        self.overtaken
    }

    fn wait_for(&mut self, node: NodeIndex) {
        if self.waiting.len() <= node.place() {
            self.waiting.resize(node.place() + 1, false);
        }
        if let Some(waits) = self.waiting.get_mut(node.place())
            && !*waits
        {
            *waits = true;
            self.missing += 1;
        }
    }

    fn wait_no_more(&mut self, node: NodeIndex) -> bool {
        match self.waiting.get_mut(node.place()) {
            Some(waits) if *waits => {
                *waits = false;
                self.missing -= 1;
                true
            }
            _ => false,
        }
    }

    fn learns(&mut self, at: Instant, node: NodeIndex) {
        if self.wait_no_more(node) {
            self.learned.push((at.since(self.at), node));
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Changes {
    all: Vec<Change>,
    /// The last change of what is true of each node.
    of_node: Vec<Option<usize>>,
    /// Broadcasts and metadata, by their number.
    numbered: BTreeMap<(Cause, u64), usize>,
    last_update: BTreeMap<NodeIndex, usize>,
}

impl Changes {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            all: Vec::new(),
            of_node: vec![None; nodes],
            numbered: BTreeMap::new(),
            last_update: BTreeMap::new(),
        }
    }

    pub(super) fn all(&self) -> &[Change] {
        &self.all
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new(self.of_node.len());
    }

    pub(super) fn begin(
        &mut self,
        at: Instant,
        node: NodeIndex,
        cause: Cause,
        number: Option<u64>,
        waiting: Vec<NodeIndex>,
    ) {
        let place = self.all.len();
        let before = match number {
            None => self.of_node.get_mut(node.place()).and_then(|last| last.replace(place)),
            Some(number) => {
                self.numbered.insert((cause, number), place);
                if cause == Cause::Update { self.last_update.insert(node, place) } else { None }
            }
        };
        if let Some(before) = before.and_then(|before| self.all.get_mut(before)) {
            before.overtaken = before.missing > 0;
        }
        let mut change = Change {
            at,
            node,
            cause,
            learned: Vec::new(),
            waiting: Vec::new(),
            missing: 0,
            overtaken: false,
        };
        for other in waiting {
            change.wait_for(other);
        }
        self.all.push(change);
    }

    /// What `by` believes of `of` is right now.
    pub(super) fn learned(&mut self, at: Instant, by: NodeIndex, of: NodeIndex) {
        let place = self.of_node.get(of.place()).copied().flatten();
        if let Some(change) = place.and_then(|place| self.all.get_mut(place)) {
            change.learns(at, by);
        }
    }

    /// `by` has heard of a broadcast, or of metadata.
    pub(super) fn heard(&mut self, at: Instant, by: NodeIndex, cause: Cause, number: u64) {
        if let Some(change) = self.numbered.get(&(cause, number)).and_then(|place| self.all.get_mut(*place)) {
            change.learns(at, by);
        }
    }

    /// A node starts: it is to learn of those that start at the same time.
    pub(super) fn newcomer(&mut self, at: Instant, node: NodeIndex, views: &Views) {
        for change in self.all.iter_mut().rev().take_while(|change| change.at == at) {
            if change.cause == Cause::Join && change.node != node && !views.is_right(node, change.node) {
                change.wait_for(node);
            }
        }
    }

    /// A process ends: it is to learn nothing any more.
    pub(super) fn gone(&mut self, node: NodeIndex) {
        for change in &mut self.all {
            change.wait_no_more(node);
        }
    }
}
