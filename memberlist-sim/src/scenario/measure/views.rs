//! What each node believes of each other, and whether it is true: kept up to date with each report, so that nothing is ever searched.

use super::place_of;
use crate::{NodeIndex, State};

/// What a node believes of another, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Belief {
    state: u8,
    moves: u8,
}

#[derive(Clone, Debug)]
pub(super) struct Views {
    nodes: usize,
    /// By observer, then by subject.
    beliefs: Vec<Belief>,
    /// The address that is right of each node whose process runs.
    runs: Vec<Option<u8>>,
    left: Vec<bool>,
    observing: Vec<bool>,
    observers: u64,
    wrong: u64,
}

impl Belief {
    pub(super) const UNKNOWN: Self = Self { state: 4, moves: 0 };

    pub(super) const fn new(state: State, moves: u8) -> Self {
        Self { state: place_of(state), moves }
    }

    const fn is_member(self) -> bool {
        self.state <= 1
    }

    /// Whether this is right of a node that is a member at this address, or none.
    fn is_right(self, member: Option<u8>) -> bool {
        match member {
            Some(moves) => self.state == 0 && self.moves == moves,
            None => !self.is_member(),
        }
    }
}

impl Views {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            nodes,
            beliefs: vec![Belief::UNKNOWN; nodes * nodes],
            runs: vec![None; nodes],
            left: vec![false; nodes],
            observing: vec![false; nodes],
            observers: 0,
            wrong: 0,
        }
    }

    fn belief(&self, by: usize, of: usize) -> Belief {
        self.beliefs.get(by * self.nodes + of).copied().unwrap_or(Belief::UNKNOWN)
    }

    /// What is right of a node: its address if it is a member.
    fn member(&self, of: usize) -> Option<u8> {
        self.runs.get(of).copied().flatten().filter(|_| !self.left.get(of).copied().unwrap_or(false))
    }

    fn is_observing(&self, by: usize) -> bool {
        self.observing.get(by).copied().unwrap_or(false)
    }

    pub(super) fn set(&mut self, by: NodeIndex, of: NodeIndex, belief: Belief) {
        let (by, of) = (by.place(), of.place());
        if by >= self.nodes || of >= self.nodes {
            return;
        }
        let before = self.belief(by, of);
        if self.is_observing(by) {
            let member = self.member(of);
            self.wrong =
                self.wrong + u64::from(!belief.is_right(member)) - u64::from(!before.is_right(member));
        }
        if let Some(place) = self.beliefs.get_mut(by * self.nodes + of) {
            *place = belief;
        }
    }

    /// A new process knows nobody.
    pub(super) fn forget_all(&mut self, by: NodeIndex) {
        for of in 0..self.nodes {
            self.set(by, NodeIndex(of as u32), Belief::UNKNOWN);
        }
    }

    /// A process runs at this address, or none does. Says whether it makes a difference to others.
    pub(super) fn set_truth(&mut self, node: NodeIndex, runs: Option<u8>) -> bool {
        self.change(node.place(), |views, place| {
            if let Some(place) = views.runs.get_mut(place) {
                *place = runs;
            }
            if let Some(left) = views.left.get_mut(place) {
                *left = false;
            }
        })
    }

    pub(super) fn set_left(&mut self, node: NodeIndex, is: bool) -> bool {
        self.change(node.place(), |views, place| {
            if let Some(left) = views.left.get_mut(place) {
                *left = is;
            }
        })
    }

    /// Changes what is true of a node, as a subject and as an observer.
    fn change(&mut self, node: usize, change: impl FnOnce(&mut Self, usize)) -> bool {
        let before = self.member(node);
        change(self, node);
        let after = self.member(node);
        for by in 0..self.nodes {
            if self.is_observing(by) {
                let belief = self.belief(by, node);
                self.wrong =
                    self.wrong + u64::from(!belief.is_right(after)) - u64::from(!belief.is_right(before));
            }
        }
        if after.is_some() != self.is_observing(node) {
            let begins = after.is_some();
            for of in 0..self.nodes {
                let belief = self.belief(node, of);
                let wrong = u64::from(!belief.is_right(self.member(of)));
                self.wrong = if begins { self.wrong + wrong } else { self.wrong - wrong };
            }
            self.observers = if begins { self.observers + 1 } else { self.observers - 1 };
            if let Some(observing) = self.observing.get_mut(node) {
                *observing = begins;
            }
        }
        before != after
    }

    pub(super) fn has_left(&self, node: NodeIndex) -> bool {
        self.left.get(node.place()).copied().unwrap_or(false)
    }

    /// How many beliefs of members about nodes are wrong.
    pub(super) const fn wrong(&self) -> u64 {
        self.wrong
    }

    /// How many beliefs there are.
    pub(super) const fn pairs(&self) -> u64 {
        self.observers * self.nodes as u64
    }

    /// Nodes that run and have not left.
    pub(super) fn observers(&self) -> impl Iterator<Item = NodeIndex> {
        (0..self.nodes).filter(|by| self.is_observing(*by)).map(|by| NodeIndex(by as u32))
    }

    /// Observers who believe something wrong of this node, itself not counted.
    pub(super) fn wrong_about(&self, of: NodeIndex) -> Vec<NodeIndex> {
        self.observers().filter(|by| *by != of && !self.is_right(*by, of)).collect()
    }

    pub(super) fn is_right(&self, by: NodeIndex, of: NodeIndex) -> bool {
        self.belief(by.place(), of.place()).is_right(self.member(of.place()))
    }

    /// Whether `by` holds `of` for a member.
    pub(super) fn is_member(&self, by: NodeIndex, of: NodeIndex) -> bool {
        self.belief(by.place(), of.place()).is_member()
    }

    pub(super) fn is_true_member(&self, of: NodeIndex) -> bool {
        self.member(of.place()).is_some()
    }
}
