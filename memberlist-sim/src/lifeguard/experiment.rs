//! One run of each experiment.

use super::{Configuration, Point, configuration::Anomaly};
use crate::{NodeIndex, Simulation, measure, random};
use core::time::Duration;
use memberlist_proto::CreateError;
use rand_core::Rng;

/// How many members the cluster has.
pub const NODES: usize = 128;
/// How long the members of the interval experiment alternate.
const ANOMALY: Duration = Duration::from_secs(120);
/// How long the cluster is left alone at first.
const QUIET: Duration = Duration::from_secs(15);
/// How long after the block of the threshold experiment its consequences count.
const AFTERMATH: Duration = Duration::from_secs(60);
/// Who has not found out about a crash by then never will.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a run with blocked members showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// False positives at all observers.
    pub fp: u64,
    /// False positives at observers that were never blocked.
    pub fp_healthy: u64,
    /// Suspicions of members that were never blocked, at all observers.
    pub suspicions: u64,
    /// What was sent from the first block on.
    pub load: measure::Load,
    /// Events of the simulation in the whole run.
    pub events: u64,
}

/// How long a crash went unnoticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Until somebody reported it.
    pub first: Duration,
    /// Until everybody had.
    pub full: Duration,
}

type Observers = (measure::FalsePositives, measure::Load);

/// One run of the interval experiment: so many members at once are blocked and normal in turn, for 120 s.
///
/// # Errors
/// If the options of the configuration are not acceptable.
pub fn interval(seed: u64, configuration: &Configuration, point: Point) -> Result<Counts, CreateError> {
    alternating(seed, configuration, point, NODES, ANOMALY)
}

fn alternating(
    seed: u64,
    configuration: &Configuration,
    point: Point,
    nodes: usize,
    time: Duration,
) -> Result<Counts, CreateError> {
    let (mut cluster, members) = prepare(seed, configuration, nodes, point.members)?;
    let end = cluster.now() + time;
    while cluster.now() < end {
        let blocked = point.blocked().min(end - cluster.now());
        strike(&mut cluster, configuration, &members, blocked);
        cluster.run_for(blocked);
        cluster.run_for(point.normal().min(end - cluster.now()));
    }
    Ok(counts(cluster))
}

/// One run of the threshold experiment: so many members at once are blocked, once. What comes of it within 60 s after the block counts.
///
/// # Errors
/// If the options of the configuration are not acceptable.
pub fn threshold(
    seed: u64,
    configuration: &Configuration,
    members: u32,
    blocked: Duration,
) -> Result<Counts, CreateError> {
    blocked_once(seed, configuration, members, blocked, NODES)
}

fn blocked_once(
    seed: u64,
    configuration: &Configuration,
    members: u32,
    blocked: Duration,
    nodes: usize,
) -> Result<Counts, CreateError> {
    let (mut cluster, members) = prepare(seed, configuration, nodes, members)?;
    strike(&mut cluster, configuration, &members, blocked);
    cluster.run_for(blocked + AFTERMATH);
    Ok(counts(cluster))
}

/// One run of the latency experiment: one member crashes. `None`: not everybody has found out within 5 minutes.
///
/// # Errors
/// If the options of the configuration are not acceptable.
pub fn latency(seed: u64, configuration: &Configuration) -> Result<Option<Found>, CreateError> {
    let mut cluster = Simulation::with_observer(seed, configuration.network(), measure::Detection::default());
    cluster.form(NODES, configuration.options())?;
    let mut rng = random::generator(seed, "crash", 0);
    let victim = NodeIndex(random::below(&mut rng, NODES as u64) as u32);
    // Anywhere in the round of probes.
    cluster.run_for(Duration::from_secs(2) + Duration::from_micros(random::below(&mut rng, 1_000_000)));
    cluster.crash(victim);
    cluster.run_until(PATIENCE, |cluster| cluster.observer().observers(victim) == NODES - 1);
    let found = cluster.observer();
    // As it is written down.
    let micros = |time: Duration| Duration::from_micros(time.as_micros() as u64);
    Ok(found
        .first(victim)
        .zip(found.after(victim, NODES - 1))
        .map(|(first, full)| Found { first: micros(first), full: micros(full) }))
}

/// A cluster that has run quietly for a while, and those of its members that are to be blocked.
fn prepare(
    seed: u64,
    configuration: &Configuration,
    nodes: usize,
    members: u32,
) -> Result<(Simulation<Observers>, Vec<NodeIndex>), CreateError> {
    let mut cluster = Simulation::with_observer(seed, configuration.network(), Observers::default());
    cluster.set_socket_buffer(configuration.socket_buffer());
    cluster.form(nodes, configuration.options())?;
    cluster.run_for(QUIET);
    cluster.observer_mut().1 = measure::Load::default();
    let mut rng = random::generator(seed, "anomalous", 0);
    Ok((cluster, sample(&mut rng, nodes, members as usize)))
}

fn strike(
    cluster: &mut Simulation<Observers>,
    configuration: &Configuration,
    members: &[NodeIndex],
    time: Duration,
) {
    for member in members {
        match configuration.anomaly() {
            Anomaly::Blocked => cluster.block(*member, time),
            Anomaly::Stopped => cluster.pause(*member, time),
        }
    }
}

fn sample(rng: &mut impl Rng, nodes: usize, members: usize) -> Vec<NodeIndex> {
    let mut all: Vec<NodeIndex> = (0..nodes as u32).map(NodeIndex).collect();
    let draw = |_| {
        let place = random::below(rng, all.len() as u64) as usize;
        all.swap_remove(place)
    };
    (0..members.min(nodes)).map(draw).collect()
}

fn counts(cluster: Simulation<Observers>) -> Counts {
    let events = cluster.events();
    let (found, load) = cluster.into_observer();
    Counts { fp: found.all(), fp_healthy: found.at_healthy(), suspicions: found.suspicions(), load, events }
}

#[cfg(test)]
mod tests;
