use super::{Beliefs, Entry, Header, Kind, Reader, TraceError};
use crate::NodeIndex;
use memberlist_proto::Instant;
use std::io::BufRead;

/// Which steps are of interest. Default: all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Filter {
    /// Only those of these nodes; empty: of all.
    pub nodes: Vec<NodeIndex>,
    /// Only those of these kinds; empty: of all.
    pub kinds: Vec<Kind>,
    /// Only those from this time on.
    pub from: Instant,
    /// Only those until this time, itself included.
    pub until: Instant,
    /// Only those whose details contain this; empty: all.
    pub containing: String,
}

impl Default for Filter {
    fn default() -> Self {
        Self::new()
    }
}

impl Filter {
    /// All.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            nodes: Vec::new(),
            kinds: Vec::new(),
            from: Instant::START,
            until: Instant::NEVER,
            containing: String::new(),
        }
    }

    /// Only those of these nodes.
    #[must_use]
    pub fn nodes(mut self, nodes: impl IntoIterator<Item = NodeIndex>) -> Self {
        self.nodes = nodes.into_iter().collect();
        self
    }

    /// Only those of these kinds.
    #[must_use]
    pub fn kinds(mut self, kinds: impl IntoIterator<Item = Kind>) -> Self {
        self.kinds = kinds.into_iter().collect();
        self
    }

    /// Only those from the first time until the second, both included.
    #[must_use]
    pub const fn between(mut self, from: Instant, until: Instant) -> Self {
        (self.from, self.until) = (from, until);
        self
    }

    /// Only those whose details contain this.
    #[must_use]
    pub fn containing(mut self, text: impl Into<String>) -> Self {
        self.containing = text.into();
        self
    }

    /// Whether this one is of interest.
    #[must_use]
    pub fn matches(&self, entry: &Entry) -> bool {
        (self.nodes.is_empty() || self.nodes.contains(&entry.node))
            && (self.kinds.is_empty() || self.kinds.contains(&entry.kind))
            && (self.from..=self.until).contains(&entry.at)
            && entry.details.contains(&self.containing)
    }
}

/// Steps through a trace, and knows at each step who believes what.
#[derive(Debug)]
pub struct Stepper<R> {
    reader: Reader<R>,
    filter: Filter,
    beliefs: Beliefs,
    now: Instant,
    failed: bool,
}

impl<R: BufRead> Stepper<R> {
    /// At the beginning of this trace.
    #[must_use]
    pub const fn new(reader: Reader<R>) -> Self {
        Self { reader, filter: Filter::new(), beliefs: Beliefs::new(), now: Instant::START, failed: false }
    }

    /// What the trace is a trace of.
    #[must_use]
    pub const fn header(&self) -> &Header {
        self.reader.header()
    }

    /// From now on stops only at such steps. May be changed at any time; beliefs follow all steps.
    pub fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
    }

    /// Goes on to the next step that is of interest, and past it; `None`: there is none any more.
    ///
    /// # Errors
    /// What is wrong with the trace, and in which line. Then it is over.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, TraceError> {
        while !self.failed
            && let Some(entry) = self.reader.next_entry()?
        {
            if let Err(problem) = self.beliefs.follow(&entry) {
                self.failed = true;
                return Err(TraceError { line: entry.line, problem });
            }
            self.now = entry.at;
            if self.filter.matches(&entry) {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// When the last step was that it went past.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Who believes what now.
    #[must_use]
    pub const fn beliefs(&self) -> &Beliefs {
        &self.beliefs
    }
}

impl<R: BufRead> Iterator for Stepper<R> {
    type Item = Result<Entry, TraceError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_entry().transpose()
    }
}
