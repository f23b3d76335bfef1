//! Where a message ends.
//!
//! A peer may send byte by byte, and each time it is looked for from the beginning. So that this does not cost the square of a large push/pull, what is
//! short is told as well as it can be known: then nobody looks again before it is there.

use super::message::{Announced, push_pull_header, user_header};
use crate::{
    kind,
    msgpack::{Head, Reader, Token},
};
use memberlist_types::{DecodeError, StreamLimits};

#[cfg(test)]
mod tests;

/// Values in one struct, with all that is in it: three times as many as the largest one has. Who sends more wants to keep us counting.
const MAX_VALUES: usize = 64;

/// Bytes of the smallest node: an array of a name of one byte, an address and a port.
const MIN_STATE: usize = 9;

/// The same as a map. What Go writes has more than twice as many.
const MIN_STATE_MAP: usize = 24;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// So many bytes are missing, at least.
    Short(usize),
    /// It has so many bytes.
    Whole(usize),
}

/// Of a message with its kind in front. What it announces is checked against the limits as soon as it is there.
pub(super) fn of_message(limits: &StreamLimits, message: &[u8]) -> Result<Extent, DecodeError> {
    match message.first() {
        None => Ok(Extent::Short(2)),
        Some(&(kind::PING | kind::ACK | kind::ERROR)) => of_value(1, message),
        Some(&kind::USER) => match header(message)? {
            (short @ Extent::Short(_), _) => Ok(short),
            (Extent::Whole(header), mut reader) => {
                Ok(Extent::of(message, header.saturating_add(user_header(limits, &mut reader)?)))
            }
        },
        Some(&kind::PUSH_PULL) => match header(message)? {
            (short @ Extent::Short(_), _) => Ok(short),
            (Extent::Whole(header), mut reader) => {
                let Announced { nodes, user, .. } = push_pull_header(limits, &mut reader)?;
                of_states(message, header, nodes, user)
            }
        },
        Some(&other) => Err(DecodeError::UnknownKind(other)),
    }
}

/// The value behind the kind, and what reads it.
fn header(message: &[u8]) -> Result<(Extent, Reader<'_>), DecodeError> {
    Ok((of_value(1, message)?, Reader::new(message.get(1..).unwrap_or_default())))
}

/// Of one value behind so many bytes.
pub(super) fn of_value(before: usize, message: &[u8]) -> Result<Extent, DecodeError> {
    let mut reader = Reader::new(message.get(before..).unwrap_or_default());
    Ok(match pass(&mut reader)? {
        0 => Extent::Whole(message.len() - reader.rest().len()),
        missing => Extent::Short(missing),
    })
}

impl Extent {
    /// What has so many bytes, of which these are there.
    fn of(message: &[u8], len: usize) -> Self {
        match len.saturating_sub(message.len()) {
            0 => Self::Whole(len),
            missing => Self::Short(missing),
        }
    }
}

fn of_states(message: &[u8], header: usize, nodes: usize, user: usize) -> Result<Extent, DecodeError> {
    let mut reader = Reader::new(message.get(header..).unwrap_or_default());
    let is_map = reader.rest().first().is_some_and(|first| matches!(first, 0x80..=0x8f | 0xde | 0xdf));
    // Whoever begins with a map goes on with maps: that is as much as all others have at least.
    let least = if is_map { MIN_STATE_MAP } else { MIN_STATE };
    for passed in 1..=nodes {
        let before = reader.rest().len();
        let missing = pass(&mut reader)?;
        if missing > 0 {
            // Of the one that is not whole, what is missing for it to be one at all is known, too.
            let missing = missing.max(least.saturating_sub(before));
            let others = (nodes - passed).saturating_mul(least);
            return Ok(Extent::Short(missing.saturating_add(others).saturating_add(user)));
        }
        if before - reader.rest().len() < least {
            return Err(DecodeError::Invalid("length of a node"));
        }
    }
    Ok(Extent::of(message, (message.len() - reader.rest().len()).saturating_add(user)))
}

/// Passes over one value. Returns how many bytes of it are missing, at least; 0 if it is whole.
fn pass(reader: &mut Reader<'_>) -> Result<usize, DecodeError> {
    let mut values = 0_usize;
    // How many values are to come, with those in them as far as they are known. Each has at least one byte.
    let mut left = 1_usize;
    while left > 0 {
        let inside = match one(reader) {
            Ok(inside) => inside,
            Err(DecodeError::Truncated) => return Ok(reader.lacking().saturating_add(left - 1)),
            Err(error) => return Err(error),
        };
        values += 1;
        left = (left - 1).saturating_add(usize::try_from(inside).unwrap_or(usize::MAX));
        let sum = values.saturating_add(left);
        if sum > MAX_VALUES {
            let (actual, limit) = (sum as u64, MAX_VALUES as u64);
            return Err(DecodeError::TooLarge { what: "values in one struct", actual, limit });
        }
    }
    Ok(0)
}

/// Passes over one value, or the head of an array or map; returns how many values are in it.
fn one(reader: &mut Reader<'_>) -> Result<u64, DecodeError> {
    match reader.head()? {
        Head::Whole(Token::Array(len)) => return Ok(len.into()),
        Head::Whole(Token::Map(len)) => return Ok(2 * u64::from(len)),
        Head::Whole(_) => {}
        Head::Raw(len) => {
            reader.content(len)?;
        }
        Head::Extension(len) => {
            reader.take(1)?;
            reader.content(len)?;
        }
    }
    Ok(0)
}
