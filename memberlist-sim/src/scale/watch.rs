//! Watches a cluster come together, and how it takes a death.

use crate::{NodeIndex, Observer, Step};
use memberlist_proto::{Event, Instant};

/// What is watched: how many members each node counts, who was declared dead and by whom.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    /// How many nodes there are to know.
    nodes: usize,
    /// How many members each node counts, itself included.
    views: Vec<usize>,
    /// How many nodes count all.
    complete: usize,
    /// Which sizes a cluster was seen to have by anybody, before all agreed for the first time.
    sizes: Vec<bool>,
    agreed: bool,
    victim: Option<Victim>,
    /// Deaths of nodes that were alive, each counted once for each node that declared or believed it.
    pub(crate) false_deaths: u64,
    /// Suspicions of nodes that were alive, counted likewise.
    pub(crate) false_suspicions: u64,
}

#[derive(Clone, Debug)]
struct Victim {
    node: NodeIndex,
    found_by: Vec<Option<Instant>>,
    found: usize,
}

impl Watch {
    /// Watches a cluster that is to have so many nodes.
    pub(crate) fn new(nodes: usize) -> Self {
        Self { nodes, views: vec![1; nodes], sizes: vec![false; nodes + 1], ..Self::default() }
    }

    /// Whether each node counts all.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete == self.nodes
    }

    /// How many different sizes of the cluster were seen until all agreed for the first time.
    pub(crate) fn distinct_sizes(&self) -> usize {
        self.sizes.iter().filter(|seen| **seen).count()
    }

    /// How many members each node counts.
    pub(crate) fn views(&self) -> &[usize] {
        &self.views
    }

    /// From now on this node is dead: whoever says so is right.
    pub(crate) fn expect_death(&mut self, node: NodeIndex) {
        self.victim = Some(Victim { node, found_by: vec![None; self.nodes], found: 0 });
    }

    /// Whether all others know that the node is dead.
    pub(crate) fn is_found_by_all(&self) -> bool {
        self.victim.as_ref().is_some_and(|victim| victim.found + 1 >= self.nodes)
    }

    /// When each of the others first held the node for dead, sorted.
    pub(crate) fn findings(&self) -> Vec<Instant> {
        let mut times: Vec<Instant> =
            self.victim.iter().flat_map(|victim| victim.found_by.iter().copied().flatten()).collect();
        times.sort_unstable();
        times
    }

    fn died(&mut self, at: Instant, observer: NodeIndex, subject: NodeIndex) {
        match self.victim.as_mut().filter(|victim| victim.node == subject) {
            Some(victim) => {
                if let Some(found @ None) = victim.found_by.get_mut(observer.place()) {
                    *found = Some(at);
                    victim.found += 1;
                }
            }
            None => self.false_deaths += 1,
        }
    }

    fn counts(&mut self, node: NodeIndex, members: usize) {
        let Some(view) = self.views.get_mut(node.place()) else { return };
        let before = core::mem::replace(view, members);
        self.complete += usize::from(members == self.nodes);
        self.complete -= usize::from(before == self.nodes);
        if !self.agreed {
            if let Some(seen) = self.sizes.get_mut(members) {
                *seen = true;
            }
            self.agreed = self.is_complete();
        }
    }
}

impl Observer for Watch {
    fn step(&mut self, at: Instant, node: NodeIndex, step: &Step<'_>) {
        match step {
            Step::Event(Event::Failed { member, .. }) => self.died(at, node, member.node.id.0),
            Step::Event(Event::Suspected { member, .. }) => {
                let dead = self.victim.as_ref().is_some_and(|victim| victim.node == member.node.id.0);
                self.false_suspicions += u64::from(!dead);
            }
            Step::Handled(view) => {
                let members = view.members();
                if self.views.get(node.place()) != Some(&members) {
                    self.counts(node, members);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
