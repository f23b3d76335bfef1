//! The raw format of Snappy (no stream of frames).

use super::Corrupt;
use alloc::{vec, vec::Vec};

/// No sequence of this format makes more than 64 bytes of 3, nor a shorter one more of each of its bytes.
const MAX_RATIO: usize = 64 / 3 + 1;

pub(super) fn compress(body: &[u8]) -> Option<Vec<u8>> {
    snap::raw::Encoder::new().compress_vec(body).ok()
}

pub(super) fn decompress(compressed: &[u8], len: usize) -> Result<Vec<u8>, Corrupt> {
    if len > compressed.len().saturating_mul(MAX_RATIO)
        || snap::raw::decompress_len(compressed).map_err(|_| Corrupt)? != len
    {
        return Err(Corrupt);
    }
    let mut body = vec![0; len];
    let actual = snap::raw::Decoder::new().decompress(compressed, &mut body).map_err(|_| Corrupt)?;
    if actual == len { Ok(body) } else { Err(Corrupt) }
}
