//! By AWS-LC, which is several times as fast; needs a C compiler. It wipes its keys when they are dropped, as whatever it frees.

use super::{
    super::{EncryptionAlgorithm, SecretKey},
    Failed, NONCE_LEN, TAG_LEN,
};
use aws_lc_rs::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey};

/// A key that is ready for use. (It is less safe in that the caller sees to the nonces, as the keyring does.)
pub(in super::super) struct Cipher(LessSafeKey);

impl Cipher {
    /// `None` is impossible: a key has the length of its algorithm.
    #[cfg_attr(not(any(feature = "aes-gcm", feature = "chacha20-poly1305")), allow(unused_variables))]
    pub(in super::super) fn new(key: &SecretKey) -> Option<Self> {
        let algorithm: &aead::Algorithm = match key.algorithm() {
            #[cfg(feature = "aes-gcm")]
            EncryptionAlgorithm::Aes128Gcm => &aead::AES_128_GCM,
            #[cfg(feature = "aes-gcm")]
            EncryptionAlgorithm::Aes192Gcm => &aead::AES_192_GCM,
            #[cfg(feature = "aes-gcm")]
            EncryptionAlgorithm::Aes256Gcm => &aead::AES_256_GCM,
            #[cfg(feature = "chacha20-poly1305")]
            EncryptionAlgorithm::ChaCha20Poly1305 => &aead::CHACHA20_POLY1305,
        };
        UnboundKey::new(algorithm, key.expose()).ok().map(|key| Self(LessSafeKey::new(key)))
    }

    /// Encrypts in place; the tag authenticates `buffer` and `data`.
    pub(in super::super) fn seal(
        &self,
        nonce: &[u8; NONCE_LEN],
        data: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LEN], Failed> {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(data), buffer).map_err(|_| Failed)?;
        tag.as_ref().try_into().map_err(|_| Failed)
    }

    /// Decrypts in place. After a failure `buffer` holds anything.
    pub(in super::super) fn open(
        &self,
        nonce: &[u8; NONCE_LEN],
        data: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), Failed> {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.0.open_in_place_separate_tag(nonce, Aad::from(data), tag, buffer);
        opened.map(|_| ()).map_err(|_| Failed)
    }
}
