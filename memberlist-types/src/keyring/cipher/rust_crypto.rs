//! In Rust alone: for every target, and without a foreign compiler.

use super::{
    super::{EncryptionAlgorithm, SecretKey},
    Failed, NONCE_LEN, TAG_LEN,
};

/// A key that is ready for use. Every variant wipes itself when it is dropped.
#[allow(clippy::large_enum_variant, reason = "one for each key, behind an `Arc`")]
pub(in super::super) enum Cipher {
    #[cfg(feature = "aes-gcm")]
    Aes128(aes_gcm::Aes128Gcm),
    #[cfg(feature = "aes-gcm")]
    Aes192(Aes192Gcm),
    #[cfg(feature = "aes-gcm")]
    Aes256(aes_gcm::Aes256Gcm),
    #[cfg(feature = "chacha20-poly1305")]
    ChaCha20(chacha20poly1305::ChaCha20Poly1305),
}

#[cfg(feature = "aes-gcm")]
pub(in super::super) type Aes192Gcm = aes_gcm::AesGcm<aes_gcm::aes::Aes192, aes_gcm::aead::consts::U12>;

impl Cipher {
    /// `None` is impossible: a key has the length of its algorithm.
    pub(in super::super) fn new(key: &SecretKey) -> Option<Self> {
        Some(match key.algorithm() {
            #[cfg(feature = "aes-gcm")]
            EncryptionAlgorithm::Aes128Gcm => {
                Self::Aes128(aes_gcm::KeyInit::new_from_slice(key.expose()).ok()?)
            }
            #[cfg(feature = "aes-gcm")]
            EncryptionAlgorithm::Aes192Gcm => {
                Self::Aes192(aes_gcm::KeyInit::new_from_slice(key.expose()).ok()?)
            }
            #[cfg(feature = "aes-gcm")]
            EncryptionAlgorithm::Aes256Gcm => {
                Self::Aes256(aes_gcm::KeyInit::new_from_slice(key.expose()).ok()?)
            }
            #[cfg(feature = "chacha20-poly1305")]
            EncryptionAlgorithm::ChaCha20Poly1305 => {
                Self::ChaCha20(chacha20poly1305::KeyInit::new_from_slice(key.expose()).ok()?)
            }
        })
    }

    /// Encrypts in place; the tag authenticates `buffer` and `data`.
    pub(in super::super) fn seal(
        &self,
        nonce: &[u8; NONCE_LEN],
        data: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LEN], Failed> {
        let _ = (nonce, data, &buffer);
        match *self {
            #[cfg(feature = "aes-gcm")]
            Self::Aes128(ref cipher) => aead::seal(cipher, nonce, data, buffer),
            #[cfg(feature = "aes-gcm")]
            Self::Aes192(ref cipher) => aead::seal(cipher, nonce, data, buffer),
            #[cfg(feature = "aes-gcm")]
            Self::Aes256(ref cipher) => aead::seal(cipher, nonce, data, buffer),
            #[cfg(feature = "chacha20-poly1305")]
            Self::ChaCha20(ref cipher) => aead::seal(cipher, nonce, data, buffer),
        }
    }

    /// Decrypts in place. After a failure `buffer` holds anything.
    pub(in super::super) fn open(
        &self,
        nonce: &[u8; NONCE_LEN],
        data: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), Failed> {
        let _ = (nonce, data, &buffer, tag);
        match *self {
            #[cfg(feature = "aes-gcm")]
            Self::Aes128(ref cipher) => aead::open(cipher, nonce, data, buffer, tag),
            #[cfg(feature = "aes-gcm")]
            Self::Aes192(ref cipher) => aead::open(cipher, nonce, data, buffer, tag),
            #[cfg(feature = "aes-gcm")]
            Self::Aes256(ref cipher) => aead::open(cipher, nonce, data, buffer, tag),
            #[cfg(feature = "chacha20-poly1305")]
            Self::ChaCha20(ref cipher) => aead::open(cipher, nonce, data, buffer, tag),
        }
    }
}

#[cfg(any(feature = "aes-gcm", feature = "chacha20-poly1305"))]
mod aead {
    use super::{Failed, NONCE_LEN, TAG_LEN};
    #[cfg(feature = "aes-gcm")]
    use aes_gcm::aead;
    #[cfg(not(feature = "aes-gcm"))]
    use chacha20poly1305::aead;

    use aead::{
        AeadCore, AeadInOut,
        consts::{U12, U16},
    };

    pub(super) fn seal<C: AeadInOut + AeadCore<NonceSize = U12, TagSize = U16>>(
        cipher: &C,
        nonce: &[u8; NONCE_LEN],
        data: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LEN], Failed> {
        let tag = cipher.encrypt_inout_detached(nonce.into(), data, buffer.into()).map_err(|_| Failed)?;
        Ok(tag.into())
    }

    pub(super) fn open<C: AeadInOut + AeadCore<NonceSize = U12, TagSize = U16>>(
        cipher: &C,
        nonce: &[u8; NONCE_LEN],
        data: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), Failed> {
        cipher.decrypt_inout_detached(nonce.into(), data, buffer.into(), tag.into()).map_err(|_| Failed)
    }
}
