//! From what the fuzzer gives to what is received: its bytes as they are, or behind layers that are sound, which no fuzzer would guess.

use super::{
    packet::FACTOR,
    world::{KEY_TAGS, LABEL, framing, key},
};
use memberlist_types::{EncryptionAlgorithm, Framing};

/// What a target begins with.
pub(crate) struct Received {
    pub(crate) framing: Framing,
    pub(crate) bytes: Vec<u8>,
    /// The most that decoding may allocate besides a multiple of the input.
    pub(crate) spare: u64,
}

/// The first two bytes say how the node receives and how the rest is wrapped (see [`Shape`]); `magic` and whether a length follows the
/// label make the difference between packets and frames.
pub(crate) fn received(input: &[u8], magic: u8, with_len: bool, limit: usize) -> Option<Received> {
    let (&[number, shape], data) = input.split_first_chunk()?;
    let framing = framing(number);
    let bytes = Shape::from(shape).wrap(&framing, magic, with_len, data);
    // Compressed data may become as much as the limit, of which messages are made, and takes tables besides. What is encrypted is copied once.
    let tables =
        if data.iter().any(|byte| byte >> 4 == 2) { (1 + FACTOR) * limit as u64 + 2_100_000 } else { 0 };
    Some(Received { framing, spare: tables + 512 + bytes.len() as u64, bytes })
}

/// How the fuzzer's bytes are wrapped. Bit 0: behind a right header. Bits 1 to 3: behind that checksum, if there is one of that number.
/// Bits 4 to 6: encrypted with that key, likewise. Zero: not at all.
struct Shape {
    header: bool,
    checksum: Option<u8>,
    key: Option<usize>,
}

const CHECKSUM_TAGS: [u8; 5] = [0x11, 0x12, 0x14, 0x17, 0x18];

impl From<u8> for Shape {
    fn from(byte: u8) -> Self {
        let numbered = |shift: u8| usize::from(byte >> shift & 7).checked_sub(1);
        let checksum = numbered(1).and_then(|at| CHECKSUM_TAGS.get(at).copied());
        let key = numbered(4).filter(|at| *at < KEY_TAGS.len());
        Self { header: byte & 1 == 1, checksum, key }
    }
}

impl Shape {
    fn wrap(&self, framing: &Framing, magic: u8, with_len: bool, data: &[u8]) -> Vec<u8> {
        if !self.header && self.checksum.is_none() && self.key.is_none() {
            return data.to_vec();
        }
        let checksum_len = self.checksum.map_or(0, |tag| 1 + checksum(tag, &[]).len());
        let sealed_len = if self.key.is_some() { 2 + 12 + 16 } else { 0 };
        let len = u32::try_from(data.len() + checksum_len + sealed_len).unwrap();
        let header = |label: &str| {
            let len = if with_len { &len.to_be_bytes()[..] } else { &[] };
            [&[magic, u8::try_from(label.len()).unwrap()][..], label.as_bytes(), len].concat()
        };
        let label = if framing.label.is_empty() { "" } else { LABEL };
        // What authenticates is made by the sender, whose label is removed later on.
        let (sent, received) =
            (header(label), header(if framing.label_stripped_upstream { "" } else { label }));
        let covered = if self.key.is_some() { &[][..] } else { &sent };
        let inside = match self.checksum {
            None => data.to_vec(),
            Some(tag) => {
                let value = checksum(tag, &[covered, &[tag], data].concat());
                [&[tag][..], &value, data].concat()
            }
        };
        match self.key {
            None => [received, inside].concat(),
            Some(at) => {
                let leader = leader(EncryptionAlgorithm::ALL[at], KEY_TAGS[at]);
                let sealed = seal(EncryptionAlgorithm::ALL[at], &[&sent[..], &leader].concat(), &inside);
                [received, leader, sealed].concat()
            }
        }
    }
}

fn checksum(tag: u8, bytes: &[u8]) -> Vec<u8> {
    match tag {
        0x12 => xxhash_rust::xxh32::xxh32(bytes, 0).to_be_bytes().to_vec(),
        0x14 => xxhash_rust::xxh64::xxh64(bytes, 0).to_be_bytes().to_vec(),
        0x17 => xxhash_rust::xxh3::xxh3_64(bytes).to_be_bytes().to_vec(),
        0x18 => murmur3::murmur3_32(&mut &bytes[..], 0).unwrap().to_be_bytes().to_vec(),
        _ => crc32fast::hash(bytes).to_be_bytes().to_vec(),
    }
}

const NONCE: [u8; 12] = *b"nonce of 12.";

fn leader(algorithm: EncryptionAlgorithm, tag: u8) -> Vec<u8> {
    let hint = u8::from_str_radix(&key(algorithm).id().to_string()[..2], 16).unwrap();
    [&[tag, hint][..], &NONCE].concat()
}

fn seal(algorithm: EncryptionAlgorithm, before: &[u8], text: &[u8]) -> Vec<u8> {
    use aes_gcm::{
        Aes128Gcm, Aes256Gcm, AesGcm,
        aead::{AeadInOut, KeyInit, consts::U12},
        aes::Aes192,
    };
    let key = key(algorithm);
    let mut text = text.to_vec();
    macro_rules! seal {
        ($cipher:ty) => {{
            let cipher = <$cipher>::new_from_slice(key.expose()).unwrap();
            cipher.encrypt_inout_detached((&NONCE).into(), before, (&mut text[..]).into()).unwrap().to_vec()
        }};
    }
    let tag = match algorithm {
        EncryptionAlgorithm::Aes128Gcm => seal!(Aes128Gcm),
        EncryptionAlgorithm::Aes192Gcm => seal!(AesGcm<Aes192, U12>),
        EncryptionAlgorithm::Aes256Gcm => seal!(Aes256Gcm),
        _ => seal!(chacha20poly1305::ChaCha20Poly1305),
    };
    [text, tag].concat()
}
