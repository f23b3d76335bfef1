//! The seam to the cryptography: each library has a room of its own with the same `Cipher` in it, and nothing outside notices which one it is.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
#[cfg(any(test, not(feature = "aws-lc-rs")))]
#[cfg_attr(feature = "aws-lc-rs", allow(dead_code, reason = "what the other one is compared with"))]
pub(super) mod rust_crypto;

#[cfg(feature = "aws-lc-rs")]
pub(super) use aws_lc::Cipher;
#[cfg(not(feature = "aws-lc-rs"))]
pub(super) use rust_crypto::Cipher;

/// Bytes of a nonce, with every algorithm here.
pub(crate) const NONCE_LEN: usize = 12;

/// Bytes of what authenticates, with every algorithm here.
pub(crate) const TAG_LEN: usize = 16;

/// It is not authentic, or longer than the algorithm allows (64 GiB).
#[derive(Debug)]
pub(crate) struct Failed;

#[cfg(test)]
#[cfg(all(feature = "aws-lc-rs", any(feature = "aes-gcm", feature = "chacha20-poly1305")))]
mod tests;
