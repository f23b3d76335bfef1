use core::fmt;
use smol_str::SmolStr;

/// The name of a cluster, carried in clear in front of every packet and stream.
///
/// It keeps clusters that share a network from mixing; it is no secret. 0 to 255 bytes of UTF-8; empty (the
/// default) means "no label", and input that bears a label is then refused, as is input that bears another one.
///
/// ```
/// use memberlist_types::{Label, LabelTooLong};
///
/// assert_eq!(Label::new("production")?.as_bytes(), b"production");
/// assert!(Label::default().is_empty());
/// assert_eq!(Label::new("x".repeat(256)), Err(LabelTooLong(256)));
/// # Ok::<_, LabelTooLong>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "SmolStr", into = "SmolStr"))]
pub struct Label(SmolStr);

/// A label is at most 255 bytes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("label has {0} bytes, at most 255 are allowed: shorten it")]
pub struct LabelTooLong(pub usize);

impl Label {
    /// The longest label, in bytes.
    pub const MAX_LEN: usize = 255;

    /// A label of this text.
    ///
    /// # Errors
    /// [`LabelTooLong`] if it has more than 255 bytes.
    pub fn new(label: impl Into<SmolStr>) -> Result<Self, LabelTooLong> {
        let label = label.into();
        if label.len() > Self::MAX_LEN { Err(LabelTooLong(label.len())) } else { Ok(Self(label)) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The bytes as they stand on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether there is no label.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<SmolStr> for Label {
    type Error = LabelTooLong;
    fn try_from(label: SmolStr) -> Result<Self, LabelTooLong> {
        Self::new(label)
    }
}

impl TryFrom<&str> for Label {
    type Error = LabelTooLong;
    fn try_from(label: &str) -> Result<Self, LabelTooLong> {
        Self::new(label)
    }
}

impl From<Label> for SmolStr {
    fn from(label: Label) -> Self {
        label.0
    }
}
