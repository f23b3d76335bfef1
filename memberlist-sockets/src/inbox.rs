use crate::lifecycle::lock;
use futures_util::task::AtomicWaker;
use memberlist_core::Packet;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::task::{Context, Poll};

/// Packets that came over TCP and wait to be received; bounded in number and bytes, the oldest make room.
#[derive(Default)]
pub struct Inbox {
    waiting: Mutex<Waiting>,
    receiver: AtomicWaker,
}

#[derive(Default)]
struct Waiting {
    packets: VecDeque<Packet<SocketAddr>>,
    bytes: usize,
}

impl Inbox {
    /// Packets that it holds at most; of bytes, 4 MiB.
    pub const MAX_PACKETS: usize = 256;
    const MAX_BYTES: usize = 4 * 1024 * 1024;

    /// Adds a packet; gives how many old ones were dropped for it.
    pub fn push(&self, packet: Packet<SocketAddr>) -> usize {
        let mut waiting = lock(&self.waiting);
        waiting.bytes += packet.data.len();
        waiting.packets.push_back(packet);
        let mut dropped = 0;
        while waiting.packets.len() > Self::MAX_PACKETS || waiting.bytes > Self::MAX_BYTES {
            waiting.pop();
            dropped += 1;
        }
        drop(waiting);
        self.receiver.wake();
        dropped
    }

    /// Takes the oldest packet.
    pub fn poll_pop(&self, cx: &mut Context<'_>) -> Poll<Packet<SocketAddr>> {
        if let Some(packet) = lock(&self.waiting).pop() {
            return Poll::Ready(packet);
        }
        self.receiver.register(cx.waker());
        // One may have come between the look and the registration.
        lock(&self.waiting).pop().map_or(Poll::Pending, Poll::Ready)
    }
}

impl Waiting {
    fn pop(&mut self) -> Option<Packet<SocketAddr>> {
        let packet = self.packets.pop_front()?;
        self.bytes -= packet.data.len();
        Some(packet)
    }
}

#[cfg(test)]
mod tests;
