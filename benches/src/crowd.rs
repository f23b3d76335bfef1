//! The nodes that the cases are about: names of nine characters, IPv4, no metadata, as in the published figures.

use bytes::Bytes;
use memberlist_proto::types::{
    Alive, Incarnation, Layers, Message, Meta, NativeWire, Node, NodeState, Ping, SequenceNumber, State,
    Versions, Wire,
};
use rand_pcg::Pcg64Mcg;
use smol_str::{SmolStr, format_smolstr};
use std::net::SocketAddr;

/// How nodes are named.
pub type Name = SmolStr;
/// Where they are.
pub type Addr = SocketAddr;
/// What they say.
pub type Msg = Message<Name, Addr>;

/// The wire, with these names and addresses.
#[must_use]
pub fn wire() -> &'static dyn Wire<Name, Addr> {
    &NativeWire
}

/// A node of the crowd.
#[must_use]
pub fn node(n: u32) -> Node<Name, Addr> {
    let [_, high, middle, low] = n.to_be_bytes();
    Node::new(format_smolstr!("n-{n:07}"), ([10, high, middle, low], 7946).into())
}

/// What is said of it.
#[must_use]
pub fn state(n: u32) -> NodeState<Name, Addr> {
    NodeState {
        node: node(n),
        meta: Meta::EMPTY,
        incarnation: INCARNATION,
        state: State::Alive,
        versions: Some(Versions::default()),
        layers: Layers::BASE,
    }
}

/// The seconds of a clock, as incarnations are by default.
pub const INCARNATION: Incarnation = Incarnation::new(1_700_000_000);

/// Its sign of life.
#[must_use]
pub fn alive(n: u32, incarnation: Incarnation) -> Msg {
    Message::Alive(Alive {
        incarnation,
        node: node(n),
        meta: Meta::EMPTY,
        versions: Some(Versions::default()),
        layers: Layers::BASE,
    })
}

/// A ping from it to `target`.
#[must_use]
pub fn ping(n: u32, target: &Name) -> Msg {
    Message::Ping(Ping { seq: SequenceNumber(n), target: Some(target.clone()), source: Some(node(n)) })
}

/// A message as it stands in a packet.
#[must_use]
pub fn encoded(message: &Msg) -> Bytes {
    let mut out = Vec::with_capacity(64);
    wire().encode_message(message, &mut out).expect("it is on the wire");
    Bytes::from(out)
}

/// The dice, always the same.
#[must_use]
pub fn dice() -> Pcg64Mcg {
    Pcg64Mcg::new(0x2545_f491_4f6c_dd1d_cafe_f00d_d15e_a5e5)
}
