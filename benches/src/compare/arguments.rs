//! What the program is told.

use super::{
    Job, Name, Task,
    plan::{Scale, WORKLOADS, jobs, tasks},
};
use clap::Parser;
use std::{path::PathBuf, time::Duration};

/// Whole clusters of this project beside those of others: joining, idle CPU, memory, detection, dissemination, messages.
#[derive(Clone, Debug, Parser)]
#[command(name = "compare")]
pub struct Arguments {
    /// Small clusters, and each thing once: that everything runs, in less than three minutes.
    #[arg(long)]
    pub short: bool,
    /// How often everything is done, each time with another seed. Default: 10, with --short 1.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub seeds: Option<u64>,
    /// Only these workloads: A1 joining, A2 idle CPU, A3 memory, A4 detection, A6 dissemination, A7 best-effort and A8 reliable messages.
    #[arg(long, value_delimiter = ',', value_parser = WORKLOADS.map(|(id, _)| id))]
    pub workload: Vec<String>,
    /// Only these contenders.
    #[arg(long, value_delimiter = ',')]
    pub contender: Vec<Name>,
    /// Shows what earlier runs wrote with --json as well, as if it had been measured in this one. May be given several times.
    #[arg(long, value_name = "FILE")]
    pub add: Vec<PathBuf>,
    /// Measures nothing, and shows what is added.
    #[arg(long, requires = "add")]
    pub only_added: bool,
    /// Writes everything, raw samples included, to this file.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Writes a page with tables and plots to this file.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Writes the tables into `benches/RESULTS.md`.
    #[arg(long)]
    pub write: bool,
}

impl Arguments {
    /// How often everything is done.
    #[must_use]
    pub fn seeds(&self) -> u64 {
        self.seeds.unwrap_or(if self.short { 1 } else { 10 })
    }

    /// How long a job may take. In short mode not so long that one that is stuck makes it a long one.
    #[must_use]
    pub fn limit(&self, task: &Task) -> Duration {
        Duration::from_secs(if self.short { 20 } else { task.deadline() })
    }

    /// What is done.
    #[must_use]
    pub fn tasks(&self) -> Vec<Task> {
        let mut tasks = tasks(if self.short { Scale::Short } else { Scale::Long });
        if !self.workload.is_empty() {
            tasks.retain(|task| self.workload.iter().any(|id| id == task.workload()));
        }
        tasks
    }

    /// All that is to be measured, in order.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        if self.only_added { Vec::new() } else { jobs(&self.tasks(), &self.contenders(), self.seeds()) }
    }

    /// By whom.
    #[must_use]
    pub fn contenders(&self) -> Vec<Name> {
        let mut names = Name::ALL.to_vec();
        if !self.contender.is_empty() {
            names.retain(|name| self.contender.contains(name));
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn everything_is_done_ten_times_unless_told_otherwise() {
        let arguments = parse("compare").unwrap();
        assert_eq!((arguments.seeds(), arguments.contenders()), (10, Name::ALL.to_vec()));
        assert_eq!(arguments.tasks(), tasks(Scale::Long));
        assert_eq!(parse("compare --short").unwrap().seeds(), 1);
        assert_eq!(parse("compare --short --seeds 3").unwrap().seeds(), 3);
    }

    #[test]
    fn lists_choose_workloads_and_contenders() {
        let arguments = parse("compare --short --workload A4,A1 --contender memberlist-0.8,ours").unwrap();
        let ids: Vec<&str> = arguments.tasks().iter().map(Task::workload).collect();
        assert_eq!(ids, ["A1", "A1", "A4"]);
        assert_eq!(arguments.contenders(), [Name::Ours, Name::Memberlist08]);
    }

    #[test]
    fn what_is_added_need_not_be_measured_again() {
        assert_eq!(parse("compare --add a.json --add b.json --only-added").unwrap().jobs(), []);
        let both = parse("compare --short --workload A6 --contender ours --add a.json").unwrap();
        assert_eq!((both.jobs().len(), both.add.len()), (2, 1));
    }

    #[test]
    fn nonsense_is_refused() {
        for line in
            ["compare --workload A5", "compare --contender serf", "compare --seeds 0", "compare --only-added"]
        {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
