//! What ours is to reach: the floor to ship with, and the goal.

use super::{Manner, Name, Quantity, Task};

/// Which figure of a sample counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// The middle one.
    Median,
    /// The worst one.
    Worst,
}

/// What a target is a multiple of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Nothing: it stands for itself.
    Itself,
    /// The median of the same quantity, of another task or contender in the same run.
    Other(Task, Name),
}

/// A floor and a goal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Which figure counts.
    pub statistic: Statistic,
    /// Of what.
    pub basis: Basis,
    /// To ship with.
    pub floor: f64,
    /// To aim at.
    pub goal: f64,
}

/// Whether more is better.
#[must_use]
pub const fn more_is_better(quantity: Quantity) -> bool {
    matches!(quantity, Quantity::Rate)
}

/// The target of a figure of ours, if it has one.
#[must_use]
pub fn target(task: Task, quantity: Quantity) -> Option<Target> {
    use Statistic::{Median, Worst};
    let itself = |statistic, floor, goal| Some(Target { statistic, basis: Basis::Itself, floor, goal });
    let of = |task, name, floor, goal| {
        Some(Target { statistic: Median, basis: Basis::Other(task, name), floor, goal })
    };
    match (task, quantity) {
        (Task::Join { nodes: 100 }, Quantity::AllJoined) => itself(Worst, 1.0, 0.5),
        (Task::Join { nodes: 200 }, Quantity::AllJoined) => itself(Worst, 2.0, 1.0),
        (Task::Join { nodes: 500 }, Quantity::AllJoined) => itself(Worst, 5.0, 2.0),
        (Task::Idle { nodes: 100, .. }, Quantity::Cpu) => itself(Median, 0.000_15, 0.000_03),
        (Task::Memory { nodes: 100, members: 100 }, Quantity::Resident) => {
            itself(Median, 60.0 * 1_024.0, 20.0 * 1_024.0)
        }
        // A name of up to 23 bytes included.
        (Task::Memory { members: 10_000, .. }, Quantity::ResidentMember) => itself(Median, 128.0, 40.0),
        (Task::Process, Quantity::Resident) => itself(Median, 6.0 * 1_048_576.0, 3.0 * 1_048_576.0),
        (Task::Detection { nodes, manner: Manner::Stopped | Manner::Blocked }, Quantity::First) => {
            of(Task::Detection { nodes, manner: Manner::Killed }, Name::Ours, 1.10, 1.02)
        }
        (Task::Leave { nodes: 100 }, Quantity::Last) => itself(Worst, 0.050, 0.005),
        (Task::Packets { bytes, at_once: 1, sealed: true, millis }, Quantity::Rate) => {
            let plain = Task::Packets { bytes, at_once: 1, sealed: false, millis };
            of(plain, Name::Plain, 0.7, 0.9)
        }
        (Task::Packets { at_once: 2.., .. }, Quantity::Rate) => itself(Median, 1e6, 3e6),
        (Task::Streams { bytes: 1_000, peers: 1, .. }, Quantity::Rate) => itself(Median, 50e3, 200e3),
        // No goal is named beyond the floor.
        (Task::Streams { bytes: 1_000_000, peers: 1, .. }, Quantity::Rate) => of(task, Name::Plain, 0.8, 0.8),
        _ => None,
    }
}

impl Target {
    /// What is to be said of this figure, where the basis has that median.
    #[must_use]
    pub fn verdict(&self, quantity: Quantity, figure: f64, basis: Option<f64>) -> String {
        let Some(basis) = (if self.basis == Basis::Itself { Some(1.0) } else { basis }) else {
            return "nothing to compare with".into();
        };
        // How much better than it must be.
        let ease = |bound: f64| {
            if more_is_better(quantity) { figure / (bound * basis) } else { bound * basis / figure }
        };
        if ease(self.goal) >= 1.0 {
            "goal met".into()
        } else if ease(self.floor) >= 1.0 {
            format!("floor met, goal missed ({:.1}×)", 1.0 / ease(self.goal))
        } else {
            format!("missed ({:.1}× floor)", 1.0 / ease(self.floor))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_is_better_of_times() {
        let target = target(Task::Join { nodes: 100 }, Quantity::AllJoined).unwrap();
        let verdict = |seconds| target.verdict(Quantity::AllJoined, seconds, None);
        assert_eq!(verdict(0.5), "goal met");
        assert_eq!(verdict(1.0), "floor met, goal missed (2.0×)");
        assert_eq!(verdict(3.0), "missed (3.0× floor)");
    }

    #[test]
    fn more_is_better_of_rates_and_plain_sockets_are_the_measure() {
        let task = Task::Packets { bytes: 64, at_once: 1, sealed: true, millis: 1 };
        let target = target(task, Quantity::Rate).unwrap();
        let verdict = |rate, plain| target.verdict(Quantity::Rate, rate, plain);
        assert_eq!(verdict(95.0, Some(100.0)), "goal met");
        assert_eq!(verdict(75.0, Some(100.0)), "floor met, goal missed (1.2×)");
        assert_eq!(verdict(35.0, Some(100.0)), "missed (2.0× floor)");
        assert_eq!(verdict(35.0, None), "nothing to compare with");
    }

    #[test]
    fn hung_member_is_measured_by_a_killed_one() {
        let hung = Task::Detection { nodes: 20, manner: Manner::Stopped };
        let target = target(hung, Quantity::First).unwrap();
        assert_eq!(
            target.basis,
            Basis::Other(Task::Detection { nodes: 20, manner: Manner::Killed }, Name::Ours)
        );
        assert_eq!(target.verdict(Quantity::First, 7.0, Some(6.9)), "goal met");
    }
}
