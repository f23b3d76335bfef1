//! W-45, F-48: the native wire's bytes are frozen. The vectors are checked both ways, and decoded a second time by an
//! implementation that was written from `WIRE.md` alone.

#![allow(clippy::unwrap_used, clippy::panic)]

mod second;

use bytes::{Bytes, BytesMut};
use memberlist_types::{
    Ack, Alive, Broadcast, Dead, DecodeError, Framing, Incarnation, IndirectPing, Label, Layers, Message,
    Meta, Nack, NativeWire, Node, NodeState, Ping, PushPull, PushPullPart, SequenceNumber, State,
    StreamLimits, StreamMessage, Suspect, Versions, Wire,
};
use second::{Msg, StreamMsg};
use std::{collections::BTreeMap, net::SocketAddr};

fn wire() -> &'static dyn Wire<String, SocketAddr> {
    &NativeWire
}

fn node(id: &str, address: &str) -> Node<String, SocketAddr> {
    Node::new(id.into(), address.parse().unwrap())
}

fn messages() -> Vec<(&'static str, Msg)> {
    let (a, b) = (node("node-a", "10.0.0.1:7946"), node("node-b", "[2001:db8::2]:7946"));
    let seq = SequenceNumber(0xdead_beef);
    let incarnation = Incarnation::new(258);
    let application =
        Versions { delegate_min: 1, delegate_max: 3, delegate_current: 2, ..Versions::default() };
    vec![
        ("ping", Message::Ping(Ping { seq, target: Some("node-b".into()), source: Some(a.clone()) })),
        ("ping-anyone", Message::Ping(Ping { seq: SequenceNumber(7), target: None, source: None })),
        ("ping-zero", Message::Ping(Ping { seq: SequenceNumber(0), target: None, source: None })),
        (
            "indirect-ping",
            Message::IndirectPing(IndirectPing {
                seq,
                target: b.clone(),
                nack: true,
                source: Some(a.clone()),
            }),
        ),
        (
            "indirect-ping-no-nack",
            Message::IndirectPing(IndirectPing { seq, target: b.clone(), nack: false, source: None }),
        ),
        ("ack", Message::Ack(Ack { seq, payload: Bytes::new() })),
        ("ack-payload", Message::Ack(Ack { seq, payload: Bytes::from_static(b"rtt") })),
        ("nack", Message::Nack(Nack { seq })),
        ("suspect", Message::Suspect(Suspect { incarnation, node: b.id.clone(), from: a.id.clone() })),
        (
            "alive",
            Message::Alive(Alive {
                incarnation,
                node: a.clone(),
                meta: Meta::new("role=cache;zone=b"),
                versions: Some(application),
                layers: Layers::BASE,
            }),
        ),
        (
            "alive-layers",
            Message::Alive(Alive {
                incarnation,
                node: a.clone(),
                meta: Meta::EMPTY,
                versions: None,
                layers: Layers::from_bits(0xa04),
            }),
        ),
        (
            "alive-bare",
            Message::Alive(Alive {
                incarnation: Incarnation::ZERO,
                node: b.clone(),
                meta: Meta::EMPTY,
                versions: None,
                layers: Layers::BASE,
            }),
        ),
        ("dead", Message::Dead(Dead { incarnation, node: b.id.clone(), from: a.id.clone() })),
        ("leave", Message::Dead(Dead { incarnation, node: a.id.clone(), from: a.id.clone() })),
        ("user", Message::User(Bytes::from_static(b"hello"))),
        ("user-empty", Message::User(Bytes::new())),
        (
            "broadcast",
            Message::Broadcast(Broadcast {
                origin: a.id.clone(),
                number: 258,
                payload: Bytes::from_static(b"hello"),
            }),
        ),
        ("user-256", Message::User(Bytes::from(vec![0x2a; 256]))),
    ]
}

fn labelled() -> Framing {
    Framing::new().with_label(Label::new("prod").unwrap())
}

fn packets() -> Vec<(&'static str, Framing, Vec<Msg>)> {
    let all: BTreeMap<_, _> = messages().into_iter().collect();
    let pick = |names: &[&str]| names.iter().map(|name| all[name].clone()).collect::<Vec<_>>();
    vec![
        ("packet-ping", Framing::new(), pick(&["ping"])),
        ("packet-labelled", labelled(), pick(&["ping", "suspect"])),
        ("packet-no-checksum", Framing::new().with_checksum(None), pick(&["ack"])),
        ("packet-labelled-no-checksum", labelled().with_checksum(None), pick(&["nack", "user"])),
    ]
}

fn frames() -> Vec<(&'static str, Framing, StreamMsg)> {
    let state = |id, state, meta: &'static str, versions| NodeState {
        node: node(id, "10.0.0.1:7946"),
        meta: Meta::new(meta),
        incarnation: Incarnation::new(5),
        state,
        versions,
        layers: Layers::BASE,
    };
    let push_pull = PushPull {
        join: true,
        states: vec![
            state("node-a", State::Alive, "role=cache", Some(Versions::default())),
            state("node-b", State::Left, "", None),
        ],
        user: Bytes::from_static(b"application"),
    };
    let reads = NodeState {
        layers: Layers::from_bits(0xa04),
        ..state("node-a", State::Suspect, "", Some(Versions::default()))
    };
    let layers = PushPull { join: false, states: vec![reads], user: Bytes::new() };
    let empty = PushPull { join: false, states: vec![], user: Bytes::new() };
    let first = PushPullPart {
        conversation: 0x0123_4567_89ab_cdef,
        answer: 0,
        number: 0,
        more: true,
        piece: PushPull { join: true, states: vec![], user: Bytes::from_static(b"application") },
    };
    let last = PushPullPart {
        conversation: 0x0123_4567_89ab_cdef,
        answer: 0xfedc_ba98,
        number: 258,
        more: false,
        piece: PushPull {
            join: false,
            states: vec![state("node-b", State::Dead, "", None)],
            user: Bytes::new(),
        },
    };
    let ping = Ping {
        seq: SequenceNumber(9),
        target: Some("node-b".into()),
        source: Some(node("node-a", "10.0.0.1:7946")),
    };
    vec![
        ("frame-push-pull", labelled(), StreamMessage::PushPull(push_pull)),
        ("frame-push-pull-layers", Framing::new(), StreamMessage::PushPull(layers)),
        ("frame-push-pull-empty", Framing::new(), StreamMessage::PushPull(empty)),
        ("frame-part-first", labelled(), StreamMessage::PushPullPart(first)),
        ("frame-part-last", Framing::new(), StreamMessage::PushPullPart(last)),
        ("frame-ping", Framing::new(), StreamMessage::Ping(ping)),
        ("frame-ack", labelled(), StreamMessage::Ack(Ack { seq: SequenceNumber(9), payload: Bytes::new() })),
        ("frame-user", Framing::new().with_checksum(None), StreamMessage::User(Bytes::from_static(b"hello"))),
        ("frame-error", Framing::new(), StreamMessage::Error("not now".into())),
    ]
}

/// Lines of `name: hex`; `#` begins a comment.
fn vectors(text: &str) -> BTreeMap<&str, Bytes> {
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (name, hex) = line.split_once(':').unwrap();
            (name, unhex(hex))
        })
        .collect()
}

fn unhex(text: &str) -> Bytes {
    let digits: Vec<u32> =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).unwrap()).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every vector of the file is one of `ours`, and the bytes are the same.
#[track_caller]
fn assert_frozen(file: &str, ours: &[(&str, Bytes)]) {
    let file = vectors(file);
    let expected: String = ours.iter().map(|(name, bytes)| format!("{name}: {}\n", hex(bytes))).collect();
    for (name, bytes) in ours {
        assert_eq!(file.get(name).map(|b| hex(b)), Some(hex(bytes)), "{name}; ours are:\n{expected}");
    }
    assert_eq!(file.len(), ours.len(), "a vector that nothing checks");
}

const MESSAGES: &str = include_str!("vectors/messages.txt");
const PACKETS: &str = include_str!("vectors/packets.txt");
const FRAMES: &str = include_str!("vectors/frames.txt");
const LAYERS: &str = include_str!("vectors/layers.txt");
const REFUSED: &str = include_str!("vectors/refused.txt");

fn encoded(message: &Msg) -> Bytes {
    let mut out = Vec::new();
    wire().encode_message(message, &mut out).unwrap();
    out.into()
}

type Messages = Result<Vec<Result<Msg, DecodeError>>, DecodeError>;

fn decoded(framing: &Framing, packet: &Bytes) -> Messages {
    let mut seen = Vec::new();
    wire().decode_packet(framing, packet.clone(), &mut |message| seen.push(message))?;
    Ok(seen)
}

/// W-45
#[test]
fn messages_encode_to_their_vectors() {
    let ours: Vec<_> = messages().iter().map(|(name, message)| (*name, encoded(message))).collect();
    assert_frozen(MESSAGES, &ours);
}

/// W-45
#[test]
fn message_vectors_decode_to_their_values() {
    let framing = Framing::new();
    let file = vectors(MESSAGES);
    for (name, message) in messages() {
        let packet = wire().encode_packet(&framing, &[file[name].clone()]).unwrap();
        assert_eq!(decoded(&framing, &packet), Ok(vec![Ok(message.clone())]), "{name}");
        assert_eq!(second::packet(&[], b"", &packet), Some(vec![Some(message)]), "{name}");
    }
}

/// W-45, F-48
#[test]
fn packets_match_their_vectors_both_ways() {
    let ours: Vec<_> = packets()
        .iter()
        .map(|(name, framing, messages)| {
            let messages: Vec<_> = messages.iter().map(encoded).collect();
            (*name, wire().encode_packet(framing, &messages).unwrap())
        })
        .collect();
    assert_frozen(PACKETS, &ours);
    let file = vectors(PACKETS);
    for (name, framing, messages) in packets() {
        let bytes = &file[name];
        let first = decoded(&framing, bytes).unwrap();
        assert_eq!(first, messages.iter().cloned().map(Ok).collect::<Vec<_>>(), "{name}");
        let second = second::packet(&[], framing.label.as_bytes(), bytes).unwrap();
        assert_eq!(second, messages.into_iter().map(Some).collect::<Vec<_>>(), "{name}");
    }
}

/// W-45
#[test]
fn stream_frames_match_their_vectors_both_ways() {
    let limits = StreamLimits::default();
    let ours: Vec<_> = frames()
        .iter()
        .map(|(name, framing, m)| (*name, wire().encode_frame(framing, &limits, true, m).unwrap()))
        .collect();
    assert_frozen(FRAMES, &ours);
    let file = vectors(FRAMES);
    for (name, framing, message) in frames() {
        let bytes = &file[name];
        let mut buffer = BytesMut::from(&bytes[..]);
        let first = wire().decode_frame(&framing, &limits, true, &mut buffer);
        assert_eq!(first, Ok(Some(message.clone())), "{name}");
        assert_eq!(second::frame(&[], framing.label.as_bytes(), bytes), Some(message), "{name}");
    }
}

/// W-45: what must be refused, and why. Names begin with the reason; the cluster has the label `prod`.
#[test]
fn refused_vectors_are_refused_for_the_stated_reason() {
    for (name, bytes) in vectors(REFUSED) {
        let (reason, rest) = name.split_once(' ').unwrap();
        let (got, second) = if rest.starts_with("frame") {
            let mut buffer = BytesMut::from(&bytes[..]);
            let got = wire().decode_frame(&labelled(), &StreamLimits::default(), true, &mut buffer);
            (got.err(), second::frame(&[], b"prod", &bytes).is_some())
        } else {
            let got =
                decoded(&labelled(), &bytes).and_then(|all| all.into_iter().collect::<Result<Vec<_>, _>>());
            let second = second::packet(&[], b"prod", &bytes);
            (got.err(), second.is_some_and(|messages: Vec<_>| messages.iter().all(Option::is_some)))
        };
        assert_eq!(got.as_ref().map(DecodeError::reason), Some(reason), "{name}: {got:?}");
        assert!(!second, "{name}");
    }
}

/// The examples of `WIRE.md` are the vectors.
#[test]
fn worked_examples_of_the_specification_are_vectors() {
    let all: BTreeMap<_, _> = [MESSAGES, PACKETS, FRAMES, LAYERS].into_iter().flat_map(vectors).collect();
    let specification = include_str!("../WIRE.md");
    let mut seen = 0;
    for example in specification.split("```hex ").skip(1) {
        let (name, rest) = example.split_once('\n').unwrap();
        let (block, _) = rest.split_once("```").unwrap();
        let bytes: String = block.lines().map(|line| line.split('|').next().unwrap()).collect();
        assert_eq!(hex(&unhex(&bytes)), hex(&all[name]), "{name}");
        seen += 1;
    }
    assert!(seen >= 10, "only {seen} examples found");
}
