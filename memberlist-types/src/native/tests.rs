//! The codec as the rest of the project sees it, through `Wire`.

use crate::{
    Ack, Alive, Dead, DecodeError, EncodeError, Framing, Id, Incarnation, IndirectPing, Label, Layers,
    Message, Meta, Nack, NativeWire, Node, NodeState, Ping, PushPull, SequenceNumber, State, StreamLimits,
    StreamMessage, Suspect, Versions, Wire, WireData,
};
use alloc::{string::String, vec, vec::Vec};
use bytes::{Bytes, BytesMut};
use core::net::SocketAddr;

type Msg = Message<String, SocketAddr>;
type StreamMsg = StreamMessage<String, SocketAddr>;
type Decoded = Result<Msg, DecodeError>;

fn wire() -> impl Wire<String, SocketAddr> {
    NativeWire
}

fn node(name: &str) -> Node<String, SocketAddr> {
    Node::new(name.into(), "10.0.0.1:7946".parse().unwrap())
}

fn ping() -> Ping<String, SocketAddr> {
    Ping { seq: SequenceNumber(u32::MAX), target: Some("node-0001".into()), source: Some(node("node-0002")) }
}

fn alive() -> Alive<String, SocketAddr> {
    Alive {
        incarnation: Incarnation::new(3),
        node: node("node-0001"),
        meta: Meta::EMPTY,
        versions: Some(Versions::default()),
        layers: Layers::BASE,
    }
}

fn messages() -> Vec<Msg> {
    let (from, incarnation) = (String::from("node-0002"), Incarnation::new(3));
    vec![
        Message::Ping(ping()),
        Message::Ping(Ping { seq: SequenceNumber(0), target: None, source: None }),
        Message::IndirectPing(IndirectPing {
            seq: SequenceNumber(300),
            target: node("b"),
            nack: true,
            source: None,
        }),
        Message::Ack(Ack { seq: SequenceNumber(1), payload: Bytes::from_static(b"payload") }),
        Message::Nack(Nack { seq: SequenceNumber(1) }),
        Message::Suspect(Suspect { incarnation, node: "node-0001".into(), from: from.clone() }),
        Message::Alive(alive()),
        Message::Dead(Dead { incarnation, node: "node-0001".into(), from }),
        Message::User(Bytes::from_static(b"hello")),
        Message::User(Bytes::new()),
    ]
}

fn push_pull() -> PushPull<String, SocketAddr> {
    let state = |name: &str, state| NodeState {
        node: node(name),
        meta: Meta::new("meta"),
        incarnation: Incarnation::new(9),
        state,
        versions: None,
        layers: Layers::BASE,
    };
    PushPull {
        join: true,
        states: vec![state("a", State::Alive), state("b", State::Left)],
        user: Bytes::from_static(b"state"),
    }
}

fn encoded(message: &Msg) -> Bytes {
    let mut out = Vec::new();
    wire().encode_message(message, &mut out).unwrap();
    out.into()
}

fn decoded(framing: &Framing, packet: Bytes) -> Result<Vec<Decoded>, DecodeError> {
    let mut seen = Vec::new();
    wire().decode_packet(framing, packet, &mut |message| seen.push(message))?;
    Ok(seen)
}

fn labelled() -> Framing {
    Framing::new().with_label(Label::new("prod").unwrap())
}

#[test]
fn every_message_comes_back_in_order() {
    let bytes: Vec<Bytes> = messages().iter().map(encoded).collect();
    let packet = wire().encode_packet(&labelled(), &bytes).unwrap();
    let expected: Vec<Decoded> = messages().into_iter().map(Ok).collect();
    assert_eq!(decoded(&labelled(), packet).unwrap(), expected);
}

/// F-36: an identity of 64 bits at an IPv4 address makes a ping of at most 32 bytes; ids of 4 bytes are possible.
#[test]
fn messages_are_compact() {
    fn ping_len<I: Id + WireData>(target: I, source: I) -> usize {
        let source = Some(Node::new(source, SocketAddr::from(([10, 0, 0, 1], 7946))));
        let ping = Message::Ping(Ping { seq: SequenceNumber(u32::MAX), target: Some(target), source });
        let mut out = Vec::new();
        NativeWire.encode_message(&ping, &mut out).unwrap();
        out.len()
    }
    assert_eq!(ping_len(u64::MAX, u64::MAX), 31);
    assert_eq!(ping_len(u32::MAX, u32::MAX), 23);
    assert_eq!(encoded(&Message::Ping(ping())).len(), 33, "names of 9 bytes");
    assert_eq!(encoded(&Message::Alive(alive())).len(), 27);
    assert_eq!(encoded(&Message::Nack(Nack { seq: SequenceNumber(u32::MAX) })).len(), 6);
}

#[test]
fn every_stream_message_comes_back_byte_by_byte() {
    let limits = StreamLimits::default();
    let all: Vec<StreamMsg> = vec![
        StreamMessage::PushPull(push_pull()),
        StreamMessage::Ping(ping()),
        StreamMessage::Ack(Ack { seq: SequenceNumber(5), payload: Bytes::new() }),
        StreamMessage::User(Bytes::from_static(b"hello")),
        StreamMessage::Error("no".into()),
    ];
    for message in all {
        let frame = wire().encode_frame(&labelled(), &limits, true, &message).unwrap();
        let mut buffer = BytesMut::new();
        for (at, &byte) in frame.iter().enumerate() {
            buffer.extend_from_slice(&[byte]);
            let result = wire().decode_frame(&labelled(), &limits, true, &mut buffer).unwrap();
            if at + 1 == frame.len() {
                assert_eq!(result, Some(message.clone()));
                assert!(buffer.is_empty());
            } else {
                assert_eq!(result, None);
                assert_eq!(buffer.len(), at + 1);
            }
        }
    }
}

/// F-71
#[test]
fn failed_encoding_leaves_the_output_as_it_was() {
    let mut out = vec![1, 2, 3];
    let mut bad = ping();
    bad.source = Some(node(""));
    let error = wire().encode_message(&Message::Ping(bad), &mut out).unwrap_err();
    assert_eq!(error, EncodeError::Unsupported("an empty id or address"));
    assert_eq!(out, [1, 2, 3]);
}
