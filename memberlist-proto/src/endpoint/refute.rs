//! Contradicting what others say of us (spec 5.7).

use super::*;

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    /// Somebody holds us for suspect or dead, or for something that we are not, at incarnation `accused`.
    ///
    /// Our incarnation becomes the one above both; everybody learns of it, and who told us learns it at once.
    /// A refutation costs a health point: a node that is accused may be the one that is slow (Lifeguard).
    pub(super) fn refute(
        &mut self,
        now: Instant,
        accused: Incarnation,
        accuser: Option<I>,
        told_by: Option<&A>,
    ) {
        let Some(me) = self.members.get_mut(self.me) else { return };
        if now.since(self.trusted_at) >= admission::TRUST_INTERVAL {
            self.trusted_at = now;
            me.trusted = me.incarnation;
        }
        let highest = me.incarnation.max(accused);
        if highest.is_saturated() {
            return self.emit(Event::IncarnationExhausted);
        }
        me.incarnation = highest.next();
        let incarnation = me.incarnation;
        self.stats.refutations += 1;
        self.withdraw_own();
        if let (Some(to), Some(alive)) = (told_by, self.own_alive()) {
            self.transmit(to.clone(), &[Message::Alive(alive)], None);
        }
        self.announce_self(None);
        self.arm_gossip(now);
        self.emit(Event::Refuted { incarnation, accuser });
        self.adjust_health(1);
    }
}
