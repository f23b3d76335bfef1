//! The faults of a scenario, as single things to do in order of time.

use super::{Deed, Direction, Fault, Scenario, Start};
use crate::{Latency, NodeIndex};
use core::time::Duration;

/// How long a node that leaves goes on until its process ends.
const LEAVE_TAKES: Duration = Duration::from_secs(5);
/// As [`LEAVE_TAKES`], for one that is restarted.
const GOODBYE_TAKES: Duration = Duration::from_secs(2);

/// A single thing to do.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Task {
    /// A node that was not there starts.
    Spawn(NodeIndex),
    Join(NodeIndex),
    Crash(NodeIndex),
    Vanish(NodeIndex),
    Restart(NodeIndex, bool),
    Leave(NodeIndex),
    Rejoin(NodeIndex),
    Pause(NodeIndex, Duration),
    Block(NodeIndex, Duration),
    Processing(NodeIndex, Duration),
    Clock(NodeIndex, i32),
    Interfere(u64, Interference),
    Stop(u64),
    Broadcast(NodeIndex, usize),
    Update(NodeIndex, usize),
}

/// Something that is done to the network.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Interference {
    pub(super) kind: Kind,
    pub(super) direction: Direction,
    pub(super) of: Vec<NodeIndex>,
    /// `None`: all others.
    pub(super) from: Option<Vec<NodeIndex>>,
    /// For how long; `None`: to the end.
    pub(super) lasts: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Cut,
    Loss(f64),
    Delay(Latency),
}

/// All that is to be done.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Schedule {
    /// In order of time.
    pub(super) tasks: Vec<(Duration, Task)>,
    /// When the last fault was over: from then on the cluster is left alone.
    pub(super) quiet_from: Duration,
}

impl Schedule {
    pub(super) fn new(scenario: &Scenario, seed: u64) -> Self {
        let mut schedule = Self { tasks: Vec::new(), quiet_from: Duration::ZERO };
        schedule.start(scenario);
        let mut number = 0;
        for (place, fault) in scenario.faults.iter().enumerate() {
            let nodes = fault.nodes.nodes(&scenario.nodes, seed, place as u64);
            let from = match &fault.deed {
                // Another number, lest the same nodes are drawn again.
                Deed::Partition { from: Some(from), .. } => {
                    Some(from.nodes(&scenario.nodes, seed, place as u64 | 1 << 32))
                }
                _ => None,
            };
            for time in 0..fault.times {
                let at = fault.at + fault.every * time;
                schedule.fault(fault, at, &nodes, from.as_deref(), &mut number);
            }
        }
        schedule.tasks.retain(|(at, _)| *at <= scenario.duration);
        schedule.tasks.sort_by_key(|(at, _)| *at);
        schedule
    }

    fn push(&mut self, at: Duration, task: Task) {
        let ends = match &task {
            // They change nothing that views depend on.
            Task::Broadcast(..) | Task::Update(..) => Duration::ZERO,
            Task::Pause(_, time) | Task::Block(_, time) => at + *time,
            _ => at,
        };
        self.quiet_from = self.quiet_from.max(ends);
        self.tasks.push((at, task));
    }

    fn start(&mut self, scenario: &Scenario) {
        let count = scenario.nodes.count;
        match scenario.nodes.start {
            Start::Formed(_) => {}
            Start::Join => {
                for node in 0..count {
                    self.push(Duration::ZERO, Task::Spawn(NodeIndex(node)));
                }
                for node in 1..count {
                    self.push(Duration::ZERO, Task::Join(NodeIndex(node)));
                }
            }
            Start::Ramp(time) => {
                for node in 0..count {
                    let at = Duration::from_nanos(
                        u64::try_from(time.as_nanos() * u128::from(node) / u128::from(count.max(1)))
                            .unwrap_or(u64::MAX),
                    );
                    self.push(at, Task::Spawn(NodeIndex(node)));
                    if node > 0 {
                        self.push(at, Task::Join(NodeIndex(node)));
                    }
                }
            }
        }
    }

    fn fault(
        &mut self,
        fault: &Fault,
        at: Duration,
        nodes: &[NodeIndex],
        from: Option<&[NodeIndex]>,
        number: &mut u64,
    ) {
        let mut at = at;
        let single: &dyn Fn(&mut Self, Duration, NodeIndex) = match &fault.deed {
            Deed::Partition { direction, lasts, .. } => {
                return self.interfere(Kind::Cut, *direction, nodes, from, (at, *lasts), number);
            }
            Deed::Loss { part, direction, lasts } => {
                return self.interfere(Kind::Loss(*part), *direction, nodes, None, (at, *lasts), number);
            }
            Deed::Delay { by, direction, lasts } => {
                return self.interfere(
                    Kind::Delay(by.clone()),
                    *direction,
                    nodes,
                    None,
                    (at, *lasts),
                    number,
                );
            }
            deed => &|schedule, at, node| schedule.of_node(deed, at, node),
        };
        for node in nodes {
            single(self, at, *node);
            at += fault.apart;
        }
    }

    fn interfere(
        &mut self,
        kind: Kind,
        direction: Direction,
        of: &[NodeIndex],
        from: Option<&[NodeIndex]>,
        (at, lasts): (Duration, Option<Duration>),
        number: &mut u64,
    ) {
        *number += 1;
        let from = from.map(<[NodeIndex]>::to_vec);
        let interference = Interference { kind, direction, of: of.to_vec(), from, lasts };
        self.push(at, Task::Interfere(*number, interference));
        if let Some(lasts) = lasts {
            self.push(at + lasts, Task::Stop(*number));
        }
    }

    fn of_node(&mut self, deed: &Deed, at: Duration, node: NodeIndex) {
        match deed {
            Deed::Start => {
                self.push(at, Task::Restart(node, false));
                self.push(at, Task::Join(node));
            }
            Deed::Crash => self.push(at, Task::Crash(node)),
            Deed::Vanish => self.push(at, Task::Vanish(node)),
            Deed::Restart { down, moved, goodbye } => {
                let mut ends = at;
                if *goodbye {
                    self.push(at, Task::Leave(node));
                    ends += GOODBYE_TAKES;
                }
                self.push(ends, Task::Crash(node));
                self.push(ends + *down, Task::Restart(node, *moved));
                self.push(ends + *down, Task::Join(node));
            }
            Deed::Leave => {
                self.push(at, Task::Leave(node));
                self.push(at + LEAVE_TAKES, Task::Crash(node));
            }
            Deed::LeaveAndStay => self.push(at, Task::Leave(node)),
            Deed::Rejoin => {
                self.push(at, Task::Rejoin(node));
                self.push(at, Task::Join(node));
            }
            Deed::Pause(time) => self.push(at, Task::Pause(node, *time)),
            Deed::Block(time) => self.push(at, Task::Block(node, *time)),
            Deed::Slow { per_input, lasts } => {
                self.push(at, Task::Processing(node, *per_input));
                if let Some(lasts) = lasts {
                    self.push(at + *lasts, Task::Processing(node, Duration::ZERO));
                }
            }
            Deed::Clock { gains, lasts } => {
                self.push(at, Task::Clock(node, *gains));
                if let Some(lasts) = lasts {
                    self.push(at + *lasts, Task::Clock(node, 0));
                }
            }
            Deed::Broadcast { bytes } => self.push(at, Task::Broadcast(node, *bytes)),
            Deed::UpdateMeta { bytes } => self.push(at, Task::Update(node, *bytes)),
            Deed::Partition { .. } | Deed::Loss { .. } | Deed::Delay { .. } => {}
        }
    }
}
