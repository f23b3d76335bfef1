//! Several messages in one: how many, the length of each, and they.

use crate::kind;
use alloc::vec::Vec;
use bytes::Bytes;
use memberlist_types::{DecodeError, EncodeError};

#[cfg(test)]
mod tests;

/// How many messages the number field can count.
pub(crate) const MAX_PARTS: usize = u8::MAX as usize;

/// The longest message that the length field can hold.
pub(crate) const MAX_PART: usize = u16::MAX as usize;

/// The kind, and how many.
pub(crate) const OVERHEAD: usize = 2;

/// The length of each.
pub(crate) const PART_OVERHEAD: usize = 2;

/// Q6: what does not fit the fields is refused, and does not wrap around.
pub(crate) fn encode(messages: &[Bytes]) -> Result<Vec<u8>, EncodeError> {
    let count = u8::try_from(messages.len()).map_err(|_| EncodeError::TooLarge {
        what: "messages in a packet",
        actual: messages.len(),
        limit: MAX_PARTS,
    })?;
    let sum: usize = messages.iter().map(|message| PART_OVERHEAD + message.len()).sum();
    let mut out = Vec::with_capacity(OVERHEAD + sum);
    out.extend_from_slice(&[kind::COMPOUND, count]);
    for message in messages {
        let len = u16::try_from(message.len()).map_err(|_| EncodeError::TooLarge {
            what: "message bytes",
            actual: message.len(),
            limit: MAX_PART,
        })?;
        out.extend_from_slice(&len.to_be_bytes());
    }
    for message in messages {
        out.extend_from_slice(message);
    }
    Ok(out)
}

/// The messages of a compound one. `Err` stands for one that is cut off, and for all after it.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    lengths: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Of what stands behind the kind.
    ///
    /// # Errors
    /// If not even all the lengths are there.
    pub(crate) fn new(body: &'a [u8]) -> Result<Self, DecodeError> {
        let (&count, rest) = body.split_first().ok_or(DecodeError::Truncated)?;
        let lengths = usize::from(count) * PART_OVERHEAD;
        let (lengths, rest) = rest.split_at_checked(lengths).ok_or(DecodeError::Truncated)?;
        Ok(Self { lengths, rest })
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Result<&'a [u8], DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (len, lengths) = self.lengths.split_first_chunk()?;
        let Some((part, rest)) = self.rest.split_at_checked(u16::from_be_bytes(*len).into()) else {
            self.lengths = &[];
            return Some(Err(DecodeError::Truncated));
        };
        (self.lengths, self.rest) = (lengths, rest);
        Some(Ok(part))
    }
}
