use bytes::Bytes;
use std::collections::VecDeque;

/// Messages that wait to be passed on, at most.
const MAX_MESSAGES: usize = 1_024;
/// Bytes of them at most.
const MAX_BYTES: usize = 1 << 20;

/// What waits to be passed on. When it is full, what comes then is dropped.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    messages: VecDeque<Bytes>,
    bytes: usize,
}

impl Outbox {
    /// Whether there was room for it.
    pub(super) fn push(&mut self, message: Bytes) -> bool {
        let room = self.messages.len() < MAX_MESSAGES && self.bytes + message.len() <= MAX_BYTES;
        if room {
            self.bytes += message.len();
            self.messages.push_back(message);
        }
        room
    }

    /// The first messages, of `limit` bytes together at most. One that is too long on its own is dropped.
    pub(super) fn take(&mut self, limit: usize) -> (Vec<Bytes>, u64) {
        let (mut taken, mut left, mut dropped) = (Vec::new(), limit, 0);
        while let Some(message) = self.messages.front() {
            let len = message.len();
            if len > left && len <= limit {
                break;
            }
            self.bytes -= len;
            let Some(message) = self.messages.pop_front() else { break };
            if len > limit {
                dropped += 1;
                continue;
            }
            left -= len;
            taken.push(message);
        }
        (taken, dropped)
    }
}

#[cfg(test)]
mod tests;
