//! The layers between the header and the messages. From the outside in: encryption, checksum, compression.

use super::frame;
use crate::{ChecksumAlgorithm, CompressionAlgorithm, DecodeError, EncodeError, Framing};
use alloc::vec::Vec;
use bytes::Bytes;

mod checksum;
mod compression;
#[cfg(feature = "encryption")]
mod encryption;
#[cfg(not(feature = "encryption"))]
mod plain;
#[cfg(not(feature = "encryption"))]
use plain as encryption;

/// The tag of the innermost layer. All tags have an even number of ones, so that no single flipped bit turns one into another.
pub(super) const BODY: u8 = 0x00;

/// Bytes of all layers, at most.
pub(super) fn overhead(framing: &Framing) -> usize {
    let checksum = framing.checksum.map_or(0, |algorithm| 1 + algorithm.value_len());
    encryption::overhead(framing) + checksum + 1
}

/// Puts the layers around a body that is written between [`begin`](Self::begin) and [`finish`](Self::finish).
pub(super) struct Wrapping<'a> {
    framing: &'a Framing,
    encryption: Option<encryption::Sealing>,
    /// Where the layers inside the encryption begin.
    inside: usize,
    /// Where the body's layer begins.
    body: usize,
}

impl<'a> Wrapping<'a> {
    /// Appends what stands before the body. `out` holds exactly the header.
    pub(super) fn begin(framing: &'a Framing, out: &mut Vec<u8>) -> Self {
        let encryption = encryption::begin(framing, out);
        let inside = out.len();
        if let Some(algorithm) = framing.checksum {
            out.push(algorithm.tag());
            out.extend(core::iter::repeat_n(0, algorithm.value_len()));
        }
        let body = out.len();
        out.push(BODY);
        Self { framing, encryption, inside, body }
    }

    /// Compresses the body, if that is wanted and helps; receivers take no more than `limit` bytes from a compressed one.
    /// Returns the length of the whole as it will be in the end.
    pub(super) fn compress(&self, out: &mut Vec<u8>, limit: usize) -> usize {
        if let Some(compression) = self.framing.compression {
            compression::compress(compression, out, self.body, limit);
        }
        out.len() + if self.encryption.is_some() { encryption::TRAILER } else { 0 }
    }

    /// Whether the body goes as it is: neither compressed nor encrypted.
    pub(super) const fn leaves_the_body(&self) -> bool {
        self.framing.compression.is_none() && self.encryption.is_none()
    }

    /// Writes the checksum and encrypts. The header must be complete.
    pub(super) fn finish(self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.sum_up(out, &[]);
        match self.encryption {
            Some(sealing) => sealing.finish(out, self.inside),
            None => Ok(()),
        }
    }

    /// Writes the checksum, of `out` and of what will stand behind it. The header must be complete.
    pub(super) fn sum_up(&self, out: &mut [u8], behind: &[u8]) {
        let Some(algorithm) = self.framing.checksum else { return };
        let value = {
            let (outside, rest) = out.split_at_checked(self.inside + 1).unwrap_or_default();
            let rest = rest.get(algorithm.value_len()..).unwrap_or_default();
            algorithm.of(&[covered(outside, self.encryption.is_some()), rest, behind])
        };
        let place = self.inside + 1..self.inside + 1 + algorithm.value_len();
        if let Some(place) = out.get_mut(place) {
            place.copy_from_slice(value.as_bytes());
        }
    }
}

/// What a checksum covers of that which stands before its value, its own tag included: inside encryption, only the tag.
fn covered(outside: &[u8], encrypted: bool) -> &[u8] {
    if encrypted { outside.last().map_or(&[], core::slice::from_ref) } else { outside }
}

/// The body of a packet or frame.
pub(super) enum Body<'a> {
    /// It stands there.
    There(&'a [u8]),
    /// It was decrypted together with layers around it, and begins at this byte.
    Decrypted(Bytes, usize),
    /// It was decompressed.
    Decompressed(Bytes),
}

impl Body<'_> {
    /// The body, and what holds it, so that payloads can be slices of it. `whole` is the packet or frame.
    pub(super) fn parts<'b>(&'b self, whole: &'b Bytes) -> (&'b Bytes, &'b [u8]) {
        match self {
            Self::There(body) => (whole, body),
            Self::Decrypted(bytes, from) => (bytes, bytes.get(*from..).unwrap_or_default()),
            Self::Decompressed(bytes) => (bytes, bytes),
        }
    }
}

/// Takes the layers off. `whole` begins with a header of `header` bytes, which is checked already; a compressed body may have `limit` bytes.
pub(super) fn open<'a>(
    framing: &Framing,
    whole: &'a [u8],
    header: usize,
    limit: usize,
) -> Result<Body<'a>, DecodeError> {
    let Some(plain) = encryption::open(framing, whole, header)? else {
        let (header, inside) = whole.split_at_checked(header).ok_or(DecodeError::Truncated)?;
        return Ok(match open_inside(framing, header, inside)? {
            Inside::Body(body) => Body::There(body),
            Inside::Compressed(algorithm, content) => {
                Body::Decompressed(compression::decompress(algorithm, content, limit)?.into())
            }
        });
    };
    Ok(match open_inside(framing, &[], &plain)? {
        Inside::Body(body) => {
            let from = plain.len() - body.len();
            Body::Decrypted(plain.into(), from)
        }
        Inside::Compressed(algorithm, content) => {
            Body::Decompressed(compression::decompress(algorithm, content, limit)?.into())
        }
    })
}

enum Inside<'a> {
    Body(&'a [u8]),
    Compressed(CompressionAlgorithm, &'a [u8]),
}

/// The layers inside the encryption. `header` is what stands before them, and is empty if it is authenticated already.
fn open_inside<'a>(
    framing: &Framing,
    header: &[u8],
    mut inside: &'a [u8],
) -> Result<Inside<'a>, DecodeError> {
    let (&tag, content) = inside.split_first().ok_or(DecodeError::Truncated)?;
    if tag == BODY {
        return Ok(Inside::Body(content));
    }
    let checksum = ChecksumAlgorithm::from_tag(tag);
    if let Some(algorithm) = checksum {
        let (value, rest) = content.split_at_checked(algorithm.value_len()).ok_or(DecodeError::Truncated)?;
        check(framing, algorithm, header, value, rest)?;
        inside = rest;
    }
    let (&tag, content) = inside.split_first().ok_or(DecodeError::Truncated)?;
    if tag == BODY {
        return Ok(Inside::Body(content));
    }
    if let Some(algorithm) = CompressionAlgorithm::from_tag(tag) {
        return Ok(Inside::Compressed(algorithm, content));
    }
    let misplaced =
        checksum.is_some() && ChecksumAlgorithm::from_tag(tag).is_some() || encryption::is_known(tag);
    Err(if misplaced { DecodeError::Invalid("order of layers") } else { DecodeError::UnknownLayer(tag) })
}

fn check(
    framing: &Framing,
    algorithm: ChecksumAlgorithm,
    header: &[u8],
    value: &[u8],
    rest: &[u8],
) -> Result<(), DecodeError> {
    let fits = |header: &[u8]| algorithm.of(&[header, &[algorithm.tag()], rest]).as_bytes() == value;
    // Who removes a label in front of us need not know of checksums: the sender's was made with the label in place.
    if fits(header) || frame::with_label(framing, header).is_some_and(|header| fits(&header)) {
        return Ok(());
    }
    Err(DecodeError::ChecksumMismatch)
}

/// The length that the body is said to have before compression; 0 if it is not compressed, or encryption hides it.
pub(super) fn announced(inside: &[u8]) -> usize {
    let skipped = match inside.first().copied().and_then(ChecksumAlgorithm::from_tag) {
        Some(algorithm) => 1 + algorithm.value_len(),
        None => 0,
    };
    let Some((&tag, content)) = inside.get(skipped..).and_then(<[u8]>::split_first) else { return 0 };
    match CompressionAlgorithm::from_tag(tag).map(|_| compression::announced(content, usize::MAX)) {
        Some(Ok(Some((len, _)))) => len,
        _ => 0,
    }
}

/// Looks at the layers of a frame of which perhaps only the first bytes are there, and refuses what can be refused already.
/// Returns the body's first bytes, if nothing hides them.
pub(super) fn peek<'a>(
    framing: &Framing,
    inside: &'a [u8],
    limit: usize,
) -> Result<Option<&'a [u8]>, DecodeError> {
    let Some(&tag) = inside.first() else { return Ok(None) };
    encryption::check_policy(framing, tag)?;
    encryption::check_key(framing, inside)?;
    let is_known = tag == BODY
        || ChecksumAlgorithm::from_tag(tag).is_some()
        || CompressionAlgorithm::from_tag(tag).is_some()
        || encryption::is_known(tag);
    if !is_known {
        return Err(DecodeError::UnknownLayer(tag));
    }
    let skipped = ChecksumAlgorithm::from_tag(tag).map_or(0, |algorithm| 1 + algorithm.value_len());
    let Some((&tag, content)) = inside.get(skipped..).and_then(<[u8]>::split_first) else { return Ok(None) };
    if CompressionAlgorithm::from_tag(tag).is_some() {
        compression::announced(content, limit)?;
    }
    Ok((tag == BODY).then_some(content))
}
