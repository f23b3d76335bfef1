//! What really happens to the nodes, as far as a checker needs it: learned from what was done to them.

use crate::{Action, NodeIndex, Step};
use memberlist_proto::Instant;

/// What is true of one node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Being {
    /// Whether its process runs.
    pub(crate) up: bool,
    /// Whether it was told to leave, in its present or last life.
    pub(crate) left: bool,
    /// Since when all this holds.
    pub(crate) since: Instant,
    /// How many processes of it were started.
    pub(crate) lives: u32,
    /// The highest incarnation that it ever had: nobody can know of a higher one.
    pub(crate) highest: u32,
}

/// What is true of all nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Truth {
    beings: Vec<Being>,
}

impl Truth {
    pub(crate) fn of(&self, node: NodeIndex) -> Option<&Being> {
        self.beings.get(node.place())
    }

    /// Whether its process runs and is a member.
    pub(crate) fn lives(&self, node: NodeIndex) -> bool {
        self.of(node).is_some_and(|being| being.up && !being.left)
    }

    pub(crate) fn step(&mut self, at: Instant, node: NodeIndex, step: &Step<'_>) {
        match step {
            Step::Action(Action::Started(_)) => self.start(at, node),
            Step::Action(action) => {
                let Some(being) = self.beings.get_mut(node.place()) else { return };
                match action {
                    Action::Crashed | Action::Vanished => being.up = false,
                    Action::Leave => being.left = true,
                    Action::Rejoin => being.left = false,
                    _ => return,
                }
                being.since = at;
            }
            Step::Handled(view) => {
                if let Some(being) = self.beings.get_mut(node.place()) {
                    being.highest = being.highest.max(view.incarnation());
                }
            }
            _ => {}
        }
    }

    fn start(&mut self, at: Instant, node: NodeIndex) {
        let born = Being { up: true, left: false, since: at, lives: 1, highest: 0 };
        match self.beings.get_mut(node.place()) {
            Some(old) => *old = Being { lives: old.lives + 1, highest: old.highest, ..born },
            None => self.beings.push(born),
        }
    }
}
