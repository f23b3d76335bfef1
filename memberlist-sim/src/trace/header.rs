use super::{Kind, TraceProblem, entry::number};
use core::fmt;

/// The version of the format that is written, and the only one that is read.
pub const VERSION: u64 = 1;

/// What a trace is a trace of: enough to do the run again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// The seed of the run.
    pub seed: u64,
    /// What the run was, in any words: the scenario's text, the command. Any lines.
    pub about: String,
    /// Which kinds of steps are written. Default: all.
    pub kinds: Vec<Kind>,
}

impl Header {
    /// Of a run with this seed, and of all of its steps.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, about: String::new(), kinds: Kind::ALL.to_vec() }
    }

    /// With words about it.
    #[must_use]
    pub fn with_about(mut self, about: impl Into<String>) -> Self {
        self.about = about.into();
        self
    }

    /// Only of these kinds of steps.
    #[must_use]
    pub fn with_kinds(mut self, kinds: impl IntoIterator<Item = Kind>) -> Self {
        self.kinds = kinds.into_iter().collect();
        self.kinds.sort_unstable();
        self.kinds.dedup();
        self
    }

    pub(super) fn mask(&self) -> u16 {
        self.kinds.iter().fold(0, |mask, kind| mask | kind.bit())
    }
}

impl fmt::Display for Header {
    /// As it is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "memberlist trace {VERSION}\nseed {}", self.seed)?;
        if self.mask() != Self::new(0).mask() {
            f.write_str("kinds")?;
            for kind in &self.kinds {
                write!(f, " {kind}")?;
            }
            writeln!(f)?;
        }
        if !self.about.is_empty() {
            for line in self.about.split('\n') {
                writeln!(f, "| {line}")?;
            }
        }
        Ok(())
    }
}

/// A header that is being read, line by line.
#[derive(Debug, Default)]
pub(super) struct HeaderParser {
    versioned: bool,
    seed: Option<u64>,
    kinds: Option<Vec<Kind>>,
    about: Option<String>,
}

impl HeaderParser {
    /// Takes a line; false: it is not of the header any more.
    pub(super) fn line(&mut self, line: &str) -> Result<bool, TraceProblem> {
        if !self.versioned {
            let version = line.strip_prefix("memberlist trace ").ok_or(TraceProblem::NotATrace)?;
            let version = number("version", Some(version))?;
            self.versioned = true;
            return if version == VERSION { Ok(true) } else { Err(TraceProblem::Version(version)) };
        }
        if self.seed.is_none() {
            let seed = line.strip_prefix("seed ").ok_or(TraceProblem::Missing("seed"))?;
            self.seed = Some(number("seed", Some(seed))?);
            return Ok(true);
        }
        if let Some(text) = line.strip_prefix("| ") {
            match &mut self.about {
                Some(about) => {
                    about.push('\n');
                    about.push_str(text);
                }
                None => self.about = Some(text.to_owned()),
            }
            return Ok(true);
        }
        if self.about.is_none()
            && self.kinds.is_none()
            && let Some(kinds) = line.strip_prefix("kinds")
        {
            let kinds: Result<Vec<_>, _> =
                kinds.split(' ').filter(|kind| !kind.is_empty()).map(str::parse).collect();
            self.kinds = Some(kinds?);
            return Ok(true);
        }
        Ok(false)
    }

    pub(super) fn finish(self) -> Result<Header, TraceProblem> {
        if !self.versioned {
            return Err(TraceProblem::NotATrace);
        }
        let header = Header::new(self.seed.ok_or(TraceProblem::Missing("seed"))?);
        let header = header.with_about(self.about.unwrap_or_default());
        Ok(match self.kinds {
            Some(kinds) => header.with_kinds(kinds),
            None => header,
        })
    }
}
