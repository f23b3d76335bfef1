//! The same questions to a cluster of which all nodes are real, and to one of which a sample is: what a node costs when nothing happens, how
//! long a broadcast takes, and how long a death is not known.

use super::{
    TOGETHER,
    sampled::{Sample, frame_len},
    watch::Watch,
};
use crate::{Addr, Latency, Link, Membership, Name, Network, NodeIndex, Observer, Simulation, Step, Traffic};
use bytes::Bytes;
use core::time::Duration;
use memberlist_proto::{CreateError, Dense, Event, Instant, Shared, types::NativeWire};

/// What happens at the beginning is not measured.
const WARM_UP: Duration = Duration::from_secs(5);
/// A quiet cluster is measured for this long.
const QUIET: Duration = Duration::from_secs(30);
/// A broadcast has this long.
const BROADCAST: Duration = Duration::from_secs(15);
/// A death is to be found within this time.
const LONGEST: Duration = Duration::from_secs(180);
/// Bytes of the broadcast.
const PAYLOAD: usize = 64;

/// The answers.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Answers {
    /// How many members the cluster has.
    pub members: usize,
    /// How many of them are real nodes.
    pub real: usize,
    /// Packets that a real node sent in a second, when nothing happened.
    pub packets_sent: f64,
    /// Packets that it received.
    pub packets_received: f64,
    /// Bytes that it sent in packets.
    pub bytes_sent: f64,
    /// Bytes that it sent and received on streams in a second, on average over the interval of push/pulls of a cluster of this size.
    pub stream_bytes: f64,
    /// From a broadcast until half of the other real nodes had it.
    pub broadcast_half: Option<Duration>,
    /// Until 99 % had it.
    pub broadcast_most: Option<Duration>,
    /// Until all had it.
    pub broadcast_all: Option<Duration>,
    /// Bytes that a real node sent for it, beyond what it sends in the same time when nothing happens.
    pub broadcast_bytes: f64,
    /// From the death of a member until the first other declared it.
    pub first_detection: Option<Duration>,
    /// Until half of the other real nodes knew.
    pub half_detection: Option<Duration>,
    /// Until all knew.
    pub last_detection: Option<Duration>,
    /// Deaths of members that were alive, as the real nodes believed.
    pub false_deaths: u64,
    /// How many events that took.
    pub events: u64,
    /// Bytes of a push/pull with all members in it, one way.
    pub push_pull_bytes: usize,
    /// When each of the other real nodes had the broadcast, after it was sent.
    pub infections: Vec<Duration>,
}

/// Who has heard a broadcast when; and what the watch sees.
#[derive(Debug)]
struct Ears {
    heard: Vec<Instant>,
    watch: Watch,
}

impl Observer for Ears {
    fn step(&mut self, at: Instant, node: NodeIndex, step: &Step<'_>) {
        if let Step::Event(Event::User { .. }) = step {
            self.heard.push(at);
        }
        self.watch.step(at, node, step);
    }
}

/// A cluster that can be asked.
trait Cluster {
    type Store: Membership;
    fn simulation(&self) -> &Simulation<Ears, NativeWire, Self::Store>;
    fn ears(&mut self) -> &mut Ears;
    fn run(&mut self, time: Duration);
    /// Until all real nodes know of the death.
    fn run_until_found(&mut self, at_most: Duration) -> bool;
    fn crash(&mut self, member: NodeIndex);
    fn broadcast(&mut self, payload: Bytes);
    /// When somebody who is no real node declared the member dead.
    fn declared(&self, member: NodeIndex) -> Option<Instant>;
}

struct Full<M: Membership>(Simulation<Ears, NativeWire, M>);

impl<M: Membership> Cluster for Full<M> {
    type Store = M;

    fn simulation(&self) -> &Simulation<Ears, NativeWire, M> {
        &self.0
    }

    fn ears(&mut self) -> &mut Ears {
        self.0.observer_mut()
    }

    fn run(&mut self, time: Duration) {
        self.0.run_for(time);
    }

    fn run_until_found(&mut self, at_most: Duration) -> bool {
        self.0.run_until(at_most, |cluster| cluster.observer().watch.is_found_by_all())
    }

    fn crash(&mut self, member: NodeIndex) {
        self.0.crash(member);
    }

    fn broadcast(&mut self, payload: Bytes) {
        self.0.command(NodeIndex(0), |endpoint, now| endpoint.broadcast(now, None, payload).is_ok());
    }

    fn declared(&self, _: NodeIndex) -> Option<Instant> {
        None
    }
}

impl Cluster for super::sampled::Sampled<Ears> {
    type Store = Dense<Name, Addr>;

    fn simulation(&self) -> &Simulation<Ears> {
        Self::simulation(self)
    }

    fn ears(&mut self) -> &mut Ears {
        self.observer_mut()
    }

    fn run(&mut self, time: Duration) {
        self.run_for(time);
    }

    fn run_until_found(&mut self, at_most: Duration) -> bool {
        self.run_until(at_most, |cluster| Self::simulation(cluster).observer().watch.is_found_by_all())
    }

    fn crash(&mut self, member: NodeIndex) {
        Self::crash(self, member);
    }

    fn broadcast(&mut self, payload: Bytes) {
        let _ = Self::broadcast(self, NodeIndex(0), payload);
    }

    fn declared(&self, member: NodeIndex) -> Option<Instant> {
        Self::declared(self, member)
    }
}

/// Asks a cluster of which a part is real.
///
/// # Errors
/// If no node can have such options.
pub fn sampled(sample: &Sample) -> Result<Answers, CreateError> {
    // The one that dies is not among the real nodes.
    let mut cluster = sample.start(Ears { heard: Vec::new(), watch: Watch::new(sample.real + 1) })?;
    Ok(ask(&mut cluster, sample.members, sample.real))
}

/// Asks a cluster like this of which all nodes are real.
///
/// # Errors
/// If no node can have such options.
pub fn full(sample: &Sample) -> Result<Answers, CreateError> {
    if sample.members >= TOGETHER {
        full_in::<Shared<Name, Addr>>(sample)
    } else {
        full_in::<Dense<Name, Addr>>(sample)
    }
}

fn full_in<M: Membership>(sample: &Sample) -> Result<Answers, CreateError> {
    let link = Link::new(Latency::uniform(sample.latency.0, sample.latency.1)).with_loss(sample.loss);
    let ears = Ears { heard: Vec::new(), watch: Watch::new(sample.members) };
    let mut cluster: Simulation<_, _, M> =
        Simulation::with_membership(sample.seed, Network::new(link), ears, NativeWire);
    cluster.form(sample.members, &sample.options)?;
    Ok(ask(&mut Full(cluster), sample.members, sample.members))
}

fn ask(cluster: &mut impl Cluster, members: usize, real: usize) -> Answers {
    cluster.run(WARM_UP);
    let before = Sum::of(cluster.simulation());
    cluster.run(QUIET);
    let quiet = Sum::of(cluster.simulation()).per_second(&before, QUIET);

    let states = cluster.simulation().endpoint(NodeIndex(0)).map(|endpoint| endpoint.local_states());
    let push_pull_bytes = frame_len(&states.unwrap_or_default());

    let before = Sum::of(cluster.simulation());
    let sent = cluster.simulation().now();
    cluster.ears().heard.clear();
    cluster.broadcast(Bytes::from(vec![7; PAYLOAD]));
    cluster.run(BROADCAST);
    let told = Sum::of(cluster.simulation()).per_second(&before, BROADCAST);
    let infections: Vec<Duration> = cluster.ears().heard.iter().map(|at| at.since(sent)).collect();

    let victim = NodeIndex((members - 1) as u32);
    let died = cluster.simulation().now();
    cluster.ears().watch.expect_death(victim);
    cluster.crash(victim);
    let found = cluster.run_until_found(LONGEST);
    let declared = cluster.declared(victim);
    let findings = cluster.ears().watch.findings();
    let first = declared.iter().chain(findings.first()).min().map(|at| at.since(died));

    let reached = |share| reached(&infections, real, share);
    let (broadcast_half, broadcast_most, broadcast_all) = (reached(0.5), reached(0.99), reached(1.0));
    Answers {
        members,
        real,
        packets_sent: quiet.packets_sent,
        packets_received: quiet.packets_received,
        bytes_sent: quiet.bytes_sent,
        stream_bytes: quiet.stream_bytes,
        broadcast_half,
        broadcast_most,
        broadcast_all,
        broadcast_bytes: (told.bytes_sent - quiet.bytes_sent) * BROADCAST.as_secs_f64(),
        first_detection: first,
        half_detection: findings.get(findings.len() / 2).map(|at| at.since(died)),
        last_detection: findings.last().filter(|_| found).map(|at| at.since(died)),
        false_deaths: cluster.ears().watch.false_deaths,
        events: cluster.simulation().events(),
        push_pull_bytes,
        infections,
    }
}

impl Answers {
    /// From the broadcast until this share of the other real nodes had it.
    #[must_use]
    pub fn reached(&self, share: f64) -> Option<Duration> {
        reached(&self.infections, self.real, share)
    }
}

fn reached(infections: &[Duration], real: usize, share: f64) -> Option<Duration> {
    let needed = libm::ceil(real.saturating_sub(1) as f64 * share) as usize;
    infections.get(needed.saturating_sub(1)).copied()
}

/// Traffic of a real node, on average.
struct Sum {
    packets_sent: f64,
    packets_received: f64,
    bytes_sent: f64,
    stream_bytes: f64,
}

impl Sum {
    fn of<M: Membership>(simulation: &Simulation<Ears, NativeWire, M>) -> Self {
        let nodes = simulation.len().max(1) as f64;
        let sum = |of: fn(&Traffic) -> u64| {
            simulation.nodes().map(|node| of(&simulation.traffic(node))).sum::<u64>() as f64 / nodes
        };
        Self {
            packets_sent: sum(|t| t.packets_sent),
            packets_received: sum(|t| t.packets_received),
            bytes_sent: sum(|t| t.packet_bytes_sent),
            stream_bytes: sum(|t| t.stream_bytes_sent + t.stream_bytes_received),
        }
    }

    fn per_second(&self, before: &Self, time: Duration) -> Self {
        let rate = |now: f64, before: f64| (now - before) / time.as_secs_f64();
        Self {
            packets_sent: rate(self.packets_sent, before.packets_sent),
            packets_received: rate(self.packets_received, before.packets_received),
            bytes_sent: rate(self.bytes_sent, before.bytes_sent),
            stream_bytes: rate(self.stream_bytes, before.stream_bytes),
        }
    }
}

#[cfg(test)]
mod tests;
