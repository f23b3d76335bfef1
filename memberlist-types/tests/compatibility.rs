//! Older and newer nodes understand each other: unknown fields are skipped, missing ones have their defaults.

#![allow(clippy::unwrap_used, clippy::panic)]

use bytes::{Bytes, BytesMut};
use memberlist_types::{
    Ack, Alive, Dead, DecodeError, Framing, Incarnation, IndirectPing, Layers, Message, Meta, Nack,
    NativeWire, Node, NodeState, Ping, PushPull, SequenceNumber, State, StreamLimits, StreamMessage, Suspect,
    Versions, Wire,
};
use std::net::SocketAddr;

type Msg = Message<String, SocketAddr>;
type StreamMsg = StreamMessage<String, SocketAddr>;

/// A message in the making, as a later version might send it.
struct Later(Vec<u8>);

impl Later {
    fn new(kind: u8) -> Self {
        Self(vec![kind])
    }

    fn record() -> Self {
        Self(Vec::new())
    }

    fn field(mut self, tag: u8, value: &[u8]) -> Self {
        let (high, long_tag) = if tag < 15 { (tag << 4, None) } else { (0xf0, Some(tag)) };
        let len = u16::try_from(value.len()).unwrap();
        let (low, len) = match len {
            0..=12 => (len as u8, vec![]),
            13..=255 => (13, vec![len as u8]),
            _ => (14, len.to_be_bytes().to_vec()),
        };
        self.0.push(high | low);
        self.0.extend(long_tag);
        self.0.extend(len);
        self.0.extend_from_slice(value);
        self
    }

    /// What nobody knows yet: short, long, empty, with tags of both forms.
    fn unknown(self) -> Self {
        self.field(9, b"new").field(14, &[7; 300]).field(15, b"").field(200, b"far away")
    }
}

const PLACE: &[u8] = &[10, 0, 0, 1, 0x1f, 0x0a];

fn node(id: &str) -> Node<String, SocketAddr> {
    Node::new(id.into(), SocketAddr::from(([10, 0, 0, 1], 7946)))
}

fn decode(message: Later) -> Result<Msg, DecodeError> {
    let wire: &dyn Wire<String, SocketAddr> = &NativeWire;
    let packet = wire.encode_packet(&Framing::new(), &[message.0.into()]).unwrap();
    let mut seen = None;
    wire.decode_packet(&Framing::new(), packet, &mut |message| seen = Some(message)).unwrap();
    seen.unwrap()
}

fn decode_frame(message: Later) -> Result<StreamMsg, DecodeError> {
    let wire: &dyn Wire<String, SocketAddr> = &NativeWire;
    let len = u32::try_from(message.0.len() + 1).unwrap();
    let frame = [&[0xe1, 0][..], &len.to_be_bytes(), &[0], &message.0].concat();
    let mut buffer = BytesMut::from(&frame[..]);
    wire.decode_frame(&Framing::new(), &StreamLimits::default(), true, &mut buffer).map(Option::unwrap)
}

/// F-48, W-45: fields that a later version may add, in front of and behind those that are known.
#[test]
fn unknown_fields_are_skipped_in_every_message() {
    let (seq, incarnation) = (SequenceNumber(7), Incarnation::new(3));
    let cases = [
        (
            Later::new(1).unknown().field(1, &[7]).field(2, b"a").unknown(),
            Message::Ping(Ping { seq, target: Some("a".into()), source: None }),
        ),
        (
            Later::new(2).field(1, &[7]).unknown().field(2, b"a").field(5, PLACE).unknown(),
            Message::IndirectPing(IndirectPing { seq, target: node("a"), nack: false, source: None }),
        ),
        (Later::new(3).unknown().field(1, &[7]), Message::Ack(Ack { seq, payload: Bytes::new() })),
        (Later::new(4).unknown().field(1, &[7]), Message::Nack(Nack { seq })),
        (
            Later::new(5).field(1, b"a").unknown().field(2, b"b").field(3, &[3]),
            Message::Suspect(Suspect { incarnation, node: "a".into(), from: "b".into() }),
        ),
        (
            Later::new(6).field(1, b"a").field(2, PLACE).field(3, &[3]).unknown().field(4, b"m"),
            Message::Alive(Alive {
                incarnation,
                node: node("a"),
                meta: Meta::new("m"),
                versions: None,
                layers: Layers::BASE,
            }),
        ),
        (
            Later::new(7).field(1, b"a").field(2, b"b").field(3, &[3]).unknown(),
            Message::Dead(Dead { incarnation, node: "a".into(), from: "b".into() }),
        ),
        (Later::new(8).unknown().field(1, b"u").unknown(), Message::User(Bytes::from_static(b"u"))),
    ];
    for (later, expected) in cases {
        assert_eq!(decode(later), Ok(expected));
    }
}

/// W-45
#[test]
fn unknown_fields_are_skipped_in_a_push_pull_and_its_states() {
    let state = Later::record().unknown().field(1, b"a").field(2, PLACE).unknown().field(6, &[1]);
    let message =
        Later::new(9).unknown().field(1, &[1]).field(2, &[1]).field(4, &state.0).unknown().field(3, b"u");
    let expected = PushPull {
        join: true,
        states: vec![NodeState {
            node: node("a"),
            meta: Meta::EMPTY,
            incarnation: Incarnation::ZERO,
            state: State::Suspect,
            versions: None,
            layers: Layers::BASE,
        }],
        user: Bytes::from_static(b"u"),
    };
    assert_eq!(decode_frame(message), Ok(StreamMessage::PushPull(expected)));
    assert_eq!(decode_frame(Later::new(10).unknown().field(1, b"no")), Ok(StreamMessage::Error("no".into())));
}

#[test]
fn missing_fields_have_their_defaults() {
    let seq = SequenceNumber(0);
    assert_eq!(decode(Later::new(1)), Ok(Message::Ping(Ping { seq, target: None, source: None })));
    assert_eq!(decode(Later::new(3)), Ok(Message::Ack(Ack { seq, payload: Bytes::new() })));
    assert_eq!(decode(Later::new(4)), Ok(Message::Nack(Nack { seq })));
    assert_eq!(decode(Later::new(8)), Ok(Message::User(Bytes::new())));
    assert_eq!(
        decode(Later::new(6).field(1, b"a").field(2, PLACE)),
        Ok(Message::Alive(Alive {
            incarnation: Incarnation::ZERO,
            node: node("a"),
            meta: Meta::EMPTY,
            versions: None,
            layers: Layers::BASE
        }))
    );
    let empty = PushPull { join: false, states: vec![], user: Bytes::new() };
    assert_eq!(decode_frame(Later::new(9)), Ok(StreamMessage::PushPull(empty)));
    assert_eq!(decode_frame(Later::new(10)), Ok(StreamMessage::Error("".into())));
}

#[test]
fn missing_required_field_is_invalid_and_named() {
    let cases = [
        (Later::new(2).field(5, PLACE), "target id"),
        (Later::new(2).field(2, b"a"), "target address"),
        (Later::new(5).field(2, b"b"), "node id"),
        (Later::new(5).field(1, b"a"), "accuser id"),
        (Later::new(6).field(2, PLACE), "node id"),
        (Later::new(6).field(1, b"a"), "node address"),
        (Later::new(7).field(1, b"a"), "accuser id"),
        (Later::new(1).field(3, b"a"), "source address"),
        (Later::new(1).field(4, PLACE), "source id"),
    ];
    for (later, name) in cases {
        assert_eq!(decode(later), Err(DecodeError::Invalid(name)));
    }
}

#[test]
fn last_of_duplicate_fields_wins() {
    let later = Later::new(4).field(1, &[1]).field(1, &[2]);
    assert_eq!(decode(later), Ok(Message::Nack(Nack { seq: SequenceNumber(2) })));
    // Even over one that is invalid, and by one that is the default.
    let later = Later::new(4).field(1, &[1; 9]).field(1, &[]);
    assert_eq!(decode(later), Ok(Message::Nack(Nack { seq: SequenceNumber(0) })));
}

/// The versions are six bytes; what is no complete set is none (Q3).
#[test]
fn versions_of_another_length_count_as_absent() {
    for len in [0, 1, 5, 7, 12] {
        let later = Later::new(6).field(1, b"a").field(2, PLACE).field(5, &vec![1; len]);
        let Ok(Message::Alive(alive)) = decode(later) else { panic!("refused") };
        assert_eq!(alive.versions, None, "{len} bytes");
    }
    let later = Later::new(6).field(1, b"a").field(2, PLACE).field(5, &[1, 5, 2, 0, 0, 0]);
    let Ok(Message::Alive(alive)) = decode(later) else { panic!("refused") };
    assert_eq!(alive.versions, Some(Versions::default()));
}

/// A later version may widen an integer: values that still fit are understood.
#[test]
fn integers_may_have_leading_zeros() {
    let later = Later::new(4).field(1, &[0, 0, 0, 0, 0, 0, 1, 2]);
    assert_eq!(decode(later), Ok(Message::Nack(Nack { seq: SequenceNumber(258) })));
    let later = Later::new(4).field(1, &[1, 0, 0, 0, 0]);
    assert_eq!(decode(later), Err(DecodeError::Invalid("sequence number")));
}

/// A kind that a later version adds costs that message alone.
#[test]
fn unknown_kind_costs_that_message_alone() {
    let wire: &dyn Wire<String, SocketAddr> = &NativeWire;
    let messages = [Later::new(4).field(1, &[1]), Later::new(77).unknown(), Later::new(4).field(1, &[2])];
    let packet = wire.encode_packet(&Framing::new(), &messages.map(|later| later.0.into())).unwrap();
    let mut seen = Vec::new();
    wire.decode_packet(&Framing::new(), packet, &mut |message| seen.push(message)).unwrap();
    let nack = |seq| Ok(Message::Nack(Nack { seq: SequenceNumber(seq) }));
    assert_eq!(seen, [nack(1), Err(DecodeError::UnknownKind(77)), nack(2)]);
}
