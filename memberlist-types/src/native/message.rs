//! The bodies of messages: a kind and its fields.

use super::{
    data::{WireData, node, required},
    field::{collect, put_bytes, put_data, put_key, put_uint, uint, uint32},
};
use crate::{
    Ack, Alive, Broadcast, Dead, DecodeError, EncodeError, Incarnation, IndirectPing, Layers, Message, Meta,
    Nack, Node, Ping, SequenceNumber, Suspect, Versions,
};
use alloc::vec::Vec;
use bytes::Bytes;

/// The first byte of a message.
pub(super) mod kind {
    pub(in super::super) const PING: u8 = 1;
    pub(in super::super) const INDIRECT_PING: u8 = 2;
    pub(in super::super) const ACK: u8 = 3;
    pub(in super::super) const NACK: u8 = 4;
    pub(in super::super) const SUSPECT: u8 = 5;
    pub(in super::super) const ALIVE: u8 = 6;
    pub(in super::super) const DEAD: u8 = 7;
    pub(in super::super) const USER: u8 = 8;
    pub(in super::super) const PUSH_PULL: u8 = 9;
    pub(in super::super) const ERROR: u8 = 10;
}

/// Appends a message. On error `out` may hold a part of it.
pub(super) fn encode<I: WireData, A: WireData>(
    message: &Message<I, A>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    match message {
        Message::Ping(ping) => put_ping(out, ping),
        Message::IndirectPing(ping) => put_indirect_ping(out, ping),
        Message::Ack(ack) => put_ack(out, ack),
        Message::Nack(nack) => {
            out.push(kind::NACK);
            put_uint(out, 1, nack.seq.0.into())
        }
        Message::Suspect(s) => put_accusation(out, kind::SUSPECT, &s.node, &s.from, s.incarnation),
        Message::Alive(alive) => {
            out.push(kind::ALIVE);
            put_member(out, &alive.node, alive.incarnation, &alive.meta, alive.versions)?;
            put_layers(out, alive.layers)
        }
        Message::Dead(d) => put_accusation(out, kind::DEAD, &d.node, &d.from, d.incarnation),
        Message::User(payload) => put_user(out, payload),
        Message::Broadcast(broadcast) => {
            put_user(out, &broadcast.payload)?;
            put_data(out, 2, &broadcast.origin, "origin id bytes")?;
            put_uint(out, 3, broadcast.number)
        }
    }
}

/// Reads one message of a packet. `owner` holds `message`; payloads become slices of it.
pub(super) fn decode<I: WireData, A: WireData>(
    owner: &Bytes,
    message: &[u8],
) -> Result<Message<I, A>, DecodeError> {
    let (&kind, body) = message.split_first().ok_or(DecodeError::Truncated)?;
    // Each in a function of its own, which writes the message to where it ends up: built here, each would be moved twice.
    match kind {
        kind::PING => ping_message(body),
        kind::INDIRECT_PING => indirect_ping_message(body),
        kind::ACK => ack(owner, body).map(Message::Ack),
        kind::NACK => {
            let [seq] = collect(body)?;
            Ok(Message::Nack(Nack { seq: sequence_number(seq)? }))
        }
        kind::SUSPECT => suspect_message(body),
        kind::ALIVE => alive_message(body),
        kind::DEAD => dead_message(body),
        kind::USER => user_or_broadcast(owner, body),
        unknown => Err(DecodeError::UnknownKind(unknown)),
    }
}

#[inline(never)]
fn ping_message<I: WireData, A: WireData>(body: &[u8]) -> Result<Message<I, A>, DecodeError> {
    ping(body).map(Message::Ping)
}

#[inline(never)]
fn indirect_ping_message<I: WireData, A: WireData>(body: &[u8]) -> Result<Message<I, A>, DecodeError> {
    indirect_ping(body).map(Message::IndirectPing)
}

#[inline(never)]
fn suspect_message<I: WireData, A: WireData>(body: &[u8]) -> Result<Message<I, A>, DecodeError> {
    let (node, from, incarnation) = accusation(body)?;
    Ok(Message::Suspect(Suspect { incarnation, node, from }))
}

#[inline(never)]
fn alive_message<I: WireData, A: WireData>(body: &[u8]) -> Result<Message<I, A>, DecodeError> {
    alive(body).map(Message::Alive)
}

#[inline(never)]
fn dead_message<I: WireData, A: WireData>(body: &[u8]) -> Result<Message<I, A>, DecodeError> {
    let (node, from, incarnation) = accusation(body)?;
    Ok(Message::Dead(Dead { incarnation, node, from }))
}

#[inline]
pub(super) fn put_ping<I: WireData, A: WireData>(
    out: &mut Vec<u8>,
    ping: &Ping<I, A>,
) -> Result<(), EncodeError> {
    out.push(kind::PING);
    put_uint(out, 1, ping.seq.0.into())?;
    if let Some(target) = &ping.target {
        put_data(out, 2, target, "target id bytes")?;
    }
    put_source(out, ping.source.as_ref())
}

#[inline(always)]
pub(super) fn ping<I: WireData, A: WireData>(body: &[u8]) -> Result<Ping<I, A>, DecodeError> {
    let [seq, target, source_id, source_address] = collect(body)?;
    Ok(Ping {
        seq: sequence_number(seq)?,
        target: target.map(|id| required(Some(id), "target id")).transpose()?,
        source: source(source_id, source_address)?,
    })
}

fn put_indirect_ping<I: WireData, A: WireData>(
    out: &mut Vec<u8>,
    ping: &IndirectPing<I, A>,
) -> Result<(), EncodeError> {
    out.push(kind::INDIRECT_PING);
    put_uint(out, 1, ping.seq.0.into())?;
    put_data(out, 2, &ping.target.id, "target id bytes")?;
    put_source(out, ping.source.as_ref())?;
    put_data(out, 5, &ping.target.address, "target address bytes")?;
    put_uint(out, 6, ping.nack.into())
}

fn indirect_ping<I: WireData, A: WireData>(body: &[u8]) -> Result<IndirectPing<I, A>, DecodeError> {
    let [seq, target_id, source_id, source_address, target_address, nack] = collect(body)?;
    Ok(IndirectPing {
        seq: sequence_number(seq)?,
        target: node(target_id, "target id", target_address, "target address")?,
        nack: uint(nack, "nack flag")? != 0,
        source: source(source_id, source_address)?,
    })
}

pub(super) fn put_ack(out: &mut Vec<u8>, ack: &Ack) -> Result<(), EncodeError> {
    out.push(kind::ACK);
    put_uint(out, 1, ack.seq.0.into())?;
    put_bytes(out, 2, &ack.payload, "ack payload bytes")
}

pub(super) fn ack(owner: &Bytes, body: &[u8]) -> Result<Ack, DecodeError> {
    let [seq, payload] = collect(body)?;
    Ok(Ack { seq: sequence_number(seq)?, payload: owner.slice_ref(payload.unwrap_or_default()) })
}

pub(super) fn put_user(out: &mut Vec<u8>, payload: &Bytes) -> Result<(), EncodeError> {
    out.push(kind::USER);
    put_bytes(out, 1, payload, "user bytes")
}

/// What stands before a user message's payload, which is not empty.
pub(super) fn put_user_key(out: &mut Vec<u8>, payload: &[u8]) -> Result<(), EncodeError> {
    out.push(kind::USER);
    put_key(out, 1, payload.len(), "user bytes")
}

pub(super) fn user(owner: &Bytes, body: &[u8]) -> Result<Bytes, DecodeError> {
    let [payload] = collect(body)?;
    Ok(owner.slice_ref(payload.unwrap_or_default()))
}

/// A user message that names its origin is a broadcast; whoever does not know that takes it for a plain one.
fn user_or_broadcast<I: WireData, A: WireData>(
    owner: &Bytes,
    body: &[u8],
) -> Result<Message<I, A>, DecodeError> {
    let [payload, origin, number] = collect(body)?;
    let payload = owner.slice_ref(payload.unwrap_or_default());
    Ok(match origin {
        None => Message::User(payload),
        Some(origin) => Message::Broadcast(Broadcast {
            origin: required(Some(origin), "origin id")?,
            number: uint(number, "broadcast number")?,
            payload,
        }),
    })
}

/// The fields that an alive message and an entry of a push/pull share.
pub(super) fn put_member<I: WireData, A: WireData>(
    out: &mut Vec<u8>,
    node: &Node<I, A>,
    incarnation: Incarnation,
    meta: &Meta,
    versions: Option<Versions>,
) -> Result<(), EncodeError> {
    put_data(out, 1, &node.id, "node id bytes")?;
    put_data(out, 2, &node.address, "node address bytes")?;
    put_uint(out, 3, incarnation.value().into())?;
    put_bytes(out, 4, meta.as_bytes(), "metadata bytes")?;
    versions.map_or(Ok(()), |versions| put_bytes(out, 5, &versions.to_bytes(), "version bytes"))
}

#[inline(always)]
fn alive<I: WireData, A: WireData>(body: &[u8]) -> Result<Alive<I, A>, DecodeError> {
    let [id, address, incarnation, meta, versions, _, layers] = collect(body)?;
    Ok(Alive {
        incarnation: self::incarnation(incarnation)?,
        node: node(id, "node id", address, "node address")?,
        meta: self::meta(meta),
        versions: self::versions(versions),
        layers: self::layers(layers)?,
    })
}

fn put_accusation<I: WireData>(
    out: &mut Vec<u8>,
    kind: u8,
    node: &I,
    from: &I,
    incarnation: Incarnation,
) -> Result<(), EncodeError> {
    out.push(kind);
    put_data(out, 1, node, "node id bytes")?;
    put_data(out, 2, from, "accuser id bytes")?;
    put_uint(out, 3, incarnation.value().into())
}

#[inline(always)]
fn accusation<I: WireData>(body: &[u8]) -> Result<(I, I, Incarnation), DecodeError> {
    let [node, from, incarnation] = collect(body)?;
    Ok((required(node, "node id")?, required(from, "accuser id")?, self::incarnation(incarnation)?))
}

#[inline]
fn put_source<I: WireData, A: WireData>(
    out: &mut Vec<u8>,
    source: Option<&Node<I, A>>,
) -> Result<(), EncodeError> {
    if let Some(source) = source {
        put_data(out, 3, &source.id, "source id bytes")?;
        put_data(out, 4, &source.address, "source address bytes")?;
    }
    Ok(())
}

#[inline(always)]
fn source<I: WireData, A: WireData>(
    id: Option<&[u8]>,
    address: Option<&[u8]>,
) -> Result<Option<Node<I, A>>, DecodeError> {
    if id.is_none() && address.is_none() {
        return Ok(None);
    }
    node(id, "source id", address, "source address").map(Some)
}

#[inline]
fn sequence_number(value: Option<&[u8]>) -> Result<SequenceNumber, DecodeError> {
    uint32(value, "sequence number").map(SequenceNumber)
}

#[inline]
pub(super) fn incarnation(value: Option<&[u8]>) -> Result<Incarnation, DecodeError> {
    uint32(value, "incarnation").map(Incarnation::new)
}

/// Copied: metadata stays in the membership table, and a slice would keep its whole packet or push/pull alive for as long.
pub(super) fn meta(value: Option<&[u8]>) -> Meta {
    Meta::new(Bytes::copy_from_slice(value.unwrap_or_default()))
}

pub(super) fn versions(value: Option<&[u8]>) -> Option<Versions> {
    value?.try_into().ok().map(Versions::from_bytes)
}

/// Tag 7 in both an alive message and an entry of a push/pull, where 6 is the state.
pub(super) fn put_layers(out: &mut Vec<u8>, layers: Layers) -> Result<(), EncodeError> {
    put_uint(out, 7, layers.bits().into())
}

pub(super) fn layers(value: Option<&[u8]>) -> Result<Layers, DecodeError> {
    uint32(value, "layers").map(Layers::from_bits)
}
