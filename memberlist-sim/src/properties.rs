//! What must hold, whatever happens: named properties, each checked in a random situation that a seed decides.
//!
//! A [`Property`] makes a cluster (its size, options, network, faults and their times all come from the seed), lets it run, and says what was
//! found ([`Facts`]) or what is wrong ([`Broken`]). [`run`] does so for thousands of seeds on several threads; a failure is a [`Violation`],
//! which prints the one command that replays it. The times that are promised are in [`bounds`], with their reasons.
//!
//! ```
//! use memberlist_sim::properties::{self, Plan};
//!
//! let plan = Plan { seeds: 0..2, only: vec!["crashes_are_found".into()], ..Plan::default() };
//! let report = properties::run(&plan, |_| {})?;
//! assert!(report.violations().next().is_none());
//! # Ok::<(), properties::UnknownProperty>(())
//! ```

use core::{fmt, time::Duration};
use memberlist_proto::Instant;

pub mod bounds;
mod case;
pub mod command;
mod convergence;
mod crash;
mod departure;
mod dice;
mod invariants;
mod limits;
mod partition;
mod quiet;
mod refutation;
mod resurrection;
mod runner;
mod truth;
mod watch;

pub use case::Case;
pub use invariants::Checks;
pub use runner::{Line, Outcome, Plan, Report, UnknownProperty, run};

/// Looks at what many runs found.
type Judge = fn(&[Facts]) -> Result<(), String>;

/// Something that must hold.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Property {
    /// Its name, as on the command line.
    pub name: &'static str,
    /// What it promises, in one sentence.
    pub promise: &'static str,
    check: fn(&mut Case) -> Result<Facts, Broken>,
    /// What must hold of many runs together.
    judge: Option<Judge>,
}

/// Every property, in the order in which they are run.
pub const ALL: &[Property] = &[
    quiet::PROPERTY,
    crash::PROPERTY,
    refutation::PROPERTY,
    resurrection::PROPERTY,
    departure::PROPERTY,
    partition::PROPERTY,
    convergence::PROPERTY,
    limits::PROPERTY,
];

impl Property {
    /// The property of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|property| property.name == name)
    }

    /// Checks it in the situation of this case.
    ///
    /// # Errors
    /// If it does not hold.
    pub fn check(&self, case: &mut Case) -> Result<Facts, Broken> {
        (self.check)(case)
    }

    /// Judges what many runs found.
    ///
    /// # Errors
    /// If they together are not what they should be, although each alone may be.
    pub fn judge(&self, facts: &[Facts]) -> Result<(), String> {
        self.judge.map_or(Ok(()), |judge| judge(facts))
    }
}

impl fmt::Debug for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Property").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a run found.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Facts {
    /// How many nodes there were in the end, dead ones included.
    pub nodes: usize,
    /// How much time of the simulation passed.
    pub simulated: Duration,
    /// Events of the simulation.
    pub events: u64,
    /// Figures of the property, by name.
    pub figures: Vec<(&'static str, f64)>,
}

impl Facts {
    /// The figure of this name.
    #[must_use]
    pub fn figure(&self, name: &str) -> Option<f64> {
        self.figures.iter().find(|(of, _)| *of == name).map(|(_, value)| *value)
    }
}

/// What does not hold, where and when.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Broken {
    /// When it was seen, in the time of the simulation.
    pub at: Instant,
    /// At which node, if at one.
    pub node: Option<crate::NodeIndex>,
    /// What was expected, and what was found instead.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {:.3} s", self.at.since(Instant::START).as_secs_f64())?;
        if let Some(node) = self.node {
            write!(f, ", {}", crate::Name(node))?;
        }
        write!(f, ": {}", self.what)
    }
}

/// A property that does not hold for a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// Which property.
    pub property: &'static str,
    /// For which seed; `None`: of all seeds together.
    pub seed: Option<u64>,
    /// What is wrong, or what was said in a panic.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seed {
            Some(seed) => {
                writeln!(f, "{}, seed {seed}: {}", self.property, self.what)?;
                write!(
                    f,
                    "  replay: cargo run --release -p memberlist-sim -- properties --only {} --seed {seed} --check --trace {}-{seed}.txt",
                    self.property, self.property
                )
            }
            None => write!(f, "{}, all seeds together: {}", self.property, self.what),
        }
    }
}

#[cfg(test)]
mod tests;
