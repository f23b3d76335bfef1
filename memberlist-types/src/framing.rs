use crate::{ChecksumAlgorithm, Compression, Label};
#[cfg(feature = "encryption")]
use crate::{EncryptionPolicy, Keyring};

/// How a packet or a stream frame is wrapped: what lies outside the messages.
///
/// From the outside in: label, encryption (with the feature `encryption`), checksum, compression. One setting for packets and streams.
///
/// All but the label concerns what we send. Input is taken with whatever is compiled in, so that the nodes of a cluster may differ, and a setting may
/// be changed node by node. Checksum and compression are what we would *like* to send: each node tells which ones it can read ([`Layers`](crate::Layers)), and gets
/// [what is left of them then](crate::Wire::readable). Encryption is never left out; its algorithm must be compiled into all nodes. What a node does not know it refuses and
/// counts ([`DecodeError::UnknownLayer`](crate::DecodeError::UnknownLayer)).
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
    ///
    /// Inside encryption it is redundant: there, every byte is authenticated.
    pub checksum: Option<ChecksumAlgorithm>,
    /// The compression of what we send, in packets and streams. Default: none. Input is accepted with any compression that is compiled in.
    ///
    /// Packets are filled by their size before compression, so this saves bytes on the network, but puts no more messages into a packet.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub compression: Option<Compression>,
    /// The keys, and what is encrypted with them. Default: none; nothing is encrypted then, and encrypted input is refused.
    ///
    /// A shared handle: keys and policy can be changed while the cluster runs. It is not part of what serde reads or writes:
    /// keys don't belong beside other options.
    #[cfg(feature = "encryption")]
    #[cfg_attr(docsrs, doc(cfg(feature = "encryption")))]
    #[cfg_attr(feature = "serde", serde(skip))]
    pub keyring: Option<Keyring>,
    /// What carries the bytes encrypts and authenticates them already (TLS, QUIC): we don't do it again, and take input in clear, whatever the
    /// keyring's policy. Input that is encrypted all the same is decrypted. Set for packets and streams by the driver, from what the transport says
    /// of itself. Default: false.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub secured_below: bool,
}

/// What protects packets or frames against those who can read and write on the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protection {
    /// Nothing: there is no keyring.
    NoKeyring,
    /// Nothing: the keyring has no keys.
    NoKeys,
    /// Nothing: the keyring's policy is to send in clear, and to accept that.
    Accepted,
    /// What is sent is encrypted, but what arrives in clear is accepted.
    Preferred,
    /// All is encrypted, and must be.
    Required,
    /// What carries the bytes encrypts and authenticates them ([`Framing::secured_below`]).
    Below,
}

impl Framing {
    /// The default framing: no label, crc32, neither compression nor encryption.
    #[must_use]
    pub fn new() -> Self {
        Self {
            label: Label::default(),
            label_stripped_upstream: false,
            checksum: Some(ChecksumAlgorithm::Crc32),
            compression: None,
            #[cfg(feature = "encryption")]
            keyring: None,
            secured_below: false,
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

    /// With this compression (or none).
    #[must_use]
    pub fn with_compression(mut self, compression: Option<Compression>) -> Self {
        self.compression = compression;
        self
    }

    /// With (or without) encryption by what carries the bytes.
    #[must_use]
    pub fn with_secured_below(mut self, secured: bool) -> Self {
        self.secured_below = secured;
        self
    }

    /// What protects that which is sent and received with this framing, now.
    #[must_use]
    pub fn protection(&self) -> Protection {
        if self.secured_below {
            return Protection::Below;
        }
        #[cfg(feature = "encryption")]
        if let Some(keyring) = &self.keyring {
            return match (keyring.primary(), keyring.policy()) {
                (None, _) => Protection::NoKeys,
                (_, EncryptionPolicy::Accept) => Protection::Accepted,
                (_, EncryptionPolicy::Prefer) => Protection::Preferred,
                (_, EncryptionPolicy::Require) => Protection::Required,
            };
        }
        Protection::NoKeyring
    }

    /// With these keys (or none).
    #[cfg(feature = "encryption")]
    #[cfg_attr(docsrs, doc(cfg(feature = "encryption")))]
    #[must_use]
    pub fn with_keyring(mut self, keyring: Option<Keyring>) -> Self {
        self.keyring = keyring;
        self
    }
}

impl Default for Framing {
    fn default() -> Self {
        Self::new()
    }
}
