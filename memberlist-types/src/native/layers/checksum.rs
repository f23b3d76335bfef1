//! The checksums: a tag, then the value, over all other bytes.

use crate::ChecksumAlgorithm;

#[cfg(feature = "murmur3")]
mod murmur3;

#[cfg(test)]
mod tests;

/// Bytes of the longest value.
const MAX_VALUE: usize = 8;

/// A checksum's value as it stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Value {
    bytes: [u8; MAX_VALUE],
    len: usize,
}

impl Value {
    pub(in super::super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        // The four bytes stand in front of four zeros.
        Self { bytes: (u64::from(value) << 32).to_be_bytes(), len: 4 }
    }
}

#[cfg(any(feature = "xxhash64", feature = "xxhash3"))]
impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self { bytes: value.to_be_bytes(), len: 8 }
    }
}

impl ChecksumAlgorithm {
    pub(in super::super) const fn tag(self) -> u8 {
        match self {
            Self::Crc32 => 0x11,
            #[cfg(feature = "xxhash32")]
            Self::XxHash32 => 0x12,
            #[cfg(feature = "xxhash64")]
            Self::XxHash64 => 0x14,
            #[cfg(feature = "xxhash3")]
            Self::XxHash3 => 0x17,
            #[cfg(feature = "murmur3")]
            Self::Murmur3 => 0x18,
        }
    }

    /// `None`: unknown, or not enabled.
    pub(super) fn from_tag(tag: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.tag() == tag)
    }

    /// Bytes of the value.
    pub(super) const fn value_len(self) -> usize {
        match self {
            Self::Crc32 => 4,
            #[cfg(feature = "xxhash32")]
            Self::XxHash32 => 4,
            #[cfg(feature = "xxhash64")]
            Self::XxHash64 => 8,
            #[cfg(feature = "xxhash3")]
            Self::XxHash3 => 8,
            #[cfg(feature = "murmur3")]
            Self::Murmur3 => 4,
        }
    }

    /// Over the parts as if they were one piece.
    pub(in super::super) fn of(self, parts: &[&[u8]]) -> Value {
        match self {
            Self::Crc32 => {
                let mut hasher = crc32fast::Hasher::new();
                parts.iter().for_each(|part| hasher.update(part));
                hasher.finalize().into()
            }
            #[cfg(feature = "xxhash32")]
            Self::XxHash32 => {
                let mut hasher = xxhash_rust::xxh32::Xxh32::new(0);
                parts.iter().for_each(|part| hasher.update(part));
                hasher.digest().into()
            }
            #[cfg(feature = "xxhash64")]
            Self::XxHash64 => {
                let mut hasher = xxhash_rust::xxh64::Xxh64::new(0);
                parts.iter().for_each(|part| hasher.update(part));
                hasher.digest().into()
            }
            #[cfg(feature = "xxhash3")]
            Self::XxHash3 => {
                let mut hasher = xxhash_rust::xxh3::Xxh3Default::new();
                parts.iter().for_each(|part| hasher.update(part));
                hasher.digest().into()
            }
            #[cfg(feature = "murmur3")]
            Self::Murmur3 => murmur3::hash(parts).into(),
        }
    }
}
