use super::{
    Entry, Input, Outcome, Reached, Start, Stop,
    digest::Digest,
    entry::{MAGIC, checksum},
};
use crate::{Event, Instant};
use alloc::{boxed::Box, vec::Vec};
use core::fmt;
use memberlist_types::{Address, EncodeError, Id, WireData};

/// Where a recording goes. With the feature `std`, everything that is [`std::io::Write`] is one (and is flushed at the end); wrap files into a `BufWriter`.
pub trait Sink: Send + 'static {
    /// Takes these bytes; false: it can't, and recording ends.
    fn write(&mut self, bytes: &[u8]) -> bool;

    /// That was all.
    fn end(&mut self) {}
}

#[cfg(feature = "std")]
impl<W: std::io::Write + Send + 'static> Sink for W {
    fn write(&mut self, bytes: &[u8]) -> bool {
        self.write_all(bytes).is_ok()
    }

    fn end(&mut self) {
        // Whoever has to know flushes by themselves.
        let _ = self.flush();
    }
}

#[cfg(not(feature = "std"))]
impl Sink for Vec<u8> {
    fn write(&mut self, bytes: &[u8]) -> bool {
        self.extend_from_slice(bytes);
        true
    }
}

type Encode<I, A> = fn(&Entry<I, A>, &mut Vec<u8>) -> Result<(), EncodeError>;

/// Writes down what a node is told; see [`record`](crate::record) for what is in it.
pub struct Recorder<I, A> {
    sink: Box<dyn Sink>,
    encode: Encode<I, A>,
    limit: u64,
    written: u64,
    entries: u64,
    body: Vec<u8>,
    frame: Vec<u8>,
    over: bool,
    merges: u64,
    returned: Digest,
    events: Counted,
    transmits: Counted,
    requests: Counted,
}

#[derive(Clone, Copy)]
pub(super) struct Counted {
    count: u32,
    digest: Digest,
}

impl Counted {
    pub(super) const fn new() -> Self {
        Self { count: 0, digest: Digest::new() }
    }

    pub(super) fn add(&mut self, value: &impl fmt::Debug) {
        self.count += 1;
        self.digest.show(value);
    }

    pub(super) fn event<I: Id, A: Address>(&mut self, event: &Event<I, A>) {
        self.count += 1;
        self.digest.event(event);
    }

    pub(super) const fn reached(self) -> Reached {
        Reached { count: self.count, fingerprint: self.digest.value() }
    }
}

impl<I, A> fmt::Debug for Recorder<I, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("written", &self.written)
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}

impl<I: Id + WireData, A: Address + WireData> Recorder<I, A> {
    /// No more bytes are written than these, if nothing else is said: 256 MiB.
    pub const DEFAULT_LIMIT: u64 = 256 << 20;

    /// Records into this.
    #[must_use]
    pub fn new(sink: impl Sink) -> Self {
        Self {
            sink: Box::new(sink),
            encode: Entry::put,
            limit: Self::DEFAULT_LIMIT,
            written: 0,
            entries: 0,
            body: Vec::new(),
            frame: Vec::new(),
            over: false,
            merges: 0,
            returned: Digest::new(),
            events: Counted::new(),
            transmits: Counted::new(),
            requests: Counted::new(),
        }
    }

    /// Ends the recording (not the node) before it has more bytes than this, up to the few that say so.
    #[must_use]
    pub fn with_limit(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }
}

impl<I: Id, A: Address> Recorder<I, A> {
    pub(super) fn start(&mut self, start: Start<I, A>) {
        self.over = !self.sink.write(MAGIC);
        self.written = MAGIC.len() as u64;
        self.write(&Entry::Start(start));
    }

    pub(super) fn input(&mut self, input: Input<I, A>, timeout: Option<Instant>) {
        self.outcome(timeout);
        self.write(&Entry::Input(input));
    }

    fn outcome(&mut self, timeout: Option<Instant>) {
        let outcome = Outcome {
            returned: self.returned.value(),
            events: self.events.reached(),
            transmits: self.transmits.reached(),
            requests: self.requests.reached(),
            timeout,
        };
        self.returned = Digest::new();
        (self.events, self.transmits, self.requests) = (Counted::new(), Counted::new(), Counted::new());
        self.write(&Entry::Outcome(outcome));
    }

    pub(super) fn finish(&mut self, timeout: Option<Instant>) {
        self.outcome(timeout);
        self.stop(Stop::Finished);
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    pub(super) fn next_merge(&mut self) -> u64 {
        self.merges += 1;
        self.merges
    }

    pub(super) fn returned(&mut self, value: &impl fmt::Debug) {
        self.returned.show(value);
    }

    pub(super) fn event(&mut self, event: &Event<I, A>) {
        self.events.event(event);
    }

    pub(super) fn transmit(&mut self, transmit: &impl fmt::Debug) {
        self.transmits.add(transmit);
    }

    pub(super) fn request(&mut self, request: &impl fmt::Debug) {
        self.requests.add(request);
    }

    fn write(&mut self, entry: &Entry<I, A>) {
        if self.over {
            return;
        }
        self.body.clear();
        if (self.encode)(entry, &mut self.body).is_err() {
            return self.stop(Stop::Unwritable);
        }
        if self.written + self.body.len() as u64 + 8 > self.limit {
            return self.stop(Stop::Full);
        }
        self.write_body();
    }

    fn stop(&mut self, why: Stop) {
        if self.over {
            return;
        }
        self.body.clear();
        if (self.encode)(&Entry::End(why), &mut self.body).is_ok() {
            self.write_body();
        }
        self.over = true;
        self.sink.end();
    }

    fn write_body(&mut self) {
        // All bodies are far below 4 GiB: one message, or the states of one slice.
        let Ok(len) = u32::try_from(self.body.len()) else { return self.over = true };
        self.frame.clear();
        self.frame.extend_from_slice(&len.to_le_bytes());
        self.frame.extend_from_slice(&checksum(self.entries, &self.body).to_le_bytes());
        self.frame.extend_from_slice(&self.body);
        self.entries += 1;
        self.written += self.frame.len() as u64;
        if !self.sink.write(&self.frame) {
            self.over = true;
        }
    }
}
