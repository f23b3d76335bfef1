//! The entries of a recording, and reading them.

use super::{
    Input, Seed,
    codec::{Data, Item},
    digest::Digest,
};
use crate::{Instant, LocalNode, Options};
use alloc::{string::String, vec::Vec};
use memberlist_types::{Address, DecodeError, EncodeError, Id, Node, WireData};

pub(super) const MAGIC: &[u8] = b"memberlist record 1\n";
const START: u8 = 0;
const OUTCOME: u8 = 128;
const END: u8 = 129;

/// One entry of a recording.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Entry<I, A> {
    /// How the node was made: the first entry.
    Start(Start<I, A>),
    /// Something that it was told.
    Input(Input<I, A>),
    /// What came of it.
    Outcome(Outcome),
    /// The end, and why.
    End(Stop),
}

/// How a recorded node was made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Start<I, A> {
    /// The version of this crate that recorded it.
    pub version: String,
    /// When.
    pub now: Instant,
    /// What it said of itself.
    pub local: LocalNode<I, A>,
    /// Its options.
    pub options: Options,
    /// Bytes that framing and wire take of each packet.
    pub overhead: usize,
    /// Whether every node reads what it sends, whatever is compiled in there.
    pub base: bool,
    /// What its randomness began with.
    pub seed: Seed,
}

/// What came of an input: fingerprints, to be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// Of what the call returned.
    pub returned: u64,
    /// Of the events that were fetched until the next input.
    pub events: Reached,
    /// Of the packets.
    pub transmits: Reached,
    /// Of the requests for streams.
    pub requests: Reached,
    /// The next timeout.
    pub timeout: Option<Instant>,
}

/// How many outputs of a kind there were, and the fingerprint of all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reached {
    /// How many.
    pub count: u32,
    /// Their fingerprint.
    pub fingerprint: u64,
}

/// Why a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// The node did.
    Finished,
    /// It had reached its limit of bytes.
    Full,
    /// An input could not be written down (the native wire can't express it).
    Unwritable,
}

/// What is wrong with a recording, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {entry} of the recording, at byte {offset}: {problem}")]
#[non_exhaustive]
pub struct LogError {
    /// In which entry, counted from 0.
    pub entry: u64,
    /// Where this begins.
    pub offset: usize,
    /// What.
    #[source]
    pub problem: LogProblem,
}

/// What is wrong with a recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogProblem {
    /// It does not begin as one.
    #[error("this is no recording: it does not begin with `memberlist record 1`")]
    NotARecording,
    /// It ends within an entry: the process ended while it wrote.
    #[error("it was cut off here")]
    CutOff,
    /// The checksum does not fit: it was changed, or entries are missing before it.
    #[error("the checksum does not fit: something was changed, or is missing")]
    Checksum,
    /// It has something that makes no sense.
    #[error("it makes no sense: {0}")]
    Invalid(#[from] DecodeError),
    /// There is more in it than belongs there.
    #[error("{0} bytes too many are in it")]
    TooLong(usize),
    /// An entry that must not stand there: a second start, an outcome without an input, something after the end.
    #[error("it must not stand here")]
    OutOfOrder,
}

impl<I: Id + WireData, A: Address + WireData> Entry<I, A> {
    pub(super) fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Start(start) => {
                out.push(START);
                start.put(out)
            }
            Self::Input(input) => input.put(out),
            Self::Outcome(outcome) => {
                out.push(OUTCOME);
                outcome.put(out)
            }
            Self::End(stop) => {
                out.extend_from_slice(&[END, *stop as u8]);
                Ok(())
            }
        }
    }

    fn take(mut body: &[u8]) -> Result<Self, LogProblem> {
        let input = &mut body;
        let entry = match u8::take(input)? {
            START => Self::Start(Start::take(input)?),
            OUTCOME => Self::Outcome(Outcome::take(input)?),
            END => Self::End(match u8::take(input)? {
                0 => Stop::Finished,
                1 => Stop::Full,
                2 => Stop::Unwritable,
                _ => return Err(DecodeError::Invalid("reason of the end").into()),
            }),
            tag => Self::Input(Input::take(tag, input)?),
        };
        if body.is_empty() { Ok(entry) } else { Err(LogProblem::TooLong(body.len())) }
    }
}

impl<I: Id + WireData, A: Address + WireData> Item for Start<I, A> {
    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.version.put(out)?;
        self.now.put(out)?;
        let LocalNode { node, meta, versions, layers, incarnation } = &self.local;
        Data(node.id.clone()).put(out)?;
        Data(node.address.clone()).put(out)?;
        meta.put(out)?;
        versions.put(out)?;
        layers.put(out)?;
        incarnation.put(out)?;
        self.options.put(out)?;
        self.overhead.put(out)?;
        self.base.put(out)?;
        self.seed.put(out)
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Self {
            version: Item::take(input)?,
            now: Item::take(input)?,
            local: LocalNode {
                node: Node::take(input)?,
                meta: Item::take(input)?,
                versions: Item::take(input)?,
                layers: Item::take(input)?,
                incarnation: Item::take(input)?,
            },
            options: Item::take(input)?,
            overhead: Item::take(input)?,
            base: Item::take(input)?,
            seed: Item::take(input)?,
        })
    }
}

impl Item for Outcome {
    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.returned.put(out)?;
        for kind in [self.events, self.transmits, self.requests] {
            kind.count.put(out)?;
            kind.fingerprint.put(out)?;
        }
        self.timeout.put(out)
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let returned = u64::take(input)?;
        let mut kind =
            || Ok::<_, DecodeError>(Reached { count: u32::take(input)?, fingerprint: u64::take(input)? });
        let (events, transmits, requests) = (kind()?, kind()?, kind()?);
        Ok(Self { returned, events, transmits, requests, timeout: Item::take(input)? })
    }
}

/// The checksum of an entry.
pub(super) fn checksum(entry: u64, body: &[u8]) -> u32 {
    let mut digest = Digest::new();
    digest.add(&entry.to_le_bytes());
    digest.add(body);
    digest.value() as u32
}

/// Reads the entries of a recording, one after the other; ends after an error, and after the end.
#[derive(Clone, Debug)]
pub struct Entries<'a, I, A> {
    rest: &'a [u8],
    offset: usize,
    entry: u64,
    over: bool,
    kind: core::marker::PhantomData<fn() -> (I, A)>,
}

impl<'a, I: Id + WireData, A: Address + WireData> Entries<'a, I, A> {
    /// Of this recording.
    ///
    /// # Errors
    /// If it is none.
    pub fn new(recording: &'a [u8]) -> Result<Self, LogError> {
        let problem = LogProblem::NotARecording;
        let rest = recording.strip_prefix(MAGIC).ok_or(LogError { entry: 0, offset: 0, problem })?;
        Ok(Self { rest, offset: MAGIC.len(), entry: 0, over: false, kind: core::marker::PhantomData })
    }

    /// The place of the next entry: its number and its first byte.
    #[must_use]
    pub const fn place(&self) -> (u64, usize) {
        (self.entry, self.offset)
    }

    fn read(&mut self) -> Result<Entry<I, A>, LogProblem> {
        let input = &mut self.rest;
        let before = input.len();
        let (len, sum) = match (u32::take(input), u32::take(input)) {
            (Ok(len), Ok(sum)) => (len, sum),
            _ => return Err(LogProblem::CutOff),
        };
        let (body, rest) = input.split_at_checked(len as usize).ok_or(LogProblem::CutOff)?;
        if checksum(self.entry, body) != sum {
            return Err(LogProblem::Checksum);
        }
        let entry = Entry::take(body)?;
        let first = matches!(entry, Entry::Start(_));
        if first != (self.entry == 0) {
            return Err(LogProblem::OutOfOrder);
        }
        *input = rest;
        self.offset += before - rest.len();
        self.entry += 1;
        Ok(entry)
    }
}

impl<I: Id + WireData, A: Address + WireData> Iterator for Entries<'_, I, A> {
    type Item = Result<Entry<I, A>, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        if self.rest.is_empty() {
            self.over = true;
            // No end: the process ended without warning. All that was written is whole.
            return None;
        }
        let (entry, offset) = self.place();
        let read = self.read().and_then(|read| match read {
            Entry::End(_) if !self.rest.is_empty() => Err(LogProblem::OutOfOrder),
            read => Ok(read),
        });
        self.over = !matches!(read, Ok(Entry::Start(_) | Entry::Input(_) | Entry::Outcome(_)));
        Some(read.map_err(|problem| LogError { entry, offset, problem }))
    }
}
