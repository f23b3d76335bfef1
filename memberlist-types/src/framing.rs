use crate::Label;

/// How a packet or a stream frame is wrapped: what lies outside the messages.
///
/// From the outside in: label, then (with the transports' own crates) encryption, checksum, compression.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Framing {
    /// The cluster's name; input with another one (or none) is refused. Default: none.
    pub label: Label,
    /// The label was already checked and removed by something in front of us (a proxy): a label that is seen is then an error. Default: false.
    pub label_stripped_upstream: bool,
    /// The checksum over packets. `None` where the transport already guarantees integrity. Default: crc32.
    /// Input is accepted with any checksum that is compiled in, whatever is set here.
    pub checksum: Option<ChecksumAlgorithm>,
}

impl Framing {
    /// The default framing: no label, crc32.
    #[must_use]
    pub fn new() -> Self {
        Self {
            label: Label::default(),
            label_stripped_upstream: false,
            checksum: Some(ChecksumAlgorithm::Crc32),
        }
    }

    /// With this label.
    #[must_use]
    pub fn with_label(mut self, label: Label) -> Self {
        self.label = label;
        self
    }

    /// With this checksum (or none).
    #[must_use]
    pub fn with_checksum(mut self, checksum: Option<ChecksumAlgorithm>) -> Self {
        self.checksum = checksum;
        self
    }
}

impl Default for Framing {
    fn default() -> Self {
        Self::new()
    }
}

/// A checksum algorithm of the frame layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum ChecksumAlgorithm {
    /// CRC-32/IEEE (the zlib polynomial).
    Crc32,
}
