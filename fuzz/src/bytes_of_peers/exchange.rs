//! Conversations on a stream, with a peer that says anything.

use super::{
    world::{StreamMsg, limits, wire},
    wrapping::received,
};
use bytes::{Bytes, BytesMut};
use memberlist_proto::{Exchange, ExchangeOutput};
use memberlist_types::{
    Ack, DecodeError, Framing, Incarnation, Layers, Meta, NativeWire, Node, NodeState, Ping, PushPull,
    SequenceNumber, State, StreamLimits, StreamMessage, Versions,
};
use std::net::SocketAddr;

type Conversation = Exchange<String, SocketAddr>;
type Output = ExchangeOutput<String, SocketAddr>;

/// The first byte: who we are and the limits; the second: the pieces; then as [`received`] wants it.
pub fn exchange(input: &[u8]) {
    let Some((&[role, cuts], input)) = input.split_first_chunk() else { return };
    let limits = limits(role & 0x80 != 0);
    let Some(received) = received(input, 0xe1, true, limits.max_frame) else { return };
    let (framing, bytes) = (&received.framing, &received.bytes);
    let mut at_once = talk(role, framing, limits, bytes, usize::MAX);
    let mut in_pieces = talk(role, framing, limits, bytes, 1 + usize::from(cuts));
    if at_once.error == Some(DecodeError::Invalid("bytes behind the message")) {
        // Whether anybody is still told so depends on whether they came with the message.
        (at_once.wrote, in_pieces.wrote) = (Vec::new(), Vec::new());
    }
    assert_eq!(at_once, in_pieces, "in pieces of {} bytes", 1 + usize::from(cuts));
}

/// What came of a conversation.
#[derive(Debug, PartialEq)]
struct Course {
    output: Option<Output>,
    error: Option<DecodeError>,
    wants_read: bool,
    wrote: Vec<Option<StreamMsg>>,
}

fn talk(role: u8, framing: &Framing, limits: StreamLimits, bytes: &[u8], piece: usize) -> Course {
    let mut conversation = open(role, framing, limits);
    let accepting = role % 6 == 0;
    // What we ask with is not what this is about.
    while !accepting && conversation.poll_write().is_some() {}
    let (mut error, mut outputs, mut wrote) = (None, Vec::new(), Vec::new());
    for piece in bytes.chunks(piece.min(bytes.len()).max(1)) {
        let awaited = conversation.wants_read();
        match conversation.handle_data(&NativeWire, framing, piece) {
            Ok(()) => assert!(awaited, "bytes that nobody asked for are an error"),
            Err(now) => {
                assert!(error.is_none() || error.as_ref() == Some(&now), "it fails in the same way for ever");
                assert!(!conversation.wants_read());
                error = Some(now);
            }
        }
        // Only when all is there, so that the pieces make no difference: what follows a message makes it void.
    }
    outputs.extend(std::iter::from_fn(|| conversation.poll_output()).take(3));
    assert!(outputs.len() <= 1, "one outcome");
    assert!(error.is_none() || outputs.is_empty(), "nothing comes of what failed");
    if let Some(output) = outputs.first() {
        assert!(!conversation.wants_read(), "one message");
        answer(&mut conversation, framing, output);
    }
    while let Some(frame) = conversation.poll_write() {
        assert!(wrote.len() < 2, "one frame at most is written");
        // The other side understands us: it has our keys, and keeps the label.
        let reader = framing.clone().with_label_stripped_upstream(false);
        wrote.push(wire().decode_frame(&reader, &limits, false, &mut BytesMut::from(&frame[..])).unwrap());
    }
    if matches!(error, Some(DecodeError::BadMagic(_) | DecodeError::LabelMismatch)) {
        assert!(wrote.is_empty(), "strangers get no word");
    }
    if error.is_some() {
        assert!(wrote.iter().all(|m| matches!(m, Some(StreamMessage::Error(_)))));
    }
    Course { output: outputs.pop(), error, wants_read: conversation.wants_read(), wrote }
}

fn open(role: u8, framing: &Framing, limits: StreamLimits) -> Conversation {
    let request = match role % 6 {
        0 => return Exchange::accept(limits),
        4 => return in_parts(framing, limits, 2),
        5 => return in_parts(framing, limits, 1),
        1 => StreamMessage::PushPull(own_state()),
        2 => {
            StreamMessage::Ping(Ping { seq: SequenceNumber(9), target: Some("node-b".into()), source: None })
        }
        _ => StreamMessage::User(Bytes::from_static(b"hello")),
    };
    Exchange::dial(&NativeWire, framing, limits, &request).unwrap()
}

/// A push/pull of two parts, of which so many are said.
fn in_parts(framing: &Framing, limits: StreamLimits, said: usize) -> Conversation {
    let mut conversation = Exchange::dial_push_pull(&NativeWire, limits, 5, true);
    for more in [true, false].into_iter().take(said) {
        conversation.send_part(&NativeWire, framing, own_state().states, Bytes::new(), more).unwrap();
    }
    conversation
}

fn own_state() -> PushPull<String, SocketAddr> {
    let state = NodeState {
        node: Node::new("node-a".into(), SocketAddr::from(([10, 0, 0, 1], 7946))),
        meta: Meta::new("role=cache"),
        incarnation: Incarnation::new(5),
        state: State::Alive,
        versions: Some(Versions::default()),
        layers: Layers::compiled_in(),
    };
    PushPull { join: false, states: vec![state], user: Bytes::new() }
}

/// Replies where a reply is awaited, and only there.
fn answer(conversation: &mut Conversation, framing: &Framing, output: &Output) {
    let mut reply = |message| conversation.reply(&NativeWire, framing, &message);
    let ack = |seq| StreamMessage::Ack(Ack { seq, payload: Bytes::new() });
    match output {
        ExchangeOutput::PushPullRequest(_) => {
            assert!(reply(ack(SequenceNumber(1))).is_err(), "an ack answers no push/pull");
            assert_eq!(reply(StreamMessage::PushPull(own_state())), Ok(()));
        }
        ExchangeOutput::Ping(ping) => {
            assert!(reply(StreamMessage::PushPull(own_state())).is_err(), "a push/pull answers no ping");
            assert_eq!(reply(ack(ping.seq)), Ok(()));
        }
        _ => {}
    }
    assert!(reply(StreamMessage::Error("again".into())).is_err(), "one reply");
}
