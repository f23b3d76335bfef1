//! The subcommand `properties`.

use super::{ALL, Checks, Plan, run};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::{io::IsTerminal, path::PathBuf, process::ExitCode};

/// Checks over many seeds what must hold whatever happens.
#[derive(Args, Clone, Debug)]
#[non_exhaustive]
pub struct Properties {
    /// How many seeds, each for each property.
    #[arg(long, default_value_t = 100)]
    pub seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    pub from: u64,
    /// This seed alone.
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    pub seed: Option<u64>,
    /// These properties alone; may be given more than once, or with commas.
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
    /// Check the invariants after every event, as debug builds do.
    #[arg(long)]
    pub check: bool,
    /// How many threads; as many as there are processors if it is not given.
    #[arg(long, default_value_t = 0)]
    pub threads: usize,
    /// Write every step of the (first) seed of the (first) property to this file, as lines of text.
    #[arg(long)]
    pub trace: Option<PathBuf>,
    /// Name the properties and what they promise, and run none.
    #[arg(long)]
    pub list: bool,
}

/// Failures that are printed of each property; the table counts all.
const PRINTED: usize = 10;

impl Properties {
    fn plan(&self) -> Plan {
        let seeds = match self.seed {
            Some(seed) => seed..seed.saturating_add(1),
            None => self.from..self.from.saturating_add(self.seeds),
        };
        let checks = if self.check { Checks::Changes } else { Checks::default() };
        let threads = self.threads;
        Plan { seeds, only: self.only.clone(), checks, threads, trace: self.trace.clone(), ..Plan::default() }
    }

    /// Runs it; the exit code is that of the process: 0 if all holds, 1 if something does not, 2 if it can't be run.
    #[must_use]
    pub fn run(&self) -> ExitCode {
        if self.list {
            for property in ALL {
                println!("{:<28} {}", property.name, property.promise);
            }
            return ExitCode::SUCCESS;
        }
        let plan = self.plan();
        let properties = if plan.only.is_empty() { ALL.len() } else { plan.only.len() };
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new(plan.seeds.clone().count() as u64 * properties as u64)
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} runs, {eta} to go {msg}") {
            bar.set_style(style);
        }
        let report = run(&plan, |outcome| {
            bar.inc(1);
            if let Err(violation) = &outcome.result {
                bar.set_message(format!("({} fails)", violation.property));
            }
        });
        bar.finish_and_clear();
        let report = match report {
            Ok(report) => report,
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::from(2);
            }
        };
        print!("{report}");
        for line in &report.lines {
            for violation in line.violations().take(PRINTED) {
                println!("\n{violation}");
            }
        }
        if report.violations().next().is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}
