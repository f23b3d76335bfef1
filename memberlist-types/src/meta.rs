use bytes::Bytes;

/// A node's metadata: opaque bytes that travel with its membership (roles, ports, a version …).
///
/// How many bytes are allowed is an option of the cluster (`max_meta_size`, default 512); the limit is checked where metadata
/// enters the machine, both from the user (an error) and from the network (a counted refusal).
///
/// ```
/// use memberlist_types::Meta;
///
/// let meta = Meta::new("role=cache");
/// assert_eq!(meta.as_ref(), b"role=cache");
/// assert!(meta.check(512).is_ok());
/// assert_eq!(meta.check(4).unwrap_err().actual, 10);
/// ```
#[derive(Clone, Debug, Default, Eq)]
pub struct Meta(Bytes);

/// Metadata is larger than the configured limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "metadata has {actual} bytes, the limit is {limit}: shorten it or raise `max_meta_size` on every node"
)]
pub struct MetaTooLarge {
    /// Size of the refused metadata, in bytes.
    pub actual: usize,
    /// The limit in force, in bytes.
    pub limit: usize,
}

impl Meta {
    /// No metadata.
    pub const EMPTY: Self = Self(Bytes::new());

    /// Metadata of these bytes.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self(bytes.into())
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// Size in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no metadata.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks the size against a limit in bytes.
    ///
    /// # Errors
    /// [`MetaTooLarge`] names both sizes.
    pub fn check(&self, limit: usize) -> Result<(), MetaTooLarge> {
        if self.len() > limit { Err(MetaTooLarge { actual: self.len(), limit }) } else { Ok(()) }
    }
}

// Most members have none, and two of those are compared with every entry of a push/pull: what they compare are two addresses of
// nothing, for which some processors take a hundred times as long as for the whole rest of the entry.
impl PartialEq for Meta {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && (self.is_empty() || self.0 == other.0)
    }
}

impl core::hash::Hash for Meta {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl AsRef<[u8]> for Meta {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<T: Into<Bytes>> From<T> for Meta {
    fn from(bytes: T) -> Self {
        Self(bytes.into())
    }
}

#[cfg(all(test, feature = "std"))]
mod tests;
