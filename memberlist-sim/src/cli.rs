//! The command line: `memberlist-sim <subcommand>`.
//!
//! A subcommand is a module with `Args` (a [`clap::Args`] with the texts of its help) and `fn run(args: &Args) -> cli::Outcome`; it is hooked
//! in by one variant of `Command` and one line of `Command::run`. What it shows goes through [`show`], what it waits for through
//! [`Progress`].

use crate::lifeguard;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

mod compare;
mod list;
mod output;
mod progress;
mod replay;
mod run;
mod seeds;
mod size;

pub use output::{show, write_file};
pub use progress::Progress;
pub use seeds::over_seeds;

const EXAMPLES: &str = "\
Examples:
  memberlist-sim list                                     what is shipped
  memberlist-sim properties --seeds 1000 --check          what must hold, for many seeds
  memberlist-sim run partition                            a shipped scenario
  memberlist-sim run my.toml --seeds 20 --html out.html   your own, over 20 seeds, with plots
  memberlist-sim size --nodes 500 --loss 2%               what a cluster of that size will do
  memberlist-sim compare a.toml b.toml --seeds 30         which differences are significant

Exit codes: 0 all is well; 1 something that was expected does not hold; 2 the question was wrong (the message says where).";

/// Says what a memberlist cluster will do: real protocol code on a virtual clock and a virtual network.
///
/// Every run is decided by its seed: the same command gives the same figures on every machine.
#[derive(Debug, Parser)]
#[command(name = "memberlist-sim", version, after_help = EXAMPLES, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Plays a scenario, and says whether what it expects holds.
    Run(run::Args),
    /// Says what a cluster of a size will do: how fast it comes together and finds crashes, how often it errs, what it sends.
    Size(size::Args),
    /// Plays two scenarios with the same seeds, and says which differences are significant.
    Compare(compare::Args),
    /// Steps through a stored trace: what happened, and who believed what.
    Replay(replay::Args),
    /// Repeats the experiments of the Lifeguard paper.
    Lifeguard(lifeguard::Args),
    /// Shows how clusters of any size come together, what they cost, and how fast they are simulated.
    Scale(crate::scale::command::Args),
    /// Lists the shipped scenarios.
    List(list::Args),
    /// Checks over many seeds what must hold whatever happens.
    Properties(crate::properties::command::Args),
}

impl Command {
    fn run(&self) -> Outcome {
        match self {
            Self::Run(args) => run::run(args),
            Self::Size(args) => size::run(args),
            Self::Compare(args) => compare::run(args),
            Self::Replay(args) => replay::run(args),
            Self::Lifeguard(args) => lifeguard::run(args),
            Self::Scale(args) => crate::scale::command::run(args),
            Self::List(args) => list::run(args),
            Self::Properties(args) => crate::properties::command::run(args),
        }
    }
}

/// What a subcommand came to.
pub type Outcome = Result<Verdict, Failure>;

/// Whether what was expected holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does, or nothing was expected: exit code 0.
    Holds,
    /// It does not: exit code 1.
    Fails,
}

/// Why a subcommand could not do its work: a message for the user; exit code 2. Every error becomes one with `?`.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// With this message.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl From<bool> for Verdict {
    fn from(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Fails }
    }
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(Verdict::Holds) => ExitCode::SUCCESS,
        Ok(Verdict::Fails) => ExitCode::from(1),
        Err(Failure(message)) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}
