/// A Lamport clock: orders what nodes say without asking what time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lamport(u64);

impl Lamport {
    /// As each node starts.
    pub(super) const fn new() -> Self {
        Self(1)
    }

    pub(super) const fn time(self) -> u64 {
        self.0
    }

    /// The next time, for something new to say.
    pub(super) const fn increment(&mut self) -> u64 {
        self.0 = self.0.saturating_add(1);
        self.0
    }

    /// Somebody said something at this time: ours is later from here on.
    pub(super) const fn witness(&mut self, time: u64) {
        if time >= self.0 {
            self.0 = time.saturating_add(1);
        }
    }
}
