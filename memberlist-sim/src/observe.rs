//! What can be seen of a simulation: every step of it, as it happens.

use crate::{Addr, Name, NodeIndex};
use bytes::Bytes;
use core::time::Duration;
use memberlist_proto::{
    Endpoint, Event, Instant,
    types::{DecodeError, Message},
};

/// Sees every step of a simulation. It can't change it; what it finds out it keeps.
///
/// A closure that takes the same arguments is one, a pair of observers is one, and `()` looks at nothing and costs nothing.
///
/// ```
/// use memberlist_sim::{Network, NodeIndex, Options, Simulation, Step};
/// use memberlist_proto::Instant;
/// use std::time::Duration;
///
/// let mut packets = 0;
/// let observer = |_at: Instant, _node: NodeIndex, step: &Step<'_>| packets += u32::from(matches!(step, Step::Sent { .. }));
/// let mut cluster = Simulation::with_observer(7, Network::lan(), observer);
/// cluster.form(8, &Options::lan())?;
/// cluster.run_for(Duration::from_secs(10));
/// drop(cluster);
/// assert!(packets >= 2 * 8 * 9, "a ping and an ack for each node and second");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Observer {
    /// Something happened at or to `node`, `at` this time of the simulation (which is not the node's own clock, if that runs wrong).
    fn step(&mut self, at: Instant, node: NodeIndex, step: &Step<'_>);
}

impl Observer for () {
    fn step(&mut self, _: Instant, _: NodeIndex, _: &Step<'_>) {}
}

impl<F: FnMut(Instant, NodeIndex, &Step<'_>)> Observer for F {
    fn step(&mut self, at: Instant, node: NodeIndex, step: &Step<'_>) {
        self(at, node, step);
    }
}

impl<A: Observer, B: Observer> Observer for (A, B) {
    fn step(&mut self, at: Instant, node: NodeIndex, step: &Step<'_>) {
        self.0.step(at, node, step);
        self.1.step(at, node, step);
    }
}

/// One thing that happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Step<'a> {
    /// Somebody did something to the node, or told it to do something: the truth that views are measured by.
    Action(Action),
    /// The node sent a packet.
    Sent {
        /// Where to.
        to: Addr,
        /// What.
        bytes: &'a Bytes,
        /// What becomes of it.
        fate: Fate,
    },
    /// A packet was lost at its destination.
    Lost {
        /// Where it came from.
        from: Addr,
        /// How many bytes it had.
        bytes: usize,
        /// Why.
        why: Loss,
    },
    /// The node received a packet; its messages follow.
    Received {
        /// Where it came from.
        from: Addr,
        /// What.
        bytes: &'a Bytes,
    },
    /// One message of the packet, about to be handled.
    Message {
        /// Where it came from.
        from: Addr,
        /// The message.
        message: &'a Message<Name, Addr>,
    },
    /// Bytes that the node could not decode.
    Undecodable {
        /// Where they came from.
        from: Addr,
        /// Why.
        error: &'a DecodeError,
    },
    /// Something happened on a stream.
    Stream(StreamStep),
    /// A timer of the node fires.
    Timer,
    /// The node reports this.
    Event(&'a Event<Name, Addr>),
    /// An input was handled and all that came of it drained: the moment to check what must always hold.
    Handled(&'a dyn View),
}

/// What was done to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// It was started, for the first time or again, at this address.
    Started(Addr),
    /// It was told to join.
    Join,
    /// It was told to leave.
    Leave,
    /// It was told to come back after it had left.
    Rejoin,
    /// Its process ended without goodbye; its machine refuses connections.
    Crashed,
    /// Its machine is gone: nobody answers for it.
    Vanished,
    /// Its process is not scheduled for this long; what arrives waits.
    Paused(Duration),
    /// It can neither send nor receive for this long, but its timers run: the anomaly of the Lifeguard paper.
    Blocked(Duration),
    /// It takes this long for each input from now on.
    Processing(Duration),
    /// Its clock gains so many microseconds each second from now on.
    Clock(i32),
    /// It was given another command.
    Command,
}

/// What becomes of a packet on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// It arrives then.
    Arrives(Instant),
    /// It arrives twice.
    Twice(Instant, Instant),
    /// It does not arrive.
    Lost(Loss),
}

/// Why something did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// The link lost it.
    Link,
    /// A rule (such as a partition) dropped it.
    Rule,
    /// A link's queue was full.
    Congestion,
    /// There is nobody (any more).
    Nobody,
    /// The receiver's socket buffer was full.
    Buffer,
}

/// What happened on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamStep {
    /// The node dials this address.
    Dial(Addr),
    /// The node's dial was answered.
    Open(Addr),
    /// The node wrote so many bytes to this peer.
    Wrote(Addr, usize),
    /// The node read so many bytes from this peer.
    Read(Addr, usize),
    /// The conversation failed for the node that had dialled.
    Failed(Addr),
    /// The conversation is over.
    Done(Addr),
}

/// What can be asked of a node's endpoint while it is observed; [`Simulation::endpoint`](crate::Simulation::endpoint) gives it whole.
pub trait View {
    /// What it believes of this node, and at which incarnation.
    fn believes(&self, of: NodeIndex) -> Option<(memberlist_types::State, u32)>;
    /// Its own incarnation.
    fn incarnation(&self) -> u32;
    /// How many members it counts, itself included.
    fn members(&self) -> usize;
    /// Its counters and queue lengths.
    fn stats(&self) -> memberlist_proto::Stats;
    /// Its health score.
    fn health(&self) -> u32;
    /// Whether it has left.
    fn has_left(&self) -> bool;
    /// Its options.
    fn options(&self) -> &memberlist_proto::Options;
    /// All that it knows.
    fn known(&self) -> Vec<memberlist_proto::Member<Name, Addr>>;
}

impl<W: memberlist_types::Wire<Name, Addr>, M: memberlist_proto::Store<Name, Addr>> View
    for Endpoint<Name, Addr, W, M>
{
    fn believes(&self, of: NodeIndex) -> Option<(memberlist_types::State, u32)> {
        self.member(&Name(of)).map(|member| (member.state, member.incarnation.value()))
    }

    fn incarnation(&self) -> u32 {
        self.local().incarnation.value()
    }

    fn members(&self) -> usize {
        self.num_members()
    }

    fn stats(&self) -> memberlist_proto::Stats {
        Endpoint::stats(self)
    }

    fn health(&self) -> u32 {
        self.health_score()
    }

    fn has_left(&self) -> bool {
        Endpoint::has_left(self)
    }

    fn options(&self) -> &memberlist_proto::Options {
        Endpoint::options(self)
    }

    fn known(&self) -> Vec<memberlist_proto::Member<Name, Addr>> {
        Endpoint::known(self)
    }
}

impl core::fmt::Debug for dyn View + '_ {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("View")
            .field("incarnation", &self.incarnation())
            .field("members", &self.members())
            .finish()
    }
}
