use super::{Fingerprint, Header, line};
use crate::{NodeIndex, Observer, Step};
use memberlist_proto::Instant;
use std::io;

/// Writes a trace of a run that it observes.
///
/// To compare big runs without storing them, write to [`io::sink`] and look at the fingerprints. Wrap files into [`io::BufWriter`].
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    mask: u16,
    line: String,
    fingerprint: Fingerprint,
    steps: u64,
    error: Option<io::Error>,
}

/// What a trace came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many steps were written.
    pub steps: u64,
    /// The fingerprint of their lines.
    pub fingerprint: u64,
}

impl<W: io::Write> Writer<W> {
    /// Begins a trace.
    #[must_use]
    pub fn new(mut out: W, header: &Header) -> Self {
        let error = write!(out, "{header}").err();
        Self {
            out,
            mask: header.mask(),
            line: String::new(),
            fingerprint: Fingerprint::new(),
            steps: 0,
            error,
        }
    }

    /// What it came to so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary { steps: self.steps, fingerprint: self.fingerprint.value() }
    }

    /// Ends the trace.
    ///
    /// # Errors
    /// The first error in writing; nothing was written after it.
    pub fn finish(mut self) -> io::Result<(W, Summary)> {
        if let Some(error) = self.error {
            return Err(error);
        }
        writeln!(self.out, "end {} {}", self.steps, self.fingerprint)?;
        self.out.flush()?;
        let summary = Summary { steps: self.steps, fingerprint: self.fingerprint.value() };
        Ok((self.out, summary))
    }
}

impl<W: io::Write> Observer for Writer<W> {
    fn step(&mut self, at: Instant, node: NodeIndex, step: &Step<'_>) {
        if self.mask & line::kind(step).bit() == 0 || self.error.is_some() {
            return;
        }
        self.line.clear();
        line::write(&mut self.line, at, node, step);
        self.fingerprint.add(self.line.as_bytes());
        self.steps += 1;
        self.line.push('\n');
        self.error = self.out.write_all(self.line.as_bytes()).err();
    }
}
