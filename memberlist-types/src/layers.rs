use crate::{ChecksumAlgorithm, CompressionAlgorithm};
use core::fmt;

/// Which checksums and compressions a node can read, besides crc32 and none at all, which every node reads.
///
/// Each node tells it with its [`Alive`](crate::Alive) message, so that nobody sends it what it can't read. An implementation that
/// does not tell it is held for one that reads the base set alone, [`Layers::BASE`].
///
/// It says nothing of encryption: what is to be encrypted is never sent in clear because somebody can't read it.
///
/// What a newer version can read and this one has never heard of is kept, and passed on as it came.
///
/// Other wires than the native one, whose messages carry no layers, keep in the upper eight bits (24 to 31) what they have to remember of how a
/// node is to be spoken to, and of. To everybody else these bits mean nothing.
///
/// ```
/// use memberlist_types::{ChecksumAlgorithm, Layers};
///
/// assert!(Layers::BASE.reads_checksum(ChecksumAlgorithm::Crc32));
/// assert!(Layers::compiled_in().contains(Layers::BASE));
/// assert_eq!(Layers::BASE.to_string(), "crc32");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Layers(u32);

impl Layers {
    /// What every node reads: crc32, no checksum, no compression.
    pub const BASE: Self = Self(0);

    /// All that is compiled into this build.
    #[must_use]
    pub const fn compiled_in() -> Self {
        let mut layers = Self::BASE;
        // `for` is not there in a constant function.
        let mut rest = ChecksumAlgorithm::ALL;
        while let [first, others @ ..] = rest {
            layers = layers.with_checksum(*first);
            rest = others;
        }
        let mut rest = CompressionAlgorithm::ALL;
        while let [first, others @ ..] = rest {
            layers = layers.with_compression(*first);
            rest = others;
        }
        layers
    }

    /// As it stands on the wire.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// From what stands on the wire; bits that mean nothing here are kept.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// With this checksum.
    #[must_use]
    pub const fn with_checksum(self, algorithm: ChecksumAlgorithm) -> Self {
        Self(self.0 | checksum_bit(algorithm))
    }

    /// With this compression.
    #[must_use]
    pub const fn with_compression(self, algorithm: CompressionAlgorithm) -> Self {
        Self(self.0 | compression_bit(algorithm))
    }

    /// With all that the other one has, too.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// With nothing but what the other one has, too.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether all that the other one reads is read, too.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Whether this checksum can be read.
    #[must_use]
    pub const fn reads_checksum(self, algorithm: ChecksumAlgorithm) -> bool {
        self.contains(Self(checksum_bit(algorithm)))
    }

    /// Whether this compression can be read.
    #[must_use]
    pub const fn reads_compression(self, algorithm: CompressionAlgorithm) -> bool {
        self.contains(Self(compression_bit(algorithm)))
    }
}

const fn checksum_bit(algorithm: ChecksumAlgorithm) -> u32 {
    match algorithm {
        ChecksumAlgorithm::Crc32 => 0,
        #[cfg(feature = "xxhash32")]
        ChecksumAlgorithm::XxHash32 => 1,
        #[cfg(feature = "xxhash64")]
        ChecksumAlgorithm::XxHash64 => 1 << 1,
        #[cfg(feature = "xxhash3")]
        ChecksumAlgorithm::XxHash3 => 1 << 2,
        #[cfg(feature = "murmur3")]
        ChecksumAlgorithm::Murmur3 => 1 << 3,
    }
}

const fn compression_bit(algorithm: CompressionAlgorithm) -> u32 {
    match algorithm {
        #[cfg(feature = "snappy")]
        CompressionAlgorithm::Snappy => 1 << 8,
        #[cfg(feature = "lz4")]
        CompressionAlgorithm::Lz4 => 1 << 9,
        #[cfg(feature = "zstd")]
        CompressionAlgorithm::Zstd => 1 << 10,
        #[cfg(feature = "brotli")]
        CompressionAlgorithm::Brotli => 1 << 11,
    }
}

/// Names the algorithms that are compiled in here, and tells how many others there are.
impl fmt::Display for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("crc32")?;
        let mut known = Self::BASE;
        for &algorithm in ChecksumAlgorithm::ALL {
            known = known.with_checksum(algorithm);
            if checksum_bit(algorithm) != 0 && self.reads_checksum(algorithm) {
                write!(f, ", {algorithm}")?;
            }
        }
        for &algorithm in CompressionAlgorithm::ALL {
            known = known.with_compression(algorithm);
            if self.reads_compression(algorithm) {
                write!(f, ", {algorithm}")?;
            }
        }
        match (self.0 & !known.0).count_ones() {
            0 => Ok(()),
            others => write!(f, ", {others} unknown here"),
        }
    }
}

#[cfg(test)]
mod tests;
