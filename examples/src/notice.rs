//! A line of text that goes round the cluster by user broadcasts.
//!
//! memberlist gives a user broadcast to a handful of members and stops: whoever wants it to reach everybody broadcasts
//! again what is new to it. For that a notice needs a name of its own (who said it, and the how manieth of theirs it is) and
//! a bounded memory of those already heard.

use memberlist::SmolStr;
use std::{
    collections::{HashSet, VecDeque},
    time::{SystemTime, UNIX_EPOCH},
};

/// A line of text with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Who said it.
    pub author: SmolStr,
    /// Tells the notices of one author apart, also across its restarts.
    pub number: u64,
    /// What was said.
    pub text: String,
}

impl Notice {
    /// As it travels: three fields, each but the last ended by a zero byte.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        format!("{}\0{}\0{}", self.author, self.number, self.text).into_bytes()
    }

    /// From a peer's bytes; `None` if they are no notice. Control characters are taken out: the text goes to a terminal.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = std::str::from_utf8(bytes).ok()?.splitn(3, '\0');
        let author = printable(fields.next()?);
        let number = fields.next()?.parse().ok()?;
        let text = printable(fields.next()?);
        (!author.is_empty()).then(|| Self { author: author.into(), number, text })
    }
}

/// Text from outside, fit for a terminal: no control character survives.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Writes notices, and remembers which were heard.
#[derive(Debug)]
pub struct Notices {
    author: SmolStr,
    next: u64,
    heard: HashSet<(SmolStr, u64)>,
    order: VecDeque<(SmolStr, u64)>,
}

/// Notices remembered; an echo that comes later than so many others counts as new.
const MEMORY: usize = 4_096;

impl Notices {
    /// For the node of this name. Numbers begin with the time, so that those after a restart are new to the others.
    #[must_use]
    pub fn new(author: impl Into<SmolStr>) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let next = u64::try_from(now.as_millis()).unwrap_or_default();
        Self { author: author.into(), next, heard: HashSet::new(), order: VecDeque::new() }
    }

    /// A notice of our own.
    pub fn write(&mut self, text: impl Into<String>) -> Notice {
        let notice = Notice { author: self.author.clone(), number: self.next, text: text.into() };
        self.next += 1;
        self.is_news(&notice);
        notice
    }

    /// Whether this is heard for the first time; remembers it.
    pub fn is_news(&mut self, notice: &Notice) -> bool {
        let key = (notice.author.clone(), notice.number);
        if !self.heard.insert(key.clone()) {
            return false;
        }
        self.order.push_back(key);
        if self.order.len() > MEMORY
            && let Some(oldest) = self.order.pop_front()
        {
            self.heard.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests;
