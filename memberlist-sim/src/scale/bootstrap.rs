//! Bootstrapping through one seed, with loss; then the death of one node.
//!
//! The rules are those under which other implementations were measured: latency uniform between 1 and 10 ms, independent loss, all nodes
//! join one seed at the start and try again each second until they know somebody; 20 s after all know all, one node is killed.

use super::TOGETHER;
use super::watch::Watch;
use crate::{Addr, Latency, Link, Membership, Name, Network, NodeIndex, Options, Simulation, Traffic};
use core::time::Duration;
use memberlist_proto::{CreateError, Dense, Instant, Shared, types::NativeWire};

/// Nodes that know nobody join again after this time.
const RETRY: Duration = Duration::from_secs(1);
/// How long a cluster may take to come together, and to find its dead node.
const LONGEST: Duration = Duration::from_secs(600);
/// The cluster is left alone for this long before one of it is killed.
const REST: Duration = Duration::from_secs(20);
/// Traffic of a quiet cluster is that of the last part of the rest.
const QUIET: Duration = Duration::from_secs(10);
/// What happens is counted until so long after the death, or until it is found by all if that takes longer.
const AFTERMATH: Duration = Duration::from_secs(30);

type Cluster<M> = Simulation<Watch, NativeWire, M>;

/// One run.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Bootstrap {
    /// Seed of the run.
    pub seed: u64,
    /// How many nodes, the one that the others join included.
    pub nodes: usize,
    /// The probability that a packet is lost.
    pub loss: f64,
    /// The nodes start evenly spread over this time. Default: all at once.
    pub ramp: Duration,
    /// Their options. Default: [`Options::lan`].
    pub options: Options,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// From the start until every node counted all; `None`: not within 600 s, and the run ended there.
    pub full_view: Option<Duration>,
    /// How many nodes counted all when the run had got so far.
    pub complete: usize,
    /// How many different sizes of the cluster anybody saw until then.
    pub distinct_views: usize,
    /// Packets that a node sent until then, on average.
    pub join_packets: f64,
    /// Their bytes and those of streams.
    pub join_bytes: f64,
    /// Packets that a node sent in a second of quiet, on average.
    pub quiet_packets: f64,
    /// Their bytes and those of streams.
    pub quiet_bytes: f64,
    /// From the death until the first other node declared it.
    pub first_detection: Option<Duration>,
    /// Until all others knew.
    pub last_detection: Option<Duration>,
    /// Deaths of nodes that were alive, counted for each node that believed it.
    pub false_deaths: u64,
    /// Suspicions of nodes that were alive, likewise.
    pub false_suspicions: u64,
    /// Events of the simulation.
    pub events: u64,
    /// How much time was simulated.
    pub simulated: Duration,
}

impl Bootstrap {
    /// So many nodes that start at once, with this probability that a packet is lost.
    #[must_use]
    pub fn new(seed: u64, nodes: usize, loss: f64) -> Self {
        Self { seed, nodes, loss, ramp: Duration::ZERO, options: Options::lan() }
    }

    /// The nodes start evenly spread over this time.
    #[must_use]
    pub const fn with_ramp(mut self, ramp: Duration) -> Self {
        self.ramp = ramp;
        self
    }

    /// Runs it.
    ///
    /// # Errors
    /// If no node can have such options.
    pub fn run(&self) -> Result<Outcome, CreateError> {
        if self.nodes >= TOGETHER {
            self.run_in::<Shared<Name, Addr>>()
        } else {
            self.run_in::<Dense<Name, Addr>>()
        }
    }

    fn run_in<M: Membership + 'static>(&self) -> Result<Outcome, CreateError> {
        let watch = Watch::new(self.nodes);
        let mut cluster = Cluster::<M>::with_membership(self.seed, self.network(), watch, NativeWire);
        for node in 0..self.nodes {
            let start = self.ramp.mul_f64(node as f64 / self.nodes.max(1) as f64);
            cluster.run_for(start.saturating_sub(cluster.now().since(Instant::START)));
            let node = cluster.spawn(&self.options)?;
            keep_joining(&mut cluster, node);
        }
        let left = LONGEST.saturating_sub(cluster.now().since(Instant::START));
        let full = cluster.run_until(left, |cluster| cluster.observer().is_complete());
        let full_view = full.then(|| cluster.now().since(Instant::START));
        let joined = Sum::of(&cluster);
        let mut outcome = Outcome {
            full_view,
            complete: cluster.observer().views().iter().filter(|view| **view == self.nodes).count(),
            distinct_views: cluster.observer().distinct_sizes(),
            join_packets: joined.packets,
            join_bytes: joined.bytes,
            quiet_packets: 0.0,
            quiet_bytes: 0.0,
            first_detection: None,
            last_detection: None,
            false_deaths: 0,
            false_suspicions: 0,
            events: 0,
            simulated: Duration::ZERO,
        };
        if full {
            self.kill_one(&mut cluster, &mut outcome);
        }
        outcome.false_deaths = cluster.observer().false_deaths;
        outcome.false_suspicions = cluster.observer().false_suspicions;
        outcome.events = cluster.events();
        outcome.simulated = cluster.now().since(Instant::START);
        Ok(outcome)
    }

    fn kill_one<M: Membership>(&self, cluster: &mut Cluster<M>, outcome: &mut Outcome) {
        cluster.run_for(REST - QUIET);
        let before = Sum::of(cluster);
        cluster.run_for(QUIET);
        let after = Sum::of(cluster);
        outcome.quiet_packets = (after.packets - before.packets) / QUIET.as_secs_f64();
        outcome.quiet_bytes = (after.bytes - before.bytes) / QUIET.as_secs_f64();
        let victim = NodeIndex((self.nodes - 1) as u32);
        let died = cluster.now();
        cluster.observer_mut().expect_death(victim);
        cluster.crash(victim);
        let found = cluster.run_until(LONGEST, |cluster| cluster.observer().is_found_by_all());
        let times = cluster.observer().findings();
        outcome.first_detection = times.first().map(|at| at.since(died));
        outcome.last_detection = times.last().filter(|_| found).map(|at| at.since(died));
        cluster.run_for(AFTERMATH.saturating_sub(cluster.now().since(died)));
    }

    fn network(&self) -> Network {
        let latency = Latency::uniform(Duration::from_millis(1), Duration::from_millis(10));
        Network::new(Link::new(latency).with_loss(self.loss))
    }
}

/// The node joins node 0, and again each second until it knows somebody.
fn keep_joining<M: Membership + 'static>(cluster: &mut Cluster<M>, node: NodeIndex) {
    let alone = cluster.endpoint(node).is_some_and(|endpoint| endpoint.num_members() < 2);
    if node == NodeIndex(0) || !alone {
        return;
    }
    // Only who has left has nothing to join.
    if cluster.join(node, &[NodeIndex(0)]).is_ok() {
        cluster.after(RETRY, move |cluster| keep_joining(cluster, node));
    }
}

/// Traffic of all nodes, divided by their number.
struct Sum {
    packets: f64,
    bytes: f64,
}

impl Sum {
    fn of<M: Membership>(cluster: &Cluster<M>) -> Self {
        let traffic = cluster.nodes().map(|node| cluster.traffic(node));
        let (packets, bytes) = traffic.fold((0, 0), |(packets, bytes): (u64, u64), t: Traffic| {
            (packets + t.packets_sent, bytes + t.packet_bytes_sent + t.stream_bytes_sent)
        });
        let nodes = cluster.len().max(1) as f64;
        Self { packets: packets as f64 / nodes, bytes: bytes as f64 / nodes }
    }
}

#[cfg(test)]
mod tests;
