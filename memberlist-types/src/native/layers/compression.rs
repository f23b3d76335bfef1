//! Compression: a tag, the length of what it was before in 4 bytes, then the compressed messages.

use crate::{Compression, CompressionAlgorithm, DecodeError};
use alloc::vec::Vec;

#[cfg(feature = "brotli")]
mod brotli;
#[cfg(feature = "lz4")]
mod lz4;
#[cfg(feature = "snappy")]
mod snappy;
#[cfg(feature = "zstd")]
mod zstd;

#[cfg(test)]
#[cfg(any(feature = "snappy", feature = "lz4", feature = "zstd", feature = "brotli"))]
mod tests;

/// Bytes of the length before compression.
const LEN_LEN: usize = 4;

/// What went wrong with compressed bytes; nobody could do anything with more detail.
pub(super) struct Corrupt;

impl CompressionAlgorithm {
    pub(in super::super) const fn tag(self) -> u8 {
        match self {
            #[cfg(feature = "snappy")]
            Self::Snappy => 0x24,
            #[cfg(feature = "lz4")]
            Self::Lz4 => 0x27,
            #[cfg(feature = "zstd")]
            Self::Zstd => 0x28,
            #[cfg(feature = "brotli")]
            Self::Brotli => 0x2b,
        }
    }

    /// `None`: unknown, or not enabled.
    pub(super) fn from_tag(tag: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.tag() == tag)
    }

    fn compress(self, body: &[u8]) -> Option<Vec<u8>> {
        let _ = body;
        match self {
            #[cfg(feature = "snappy")]
            Self::Snappy => snappy::compress(body),
            #[cfg(feature = "lz4")]
            Self::Lz4 => Some(lz4::compress(body)),
            #[cfg(feature = "zstd")]
            Self::Zstd => zstd::compress(body),
            #[cfg(feature = "brotli")]
            Self::Brotli => brotli::compress(body),
        }
    }

    /// `len` bytes at most are produced, and memory for so many at most is used for them.
    fn decompress(self, compressed: &[u8], len: usize) -> Result<Vec<u8>, Corrupt> {
        let _ = (compressed, len);
        match self {
            #[cfg(feature = "snappy")]
            Self::Snappy => snappy::decompress(compressed, len),
            #[cfg(feature = "lz4")]
            Self::Lz4 => lz4::decompress(compressed, len),
            #[cfg(feature = "zstd")]
            Self::Zstd => zstd::decompress(compressed, len),
            #[cfg(feature = "brotli")]
            Self::Brotli => brotli::decompress(compressed, len),
        }
    }
}

/// Replaces the layer of the body, which is all from `at` on, if that makes it shorter.
pub(super) fn compress(compression: Compression, out: &mut Vec<u8>, at: usize, limit: usize) {
    let Some((_, body)) = out.get(at..).and_then(<[u8]>::split_first) else { return };
    if body.len() <= compression.threshold || body.len() > limit {
        return;
    }
    let Ok(len) = u32::try_from(body.len()) else { return };
    let Some(compressed) = compression.algorithm.compress(body) else { return };
    if LEN_LEN + compressed.len() >= body.len() {
        return;
    }
    out.truncate(at);
    out.push(compression.algorithm.tag());
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(&compressed);
}

/// What stands behind the tag of a compression layer; `None` if its length is not there yet.
pub(super) fn announced(content: &[u8], limit: usize) -> Result<Option<(usize, &[u8])>, DecodeError> {
    let Some((len, compressed)) = content.split_first_chunk() else { return Ok(None) };
    let (actual, limit) = (u64::from(u32::from_be_bytes(*len)), limit as u64);
    if actual > limit {
        return Err(DecodeError::TooLarge { what: "decompressed bytes", actual, limit });
    }
    // Fits, for the limit does.
    Ok(Some((usize::try_from(actual).unwrap_or(usize::MAX), compressed)))
}

/// The body, whose length was announced and is right.
pub(super) fn decompress(
    algorithm: CompressionAlgorithm,
    content: &[u8],
    limit: usize,
) -> Result<Vec<u8>, DecodeError> {
    let (len, compressed) = announced(content, limit)?.ok_or(DecodeError::Truncated)?;
    match algorithm.decompress(compressed, len) {
        Ok(body) if body.len() == len => Ok(body),
        _ => Err(DecodeError::Invalid("compressed data")),
    }
}
