use crate::Label;

/// How a packet or a stream frame is wrapped: what lies outside the messages.
///
/// From the outside in: label, encryption (to come), checksum, compression (to come). One setting for packets and streams.
///
/// ```
/// use memberlist_types::{ChecksumAlgorithm, Framing, Label};
///
/// let framing = Framing::new().with_label(Label::new("staging")?);
/// assert_eq!(framing.checksum, Some(ChecksumAlgorithm::Crc32));
/// assert_eq!(framing.to_string(), "label \"staging\", crc32");
///
/// // Over a transport that checks integrity itself:
/// let lean = framing.with_checksum(None);
/// # assert_eq!(lean.to_string(), "label \"staging\", no checksum");
/// # Ok::<_, memberlist_types::LabelTooLong>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Framing {
    /// The cluster's name; input with another one (or none) is refused. Default: none.
    pub label: Label,
    /// The label was already checked and removed by something in front of us (a proxy): a label that is seen is then an error,
    /// none is right. Concerns input only: what we send bears the label. Default: false.
    pub label_stripped_upstream: bool,
    /// The checksum of what we send, in packets and streams. `None` where the transport already guarantees integrity. Default: crc32.
    /// Input is accepted with any checksum that is compiled in, and without one, whatever is set here.
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

    /// With (or without) something in front of us that removes the label from what we receive.
    #[must_use]
    pub fn with_label_stripped_upstream(mut self, stripped: bool) -> Self {
        self.label_stripped_upstream = stripped;
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
