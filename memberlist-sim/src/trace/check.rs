use super::{
    Comparison, Divergence, Header, Reader, TraceError,
    compare::{Context, following},
    line,
};
use crate::{NodeIndex, Observer, Step};
use memberlist_proto::Instant;
use std::io::BufRead;

/// Checks, step by step, that a run is the one that a trace tells of.
///
/// Read the [header](Checker::header), set the run up as it says, observe it with this, and let it run until [`is_over`](Checker::is_over), or as long as the first one
/// ran; then [`finish`](Checker::finish).
///
/// ```
/// use memberlist_sim::{Network, Options, Simulation, trace};
/// use std::time::Duration;
///
/// fn run<O: memberlist_sim::Observer>(observer: O, nodes: usize) -> O {
///     let mut cluster = Simulation::with_observer(7, Network::lan(), observer);
///     cluster.form(nodes, &Options::lan()).unwrap();
///     cluster.run_for(Duration::from_secs(5));
///     cluster.into_observer()
/// }
/// let (stored, _) = run(trace::Writer::new(Vec::new(), &trace::Header::new(7)), 5).finish()?;
/// let checker = |trace| trace::Reader::new(trace).map(|reader| trace::Checker::new(reader, 3));
/// assert!(matches!(run(checker(&stored[..])?, 5).finish()?, trace::Comparison::Same(_)));
/// assert!(matches!(run(checker(&stored[..])?, 6).finish()?, trace::Comparison::Different(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Checker<R> {
    reader: Reader<R>,
    mask: u16,
    context: usize,
    line: String,
    before: Context,
    steps: u64,
    divergence: Option<Divergence>,
    error: Option<TraceError>,
}

impl<R: BufRead> Checker<R> {
    /// Checks a run against this trace; shows so many lines around the first step that differs.
    #[must_use]
    pub fn new(reader: Reader<R>, context: usize) -> Self {
        let mask = reader.header().mask();
        let before = Context::new(context);
        Self { reader, mask, context, line: String::new(), before, steps: 0, divergence: None, error: None }
    }

    /// What the trace is a trace of.
    #[must_use]
    pub const fn header(&self) -> &Header {
        self.reader.header()
    }

    /// How many steps were the same so far.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// Whether there is nothing to check any more: the run has parted from the trace, or the trace is not as it should be.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.error.is_some() || self.divergence.is_some()
    }

    /// What it came to. A run that ended before the trace differs from it.
    ///
    /// # Errors
    /// What is wrong with the trace, if the run was the same up to there.
    pub fn finish(mut self) -> Result<Comparison, TraceError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if let Some(divergence) = self.divergence {
            return Ok(Comparison::Different(divergence));
        }
        let Some((_, next)) = self.reader.next_line()? else {
            return Ok(Comparison::Same(self.reader.summary()));
        };
        let next = next.to_owned();
        let left = following(&mut self.reader, Some(next), self.context);
        let before = self.before.take();
        Ok(Comparison::Different(Divergence { step: self.steps + 1, before, left, right: Vec::new() }))
    }

    fn check(&mut self) {
        let expected = match self.reader.next_line() {
            Ok(expected) => expected.map(|(_, line)| line),
            Err(error) => {
                self.error = Some(error);
                return;
            }
        };
        if expected == Some(self.line.as_str()) {
            self.before.push(&self.line);
            self.steps += 1;
            return;
        }
        let expected = expected.map(str::to_owned);
        self.divergence = Some(Divergence {
            step: self.steps + 1,
            before: self.before.take(),
            left: following(&mut self.reader, expected, self.context),
            right: vec![self.line.clone()],
        });
    }
}

impl<R: BufRead> Observer for Checker<R> {
    fn step(&mut self, at: Instant, node: NodeIndex, step: &Step<'_>) {
        if self.mask & line::kind(step).bit() == 0 || self.error.is_some() {
            return;
        }
        if let Some(divergence) = &self.divergence
            && divergence.right.len() > self.context
        {
            return;
        }
        self.line.clear();
        line::write(&mut self.line, at, node, step);
        match &mut self.divergence {
            Some(divergence) => divergence.right.push(self.line.clone()),
            None => self.check(),
        }
    }
}
