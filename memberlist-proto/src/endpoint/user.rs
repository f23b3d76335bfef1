//! Bytes of the application: broadcasts and best-effort messages.

use super::*;
use memberlist_types::Broadcast;

/// Bytes by which a message grows at most when its length field grows (a varint of up to four bytes instead of one).
pub(super) const LENGTH_GROWTH: usize = 3;

/// Bytes that a message has before its payload, about: what memory is reserved for.
const MESSAGE_HEAD: usize = 8;

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

    /// Sends several best-effort messages to one address, in this order, in as few packets as hold them.
    ///
    /// # Errors
    /// If one of them fits no packet. Nothing is sent then.
    pub fn send_many(&mut self, _now: Instant, to: A, payloads: Vec<Bytes>) -> Result<(), CommandError> {
        let mut messages = self.user_messages(payloads)?.into_iter();
        let (overhead, most) = (self.wire.message_overhead(), self.wire.max_packet_messages().max(1));
        let mut next = messages.next();
        while let Some(first) = next {
            let mut used = first.len() + overhead;
            let mut packet = Vec::with_capacity((self.room / used.max(1)).min(messages.len() + 1).min(most));
            packet.push(first);
            next = messages.next();
            while let Some(message) = next.take() {
                let cost = message.len() + overhead;
                if used + cost > self.room || packet.len() >= most {
                    next = Some(message);
                    break;
                }
                used += cost;
                packet.push(message);
                next = messages.next();
            }
            self.push_transmit(to.clone(), Messages::from(packet), None);
        }
        Ok(())
    }

    /// These payloads as messages, all in one piece of memory.
    fn user_messages(&self, payloads: Vec<Bytes>) -> Result<Vec<Bytes>, CommandError> {
        let (limit, room) = (self.max_user_payload(), self.message_room());
        let too_large = |actual| CommandError::PayloadTooLarge { actual, limit };
        let bytes = payloads.iter().map(|payload| payload.len() + MESSAGE_HEAD).sum();
        let (mut all, mut ends) = (Vec::with_capacity(bytes), Vec::with_capacity(payloads.len()));
        for payload in payloads {
            let (begin, actual) = (all.len(), payload.len());
            let encoded = self.wire.encode_message(&Message::User(payload), &mut all);
            if encoded.is_err() || actual > limit || all.len() - begin > room {
                return Err(too_large(actual));
            }
            ends.push(all.len());
        }
        let (all, mut begin) = (Bytes::from(all), 0);
        Ok(ends.into_iter().map(|end| all.slice(core::mem::replace(&mut begin, end)..end)).collect())
    }

    /// The largest payload that fits a packet as either kind of message.
    pub(super) fn largest_payload(&self) -> usize {
        let broadcast = Broadcast { origin: self.id.clone(), number: u64::MAX, payload: Bytes::new() };
        let empty = [Message::User(Bytes::new()), Message::Broadcast(broadcast)];
        let empty = empty.iter().filter_map(|m| self.encode(m)).map(|m| m.len()).max().unwrap_or(0);
        self.message_room().saturating_sub(empty + LENGTH_GROWTH)
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
        let mut message = Vec::with_capacity(actual + MESSAGE_HEAD);
        let encoded = self.wire.encode_message(&Message::User(payload), &mut message);
        if encoded.is_err() || actual > limit || message.len() > self.message_room() {
            return Err(CommandError::PayloadTooLarge { actual, limit });
        }
        Ok(message.into())
    }
}
