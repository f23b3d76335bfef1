//! Leaving, and coming back in the same process (spec 5.16; complaints 8 and 10).

use super::*;
use memberlist_types::{Dead, Ping};

/// Members who are told directly: all of them, in most clusters, so that a departure is seen at once and not a gossip round later. Each costs a
/// packet of some forty bytes; in larger clusters gossip, which starts from so many at once, does the rest.
const FAREWELLS: usize = 256;
/// Those of them who are asked to answer.
const ASKED: usize = 16;
/// Members who must have heard it for the departure to be complete: they pass it on.
const CONFIRMATIONS: usize = 3;

/// A departure, under way or complete.
pub(super) struct Leaving {
    broadcast: BroadcastId,
    wanted: usize,
    /// Answers that may still come.
    awaited: usize,
    heard: usize,
    reported: bool,
}

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    /// Announces our departure: directly to 256 members at most, of whom 16 are to answer, and by gossip. [`Event::LeaveFinished`] says when
    /// three of them (or all) have heard it, or gossip has handed it out as often as its limit asks for (if gossip is off: when
    /// no answer is to be expected any more). We go on answering
    /// pings until the endpoint is dropped, but probe nobody.
    ///
    /// # Errors
    /// If we have left already.
    pub fn leave(&mut self, now: Instant) -> Result<(), CommandError> {
        if self.has_left() {
            return Err(CommandError::HasLeft);
        }
        let broadcast = BroadcastId(self.token());
        let wanted = self.others().min(CONFIRMATIONS);
        self.leaving = Some(Leaving { broadcast, wanted, awaited: 0, heard: 0, reported: false });
        self.members.set_state(self.me, State::Left, now);
        self.start_schedules(now);
        self.stop_healing();
        let joins: Vec<JoinId> = self.joins.keys().copied().collect();
        for id in joins {
            self.cancel_join(now, id);
        }
        let local = self.local();
        let dead = Message::Dead(Dead {
            incarnation: local.incarnation,
            node: self.id.clone(),
            from: self.id.clone(),
        });
        self.emit(Event::Left(local));
        self.withdraw_own();
        self.say_farewell(now, &dead);
        self.enqueue_as(self.id.clone(), &dead, Some(broadcast));
        self.arm_gossip(now);
        self.check_leave();
        Ok(())
    }

    fn say_farewell(&mut self, now: Instant, dead: &Message<I, A>) {
        let Some(of) = self.leaving.as_ref().map(|l| l.broadcast) else { return };
        let targets = self.members.sample(FAREWELLS, &mut self.rng, |r| !r.state().is_gone());
        let farewell = self.encode(dead);
        for (n, key) in targets.into_iter().enumerate() {
            let Some(node) = self.members.get(key).map(|r| r.node.clone()) else { continue };
            if n >= ASKED {
                // Nothing rides along: what is queued is not used up for it.
                if let Some(message) = farewell.clone() {
                    self.push_transmit(node.address, Messages::one(message), None);
                }
                continue;
            }
            let seq = self.seq();
            self.pending.insert(seq, ping::Pending::Farewell { of, address: node.address.clone() });
            if let Some(leaving) = self.leaving.as_mut() {
                leaving.awaited += 1;
            }
            self.timers.insert(now + scale::protocol_period(&self.options), Timer::PendingExpired(seq));
            let ping = Message::Ping(Ping { seq, target: Some(node.id), source: self.local_node() });
            self.transmit(node.address, &[dead.clone(), ping], None);
        }
    }

    /// One who was told directly has answered, or will not any more. `of`: which departure it was told of.
    pub(super) fn on_farewell_ended(&mut self, of: BroadcastId, heard: bool) {
        if let Some(leaving) = self.leaving.as_mut().filter(|l| l.broadcast == of) {
            leaving.heard += usize::from(heard);
            leaving.awaited = leaving.awaited.saturating_sub(1);
        }
        self.check_leave();
    }

    pub(super) fn on_leave_broadcast_finished(&mut self, id: BroadcastId) {
        if let Some(leaving) = self.leaving.as_mut().filter(|l| l.broadcast == id) {
            leaving.wanted = 0;
        }
        self.check_leave();
    }

    pub(super) fn check_leave(&mut self) {
        let alone = self.others() == 0;
        let silent = self.options.gossip_interval.is_zero() || self.options.gossip_nodes == 0;
        let Some(leaving) = self.leaving.as_mut().filter(|l| !l.reported) else { return };
        // Without gossip, nobody hears of it after the last of those who were told directly.
        if alone || leaving.heard >= leaving.wanted || (silent && leaving.awaited == 0) {
            leaving.reported = true;
            let confirmed = leaving.heard;
            self.emit(Event::LeaveFinished { confirmed });
        }
    }

    /// Becomes a member again after [`leave`](Endpoint::leave), in the same process, at a higher incarnation. Members that are
    /// still known hear of it by gossip; `join` again if it was long ago.
    ///
    /// # Errors
    /// If we have not left, or our incarnation is at its maximum. Nothing changed then.
    pub fn rejoin(&mut self, now: Instant) -> Result<(), CommandError> {
        if !self.has_left() {
            return Err(CommandError::HasNotLeft);
        }
        if self.local().incarnation.is_saturated() {
            return Err(CommandError::IncarnationExhausted);
        }
        self.leaving = None;
        self.members.set_state(self.me, State::Alive, now);
        if let Some(record) = self.members.get_mut(self.me) {
            record.incarnation = record.incarnation.next();
        }
        self.announce_self(None);
        let member = self.local();
        self.emit(Event::Joined(member));
        self.start_schedules(now);
        self.arm_gossip(now);
        self.arm_healing(now);
        self.settle(now);
        Ok(())
    }
}
