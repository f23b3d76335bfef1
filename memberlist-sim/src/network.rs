//! The virtual network: what becomes of a packet between its sender and its receiver.

use crate::{Fate, Loss, NodeIndex, random};
use access::Ports;
use core::time::Duration;
use memberlist_proto::Instant;
use partition::Wall;
use rand_pcg::Pcg64Mcg;
use ways::{Way, Ways};

mod access;
mod bandwidth;
mod latency;
mod link;
mod partition;
mod presets;
mod rule;
mod stream;
mod validate;
mod ways;

pub use access::Access;
pub use bandwidth::Bandwidth;
pub use latency::Latency;
pub use link::{Burst, Link, Reorder};
pub use partition::{Cut, Partition};
pub use rule::{Flight, Medium, Rule, RuleId, Verdict};
pub(crate) use stream::{Carriage, segments};
pub use validate::{InvalidField, Problem};
pub use ways::Zone;

/// The network between all nodes.
///
/// All nodes reach each other over one common link, unless their zones are [connected](Network::connect) by another, or the pair has
/// [one of its own](Network::set_pair). Each node has an [access](Network::set_access) of its own, [partitions](Network::partition) cut ways for a time, and
/// [rules](Network::add_rule) do whatever somebody thinks of. What is not used costs nothing, and draws no random numbers: the same run with a
/// feature that is off is the same, byte for byte.
///
/// ```
/// use memberlist_sim::{Access, Bandwidth, Latency, Link, Network, NodeIndex, Zone};
/// use std::time::Duration;
///
/// // Three zones, 20 ms apart from the first to the second; node 7 is on a bad cable.
/// let mut network = Network::lan();
/// network.spread(3);
/// let line = Link::new(Latency::log_normal(Duration::from_millis(20), Duration::from_millis(50)))
///     .with_bandwidth(Bandwidth::megabits(10));
/// network.connect_both(Zone(0), Zone(1), line);
/// network.set_access(NodeIndex(7), Access::flaky(0.1));
/// network.validate()?;
/// # Ok::<(), memberlist_sim::InvalidField>(())
/// ```
pub struct Network {
    ways: Ways,
    ports: Ports,
    walls: Vec<Wall>,
    rules: Vec<(RuleId, Box<dyn Rule>)>,
    next_rule: u64,
    rng: Pcg64Mcg,
    /// For when links turn good and bad.
    turns_rng: Pcg64Mcg,
}

/// What becomes of a packet at the ingress of its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Now,
    At(Instant),
    Full,
}

impl Network {
    /// A network in which all nodes reach each other over such a link.
    #[must_use]
    pub fn new(link: Link) -> Self {
        Self {
            ways: Ways::new(link),
            ports: Ports::default(),
            walls: Vec::new(),
            rules: Vec::new(),
            next_rule: 0,
            rng: random::generator(0, "network", 0),
            turns_rng: random::generator(0, "turns of links", 0),
        }
    }

    // ---- links ----

    /// The link that all use whose zones are not connected by another.
    pub fn link_mut(&mut self) -> &mut Link {
        &mut self.ways.common.link
    }

    /// Puts a node into a zone.
    pub fn place(&mut self, node: NodeIndex, zone: Zone) {
        self.ways.place(node, zone);
    }

    /// Nodes that were not [placed](Self::place) are spread over so many zones, in turns: the node 7 of 3 zones is in zone 1. Default 1.
    pub fn spread(&mut self, zones: u16) {
        self.ways.spread(zones);
    }

    /// The zone of a node.
    #[must_use]
    pub fn zone(&self, node: NodeIndex) -> Zone {
        self.ways.zone(node)
    }

    /// From now on nodes of the first zone reach those of the second over this link (the way back is another). The same zone twice: within it.
    /// The table of zones has as many entries as the highest zone squared.
    pub fn connect(&mut self, from: Zone, to: Zone, link: Link) {
        self.ways.connect(from, to, link);
    }

    /// As [`connect`](Self::connect), in both directions, each with a link of its own.
    pub fn connect_both(&mut self, one: Zone, other: Zone, link: Link) {
        self.connect(one, other, link.clone());
        self.connect(other, one, link);
    }

    /// From now on this node reaches that one over this link, whatever their zones; `None`: as others do again. The way back is another.
    pub fn set_pair(&mut self, from: NodeIndex, to: NodeIndex, link: Option<Link>) {
        self.ways.pair(from, to, link);
    }

    /// From now on the node is connected like this.
    pub fn set_access(&mut self, node: NodeIndex, access: Access) {
        self.ports.set(node, access);
    }

    /// From now on all nodes are connected like this that have no [access of their own](Self::set_access).
    pub fn set_common_access(&mut self, access: Access) {
        self.ports.set_common(access);
    }

    // ---- partitions and rules ----

    /// Adds a partition.
    ///
    /// # Errors
    /// If it is [not valid](Partition::validate), or another one of its name stands; the network is as before then.
    pub fn partition(&mut self, partition: Partition) -> Result<(), InvalidField> {
        partition.validate()?;
        if self.walls.iter().any(|wall| wall.partition.name == partition.name) {
            return Err(InvalidField::new("name", Problem::NameTaken(partition.name)));
        }
        self.walls.push(Wall::new(partition));
        Ok(())
    }

    /// Takes a partition away; false if there is none of this name (any more).
    pub fn heal(&mut self, name: &str) -> bool {
        let before = self.walls.len();
        self.walls.retain(|wall| wall.partition.name != name);
        self.walls.len() < before
    }

    /// All partitions, also those that have not begun, or have ended by themselves.
    pub fn partitions(&self) -> impl Iterator<Item = &Partition> {
        self.walls.iter().map(|wall| &wall.partition)
    }

    /// From now on this rule judges everything that is sent, after those before it.
    pub fn add_rule(&mut self, rule: impl Rule + 'static) -> RuleId {
        self.next_rule += 1;
        let id = RuleId(self.next_rule);
        self.rules.push((id, Box::new(rule)));
        id
    }

    /// Takes a rule away; false if it is not there any more.
    pub fn remove_rule(&mut self, id: RuleId) -> bool {
        let before = self.rules.len();
        self.rules.retain(|(other, _)| *other != id);
        self.rules.len() < before
    }

    /// Cuts every way between nodes for which this says so.
    pub fn cut(&mut self, cut: impl Fn(NodeIndex, NodeIndex) -> bool + 'static) -> RuleId {
        self.add_rule(
            move |flight: &Flight<'_>| {
                if cut(flight.from, flight.to) { Verdict::Drop } else { Verdict::Pass }
            },
        )
    }

    /// Whether all links and accesses are possible. (Those that are not do something, but nothing sensible.)
    ///
    /// # Errors
    /// Names the first field that has a value which it can't have: `link.loss`, `zones 0 -> 1.latency.sigma`, `node 7.loss_in`.
    pub fn validate(&self) -> Result<(), InvalidField> {
        self.ways.common.link.validate().map_err(|error| error.within("link"))?;
        for (name, link) in self.ways.others() {
            link.validate().map_err(|error| error.within(name))?;
        }
        self.ports.common.validate().map_err(|error| error.within("access"))?;
        for (node, access) in self.ports.own() {
            access.validate().map_err(|error| error.within(format_args!("node {node}")))?;
        }
        Ok(())
    }

    // ---- packets ----

    pub(crate) fn seed(&mut self, seed: u64) {
        self.rng = random::generator(seed, "network", 0);
        self.turns_rng = random::generator(seed, "turns of links", 0);
    }

    /// What becomes of a packet.
    pub(crate) fn transit(&mut self, flight: &Flight<'_>) -> Fate {
        let Some((delay, twice)) = self.judge(flight) else { return Fate::Lost(Loss::Rule) };
        let (mut at, mut lost) = (flight.at, false);
        if self.ports.in_use {
            let Some(left) = self.leave(flight) else { return Fate::Lost(Loss::Congestion) };
            (at, lost) = left;
        }
        let way = self.ways.way(flight.from, flight.to);
        lost |= random::chance(&mut self.rng, loss(way, flight.at, &mut self.turns_rng));
        if lost {
            return Fate::Lost(Loss::Link);
        }
        if let Some(bandwidth) = &way.link.bandwidth {
            let Some(through) = way.pipe.packet(bandwidth, at, flight.bytes.len()) else {
                return Fate::Lost(Loss::Congestion);
            };
            at = through;
        }
        let at = at + delay;
        let arrives = at + way.link.draw(&mut self.rng);
        if twice || random::chance(&mut self.rng, way.link.duplicate) {
            return Fate::Twice(arrives, at + way.link.draw(&mut self.rng));
        }
        Fate::Arrives(arrives)
    }

    /// When a packet can be read that arrives now.
    pub(crate) fn enter(&mut self, node: NodeIndex, bytes: usize, now: Instant) -> Entry {
        if let Some((port, access)) = self.ports.of(node)
            && let Some(bandwidth) = &access.ingress
        {
            return port.ingress.packet(bandwidth, now, bytes).map_or(Entry::Full, Entry::At);
        }
        Entry::Now
    }

    /// What partitions and rules say: how much longer it takes, and whether it comes twice; `None`: it is lost.
    fn judge(&mut self, flight: &Flight<'_>) -> Option<(Duration, bool)> {
        if self.walls.iter().any(|wall| wall.cuts(flight.at, flight.from, flight.to)) {
            return None;
        }
        let (mut delay, mut twice) = (Duration::ZERO, false);
        for (_, rule) in &mut self.rules {
            match rule.judge(flight) {
                Verdict::Pass => {}
                Verdict::Drop => return None,
                Verdict::Delay(by) => delay += by,
                Verdict::Duplicate => twice = true,
            }
        }
        Some((delay, twice))
    }

    /// When a packet has left its sender, and whether the access of either end loses it; `None`: the sender's queue is full.
    fn leave(&mut self, flight: &Flight<'_>) -> Option<(Instant, bool)> {
        let (mut at, mut loss_out) = (flight.at, 0.0);
        if let Some((port, access)) = self.ports.of(flight.from) {
            loss_out = access.loss_out;
            if let Some(bandwidth) = &access.egress {
                at = port.egress.packet(bandwidth, at, flight.bytes.len())?;
            }
        }
        let loss_in = self.ports.of(flight.to).map_or(0.0, |(_, access)| access.loss_in);
        Some((at, random::chance(&mut self.rng, loss_out) || random::chance(&mut self.rng, loss_in)))
    }
}

/// The probability that this link loses something now.
fn loss(way: &mut Way, at: Instant, rng: &mut Pcg64Mcg) -> f64 {
    match &way.link.burst {
        Some(burst) if way.turns.is_bad(burst, at, rng) => burst.loss,
        _ => way.link.loss,
    }
}

#[cfg(test)]
mod tests;
