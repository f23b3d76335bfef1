/// Why bytes from the network are no message. Nothing was changed; the input is dropped and counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// It ends before it is complete.
    #[error("input is truncated")]
    Truncated,
    /// The first byte (or the format version) is none of this wire. Where it is how TLS or another wire of this project begins, the text says
    /// so: the two nodes are configured differently.
    #[error("not a frame of this wire (starts with {0:#04x}){hint}", hint = hint(*.0))]
    BadMagic(u8),
    /// The label is missing or another one: a node of another cluster.
    #[error("label does not match")]
    LabelMismatch,
    /// The checksum does not fit the bytes.
    #[error("checksum does not match")]
    ChecksumMismatch,
    /// A layer (checksum, compression, encryption algorithm) that is unknown or not enabled here.
    #[error("unknown or disabled layer {0:#04x}")]
    UnknownLayer(u8),
    /// It is in clear, and the keyring's policy requires encryption: a node that has no keys yet, or a stranger.
    #[error("not encrypted, which is required here")]
    Unencrypted,
    /// It is encrypted with a key that is not here (or no keys are): a key that was not added everywhere or was removed too early, or a stranger's.
    #[error("encrypted with a key that is not here")]
    NoKey,
    /// It seems to be encrypted with a key that is here, but is not authentic: changed on the way, of another cluster with the same keys
    /// but another label, or (one time in 256) encrypted with a key that is not here.
    #[error("can't be decrypted: not authentic")]
    Undecryptable,
    /// A message kind that is unknown here.
    #[error("unknown message kind {0}")]
    UnknownKind(u8),
    /// A length or count beyond the limit; nothing was reserved for it.
    #[error("too much: {actual} {what}, the limit is {limit}")]
    TooLarge {
        /// What there is too much of, in the plural ("user bytes", "states").
        what: &'static str,
        /// What was announced.
        actual: u64,
        /// What is allowed.
        limit: u64,
    },
    /// A field's bytes make no sense.
    #[error("invalid {0}")]
    Invalid(&'static str),
}

impl DecodeError {
    /// All that [`reason`](Self::reason) can say.
    pub const REASONS: &[&str] = &[
        "truncated",
        "bad_magic",
        "label_mismatch",
        "checksum_mismatch",
        "unknown_layer",
        "unencrypted",
        "no_key",
        "undecryptable",
        "unknown_kind",
        "too_large",
        "invalid",
    ];

    /// Whether it seems to be of another wire of this project than the one that it was read with.
    #[must_use]
    pub const fn is_another_wire(&self) -> bool {
        matches!(self, Self::BadMagic(first) if is_hashicorp(*first) || is_native(*first))
    }

    /// A short, stable name for counters.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::BadMagic(_) => "bad_magic",
            Self::LabelMismatch => "label_mismatch",
            Self::ChecksumMismatch => "checksum_mismatch",
            Self::UnknownLayer(_) => "unknown_layer",
            Self::Unencrypted => "unencrypted",
            Self::NoKey => "no_key",
            Self::Undecryptable => "undecryptable",
            Self::UnknownKind(_) => "unknown_kind",
            Self::TooLarge { .. } => "too_large",
            Self::Invalid(_) => "invalid",
        }
    }
}

/// What a first byte that is none of ours may come from.
const fn hint(first: u8) -> &'static str {
    match first {
        _ if is_hashicorp(first) => ": the peer seems to speak HashiCorp's wire, and this node does not",
        _ if is_native(first) => ": the peer seems to speak memberlist's native wire, and this node does not",
        // What a TLS server answers to clear text: an alert.
        0x15 => ": the peer seems to speak TLS, and this node does not",
        // A handshake, which a TLS client begins with.
        0x16 => ": the peer seems to speak TLS (a handshake), and this node does not",
        _ => "",
    }
}

/// A kind of message, or what stands in front of a label.
const fn is_hashicorp(first: u8) -> bool {
    matches!(first, 0x00..=0x0d | 0xf4)
}

/// A packet or a frame of the first version.
const fn is_native(first: u8) -> bool {
    matches!(first, 0xd1 | 0xe1)
}

/// Why something can't be put into bytes. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A field is longer than its length field or limit allows.
    #[error("too much: {actual} {what}, the limit is {limit}")]
    TooLarge {
        /// What there is too much of, in the plural ("user bytes", "states").
        what: &'static str,
        /// How much it is.
        actual: usize,
        /// What is allowed.
        limit: usize,
    },
    /// This wire has no way to say it.
    #[error("the wire can't express {0}")]
    Unsupported(&'static str),
}
