use super::{InvalidField, Problem};
use crate::NodeIndex;
use memberlist_proto::Instant;

/// Nodes that can't reach each other, for a time. It has a name, by which it is [healed](super::Network::heal).
///
/// What was sent before it began still arrives.
///
/// ```
/// use memberlist_sim::{Instant, Network, NodeIndex, Partition};
/// use std::time::Duration;
///
/// let mut network = Network::lan();
/// let minute = Instant::START + Duration::from_secs(60);
/// let rack = (0..10).map(NodeIndex).collect();
/// network.partition(Partition::groups("switch", vec![rack]).from(minute).until(minute + Duration::from_secs(30)))?;
/// network.partition(Partition::one_way("firewall", vec![NodeIndex(3)], vec![NodeIndex(4)]))?;
/// assert!(network.heal("firewall"));
/// # Ok::<(), memberlist_sim::InvalidField>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Partition {
    /// What it is called.
    pub name: String,
    /// Who does not reach whom.
    pub cut: Cut,
    /// When it begins. Default: at once.
    pub start: Instant,
    /// When it ends by itself: nothing sent at this time or later is lost to it. Default: never.
    pub end: Instant,
}

/// Who does not reach whom.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cut {
    /// No group reaches another. Nodes that stand in none are one more group.
    Groups(Vec<Vec<NodeIndex>>),
    /// The first don't reach the second; these reach the first.
    OneWay {
        /// Whose packets are lost.
        from: Vec<NodeIndex>,
        /// On the way to these.
        to: Vec<NodeIndex>,
    },
}

impl Partition {
    /// No group reaches another. Nodes that stand in none are one more group: one group of one node cuts off that node.
    #[must_use]
    pub fn groups(name: impl Into<String>, groups: Vec<Vec<NodeIndex>>) -> Self {
        Self::new(name.into(), Cut::Groups(groups))
    }

    /// What the first send does not reach the second; what these send reaches the first.
    #[must_use]
    pub fn one_way(name: impl Into<String>, from: Vec<NodeIndex>, to: Vec<NodeIndex>) -> Self {
        Self::new(name.into(), Cut::OneWay { from, to })
    }

    const fn new(name: String, cut: Cut) -> Self {
        Self { name, cut, start: Instant::START, end: Instant::NEVER }
    }

    /// It begins at this time.
    #[must_use]
    pub const fn from(mut self, start: Instant) -> Self {
        self.start = start;
        self
    }

    /// It ends at this time.
    #[must_use]
    pub const fn until(mut self, end: Instant) -> Self {
        self.end = end;
        self
    }

    /// Whether it cuts anything, and says so without contradiction.
    ///
    /// # Errors
    /// If it ends before it begins, has no nodes, or a node stands in two groups.
    pub fn validate(&self) -> Result<(), InvalidField> {
        if self.start >= self.end {
            return Err(InvalidField::new("start", Problem::MoreThan("end")));
        }
        match &self.cut {
            Cut::Groups(groups) => {
                if groups.iter().all(Vec::is_empty) {
                    return Err(InvalidField::new("groups", Problem::Empty));
                }
                let mut all: Vec<_> = groups.iter().flatten().collect();
                all.sort_unstable();
                match all
                    .windows(2)
                    .find_map(|pair| if let [a, b] = pair { (a == b).then_some(a) } else { None })
                {
                    Some(node) => Err(InvalidField::new("groups", Problem::Twice(node.0))),
                    None => Ok(()),
                }
            }
            Cut::OneWay { from, to } => {
                let empty = |field| Err(InvalidField::new(field, Problem::Empty));
                if from.is_empty() {
                    return empty("from");
                }
                if to.is_empty() { empty("to") } else { Ok(()) }
            }
        }
    }
}

const FROM: u32 = 1;
const TO: u32 = 2;

/// A partition, made ready to be asked for each packet.
#[derive(Debug)]
pub(super) struct Wall {
    pub(super) partition: Partition,
    /// For each node its group (0: the rest), or on which side of a one-way cut it stands.
    sides: Vec<u32>,
}

impl Wall {
    pub(super) fn new(partition: Partition) -> Self {
        let mut sides = Vec::new();
        let mut mark = |nodes: &[NodeIndex], side: u32| {
            for node in nodes {
                if sides.len() <= node.place() {
                    sides.resize(node.place() + 1, 0);
                }
                if let Some(place) = sides.get_mut(node.place()) {
                    *place |= side;
                }
            }
        };
        match &partition.cut {
            Cut::Groups(groups) => (1..).zip(groups).for_each(|(side, group)| mark(group, side)),
            Cut::OneWay { from, to } => {
                mark(from, FROM);
                mark(to, TO);
            }
        }
        Self { partition, sides }
    }

    pub(super) fn cuts(&self, at: Instant, from: NodeIndex, to: NodeIndex) -> bool {
        if at < self.partition.start || at >= self.partition.end {
            return false;
        }
        let side = |node: NodeIndex| self.sides.get(node.place()).copied().unwrap_or(0);
        match self.partition.cut {
            Cut::Groups(_) => side(from) != side(to),
            Cut::OneWay { .. } => side(from) & FROM != 0 && side(to) & TO != 0,
        }
    }
}
