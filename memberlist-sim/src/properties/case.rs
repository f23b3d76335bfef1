//! One run of a property: its seed, how closely it is looked at, and the cluster that it makes.

use super::{
    Broken, Checks, Facts,
    dice::Dice,
    watch::{Sabotage, Watch},
};
use crate::{Network, NodeIndex, Restart, Simulation};
use core::time::Duration;
use memberlist_proto::{CreateError, Options};
use std::io::Write;

/// The cluster of a property.
pub(crate) type Cluster = Simulation<Watch>;

/// The situation in which a property is checked.
pub struct Case {
    seed: u64,
    checks: Checks,
    largest: usize,
    trace: Option<Box<dyn Write + Send>>,
    sabotage: Option<Sabotage>,
}

impl Case {
    /// That of this seed, with the invariants checked as the build asks for.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, checks: Checks::default(), largest: usize::MAX, trace: None, sabotage: None }
    }

    /// How closely the invariants are checked. It changes nothing of what happens.
    #[must_use]
    pub fn with_checks(mut self, checks: Checks) -> Self {
        self.checks = checks;
        self
    }

    /// With clusters of at most this many nodes (at least 2), as far as the property allows. Other sizes are other situations.
    #[must_use]
    pub fn with_largest(mut self, nodes: usize) -> Self {
        self.largest = nodes.max(2);
        self
    }

    /// Writes every step as a line of text.
    #[must_use]
    pub fn with_trace(mut self, trace: Box<dyn Write + Send>) -> Self {
        self.trace = Some(trace);
        self
    }

    #[cfg(test)]
    pub(crate) fn with_sabotage(mut self, sabotage: Sabotage) -> Self {
        self.sabotage = Some(sabotage);
        self
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    pub(crate) fn dice(&self, purpose: &str) -> Dice {
        Dice::new(self.seed, purpose, self.largest)
    }

    /// An empty cluster. The trace is that of the first one.
    pub(crate) fn cluster(&mut self, network: Network) -> Cluster {
        Simulation::with_observer(
            self.seed,
            network,
            Watch::new(self.checks, self.trace.take(), self.sabotage),
        )
    }
}

impl core::fmt::Debug for Case {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Case").field("seed", &self.seed).field("checks", &self.checks).finish_non_exhaustive()
    }
}

/// What properties do with their clusters.
impl Cluster {
    /// Lets time pass, until something is wrong.
    pub(crate) fn pass(&mut self, time: Duration) -> Result<(), Broken> {
        self.run_until(time, |cluster| cluster.observer().broken().is_some());
        self.sound()
    }

    /// Lets time pass until this holds, looked at each time when `every` has passed; says whether it holds.
    pub(crate) fn await_that(
        &mut self,
        every: Duration,
        at_most: Duration,
        mut done: impl FnMut(&Self) -> bool,
    ) -> Result<bool, Broken> {
        let mut held = false;
        self.run_checking(every, at_most, |cluster| {
            held = done(cluster);
            held || cluster.observer().broken().is_some()
        });
        self.sound().map(|()| held)
    }

    /// Nothing was wrong so far.
    pub(crate) fn sound(&self) -> Result<(), Broken> {
        self.observer().broken().map_or(Ok(()), |broken| Err(broken.clone()))
    }

    pub(crate) fn broken(&self, node: Option<NodeIndex>, what: impl Into<String>) -> Broken {
        Broken { at: self.now(), node, what: what.into() }
    }

    /// Adds nodes that all know each other.
    pub(crate) fn formed(&mut self, n: usize, options: &Options) -> Result<(), Broken> {
        let options = self.sabotaged(options);
        self.form(n, &options).map_err(|error| self.impossible(&error))?;
        self.begun();
        self.sound()
    }

    /// Adds a node.
    pub(crate) fn born(&mut self, options: &Options) -> Result<NodeIndex, Broken> {
        let options = self.sabotaged(options);
        let node = self.spawn(&options).map_err(|error| self.impossible(&error))?;
        if node == NodeIndex(0) {
            self.begun();
        }
        Ok(node)
    }

    fn sabotaged(&self, options: &Options) -> Options {
        let mut options = options.clone();
        if let Some(sabotage) = self.observer().sabotage() {
            (sabotage.options)(&mut options);
        }
        options
    }

    fn begun(&mut self) {
        if let Some(sabotage) = self.observer().sabotage() {
            (sabotage.cluster)(self);
        }
    }

    /// Starts a new process of a node, which joins through these.
    pub(crate) fn reborn(
        &mut self,
        node: NodeIndex,
        at: Restart,
        through: &[NodeIndex],
    ) -> Result<(), Broken> {
        self.restart(node, at).map_err(|error| self.impossible(&error))?;
        self.enter(node, through)
    }

    /// Lets a node join through others of these.
    pub(crate) fn enter(&mut self, node: NodeIndex, through: &[NodeIndex]) -> Result<(), Broken> {
        let through: Vec<NodeIndex> = through.iter().copied().filter(|seed| *seed != node).collect();
        if through.is_empty() {
            return Ok(());
        }
        self.join(node, &through)
            .map_err(|error| self.broken(Some(node), format!("a join was refused: {error}")))
    }

    fn impossible(&self, error: &CreateError) -> Broken {
        self.broken(None, format!("the options of a situation are legal, but: {error}"))
    }

    /// Those that run and are members.
    pub(crate) fn living(&self) -> Vec<NodeIndex> {
        self.nodes().filter(|node| self.observer().truth().lives(*node)).collect()
    }

    /// Who sees something else than what is true, and what.
    pub(crate) fn wrong_views(&self) -> String {
        let living = self.living();
        let mut wrong = Vec::new();
        for node in &living {
            let Some(endpoint) = self.endpoint(*node) else { continue };
            let members = endpoint.members();
            let strange: Vec<String> = members
                .iter()
                .filter(|m| {
                    !living.contains(&m.node.id.0)
                        || m.state != crate::State::Alive
                        || m.node.address != self.address(m.node.id.0)
                })
                .map(|m| format!("{} {:?} {} at {}", m.node.id, m.state, m.incarnation, m.node.address))
                .collect();
            let missing: Vec<String> = living
                .iter()
                .filter(|other| !members.iter().any(|m| m.node.id.0 == **other))
                .map(|other| format!("{}", crate::Name(*other)))
                .collect();
            if !strange.is_empty() || !missing.is_empty() {
                wrong.push(format!("{node} holds {strange:?} and misses {missing:?}"));
            }
        }
        let all = wrong.len();
        wrong.truncate(4);
        format!("{all} of {} see something wrong: {}", living.len(), wrong.join("; "))
    }

    /// What was found.
    pub(crate) fn facts(&self, figures: &[(&'static str, f64)]) -> Facts {
        Facts {
            nodes: self.len(),
            simulated: self.now().since(memberlist_proto::Instant::START),
            events: self.events(),
            figures: figures.to_vec(),
        }
    }
}
