use super::KeyringError;
use alloc::{string::String, vec::Vec};
use core::fmt;
use sha2::{Digest, Sha256};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// An encryption algorithm of the frame layer. Each is behind a cargo feature (`aes-gcm`, `chacha20-poly1305`).
///
/// AES is the faster one where the processor has instructions for it; ChaCha20-Poly1305 elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum EncryptionAlgorithm {
    /// AES-GCM with a key of 16 bytes.
    #[cfg(feature = "aes-gcm")]
    #[cfg_attr(feature = "serde", serde(rename = "aes-128-gcm"))]
    Aes128Gcm,
    /// AES-GCM with a key of 24 bytes.
    #[cfg(feature = "aes-gcm")]
    #[cfg_attr(feature = "serde", serde(rename = "aes-192-gcm"))]
    Aes192Gcm,
    /// AES-GCM with a key of 32 bytes.
    #[cfg(feature = "aes-gcm")]
    #[cfg_attr(feature = "serde", serde(rename = "aes-256-gcm"))]
    Aes256Gcm,
    /// ChaCha20-Poly1305 (RFC 8439) with a key of 32 bytes.
    #[cfg(feature = "chacha20-poly1305")]
    #[cfg_attr(feature = "serde", serde(rename = "chacha20-poly1305"))]
    ChaCha20Poly1305,
}

impl EncryptionAlgorithm {
    /// All that are compiled in.
    pub const ALL: &[Self] = &[
        #[cfg(feature = "aes-gcm")]
        Self::Aes128Gcm,
        #[cfg(feature = "aes-gcm")]
        Self::Aes192Gcm,
        #[cfg(feature = "aes-gcm")]
        Self::Aes256Gcm,
        #[cfg(feature = "chacha20-poly1305")]
        Self::ChaCha20Poly1305,
    ];

    /// Bytes of a key.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            #[cfg(feature = "aes-gcm")]
            Self::Aes128Gcm => 16,
            #[cfg(feature = "aes-gcm")]
            Self::Aes192Gcm => 24,
            #[cfg(feature = "aes-gcm")]
            Self::Aes256Gcm => 32,
            #[cfg(feature = "chacha20-poly1305")]
            Self::ChaCha20Poly1305 => 32,
        }
    }

    /// The tag of its layer on the wire.
    pub(crate) const fn tag(self) -> u8 {
        match self {
            #[cfg(feature = "aes-gcm")]
            Self::Aes128Gcm => 0x33,
            #[cfg(feature = "aes-gcm")]
            Self::Aes192Gcm => 0x35,
            #[cfg(feature = "aes-gcm")]
            Self::Aes256Gcm => 0x36,
            #[cfg(feature = "chacha20-poly1305")]
            Self::ChaCha20Poly1305 => 0x39,
        }
    }

    pub(crate) fn from_tag(tag: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.tag() == tag)
    }
}

impl fmt::Display for EncryptionAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = &f;
        match *self {
            #[cfg(feature = "aes-gcm")]
            Self::Aes128Gcm => f.pad("aes-128-gcm"),
            #[cfg(feature = "aes-gcm")]
            Self::Aes192Gcm => f.pad("aes-192-gcm"),
            #[cfg(feature = "aes-gcm")]
            Self::Aes256Gcm => f.pad("aes-256-gcm"),
            #[cfg(feature = "chacha20-poly1305")]
            Self::ChaCha20Poly1305 => f.pad("chacha20-poly1305"),
        }
    }
}

/// A key, bound to its algorithm. Wiped from memory when it is dropped, and never shown: what is shown is its [`KeyId`].
///
/// It must be random (not a password, nor made of one), and belongs to one cluster only.
#[derive(Clone)]
pub struct SecretKey {
    algorithm: EncryptionAlgorithm,
    /// On the heap, so that a move leaves no copy behind.
    bytes: Zeroizing<Vec<u8>>,
}

impl ZeroizeOnDrop for SecretKey {}

impl SecretKey {
    /// A key of these bytes. Wiping `bytes` is up to the caller.
    ///
    /// # Errors
    /// [`KeyringError::KeyLength`] if they are not as many as the algorithm needs.
    pub fn new(algorithm: EncryptionAlgorithm, bytes: &[u8]) -> Result<Self, KeyringError> {
        let (expected, actual) = (algorithm.key_len(), bytes.len());
        if actual != expected {
            return Err(KeyringError::KeyLength { algorithm, expected, actual });
        }
        Ok(Self { algorithm, bytes: Zeroizing::new(bytes.to_vec()) })
    }

    /// A new key, from the operating system's random numbers.
    ///
    /// # Errors
    /// [`KeyringError::Random`] if the system has none.
    #[cfg(any(unix, windows, target_os = "wasi"))]
    pub fn generate(algorithm: EncryptionAlgorithm) -> Result<Self, KeyringError> {
        let mut bytes = Zeroizing::new(alloc::vec![0; algorithm.key_len()]);
        super::random::fill(&mut bytes)?;
        Ok(Self { algorithm, bytes })
    }

    /// Its algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> EncryptionAlgorithm {
        self.algorithm
    }

    /// The secret itself, to be handed to another node: keep it out of logs.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// What it is called where the secret must not be seen.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let mut hasher = Sha256::new();
        hasher.update(b"memberlist key id");
        hasher.update([self.algorithm.tag()]);
        hasher.update(self.expose());
        let digest: [u8; 32] = hasher.finalize().into();
        KeyId(digest.first_chunk().copied().unwrap_or_default())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({}, {})", self.algorithm, self.id())
    }
}

/// What a key is called in logs and lists: a hash of it, in 8 bytes. No secret.
///
/// Its first byte stands beside everything that the key encrypts, so that a receiver need not try all its keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 8]);

impl KeyId {
    /// The byte that stands on the wire.
    pub(crate) const fn hint(self) -> u8 {
        self.0[0]
    }

    /// As it is shown, 16 hexadecimal digits, so that an operator can name a key.
    ///
    /// # Errors
    /// `None` if it is something else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok().filter(|_| digits)?;
        Some(Self(number.to_be_bytes()))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(16);
        for byte in self.0 {
            fmt::Write::write_fmt(&mut text, format_args!("{byte:02x}"))?;
        }
        f.pad(&text)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}
