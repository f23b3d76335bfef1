//! Bytes of the application: broadcasts and best-effort messages.

use super::*;

/// Bytes by which a message grows at most when its length field grows (a varint of up to four bytes instead of one).
pub(super) const LENGTH_GROWTH: usize = 3;

impl<I: Id, A: Address, W: Wire<I, A>> Endpoint<I, A, W> {
    /// Queues a broadcast to all members; a newer one with the same key replaces it. It is handed out a limited number
    /// of times (`retransmit_mult` × ⌈log10(n + 1)⌉), each time to a random member; receivers do not relay it by
    /// themselves. Its end is reported by [`Event::BroadcastFinished`].
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
        let message = self.user_message(payload)?;
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
        self.push_transmit(Transmit { to, messages: alloc::vec![message], probe: None });
        Ok(())
    }

    fn user_message(&self, payload: Bytes) -> Result<Bytes, CommandError> {
        let (actual, limit) = (payload.len(), self.max_user_payload());
        let message = self.encode(&Message::User(payload));
        message
            .filter(|m| m.len() <= self.message_room())
            .ok_or(CommandError::PayloadTooLarge { actual, limit })
    }
}
