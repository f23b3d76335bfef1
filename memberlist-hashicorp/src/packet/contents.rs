use crate::{
    compound, compression,
    identity::{HashicorpAddress, HashicorpName},
    kind, message,
};
use bytes::Bytes;
use memberlist_types::{DecodeError, Message};

/// How often containers may be in one another. Go has no limit, and makes two at most.
const MAX_DEPTH: usize = 8;

/// More messages than this are not looked at in one packet: one of nothing but empty messages costs no more than this many refusals.
const MAX_MESSAGES: usize = 1024;

/// Takes messages out of their containers, and hands them over.
///
/// All that is in a packet has one budget: of containers in containers each might multiply what is in it.
pub(super) struct Contents<'s, I, A> {
    sink: &'s mut dyn FnMut(Result<Message<I, A>, DecodeError>),
    /// How many messages may still come.
    messages: usize,
    /// How many bytes may still be decompressed.
    room: usize,
    /// Too many came.
    full: bool,
}

impl<'s, I: HashicorpName, A: HashicorpAddress> Contents<'s, I, A> {
    pub(super) fn new(sink: &'s mut dyn FnMut(Result<Message<I, A>, DecodeError>)) -> Self {
        Self { sink, messages: MAX_MESSAGES, room: compression::MAX_PACKET, full: false }
    }

    /// Hands over all that is in `bytes`, which are a part of `owner`.
    ///
    /// # Errors
    /// If it is a container that can't be opened. Nothing was handed over then.
    pub(super) fn deliver(&mut self, owner: &Bytes, bytes: &[u8]) -> Result<(), DecodeError> {
        self.deliver_at(owner, bytes, 0)
    }

    fn deliver_at(&mut self, owner: &Bytes, bytes: &[u8], depth: usize) -> Result<(), DecodeError> {
        match *bytes {
            [kind::COMPOUND | kind::COMPRESSED, ..] if depth == MAX_DEPTH => {
                let (actual, limit) = (MAX_DEPTH as u64 + 1, MAX_DEPTH as u64);
                Err(DecodeError::TooLarge { what: "containers in one another", actual, limit })
            }
            [kind::COMPOUND, ref body @ ..] => {
                for part in compound::Parts::new(body)? {
                    let delivered = part.and_then(|part| self.deliver_at(owner, part, depth + 1));
                    if let Err(error) = delivered {
                        self.put(Err(error));
                    }
                    if self.full {
                        break;
                    }
                }
                Ok(())
            }
            [kind::COMPRESSED, ref body @ ..] => {
                let plain = Bytes::from(compression::decompress(body, self.room)?);
                self.room -= plain.len();
                self.deliver_at(&plain, &plain, depth + 1)
            }
            _ => {
                self.put(message::decode::message(owner, bytes));
                Ok(())
            }
        }
    }

    fn put(&mut self, message: Result<Message<I, A>, DecodeError>) {
        if self.full {
            return;
        }
        if let Some(left) = self.messages.checked_sub(1) {
            self.messages = left;
            (self.sink)(message);
        } else {
            self.full = true;
            let (actual, limit) = (MAX_MESSAGES as u64 + 1, MAX_MESSAGES as u64);
            (self.sink)(Err(DecodeError::TooLarge { what: "messages in a packet", actual, limit }));
        }
    }
}
