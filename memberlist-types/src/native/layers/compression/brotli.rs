//! A stream of Brotli (RFC 7932), without dictionary of ours.

use super::Corrupt;
use ::brotli::{Decompressor, enc::BrotliEncoderParams};
use alloc::vec::Vec;
use std::io::Read;

/// Higher ones cost far more than they gain.
const QUALITY: i32 = 4;

/// The window that everyone may use, in bits: 256 KiB.
const SMALL_WINDOW: u32 = 18;

/// The largest window of this format, in bits.
const MAX_WINDOW: u32 = 24;

/// Bytes that are decompressed in one step.
const BUFFER: usize = 4096;

pub(super) fn compress(body: &[u8]) -> Option<Vec<u8>> {
    let window = i32::try_from(largest_window(body.len())).ok()?;
    let params =
        BrotliEncoderParams { quality: QUALITY, lgwin: window, size_hint: body.len(), ..Default::default() };
    let mut out = Vec::new();
    ::brotli::BrotliCompress(&mut &body[..], &mut out, &params).ok()?;
    Some(out)
}

pub(super) fn decompress(compressed: &[u8], len: usize) -> Result<Vec<u8>, Corrupt> {
    let first = compressed.first().ok_or(Corrupt)?;
    // The decoder allocates the window that the stream asks for.
    if window(*first).ok_or(Corrupt)? > largest_window(len) {
        return Err(Corrupt);
    }
    let mut body = Vec::new();
    // Memory grows with what really comes. One byte too many would be seen, and refused as a wrong length.
    let mut reader = Decompressor::new(compressed, BUFFER).take(len as u64 + 1);
    reader.read_to_end(&mut body).map_err(|_| Corrupt)?;
    Ok(body)
}

/// The largest window that is of use, or small.
fn largest_window(len: usize) -> u32 {
    (usize::BITS - len.leading_zeros()).clamp(SMALL_WINDOW, MAX_WINDOW)
}

/// The window in bits, as the first byte of a stream tells it (RFC 7932, 9.1); `None` is the large window, which is not of that standard.
fn window(first: u8) -> Option<u32> {
    match (first & 1, first >> 1 & 7, first >> 4 & 7) {
        (0, ..) => Some(16),
        (_, 0, 0) => Some(17),
        (_, 0, 1) => None,
        (_, 0, bits) => Some(8 + u32::from(bits)),
        (_, bits, _) => Some(17 + u32::from(bits)),
    }
}
