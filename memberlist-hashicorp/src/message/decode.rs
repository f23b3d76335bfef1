//! What Go nodes of all ages write, and whatever else Go reads.

use crate::{
    identity::{HashicorpAddress, HashicorpName, address, name},
    kind, layers,
    msgpack::Reader,
};
use alloc::borrow::Cow;
use bytes::Bytes;
use memberlist_types::{
    Ack, Alive, Dead, DecodeError, Incarnation, IndirectPing, Message, Meta, Nack, Node, NodeState, Ping,
    SequenceNumber, State, Suspect, Versions,
};

/// A message that is no container. Payloads are slices of `owner`, of which `message` is a part.
pub(crate) fn message<I: HashicorpName, A: HashicorpAddress>(
    owner: &Bytes,
    message: &[u8],
) -> Result<Message<I, A>, DecodeError> {
    let (&kind, body) = message.split_first().ok_or(DecodeError::Truncated)?;
    Ok(match kind {
        kind::PING => Message::Ping(ping(body)?),
        kind::INDIRECT_PING => Message::IndirectPing(indirect_ping(body)?),
        kind::ACK => Message::Ack(ack(owner, body)?),
        kind::NACK => Message::Nack(nack(body)?),
        kind::SUSPECT => {
            let (incarnation, node, from) = accusation(body)?;
            Message::Suspect(Suspect { incarnation, node, from })
        }
        kind::DEAD => {
            let (incarnation, node, from) = accusation(body)?;
            Message::Dead(Dead { incarnation, node, from })
        }
        kind::ALIVE => Message::Alive(alive(body)?),
        kind::USER => Message::User(owner.slice_ref(body)),
        _ => return Err(kind::unknown(kind)),
    })
}

/// Whether it is a sound ping, or a request for one.
pub(crate) fn is_ping<I: HashicorpName, A: HashicorpAddress>(message: &[u8]) -> bool {
    match *message {
        [kind::PING, ref body @ ..] => ping::<I, A>(body).is_ok(),
        [kind::INDIRECT_PING, ref body @ ..] => indirect_ping::<I, A>(body).is_ok(),
        _ => false,
    }
}

pub(crate) fn ping<I: HashicorpName, A: HashicorpAddress>(body: &[u8]) -> Result<Ping<I, A>, DecodeError> {
    const FIELDS: [&str; 5] = ["SeqNo", "Node", "SourceAddr", "SourcePort", "SourceNode"];
    let (mut seq, mut node, mut source) = (0, Cow::default(), Source::default());
    Reader::new(body).structure(&FIELDS, |field, reader| {
        match field {
            0 => seq = reader.u32()?,
            1 => node = reader.bytes()?,
            2 => source.address = reader.bytes()?,
            3 => source.port = reader.u16()?,
            _ => source.name = reader.bytes()?,
        }
        Ok(())
    })?;
    Ok(Ping {
        seq: SequenceNumber(seq),
        target: if node.is_empty() { None } else { Some(name(&node)?) },
        source: source.node()?,
    })
}

fn indirect_ping<I: HashicorpName, A: HashicorpAddress>(
    body: &[u8],
) -> Result<IndirectPing<I, A>, DecodeError> {
    const FIELDS: [&str; 8] =
        ["SeqNo", "Target", "Port", "Node", "Nack", "SourceAddr", "SourcePort", "SourceNode"];
    let (mut seq, mut ip, mut port, mut node, mut nack) = (0, Cow::default(), 0, Cow::default(), false);
    let mut source = Source::default();
    Reader::new(body).structure(&FIELDS, |field, reader| {
        match field {
            0 => seq = reader.u32()?,
            1 => ip = reader.bytes()?,
            2 => port = reader.u16()?,
            3 => node = reader.bytes()?,
            4 => nack = reader.bool()?,
            5 => source.address = reader.bytes()?,
            6 => source.port = reader.u16()?,
            _ => source.name = reader.bytes()?,
        }
        Ok(())
    })?;
    Ok(IndirectPing {
        seq: SequenceNumber(seq),
        target: Node::new(name(&node)?, address(&ip, port)?.0),
        nack,
        source: source.node()?,
    })
}

/// Where an answer goes.
#[derive(Default)]
struct Source<'a> {
    address: Cow<'a, [u8]>,
    port: u16,
    name: Cow<'a, [u8]>,
}

impl Source<'_> {
    /// If something is missing it is nobody, and the answer goes to where the packet came from; so it does in Go.
    fn node<I: HashicorpName, A: HashicorpAddress>(&self) -> Result<Option<Node<I, A>>, DecodeError> {
        if self.address.is_empty() || self.port == 0 || self.name.is_empty() {
            return Ok(None);
        }
        Ok(Some(Node::new(name(&self.name)?, address(&self.address, self.port)?.0)))
    }
}

pub(crate) fn ack(owner: &Bytes, body: &[u8]) -> Result<Ack, DecodeError> {
    let (mut seq, mut payload) = (0, Bytes::new());
    Reader::new(body).structure(&["SeqNo", "Payload"], |field, reader| {
        match field {
            0 => seq = reader.u32()?,
            _ => payload = slice(owner, reader.bytes()?),
        }
        Ok(())
    })?;
    Ok(Ack { seq: SequenceNumber(seq), payload })
}

fn slice(owner: &Bytes, bytes: Cow<'_, [u8]>) -> Bytes {
    match bytes {
        Cow::Borrowed(bytes) => owner.slice_ref(bytes),
        Cow::Owned(bytes) => bytes.into(),
    }
}

fn nack(body: &[u8]) -> Result<Nack, DecodeError> {
    let mut seq = 0;
    Reader::new(body).structure(&["SeqNo"], |_, reader| {
        seq = reader.u32()?;
        Ok(())
    })?;
    Ok(Nack { seq: SequenceNumber(seq) })
}

/// Incarnation, who is accused, and who accuses.
fn accusation<I: HashicorpName>(body: &[u8]) -> Result<(Incarnation, I, I), DecodeError> {
    let (mut incarnation, mut node, mut from) = (0, Cow::default(), Cow::default());
    Reader::new(body).structure(&["Incarnation", "Node", "From"], |field, reader| {
        match field {
            0 => incarnation = reader.u32()?,
            1 => node = reader.bytes()?,
            _ => from = reader.bytes()?,
        }
        Ok(())
    })?;
    Ok((Incarnation::new(incarnation), name(&node)?, name(&from)?))
}

fn alive<I: HashicorpName, A: HashicorpAddress>(body: &[u8]) -> Result<Alive<I, A>, DecodeError> {
    const FIELDS: [&str; 6] = ["Incarnation", "Node", "Addr", "Port", "Meta", "Vsn"];
    let (mut incarnation, mut record) = (0, Record::default());
    Reader::new(body).structure(&FIELDS, |field, reader| {
        match field {
            0 => incarnation = reader.u32()?,
            1 => record.name = reader.bytes()?,
            2 => record.address = reader.bytes()?,
            3 => record.port = reader.u16()?,
            4 => record.meta = reader.bytes()?,
            _ => record.vsn = reader.bytes()?,
        }
        Ok(())
    })?;
    let (address, mapped) = address(&record.address, record.port)?;
    let versions = record.versions();
    Ok(Alive {
        incarnation: Incarnation::new(incarnation),
        node: Node::new(name(&record.name)?, address),
        meta: record.meta(),
        versions,
        layers: layers::with_address(versions, mapped),
    })
}

/// What an alive message and a node of a push/pull have in common.
#[derive(Default)]
pub(crate) struct Record<'a> {
    name: Cow<'a, [u8]>,
    address: Cow<'a, [u8]>,
    port: u16,
    meta: Cow<'a, [u8]>,
    vsn: Cow<'a, [u8]>,
}

impl Record<'_> {
    /// Copied: a member's metadata must not keep what they came in alive.
    fn meta(&self) -> Meta {
        if self.meta.is_empty() { Meta::EMPTY } else { Meta::new(Bytes::copy_from_slice(&self.meta)) }
    }

    /// Fewer than six bytes are none; more than six mean nothing yet.
    fn versions(&self) -> Option<Versions> {
        self.vsn.first_chunk().copied().map(Versions::from_bytes)
    }
}

/// The next node of a push/pull, as it stands there.
#[derive(Default)]
pub(crate) struct RawState<'a> {
    record: Record<'a>,
    incarnation: u32,
    state: i64,
}

impl<'a> RawState<'a> {
    /// # Errors
    /// If it is no such struct; then it is not known where the next one begins.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        const FIELDS: [&str; 7] = ["Name", "Addr", "Port", "Meta", "Incarnation", "State", "Vsn"];
        let mut raw = Self::default();
        reader.structure(&FIELDS, |field, reader| {
            match field {
                0 => raw.record.name = reader.bytes()?,
                1 => raw.record.address = reader.bytes()?,
                2 => raw.record.port = reader.u16()?,
                3 => raw.record.meta = reader.bytes()?,
                4 => raw.incarnation = reader.u32()?,
                5 => raw.state = reader.int()?,
                _ => raw.record.vsn = reader.bytes()?,
            }
            Ok(())
        })?;
        Ok(raw)
    }

    /// # Errors
    /// If it describes a node that can't be.
    pub(crate) fn node_state<I: HashicorpName, A: HashicorpAddress>(
        &self,
    ) -> Result<NodeState<I, A>, DecodeError> {
        let (address, mapped) = address(&self.record.address, self.record.port)?;
        let versions = self.record.versions();
        let state = u8::try_from(self.state).ok().and_then(State::from_value);
        Ok(NodeState {
            node: Node::new(name(&self.record.name)?, address),
            meta: self.record.meta(),
            incarnation: Incarnation::new(self.incarnation),
            state: state.ok_or(DecodeError::Invalid("state"))?,
            versions,
            layers: layers::with_address(versions, mapped),
        })
    }
}
