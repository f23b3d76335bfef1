//! What a Go node would have written: the keys of each map in ascending order, empty slices as nil.

use crate::{
    identity::{AddressBytes, HashicorpAddress, HashicorpName, name_bytes},
    kind,
    layers::MAPPED_ADDRESS,
    msgpack::Writer,
};
use alloc::vec::Vec;
use memberlist_types::{
    Ack, Alive, EncodeError, Incarnation, IndirectPing, Message, Node, NodeState, Ping, Versions,
};

/// Appends a message. On error, `out` has anything behind what was there.
pub(crate) fn message<I: HashicorpName, A: HashicorpAddress>(
    message: &Message<I, A>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    match message {
        Message::Ping(it) => ping(it, out),
        Message::IndirectPing(it) => indirect_ping(it, out),
        Message::Ack(it) => ack(it, out),
        Message::Nack(nack) => {
            out.push(kind::NACK);
            let mut writer = Writer::new(out);
            writer.map(1);
            writer.str("SeqNo")?;
            writer.uint(nack.seq.0.into());
            Ok(())
        }
        Message::Suspect(it) => accusation(kind::SUSPECT, it.incarnation, &it.node, &it.from, out),
        Message::Dead(it) => accusation(kind::DEAD, it.incarnation, &it.node, &it.from, out),
        Message::Alive(it) => alive(it, out),
        Message::User(payload) => {
            out.push(kind::USER);
            out.extend_from_slice(payload);
            Ok(())
        }
        Message::Broadcast(_) => Err(EncodeError::Unsupported("broadcasts with an origin and a number")),
        _ => Err(EncodeError::Unsupported("messages of this kind")),
    }
}

pub(crate) fn ping<I: HashicorpName, A: HashicorpAddress>(
    ping: &Ping<I, A>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    out.push(kind::PING);
    let mut writer = Writer::new(out);
    writer.map(if ping.source.is_some() { 5 } else { 2 });
    writer.str("Node")?;
    match &ping.target {
        Some(target) => writer.raw(&name_bytes(target)?)?,
        None => writer.str("")?,
    }
    writer.str("SeqNo")?;
    writer.uint(ping.seq.0.into());
    source(ping.source.as_ref(), &mut writer)
}

fn indirect_ping<I: HashicorpName, A: HashicorpAddress>(
    ping: &IndirectPing<I, A>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    out.push(kind::INDIRECT_PING);
    let address = AddressBytes::new(&ping.target.address, false)?;
    let mut writer = Writer::new(out);
    writer.map(if ping.source.is_some() { 8 } else { 5 });
    writer.str("Nack")?;
    writer.bool(ping.nack);
    writer.str("Node")?;
    writer.raw(&name_bytes(&ping.target.id)?)?;
    writer.str("Port")?;
    writer.uint(address.port.into());
    writer.str("SeqNo")?;
    writer.uint(ping.seq.0.into());
    source(ping.source.as_ref(), &mut writer)?;
    writer.str("Target")?;
    writer.raw(address.ip())
}

/// Who asks: three fields, which are left out if it is nobody.
fn source<I: HashicorpName, A: HashicorpAddress>(
    source: Option<&Node<I, A>>,
    writer: &mut Writer<'_>,
) -> Result<(), EncodeError> {
    let Some(node) = source else { return Ok(()) };
    let address = AddressBytes::new(&node.address, false)?;
    writer.str("SourceAddr")?;
    writer.raw(address.ip())?;
    writer.str("SourceNode")?;
    writer.raw(&name_bytes(&node.id)?)?;
    writer.str("SourcePort")?;
    writer.uint(address.port.into());
    Ok(())
}

pub(crate) fn ack(ack: &Ack, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    out.push(kind::ACK);
    let mut writer = Writer::new(out);
    writer.map(2);
    writer.str("Payload")?;
    writer.raw_or_nil(&ack.payload)?;
    writer.str("SeqNo")?;
    writer.uint(ack.seq.0.into());
    Ok(())
}

fn accusation<I: HashicorpName>(
    kind: u8,
    incarnation: Incarnation,
    node: &I,
    from: &I,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    out.push(kind);
    let mut writer = Writer::new(out);
    writer.map(3);
    writer.str("From")?;
    writer.raw(&name_bytes(from)?)?;
    writer.str("Incarnation")?;
    writer.uint(incarnation.value().into());
    writer.str("Node")?;
    writer.raw(&name_bytes(node)?)
}

fn alive<I: HashicorpName, A: HashicorpAddress>(
    alive: &Alive<I, A>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    out.push(kind::ALIVE);
    let address = AddressBytes::new(&alive.node.address, alive.layers.contains(MAPPED_ADDRESS))?;
    let mut writer = Writer::new(out);
    writer.map(6);
    writer.str("Addr")?;
    writer.raw(address.ip())?;
    writer.str("Incarnation")?;
    writer.uint(alive.incarnation.value().into());
    writer.str("Meta")?;
    writer.raw_or_nil(alive.meta.as_ref())?;
    writer.str("Node")?;
    writer.raw(&name_bytes(&alive.node.id)?)?;
    writer.str("Port")?;
    writer.uint(address.port.into());
    vsn(alive.versions, &mut writer)
}

/// One node in a push/pull. There is no byte for a kind before it.
pub(crate) fn node_state<I: HashicorpName, A: HashicorpAddress>(
    state: &NodeState<I, A>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let address = AddressBytes::new(&state.node.address, state.layers.contains(MAPPED_ADDRESS))?;
    let mut writer = Writer::new(out);
    writer.map(7);
    writer.str("Addr")?;
    writer.raw(address.ip())?;
    writer.str("Incarnation")?;
    writer.uint(state.incarnation.value().into());
    writer.str("Meta")?;
    writer.raw_or_nil(state.meta.as_ref())?;
    writer.str("Name")?;
    writer.raw(&name_bytes(&state.node.id)?)?;
    writer.str("Port")?;
    writer.uint(address.port.into());
    writer.str("State")?;
    writer.int(state.state.value().into());
    vsn(state.versions, &mut writer)
}

fn vsn(versions: Option<Versions>, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
    writer.str("Vsn")?;
    match versions {
        Some(versions) => writer.raw(&versions.to_bytes()),
        None => {
            writer.nil();
            Ok(())
        }
    }
}
