use super::{kind, text};
use crate::msgpack::{Reader, Writer};
use alloc::{collections::BTreeMap, vec::Vec};
use bytes::Bytes;
use memberlist_types::{DecodeError, EncodeError};
use smol_str::SmolStr;

/// Slots for events that are read at most; agents send 512.
const MAX_SLOTS: usize = 1 << 16;
/// Names and events that are read at most, of each kind.
const MAX_ENTRIES: usize = 1 << 20;

/// What a serf node sends as the application's state of a push/pull: what it knows of the order in which things were said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushPull {
    /// The clock of members.
    pub time: u64,
    /// All members whatever their state, each with the time of the newest intent about it.
    pub status_times: BTreeMap<SmolStr, u64>,
    /// Those of them that have left.
    pub left: Vec<SmolStr>,
    /// The clock of events.
    pub event_time: u64,
    /// The latest events. An agent sends all 512 slots of its buffer, and takes fewer, or none.
    pub events: Vec<Option<Slot>>,
    /// The clock of queries.
    pub query_time: u64,
}

/// The events of one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    /// When, on the clock of events.
    pub time: u64,
    /// What was said then.
    pub events: Vec<Said>,
}

/// An event without its time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// What kind of event it is.
    pub name: SmolStr,
    /// What comes with it; may be empty.
    pub payload: Bytes,
}

impl PushPull {
    /// The application's state.
    ///
    /// # Errors
    /// If a field is longer than 4 GiB.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = alloc::vec![kind::PUSH_PULL];
        let mut writer = Writer::new(&mut out);
        writer.map(6);
        writer.str("EventLTime")?;
        writer.uint(self.event_time);
        writer.str("Events")?;
        writer.array(len("slots", self.events.len())?);
        for slot in &self.events {
            match slot {
                Some(slot) => slot.write(&mut writer)?,
                None => writer.nil(),
            }
        }
        writer.str("LTime")?;
        writer.uint(self.time);
        writer.str("LeftMembers")?;
        writer.array(len("members that left", self.left.len())?);
        for name in &self.left {
            writer.str(name)?;
        }
        writer.str("QueryLTime")?;
        writer.uint(self.query_time);
        writer.str("StatusLTimes")?;
        writer.map(len("members", self.status_times.len())?);
        for (name, time) in &self.status_times {
            writer.str(name)?;
            writer.uint(*time);
        }
        Ok(out)
    }

    /// Reads the application's state of a serf node.
    ///
    /// # Errors
    /// If it is something else, or has more than 65,536 slots for events, or more than 1,048,576 names or events.
    pub fn decode(state: &[u8]) -> Result<Self, DecodeError> {
        let (first, body) = state.split_first().ok_or(DecodeError::Truncated)?;
        if *first != kind::PUSH_PULL {
            return Err(DecodeError::UnknownKind(*first));
        }
        let mut state = Self::default();
        let names = ["LTime", "StatusLTimes", "LeftMembers", "EventLTime", "Events", "QueryLTime"];
        Reader::new(body).structure(&names, |field, reader| {
            match field {
                0 => state.time = reader.u64()?,
                1 => state.status_times = status_times(reader)?,
                2 => state.left = left(reader)?,
                3 => state.event_time = reader.u64()?,
                4 => state.events = slots(reader)?,
                _ => state.query_time = reader.u64()?,
            }
            Ok(())
        })?;
        Ok(state)
    }
}

impl Slot {
    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.map(2);
        writer.str("Events")?;
        writer.array(len("events", self.events.len())?);
        for event in &self.events {
            writer.map(2);
            writer.str("Name")?;
            writer.str(&event.name)?;
            writer.str("Payload")?;
            writer.raw_or_nil(&event.payload)?;
        }
        writer.str("LTime")?;
        writer.uint(self.time);
        Ok(())
    }

    fn read(reader: &mut Reader<'_>, room: &mut usize) -> Result<Self, DecodeError> {
        let mut slot = Self::default();
        reader.structure(&["LTime", "Events"], |field, reader| {
            if field == 0 {
                slot.time = reader.u64()?;
                return Ok(());
            }
            let len = reader.array_len()?;
            *room = room.checked_sub(len).ok_or_else(|| too_many("events", len, MAX_ENTRIES))?;
            slot.events = (0..len).map(|_| Said::read(reader)).collect::<Result<_, _>>()?;
            Ok(())
        })?;
        Ok(slot)
    }
}

impl Said {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut said = Self::default();
        reader.structure(&["Name", "Payload"], |field, reader| {
            match field {
                0 => said.name = text(reader)?,
                _ => said.payload = reader.bytes()?.into_owned().into(),
            }
            Ok(())
        })?;
        Ok(said)
    }
}

fn slots(reader: &mut Reader<'_>) -> Result<Vec<Option<Slot>>, DecodeError> {
    let len = at_most("slots", reader.array_len()?, MAX_SLOTS)?;
    let mut room = MAX_ENTRIES;
    let mut slot = || if reader.nil() { Ok(None) } else { Slot::read(reader, &mut room).map(Some) };
    (0..len).map(|_| slot()).collect()
}

fn status_times(reader: &mut Reader<'_>) -> Result<BTreeMap<SmolStr, u64>, DecodeError> {
    let len = at_most("members", reader.map_len()?, MAX_ENTRIES)?;
    (0..len).map(|_| Ok((text(reader)?, reader.u64()?))).collect()
}

fn left(reader: &mut Reader<'_>) -> Result<Vec<SmolStr>, DecodeError> {
    let len = at_most("members that left", reader.array_len()?, MAX_ENTRIES)?;
    (0..len).map(|_| text(reader)).collect()
}

fn at_most(what: &'static str, len: usize, limit: usize) -> Result<usize, DecodeError> {
    if len > limit { Err(too_many(what, len, limit)) } else { Ok(len) }
}

const fn too_many(what: &'static str, len: usize, limit: usize) -> DecodeError {
    DecodeError::TooLarge { what, actual: len as u64, limit: limit as u64 }
}

fn len(what: &'static str, actual: usize) -> Result<u32, EncodeError> {
    let limit = usize::try_from(u32::MAX).unwrap_or(usize::MAX);
    u32::try_from(actual).map_err(|_| EncodeError::TooLarge { what, actual, limit })
}
