use super::text;
use crate::msgpack::{Reader, Writer};
use alloc::{collections::BTreeMap, string::String, vec::Vec};
use memberlist_types::{DecodeError, EncodeError, Meta};
use smol_str::SmolStr;

/// What metadata that are tags begin with.
const MAGIC: u8 = 0xff;
/// Bytes of metadata that serf's nodes have at most.
const MAX_LEN: usize = 512;

/// What a node says of itself: keys and values, which together are its metadata.
///
/// ```
/// use memberlist_hashicorp::serf::Tags;
///
/// let tags = Tags::new().with("role", "web");
/// let meta = tags.to_meta()?;
/// assert_eq!(meta.as_ref(), b"\xff\x81\xa4role\xa3web");
/// assert_eq!(Tags::from_meta(&meta)?.get("role"), Some("web"));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(BTreeMap<SmolStr, SmolStr>);

impl Tags {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// With this one, instead of any other of its key.
    #[must_use]
    pub fn with(mut self, key: impl Into<SmolStr>, value: impl Into<SmolStr>) -> Self {
        self.insert(key, value);
        self
    }

    /// Adds one, instead of any other of its key.
    pub fn insert(&mut self, key: impl Into<SmolStr>, value: impl Into<SmolStr>) {
        self.0.insert(key.into(), value.into());
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(SmolStr::as_str)
    }

    /// All of them, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As metadata.
    ///
    /// # Errors
    /// If they take more than 512 bytes.
    pub fn to_meta(&self) -> Result<Meta, EncodeError> {
        let mut out: Vec<u8> = alloc::vec![MAGIC];
        let mut writer = Writer::new(&mut out);
        writer.map(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        for (key, value) in &self.0 {
            writer.str(key)?;
            writer.str(value)?;
        }
        match out.len() {
            ..=MAX_LEN => Ok(Meta::new(out)),
            actual => Err(EncodeError::TooLarge { what: "bytes of tags", actual, limit: MAX_LEN }),
        }
    }

    /// From metadata. Those that are no tags (of the oldest nodes, or of nodes without serf) are the one tag `role`; if there are none, there
    /// are no tags.
    ///
    /// # Errors
    /// If they begin as tags do and are none.
    pub fn from_meta(meta: &Meta) -> Result<Self, DecodeError> {
        let Some((&MAGIC, encoded)) = meta.as_bytes().split_first() else {
            let role = String::from_utf8_lossy(meta.as_bytes());
            return Ok(if role.is_empty() { Self::new() } else { Self::new().with("role", role.as_ref()) });
        };
        let mut reader = Reader::new(encoded);
        let len = reader.map_len()?;
        (0..len).map(|_| Ok((text(&mut reader)?, text(&mut reader)?))).collect()
    }
}

impl<K: Into<SmolStr>, V: Into<SmolStr>> FromIterator<(K, V)> for Tags {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(tags: T) -> Self {
        Self(tags.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}
