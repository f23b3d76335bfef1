//! Which link leads from one node to another: the common one, that between two zones, or that of a pair.

use super::{Link, bandwidth::Pipe, link::Turns};
use crate::NodeIndex;

/// A part of the network: a rack, a data centre, a region. All nodes are in zone 0 until they are placed elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Zone(pub u16);

/// A link, and what goes on on it.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) link: Link,
    pub(super) turns: Turns,
    pub(super) pipe: Pipe,
}

impl Way {
    pub(super) fn new(link: Link) -> Self {
        Self { link, turns: Turns::default(), pipe: Pipe::default() }
    }
}

/// All links.
#[derive(Debug)]
pub(super) struct Ways {
    pub(super) common: Way,
    others: Vec<Way>,
    zones: Vec<Option<Zone>>,
    /// Nodes that were not placed are spread over so many zones.
    spread: u16,
    /// The place in `others`, for each pair of zones: `from * side + to`.
    between: Vec<Option<u32>>,
    side: usize,
    pairs: hashbrown::HashMap<(NodeIndex, NodeIndex), u32>,
}

impl Ways {
    pub(super) fn new(link: Link) -> Self {
        Self {
            common: Way::new(link),
            others: Vec::new(),
            zones: Vec::new(),
            spread: 1,
            between: Vec::new(),
            side: 0,
            pairs: hashbrown::HashMap::new(),
        }
    }

    /// The way from one node to another.
    pub(super) fn way(&mut self, from: NodeIndex, to: NodeIndex) -> &mut Way {
        if self.others.is_empty() {
            return &mut self.common;
        }
        let pair = if self.pairs.is_empty() { None } else { self.pairs.get(&(from, to)).copied() };
        let place = pair.or_else(|| self.between(self.zone(from), self.zone(to)));
        match place.and_then(|place| self.others.get_mut(place as usize)) {
            Some(way) => way,
            None => &mut self.common,
        }
    }

    fn between(&self, from: Zone, to: Zone) -> Option<u32> {
        let (from, to) = (usize::from(from.0), usize::from(to.0));
        if from.max(to) >= self.side { None } else { *self.between.get(from * self.side + to)? }
    }

    pub(super) fn zone(&self, node: NodeIndex) -> Zone {
        match self.zones.get(node.place()) {
            Some(Some(zone)) => *zone,
            _ => Zone((node.0 % u32::from(self.spread)) as u16),
        }
    }

    pub(super) fn place(&mut self, node: NodeIndex, zone: Zone) {
        if self.zones.len() <= node.place() {
            self.zones.resize(node.place() + 1, None);
        }
        if let Some(place) = self.zones.get_mut(node.place()) {
            *place = Some(zone);
        }
    }

    pub(super) fn spread(&mut self, zones: u16) {
        self.spread = zones.max(1);
    }

    pub(super) fn connect(&mut self, from: Zone, to: Zone, link: Link) {
        let side = self.side.max(usize::from(from.0.max(to.0)) + 1);
        if side > self.side {
            let mut between = vec![None; side * side];
            for (place, old) in self.between.iter().enumerate() {
                if let Some(new) = between.get_mut(place / self.side * side + place % self.side) {
                    *new = *old;
                }
            }
            (self.between, self.side) = (between, side);
        }
        let place = usize::from(from.0) * self.side + usize::from(to.0);
        if let Some(way) = self.between(from, to).and_then(|place| self.others.get_mut(place as usize)) {
            way.link = link;
            return;
        }
        self.others.push(Way::new(link));
        if let Some(slot) = self.between.get_mut(place) {
            *slot = Some((self.others.len() - 1) as u32);
        }
    }

    pub(super) fn pair(&mut self, from: NodeIndex, to: NodeIndex, link: Option<Link>) {
        let Some(link) = link else {
            // Its place stays; a pair that is set again takes a new one.
            self.pairs.remove(&(from, to));
            return;
        };
        if let Some(way) = self.pairs.get(&(from, to)).and_then(|place| self.others.get_mut(*place as usize))
        {
            way.link = link;
            return;
        }
        self.others.push(Way::new(link));
        self.pairs.insert((from, to), (self.others.len() - 1) as u32);
    }

    /// All links but the common one, with what they connect, in a fixed order.
    pub(super) fn others(&self) -> impl Iterator<Item = (String, &Link)> {
        let zones = self.between.iter().enumerate().filter_map(|(place, way)| {
            let name = format!("zones {} -> {}", place / self.side, place % self.side);
            Some((name, (*way)?))
        });
        let mut pairs: Vec<_> = self.pairs.iter().collect();
        pairs.sort_unstable();
        let pairs = pairs.into_iter().map(|((from, to), way)| (format!("pair {from} -> {to}"), *way));
        zones.chain(pairs).filter_map(|(name, way)| Some((name, &self.others.get(way as usize)?.link)))
    }
}
