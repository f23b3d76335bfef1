//! Messages and states about a handful of nodes, right and wrong ones.

use crate::solo::{Addr, Id, Msg, addr, inc, node};
use arbitrary::Arbitrary;
use bytes::Bytes;
use memberlist_proto::types::{
    Ack, Alive, Broadcast, Dead, IndirectPing, Layers, Message, Meta, Nack, Node, NodeState, Ping,
    SequenceNumber, State, Suspect, Versions,
};

/// So many ids occur.
pub(crate) const NAMES: usize = 12;

/// One of the nodes; 1 is ourselves.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) struct Who(u8);

impl Who {
    pub(crate) fn id(self) -> Id {
        1 + Id::from(self.0) % NAMES as Id
    }
}

/// Where a node is said to be: at home, at another's place, or elsewhere.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Where {
    Home,
    At(Who),
    Elsewhere(u8),
}

impl Where {
    pub(crate) fn address(self, id: Id) -> Addr {
        match self {
            Self::Home => addr(id),
            Self::At(who) => addr(who.id()),
            Self::Elsewhere(n) => 9_000 + Addr::from(n % 4),
        }
    }
}

/// Low ones, far ones, the last ones.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Count {
    Low(u8),
    Some(u16),
    Any(u32),
    FromLast(u8),
}

impl Count {
    pub(crate) fn value(self) -> u32 {
        match self {
            Self::Low(n) => u32::from(n % 8),
            Self::Some(n) => n.into(),
            Self::Any(n) => n,
            Self::FromLast(n) => u32::MAX - u32::from(n % 4),
        }
    }
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Speaks {
    Usual,
    None,
    Any([u8; 6]),
}

impl Speaks {
    fn versions(self) -> Option<Versions> {
        match self {
            Self::Usual => Some(Versions::default()),
            Self::None => None,
            Self::Any(bytes) => Some(Versions::from_bytes(bytes)),
        }
    }
}

#[derive(Arbitrary, Clone, Debug)]
pub(crate) enum Words {
    Ping(Count, Option<Who>, Option<(Who, Where)>),
    IndirectPing(Count, Who, Where, bool, Option<(Who, Where)>),
    Ack(Count, u8),
    Nack(Count),
    Suspect(Who, Count, Who),
    Alive(Who, Where, Count, u16, Speaks),
    Dead(Who, Count, Who),
    Leave(Who, Count),
    User(u8),
    Broadcast(Who, u8, u16),
}

impl Words {
    pub(crate) fn message(&self) -> Msg {
        let seq = |n: Count| SequenceNumber(n.value());
        let source = |s: Option<(Who, Where)>| s.map(|(who, at)| Node::new(who.id(), at.address(who.id())));
        match *self {
            Self::Ping(n, target, from) => {
                Message::Ping(Ping { seq: seq(n), target: target.map(Who::id), source: source(from) })
            }
            Self::IndirectPing(n, target, at, nack, from) => {
                let target = Node::new(target.id(), at.address(target.id()));
                Message::IndirectPing(IndirectPing { seq: seq(n), target, nack, source: source(from) })
            }
            Self::Ack(n, len) => Message::Ack(Ack { seq: seq(n), payload: vec![1; len.into()].into() }),
            Self::Nack(n) => Message::Nack(Nack { seq: seq(n) }),
            Self::Suspect(who, n, from) => {
                Message::Suspect(Suspect { incarnation: inc(n.value()), node: who.id(), from: from.id() })
            }
            Self::Alive(who, at, n, meta, speaks) => Message::Alive(Alive {
                incarnation: inc(n.value()),
                node: Node::new(who.id(), at.address(who.id())),
                meta: metadata(meta),
                versions: speaks.versions(),
                layers: Layers::from_bits(meta.into()),
            }),
            Self::Dead(who, n, from) => {
                Message::Dead(Dead { incarnation: inc(n.value()), node: who.id(), from: from.id() })
            }
            Self::Leave(who, n) => {
                Message::Dead(Dead { incarnation: inc(n.value()), node: who.id(), from: who.id() })
            }
            Self::User(len) => Message::User(Bytes::from(vec![2; len.into()])),
            Self::Broadcast(who, number, len) => Message::Broadcast(Broadcast {
                origin: who.id(),
                number: number.into(),
                payload: vec![3; usize::from(len % 2000)].into(),
            }),
        }
    }
}

pub(crate) fn metadata(len: u16) -> Meta {
    Meta::new(vec![4; usize::from(len % 700)])
}

/// An entry of a push/pull.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) struct Entry(Who, Where, Count, u8, u16, Speaks);

impl Entry {
    pub(crate) fn state(&self) -> NodeState<Id, Addr> {
        let Self(who, at, incarnation, state, meta, speaks) = *self;
        NodeState {
            node: Node { address: at.address(who.id()), ..node(who.id()) },
            meta: metadata(meta),
            incarnation: inc(incarnation.value()),
            state: State::from_value(state % 4).unwrap_or(State::Alive),
            versions: speaks.versions(),
            layers: Layers::from_bits(meta.into()),
        }
    }
}
