//! Bytes of the application: broadcasts and best-effort messages.

use super::*;
use memberlist_types::Broadcast;

/// Bytes by which a message grows at most when its length field grows (a varint of up to four bytes instead of one).
pub(super) const LENGTH_GROWTH: usize = 3;

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    /// Queues a broadcast to all members; a newer one with the same key replaces it here as long as it waits. It is handed out a
    /// limited number of times (`retransmit_mult` × ⌈log10(n + 1)⌉), each time to a random member, and whoever hears it for
    /// the first time does the same: so it reaches everybody as surely as gossip of members does, but nothing repairs a miss;
    /// no application is told twice. (Over a wire that
    /// can't say so it goes as a plain user message, which is not passed on.) That we have handed it out is reported by
    /// [`Event::BroadcastFinished`].
    ///
    /// # Errors
    /// If it is empty, fits no packet, or the queue is full. Nothing was queued then.
    pub fn broadcast(
        &mut self,
        now: Instant,
        key: Option<Bytes>,
        payload: Bytes,
    ) -> Result<BroadcastId, CommandError> {
        if self.has_left() {
            return Err(CommandError::HasLeft);
        }
        if payload.is_empty() {
            return Err(CommandError::EmptyPayload);
        }
        let message = self.broadcast_message(payload)?;
        let replaced = key.as_ref().and_then(|key| self.user.size(key));
        let bytes = self.user.bytes().saturating_sub(replaced.unwrap_or(0)) + message.len();
        let full = if replaced.is_some_and(|size| message.len() <= size) {
            false
        } else {
            (replaced.is_none() && self.user.len() >= self.options.max_user_broadcasts)
                || bytes > self.options.max_user_broadcast_bytes
        };
        if full {
            self.stats.user_dropped += 1;
            return Err(CommandError::QueueFull);
        }
        let id = BroadcastId(self.token());
        if let Some(id) = self.user.insert(key, message, Some(id)) {
            self.emit(Event::BroadcastFinished { id, outcome: crate::BroadcastOutcome::Replaced });
        }
        self.arm_gossip(now);
        Ok(id)
    }

    /// Sends a best-effort message to one address.
    ///
    /// # Errors
    /// If it fits no packet: send it on a stream then.
    pub fn send(&mut self, _now: Instant, to: A, payload: Bytes) -> Result<(), CommandError> {
        let message = self.user_message(payload)?;
        self.push_transmit(to, Messages::one(message), None);
        Ok(())
    }

    /// A broadcast of ours, with a number of its own.
    fn broadcast_message(&mut self, payload: Bytes) -> Result<Bytes, CommandError> {
        let (actual, limit) = (payload.len(), self.max_user_payload());
        let number = self.next_broadcast;
        let broadcast = Broadcast { origin: self.id.clone(), number, payload: payload.clone() };
        let Some(message) = self.encode(&Message::Broadcast(broadcast)) else {
            return self.user_message(payload);
        };
        if actual > limit || message.len() > self.message_room() {
            return Err(CommandError::PayloadTooLarge { actual, limit });
        }
        self.next_broadcast = number.wrapping_add(1);
        Ok(message)
    }

    /// Somebody's broadcast: news is told to the application and, if we know who says it, passed on.
    pub(super) fn on_broadcast(&mut self, now: Instant, from: A, broadcast: Broadcast<I>) {
        if broadcast.origin == self.id {
            return;
        }
        let name = Broadcast { payload: Bytes::new(), ..broadcast.clone() };
        let Some(name) = self.encode(&Message::Broadcast(name)) else { return };
        if !self.heard.is_news(&name) {
            return;
        }
        let origin = self.members.by_id(&broadcast.origin).filter(|r| !r.state().is_gone());
        let relay = origin.is_some() && self.others() > 1 && !self.has_left();
        let from = origin.map_or(from, |origin| origin.node.address.clone());
        let payload = broadcast.payload.clone();
        if relay {
            self.relay_broadcast(now, broadcast);
        }
        self.emit(Event::User { from, payload });
    }

    /// Passes a broadcast on. What is relayed may fill half of the queue: the other half is for our own.
    fn relay_broadcast(&mut self, now: Instant, broadcast: Broadcast<I>) {
        let Some(message) = self.encode(&Message::Broadcast(broadcast)) else { return };
        let room = self.user.len() < self.options.max_user_broadcasts / 2
            && self.user.bytes() + message.len() <= self.options.max_user_broadcast_bytes / 2;
        if room && message.len() <= self.message_room() {
            self.stats.broadcasts_relayed += 1;
            self.user.insert(None, message, None);
            self.arm_gossip(now);
        } else {
            self.stats.user_dropped += 1;
        }
    }

    fn user_message(&self, payload: Bytes) -> Result<Bytes, CommandError> {
        let (actual, limit) = (payload.len(), self.max_user_payload());
        let message = self.encode(&Message::User(payload));
        message
            .filter(|m| actual <= limit && m.len() <= self.message_room())
            .ok_or(CommandError::PayloadTooLarge { actual, limit })
    }
}
