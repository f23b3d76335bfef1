//! A replicated map: every node has all of it, anybody may write, and all copies become equal.
//!
//! The last writer wins. "Last" is told by a version: a counter that is always ahead of every version seen so far, then the writer's
//! name, so that any two copies agree on which of two writes is the later one, in whatever order they hear of them. A deleted key
//! keeps a version, too, or an older copy would bring it back.
//!
//! This is plain data. How it travels stands in `src/bin/kv.rs`.

use std::collections::{BTreeMap, BTreeSet};

/// When, in the order of writes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    counter: u64,
    writer: String,
}

/// What one key stands for, or that it was deleted. The greater entry wins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    version: Version,
    value: Option<String>,
}

/// One node's copy of the map.
#[derive(Clone, Debug)]
pub struct Store {
    writer: String,
    counter: u64,
    entries: BTreeMap<String, Entry>,
    /// Keys that were written here and whose entries are still to be broadcast.
    unsent: BTreeSet<String>,
}

/// Bytes that are no entries. What came before the mistake was taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl Store {
    /// An empty map for the node of this name, which must be its alone.
    #[must_use]
    pub fn new(writer: impl Into<String>) -> Self {
        Self { writer: writer.into(), counter: 0, entries: BTreeMap::new(), unsent: BTreeSet::new() }
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.get(key)?.value.as_deref()
    }

    /// Keys and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().filter_map(|(key, entry)| Some((key.as_str(), entry.value.as_deref()?)))
    }

    /// Writes a value.
    pub fn put(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.write(key.into(), Some(value.into()));
    }

    /// Deletes a key.
    pub fn delete(&mut self, key: impl Into<String>) {
        self.write(key.into(), None);
    }

    /// All entries, as a peer's [`absorb`](Self::absorb) takes them.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (key, entry) in &self.entries {
            encode(key, entry, &mut bytes);
        }
        bytes
    }

    /// What was written here and not yet taken, to be broadcast: each for itself, of so many bytes together at most; the rest stays
    /// for the next time.
    pub fn take_unsent(&mut self, limit: usize) -> Vec<Vec<u8>> {
        let (mut taken, mut room) = (Vec::new(), limit);
        while let Some(key) = self.unsent.pop_first() {
            let mut bytes = Vec::new();
            if let Some(entry) = self.entries.get(&key) {
                encode(&key, entry, &mut bytes);
            }
            // What fits no broadcast at all travels in snapshots alone.
            if bytes.len() > limit {
                continue;
            }
            if bytes.len() > room {
                self.unsent.insert(key);
                break;
            }
            room -= bytes.len();
            taken.push(bytes);
        }
        taken
    }

    /// Takes over what is newer in a peer's entries; returns how many were. Others hear of them from whoever wrote them.
    ///
    /// # Errors
    /// [`Malformed`] from the first place on that makes no sense.
    pub fn absorb(&mut self, mut bytes: &[u8]) -> Result<usize, Malformed> {
        let mut news = 0;
        while !bytes.is_empty() {
            let (key, entry) = decode(&mut bytes).ok_or(Malformed)?;
            self.counter = self.counter.max(entry.version.counter);
            if self.entries.get(&key).is_none_or(|ours| *ours < entry) {
                // Ours was overtaken before anybody heard of it.
                self.unsent.remove(&key);
                self.entries.insert(key, entry);
                news += 1;
            }
        }
        Ok(news)
    }

    fn write(&mut self, key: String, value: Option<String>) {
        self.counter = self.counter.saturating_add(1);
        let version = Version { counter: self.counter, writer: self.writer.clone() };
        self.unsent.insert(key.clone());
        self.entries.insert(key, Entry { version, value });
    }
}

/// Key, counter, writer, and the value if there is one; texts behind their length, all numbers big-endian.
fn encode(key: &str, entry: &Entry, out: &mut Vec<u8>) {
    encode_text(key, out);
    out.extend(entry.version.counter.to_be_bytes());
    encode_text(&entry.version.writer, out);
    match &entry.value {
        None => out.push(0),
        Some(value) => {
            out.push(1);
            encode_text(value, out);
        }
    }
}

fn encode_text(text: &str, out: &mut Vec<u8>) {
    out.extend((text.len() as u64).to_be_bytes());
    out.extend(text.as_bytes());
}

fn decode(bytes: &mut &[u8]) -> Option<(String, Entry)> {
    let key = decode_text(bytes)?;
    let counter = decode_number(bytes)?;
    let writer = decode_text(bytes)?;
    let value = match bytes.split_off_first()? {
        0 => None,
        1 => Some(decode_text(bytes)?),
        _ => return None,
    };
    Some((key, Entry { version: Version { counter, writer }, value }))
}

/// Never takes a length's word for more than there is.
fn decode_text(bytes: &mut &[u8]) -> Option<String> {
    let len = usize::try_from(decode_number(bytes)?).ok()?;
    String::from_utf8(bytes.split_off(..len)?.to_vec()).ok()
}

fn decode_number(bytes: &mut &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.split_off(..8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests;
