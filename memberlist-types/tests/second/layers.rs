//! The layers, for the second decoder. Algorithms are those of the libraries, where they are compiled in.

use super::Input;

/// A key: the tag of its algorithm, and its bytes.
pub(crate) type Key<'a> = (u8, &'a [u8]);

/// The body. `input` is what follows the header in `whole`; a compressed body may have `limit` bytes.
pub(super) fn open(keys: &[Key<'_>], whole: &[u8], input: Input<'_>, limit: u64) -> Option<Vec<u8>> {
    let (&tag, _) = input.0.split_first()?;
    if tag >> 4 == 3 {
        let plain = decrypt(keys, whole, input)?;
        return inside(&[], Input(&plain), limit);
    }
    let header = &whole[..whole.len() - input.0.len()];
    inside(header, input, limit)
}

fn inside(header: &[u8], mut input: Input<'_>, limit: u64) -> Option<Vec<u8>> {
    let mut tag = input.byte()?;
    if tag >> 4 == 1 {
        let len = if tag == 0x14 || tag == 0x17 { 8 } else { 4 };
        let value = input.take(len)?;
        let covered = [header, &[tag], input.0].concat();
        (checksum(tag, &covered)? == value).then_some(())?;
        tag = input.byte()?;
    }
    if tag == 0 {
        return Some(input.0.to_vec());
    }
    let len = input.number(4)?;
    (len <= limit).then_some(())?;
    let body = decompress(tag, input.0, len as usize)?;
    (body.len() as u64 == len).then_some(body)
}

fn checksum(tag: u8, bytes: &[u8]) -> Option<Vec<u8>> {
    Some(match tag {
        0x11 => crc32(bytes).to_be_bytes().to_vec(),
        #[cfg(feature = "xxhash32")]
        0x12 => xxhash_rust::xxh32::xxh32(bytes, 0).to_be_bytes().to_vec(),
        #[cfg(feature = "xxhash64")]
        0x14 => xxhash_rust::xxh64::xxh64(bytes, 0).to_be_bytes().to_vec(),
        #[cfg(feature = "xxhash3")]
        0x17 => xxhash_rust::xxh3::xxh3_64(bytes).to_be_bytes().to_vec(),
        #[cfg(feature = "murmur3")]
        0x18 => murmur3::murmur3_32(&mut &bytes[..], 0).ok()?.to_be_bytes().to_vec(),
        _ => return None,
    })
}

/// CRC-32/IEEE, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

fn decompress(tag: u8, bytes: &[u8], len: usize) -> Option<Vec<u8>> {
    let _ = (bytes, len);
    match tag {
        #[cfg(feature = "snappy")]
        0x24 => {
            // Its own length, which the library believes.
            (snap::raw::decompress_len(bytes).ok()? == len).then_some(())?;
            snap::raw::Decoder::new().decompress_vec(bytes).ok()
        }
        #[cfg(feature = "lz4")]
        0x27 => lz4_flex::block::decompress(bytes, len).ok(),
        #[cfg(feature = "zstd")]
        0x28 => zstd::bulk::decompress(bytes, len).ok(),
        #[cfg(feature = "brotli")]
        0x2b => {
            use std::io::Read;
            let first = *bytes.first()?;
            let window = match (first & 1, first >> 1 & 7, first >> 4 & 7) {
                (0, ..) => 16,
                (1, 0, 0) => 17,
                (1, 0, 1) => return None,
                (1, 0, bits) => 8 + u32::from(bits),
                (_, bits, _) => 17 + u32::from(bits),
            };
            (window <= 18 || 1u64 << (window - 1) <= len as u64).then_some(())?;
            let mut body = Vec::new();
            brotli::Decompressor::new(bytes, 100).take(len as u64 + 1).read_to_end(&mut body).ok()?;
            Some(body)
        }
        _ => None,
    }
}

#[cfg(not(all(feature = "aes-gcm", feature = "chacha20-poly1305")))]
fn decrypt(_: &[Key<'_>], _: &[u8], _: Input<'_>) -> Option<Vec<u8>> {
    None
}

#[cfg(all(feature = "aes-gcm", feature = "chacha20-poly1305"))]
fn decrypt(keys: &[Key<'_>], whole: &[u8], mut input: Input<'_>) -> Option<Vec<u8>> {
    use aes_gcm::{
        Aes128Gcm, Aes256Gcm, AesGcm,
        aead::{AeadInOut, KeyInit, consts::U12},
        aes::Aes192,
    };
    use sha2::{Digest, Sha256};

    let (algorithm, hint) = (input.byte()?, input.byte()?);
    let nonce: &[u8; 12] = input.take(12)?.try_into().ok()?;
    let data = &whole[..whole.len() - input.0.len()];
    let text = input.take(input.0.len().checked_sub(16)?)?;
    let tag: &[u8; 16] = input.take(16)?.try_into().ok()?;

    macro_rules! open {
        ($cipher:ty, $key:expr, $plain:expr) => {{
            let cipher = <$cipher>::new_from_slice($key).ok()?;
            let buffer = (&mut $plain[..]).into();
            cipher.decrypt_inout_detached(nonce.into(), data, buffer, tag.into()).ok()?
        }};
    }
    keys.iter().find_map(|(tag_of_key, key)| {
        let id = Sha256::digest([b"memberlist key id", &[*tag_of_key][..], key].concat());
        (*tag_of_key == algorithm && id[0] == hint).then_some(())?;
        let mut plain = text.to_vec();
        match algorithm {
            0x33 => open!(Aes128Gcm, key, plain),
            0x35 => open!(AesGcm<Aes192, U12>, key, plain),
            0x36 => open!(Aes256Gcm, key, plain),
            0x39 => open!(chacha20poly1305::ChaCha20Poly1305, key, plain),
            _ => return None,
        }
        Some(plain)
    })
}
