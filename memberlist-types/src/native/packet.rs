//! Packets: several messages, each with its length in front, in one frame.

use super::{WireData, frame, layers, message};
use crate::{DecodeError, EncodeError, Framing, Message};
use alloc::vec::Vec;
use bytes::Bytes;

#[cfg(test)]
mod tests;

/// Each message has its length in two bytes before it.
pub(super) const MESSAGE_OVERHEAD: usize = 2;

/// The longest message.
const MAX_MESSAGE: usize = u16::MAX as usize;

/// More messages than this are not sent in one packet, nor looked at: a packet of nothing but empty messages costs the receiver no more than
/// this many refusals.
pub(super) const MAX_MESSAGES: usize = 1024;

/// What a compressed packet may become. Uncompressed, none is longer: that is what a datagram holds.
const MAX_DECOMPRESSED: usize = 1 << 16;

pub(super) fn overhead(framing: &Framing) -> usize {
    frame::overhead(framing)
}

pub(super) fn encode(framing: &Framing, messages: &[Bytes]) -> Result<Bytes, EncodeError> {
    if messages.is_empty() {
        return Err(EncodeError::Unsupported("a packet without messages"));
    }
    if messages.len() > MAX_MESSAGES {
        let (actual, limit) = (messages.len(), MAX_MESSAGES);
        return Err(EncodeError::TooLarge { what: "messages in a packet", actual, limit });
    }
    let sum: usize = messages.iter().map(|message| MESSAGE_OVERHEAD + message.len()).sum();
    let mut out = Vec::with_capacity(overhead(framing) + sum);
    frame::put_header(&mut out, frame::PACKET_MAGIC, framing);
    let wrapping = layers::Wrapping::begin(framing, &mut out);
    for message in messages {
        if message.is_empty() {
            return Err(EncodeError::Unsupported("an empty message"));
        }
        let len = u16::try_from(message.len()).map_err(|_| EncodeError::TooLarge {
            what: "message bytes",
            actual: message.len(),
            limit: MAX_MESSAGE,
        })?;
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(message);
    }
    wrapping.compress(&mut out, MAX_DECOMPRESSED);
    wrapping.finish(&mut out)?;
    Ok(out.into())
}

pub(super) fn decode<I: WireData, A: WireData>(
    framing: &Framing,
    packet: &Bytes,
    sink: &mut dyn FnMut(Result<Message<I, A>, DecodeError>),
) -> Result<(), DecodeError> {
    let header = frame::check_header(frame::PACKET_MAGIC, framing, packet)?.ok_or(DecodeError::Truncated)?;
    let body = layers::open(framing, packet, header, MAX_DECOMPRESSED)?;
    let (owner, mut rest) = body.parts(packet);
    if rest.is_empty() {
        return Err(DecodeError::Truncated);
    }
    for _ in 0..MAX_MESSAGES {
        let Some((message, after)) = split_message(rest) else {
            // Where the next message would begin is unknown: this ends the packet, but does not cost what came before.
            sink(Err(DecodeError::Truncated));
            return Ok(());
        };
        sink(message::decode(owner, message));
        rest = after;
        if rest.is_empty() {
            return Ok(());
        }
    }
    let limit = MAX_MESSAGES as u64;
    sink(Err(DecodeError::TooLarge { what: "messages in a packet", actual: limit + 1, limit }));
    Ok(())
}

fn split_message(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))
}
