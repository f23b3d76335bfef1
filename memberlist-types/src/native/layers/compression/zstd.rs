//! One frame of Zstandard (RFC 8878), without dictionary.

use super::Corrupt;
use alloc::vec::Vec;
use core::cell::RefCell;
use std::thread_local;
use zstd::bulk::{Compressor, Decompressor};

/// Level 1: packets gain little from more, and it costs twice as much.
const LEVEL: i32 = 1;

/// A block of this format has at most 128 KiB, and at least 4 bytes.
const MAX_RATIO: usize = (128 << 10) / 4;

// Making a context costs more than compressing a packet.
thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

pub(super) fn compress(body: &[u8]) -> Option<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|context| {
        let mut compressor = match context.take() {
            Some(compressor) => compressor,
            None => Compressor::new(LEVEL).ok()?,
        };
        let compressed = compressor.compress(body).ok();
        *context = Some(compressor);
        compressed
    })
}

pub(super) fn decompress(compressed: &[u8], len: usize) -> Result<Vec<u8>, Corrupt> {
    if len > compressed.len().saturating_mul(MAX_RATIO) {
        return Err(Corrupt);
    }
    DECOMPRESSOR.with_borrow_mut(|context| {
        let mut decompressor = match context.take() {
            Some(decompressor) => decompressor,
            None => Decompressor::new().map_err(|_| Corrupt)?,
        };
        // All at once, into a buffer of this size: no window is allocated, whatever the frame asks for.
        let mut body = Vec::with_capacity(len);
        let result = decompressor.decompress_to_buffer(compressed, &mut body);
        *context = Some(decompressor);
        result.map_err(|_| Corrupt)?;
        Ok(body)
    })
}
