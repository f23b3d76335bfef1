//! M3: encryption by itself, by library and size; and as the frame layer does it.

use crate::{Case, Row};
use aes_gcm::{KeyInit, aead::AeadInOut};
use memberlist_proto::types::{EncryptionAlgorithm, Keyring, SecretKey};
use std::hint::black_box;

const SIZES: [usize; 4] = [64, 512, 1400, 65_536];
const DATA: &[u8] = b"sixteen of data.";

pub(super) fn row() -> Row {
    let mut row = Row::new("M3", "Authenticated encryption in place, with 16 bytes beside it");
    for size in SIZES {
        row.add(move || ours(size, EncryptionAlgorithm::Aes128Gcm, "AES-128-GCM"));
        row.add(move || rust_crypto::<aes_gcm::Aes128Gcm>(size, "AES-128-GCM (RustCrypto)"));
        row.add(move || ring(size, &ring::aead::AES_128_GCM, "AES-128-GCM (ring)"));
        row.add(move || aws(size, &aws_lc_rs::aead::AES_128_GCM, "AES-128-GCM (aws-lc-rs)"));
    }
    row.add(|| ours(1400, EncryptionAlgorithm::Aes256Gcm, "AES-256-GCM"));
    row.add(|| ours(1400, EncryptionAlgorithm::ChaCha20Poly1305, "ChaCha20-Poly1305"));
    row.add(|| rust_crypto::<chacha20poly1305::ChaCha20Poly1305>(1400, "ChaCha20-Poly1305 (RustCrypto)"));
    row.add(|| ring(1400, &ring::aead::CHACHA20_POLY1305, "ChaCha20-Poly1305 (ring)"));
    row.add(|| aws(1400, &aws_lc_rs::aead::CHACHA20_POLY1305, "ChaCha20-Poly1305 (aws-lc-rs)"));
    row
}

fn name(size: usize, what: &str) -> String {
    format!("{size} B: {what}")
}

/// What the keyring does for a packet: the nonce and the lock included.
fn ours(size: usize, algorithm: EncryptionAlgorithm, what: &str) -> Case {
    let key = SecretKey::new(algorithm, &vec![7; algorithm.key_len()]).expect("a key of its length");
    let keyring = Keyring::with_nonce_start([3; 12]).with_key(&key);
    let mut buffer = vec![1; size];
    Case::new(name(size, what), move || keyring.seal(&[algorithm], DATA, black_box(&mut buffer)).is_ok())
        .without_allocations()
}

fn rust_crypto<C: KeyInit + AeadInOut + 'static>(size: usize, what: &str) -> Case {
    let key = vec![7; C::key_size()];
    let cipher = C::new_from_slice(&key).expect("a key of its length");
    let nonce = aes_gcm::aead::Nonce::<C>::default();
    let mut buffer = vec![1; size];
    let run = move || cipher.encrypt_inout_detached(&nonce, DATA, black_box(&mut buffer[..]).into()).is_ok();
    Case::new(name(size, what), run).peer()
}

fn ring(size: usize, algorithm: &'static ring::aead::Algorithm, what: &str) -> Case {
    use ring::aead::{Aad, LessSafeKey, Nonce, UnboundKey};
    let key = UnboundKey::new(algorithm, &vec![7; algorithm.key_len()]).expect("a key of its length");
    let key = LessSafeKey::new(key);
    let mut buffer = vec![1; size];
    let run = move || {
        let nonce = Nonce::assume_unique_for_key([3; 12]);
        key.seal_in_place_separate_tag(nonce, Aad::from(DATA), black_box(&mut buffer)).is_ok()
    };
    Case::new(name(size, what), run).peer()
}

fn aws(size: usize, algorithm: &'static aws_lc_rs::aead::Algorithm, what: &str) -> Case {
    use aws_lc_rs::aead::{Aad, LessSafeKey, Nonce, UnboundKey};
    let key = UnboundKey::new(algorithm, &vec![7; algorithm.key_len()]).expect("a key of its length");
    let key = LessSafeKey::new(key);
    let mut buffer = vec![1; size];
    let run = move || {
        let nonce = Nonce::assume_unique_for_key([3; 12]);
        key.seal_in_place_separate_tag(nonce, Aad::from(DATA), black_box(&mut buffer)).is_ok()
    };
    Case::new(name(size, what), run).peer()
}
