//! W-40: what every type reads like in a log.

#![allow(clippy::unwrap_used, clippy::panic)]

use bytes::Bytes;
use memberlist_types::{
    Ack, Alive, ChecksumAlgorithm, Dead, DecodeError, EncodeError, Framing, Incarnation, IndirectPing, Label,
    LabelTooLong, Layers, Message, MessageKind, Meta, Nack, Node, NodeState, Ping, PushPull, PushPullPart,
    SequenceNumber, State, StreamLimits, StreamMessage, Suspect, Versions, WireFeatures,
};
use std::{fmt::Display, net::SocketAddr};

type Msg = Message<&'static str, SocketAddr>;
type StreamMsg = StreamMessage<&'static str, SocketAddr>;

#[track_caller]
fn reads(value: impl Display, expected: &str) {
    assert_eq!(value.to_string(), expected);
}

fn node(id: &'static str) -> Node<&'static str, SocketAddr> {
    Node::new(id, SocketAddr::from(([10, 0, 0, 1], 7946)))
}

const SEQ: SequenceNumber = SequenceNumber(7);
const INCARNATION: Incarnation = Incarnation::new(3);

/// W-40
#[test]
fn messages_read_like_sentences() {
    reads(Msg::Ping(Ping { seq: SEQ, target: None, source: None }), "ping 7");
    reads(
        Msg::Ping(Ping { seq: SEQ, target: Some("a"), source: Some(node("b")) }),
        "ping 7 to a from b(10.0.0.1:7946)",
    );
    let indirect = IndirectPing { seq: SEQ, target: node("a"), nack: true, source: Some(node("b")) };
    reads(
        Msg::IndirectPing(indirect),
        "indirect ping 7 to a(10.0.0.1:7946) from b(10.0.0.1:7946), nack wanted",
    );
    let indirect = IndirectPing { seq: SEQ, target: node("a"), nack: false, source: None };
    reads(Msg::IndirectPing(indirect), "indirect ping 7 to a(10.0.0.1:7946)");
    reads(Msg::Ack(Ack { seq: SEQ, payload: Bytes::new() }), "ack 7");
    reads(Msg::Ack(Ack { seq: SEQ, payload: Bytes::from_static(b"xy") }), "ack 7, 2 bytes");
    reads(Msg::Nack(Nack { seq: SEQ }), "nack 7");
    reads(
        Msg::Suspect(Suspect { incarnation: INCARNATION, node: "a", from: "b" }),
        "suspect a at incarnation 3, says b",
    );
    reads(
        Msg::Dead(Dead { incarnation: INCARNATION, node: "a", from: "b" }),
        "dead a at incarnation 3, says b",
    );
    reads(Msg::Dead(Dead { incarnation: INCARNATION, node: "a", from: "a" }), "left a at incarnation 3");
    reads(Msg::User(Bytes::from_static(b"xyz")), "user message, 3 bytes");
}

/// W-40
#[test]
fn alive_names_what_it_carries() {
    let bare = Alive {
        incarnation: INCARNATION,
        node: node("a"),
        meta: Meta::EMPTY,
        versions: None,
        layers: Layers::BASE,
    };
    reads(Msg::Alive(bare.clone()), "alive a(10.0.0.1:7946) at incarnation 3");
    reads(
        Alive { meta: Meta::new("role"), versions: Some(Versions::default()), ..bare },
        "alive a(10.0.0.1:7946) at incarnation 3, 4 bytes of metadata, protocol 2 (1-5), application 0 (0-0)",
    );
}

/// W-40
#[test]
fn stream_messages_read_like_sentences() {
    let push_pull = PushPull { join: false, states: vec![], user: Bytes::from_static(b"x") };
    reads(StreamMsg::PushPull(push_pull.clone()), "push/pull, 0 states, 1 user bytes");
    let part =
        PushPullPart { conversation: 0xbeef, answer: 0, number: 2, more: true, piece: push_pull.clone() };
    reads(
        StreamMsg::PushPullPart(part),
        "part 2 of conversation beef, more follow: push/pull, 0 states, 1 user bytes",
    );
    reads(
        StreamMsg::PushPull(PushPull { join: true, ..push_pull }),
        "push/pull to join, 0 states, 1 user bytes",
    );
    reads(StreamMsg::Ping(Ping { seq: SEQ, target: Some("a"), source: None }), "ping 7 to a");
    reads(StreamMsg::Ack(Ack { seq: SEQ, payload: Bytes::new() }), "ack 7");
    reads(StreamMsg::User(Bytes::new()), "user message, 0 bytes");
    reads(StreamMsg::Error("go away".into()), "error: go away");
    reads(StreamMsg::Error("a\nforged line".into()), "error: a\\nforged line");
    let state = NodeState {
        node: node("a"),
        meta: Meta::EMPTY,
        incarnation: INCARNATION,
        state: State::Left,
        versions: None,
        layers: Layers::BASE,
    };
    reads(state, "left a(10.0.0.1:7946) at incarnation 3");
}

/// W-40
#[test]
fn values_and_options_read_plainly() {
    reads(node("a"), "a(10.0.0.1:7946)");
    reads(INCARNATION, "3");
    reads(SEQ, "7");
    reads(Meta::new("role"), "4 bytes of metadata");
    reads(Label::new("prod").unwrap(), "prod");
    reads(ChecksumAlgorithm::Crc32, "crc32");
    reads(Framing::new(), "no label, crc32");
    let framing = Framing::new().with_label(Label::new("prod").unwrap()).with_checksum(None);
    reads(framing.with_label_stripped_upstream(true), "label \"prod\" (stripped upstream), no checksum");
    reads(StreamLimits::default(), "at most 67108864 bytes a frame, 1048576 states, 20971520 user bytes");
    reads(WireFeatures::default(), "nack, stream ping, push/pull parts, message streams");
    reads(WireFeatures::default().with_stream_ping(false), "nack, push/pull parts, message streams");
    let none = WireFeatures::default().with_stream_ping(false).with_nack(false).with_push_pull_parts(false);
    reads(none, "message streams");
    reads(none.with_message_streams(false), "none");
    for (state, text) in
        [(State::Alive, "alive"), (State::Suspect, "suspect"), (State::Dead, "dead"), (State::Left, "left")]
    {
        reads(state, text);
    }
    for (kind, text) in [
        (MessageKind::Ping, "ping"),
        (MessageKind::IndirectPing, "indirect ping"),
        (MessageKind::Ack, "ack"),
        (MessageKind::Nack, "nack"),
        (MessageKind::Suspect, "suspect"),
        (MessageKind::Alive, "alive"),
        (MessageKind::Dead, "dead"),
        (MessageKind::User, "user"),
        (MessageKind::Broadcast, "broadcast"),
    ] {
        reads(kind, text);
    }
}

/// W-40
#[test]
fn errors_say_what_to_look_for() {
    reads(DecodeError::Truncated, "input is truncated");
    reads(DecodeError::BadMagic(0x47), "not a frame of this wire (starts with 0x47)");
    let hashicorp = "the peer seems to speak HashiCorp's wire";
    let native = "the peer seems to speak memberlist's native wire";
    for (first, hint) in [
        (0x15, "the peer seems to speak TLS"),
        (0x16, "the peer seems to speak TLS (a handshake)"),
        (0x06, hashicorp),
        (0xf4, hashicorp),
        (0xd1, native),
        (0xe1, native),
    ] {
        let text =
            format!("not a frame of this wire (starts with {first:#04x}): {hint}, and this node does not");
        reads(DecodeError::BadMagic(first), &text);
    }
    reads(DecodeError::LabelMismatch, "label does not match");
    reads(DecodeError::ChecksumMismatch, "checksum does not match");
    reads(DecodeError::UnknownLayer(0x21), "unknown or disabled layer 0x21");
    reads(DecodeError::Unencrypted, "not encrypted, which is required here");
    reads(DecodeError::NoKey, "encrypted with a key that is not here");
    reads(DecodeError::Undecryptable, "can't be decrypted: not authentic");
    reads(DecodeError::UnknownKind(99), "unknown message kind 99");
    reads(
        DecodeError::TooLarge { what: "states", actual: 10_000_000, limit: 1_048_576 },
        "too much: 10000000 states, the limit is 1048576",
    );
    reads(DecodeError::Invalid("node id"), "invalid node id");
    reads(
        EncodeError::TooLarge { what: "user bytes", actual: 9, limit: 8 },
        "too much: 9 user bytes, the limit is 8",
    );
    reads(EncodeError::Unsupported("an empty message"), "the wire can't express an empty message");
    reads(LabelTooLong(256), "label has 256 bytes, at most 255 are allowed: shorten it");
    reads(
        Meta::new("role").check(3).unwrap_err(),
        "metadata has 4 bytes, the limit is 3: shorten it or raise `max_meta_size` on every node",
    );
}

#[cfg(all(feature = "zstd", feature = "murmur3", feature = "chacha20-poly1305"))]
#[test]
fn layers_and_keys_read_plainly() {
    use memberlist_types::{
        ChecksumAlgorithm, Compression, CompressionAlgorithm, EncryptionAlgorithm, Framing, Keyring,
        KeyringError, SecretKey,
    };
    let algorithm = EncryptionAlgorithm::ChaCha20Poly1305;
    let key = SecretKey::new(algorithm, &[7; 32]).unwrap();
    let keyring = Keyring::with_nonce_start([0; 12]);
    let framing = Framing::new()
        .with_checksum(Some(ChecksumAlgorithm::Murmur3))
        .with_compression(Some(Compression::new(CompressionAlgorithm::Zstd)))
        .with_keyring(Some(keyring.clone()));
    reads(&framing, "no label, murmur3, zstd over 512 bytes, no keys");
    keyring.add(&key);
    reads(&framing, "no label, murmur3, zstd over 512 bytes, encryption required, 1 key");
    let id = key.id();
    reads(KeyringError::PrimaryKey(id), &format!("key {id} is the primary one: use another one first"));
    reads(KeyringError::NoSuchKey(id), &format!("there is no key {id}: add it first"));
    reads(
        KeyringError::KeyLength { algorithm, expected: 32, actual: 5 },
        "a key of chacha20-poly1305 has 32 bytes, this one has 5",
    );
    reads(KeyringError::Random, "the system gives no random numbers");
}
