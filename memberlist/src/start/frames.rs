#[cfg(any(feature = "snappy", feature = "lz4", feature = "zstd", feature = "brotli"))]
use crate::types::Compression;
#[cfg(any(feature = "aes-gcm", feature = "chacha20-poly1305"))]
use crate::types::Keyring;
use crate::types::{ChecksumAlgorithm, Framing, Label};

/// What the builder was told about frames.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    pub(crate) label: Option<Label>,
    pub(crate) checksum: Option<Option<ChecksumAlgorithm>>,
    #[cfg(any(feature = "snappy", feature = "lz4", feature = "zstd", feature = "brotli"))]
    pub(crate) compression: Option<Compression>,
    #[cfg(any(feature = "aes-gcm", feature = "chacha20-poly1305"))]
    pub(crate) keyring: Option<Keyring>,
}

impl Frames {
    /// Replaces what it was told of.
    pub(crate) fn apply(self, framing: &mut Framing) {
        if let Some(label) = self.label {
            framing.label = label;
        }
        if let Some(checksum) = self.checksum {
            framing.checksum = checksum;
        }
        #[cfg(any(feature = "snappy", feature = "lz4", feature = "zstd", feature = "brotli"))]
        if self.compression.is_some() {
            framing.compression = self.compression;
        }
        #[cfg(any(feature = "aes-gcm", feature = "chacha20-poly1305"))]
        if self.keyring.is_some() {
            framing.keyring = self.keyring;
        }
    }
}
