//! Packets. From the outside in: label, encryption, checksum, compression, several messages in one.

use crate::{
    HashicorpWire, compound, compression,
    encryption::{self, Sealing},
    identity::{HashicorpAddress, HashicorpName},
    kind, label, message,
};
use alloc::{borrow::Cow, vec::Vec};
use bytes::Bytes;
use memberlist_types::{ChecksumAlgorithm, DecodeError, EncodeError, Framing, Message, Protection};

mod contents;

use contents::Contents;

/// The kind, and the checksum.
const CHECKSUM_OVERHEAD: usize = 5;

/// Bytes that a packet may have besides its messages and their lengths.
pub(crate) fn overhead(wire: HashicorpWire, framing: &Framing) -> usize {
    let checksum = if framing.checksum.is_some() { CHECKSUM_OVERHEAD } else { 0 };
    label::overhead(framing) + encryption::overhead(wire, framing) + checksum + compound::OVERHEAD
}

pub(crate) fn encode(
    wire: HashicorpWire,
    framing: &Framing,
    messages: &[Bytes],
) -> Result<Bytes, EncodeError> {
    crate::wire::check_layers(framing)?;
    if messages.iter().any(Bytes::is_empty) {
        return Err(EncodeError::Unsupported("an empty message"));
    }
    let mut body: Cow<'_, [u8]> = match messages {
        [] => return Err(EncodeError::Unsupported("a packet without messages")),
        // A single one goes bare.
        [message] if message.len() <= compound::MAX_PART => Cow::Borrowed(message),
        several => Cow::Owned(compound::encode(several)?),
    };
    let compressed = wire.compression && body.len() <= compression::MAX_PACKET;
    if let Some(shorter) = compressed.then(|| compression::compress(&body)).flatten() {
        body = Cow::Owned(shorter);
    }
    let mut out = Vec::with_capacity(overhead(wire, framing) + body.len());
    label::put(framing, &mut out);
    let sealing = Sealing::begin(wire, framing, &[], &mut out)?;
    if framing.checksum == Some(ChecksumAlgorithm::Crc32) {
        out.push(kind::CHECKSUM);
        out.extend_from_slice(&crc32fast::hash(&body).to_be_bytes());
    }
    out.extend_from_slice(&body);
    if let Some(sealing) = sealing {
        sealing.finish(framing, &[], &mut out)?;
    }
    Ok(out.into())
}

pub(crate) fn decode<I: HashicorpName, A: HashicorpAddress>(
    wire: HashicorpWire,
    framing: &Framing,
    packet: &Bytes,
    sink: &mut dyn FnMut(Result<Message<I, A>, DecodeError>),
) -> Result<(), DecodeError> {
    let label::Check::Right(label) = label::check(framing, packet)? else {
        return Err(DecodeError::Truncated);
    };
    let body = packet.get(label..).unwrap_or_default();
    let decrypted = decrypt::<I, A>(wire, framing, body)?.map(Bytes::from);
    let (owner, body) = decrypted.as_ref().map_or((packet, body), |plain| (plain, &plain[..]));
    Contents::new(sink).deliver(owner, unchecked(body)?)
}

/// What is in an encrypted packet; `None` if it is in clear.
///
/// One can't tell by looking: the format of an encrypted packet, its first byte, is also that of a ping. So where packets in clear are accepted (Go
/// tries them after any failure) or are to be told apart, whatever is a sound ping is one.
fn decrypt<I: HashicorpName, A: HashicorpAddress>(
    wire: HashicorpWire,
    framing: &Framing,
    body: &[u8],
) -> Result<Option<Vec<u8>>, DecodeError> {
    let &[first, second, ..] = body else {
        // Shorter than anything that says something, except an empty user message.
        return match body.first() {
            None => Err(DecodeError::Truncated),
            Some(_) => in_clear(framing),
        };
    };
    let may_be_encrypted = first <= 1 && body.len() >= encryption::MIN_LEN;
    if !may_be_encrypted {
        return in_clear(framing);
    }
    if !encryption::has_keys(framing) {
        // The first byte of a nonce, where Go puts a map, and others nothing but an array or nil.
        let is_struct = matches!(second, 0x80..=0x9f | 0xc0 | 0xdc..=0xdf);
        return if is_struct { Ok(None) } else { Err(DecodeError::NoKey) };
    }
    encryption::open(wire, framing, &[], body)
        .map(Some)
        .or_else(|error| if message::decode::is_ping::<I, A>(body) { in_clear(framing) } else { Err(error) })
}

fn in_clear(framing: &Framing) -> Result<Option<Vec<u8>>, DecodeError> {
    if framing.protection() == Protection::Required { Err(DecodeError::Unencrypted) } else { Ok(None) }
}

/// What stands behind the checksum, which is right; or all, if there is none. One that is further inside is a kind that is unknown there.
fn unchecked(body: &[u8]) -> Result<&[u8], DecodeError> {
    let [kind::CHECKSUM, rest @ ..] = body else { return Ok(body) };
    let (checksum, inside) = rest.split_first_chunk().ok_or(DecodeError::Truncated)?;
    if crc32fast::hash(inside) != u32::from_be_bytes(*checksum) {
        return Err(DecodeError::ChecksumMismatch);
    }
    Ok(inside)
}
