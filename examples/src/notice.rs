//! A line of text and who said it, as it travels in a user broadcast.
//!
//! memberlist takes a broadcast to every member and tells each of them once. Whose it is it tells by address; here the name goes along.

use memberlist::SmolStr;

/// A line of text of somebody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    /// Who said it, by its own word.
    pub author: SmolStr,
    /// What was said.
    pub text: String,
}

impl Notice {
    /// What this author says.
    #[must_use]
    pub fn new(author: impl Into<SmolStr>, text: impl Into<String>) -> Self {
        Self { author: author.into(), text: text.into() }
    }

    /// As it travels: the author, a zero byte, the text.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        format!("{}\0{}", self.author, self.text).into_bytes()
    }

    /// From a peer's bytes; `None` if they are no notice. Control characters are taken out: the text goes to a terminal.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (author, text) = std::str::from_utf8(bytes).ok()?.split_once('\0')?;
        (!author.is_empty()).then(|| Self::new(printable(author), printable(text)))
    }
}

/// Text from outside, fit for a terminal: no control character survives.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests;
