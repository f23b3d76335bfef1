use super::{kind, text};
use crate::msgpack::{Reader, Writer};
use alloc::vec::Vec;
use bytes::Bytes;
use memberlist_types::{DecodeError, EncodeError};
use smol_str::SmolStr;

/// A user message between serf nodes, as far as it is understood here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SerfMessage {
    /// A node is about to leave, or is made to.
    Leave(LeaveIntent),
    /// A node has joined.
    Join(JoinIntent),
    /// Something for the applications on all nodes.
    UserEvent(UserEvent),
    /// A question to all nodes.
    Query(Query),
    /// Anything else, with its first byte: an answer to a query (5), something to be relayed (9), or none of serf's.
    Other(u8),
}

/// A node is about to leave: whoever is told so beforehand will list it as left, and not as failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaveIntent {
    /// When, on the clock of members.
    pub time: u64,
    /// Who.
    pub node: SmolStr,
    /// Whether it shall be forgotten at once.
    pub prune: bool,
}

/// A node has joined, or does not leave after all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinIntent {
    /// When, on the clock of members.
    pub time: u64,
    /// Who.
    pub node: SmolStr,
}

/// Something for the applications on all nodes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserEvent {
    /// When, on the clock of events.
    pub time: u64,
    /// What kind of event it is.
    pub name: SmolStr,
    /// What comes with it; may be empty.
    pub payload: Bytes,
    /// Whether several of this name within a short time may be taken for one: the latest.
    pub coalesce: bool,
}

/// The head of a question to all nodes: enough to pass it on, and to know it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Query {
    /// When, on the clock of queries.
    pub time: u64,
    /// Its number, chosen at random by who asks.
    pub id: u32,
    /// Its flags.
    pub flags: u32,
}

impl Query {
    /// Whether who hears it shall keep it to itself.
    #[must_use]
    pub const fn is_not_passed_on(&self) -> bool {
        self.flags & 2 != 0
    }
}

impl SerfMessage {
    /// Reads a user message.
    ///
    /// # Errors
    /// If it is empty, or not what its first byte says.
    pub fn decode(message: &[u8]) -> Result<Self, DecodeError> {
        let (first, body) = message.split_first().ok_or(DecodeError::Truncated)?;
        let mut reader = Reader::new(body);
        Ok(match *first {
            kind::LEAVE => Self::Leave(LeaveIntent::read(&mut reader)?),
            kind::JOIN => Self::Join(JoinIntent::read(&mut reader)?),
            kind::USER_EVENT => Self::UserEvent(UserEvent::read(&mut reader)?),
            kind::QUERY => Self::Query(Query::read(&mut reader)?),
            other => Self::Other(other),
        })
    }
}

impl LeaveIntent {
    /// The user message.
    ///
    /// # Errors
    /// If a field is longer than 4 GiB.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = alloc::vec![kind::LEAVE];
        let mut writer = Writer::new(&mut out);
        writer.map(3);
        writer.str("LTime")?;
        writer.uint(self.time);
        writer.str("Node")?;
        writer.str(&self.node)?;
        writer.str("Prune")?;
        writer.bool(self.prune);
        Ok(out)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut intent = Self { time: 0, node: SmolStr::default(), prune: false };
        reader.structure(&["LTime", "Node", "Prune"], |field, reader| {
            match field {
                0 => intent.time = reader.u64()?,
                1 => intent.node = text(reader)?,
                _ => intent.prune = reader.bool()?,
            }
            Ok(())
        })?;
        Ok(intent)
    }
}

impl JoinIntent {
    /// The user message.
    ///
    /// # Errors
    /// If a field is longer than 4 GiB.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = alloc::vec![kind::JOIN];
        let mut writer = Writer::new(&mut out);
        writer.map(2);
        writer.str("LTime")?;
        writer.uint(self.time);
        writer.str("Node")?;
        writer.str(&self.node)?;
        Ok(out)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut intent = Self { time: 0, node: SmolStr::default() };
        reader.structure(&["LTime", "Node"], |field, reader| {
            match field {
                0 => intent.time = reader.u64()?,
                _ => intent.node = text(reader)?,
            }
            Ok(())
        })?;
        Ok(intent)
    }
}

impl UserEvent {
    /// The user message.
    ///
    /// # Errors
    /// If a field is longer than 4 GiB.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = alloc::vec![kind::USER_EVENT];
        let mut writer = Writer::new(&mut out);
        writer.map(4);
        writer.str("CC")?;
        writer.bool(self.coalesce);
        writer.str("LTime")?;
        writer.uint(self.time);
        writer.str("Name")?;
        writer.str(&self.name)?;
        writer.str("Payload")?;
        writer.raw_or_nil(&self.payload)?;
        Ok(out)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut event = Self { time: 0, name: SmolStr::default(), payload: Bytes::new(), coalesce: false };
        reader.structure(&["LTime", "Name", "Payload", "CC"], |field, reader| {
            match field {
                0 => event.time = reader.u64()?,
                1 => event.name = text(reader)?,
                2 => event.payload = reader.bytes()?.into_owned().into(),
                _ => event.coalesce = reader.bool()?,
            }
            Ok(())
        })?;
        Ok(event)
    }
}

impl Query {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const FIELDS: [&str; 11] = [
            "LTime",
            "ID",
            "Addr",
            "Port",
            "SourceNode",
            "Filters",
            "Flags",
            "RelayFactor",
            "Timeout",
            "Name",
            "Payload",
        ];
        let mut query = Self { time: 0, id: 0, flags: 0 };
        reader.structure(&FIELDS, |field, reader| {
            match field {
                0 => query.time = reader.u64()?,
                1 => query.id = reader.u32()?,
                6 => query.flags = reader.u32()?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        Ok(query)
    }
}
