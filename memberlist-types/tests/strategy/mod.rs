//! Any message, any framing.

use bytes::Bytes;
use memberlist_types::{
    Ack, Alive, Broadcast, ChecksumAlgorithm, Compression, CompressionAlgorithm, Dead, Framing, Incarnation,
    IndirectPing, Label, Layers, Message, Meta, Nack, Node, NodeState, Ping, PushPull, PushPullPart,
    SequenceNumber, State, StreamMessage, Suspect, Versions,
};
use proptest::{collection::vec, option, prelude::*};
use std::net::{IpAddr, SocketAddr};

pub(crate) type Msg = Message<String, SocketAddr>;
pub(crate) type StreamMsg = StreamMessage<String, SocketAddr>;

/// Text of at most `max` bytes.
fn text(min: usize, max: usize) -> impl Strategy<Value = String> {
    let any = vec(any::<char>(), min..=max / 4).prop_map(String::from_iter);
    let ascii = vec(proptest::char::range('a', 'z'), min..=max).prop_map(String::from_iter);
    prop_oneof![
        any,
        ascii.boxed(),
        vec(proptest::char::range('0', '9'), min..=16).prop_map(String::from_iter)
    ]
}

pub(crate) fn id() -> impl Strategy<Value = String> {
    text(1, 255)
}

/// In its canonical form, as any transport hands it out.
pub(crate) fn address() -> impl Strategy<Value = SocketAddr> {
    (any::<IpAddr>(), any::<u16>()).prop_map(|(ip, port)| SocketAddr::new(ip.to_canonical(), port))
}

fn node() -> impl Strategy<Value = Node<String, SocketAddr>> {
    (id(), address()).prop_map(|(id, address)| Node::new(id, address))
}

fn seq() -> impl Strategy<Value = SequenceNumber> {
    any::<u32>().prop_map(SequenceNumber)
}

fn incarnation() -> impl Strategy<Value = Incarnation> {
    prop_oneof![any::<u32>(), 0..300u32].prop_map(Incarnation::new)
}

fn payload() -> impl Strategy<Value = Bytes> {
    prop_oneof![vec(any::<u8>(), 0..16), vec(any::<u8>(), 0..600)].prop_map(Bytes::from)
}

fn meta() -> impl Strategy<Value = Meta> {
    payload().prop_map(Meta::new)
}

fn versions() -> impl Strategy<Value = Option<Versions>> {
    option::of(any::<[u8; 6]>().prop_map(Versions::from_bytes))
}

/// Mostly what is known, sometimes anything.
fn layers() -> impl Strategy<Value = Layers> {
    prop_oneof![Just(Layers::BASE), Just(Layers::compiled_in()), any::<u32>().prop_map(Layers::from_bits)]
}

fn ping() -> impl Strategy<Value = Ping<String, SocketAddr>> {
    (seq(), option::of(id()), option::of(node())).prop_map(|(seq, target, source)| Ping {
        seq,
        target,
        source,
    })
}

fn ack() -> impl Strategy<Value = Ack> {
    (seq(), payload()).prop_map(|(seq, payload)| Ack { seq, payload })
}

pub(crate) fn message() -> impl Strategy<Value = Msg> {
    let accusation = || (incarnation(), id(), id());
    prop_oneof![
        ping().prop_map(Message::Ping),
        (seq(), node(), any::<bool>(), option::of(node())).prop_map(|(seq, target, nack, source)| {
            Message::IndirectPing(IndirectPing { seq, target, nack, source })
        }),
        ack().prop_map(Message::Ack),
        seq().prop_map(|seq| Message::Nack(Nack { seq })),
        accusation()
            .prop_map(|(incarnation, node, from)| { Message::Suspect(Suspect { incarnation, node, from }) }),
        accusation().prop_map(|(incarnation, node, from)| Message::Dead(Dead { incarnation, node, from })),
        (incarnation(), node(), meta(), versions(), layers()).prop_map(
            |(incarnation, node, meta, versions, layers)| {
                Message::Alive(Alive { incarnation, node, meta, versions, layers })
            }
        ),
        payload().prop_map(Message::User),
        (id(), any::<u64>(), payload()).prop_map(|(origin, number, payload)| {
            Message::Broadcast(Broadcast { origin, number, payload })
        }),
    ]
}

fn node_state() -> impl Strategy<Value = NodeState<String, SocketAddr>> {
    let state = prop_oneof![Just(State::Alive), Just(State::Suspect), Just(State::Dead), Just(State::Left)];
    (node(), meta(), incarnation(), state, versions(), layers()).prop_map(
        |(node, meta, incarnation, state, versions, layers)| NodeState {
            node,
            meta,
            incarnation,
            state,
            versions,
            layers,
        },
    )
}

fn push_pull() -> impl Strategy<Value = PushPull<String, SocketAddr>> {
    (any::<bool>(), vec(node_state(), 0..12), payload()).prop_map(|(join, states, user)| PushPull {
        join,
        states,
        user,
    })
}

/// A part that is none of the forms that have another meaning, or none.
fn part() -> impl Strategy<Value = StreamMsg> {
    let conversation = prop_oneof![Just(0), any::<u64>()];
    let answer = prop_oneof![Just(0), any::<u64>()];
    let number = prop_oneof![Just(0), 0..400_u32, any::<u32>()];
    (conversation, answer, number, any::<bool>(), push_pull()).prop_map(
        |(conversation, answer, number, more, piece)| {
            let more = more && !(piece.states.is_empty() && piece.user.is_empty());
            if (conversation, answer, number, more) == (0, 0, 0, false) {
                return StreamMessage::PushPull(piece);
            }
            StreamMessage::PushPullPart(PushPullPart { conversation, answer, number, more, piece })
        },
    )
}

pub(crate) fn stream_message() -> impl Strategy<Value = StreamMsg> {
    prop_oneof![
        push_pull().prop_map(StreamMessage::PushPull),
        part(),
        ping().prop_map(StreamMessage::Ping),
        ack().prop_map(StreamMessage::Ack),
        payload().prop_map(StreamMessage::User),
        text(0, 1024).prop_map(|text| StreamMessage::Error(text.into())),
    ]
}

pub(crate) fn label() -> impl Strategy<Value = Label> {
    prop_oneof![Just(String::new()), text(0, 255)].prop_map(|text| Label::new(text).unwrap())
}

/// With every checksum and compression that is compiled in.
pub(crate) fn framing() -> impl Strategy<Value = Framing> {
    let checksum = (0..=ChecksumAlgorithm::ALL.len()).prop_map(|at| ChecksumAlgorithm::ALL.get(at).copied());
    let compression = (0..=CompressionAlgorithm::ALL.len(), 0..300usize).prop_map(|(at, threshold)| {
        let algorithm = CompressionAlgorithm::ALL.get(at).copied();
        algorithm.map(|algorithm| Compression::new(algorithm).with_threshold(threshold))
    });
    (label(), checksum, compression).prop_map(|(label, checksum, compression)| {
        Framing::new().with_label(label).with_checksum(checksum).with_compression(compression)
    })
}
