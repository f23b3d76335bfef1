use crate::{Incarnation, Layers, Meta, Versions};
use core::fmt;

/// A node's name and where it is reached.
///
/// ```
/// use core::net::SocketAddr;
/// use memberlist_types::Node;
///
/// let node = Node::new("cache-1", SocketAddr::from(([10, 0, 0, 1], 7946)));
/// assert_eq!(node.to_string(), "cache-1(10.0.0.1:7946)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node<I, A> {
    /// The name, unique in the cluster.
    pub id: I,
    /// The advertised address.
    pub address: A,
}

impl<I, A> Node<I, A> {
    /// A node of this name at this address.
    pub const fn new(id: I, address: A) -> Self {
        Self { id, address }
    }
}

impl<I: fmt::Display, A: fmt::Display> fmt::Display for Node<I, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.id, self.address)
    }
}

/// What is believed of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum State {
    /// It answers (0 on the wire).
    Alive,
    /// It failed a probe, here or elsewhere; still a member (1 on the wire).
    Suspect,
    /// The suspicion ran out, or somebody announced the death (2 on the wire).
    Dead,
    /// It announced its own departure (3 on the wire).
    Left,
}

impl State {
    /// Dead or Left: no member any more.
    #[must_use]
    pub const fn is_gone(self) -> bool {
        matches!(self, Self::Dead | Self::Left)
    }

    /// The number that stands for it on the wire.
    #[must_use]
    pub const fn value(self) -> u8 {
        match self {
            Self::Alive => 0,
            Self::Suspect => 1,
            Self::Dead => 2,
            Self::Left => 3,
        }
    }

    /// The state that a number on the wire stands for; `None` if it stands for none that is known here.
    #[must_use]
    pub const fn from_value(value: u8) -> Option<Self> {
        match value {
            0 => Some(Self::Alive),
            1 => Some(Self::Suspect),
            2 => Some(Self::Dead),
            3 => Some(Self::Left),
            _ => None,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Alive => "alive",
            Self::Suspect => "suspect",
            Self::Dead => "dead",
            Self::Left => "left",
        })
    }
}

/// One entry of a push/pull: all that the sender believes of one node.
///
/// Wire data: it reaches the membership table only through the machine's admission.
///
/// ```
/// use memberlist_types::{Incarnation, Layers, Meta, Node, NodeState, State, Versions};
///
/// let state = NodeState {
///     node: Node::new("cache-1", 1u64),
///     meta: Meta::EMPTY,
///     incarnation: Incarnation::new(2),
///     state: State::Suspect,
///     versions: Some(Versions::default()),
///     layers: Layers::BASE,
/// };
/// assert_eq!(state.to_string(), "suspect cache-1(1) at incarnation 2");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeState<I, A> {
    /// Name and advertised address.
    pub node: Node<I, A>,
    /// Its metadata.
    pub meta: Meta,
    /// The incarnation at which the sender knows it.
    pub incarnation: Incarnation,
    /// What the sender believes of it.
    pub state: State,
    /// The versions it announced; `None` if what the peer sent was not a complete set.
    pub versions: Option<Versions>,
    /// What it can read; the base set if it did not say.
    pub layers: Layers,
}
