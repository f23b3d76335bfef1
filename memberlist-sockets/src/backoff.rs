use std::time::Duration;

/// How long to wait after an error that may come at once again: 5 ms, doubling to 1 s, from the start after a success.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(5);
    const LAST: Duration = Duration::from_secs(1);

    /// From the start.
    #[must_use]
    pub const fn new() -> Self {
        Self { next: Self::FIRST }
    }

    /// Something failed: how long to wait now.
    pub fn failed(&mut self) -> Duration {
        let now = self.next;
        self.next = (now * 2).min(Self::LAST);
        now
    }

    /// Something worked.
    pub fn succeeded(&mut self) {
        self.next = Self::FIRST;
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
