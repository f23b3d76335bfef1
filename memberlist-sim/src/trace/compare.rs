use super::{Reader, Summary, TraceError};
use core::fmt;
use std::{collections::VecDeque, io::BufRead};

/// What comparing two traces, or a run with a trace, came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Comparison {
    /// All steps are the same.
    Same(Summary),
    /// They are not.
    Different(Divergence),
}

/// Where two runs part.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Divergence {
    /// The first step that differs, counted from 1.
    pub step: u64,
    /// The last steps before it, which are the same in both.
    pub before: Vec<String>,
    /// How the first one (the trace that a run is compared with) goes on; empty if it ends there.
    pub left: Vec<String>,
    /// How the second one (the run) goes on; empty if it ends there.
    pub right: Vec<String>,
}

/// The last lines that both have.
#[derive(Debug)]
pub(super) struct Context {
    lines: VecDeque<String>,
    keep: usize,
}

impl Context {
    pub(super) fn new(keep: usize) -> Self {
        Self { lines: VecDeque::new(), keep }
    }

    pub(super) fn push(&mut self, line: &str) {
        if self.keep == 0 {
            return;
        }
        let mut text =
            if self.lines.len() == self.keep { self.lines.pop_front() } else { None }.unwrap_or_default();
        text.clear();
        text.push_str(line);
        self.lines.push_back(text);
    }

    pub(super) fn take(&mut self) -> Vec<String> {
        core::mem::take(&mut self.lines).into()
    }
}

/// Compares the steps of two traces (not their headers), and shows so many lines around the first that differs.
///
/// # Errors
/// What is wrong with either of them, if it is before they part: the first is read first.
pub fn compare<A: BufRead, B: BufRead>(
    left: &mut Reader<A>,
    right: &mut Reader<B>,
    context: usize,
) -> Result<Comparison, TraceError> {
    let (mut before, mut step) = (Context::new(context), 0);
    loop {
        step += 1;
        let (a, b) = (left.next_line()?, right.next_line()?);
        match (a, b) {
            (None, None) => return Ok(Comparison::Same(left.summary())),
            (Some((_, a)), Some((_, b))) if a == b => before.push(a),
            (a, b) => {
                let a = a.map(|(_, line)| line.to_owned());
                let b = b.map(|(_, line)| line.to_owned());
                return Ok(Comparison::Different(Divergence {
                    step,
                    before: before.take(),
                    left: following(left, a, context),
                    right: following(right, b, context),
                }));
            }
        }
    }
}

/// This line, and some that follow it as far as they can be read.
pub(super) fn following<R: BufRead>(
    reader: &mut Reader<R>,
    first: Option<String>,
    context: usize,
) -> Vec<String> {
    let Some(first) = first else { return Vec::new() };
    let mut lines = vec![first];
    while lines.len() <= context
        && let Ok(Some((_, line))) = reader.next_line()
    {
        lines.push(line.to_owned());
    }
    lines
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "they part at step {}:", self.step)?;
        self.before.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        for (mark, lines) in [('-', &self.left), ('+', &self.right)] {
            if lines.is_empty() {
                writeln!(f, "{mark} (ends here)")?;
            }
            lines.iter().try_for_each(|line| writeln!(f, "{mark} {line}"))?;
        }
        Ok(())
    }
}
