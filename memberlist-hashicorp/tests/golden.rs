//! The bytes of real Go nodes, read and, as far as they are determined, written.

#![allow(clippy::unwrap_used, clippy::panic)]

use bytes::{Bytes, BytesMut};
use memberlist_hashicorp::HashicorpWire;
use memberlist_types::{
    Ack, Alive, Dead, DecodeError, Framing, Incarnation, IndirectPing, Label, Layers, Message, Meta, Nack,
    Node, NodeState, Ping, PushPull, SequenceNumber, State, StreamLimits, StreamMessage, Suspect, Versions,
    Wire,
};
use std::{collections::BTreeMap, net::SocketAddr};

type Msg = Message<String, SocketAddr>;
type StreamMsg = StreamMessage<String, SocketAddr>;

fn wire() -> &'static dyn Wire<String, SocketAddr> {
    const WIRE: HashicorpWire = HashicorpWire::new();
    &WIRE
}

fn uncompressed() -> &'static dyn Wire<String, SocketAddr> {
    const WIRE: HashicorpWire = HashicorpWire::new().with_compression(false);
    &WIRE
}

/// The layers of a node whose versions are the default.
fn layers() -> Layers {
    wire().layers(Versions::default()).unwrap()
}

fn node(id: &str, address: &str) -> Node<String, SocketAddr> {
    Node::new(id.into(), address.parse().unwrap())
}

fn alive(id: &str, port: u16, incarnation: u32, meta: &'static str) -> Msg {
    Message::Alive(Alive {
        incarnation: Incarnation::new(incarnation),
        node: node(id, &format!("127.0.0.1:{port}")),
        meta: Meta::new(meta),
        versions: Some(Versions::default()),
        layers: layers(),
    })
}

fn nack(seq: u32) -> Msg {
    Message::Nack(Nack { seq: SequenceNumber(seq) })
}

fn user(payload: &'static [u8]) -> Msg {
    Message::User(Bytes::from_static(payload))
}

fn messages() -> Vec<(&'static str, Msg)> {
    let seq = SequenceNumber(42);
    let from = |id: &str, port| Some(node(id, &format!("127.0.0.1:{port}")));
    vec![
        ("ping", Message::Ping(Ping { seq, target: Some("n1".into()), source: None })),
        (
            "ping with source",
            Message::Ping(Ping {
                seq: SequenceNumber(300),
                target: Some("node-a".into()),
                source: from("node-b", 7946),
            }),
        ),
        (
            "indirect ping",
            Message::IndirectPing(IndirectPing {
                seq: SequenceNumber(100),
                target: node("node-c", "10.0.0.2:7946"),
                nack: true,
                source: Some(node("node-b", "10.0.0.1:7947")),
            }),
        ),
        ("ack", Message::Ack(Ack { seq, payload: Bytes::new() })),
        ("ack with payload", Message::Ack(Ack { seq, payload: Bytes::from_static(&[1, 2, 3]) })),
        ("nack", nack(42)),
        ("nack 127", nack(127)),
        ("nack 128", nack(128)),
        ("nack 255", nack(255)),
        ("nack 256", nack(256)),
        ("nack 65535", nack(65535)),
        ("nack 65536", nack(65536)),
        ("nack 4294967295", nack(u32::MAX)),
        (
            "suspect",
            Message::Suspect(Suspect {
                incarnation: Incarnation::new(7),
                node: "node-c".into(),
                from: "node-a".into(),
            }),
        ),
        (
            "leave",
            Message::Dead(Dead {
                incarnation: Incarnation::new(0xdead_beef),
                node: "node-c".into(),
                from: "node-c".into(),
            }),
        ),
        ("alive", alive("node-a", 7946, 1, "meta")),
        ("alive without metadata", alive("node-a", 7946, 1, "")),
        ("user", user(b"hi")),
    ]
}

/// Lines of `name: hex`.
fn vectors(text: &str) -> BTreeMap<&str, Vec<u8>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(": ")).map(|(name, hex)| (name, unhex(hex))).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.trim().chars().map(|c| c.to_digit(16).unwrap()).collect();
    digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

fn encoded(message: &Msg) -> Bytes {
    let mut out = Vec::new();
    wire().encode_message(message, &mut out).unwrap();
    out.into()
}

fn decoded(framing: &Framing, packet: &[u8]) -> Result<Vec<Result<Msg, DecodeError>>, DecodeError> {
    let mut seen = Vec::new();
    wire().decode_packet(framing, Bytes::copy_from_slice(packet), &mut |message| seen.push(message))?;
    Ok(seen)
}

fn decoded_frame(framing: &Framing, first: bool, frame: &[u8]) -> Result<Option<StreamMsg>, DecodeError> {
    wire().decode_frame(framing, &StreamLimits::default(), first, &mut BytesMut::from(frame))
}

fn bare() -> Framing {
    Framing::new().with_checksum(None)
}

fn labelled() -> Framing {
    bare().with_label(Label::new("foo").unwrap())
}

/// 9.8 TestEncodeDecode, Q27, G-15
#[test]
fn messages_are_written_as_go_writes_them_and_read() {
    let vectors = vectors(include_str!("vectors/messages.txt"));
    assert_eq!(vectors.len(), messages().len());
    for (name, message) in messages() {
        let bytes = &vectors[name];
        assert_eq!(&encoded(&message), bytes, "{name}");
        assert_eq!(decoded(&bare(), bytes), Ok(vec![Ok(message)]), "{name}");
    }
}

/// Q30: to us, an empty slice and none at all are the same.
#[test]
fn empty_slices_are_as_good_as_none() {
    let empty = unhex("0282a75061796c6f6164a0a55365714e6f2a");
    let ack = Ack { seq: SequenceNumber(42), payload: Bytes::new() };
    assert_eq!(decoded(&bare(), &empty), Ok(vec![Ok(Message::Ack(ack))]));
}

/// G-15
#[test]
fn packets_are_written_as_go_writes_them_and_read() {
    let vectors = vectors(include_str!("vectors/packets.txt"));
    let checked = || Framing::new();
    let cases: [(&str, Framing, Vec<Msg>); 6] = [
        ("compound", bare(), vec![user(b"a"), user(b"bc")]),
        ("checksum", checked(), vec![user(b"a")]),
        ("label foo", labelled(), vec![user(b"a")]),
        ("gossip with checksum", checked(), vec![alive("raw", 46171, 5, "")]),
        ("user with checksum", checked(), vec![user(b"hi")]),
        ("user without checksum", bare(), vec![user(b"hi")]),
    ];
    for (name, framing, messages) in cases {
        let bytes = &vectors[name];
        let encodings: Vec<_> = messages.iter().map(encoded).collect();
        assert_eq!(&uncompressed().encode_packet(&framing, &encodings).unwrap(), bytes, "{name}");
        let messages = messages.into_iter().map(Ok).collect();
        assert_eq!(decoded(&framing, bytes), Ok(messages), "{name}");
    }
    // Inside of this one is no message, but text.
    assert_eq!(decoded(&bare(), &vectors["compressed hello"]), Ok(vec![Err(DecodeError::UnknownKind(b'h'))]));
}

/// What a Go node sends to probe us, and gossips by the way: each is as long as it was seen to be.
#[test]
fn probe_with_a_piggybacked_alive_has_the_lengths_that_were_seen() {
    let ping = Message::Ping(Ping {
        seq: SequenceNumber(300),
        target: Some("raw".into()),
        source: Some(node("go-1", "127.0.0.1:7946")),
    });
    let messages = [encoded(&ping), encoded(&alive("raw", 46171, 5, ""))];
    let packet = uncompressed().encode_packet(&bare(), &messages).unwrap();
    assert!(packet.starts_with(&unhex("07020042003b0085")), "{packet:x?}");
    assert_eq!(decoded(&bare(), &packet), Ok(vec![Ok(ping), Ok(alive("raw", 46171, 5, ""))]));
}

fn state(id: &str) -> NodeState<String, SocketAddr> {
    NodeState {
        node: node(id, "127.0.0.1:7946"),
        meta: Meta::EMPTY,
        incarnation: Incarnation::new(1),
        state: State::Alive,
        versions: Some(Versions::default()),
        layers: layers(),
    }
}

/// G-15
#[test]
fn streams_are_written_as_go_writes_them_and_read() {
    let vectors = vectors(include_str!("vectors/streams.txt"));
    let join = PushPull { join: true, states: vec![state("node-a")], user: Bytes::new() };
    let cases: [(&str, StreamMsg); 2] =
        [("join", StreamMessage::PushPull(join)), ("error", StreamMessage::Error("boom".into()))];
    for (name, message) in cases {
        let bytes = &vectors[name];
        let limits = StreamLimits::default();
        let written = |framing: &Framing, first| {
            uncompressed().encode_frame(framing, &limits, first, &message).unwrap()
        };
        assert_eq!(&written(&bare(), true), bytes, "{name}");
        assert_eq!(decoded_frame(&bare(), true, bytes), Ok(Some(message.clone())), "{name}");
        // Who dials writes the label, who answers does not.
        let with_label = [b"\xf4\x03foo", &bytes[..]].concat();
        assert_eq!(written(&labelled(), true), with_label, "{name}");
        assert_eq!(decoded_frame(&labelled(), true, &with_label), Ok(Some(message.clone())));
        assert_eq!(&written(&labelled(), false), bytes, "{name}");
        assert_eq!(decoded_frame(&labelled(), false, bytes), Ok(Some(message.clone())));
    }
}

/// Q27: counts are Go's `int`.
#[test]
fn counts_on_streams_are_written_as_signed_numbers() {
    let limits = StreamLimits::default();
    let head = |message: &StreamMsg, len| {
        uncompressed().encode_frame(&bare(), &limits, true, message).unwrap().slice(..len)
    };
    let headers = [
        (0, "00"),
        (127, "7f"),
        (128, "d10080"),
        (32767, "d17fff"),
        (32768, "d200008000"),
        (65535, "d20000ffff"),
    ];
    for (len, number) in headers {
        let expected = unhex(&format!("0881aa557365724d73674c656e{number}"));
        let message = StreamMessage::User(vec![7; len].into());
        assert_eq!(head(&message, expected.len()), expected);
    }
    let counts = [
        (true, 3, 5, "0683a44a6f696ec3a54e6f64657303ac5573657253746174654c656e05"),
        (false, 300, 70_000, "0683a44a6f696ec2a54e6f646573d1012cac5573657253746174654c656ed200011170"),
    ];
    for (join, nodes, user, expected) in counts {
        let states = (0..nodes).map(|n| state(&format!("node-{n}"))).collect();
        let message = StreamMessage::PushPull(PushPull { join, states, user: vec![7; user].into() });
        let expected = unhex(expected);
        assert_eq!(head(&message, expected.len()), expected);
        // As they are, and as nodes with older libraries write them: unsigned.
        let whole = uncompressed().encode_frame(&bare(), &limits, true, &message).unwrap();
        assert_eq!(decoded_frame(&bare(), true, &whole), Ok(Some(message.clone())));
        let older = [
            &unhex("0683a44a6f696e")[..],
            &[if join { 0xc3 } else { 0xc2 }],
            &unhex("a54e6f646573"),
            &unhex(if nodes > 255 { "cd012c" } else { "03" }),
            &unhex("ac5573657253746174654c656e"),
            &unhex(if nodes > 255 { "ce00011170" } else { "05" }),
            &whole[expected.len()..],
        ]
        .concat();
        assert_eq!(decoded_frame(&bare(), true, &older), Ok(Some(message)));
    }
}

#[cfg(feature = "aes-gcm")]
mod encrypted {
    use super::*;
    use memberlist_types::{EncryptionAlgorithm, Keyring, SecretKey};

    fn framing(nonce: &[u8]) -> Framing {
        let key = SecretKey::new(EncryptionAlgorithm::Aes128Gcm, b"0123456789abcdef").unwrap();
        let keyring = Keyring::with_nonce_start(nonce.try_into().unwrap()).with_key(&key);
        Framing::new().with_label(Label::new("foo").unwrap()).with_keyring(Some(keyring))
    }

    /// G-15: all layers: label, encryption, checksum, compression, and several messages.
    #[test]
    fn packet_with_all_layers_is_read_and_written_again_to_the_byte() {
        let bytes = &vectors(include_str!("vectors/packets.txt"))["encrypted, compressed, with checksum"];
        let framing = framing(&bytes[6..18]);
        let messages: Vec<Msg> = decoded(&framing, bytes).unwrap().into_iter().map(Result::unwrap).collect();
        let encodings: Vec<_> = messages.iter().map(encoded).collect();
        assert_eq!(&wire().encode_packet(&framing, &encodings).unwrap(), bytes, "{messages:?}");
    }

    /// It is decrypted, and then refused: a nack has no place on a stream.
    #[test]
    fn encrypted_stream_is_read() {
        let bytes = &vectors(include_str!("vectors/streams.txt"))["encrypted nack"];
        let refused = Err(DecodeError::UnknownKind(11));
        assert_eq!(decoded_frame(&framing(&bytes[6..18]), false, bytes), refused);
    }
}
