//! The header, in clear: what it is, and the label.

use super::layers;
use crate::{DecodeError, Framing};
use alloc::vec::Vec;

#[cfg(test)]
mod tests;

/// The first byte: the high half says what it is, the low half the version of the format.
pub(super) const PACKET_MAGIC: u8 = 0xd1;
/// As `PACKET_MAGIC`, for a frame in a stream.
pub(super) const STREAM_MAGIC: u8 = 0xe1;

/// Bytes of header (without a stream's length) and layers, at most.
pub(super) fn overhead(framing: &Framing) -> usize {
    2 + framing.label.as_bytes().len() + layers::overhead(framing)
}

/// Appends magic and label.
pub(super) fn put_header(out: &mut Vec<u8>, magic: u8, framing: &Framing) {
    let label = framing.label.as_bytes();
    out.push(magic);
    // A label has at most 255 bytes by construction.
    out.push(u8::try_from(label.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(label);
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

/// The header as it was before something in front of us removed the label; `None` if nothing does, or the header is not there.
pub(super) fn with_label(framing: &Framing, header: &[u8]) -> Option<Vec<u8>> {
    let (&magic, behind) = header.split_first().filter(|_| framing.label_stripped_upstream)?;
    let mut labelled = Vec::new();
    put_header(&mut labelled, magic, framing);
    labelled.extend_from_slice(behind.get(1..).unwrap_or_default());
    Some(labelled)
}
