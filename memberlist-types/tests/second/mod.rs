//! A second decoder of the native wire, written from `WIRE.md` alone and as plainly as possible; it shares no code with the
//! first. Ids are text, addresses are socket addresses. What it refuses is `None`.

mod layers;

use bytes::Bytes;
pub(crate) use layers::Key;
use memberlist_types::{
    Ack, Alive, Broadcast, Dead, Incarnation, IndirectPing, Layers, Message, Meta, Nack, Node, NodeState,
    Ping, PushPull, PushPullPart, SequenceNumber, State, StreamMessage, Suspect, Versions,
};
use std::net::{IpAddr, SocketAddr};

pub(crate) type Msg = Message<String, SocketAddr>;
pub(crate) type StreamMsg = StreamMessage<String, SocketAddr>;

/// A packet of the cluster `label`: its messages, each on its own; `None` inside for one that is refused.
pub(crate) fn packet(keys: &[Key<'_>], label: &[u8], bytes: &[u8]) -> Option<Vec<Option<Msg>>> {
    let mut input = Input(bytes);
    (input.byte()? == 0xd1).then_some(())?;
    check_label(label, &mut input)?;
    let body = layers::open(keys, bytes, input, 1 << 16)?;
    let mut body = Input(&body);
    if body.0.is_empty() {
        return None;
    }
    let mut messages = Vec::new();
    while !body.0.is_empty() {
        if messages.len() == 1024 {
            messages.push(None);
            break;
        }
        let found = body.number(2).and_then(|len| body.take(len as usize));
        messages.push(found.and_then(message));
        if found.is_none() {
            break;
        }
    }
    Some(messages)
}

/// Exactly one stream frame.
pub(crate) fn frame(keys: &[Key<'_>], label: &[u8], bytes: &[u8]) -> Option<StreamMsg> {
    let mut input = Input(bytes);
    (input.byte()? == 0xe1).then_some(())?;
    check_label(label, &mut input)?;
    let len = input.number(4)?;
    (len == input.0.len() as u64).then_some(())?;
    let body = layers::open(keys, bytes, input, 64 << 20)?;
    stream_message(&body)
}

fn check_label(label: &[u8], input: &mut Input<'_>) -> Option<()> {
    let len = input.byte()?;
    (input.take(len.into())? == label).then_some(())
}

fn message(bytes: &[u8]) -> Option<Msg> {
    let (&kind, body) = bytes.split_first()?;
    let fields = fields(body)?;
    let field = |tag| last(&fields, tag);
    Some(match kind {
        1 => Message::Ping(ping(&fields)?),
        2 => Message::IndirectPing(IndirectPing {
            seq: SequenceNumber(number32(field(1))?),
            target: Node::new(id(field(2))?, address(field(5))?),
            source: source(&fields)?,
            nack: number(field(6))? != 0,
        }),
        3 => Message::Ack(ack(&fields)?),
        4 => Message::Nack(Nack { seq: SequenceNumber(number32(field(1))?) }),
        5 | 7 => {
            let (node, from) = (id(field(1))?, id(field(2))?);
            let incarnation = Incarnation::new(number32(field(3))?);
            match kind {
                5 => Message::Suspect(Suspect { node, from, incarnation }),
                _ => Message::Dead(Dead { node, from, incarnation }),
            }
        }
        6 => Message::Alive(Alive {
            node: Node::new(id(field(1))?, address(field(2))?),
            incarnation: Incarnation::new(number32(field(3))?),
            meta: Meta::new(field(4).unwrap_or_default().to_vec()),
            versions: versions(field(5)),
            layers: Layers::from_bits(number32(field(7))?),
        }),
        8 => {
            let payload = Bytes::copy_from_slice(field(1).unwrap_or_default());
            match field(2) {
                None => Message::User(payload),
                origin => {
                    Message::Broadcast(Broadcast { origin: id(origin)?, number: number(field(3))?, payload })
                }
            }
        }
        _ => return None,
    })
}

fn stream_message(bytes: &[u8]) -> Option<StreamMsg> {
    let (&kind, body) = bytes.split_first()?;
    let fields = fields(body)?;
    Some(match kind {
        1 => StreamMessage::Ping(ping(&fields)?),
        3 => StreamMessage::Ack(ack(&fields)?),
        8 => StreamMessage::User(Bytes::copy_from_slice(last(&fields, 1).unwrap_or_default())),
        9 => {
            // A number of states counts until another one comes, but each must keep the limit.
            let mut states = Vec::new();
            let mut announced = 0;
            for (tag, value) in &fields {
                match tag {
                    2 => {
                        announced = number(Some(value))?;
                        (announced <= 1_048_576).then_some(())?;
                    }
                    4 if (states.len() as u64) < announced => states.push(state(value)?),
                    4 => return None,
                    _ => {}
                }
            }
            (states.len() as u64 == announced).then_some(())?;
            let user = Bytes::copy_from_slice(last(&fields, 3).unwrap_or_default());
            let piece = PushPull { join: number(last(&fields, 1))? != 0, states, user };
            let conversation = number(last(&fields, 5))?;
            let place = number32(last(&fields, 6))?;
            let answer = number(last(&fields, 8))?;
            let more = number(last(&fields, 7))? != 0;
            if more && piece.states.is_empty() && piece.user.is_empty() {
                return None;
            }
            if conversation == 0 && answer == 0 && place == 0 && !more {
                StreamMessage::PushPull(piece)
            } else {
                StreamMessage::PushPullPart(PushPullPart { conversation, answer, number: place, more, piece })
            }
        }
        10 => {
            let text = std::str::from_utf8(last(&fields, 1).unwrap_or_default()).ok()?;
            (text.len() <= 1024).then(|| StreamMessage::Error(text.into()))?
        }
        _ => return None,
    })
}

fn ping(fields: &[(u8, &[u8])]) -> Option<Ping<String, SocketAddr>> {
    let target = match last(fields, 2) {
        None => None,
        some => Some(id(some)?),
    };
    Some(Ping { seq: SequenceNumber(number32(last(fields, 1))?), target, source: source(fields)? })
}

fn ack(fields: &[(u8, &[u8])]) -> Option<Ack> {
    let payload = Bytes::copy_from_slice(last(fields, 2).unwrap_or_default());
    Some(Ack { seq: SequenceNumber(number32(last(fields, 1))?), payload })
}

fn state(bytes: &[u8]) -> Option<NodeState<String, SocketAddr>> {
    let fields = fields(bytes)?;
    let field = |tag| last(&fields, tag);
    Some(NodeState {
        node: Node::new(id(field(1))?, address(field(2))?),
        incarnation: Incarnation::new(number32(field(3))?),
        meta: Meta::new(field(4).unwrap_or_default().to_vec()),
        versions: versions(field(5)),
        layers: Layers::from_bits(number32(field(7))?),
        state: match number(field(6))? {
            0 => State::Alive,
            1 => State::Suspect,
            2 => State::Dead,
            3 => State::Left,
            _ => return None,
        },
    })
}

#[allow(clippy::option_option)]
fn source(fields: &[(u8, &[u8])]) -> Option<Option<Node<String, SocketAddr>>> {
    match (last(fields, 3), last(fields, 4)) {
        (None, None) => Some(None),
        (name, place) => Some(Some(Node::new(id(name)?, address(place)?))),
    }
}

fn versions(value: Option<&[u8]>) -> Option<Versions> {
    Some(Versions::from_bytes(value?.try_into().ok()?))
}

fn id(value: Option<&[u8]>) -> Option<String> {
    let value = value?;
    (1..=255).contains(&value.len()).then_some(())?;
    String::from_utf8(value.to_vec()).ok()
}

fn address(value: Option<&[u8]>) -> Option<SocketAddr> {
    let mut input = Input(value?);
    let ip = match input.0.len() {
        6 => IpAddr::from(<[u8; 4]>::try_from(input.take(4)?).ok()?),
        18 => IpAddr::from(<[u8; 16]>::try_from(input.take(16)?).ok()?).to_canonical(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, input.number(2)? as u16))
}

fn number(value: Option<&[u8]>) -> Option<u64> {
    let bytes = value.unwrap_or_default();
    if bytes.len() <= 8 { Input(bytes).number(bytes.len()) } else { None }
}

fn number32(value: Option<&[u8]>) -> Option<u32> {
    number(value)?.try_into().ok()
}

fn last<'a>(fields: &[(u8, &'a [u8])], tag: u8) -> Option<&'a [u8]> {
    fields.iter().rev().find(|(other, _)| *other == tag).map(|(_, value)| *value)
}

fn fields(bytes: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut input = Input(bytes);
    let mut fields = Vec::new();
    while !input.0.is_empty() {
        let first = input.byte()?;
        let tag = if first >> 4 == 15 { input.byte()? } else { first >> 4 };
        let len = match first & 15 {
            13 => input.number(1)?,
            14 => input.number(2)?,
            15 => input.number(4)?,
            len => len.into(),
        };
        (tag != 0).then_some(())?;
        fields.push((tag, input.take(len as usize)?));
    }
    Some(fields)
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, len: usize) -> Option<u64> {
        Some(self.take(len)?.iter().fold(0, |sum, &byte| (sum << 8) | u64::from(byte)))
    }

    fn byte(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }
}
