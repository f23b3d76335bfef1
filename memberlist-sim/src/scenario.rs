//! Scenarios: a cluster, its network, what goes wrong, and what is expected, written down in a TOML file.
//!
//! ```
//! use memberlist_sim::scenario::Scenario;
//!
//! let scenario = Scenario::parse("crash.toml", r#"
//!     duration = "40s"
//!     [nodes]
//!     count = 16
//!     [[fault]]
//!     at = "5s"
//!     do = "crash"
//!     nodes = { random = 2 }
//!     [[expect]]
//!     what = "full_detection"
//!     within = "30s"
//! "#)?;
//! let run = scenario.play(1)?;
//! assert!(run.holds());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::{Link, Network, NodeIndex, Options, Spoken, Zone};
use core::time::Duration;
use memberlist_hashicorp::HashicorpWire;

mod expect;
mod faults;
mod figures;
mod measure;
pub(crate) mod network;
mod options;
mod parse;
mod play;
mod problem;
pub(crate) mod read;
pub(crate) mod report;
mod schedule;
mod select;
mod shipped;

pub use expect::{Expectation, Finding, Wanted, What};
pub use faults::{Deed, Direction, Fault};
pub use figures::{FIGURES, Figure, FigureKind};
pub use measure::{Absence, Cause, Change, Measures, NewBelief, Timeline};
pub use options::{InvalidOption, override_option, preset};
pub(crate) use play::longest_suspicion;
pub use play::{Run, UnplayableScenario};
pub use problem::ScenarioError;
pub use select::Selector;
pub use shipped::{SHIPPED, UnknownScenario, shipped};

/// A cluster, its network, what goes wrong, and what is expected.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Scenario {
    /// What reports call it.
    pub name: String,
    /// One line on what it shows.
    pub about: String,
    /// How long it lasts.
    pub duration: Duration,
    /// What is sent before this is not counted. Default: nothing is left out.
    pub warm_up: Duration,
    /// The nodes.
    pub nodes: Nodes,
    /// The options of every node.
    pub options: Options,
    /// The preset that the options began with.
    pub preset: &'static str,
    /// The network.
    pub network: NetworkPlan,
    /// What goes wrong, and what is done.
    pub faults: Vec<Fault>,
    /// What is expected.
    pub expect: Vec<Expectation>,
    /// The text from which it was read, so that it can be stored and played again. Empty: it was read from none.
    pub source: String,
}

/// The nodes of a scenario, and how they start.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Nodes {
    /// How many there are: 1 to 100,000.
    pub count: u32,
    /// How they become a cluster.
    pub start: Start,
    /// How many nodes, from node 0 on, are those through which others join. Default: 3, or all if there are fewer.
    pub seeds: u32,
    /// The zones, each with its name and how many nodes it has, in order of the nodes. Empty: one zone without a name.
    pub zones: Vec<(String, u32)>,
    /// What they speak. Default: the native wire.
    pub wire: Spoken,
    /// How many nodes, the last ones, speak the other wire: whatever they try, they are no members, and what they believe is not looked at.
    /// Default: none.
    pub strangers: u32,
}

/// How the nodes of a scenario become a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Start {
    /// So many nodes, from node 0 on, know each other already; the rest waits for the action `start`.
    Formed(u32),
    /// All start at once, and join through the seeds.
    Join,
    /// They start one after the other, evenly spread over this time, and join through the seeds.
    Ramp(Duration),
}

/// The network of a scenario.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NetworkPlan {
    /// The link of all that have no other.
    pub link: Link,
    /// Links between zones: from, to (places in [`Nodes::zones`]), and the link.
    pub between: Vec<(u16, u16, Link)>,
}

impl Nodes {
    /// So many nodes that know each other already.
    #[must_use]
    pub const fn formed(count: u32) -> Self {
        let seeds = if count < 3 { count } else { 3 };
        let wire = Spoken::Native;
        Self { count, start: Start::Formed(count), seeds, zones: Vec::new(), wire, strangers: 0 }
    }

    /// The nodes of the zone of this place: first, and one beyond the last.
    #[must_use]
    pub fn zone(&self, place: usize) -> (u32, u32) {
        let first = self.zones.iter().take(place).map(|(_, count)| count).sum();
        (first, first + self.zones.get(place).map_or(0, |(_, count)| *count))
    }

    /// How many of them are members: all but the strangers.
    #[must_use]
    pub const fn members(&self) -> u32 {
        self.count.saturating_sub(self.strangers)
    }

    /// What this node speaks.
    #[must_use]
    pub fn spoken(&self, node: NodeIndex) -> Spoken {
        match self.wire {
            wire if node.0 < self.members() => wire,
            Spoken::Native => Spoken::Hashicorp(HashicorpWire::new()),
            Spoken::Hashicorp(_) => Spoken::Native,
        }
    }

    /// The place of the zone of this name.
    #[must_use]
    pub fn zone_named(&self, name: &str) -> Option<usize> {
        self.zones.iter().position(|(other, _)| other == name)
    }
}

impl NetworkPlan {
    /// All nodes reach each other over such a link.
    #[must_use]
    pub const fn new(link: Link) -> Self {
        Self { link, between: Vec::new() }
    }

    /// The network of the simulation.
    #[must_use]
    pub fn build(&self, nodes: &Nodes) -> Network {
        let mut network = Network::new(self.link.clone());
        for place in 0..nodes.zones.len() {
            let (first, end) = nodes.zone(place);
            for node in first..end {
                network.place(NodeIndex(node), Zone(place as u16));
            }
        }
        for (from, to, link) in &self.between {
            network.connect(Zone(*from), Zone(*to), link.clone());
        }
        network
    }
}

impl Scenario {
    /// Such nodes with such options on such a network, to which nothing is done for so long.
    #[must_use]
    pub fn new(nodes: Nodes, options: Options, network: NetworkPlan, duration: Duration) -> Self {
        Self {
            name: String::new(),
            about: String::new(),
            duration,
            warm_up: Duration::ZERO,
            nodes,
            options,
            preset: "lan",
            network,
            faults: Vec::new(),
            expect: Vec::new(),
            source: String::new(),
        }
    }

    /// Reads a scenario from the text of a file; `file` is what messages and reports call it.
    ///
    /// # Errors
    /// With all that is wrong with it: file, line, column and field of each, and how it could be right.
    pub fn parse(file: &str, text: &str) -> Result<Self, ScenarioError> {
        parse::parse(file, text)
    }
}

#[cfg(test)]
mod tests;
