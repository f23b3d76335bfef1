use super::{Entry, TraceProblem, entry::Change};
use crate::NodeIndex;
use core::fmt;
use memberlist_proto::Instant;
use memberlist_types::State;
use std::collections::BTreeMap;

/// Who believes what of whom, at a moment of a trace: as the events of the nodes told it.
///
/// Nodes don't report an incarnation that rises while nothing else changes; so the incarnation here may be an earlier one than that which the node knew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beliefs {
    views: BTreeMap<NodeIndex, BTreeMap<NodeIndex, Belief>>,
}

/// What a node believes of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Belief {
    /// What it holds it for.
    pub state: State,
    /// At which incarnation it came to that.
    pub incarnation: u32,
    /// When.
    pub since: Instant,
}

impl Beliefs {
    /// Nobody believes anything.
    #[must_use]
    pub const fn new() -> Self {
        Self { views: BTreeMap::new() }
    }

    /// Goes on by one step. Each step must be told, in order.
    ///
    /// # Errors
    /// If its details are not those of its kind.
    pub fn follow(&mut self, entry: &Entry) -> Result<(), TraceProblem> {
        match entry.change()? {
            None => {}
            Some(Change::Forgets) => {
                self.views.remove(&entry.node);
            }
            Some(Change::Removes(node)) => {
                self.views.entry(entry.node).or_default().remove(&node);
            }
            Some(Change::Believes(node, state, incarnation)) => {
                let view = self.views.entry(entry.node).or_default();
                let since = view
                    .get(&node)
                    .filter(|belief| belief.state == state)
                    .map_or(entry.at, |belief| belief.since);
                view.insert(node, Belief { state, incarnation, since });
            }
        }
        Ok(())
    }

    /// What a node believes of another; `None`: it does not know it (or does not run).
    #[must_use]
    pub fn of(&self, node: NodeIndex, about: NodeIndex) -> Option<Belief> {
        self.views.get(&node)?.get(&about).copied()
    }

    /// All that a node believes, ordered by whom it is about.
    pub fn by(&self, node: NodeIndex) -> impl Iterator<Item = (NodeIndex, Belief)> {
        self.views.get(&node).into_iter().flatten().map(|(about, belief)| (*about, *belief))
    }

    /// What all believe of a node, ordered by who does.
    pub fn about(&self, node: NodeIndex) -> impl Iterator<Item = (NodeIndex, Belief)> {
        self.views.iter().filter_map(move |(by, view)| Some((*by, *view.get(&node)?)))
    }

    /// Those that believe anything.
    pub fn nodes(&self) -> impl Iterator<Item = NodeIndex> {
        self.views.keys().copied()
    }
}

impl fmt::Display for Beliefs {
    /// One line for each node that somebody knows: how many hold it for what, and who they are where it is not alive.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut views: BTreeMap<NodeIndex, BTreeMap<&str, Vec<NodeIndex>>> = BTreeMap::new();
        for (by, view) in &self.views {
            for (about, belief) in view {
                views
                    .entry(*about)
                    .or_default()
                    .entry(super::line::state(belief.state))
                    .or_default()
                    .push(*by);
            }
        }
        for (about, states) in views {
            write!(f, "node {about}:")?;
            for (state, by) in states {
                write!(f, " {state} to {}", by.len())?;
                if state != "alive" {
                    write!(f, " {:?}", by.iter().map(|node| node.0).collect::<Vec<_>>())?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
