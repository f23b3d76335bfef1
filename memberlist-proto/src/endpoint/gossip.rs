//! What is told to whom and how often (spec 5.9, 5.10), and how packets are filled (spec 3.8).

use super::*;
use crate::queue::{Room, fill_fair};
use bytes::BytesMut;

/// Targets of the last gossip rounds that are remembered.
const MAX_RECENT: usize = 16;

/// Bytes of the block that messages in passing are encoded into.
const BLOCK: usize = 1024;

/// Memory for what goes out at once, and is then forgotten: pings, and the answers to them. It is used again and again, so that they need none.
#[derive(Default)]
pub(super) struct Passing {
    /// One message.
    message: Vec<u8>,
    /// Many messages, one behind the other, each a piece of the same memory. When it is full it is used again from its beginning, if nobody
    /// holds a piece of it any more; else there is a new one.
    block: BytesMut,
    /// The messages of one packet.
    packet: Vec<Bytes>,
}

impl Passing {
    fn encode<I, A>(&mut self, wire: &impl Wire<I, A>, message: &Message<I, A>) -> Option<Bytes> {
        self.message.clear();
        wire.encode_message(message, &mut self.message).ok()?;
        if self.block.capacity() < self.message.len() {
            self.block.reserve(BLOCK.max(self.message.len()));
        }
        self.block.extend_from_slice(&self.message);
        Some(self.block.split().freeze())
    }
}

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    /// Queues a statement about a node that came from elsewhere; it replaces an older one about the same node.
    pub(super) fn relay_statement(&mut self, about: I, message: &Message<I, A>) {
        if !self.quiet {
            self.enqueue_as(about, message, None);
        }
    }

    /// Queues a statement about the node `about`; it replaces an older one about the same node.
    pub(super) fn enqueue_as(&mut self, about: I, message: &Message<I, A>, token: Option<BroadcastId>) {
        let Some(payload) = self.encode(message) else { return };
        if let Some(id) = self.membership.insert(Some(about), payload, token) {
            self.emit(Event::BroadcastFinished { id, outcome: crate::BroadcastOutcome::Replaced });
        }
        // One entry for each name: the queue is as bounded as the table. Forged names end here all the same.
        for dropped in self.membership.prune(self.options.max_members, usize::MAX) {
            self.stats.membership_dropped += 1;
            self.finish(dropped, crate::BroadcastOutcome::Dropped);
        }
    }

    /// The number of live members may have changed: probing and gossip need somebody to talk to.
    pub(super) fn company_changed(&mut self, now: Instant) {
        let company = self.others() > 0;
        if company != self.in_company {
            self.in_company = company;
            self.emit(if company { Event::Active } else { Event::Idle });
            self.start_schedules(now);
            self.check_leave();
        }
        self.arm_gossip(now);
    }

    /// Starts or stops the periodic rounds, as options and company ask for.
    pub(super) fn start_schedules(&mut self, now: Instant) {
        let run = self.in_company && !self.has_left();
        self.schedule_probing(now, run && !self.options.probe_interval.is_zero());
        self.schedule_push_pull(now, run && !self.options.push_pull_interval.is_zero());
    }

    /// Makes sure that a gossip round comes if there is something to tell and somebody to tell it to.
    pub(super) fn arm_gossip(&mut self, now: Instant) {
        let idle = self.membership.is_empty() && self.user.is_empty();
        let off = self.options.gossip_interval.is_zero() || self.options.gossip_nodes == 0;
        if self.gossip_timer.is_some() || idle || off || !self.in_company {
            return;
        }
        // The first news after a pause goes out soon; then the interval holds.
        let soon = now + random::stagger(&mut self.rng, self.options.gossip_interval / 8);
        let at = self.last_gossip.map_or(soon, |last| soon.max(last + self.options.gossip_interval));
        self.gossip_timer = Some(self.timers.insert(at, Timer::Gossip));
    }

    pub(super) fn on_gossip(&mut self, now: Instant) {
        self.gossip_timer = None;
        self.last_gossip = Some(now);
        let me = self.me;
        let targets = self.gossip_targets(now);
        let mut messages = core::mem::take(&mut self.work().passing.packet);
        for (n, key) in targets.into_iter().enumerate() {
            debug_assert_ne!(key, me);
            let Some(to) = self.members.get(key).map(|r| r.node.address.clone()) else { continue };
            // All targets of a round hear the same, as far as its limit lets each message go: with a packet of its own for
            // each, a full queue would spread so unevenly that in a cluster of three some news never reached one of two.
            if n > 0 {
                self.repeat(&mut messages);
            } else {
                self.fill(0, 0, &mut messages);
            }
            if messages.is_empty() {
                break;
            }
            self.stats.gossip_packets += 1;
            self.push_transmit(to, Messages::take(&mut messages), None);
        }
        self.work().passing.packet = messages;
        self.arm_gossip(now);
        self.check_leave();
    }

    /// Whom this round goes to: at random, but first those whom the last rounds did not go to. So what we hand out as often as
    /// there are others reaches each of them from us alone, and in a large cluster fewer hear it twice.
    fn gossip_targets(&mut self, now: Instant) -> Vec<MemberKey> {
        let (window, own, k) = (self.options.gossip_to_the_dead, self.id.clone(), self.options.gossip_nodes);
        let eligible = |record: &Record<I, A>| {
            record.node.id != own
                && match record.state() {
                    State::Dead => now.since(record.changed_at) <= window,
                    state => state != State::Left,
                }
        };
        let mut recent = core::mem::take(&mut self.gossiped_to);
        let mut targets =
            self.members.sample(k, &mut self.rng, |r| eligible(r) && !recent.contains(&r.node.id));
        let id = |key: &MemberKey| self.members.get(*key).map(|r| r.node.id.clone());
        let fresh: Vec<I> = targets.iter().filter_map(id).collect();
        if targets.len() < k {
            recent.clear();
            let more = k - targets.len();
            targets.extend(
                self.members.sample(more, &mut self.rng, |r| eligible(r) && !fresh.contains(&r.node.id)),
            );
        }
        recent.extend(targets.iter().filter_map(|key| self.members.get(*key)).map(|r| r.node.id.clone()));
        while recent.len() > MAX_RECENT {
            recent.pop_front();
        }
        self.gossiped_to = recent;
        targets
    }

    /// Gossips now what is queued, without waiting for the next round.
    pub fn gossip(&mut self, now: Instant) {
        if let Some(timer) = self.gossip_timer.take() {
            self.timers.cancel(timer);
            self.on_gossip(now);
        }
    }

    /// If a gossip round is due at `now`: bytes that user broadcasts may still claim in it. A driver whose application
    /// hands out broadcasts on demand asks this before `handle_timeout`.
    pub fn gossip_room(&self, now: Instant) -> Option<usize> {
        let due = self.gossip_timer.is_some() && self.poll_timeout().is_some_and(|at| at <= now);
        due.then(|| self.max_user_payload().saturating_sub(self.user.bytes()))
    }

    /// Sends these messages to one address in one packet, and fills the rest of it with what is queued. Those that do not fit
    /// beside the first follow in packets of their own.
    pub(super) fn transmit(&mut self, to: A, primary: &[Message<I, A>], probe: Option<SequenceNumber>) {
        let mut messages = core::mem::take(&mut self.work().passing.packet);
        let (mut used, mut later, mut sayable) = (0, Vec::new(), true);
        for message in primary {
            let Some(message) = self.work.get_or_insert_default().passing.encode(&self.wire, message) else {
                sayable = false;
                break;
            };
            let cost = message.len() + self.wire.message_overhead();
            let fits = used + cost <= self.room && messages.len() < self.wire.max_packet_messages();
            if messages.is_empty() || fits {
                used += cost;
                messages.push(message);
            } else {
                later.push(message);
            }
        }
        if sayable {
            self.fill(used, messages.len(), &mut messages);
            self.push_transmit(to.clone(), Messages::take(&mut messages), probe);
            later
                .into_iter()
                .for_each(|message| self.push_transmit(to.clone(), Messages::one(message), None));
        }
        messages.clear();
        self.work().passing.packet = messages;
    }

    /// Adds queued broadcasts to a packet that holds `used` bytes in `count` messages.
    fn fill(&mut self, used: usize, count: usize, messages: &mut Vec<Bytes>) {
        if self.membership.is_empty() && self.user.is_empty() {
            return;
        }
        let mut room = self.packet_room(used, count);
        let limit = scale::retransmit_limit(self.options.retransmit_mult, self.members.len());
        self.fill_room(&mut room, limit, Vec::new(), messages);
    }

    /// Fills a packet with what the one before it got, and then with what is queued.
    fn repeat(&mut self, messages: &mut Vec<Bytes>) {
        let mut room = self.packet_room(0, 0);
        let limit = scale::retransmit_limit(self.options.retransmit_mult, self.members.len());
        let mut finished = Vec::new();
        self.membership.repeat(&mut room, limit, messages, &mut finished);
        self.user.repeat(&mut room, limit, messages, &mut finished);
        self.fill_room(&mut room, limit, finished, messages);
    }

    /// The room of a packet that holds `used` bytes in `count` messages.
    fn packet_room(&self, used: usize, count: usize) -> Room {
        Room {
            bytes: self.room.saturating_sub(used),
            overhead: self.wire.message_overhead(),
            messages: self.wire.max_packet_messages().saturating_sub(count),
        }
    }

    fn fill_room(
        &mut self,
        room: &mut Room,
        limit: u32,
        mut finished: Vec<BroadcastId>,
        messages: &mut Vec<Bytes>,
    ) {
        fill_fair(
            &mut self.membership,
            &mut self.user,
            &mut self.fairness,
            room,
            limit,
            self.options.user_share,
            messages,
            &mut finished,
        );
        for id in finished {
            self.finish(Some(id), crate::BroadcastOutcome::Transmitted);
        }
    }

    pub(super) fn finish(&mut self, id: Option<BroadcastId>, outcome: crate::BroadcastOutcome) {
        if let Some(id) = id {
            self.on_leave_broadcast_finished(id);
            self.emit(Event::BroadcastFinished { id, outcome });
        }
    }
}
