use std::time::Duration;

/// How long to wait after an error that may come at once again: 5 ms, doubling to 1 s, from the start after a success.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(5);
    const LAST: Duration = Duration::from_secs(1);

    pub(crate) const fn new() -> Self {
        Self { next: Self::FIRST }
    }

    /// Something failed: how long to wait now.
    pub(crate) fn failed(&mut self) -> Duration {
        let now = self.next;
        self.next = (now * 2).min(Self::LAST);
        now
    }

    /// Something worked.
    pub(crate) fn succeeded(&mut self) {
        self.next = Self::FIRST;
    }
}

#[cfg(test)]
mod tests;
