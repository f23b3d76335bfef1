//! Deaths and departures, and forgetting them (spec 5.13, 5.4).

use super::*;
use memberlist_types::Dead;

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    pub(super) fn on_dead(&mut self, now: Instant, from: Option<A>, dead: Dead<I>) {
        self.on_dead_from(now, from, dead, false);
    }

    /// `asked`: a push/pull that we had asked for says it.
    pub(super) fn on_dead_from(&mut self, now: Instant, from: Option<A>, dead: Dead<I>, asked: bool) {
        let Some(key) = self.members.key(&dead.node) else { return };
        let Some(record) = self.members.get(key) else { return };
        if dead.incarnation < record.incarnation || record.state().is_gone() {
            if !dead.is_leave() {
                self.set_right(now, from, &dead.from, key);
            }
            return;
        }
        let plausible = if key == self.me {
            self.may_concern_us(now, dead.incarnation, asked)
        } else {
            dead.incarnation <= self.plausible(now, record)
        };
        if !plausible {
            return self.reject(now, RejectReason::IncarnationJump, Some(dead.node), from);
        }
        if key == self.me {
            return self.refute(now, dead.incarnation, Some(dead.from), from.as_ref());
        }
        self.apply_dead(now, key, dead);
    }

    /// Accepts the death or departure of another node.
    pub(super) fn apply_dead(&mut self, now: Instant, key: MemberKey, dead: Dead<I>) {
        let ended = self.end_suspicion(key);
        let state = if dead.is_leave() { State::Left } else { State::Dead };
        self.members.set_state(key, state, now);
        let Some(record) = self.members.get_mut(key) else { return };
        record.incarnation = dead.incarnation;
        let member = record.snapshot();
        let reaper = self.timers.insert(now + self.options.gossip_to_the_dead, Timer::Reap(key));
        record.set_reaper(reaper);
        self.stats.dead_accepted += 1;
        let declared_by = dead.from.clone();
        self.relay_statement(dead.node.clone(), &Message::Dead(dead));
        self.abandon_probe_of(key);
        if state == State::Left {
            self.emit(Event::Left(member));
        } else {
            let reason = self.failure_reason(now, declared_by, ended);
            self.emit(Event::Failed { member, reason });
        }
        self.company_changed(now);
        self.arm_healing(now);
    }

    /// A dead or left node has been remembered long enough. A dead one stays on healing's list of lost peers.
    pub(super) fn on_reap(&mut self, now: Instant, key: MemberKey) {
        let Some(record) = self.members.get_mut(key) else { return };
        let due = record.changed_at + self.options.gossip_to_the_dead;
        if now < due {
            // It is to be remembered longer than when it died.
            record.set_reaper(self.timers.insert(due, Timer::Reap(key)));
            return;
        }
        if let Some(member) = self.remove_record(key) {
            if member.state == State::Dead {
                self.healing.lost(now, member.node, self.options.max_lost_peers);
            }
            self.arm_healing(now);
        }
    }

    /// Forgets a dead or left node now, for good: healing does not try it any more. Answers with what was known of it;
    /// `None` if it is unknown, or still a member.
    pub fn forget(&mut self, id: &I) -> Option<Member<I, A>> {
        self.healing.found(id);
        let key = self.members.key(id)?;
        self.members.get(key).filter(|r| r.state().is_gone() && key != self.me)?;
        self.remove_record(key)
    }

    fn remove_record(&mut self, key: MemberKey) -> Option<Member<I, A>> {
        let mut record = self.members.remove(key)?;
        if let Some(reaper) = record.take_reaper() {
            self.timers.cancel(reaper);
        }
        let member = record.snapshot();
        let left = member.state == State::Left;
        self.forgotten.bury(member.node.id.clone(), member.incarnation, left, self.options.max_members);
        self.membership.remove(&member.node.id);
        self.emit(Event::Removed(member.clone()));
        Some(member)
    }
}
