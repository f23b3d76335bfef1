use crate::{Event, JoinResult, StreamFailure};
use core::fmt::{self, Debug, Write};
use memberlist_types::{Address, Id};

/// A running FNV-1a of 64 bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digest(u64);

impl Digest {
    pub(super) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    pub(super) fn show(&mut self, value: &impl Debug) {
        // A digest takes whatever is written to it.
        let _ = write!(self, "{value:?};");
    }

    /// Errors in decoding hold words of the code that are not in a recording: their kind counts.
    pub(super) fn event<I: Id, A: Address>(&mut self, event: &Event<I, A>) {
        if let Event::JoinProgress { id, result: JoinResult { address, attempts, outcome: Err(failure) } } =
            event
            && let StreamFailure::Invalid(error) | StreamFailure::KeyMismatch(error) = failure
        {
            self.show(&(id, address, attempts, error.reason()));
        } else {
            self.show(event);
        }
    }

    pub(super) const fn value(self) -> u64 {
        self.0
    }
}

impl Write for Digest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.add(text.as_bytes());
        Ok(())
    }
}
