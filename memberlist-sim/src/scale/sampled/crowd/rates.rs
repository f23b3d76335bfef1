//! How often all of the counted together do what each of them does now and then: mean pauses in milliseconds.

use super::Crowd;

impl Crowd {
    /// From one probe of a member by the counted to the next: each probes one of the others in an interval.
    pub(super) fn probe_pause(&self) -> f64 {
        let others = self.members.saturating_sub(1).max(1) as f64;
        self.probe_interval as f64 * others / self.talk.counted.max(1) as f64
    }

    pub(super) fn push_pull_pause(&self) -> f64 {
        self.probe_pause() * self.push_pull as f64 / self.probe_interval as f64
    }

    /// From one indirect ping that the counted ask of a real node for a target among themselves to the next.
    pub(super) fn ask_pause(&self) -> f64 {
        let unanswered = 1.0 - (1.0 - self.loss) * (1.0 - self.loss);
        self.probe_pause() / (unanswered * self.indirect_checks.max(1) as f64)
    }

    /// From one wrong suspicion among the counted, because all ways to a member that is up lost something, to the next.
    pub(super) fn alarm_pause(&self) -> f64 {
        let kept = 1.0 - self.loss;
        let helper = 1.0 - kept * kept * kept * kept;
        let helpers = (0..self.indirect_checks).fold(1.0, |all, _| all * helper);
        // A handshake that is lost comes too late; the rest may be sent again once.
        let again = 1.0 - self.loss * self.loss;
        let stream = if self.stream_ping { 1.0 - kept * kept * again * again } else { 1.0 };
        let probability = (1.0 - kept * kept) * helpers * stream;
        self.probe_interval as f64 / (probability * self.talk.counted.max(1) as f64)
    }
}
