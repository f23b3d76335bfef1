//! What only endpoints of one simulation can do.

use super::*;
use crate::members::Shared;

impl<I: Id, A: Address, W: Wire<I, A>> Endpoint<I, A, W, Shared<I, A>> {
    /// Knows at once everybody whom any endpoint with the same [`Common`](crate::Common) has ever heard of, alive and as is commonly known,
    /// as if they had long been a cluster: what [`restore`](Endpoint::restore) does, at the same cost for ten and for a hundred thousand, and
    /// without an event for each. For an endpoint that knows nobody yet.
    pub fn restore_common(&mut self, now: Instant) {
        if self.others() == 0 && !self.has_left() {
            self.members.learn_all();
            self.company_changed(now);
        }
    }
}
