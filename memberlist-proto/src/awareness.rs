use core::time::Duration;

/// How well we ourselves are doing (Lifeguard's local health): 0 is healthy, higher is worse.
///
/// A node that fails to get answers should first doubt itself; so its probes wait `score + 1` times as long.
#[derive(Clone, Debug)]
pub(crate) struct Awareness {
    score: u32,
    last: u32,
}

impl Awareness {
    /// The score ranges over `0..max`; a `max` of 0 counts as 1.
    pub(crate) fn new(max: u32) -> Self {
        Self { score: 0, last: max.saturating_sub(1) }
    }

    pub(crate) fn score(&self) -> u32 {
        self.score
    }

    /// Adds to the score, within its range; says whether it changed.
    pub(crate) fn apply(&mut self, delta: i32) -> bool {
        let before = self.score;
        self.score = before.saturating_add_signed(delta).min(self.last);
        self.score != before
    }

    /// The duration times `score + 1`.
    pub(crate) fn scale(&self, duration: Duration) -> Duration {
        duration.saturating_mul(self.score.saturating_add(1))
    }
}

#[cfg(test)]
mod tests;
