//! The subcommand `properties`.

use super::{ALL, Checks, Plan, run as run_plan};
use crate::cli::{Outcome, Progress, show};
use core::fmt::Write;
use std::path::PathBuf;

/// What `properties` is asked.
#[derive(clap::Args, Clone, Debug)]
#[non_exhaustive]
pub struct Args {
    /// How many seeds, each for each property
    #[arg(long, default_value_t = 100)]
    pub seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    pub from: u64,
    /// This seed alone
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    pub seed: Option<u64>,
    /// These properties alone; may be given more than once, or with commas
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
    /// Check the invariants after every event, as debug builds do
    #[arg(long)]
    pub check: bool,
    /// How many threads; 0: as many as there are processors
    #[arg(long, default_value_t = 0)]
    pub threads: usize,
    /// Write every step of the (first) seed of the (first) property to this file, as lines of text
    #[arg(long)]
    pub trace: Option<PathBuf>,
    /// Name the properties and what they promise, and run none
    #[arg(long)]
    pub list: bool,
}

/// Failures that are shown of each property; the table counts all.
const SHOWN: usize = 10;

impl Args {
    fn plan(&self) -> Plan {
        let seeds = match self.seed {
            Some(seed) => seed..seed.saturating_add(1),
            None => self.from..self.from.saturating_add(self.seeds),
        };
        let checks = if self.check { Checks::Changes } else { Checks::default() };
        let threads = self.threads;
        Plan { seeds, only: self.only.clone(), checks, threads, trace: self.trace.clone(), ..Plan::default() }
    }
}

/// Runs it.
///
/// # Errors
/// If there is no property of a name that was given, or the outcome can't be written.
pub fn run(args: &Args) -> Outcome {
    let mut text = String::new();
    if args.list {
        for property in ALL {
            let _ = writeln!(text, "{:<28} {}", property.name, property.promise);
        }
        show(&text)?;
        return Ok(true.into());
    }
    let plan = args.plan();
    let properties = if plan.only.is_empty() { ALL.len() } else { plan.only.len() };
    let runs = plan.seeds.clone().count().saturating_mul(properties);
    let progress = Progress::new(runs, "checking properties");
    let report = run_plan(&plan, |_| progress.step())?;
    drop(progress);
    let _ = write!(text, "{report}");
    for line in &report.lines {
        for violation in line.violations().take(SHOWN) {
            let _ = writeln!(text, "\n{violation}");
        }
    }
    show(&text)?;
    Ok(report.violations().next().is_none().into())
}
