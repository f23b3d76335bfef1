use super::{Entry, Fingerprint, Header, Summary, entry::number, header::HeaderParser};
use memberlist_proto::Instant;
use std::io::{self, BufRead, Read};

/// No line is longer, and no header: 1 MiB.
const LONGEST: usize = 1 << 20;

/// Reads a trace, step by step.
///
/// As an iterator it gives what [`next_entry`](Reader::next_entry) gives, and ends after an error.
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    header: Header,
    line: Vec<u8>,
    /// The line in `line` was read but not yet given.
    pending: bool,
    number: u64,
    steps: u64,
    fingerprint: Fingerprint,
    last: Instant,
    ended: bool,
}

/// What is wrong with a trace, and where.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the trace: {problem}")]
pub struct TraceError {
    /// In which line, counted from 1.
    pub line: u64,
    /// What.
    #[source]
    pub problem: TraceProblem,
}

/// What is wrong with a line of a trace.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceProblem {
    /// It can't be read.
    #[error("can't read it: {0}")]
    Io(#[from] io::Error),
    /// It does not begin as a trace does.
    #[error("this is no trace: it does not begin with `memberlist trace 1`")]
    NotATrace,
    /// Its format is of another version.
    #[error("its format is of version {0}, not {version}", version = super::VERSION)]
    Version(u64),
    /// It is longer than 1 MiB.
    #[error("it is longer than 1 MiB")]
    TooLong,
    /// It is no UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// A field is missing.
    #[error("there is no {0}")]
    Missing(&'static str),
    /// A field is no number, or too large.
    #[error("the {field} is no number that fits: `{text}`")]
    NotANumber {
        /// Which.
        field: &'static str,
        /// What it is.
        text: String,
    },
    /// A kind of steps that does not exist.
    #[error("there is no kind of steps `{0}`")]
    UnknownKind(String),
    /// A state that does not exist.
    #[error("there is no state `{0}`")]
    UnknownState(String),
    /// It was before the step before it.
    #[error("it was before the step before it")]
    TimeGoesBack,
    /// It does not end with a line feed, or the line `end` is missing: it was cut off, or the run was.
    #[error("the trace ends here without its end: it was cut off")]
    CutOff,
    /// The line `end` does not fit what stands before it: it was changed.
    #[error("the steps before it are not those that were written: {field} differs")]
    Changed {
        /// What differs: the number of steps or the fingerprint.
        field: &'static str,
    },
    /// Something stands after the line `end`.
    #[error("something stands after the end")]
    AfterEnd,
}

impl<R: BufRead> Reader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// If it is none, or can't be read.
    pub fn new(source: R) -> Result<Self, TraceError> {
        let mut reader = Self {
            source,
            header: Header::new(0),
            line: Vec::new(),
            pending: false,
            number: 0,
            steps: 0,
            fingerprint: Fingerprint::new(),
            last: Instant::START,
            ended: false,
        };
        match reader.read_header() {
            Ok(header) => Ok(Self { header, ..reader }),
            Err(problem) => Err(TraceError { line: reader.number.max(1), problem }),
        }
    }

    /// What the trace is a trace of.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The next step; `None` at the end.
    ///
    /// # Errors
    /// What is wrong with it, and in which line. After one the trace is over.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, TraceError> {
        if !self.advance()? {
            return Ok(None);
        }
        let parsed = core::str::from_utf8(&self.line)
            .map_err(|_| TraceProblem::NotUtf8)
            .and_then(|line| Entry::parse(self.number, line))
            .and_then(|entry| if entry.at < self.last { Err(TraceProblem::TimeGoesBack) } else { Ok(entry) });
        match parsed {
            Ok(entry) => {
                self.last = entry.at;
                Ok(Some(entry))
            }
            Err(problem) => Err(self.fail(problem)),
        }
    }

    /// The next step as it stands there, and its line; `None` at the end.
    pub(super) fn next_line(&mut self) -> Result<Option<(u64, &str)>, TraceError> {
        if !self.advance()? {
            return Ok(None);
        }
        if core::str::from_utf8(&self.line).is_err() {
            return Err(self.fail(TraceProblem::NotUtf8));
        }
        Ok(core::str::from_utf8(&self.line).ok().map(|line| (self.number, line)))
    }

    /// How many steps were read, and the fingerprint of their lines.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary { steps: self.steps, fingerprint: self.fingerprint.value() }
    }

    fn fail(&mut self, problem: TraceProblem) -> TraceError {
        self.ended = true;
        TraceError { line: self.number, problem }
    }

    /// Reads the line of the next step; false at the end.
    fn advance(&mut self) -> Result<bool, TraceError> {
        if self.ended {
            return Ok(false);
        }
        let read = if core::mem::take(&mut self.pending) { Ok(true) } else { self.read_line() };
        match read {
            Err(problem) => Err(self.fail(problem)),
            Ok(false) => {
                self.number += 1;
                Err(self.fail(TraceProblem::CutOff))
            }
            Ok(true) if self.line.starts_with(b"end ") => {
                self.ended = true;
                match self.check_end() {
                    Ok(()) => Ok(false),
                    Err(problem) => Err(self.fail(problem)),
                }
            }
            Ok(true) => {
                self.fingerprint.add(&self.line);
                self.steps += 1;
                Ok(true)
            }
        }
    }

    fn check_end(&mut self) -> Result<(), TraceProblem> {
        let line = core::str::from_utf8(&self.line).map_err(|_| TraceProblem::NotUtf8)?;
        let mut fields = line.split(' ').skip(1);
        if number("number of steps", fields.next())? != self.steps {
            return Err(TraceProblem::Changed { field: "their number" });
        }
        if fields.next() != Some(&self.fingerprint.to_string()) {
            return Err(TraceProblem::Changed { field: "their fingerprint" });
        }
        if fields.next().is_some() || self.read_line()? {
            return Err(TraceProblem::AfterEnd);
        }
        Ok(())
    }

    fn read_header(&mut self) -> Result<Header, TraceProblem> {
        let (mut parser, mut size) = (HeaderParser::default(), 0);
        while self.read_line()? {
            size += self.line.len() + 1;
            if size > LONGEST {
                return Err(TraceProblem::TooLong);
            }
            let line = core::str::from_utf8(&self.line).map_err(|_| TraceProblem::NotUtf8)?;
            if !parser.line(line)? {
                self.pending = true;
                break;
            }
        }
        parser.finish()
    }

    /// Reads a line without its line feed; false at the end.
    fn read_line(&mut self) -> Result<bool, TraceProblem> {
        self.line.clear();
        let limit = LONGEST as u64 + 1;
        let read = self.source.by_ref().take(limit).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(false);
        }
        self.number += 1;
        match self.line.pop() {
            Some(b'\n') => Ok(true),
            _ if read > LONGEST => Err(TraceProblem::TooLong),
            _ => Err(TraceProblem::CutOff),
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Entry, TraceError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_entry().transpose()
    }
}
