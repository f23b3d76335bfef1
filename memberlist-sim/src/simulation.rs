//! The simulation: nodes, their clocks and their conversations, one event after the other.

use crate::{
    Addr, Fate, Flight, Loss, Medium, Name, Network, NodeIndex, Observer, Step, network::Entry, random,
};
use bytes::Bytes;
use core::time::Duration;
use host::{Host, Input, Output};
use memberlist_proto::{
    CreateError, Dense, Endpoint, Instant, LocalNode, Options, Shared, Transmit, Workspace,
    types::{Framing, Layers, Message, NativeWire, Wire},
};
use queue::{Class, Queue};
use std::sync::Arc;
use streams::Streams;

mod actions;
mod ahead;
mod host;
mod inputs;
mod membership;
mod outputs;
mod outside;
mod queue;
mod streams;
mod tell;

pub use actions::Restart;
pub use host::Traffic;
pub use membership::Membership;
pub(crate) use outside::Stray;

/// A cluster of real endpoints on a virtual clock and a virtual network.
///
/// Everything is decided by the seed and by what is asked for: the same calls give the same steps, on every machine and in every
/// build. Nothing runs but what [`run_for`](Simulation::run_for) and its kin let run.
///
/// `O` sees every step ([`Observer`]); `W` is the wire that the nodes speak; `M` is where they keep
/// what they know of each other ([`Membership`]).
///
/// ```
/// use memberlist_sim::{Network, NodeIndex, Options, Simulation};
/// use std::time::Duration;
///
/// let mut cluster = Simulation::new(42, Network::lan());
/// cluster.form(16, &Options::lan())?;
/// cluster.run_for(Duration::from_secs(5));
/// cluster.crash(NodeIndex(3));
/// let found = cluster.run_until(Duration::from_secs(60), |cluster| cluster.count_agree(15));
/// assert!(found, "everybody has found out");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Simulation<O = (), W = NativeWire, M: Membership = Dense<Name, Addr>> {
    now: Instant,
    seed: u64,
    wire: W,
    framing: Framing,
    hosts: Vec<Host<W, M>>,
    /// What the network is like; may be changed at any time.
    network: Network,
    queue: Queue<Occurrence<O, W, M>>,
    streams: Streams,
    strays: outside::Strays,
    /// Bytes of packets that wait for a node whose process does not read; what comes beyond is lost.
    socket_buffer: usize,
    events: u64,
    observer: O,
    /// What the nodes' stores of members have in common.
    common: M::Common,
    /// Messages of the packet that is being read, kept to reuse its memory.
    messages: Vec<Message<Name, Addr>>,
    /// What the node works in whose turn it is: one for all, so that it stays in the nearest cache.
    work: Option<Box<Workspace<Name, Addr>>>,
    /// The options of the last node that was added: most have the same, and share them.
    options: Arc<Options>,
}

type Deed<O, W, M> = Box<dyn FnOnce(&mut Simulation<O, W, M>)>;

/// Something that is to happen.
enum Occurrence<O, W, M: Membership> {
    Packet {
        from: Addr,
        to: Addr,
        bytes: Bytes,
    },
    /// A packet that is through the ingress of its receiver.
    Entered {
        from: Addr,
        to: Addr,
        bytes: Bytes,
    },
    Segment(streams::Segment),
    Resend(streams::Segment),
    StreamDeadline(streams::ConversationId),
    Wake(NodeIndex, u32),
    Timer(NodeIndex, u32),
    Action(Deed<O, W, M>),
}

impl Simulation {
    /// An empty simulation that nobody observes.
    #[must_use]
    pub fn new(seed: u64, network: Network) -> Self {
        Self::with_observer(seed, network, ())
    }
}

impl<O: Observer> Simulation<O> {
    /// An empty simulation that is observed.
    #[must_use]
    pub fn with_observer(seed: u64, network: Network, observer: O) -> Self {
        Self::with_wire(seed, network, observer, NativeWire)
    }
}

impl<O: Observer, W: Wire<Name, Addr> + Clone> Simulation<O, W> {
    /// An empty simulation whose nodes speak this wire.
    #[must_use]
    pub fn with_wire(seed: u64, network: Network, observer: O, wire: W) -> Self {
        Self::with_membership(seed, network, observer, wire)
    }
}

impl<O: Observer> Simulation<O, NativeWire, Shared<Name, Addr>> {
    /// An empty simulation for very many nodes: what all agree on is stored once. The nodes draw other numbers than those of
    /// [`with_observer`](Simulation::with_observer), and those that [form](Simulation::form) a cluster report nobody as joined.
    ///
    /// ```
    /// use memberlist_sim::{Network, Options, Simulation};
    /// use std::time::Duration;
    ///
    /// let mut cluster = Simulation::sharing(42, Network::lan(), ());
    /// cluster.form(1_000, &Options::lan())?;
    /// cluster.run_for(Duration::from_secs(2));
    /// assert!(cluster.count_agree(1_000));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn sharing(seed: u64, network: Network, observer: O) -> Self {
        Self::with_membership(seed, network, observer, NativeWire)
    }
}

impl<O: Observer, W: Wire<Name, Addr> + Clone, M: Membership> Simulation<O, W, M> {
    /// An empty simulation whose nodes speak this wire, with any [`Membership`].
    #[must_use]
    pub fn with_membership(seed: u64, mut network: Network, observer: O, wire: W) -> Self {
        network.seed(seed);
        Self {
            now: Instant::START,
            seed,
            wire,
            framing: Framing::new(),
            hosts: Vec::new(),
            network,
            queue: Queue::new(),
            streams: Streams::new(),
            strays: outside::Strays::default(),
            socket_buffer: 208 << 10,
            events: 0,
            observer,
            common: M::Common::default(),
            messages: Vec::new(),
            work: None,
            options: Arc::default(),
        }
    }

    /// Nodes wrap their packets and frames like this. Default: nothing but the wire's own. To be called before nodes are added, since each
    /// makes room in its packets for the framing that there was when it started.
    pub fn set_framing(&mut self, framing: Framing) {
        self.framing = framing;
    }

    /// Bytes of packets that wait for a node whose process does not read; what comes beyond is lost. Default 208 KiB, that of Linux.
    pub fn set_socket_buffer(&mut self, bytes: usize) {
        self.socket_buffer = bytes;
    }

    /// The time of the simulation, from [`Instant::START`] on.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// How many events there were so far: packets and stream segments delivered, and timers fired.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The network.
    pub fn network_mut(&mut self) -> &mut Network {
        &mut self.network
    }

    /// What was observed.
    #[must_use]
    pub fn observer(&self) -> &O {
        &self.observer
    }

    /// What was observed, to be reset.
    pub fn observer_mut(&mut self) -> &mut O {
        &mut self.observer
    }

    /// Ends the simulation, and gives what was observed.
    #[must_use]
    pub fn into_observer(self) -> O {
        self.observer
    }

    // ---- time ----

    /// Lets this much time pass.
    pub fn run_for(&mut self, time: Duration) {
        self.run_until(time, |_| false);
    }

    /// Lets time pass until the condition holds (looked at before and after each event), at most this long; says whether it holds.
    pub fn run_until(&mut self, at_most: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        let end = self.now + at_most;
        loop {
            if done(self) {
                return true;
            }
            if !self.step_before(end) {
                return done(self);
            }
        }
    }

    /// As [`run_until`](Simulation::run_until), but looks at the condition only each time when so much time has passed: for conditions that
    /// take long to look at. (Without a pause between two looks it is `run_until`.)
    pub fn run_checking(
        &mut self,
        every: Duration,
        at_most: Duration,
        mut done: impl FnMut(&Self) -> bool,
    ) -> bool {
        if every.is_zero() {
            return self.run_until(at_most, done);
        }
        let end = self.now + at_most;
        while !done(self) {
            if self.now >= end {
                return false;
            }
            self.run_for(every.min(end - self.now));
        }
        true
    }

    /// Lets the next event happen if it comes by `end`; else `end` is now.
    fn step_before(&mut self, end: Instant) -> bool {
        self.look_ahead(end);
        let Some((at, occurrence)) = self.queue.pop_by(end) else {
            // An action may have let more time pass than there was.
            self.now = self.now.max(end);
            return false;
        };
        // What was asked for a time that was over happens now.
        self.now = self.now.max(at);
        self.happen(occurrence);
        true
    }

    fn happen(&mut self, occurrence: Occurrence<O, W, M>) {
        match occurrence {
            Occurrence::Packet { from, to, bytes } if self.is_outside(to.node()) => {
                self.stray(Stray::Packet { from, to, bytes });
            }
            Occurrence::Packet { from, to, bytes } => {
                match self.network.enter(to.node(), bytes.len(), self.now) {
                    Entry::Now => {
                        self.events += 1;
                        self.arrive(to, Input::Packet { from, bytes });
                    }
                    Entry::At(at) => {
                        self.queue.push(at, Class::Arrival, Occurrence::Entered { from, to, bytes })
                    }
                    Entry::Full => {
                        let lost = Step::Lost { from, bytes: bytes.len(), why: Loss::Congestion };
                        self.observer.step(self.now, to.node(), &lost);
                    }
                }
            }
            Occurrence::Entered { from, to, bytes } => {
                self.events += 1;
                self.arrive(to, Input::Packet { from, bytes });
            }
            Occurrence::Segment(segment) => {
                self.events += 1;
                self.segment_arrives(segment);
            }
            Occurrence::Resend(segment) => self.send_segment(segment),
            Occurrence::StreamDeadline(id) => self.stream_deadline(id),
            Occurrence::Wake(node, life) => self.wake(node, life),
            Occurrence::Timer(node, life) => self.timer(node, life),
            Occurrence::Action(deed) => deed(self),
        }
    }

    /// What nodes say that they read, if their wire does not say it: what our framing takes, and not what happens to be compiled into this build,
    /// so that a run is the same in every one.
    fn layers(&self) -> Layers {
        let layers = self.framing.checksum.map_or(Layers::BASE, |it| Layers::BASE.with_checksum(it));
        self.framing.compression.map_or(layers, |it| layers.with_compression(it.algorithm))
    }

    fn endpoint_of(
        &self,
        now: Instant,
        local: LocalNode<Name, Addr>,
        life: u32,
        options: &Arc<Options>,
        wire: W,
    ) -> Result<Endpoint<Name, Addr, W, M>, CreateError> {
        let node = local.node.id.0;
        let rng = random::generator(self.seed, "endpoint", u64::from(node.0) << 32 | u64::from(life));
        let layers = wire.layers(local.versions).unwrap_or_else(|| self.layers());
        let (local, store) = (local.with_layers(layers), M::fresh(&self.common));
        Endpoint::with_store(now, local, options.clone(), &self.framing, wire, Box::new(rng), store)
    }
}

#[cfg(test)]
mod tests;
