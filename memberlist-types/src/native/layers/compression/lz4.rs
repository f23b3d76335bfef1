//! The block format of LZ4.

use super::Corrupt;
use alloc::{vec, vec::Vec};

/// A byte of this format lengthens a match by at most 255 bytes.
const MAX_RATIO: usize = 255;

pub(super) fn compress(body: &[u8]) -> Vec<u8> {
    lz4_flex::block::compress(body)
}

pub(super) fn decompress(compressed: &[u8], len: usize) -> Result<Vec<u8>, Corrupt> {
    if len > compressed.len().saturating_mul(MAX_RATIO) {
        return Err(Corrupt);
    }
    let mut body = vec![0; len];
    let actual = lz4_flex::block::decompress_into(compressed, &mut body).map_err(|_| Corrupt)?;
    body.truncate(actual);
    Ok(body)
}
