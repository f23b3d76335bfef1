/// A checksum algorithm of the frame layer. Against accidents; it keeps nobody from changing a packet on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum ChecksumAlgorithm {
    /// CRC-32/IEEE (the zlib polynomial). Every node knows it.
    Crc32,
    /// xxHash, 32 bits, seed 0.
    #[cfg(feature = "xxhash32")]
    XxHash32,
    /// xxHash, 64 bits, seed 0.
    #[cfg(feature = "xxhash64")]
    XxHash64,
    /// XXH3, 64 bits, seed 0.
    #[cfg(feature = "xxhash3")]
    XxHash3,
    /// MurmurHash3 `x86_32`, seed 0.
    #[cfg(feature = "murmur3")]
    Murmur3,
}

impl ChecksumAlgorithm {
    /// All that are compiled in.
    pub const ALL: &[Self] = &[
        Self::Crc32,
        #[cfg(feature = "xxhash32")]
        Self::XxHash32,
        #[cfg(feature = "xxhash64")]
        Self::XxHash64,
        #[cfg(feature = "xxhash3")]
        Self::XxHash3,
        #[cfg(feature = "murmur3")]
        Self::Murmur3,
    ];
}

/// A compression algorithm of the frame layer. Each is a cargo feature; without any of them this type has no values.
///
/// What they do to a packet of 20 alive messages with names and metadata that resemble each other (1,231 bytes; time in microseconds, measured once):
///
/// | | bytes | to compress | to decompress |
/// |---|---|---|---|
/// | snappy | 334 | 0.7 | 0.2 |
/// | lz4 | 345 | 0.6 | 0.3 |
/// | zstd | 242 | 3.0 | 1.5 |
/// | brotli | 198 | 15.0 | 4.2 |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum CompressionAlgorithm {
    /// Snappy, raw format. Needs `std`.
    #[cfg(feature = "snappy")]
    Snappy,
    /// LZ4, block format. The only one that works without `std`.
    #[cfg(feature = "lz4")]
    Lz4,
    /// Zstandard, level 1. Needs `std` and a C compiler.
    #[cfg(feature = "zstd")]
    Zstd,
    /// Brotli, quality 4. Needs `std`.
    #[cfg(feature = "brotli")]
    Brotli,
}

impl CompressionAlgorithm {
    /// All that are compiled in.
    pub const ALL: &[Self] = &[
        #[cfg(feature = "snappy")]
        Self::Snappy,
        #[cfg(feature = "lz4")]
        Self::Lz4,
        #[cfg(feature = "zstd")]
        Self::Zstd,
        #[cfg(feature = "brotli")]
        Self::Brotli,
    ];
}

/// What is compressed, and how.
///
/// ```
/// # #[cfg(feature = "lz4")] {
/// use memberlist_types::{Compression, CompressionAlgorithm, Framing};
///
/// let compression = Compression::new(CompressionAlgorithm::Lz4).with_threshold(1_000);
/// let framing = Framing::new().with_compression(Some(compression));
/// assert_eq!(framing.to_string(), "no label, crc32, lz4 over 1000 bytes");
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Compression {
    /// The algorithm.
    pub algorithm: CompressionAlgorithm,
    /// The messages of a packet or frame are compressed if they are longer than this many bytes, and if they become shorter by it.
    /// Default: 512 bytes; of less there is little to gain. Any value is legal, 0 tries always.
    #[cfg_attr(feature = "serde", serde(default = "default_threshold"))]
    pub threshold: usize,
}

const fn default_threshold() -> usize {
    512
}

impl Compression {
    /// With this algorithm, over 512 bytes.
    #[must_use]
    pub const fn new(algorithm: CompressionAlgorithm) -> Self {
        Self { algorithm, threshold: default_threshold() }
    }

    /// For messages over this many bytes.
    #[must_use]
    pub const fn with_threshold(mut self, bytes: usize) -> Self {
        self.threshold = bytes;
        self
    }
}

/// Over 512 bytes.
impl From<CompressionAlgorithm> for Compression {
    fn from(algorithm: CompressionAlgorithm) -> Self {
        Self::new(algorithm)
    }
}
