//! All runs of all configurations: doing them, and doing some of them again.

use super::{
    Configuration, Data, Interval, Latency, Threshold, configuration, experiment, parallel,
    plan::{self, Run},
};
use core::{mem, time::Duration};
use memberlist_proto::CreateError;

pub(super) use plan::{Extent, Task};

/// The seed that those of all runs are derived from.
pub(super) const SEED: u64 = 1;

/// A configuration, and what is to be run with it.
pub(super) struct Series {
    pub(super) configuration: Configuration,
    pub(super) extent: Extent,
}

/// Everything that stands in the tables.
pub(super) fn everything() -> Vec<Series> {
    let series = |extent| move |configuration| Series { configuration, extent };
    let table = configuration::table().into_iter().map(|configuration| {
        let end = configuration::ENDS.contains(&configuration.name());
        Series { configuration, extent: if end { Extent::FULL } else { Extent::PART } }
    });
    let variants = configuration::variants().into_iter().map(series(Extent::VARIANT));
    let tuned = [false, true].into_iter().flat_map(configuration::tuned).map(series(Extent::TUNING));
    table.chain(variants).chain(tuned).collect()
}

impl Series {
    /// What is to be run, in order.
    pub(super) fn tasks(&self) -> Vec<Task> {
        plan::tasks(SEED, self.extent)
    }

    /// Those of its tasks whose results these data hold.
    pub(super) fn written(&self, data: &Data) -> Vec<Task> {
        let data = data.of(self.configuration.name());
        self.tasks().into_iter().filter(|task| data.holds(self.configuration.name(), task)).collect()
    }

    /// These data of its runs in the order of its tasks.
    pub(super) fn sorted(&self, data: &Data) -> Data {
        let mut sorted = Data::default();
        for task in self.tasks() {
            match task.run {
                Run::Interval(point) => {
                    let runs = data.interval.iter().filter(|run| run.point == point);
                    sorted.interval.extend(runs.take(1).cloned());
                }
                Run::Threshold { members, blocked } => {
                    let here = |run: &&Threshold| {
                        (run.members, run.blocked, run.repetition) == (members, blocked, task.repetition)
                    };
                    sorted.threshold.extend(data.threshold.iter().find(here).cloned());
                }
                Run::Latency => {
                    let run = data.latency.iter().find(|run| run.repetition == task.repetition);
                    sorted.latency.extend(run.cloned());
                }
            }
        }
        sorted
    }

    /// Runs these on so many threads; `done` is called after each.
    pub(super) fn run(
        &self,
        tasks: &[Task],
        threads: usize,
        done: impl Fn() + Sync,
    ) -> Result<Data, CreateError> {
        let work = |task: &Task| {
            let data = self.run_one(task);
            done();
            data
        };
        let mut all = Data::default();
        for data in parallel::map(tasks, threads, work) {
            all.append(data?);
        }
        Ok(all)
    }

    fn run_one(&self, task: &Task) -> Result<Data, CreateError> {
        let (configuration, repetition) = (self.configuration.name().to_owned(), task.repetition);
        let mut data = Data::default();
        match task.run {
            Run::Interval(point) => {
                let counts = experiment::interval(task.seed, &self.configuration, point)?;
                data.interval.push(Interval { configuration, point, repetition, counts });
            }
            Run::Threshold { members, blocked } => {
                let length = Duration::from_millis(blocked.into());
                let counts = experiment::threshold(task.seed, &self.configuration, members, length)?;
                data.threshold.push(Threshold { configuration, members, blocked, repetition, counts });
            }
            Run::Latency => {
                let found = experiment::latency(task.seed, &self.configuration)?;
                data.latency.push(Latency { configuration, repetition, found });
            }
        }
        Ok(data)
    }
}

/// Every `stride`-th task of each kind, at least one, and a different one first for each `number`, so that all corners of the grid come up.
pub(super) fn subset(series: &Series, number: usize, stride: usize) -> Vec<Task> {
    part(&series.tasks(), number, stride)
}

/// The same of these tasks.
pub(super) fn part(tasks: &[Task], number: usize, stride: usize) -> Vec<Task> {
    let same = |one: &Task, other: &Task| mem::discriminant(&one.run) == mem::discriminant(&other.run);
    let part = |kind: &[Task]| {
        // 7 has no divisor in common with the usual strides.
        let first = number * 7 % stride.clamp(1, kind.len());
        kind.iter().skip(first).step_by(stride.max(1)).cloned().collect::<Vec<_>>()
    };
    tasks.chunk_by(same).flat_map(part).collect()
}

impl Data {
    /// Adds these runs.
    pub fn append(&mut self, mut more: Self) {
        self.interval.append(&mut more.interval);
        self.threshold.append(&mut more.threshold);
        self.latency.append(&mut more.latency);
    }

    /// The runs of one configuration.
    #[must_use]
    pub fn of(&self, configuration: &str) -> Self {
        let (interval, threshold, latency) = (&self.interval, &self.threshold, &self.latency);
        Self {
            interval: interval.iter().filter(|run| run.configuration == configuration).cloned().collect(),
            threshold: threshold.iter().filter(|run| run.configuration == configuration).cloned().collect(),
            latency: latency.iter().filter(|run| run.configuration == configuration).cloned().collect(),
        }
    }

    /// Whether the result of this task is among ours.
    pub(super) fn holds(&self, configuration: &str, task: &Task) -> bool {
        let named = |name: &str| name == configuration;
        match task.run {
            Run::Interval(point) => {
                self.interval.iter().any(|run| named(&run.configuration) && run.point == point)
            }
            Run::Threshold { members, blocked } => self.threshold.iter().any(|run| {
                named(&run.configuration)
                    && (run.members, run.blocked, run.repetition) == (members, blocked, task.repetition)
            }),
            Run::Latency => {
                self.latency.iter().any(|run| named(&run.configuration) && run.repetition == task.repetition)
            }
        }
    }

    /// Whether all of these runs are among ours, exactly; else what the first is that is not.
    ///
    /// # Errors
    /// Says which run differs, and how.
    pub fn contains(&self, part: &Self) -> Result<(), String> {
        fn all<T: PartialEq + core::fmt::Debug>(whole: &[T], part: &[T]) -> Result<(), String> {
            match part.iter().find(|run| !whole.contains(run)) {
                Some(run) => Err(format!("{run:?}")),
                None => Ok(()),
            }
        }
        all(&self.interval, &part.interval)?;
        all(&self.threshold, &part.threshold)?;
        all(&self.latency, &part.latency)
    }
}

#[cfg(test)]
mod tests;
