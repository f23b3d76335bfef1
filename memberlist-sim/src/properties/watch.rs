//! The observer of a property: it keeps the truth, checks the invariants and the property's own claims, and writes the trace.

use super::{Broken, Checks, invariants::Invariants, truth::Truth};
use crate::{NodeIndex, Observer, Options, Simulation, Step};
use memberlist_proto::Instant;
use std::io::Write;

/// What a property claims of each step, given the truth (which knows of the step already).
pub(crate) trait Claim {
    /// Says what is wrong.
    fn step(&mut self, truth: &Truth, at: Instant, node: NodeIndex, step: &Step<'_>) -> Result<(), String>;
}

impl<F: FnMut(&Truth, Instant, NodeIndex, &Step<'_>) -> Result<(), String>> Claim for F {
    fn step(&mut self, truth: &Truth, at: Instant, node: NodeIndex, step: &Step<'_>) -> Result<(), String> {
        self(truth, at, node, step)
    }
}

/// Sees a simulation of a property.
pub(crate) struct Watch {
    truth: Truth,
    invariants: Invariants,
    claims: Vec<Box<dyn Claim>>,
    broken: Option<Broken>,
    trace: Option<Box<dyn Write + Send>>,
    sabotage: Option<Sabotage>,
}

/// What is done to a cluster, behind the back of the property, that its promise can't stand: to see it fail.
#[derive(Clone, Copy)]
pub(crate) struct Sabotage {
    /// What the nodes get instead of the options that the bounds are computed from.
    pub(crate) options: fn(&mut Options),
    /// What is done when the first node was added.
    pub(crate) cluster: fn(&mut Simulation<Watch>),
}

impl Watch {
    pub(crate) fn new(
        checks: Checks,
        trace: Option<Box<dyn Write + Send>>,
        sabotage: Option<Sabotage>,
    ) -> Self {
        Self {
            truth: Truth::default(),
            invariants: Invariants::new(checks),
            claims: Vec::new(),
            broken: None,
            trace,
            sabotage,
        }
    }

    pub(crate) fn sabotage(&self) -> Option<Sabotage> {
        self.sabotage
    }

    /// From now on this is claimed, too.
    pub(crate) fn claim(&mut self, claim: impl Claim + 'static) {
        self.claims.push(Box::new(claim));
    }

    pub(crate) fn truth(&self) -> &Truth {
        &self.truth
    }

    /// Makes the invariants forget what they have seen, so that what follows does not fit.
    #[cfg(test)]
    pub(crate) fn spoil(&mut self) {
        self.invariants.forget();
    }

    /// The first thing that was wrong.
    pub(crate) fn broken(&self) -> Option<&Broken> {
        self.broken.as_ref()
    }

    fn check(&mut self, at: Instant, node: NodeIndex, step: &Step<'_>) -> Result<(), String> {
        self.invariants.step(&self.truth, node, step)?;
        self.claims.iter_mut().try_for_each(|claim| claim.step(&self.truth, at, node, step))
    }
}

impl Observer for Watch {
    fn step(&mut self, at: Instant, node: NodeIndex, step: &Step<'_>) {
        self.truth.step(at, node, step);
        if let Some(trace) = &mut self.trace {
            // A trace that can't be written is no reason to change what happens.
            let _ = writeln!(trace, "{:.9} {node} {step:?}", at.since(Instant::START).as_secs_f64());
        }
        if self.broken.is_none()
            && let Err(what) = self.check(at, node, step)
        {
            self.broken = Some(Broken { at, node: Some(node), what });
        }
    }
}
