use crate::{Action, NodeIndex, Observer, Step};
use core::time::Duration;
use memberlist_proto::{Event, Instant};
use std::collections::BTreeMap;

/// How long it takes until a crash is found by somebody, and by everybody.
///
/// Of each node the last crash counts. What is reported of a node that runs is no detection.
#[derive(Clone, Debug, Default)]
pub struct Detection {
    crashes: BTreeMap<NodeIndex, Crash>,
}

#[derive(Clone, Debug)]
struct Crash {
    at: Instant,
    /// Who has found it, in the order in which they did, and when.
    found: Vec<(NodeIndex, Instant)>,
}

impl Detection {
    /// How long it took until the first node reported this one as failed. `None`: it has not crashed, or nobody has found out.
    #[must_use]
    pub fn first(&self, of: NodeIndex) -> Option<Duration> {
        self.after(of, 1)
    }

    /// How long it took until so many nodes had reported this one as failed. `None`: it has not crashed, or not so many have found out.
    #[must_use]
    pub fn after(&self, of: NodeIndex, observers: usize) -> Option<Duration> {
        let crash = self.crashes.get(&of)?;
        let (_, at) = crash.found.get(observers.checked_sub(1)?)?;
        Some(at.since(crash.at))
    }

    /// How many nodes have reported this one as failed since it crashed.
    #[must_use]
    pub fn observers(&self, of: NodeIndex) -> usize {
        self.crashes.get(&of).map_or(0, |crash| crash.found.len())
    }
}

impl Observer for Detection {
    fn step(&mut self, at: Instant, node: NodeIndex, step: &Step<'_>) {
        match step {
            Step::Action(Action::Crashed | Action::Vanished) => {
                self.crashes.insert(node, Crash { at, found: Vec::new() });
            }
            Step::Action(Action::Started(_)) => {
                self.crashes.remove(&node);
            }
            Step::Event(Event::Failed { member, .. }) => {
                if let Some(crash) = self.crashes.get_mut(&member.node.id.0)
                    && crash.found.iter().all(|(by, _)| *by != node)
                {
                    crash.found.push((node, at));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
