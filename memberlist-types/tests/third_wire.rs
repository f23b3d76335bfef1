//! A wire that is not of this project, with public items alone: every message as one line of text.
//!
//! `+<label>` is the first line of a packet or frame; ids and addresses are printed as they are. It can't say nack, and has no pings on streams.

#![allow(clippy::unwrap_used, clippy::panic)]

use bytes::{Bytes, BytesMut};
use memberlist_types::{
    Ack, Address, Alive, Dead, DecodeError, EncodeError, Framing, Id, Incarnation, IndirectPing, Layers,
    Message, Meta, NativeWire, Node, NodeState, Ping, PushPull, SequenceNumber, State, StreamLimits,
    StreamMessage, Suspect, Wire, WireFeatures,
};
use std::{fmt::Write, str::FromStr};

struct Lines;

impl<I: Id + FromStr, A: Address + FromStr> Wire<I, A> for Lines {
    fn features(&self) -> WireFeatures {
        WireFeatures::default().with_nack(false).with_stream_ping(false).with_push_pull_parts(false)
    }

    fn encode_message(&self, message: &Message<I, A>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let line = match message {
            Message::Ping(Ping { seq, target: Some(target), source: Some(node) }) => {
                format!("ping {seq} {target} {} {}", node.id, node.address)
            }
            Message::IndirectPing(IndirectPing { seq, target, source: Some(node), .. }) => {
                format!("relay {seq} {} {} {} {}", target.id, target.address, node.id, node.address)
            }
            Message::Ack(ack) => format!("ack {} {}", ack.seq, hex(&ack.payload)),
            Message::Suspect(s) => format!("suspect {} {} {}", s.incarnation, s.node, s.from),
            Message::Dead(d) => format!("dead {} {} {}", d.incarnation, d.node, d.from),
            Message::Alive(a) => {
                format!("alive {} {} {} {}", a.incarnation, a.node.id, a.node.address, hex(a.meta.as_ref()))
            }
            Message::User(payload) => format!("user {}", hex(payload)),
            _ => return Err(EncodeError::Unsupported("nacks, and pings without names")),
        };
        out.extend_from_slice(line.as_bytes());
        Ok(())
    }

    fn packet_overhead(&self, framing: &Framing) -> usize {
        framing.label.as_bytes().len() + 2
    }

    fn message_overhead(&self) -> usize {
        1
    }

    fn max_packet_messages(&self) -> usize {
        16
    }

    fn encode_packet(&self, framing: &Framing, messages: &[Bytes]) -> Result<Bytes, EncodeError> {
        let mut out = format!("+{}\n", framing.label).into_bytes();
        for message in messages {
            out.extend_from_slice(message);
            out.push(b'\n');
        }
        Ok(out.into())
    }

    fn decode_packet(
        &self,
        framing: &Framing,
        packet: Bytes,
        sink: &mut dyn FnMut(Result<Message<I, A>, DecodeError>),
    ) -> Result<(), DecodeError> {
        for line in body(framing, &packet)?.lines() {
            sink(message(line));
        }
        Ok(())
    }

    fn encode_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        _first_by_dialer: bool,
        message: &StreamMessage<I, A>,
    ) -> Result<Bytes, EncodeError> {
        let mut text = format!("+{}\n", framing.label);
        match message {
            StreamMessage::PushPull(PushPull { join, states, user }) => {
                let (actual, limit) = (states.len(), limits.max_states);
                if actual > limit {
                    return Err(EncodeError::TooLarge { what: "states", actual, limit });
                }
                let _ = writeln!(text, "state {join} {}", hex(user));
                for state in states {
                    let (node, inc, meta) = (&state.node, state.incarnation, hex(state.meta.as_ref()));
                    let _ =
                        writeln!(text, "{} {} {inc} {} {meta}", node.id, node.address, state.state.value());
                }
            }
            StreamMessage::User(payload) => {
                let _ = writeln!(text, "user {}", hex(payload));
            }
            _ => return Err(EncodeError::Unsupported("pings on streams")),
        }
        text.push_str("end\n");
        Ok(text.into())
    }

    fn decode_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        _first_by_dialer: bool,
        buffer: &mut BytesMut,
    ) -> Result<Option<StreamMessage<I, A>>, DecodeError> {
        let Some(end) = buffer.windows(5).position(|window| window == b"\nend\n") else {
            let (actual, limit) = (buffer.len() as u64, limits.max_frame as u64);
            let what = "frame bytes";
            return if actual > limit {
                Err(DecodeError::TooLarge { what, actual, limit })
            } else {
                Ok(None)
            };
        };
        let frame = buffer.split_to(end + 5);
        let mut lines = body(framing, &frame[..end])?.lines();
        let words: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
        Ok(Some(match words[..] {
            ["user", payload] => StreamMessage::User(unhex(payload)?),
            ["state", join, user] => StreamMessage::PushPull(PushPull {
                join: parse(join)?,
                user: unhex(user)?,
                states: lines.map(state).collect::<Result<_, _>>()?,
            }),
            _ => return Err(DecodeError::Invalid("line")),
        }))
    }
}

fn body<'a>(framing: &Framing, bytes: &'a [u8]) -> Result<&'a str, DecodeError> {
    let text = std::str::from_utf8(bytes).map_err(|_| DecodeError::Invalid("UTF-8"))?;
    let (label, body) = text.split_once('\n').ok_or(DecodeError::Truncated)?;
    match label.strip_prefix('+') {
        None => Err(DecodeError::BadMagic(bytes[0])),
        Some(label) if label != framing.label.as_str() => Err(DecodeError::LabelMismatch),
        Some(_) => Ok(body),
    }
}

fn message<I: Id + FromStr, A: Address + FromStr>(line: &str) -> Result<Message<I, A>, DecodeError> {
    let words: Vec<&str> = line.split(' ').collect();
    let seq = |word| parse(word).map(SequenceNumber);
    let node = |id, address| Ok(Node::new(parse(id)?, parse(address)?));
    let incarnation = |word| parse(word).map(Incarnation::new);
    Ok(match words[..] {
        ["ping", n, target, id, address] => Message::Ping(Ping {
            seq: seq(n)?,
            target: Some(parse(target)?),
            source: Some(node(id, address)?),
        }),
        ["relay", n, target, place, id, address] => Message::IndirectPing(IndirectPing {
            seq: seq(n)?,
            target: node(target, place)?,
            nack: false,
            source: Some(node(id, address)?),
        }),
        ["ack", n, payload] => Message::Ack(Ack { seq: seq(n)?, payload: unhex(payload)? }),
        ["suspect", inc, node, from] => Message::Suspect(Suspect {
            incarnation: incarnation(inc)?,
            node: parse(node)?,
            from: parse(from)?,
        }),
        ["dead", inc, node, from] => {
            Message::Dead(Dead { incarnation: incarnation(inc)?, node: parse(node)?, from: parse(from)? })
        }
        ["alive", inc, id, address, meta] => Message::Alive(Alive {
            incarnation: incarnation(inc)?,
            node: node(id, address)?,
            meta: Meta::new(unhex(meta)?),
            versions: None,
            layers: Layers::BASE,
        }),
        ["user", payload] => Message::User(unhex(payload)?),
        _ => return Err(DecodeError::Invalid("line")),
    })
}

fn state<I: Id + FromStr, A: Address + FromStr>(line: &str) -> Result<NodeState<I, A>, DecodeError> {
    let words: Vec<&str> = line.split(' ').collect();
    let [id, address, incarnation, state, meta] = words[..] else { return Err(DecodeError::Invalid("line")) };
    Ok(NodeState {
        node: Node::new(parse(id)?, parse(address)?),
        incarnation: Incarnation::new(parse(incarnation)?),
        state: State::from_value(parse(state)?).ok_or(DecodeError::Invalid("state"))?,
        meta: Meta::new(unhex(meta)?),
        versions: None,
        layers: Layers::BASE,
    })
}

fn parse<T: FromStr>(word: &str) -> Result<T, DecodeError> {
    word.parse().map_err(|_| DecodeError::Invalid("word"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::from("x"), |text, byte| text + &format!("{byte:02x}"))
}

fn unhex(word: &str) -> Result<Bytes, DecodeError> {
    let digits = word.strip_prefix('x').ok_or(DecodeError::Invalid("hex"))?.as_bytes();
    let pair =
        |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    digits.chunks(2).map(pair).collect::<Option<_>>().ok_or(DecodeError::Invalid("hex"))
}

/// What a program that is generic over the wire does with one.
fn round_trip<W: Wire<String, u64>>(wire: &W, messages: &[Message<String, u64>]) {
    let framing = Framing::new();
    let encoded: Vec<Bytes> = messages
        .iter()
        .map(|message| {
            let mut out = Vec::new();
            wire.encode_message(message, &mut out).unwrap();
            out.into()
        })
        .collect();
    let packet = wire.encode_packet(&framing, &encoded).unwrap();
    let sum: usize = encoded.iter().map(|bytes| bytes.len() + wire.message_overhead()).sum();
    assert!(packet.len() <= wire.packet_overhead(&framing) + sum);
    let mut seen = Vec::new();
    wire.decode_packet(&framing, packet, &mut |message| seen.push(message.unwrap())).unwrap();
    assert_eq!(seen, messages);

    let state = NodeState {
        node: Node::new("a".to_owned(), 1),
        meta: Meta::new("m"),
        incarnation: Incarnation::new(2),
        state: State::Suspect,
        versions: None,
        layers: Layers::BASE,
    };
    let message =
        StreamMessage::PushPull(PushPull { join: true, states: vec![state], user: Bytes::from_static(b"u") });
    let limits = StreamLimits::default();
    let frame = wire.encode_frame(&framing, &limits, true, &message).unwrap();
    let mut buffer = BytesMut::from(&frame[..frame.len() - 1]);
    assert_eq!(wire.decode_frame(&framing, &limits, true, &mut buffer), Ok(None));
    buffer.extend_from_slice(&frame[frame.len() - 1..]);
    assert_eq!(wire.decode_frame(&framing, &limits, true, &mut buffer), Ok(Some(message)));
}

fn messages() -> Vec<Message<String, u64>> {
    let node = |id: &str, address| Node::new(id.to_owned(), address);
    let incarnation = Incarnation::new(3);
    vec![
        Message::Ping(Ping { seq: SequenceNumber(7), target: Some("a".into()), source: Some(node("b", 2)) }),
        Message::IndirectPing(IndirectPing {
            seq: SequenceNumber(7),
            target: node("a", 1),
            nack: false,
            source: Some(node("b", 2)),
        }),
        Message::Ack(Ack { seq: SequenceNumber(7), payload: Bytes::from_static(b"p") }),
        Message::Suspect(Suspect { incarnation, node: "a".into(), from: "b".into() }),
        Message::Dead(Dead { incarnation, node: "a".into(), from: "b".into() }),
        Message::Alive(Alive {
            incarnation,
            node: node("a", 1),
            meta: Meta::new("m"),
            versions: None,
            layers: Layers::BASE,
        }),
        Message::User(Bytes::from_static(b"hello")),
    ]
}

/// F-71: a codec seam that a wire from outside fits.
#[test]
fn wire_from_outside_does_what_the_native_one_does() {
    round_trip(&Lines, &messages());
    round_trip(&NativeWire, &messages());
}

/// What a wire can't say is an error, not something else.
#[test]
fn wire_from_outside_may_lack_messages() {
    let wire: &dyn Wire<String, u64> = &Lines;
    assert!(!wire.features().nack && !wire.features().stream_ping);
    let mut out = vec![1];
    let nack = Message::Nack(memberlist_types::Nack { seq: SequenceNumber(1) });
    assert!(wire.encode_message(&nack, &mut out).is_err());
    assert_eq!(out, [1]);
    let garbage = Bytes::from_static(b"+\nnonsense\nuser x01\n");
    let mut seen = Vec::new();
    wire.decode_packet(&Framing::new(), garbage, &mut |message| seen.push(message)).unwrap();
    assert_eq!(seen, [Err(DecodeError::Invalid("line")), Ok(Message::User(Bytes::from_static(b"\x01")))]);
}
