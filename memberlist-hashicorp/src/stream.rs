//! Messages on streams. From the outside in: label (only the first one of who dials), encryption, compression.
//!
//! Only an encrypted message has its length in front. The others end where their content says, which is found out by passing over them ([`extent`]).

mod encode;
mod extent;
mod message;

pub(crate) use encode::encode;

use crate::{
    HashicorpWire, compression, encryption,
    identity::{HashicorpAddress, HashicorpName},
    kind, label,
};
use bytes::{Bytes, BytesMut};
use extent::Extent;
use memberlist_types::{DecodeError, Framing, Protection, StreamLimits, StreamMessage};

/// The kind and the length of an encrypted message.
const ENCRYPTED_HEADER: usize = 5;

/// The longest encrypted message, behind its length.
const MAX_ENCRYPTED: usize = 20 << 20;

/// The most bytes of the application in one message.
const MAX_USER: usize = 20 << 20;

/// The most nodes in one push/pull.
const MAX_STATES: usize = 1 << 20;

/// What both sides allow: we, and the format.
fn limited(limits: &StreamLimits) -> StreamLimits {
    limits.with_max_states(limits.max_states.min(MAX_STATES)).with_max_user(limits.max_user.min(MAX_USER))
}

fn check_limit(what: &'static str, actual: u64, limit: usize) -> Result<usize, DecodeError> {
    let within = usize::try_from(actual).ok().filter(|&actual| actual <= limit);
    within.ok_or(DecodeError::TooLarge { what, actual, limit: limit as u64 })
}

/// What is at the front of a buffer.
enum Front {
    /// Too little: so many bytes are missing, at least.
    Short(usize),
    /// A message: how many bytes stand before it, and how many it has.
    Message { label: usize, len: usize },
}

/// Looks for a message at the front of a buffer. Nothing is decoded, and nothing allocated.
fn front(
    wire: HashicorpWire,
    framing: &Framing,
    limits: &StreamLimits,
    first_by_dialer: bool,
    buffer: &[u8],
) -> Result<Front, DecodeError> {
    let label = match first_by_dialer {
        true => match label::check(framing, buffer)? {
            label::Check::Right(label) => label,
            label::Check::Short(missing) => return Ok(Front::Short(missing)),
        },
        false => 0,
    };
    let body = buffer.get(label..).unwrap_or_default();
    let extent = match *body {
        [] => return Ok(Front::Short(1)),
        [kind::ENCRYPTED, ..] => encrypted(wire, framing, body)?,
        [kind::LABEL, ..] => return Err(DecodeError::Invalid("label in front of an answer")),
        [
            kind @ (kind::PUSH_PULL | kind::PING | kind::ACK | kind::USER | kind::ERROR | kind::COMPRESSED),
            ..,
        ] => {
            if framing.protection() == Protection::Required {
                return Err(DecodeError::Unencrypted);
            }
            match kind {
                kind::COMPRESSED => extent::of_value(1, body)?,
                _ => extent::of_message(limits, body)?,
            }
        }
        [other, ..] => return Err(kind::unknown(other)),
    };
    let (Extent::Short(len) | Extent::Whole(len)) = extent;
    let before = if let Extent::Short(_) = extent { buffer.len() } else { label };
    check_limit("frame bytes", before.saturating_add(len) as u64, limits.max_frame)?;
    Ok(match extent {
        Extent::Short(missing) => Front::Short(missing),
        Extent::Whole(len) => Front::Message { label, len },
    })
}

fn encrypted(wire: HashicorpWire, framing: &Framing, body: &[u8]) -> Result<Extent, DecodeError> {
    if !encryption::has_keys(framing) {
        return Err(DecodeError::NoKey);
    }
    let &[_, a, b, c, d, ref payload @ ..] = body else {
        return Ok(Extent::Short(ENCRYPTED_HEADER + encryption::MIN_LEN - body.len()));
    };
    let len = check_limit("encrypted bytes", u32::from_be_bytes([a, b, c, d]).into(), MAX_ENCRYPTED)?;
    if len < encryption::MIN_LEN {
        return Err(DecodeError::Invalid("length of what is encrypted"));
    }
    if let Some(&format) = payload.first() {
        encryption::check_format(wire, format)?;
    }
    Ok(match len.checked_sub(payload.len()) {
        None | Some(0) => Extent::Whole(ENCRYPTED_HEADER + len),
        Some(missing) => Extent::Short(missing),
    })
}

pub(crate) fn missing(
    wire: HashicorpWire,
    framing: &Framing,
    limits: &StreamLimits,
    first_by_dialer: bool,
    buffer: &[u8],
) -> usize {
    match front(wire, framing, &limited(limits), first_by_dialer, buffer) {
        Ok(Front::Short(missing)) => missing,
        _ => 0,
    }
}

/// What decoding the message at the front takes; 0 if it is not complete. What encryption hides is not counted.
pub(crate) fn decode_cost(wire: HashicorpWire, framing: &Framing, buffer: &[u8]) -> usize {
    let limits = limited(&StreamLimits::default()).with_max_frame(usize::MAX);
    let labelled = buffer.first() == Some(&kind::LABEL);
    let Ok(Front::Message { label, len }) = front(wire, framing, &limits, labelled, buffer) else { return 0 };
    match buffer.get(label..label + len) {
        Some([kind::COMPRESSED, body @ ..]) => label + len + compression::cost(body, compression::MAX_FRAME),
        _ => label + len,
    }
}

pub(crate) fn decode<I: HashicorpName, A: HashicorpAddress>(
    wire: HashicorpWire,
    framing: &Framing,
    limits: &StreamLimits,
    first_by_dialer: bool,
    buffer: &mut BytesMut,
) -> Result<Option<StreamMessage<I, A>>, DecodeError> {
    let limits = &limited(limits);
    let Front::Message { label, len } = front(wire, framing, limits, first_by_dialer, buffer)? else {
        return Ok(None);
    };
    let frame = buffer.split_to(label + len).freeze().slice(label..);
    let message = match frame.split_at_checked(ENCRYPTED_HEADER) {
        Some((header @ [kind::ENCRYPTED, ..], payload)) => {
            Bytes::from(encryption::open(wire, framing, header, payload)?)
        }
        _ => frame,
    };
    let message = match *message {
        [kind::COMPRESSED, ref body @ ..] => {
            let limit = limits.max_frame.min(compression::MAX_FRAME);
            Bytes::from(compression::decompress(body, limit)?)
        }
        _ => message,
    };
    match extent::of_message(limits, &message)? {
        Extent::Whole(_) => message::decode(limits, &message).map(Some),
        Extent::Short(_) => Err(DecodeError::Truncated),
    }
}
