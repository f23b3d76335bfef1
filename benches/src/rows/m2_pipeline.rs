//! M2: from twenty updates to the bytes of a packet, and back.

use crate::{
    Case, Row,
    crowd::{INCARNATION, Msg, alive, encoded, wire},
};
use bytes::Bytes;
use memberlist_proto::types::{
    Compression, CompressionAlgorithm, EncryptionAlgorithm, Framing, Keyring, SecretKey,
};
use std::hint::black_box;

/// Updates in a packet.
const UPDATES: u32 = 20;

pub(super) fn row() -> Row {
    let mut row = Row::new("M2", "Packet pipeline: 20 updates to bytes (out) and back (in)");
    row.add(|| out("out: crc32", plain()));
    row.add(|| out("out: crc32, lz4", lz4()));
    row.add(|| out("out: crc32, AES-128-GCM", aes(plain())));
    row.add(|| out("out: crc32, lz4, AES-128-GCM", aes(lz4())).targets(6_000.0, 2_000.0));
    row.add(|| into("in: crc32", plain()));
    row.add(|| into("in: crc32, lz4", lz4()));
    row.add(|| into("in: crc32, AES-128-GCM", aes(plain())));
    row.add(|| into("in: crc32, lz4, AES-128-GCM", aes(lz4())).targets(5_000.0, 1_600.0));
    row
}

fn plain() -> Framing {
    Framing::new()
}

fn lz4() -> Framing {
    Framing::new().with_compression(Some(Compression::new(CompressionAlgorithm::Lz4)))
}

fn aes(framing: Framing) -> Framing {
    let key = SecretKey::new(EncryptionAlgorithm::Aes128Gcm, &[7; 16]).expect("a key has 16 bytes");
    framing.with_keyring(Some(Keyring::with_nonce_start([3; 12]).with_key(&key)))
}

fn updates() -> Vec<Msg> {
    (0..UPDATES).map(|n| alive(n * 37, INCARNATION)).collect()
}

fn packet(framing: &Framing) -> Bytes {
    let messages: Vec<Bytes> = updates().iter().map(encoded).collect();
    wire().encode_packet(framing, &messages).expect("it is on the wire")
}

/// Each update is encoded when it is queued, so that this is a part of it.
fn out(name: &str, framing: Framing) -> Case {
    let updates = updates();
    let bytes = packet(&framing).len();
    let mut messages: Vec<Bytes> = Vec::with_capacity(updates.len());
    let run = move || {
        messages.clear();
        messages.extend(updates.iter().map(encoded));
        wire().encode_packet(&framing, black_box(&messages)).map_or(0, |packet| black_box(packet).len())
    };
    Case::new(name, run).bytes(bytes)
}

fn into(name: &str, framing: Framing) -> Case {
    let packet = packet(&framing);
    let run = move || {
        let mut seen = 0;
        let _ = wire().decode_packet(&framing, packet.clone(), &mut |message| {
            seen += usize::from(black_box(message).is_ok());
        });
        seen
    };
    Case::new(name, run)
}
