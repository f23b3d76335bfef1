//! Which jobs, in which order.

use super::{Job, Manner, Name, Task};

/// How much is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// As the figures are taken that count.
    Long,
    /// Less than three minutes: that everything runs.
    Short,
}

/// The workloads that there are.
pub const WORKLOADS: [(&str, &str); 7] = [
    ("A1", "joining"),
    ("A2", "idle CPU"),
    ("A3", "memory"),
    ("A4", "detection"),
    ("A6", "dissemination"),
    ("A7", "best-effort messages"),
    ("A8", "reliable messages"),
];

/// Everything that is done, in the order of the tables.
#[must_use]
pub fn tasks(scale: Scale) -> Vec<Task> {
    let short = scale == Scale::Short;
    let mut tasks = Vec::new();
    let sizes: &[usize] = if short { &[20, 100] } else { &[20, 50, 100, 200, 500] };
    tasks.extend(sizes.iter().map(|nodes| Task::Join { nodes: *nodes }));
    let (nodes, seconds) = if short { (20, 2) } else { (100, 30) };
    tasks.push(Task::Idle { nodes, seconds });
    tasks.push(Task::Memory { nodes, members: nodes });
    let known: &[usize] = if short { &[200] } else { &[1_000, 10_000] };
    tasks.extend(known.iter().map(|members| Task::Memory { nodes, members: *members }));
    tasks.push(Task::Process);
    let manners: &[Manner] =
        if short { &[Manner::Killed] } else { &[Manner::Killed, Manner::Stopped, Manner::Blocked] };
    let sizes: &[usize] = if short { &[5] } else { &[20, 100] };
    for nodes in sizes {
        tasks.extend(manners.iter().map(|manner| Task::Detection { nodes: *nodes, manner: *manner }));
    }
    tasks.push(Task::Broadcast { nodes, times: if short { 1 } else { 5 } });
    tasks.push(Task::Leave { nodes });
    let millis = if short { 500 } else { 3_000 };
    for sealed in [false, true] {
        tasks.extend([64, 1_400].map(|bytes| Task::Packets { bytes, at_once: 1, sealed, millis }));
        tasks.push(Task::Packets { bytes: 64, at_once: 20, sealed, millis });
    }
    tasks.extend([1_000, 64_000, 1_000_000].map(|bytes| Task::Streams { bytes, peers: 1, millis }));
    tasks.push(Task::Streams { bytes: 1_000, peers: if short { 10 } else { 100 }, millis });
    tasks
}

/// The jobs of these tasks: for each task and seed all contenders in turn, another one first each time.
#[must_use]
pub fn jobs(tasks: &[Task], contenders: &[Name], seeds: u64) -> Vec<Job> {
    let mut jobs = Vec::new();
    for task in tasks {
        let fit: Vec<Name> = contenders.iter().copied().filter(|name| task.suits(*name)).collect();
        for seed in 1..=seeds {
            let first = usize::try_from(seed - 1).unwrap_or(0) % fit.len().max(1);
            let (before, after) = fit.split_at(first);
            let turn = after.iter().chain(before);
            jobs.extend(turn.map(|contender| Job { task: *task, contender: *contender, seed }));
        }
    }
    jobs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contenders_take_turns() {
        let jobs = jobs(&[Task::Join { nodes: 3 }], &[Name::Ours, Name::Foca, Name::Plain], 2);
        let turns: Vec<(Name, u64)> = jobs.iter().map(|job| (job.contender, job.seed)).collect();
        assert_eq!(turns, [(Name::Ours, 1), (Name::Foca, 1), (Name::Foca, 2), (Name::Ours, 2)]);
    }

    #[test]
    fn every_workload_is_done_at_both_scales() {
        for scale in [Scale::Long, Scale::Short] {
            for (id, _) in WORKLOADS {
                assert!(tasks(scale).iter().any(|task| task.workload() == id), "{id}");
            }
        }
    }
}
