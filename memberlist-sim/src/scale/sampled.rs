//! Very large clusters: some members are real nodes that know all, the others are only counted.
//!
//! A real node is a real endpoint with the whole cluster in its table; everything that it sends and receives is as on the wire. The others
//! have no state of their own. They answer pings as they are (up or down), serve indirect pings, probe the real nodes as often as a
//! cluster of that size does, answer push/pulls with all that is known, and spread news as a stochastic model of single members does
//! (each copy is drawn for itself, but nobody remembers who knows what). So the real nodes see what they would see in a cluster of that
//! size, and what they cost can be measured on them.
//!
//! What the model leaves out: members that are only counted are healthy (their local health score stays 0), and they learn nothing from
//! push/pulls.

use crate::{Addr, Latency, Link, Name, Network, NodeIndex, Observer, Options, Simulation};
use bytes::Bytes;
use core::time::Duration;
use memberlist_proto::{
    BroadcastId, CommandError, CreateError, Instant,
    types::{Incarnation, Layers, Meta, Node, NodeState, State, Versions},
};

mod crowd;
mod news;
mod spread;

use crowd::Crowd;
pub(super) use crowd::frame_len;
use news::{Talk, Timeouts};
use spread::Habits;

/// A cluster of which a sample is real.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Sample {
    /// Seed of the run.
    pub seed: u64,
    /// How many members there are.
    pub members: usize,
    /// How many of them are real: the nodes 0 to `real - 1`.
    pub real: usize,
    /// How long a packet is under way: any time between these is as likely. Default: 0.2 to 1 ms.
    pub latency: (Duration, Duration),
    /// The probability that a packet is lost. Default: 0.
    pub loss: f64,
    /// Options of all. Default: [`Options::lan`], with as many `max_members` as needed.
    pub options: Options,
}

/// A running one.
pub struct Sampled<O> {
    simulation: Simulation<O>,
    crowd: Crowd,
    /// The millisecond that has come last.
    tick: u64,
}

impl Sample {
    /// So many members, of which so many are real.
    #[must_use]
    pub fn new(seed: u64, members: usize, real: usize) -> Self {
        let mut options = Options::lan();
        options.max_members = options.max_members.max(members);
        let latency = (Duration::from_micros(200), Duration::from_millis(1));
        Self { seed, members, real: real.min(members), latency, loss: 0.0, options }
    }

    /// With this probability that a packet is lost.
    #[must_use]
    pub const fn with_loss(mut self, loss: f64) -> Self {
        self.loss = loss;
        self
    }

    /// With this latency.
    #[must_use]
    pub const fn with_latency(mut self, low: Duration, high: Duration) -> Self {
        self.latency = (low, high);
        self
    }

    /// Starts it: all know all.
    ///
    /// # Errors
    /// If no node can have such options.
    pub fn start<O: Observer>(&self, observer: O) -> Result<Sampled<O>, CreateError> {
        let network =
            Network::new(Link::new(Latency::uniform(self.latency.0, self.latency.1)).with_loss(self.loss));
        let mut simulation = Simulation::with_observer(self.seed, network, observer);
        for _ in 0..self.real {
            simulation.spawn(&self.options)?;
        }
        simulation.keep_strays();
        let states: Vec<_> = (0..self.members).map(state).collect();
        for node in simulation.nodes() {
            // They are all of this implementation: their versions fit.
            simulation.outcome(node, |endpoint, now| endpoint.restore(now, states.clone()).is_ok());
        }
        let counted = (self.members - self.real) as u64;
        let talk = Talk::new(counted, self.habits(), self.timeouts());
        let crowd = Crowd::new(self, talk, states);
        let mut sampled = Sampled { simulation, crowd, tick: 0 };
        sampled.crowd.begin(&mut sampled.simulation);
        Ok(sampled)
    }

    fn habits(&self) -> Habits {
        let options = &self.options;
        let digits = self.members.checked_ilog10().map_or(0, |log| log + 1);
        let interval = millis(options.gossip_interval);
        let probes = interval as f64 / millis(options.probe_interval).max(1) as f64;
        Habits {
            others: self.members.saturating_sub(1) as u64,
            real: self.real as u64,
            fanout: options.gossip_nodes as u32,
            limit: (options.retransmit_mult * digits).max(1),
            interval,
            first: interval / 8,
            // One ping and one ack in a probe interval.
            rides: 2.0 * probes,
            loss: self.loss,
            latency: (millis(self.latency.0), millis(self.latency.1)),
        }
    }

    fn timeouts(&self) -> Timeouts {
        let options = &self.options;
        let scale = libm::log10(self.members.max(1) as f64).max(1.0);
        let min = f64::from(options.suspicion_mult) * scale * millis(options.probe_interval) as f64;
        let max = min * f64::from(options.suspicion_max_timeout_mult.max(1));
        Timeouts { min, max, confirmations: options.suspicion_mult.saturating_sub(2) }
    }
}

impl<O: Observer> Sampled<O> {
    /// The real nodes.
    #[must_use]
    pub fn simulation(&self) -> &Simulation<O> {
        &self.simulation
    }

    /// What was observed of them, to be changed.
    pub fn observer_mut(&mut self) -> &mut O {
        self.simulation.observer_mut()
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.simulation.now()
    }

    /// Lets this much time pass (whole milliseconds).
    pub fn run_for(&mut self, time: Duration) {
        self.run_until(time, |_| false);
    }

    /// Lets time pass until the condition holds (looked at each millisecond), at most this long; says whether it holds.
    pub fn run_until(&mut self, at_most: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        let end = self.tick + millis(at_most);
        while !done(self) {
            if self.tick >= end {
                return false;
            }
            self.tick += 1;
            let at = Instant::START + Duration::from_millis(self.tick);
            while self.simulation.step_by(at) {
                self.crowd.take_strays(&mut self.simulation);
            }
            self.crowd.tick(&mut self.simulation);
            self.crowd.take_strays(&mut self.simulation);
        }
        true
    }

    /// A member's process ends without goodbye, be it real or counted.
    pub fn crash(&mut self, member: NodeIndex) {
        self.simulation.crash(member);
        self.crowd.crash(&self.simulation, member);
    }

    /// A real node broadcasts this to all; `None`: it does not run.
    ///
    /// # Errors
    /// As [`Endpoint::broadcast`](memberlist_proto::Endpoint::broadcast).
    pub fn broadcast(
        &mut self,
        from: NodeIndex,
        payload: Bytes,
    ) -> Option<Result<BroadcastId, CommandError>> {
        self.simulation.outcome(from, |endpoint, now| endpoint.broadcast(now, None, payload))
    }

    /// The part of the counted members that have heard a broadcast of this member, or that it is dead.
    #[must_use]
    pub fn informed(&self, about: NodeIndex) -> f64 {
        self.crowd.informed(Name(about))
    }

    /// When one of the counted first declared this member dead.
    #[must_use]
    pub fn declared(&self, member: NodeIndex) -> Option<Instant> {
        self.crowd.declared(Name(member)).map(|tick| Instant::START + Duration::from_millis(tick))
    }
}

/// What all know of a member at the start.
fn state(index: usize) -> NodeState<Name, Addr> {
    let index = NodeIndex(index as u32);
    NodeState {
        node: Node::new(Name(index), Addr::new(index, 0)),
        meta: Meta::EMPTY,
        incarnation: Incarnation::new(1),
        state: State::Alive,
        versions: Some(Versions::default()),
        layers: Layers::BASE,
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
