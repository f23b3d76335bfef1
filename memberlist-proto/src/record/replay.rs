use super::{
    Entries, Entry, Input, LogError, LogProblem, Outcome, Reached, Seed, Stop, digest::Digest, input::Merges,
    recorder::Counted,
};
use crate::{
    CreateError, Dense, Endpoint, EndpointRng, Event, Instant, StreamRequest, Transmit,
    endpoint::FramingFacts,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;
use memberlist_types::{Address, Id, Wire, WireData};

/// Gives a recording to a fresh endpoint, step by step, and checks that the same comes of it.
pub struct Replay<'a, I, A, W> {
    entries: Entries<'a, I, A>,
    endpoint: Endpoint<I, A, W>,
    merges: Merges<I, A>,
    begun: bool,
    stop: Option<Stop>,
}

/// One step of a replay: an input, and what came of it, which is what came of it when it was recorded.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Replayed<I, A> {
    /// Which entry of the recording it is, counted from 0.
    pub entry: u64,
    /// What the endpoint was told; `None`: it was made.
    pub input: Option<Input<I, A>>,
    /// What it reported.
    pub events: Vec<Event<I, A>>,
    /// What it sent.
    pub transmits: Vec<Transmit<A>>,
    /// Which streams it asked for.
    pub requests: Vec<StreamRequest<I, A>>,
    /// The next timeout.
    pub timeout: Option<Instant>,
    /// Whether what came of it was recorded, too, and is the same. False only for the last input of a recording that was cut off: then nothing is known of
    /// it, and its outputs are still in the endpoint.
    pub checked: bool,
}

/// A replay can't go on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// Something is wrong with the recording.
    #[error(transparent)]
    Log(#[from] LogError),
    /// There is no endpoint of this kind.
    #[error("the recorded node can't be made: {0}")]
    Create(#[from] CreateError),
    /// Something else came of an input than when it was recorded: another version of the code, another wire, or a changed recording.
    #[error(transparent)]
    Diverged(#[from] Divergence),
}

/// Something else came of an input than when it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "entry {entry} of the recording, {input}: {what} differ: {recorded} were recorded, {replayed} came now"
)]
#[non_exhaustive]
pub struct Divergence {
    /// Of which entry, counted from 0.
    pub entry: u64,
    /// The input.
    pub input: String,
    /// What differs.
    pub what: &'static str,
    /// How it was.
    pub recorded: String,
    /// How it is.
    pub replayed: String,
}

impl<'a, I: Id + WireData, A: Address + WireData, W: Wire<I, A>> Replay<'a, I, A, W> {
    /// Makes the endpoint anew. `wire` and `generator` must be those that the recorded node had.
    ///
    /// # Errors
    /// If this is no recording, or its node can't be made.
    pub fn new(
        recording: &'a [u8],
        wire: W,
        generator: impl FnOnce(&Seed) -> EndpointRng,
    ) -> Result<Self, ReplayError> {
        let mut entries = Entries::new(recording)?;
        let (entry, offset) = entries.place();
        let start = match entries.next().transpose()? {
            Some(Entry::Start(start)) => start,
            _ => return Err(LogError { entry, offset, problem: LogProblem::CutOff }.into()),
        };
        let framing = FramingFacts { overhead: start.overhead, base: start.base };
        let rng = generator(&start.seed);
        let endpoint = Endpoint::with_facts(
            start.now,
            start.local,
            start.options.into(),
            framing,
            wire,
            rng,
            Dense::new(),
        )?;
        Ok(Self { entries, endpoint, merges: Merges::new(), begun: false, stop: None })
    }

    /// Does the next step; `None`: that was all.
    ///
    /// # Errors
    /// What is wrong with the recording, or that something else came of the step. The replay is over then.
    pub fn step(&mut self) -> Result<Option<Replayed<I, A>>, ReplayError> {
        let (entry, offset) = self.entries.place();
        let misplaced = LogError { entry, offset, problem: LogProblem::OutOfOrder };
        if !self.begun {
            self.begun = true;
            return self.reap(entry.saturating_sub(1), None, Digest::new().value()).map(Some);
        }
        match self.entries.next().transpose()? {
            None => Ok(None),
            Some(Entry::End(stop)) => {
                self.stop = Some(stop);
                Ok(None)
            }
            Some(Entry::Input(input)) => {
                let returned = input.clone().apply(&mut self.endpoint, &mut self.merges).ok_or(misplaced)?;
                self.reap(entry, Some(input), returned).map(Some)
            }
            Some(Entry::Start(_) | Entry::Outcome(_)) => Err(misplaced.into()),
        }
    }

    /// Does all steps that are left; says how many.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn finish(&mut self) -> Result<u64, ReplayError> {
        let mut steps = 0;
        while self.step()?.is_some() {
            steps += 1;
        }
        Ok(steps)
    }

    /// Why the recording ended; `None` before its end, and if it was cut off.
    #[must_use]
    pub const fn stop(&self) -> Option<Stop> {
        self.stop
    }

    /// The endpoint as it is now.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint<I, A, W> {
        &self.endpoint
    }

    /// Fetches what came of the last input, and compares it with what was recorded.
    fn reap(
        &mut self,
        entry: u64,
        input: Option<Input<I, A>>,
        returned: u64,
    ) -> Result<Replayed<I, A>, ReplayError> {
        let (next, offset) = self.entries.place();
        let recorded = match self.entries.next().transpose()? {
            Some(Entry::Outcome(outcome)) => Some(outcome),
            None => None,
            Some(Entry::End(stop)) => {
                self.stop = Some(stop);
                None
            }
            Some(_) => return Err(LogError { entry: next, offset, problem: LogProblem::OutOfOrder }.into()),
        };
        let counts = recorded.unwrap_or_default();
        let events = fetch(counts.events, || self.endpoint.poll_event());
        let transmits = fetch(counts.transmits, || self.endpoint.poll_transmit());
        let requests = fetch(counts.requests, || self.endpoint.poll_request());
        let timeout = self.endpoint.poll_timeout();
        let step =
            Replayed { entry, input, events, transmits, requests, timeout, checked: recorded.is_some() };
        if let Some(recorded) = recorded {
            compare(&step, recorded, returned)?;
        }
        Ok(step)
    }
}

/// As many as were fetched when it was recorded.
fn fetch<T>(recorded: Reached, mut next: impl FnMut() -> Option<T>) -> Vec<T> {
    (0..recorded.count).map_while(|_| next()).collect()
}

fn compare<I: Id, A: Address>(
    step: &Replayed<I, A>,
    recorded: Outcome,
    returned: u64,
) -> Result<(), Divergence> {
    let mut events = Counted::new();
    step.events.iter().for_each(|event| events.event(event));
    let kinds = [
        ("events", events.reached(), recorded.events),
        ("packets", counted(&step.transmits), recorded.transmits),
        ("requests for streams", counted(&step.requests), recorded.requests),
    ];
    let diverged = |what, recorded, replayed| {
        let input = step.input.as_ref().map_or_else(|| "its start".to_string(), ToString::to_string);
        Err(Divergence { entry: step.entry, input, what, recorded, replayed })
    };
    if recorded.returned != returned {
        return diverged("results", format!("{:016x}", recorded.returned), format!("{returned:016x}"));
    }
    for (what, replayed, recorded) in kinds {
        if replayed != recorded {
            return diverged(what, recorded.to_string(), replayed.to_string());
        }
    }
    if recorded.timeout != step.timeout {
        return diverged("timeouts", format!("{:?}", recorded.timeout), format!("{:?}", step.timeout));
    }
    Ok(())
}

fn counted<T: fmt::Debug>(values: &[T]) -> Reached {
    let mut counted = Counted::new();
    values.iter().for_each(|value| counted.add(value));
    counted.reached()
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:016x})", self.count, self.fingerprint)
    }
}

impl<I: Id, A: Address> fmt::Display for Replayed<I, A> {
    /// The input in one line, and a line for each output.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.input {
            Some(input) => write!(f, "{} {input}", self.entry)?,
            None => write!(f, "{} Start", self.entry)?,
        }
        self.events.iter().try_for_each(|event| write!(f, "\n    event {event:?}"))?;
        for packet in &self.transmits {
            let bytes: usize = packet.messages.iter().map(bytes::Bytes::len).sum();
            write!(f, "\n    packet to {}: {} messages of {bytes} bytes", packet.to, packet.messages.len())?;
        }
        self.requests
            .iter()
            .try_for_each(|request| write!(f, "\n    stream to {}: {:?}", request.to, request.kind))
    }
}
