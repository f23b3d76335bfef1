//! What lies around the messages: the header with the label, then the layers.

use crate::{ChecksumAlgorithm, DecodeError, Framing};
use alloc::vec::Vec;
use bytes::Bytes;

#[cfg(test)]
mod tests;

/// The first byte: the high half says what it is, the low half the version of the format.
pub(super) const PACKET_MAGIC: u8 = 0xd1;
/// As `PACKET_MAGIC`, for a frame in a stream.
pub(super) const STREAM_MAGIC: u8 = 0xe1;

/// The tags of the layers. All have an even number of ones, so that no single flipped bit turns one into another.
pub(super) const BODY: u8 = 0x00;
pub(super) const CRC32: u8 = 0x11;

/// Bytes of a checksum layer: the tag and the value.
const CRC32_LEN: usize = 5;

/// Bytes of header (without a stream's length) and layers.
pub(super) fn overhead(framing: &Framing) -> usize {
    let checksum = match framing.checksum {
        Some(ChecksumAlgorithm::Crc32) => CRC32_LEN,
        None => 0,
    };
    2 + framing.label.as_bytes().len() + checksum + 1
}

/// Appends magic and label.
pub(super) fn put_header(out: &mut Vec<u8>, magic: u8, framing: &Framing) {
    let label = framing.label.as_bytes();
    out.push(magic);
    // A label has at most 255 bytes by construction.
    out.push(u8::try_from(label.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(label);
}

/// Appends the layers up to where the body begins. `out` holds exactly the header.
/// Returns where the checksum's value is to be patched in once the body stands.
pub(super) fn put_layers(out: &mut Vec<u8>, framing: &Framing) -> Option<usize> {
    let checksum = match framing.checksum {
        Some(ChecksumAlgorithm::Crc32) => {
            out.push(CRC32);
            let at = out.len();
            out.extend_from_slice(&[0; 4]);
            Some(at)
        }
        None => None,
    };
    out.push(BODY);
    checksum
}

/// Writes the checksum over all of `frame` but its own four bytes at `at`.
pub(super) fn seal(frame: &mut [u8], at: Option<usize>) {
    let Some((outside, rest)) = at.and_then(|at| frame.split_at_mut_checked(at)) else { return };
    if let Some((value, inside)) = rest.split_first_chunk_mut() {
        *value = crc32(&[outside, inside]).to_be_bytes();
    }
}

/// Checks magic and label at the front of `bytes`, before anything else is looked at, and as early as they can be refused.
/// Returns how many bytes they take; `None` if they are not complete.
pub(super) fn check_header(magic: u8, framing: &Framing, bytes: &[u8]) -> Result<Option<usize>, DecodeError> {
    match bytes.first() {
        None => return Ok(None),
        Some(&first) if first != magic => return Err(DecodeError::BadMagic(first)),
        Some(_) => {}
    }
    let Some((&len, rest)) = bytes.get(1..).and_then(<[u8]>::split_first) else { return Ok(None) };
    let expected = if framing.label_stripped_upstream { &[] } else { framing.label.as_bytes() };
    let seen = rest.get(..usize::from(len)).unwrap_or(rest);
    if usize::from(len) != expected.len() || !expected.starts_with(seen) {
        return Err(DecodeError::LabelMismatch);
    }
    Ok((seen.len() == expected.len()).then_some(2 + expected.len()))
}

/// Takes the layers off. `header` is what stands before them (checked already), `inner` everything behind it.
/// Returns the body, as a part of `inner`.
pub(super) fn open<'a>(framing: &Framing, header: &[u8], inner: &'a [u8]) -> Result<&'a [u8], DecodeError> {
    let (&tag, rest) = inner.split_first().ok_or(DecodeError::Truncated)?;
    match tag {
        BODY => Ok(rest),
        CRC32 => {
            let (value, inside) = rest.split_first_chunk().ok_or(DecodeError::Truncated)?;
            check_crc32(framing, header, u32::from_be_bytes(*value), inside)?;
            match inside.split_first() {
                Some((&BODY, body)) => Ok(body),
                Some((&CRC32, _)) => Err(DecodeError::Invalid("order of layers")),
                Some((&unknown, _)) => Err(DecodeError::UnknownLayer(unknown)),
                None => Err(DecodeError::Truncated),
            }
        }
        unknown => Err(DecodeError::UnknownLayer(unknown)),
    }
}

fn check_crc32(framing: &Framing, header: &[u8], value: u32, inside: &[u8]) -> Result<(), DecodeError> {
    if crc32(&[header, &[CRC32], inside]) == value {
        return Ok(());
    }
    // Who removes a label in front of us need not know of checksums: the sender's was made with the label in place.
    if framing.label_stripped_upstream
        && let Some((&magic, behind)) = header.split_first()
    {
        let mut labelled = Vec::new();
        put_header(&mut labelled, magic, framing);
        if crc32(&[&labelled, behind.get(1..).unwrap_or_default(), &[CRC32], inside]) == value {
            return Ok(());
        }
    }
    Err(DecodeError::ChecksumMismatch)
}

fn crc32(parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

/// The body's first bytes in a frame of which only the first bytes are there, if nothing stands in the way.
pub(super) fn peek_body(inner: &[u8]) -> Option<&[u8]> {
    match inner.split_first()? {
        (&BODY, body) => Some(body),
        (&CRC32, rest) => match rest.get(4..)?.split_first()? {
            (&BODY, body) => Some(body),
            _ => None,
        },
        _ => None,
    }
}

/// Cuts a frame where its header ends.
pub(super) fn header_and_inner(frame: &Bytes, header: usize) -> (&[u8], &[u8]) {
    frame.split_at_checked(header).unwrap_or((frame, &[]))
}
