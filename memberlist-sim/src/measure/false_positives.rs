use crate::{Action, Name, NodeIndex, Observer, Step};
use memberlist_proto::{Event, FailureReason, Instant};

/// Details are kept of this many; all are counted.
const KEPT: usize = 64;

/// Counts failures that are reported of members that had none (FP of the Lifeguard paper), and those of them that are reported at nodes that
/// have none themselves (FP⁻).
///
/// A node counts as faulty from the first fault on that is done to it (its process ends, is paused, is blocked, becomes slow, its clock
/// runs wrong, it leaves), and stays so: a member that alternates between blocked and normal is faulty in both, as in the paper. Each report at each observer counts.
#[derive(Clone, Debug, Default)]
pub struct FalsePositives {
    faulty: Vec<bool>,
    all: u64,
    at_healthy: u64,
    suspicions: u64,
    first: Vec<FalsePositive>,
}

/// One false positive.
#[derive(Clone, Debug, PartialEq)]
pub struct FalsePositive {
    /// When it was reported.
    pub at: Instant,
    /// By whom.
    pub by: NodeIndex,
    /// Of whom.
    pub of: NodeIndex,
    /// Why, as the observer sees it.
    pub reason: FailureReason<Name>,
}

impl FalsePositives {
    /// How many there were, at all observers.
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.all
    }

    /// How many there were at observers that are healthy themselves.
    #[must_use]
    pub const fn at_healthy(&self) -> u64 {
        self.at_healthy
    }

    /// How often a member without fault was suspected, at all observers.
    #[must_use]
    pub const fn suspicions(&self) -> u64 {
        self.suspicions
    }

    /// The first 64 of them, to find out how they came about.
    #[must_use]
    pub fn first(&self) -> &[FalsePositive] {
        &self.first
    }

    /// Whether something was done to this node that may explain what is said of it, or what it says.
    #[must_use]
    pub fn is_faulty(&self, node: NodeIndex) -> bool {
        self.faulty.get(node.place()).copied().unwrap_or(false)
    }

    fn blame(&mut self, node: NodeIndex) {
        if self.faulty.len() <= node.place() {
            self.faulty.resize(node.place() + 1, false);
        }
        if let Some(faulty) = self.faulty.get_mut(node.place()) {
            *faulty = true;
        }
    }
}

/// Whether this is a fault of the node that it is done to, rather than a command.
const fn is_fault(action: Action) -> bool {
    match action {
        Action::Started(_) | Action::Join | Action::Rejoin | Action::Command => false,
        Action::Leave
        | Action::Crashed
        | Action::Vanished
        | Action::Paused(_)
        | Action::Blocked(_)
        | Action::Processing(_)
        | Action::Clock(_) => true,
    }
}

impl Observer for FalsePositives {
    fn step(&mut self, at: Instant, node: NodeIndex, step: &Step<'_>) {
        match step {
            Step::Action(action) if is_fault(*action) => self.blame(node),
            Step::Event(Event::Failed { member, reason }) if !self.is_faulty(member.node.id.0) => {
                self.all += 1;
                self.at_healthy += u64::from(!self.is_faulty(node));
                if self.first.len() < KEPT {
                    let (of, reason) = (member.node.id.0, reason.clone());
                    self.first.push(FalsePositive { at, by: node, of, reason });
                }
            }
            Step::Event(Event::Suspected { member, .. }) if !self.is_faulty(member.node.id.0) => {
                self.suspicions += 1;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
