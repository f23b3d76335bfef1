//! What has arrived at one address of the network.

use super::MemoryStream;
use crate::{Packet, sync::lock};
use bytes::Bytes;
use futures_util::task::AtomicWaker;
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    net::SocketAddr,
    sync::Mutex,
    time::Instant,
};

/// Packets that wait at most; more are lost, as in a socket's buffer.
const PACKETS: usize = 16_384;
/// Streams that wait to be accepted at most.
pub(super) const BACKLOG: usize = 1_024;

pub(super) struct Port {
    /// An instant that has certainly come, on the clock of the port's runtime.
    pub(super) born: Instant,
    inner: Mutex<Inbox>,
    pub(super) packet_waker: AtomicWaker,
    pub(super) stream_waker: AtomicWaker,
}

#[derive(Default)]
struct Inbox {
    packets: BinaryHeap<Reverse<Arrival>>,
    streams: VecDeque<(SocketAddr, MemoryStream)>,
    arrived: u64,
    closed: bool,
}

/// A packet on its way; ordered by when it arrives, then by when it was sent.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Arrival {
    due: Instant,
    number: u64,
    from: SocketAddr,
    data: Bytes,
}

/// What there is for a receiver.
pub(super) enum Next<T> {
    Now(T),
    At(Instant),
    Nothing,
    Closed,
}

impl Port {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            born: now,
            inner: Mutex::default(),
            packet_waker: AtomicWaker::new(),
            stream_waker: AtomicWaker::new(),
        }
    }

    pub(super) fn put_packet(&self, due: Instant, from: SocketAddr, data: Bytes) {
        let mut inbox = lock(&self.inner);
        if inbox.closed || inbox.packets.len() >= PACKETS {
            return;
        }
        let number = inbox.arrived;
        inbox.arrived += 1;
        inbox.packets.push(Reverse(Arrival { due, number, from, data }));
        drop(inbox);
        self.packet_waker.wake();
    }

    pub(super) fn next_packet(&self, now: Instant) -> Next<Packet<SocketAddr>> {
        let mut inbox = lock(&self.inner);
        if inbox.closed {
            return Next::Closed;
        }
        match inbox.packets.peek() {
            None => Next::Nothing,
            Some(Reverse(arrival)) if arrival.due > now => Next::At(arrival.due),
            Some(_) => inbox.packets.pop().map_or(Next::Nothing, |Reverse(arrival)| {
                Next::Now(Packet { from: arrival.from, data: arrival.data })
            }),
        }
    }

    /// Gives the stream back if nobody can take it.
    pub(super) fn put_stream(&self, from: SocketAddr, stream: MemoryStream) -> Result<(), MemoryStream> {
        let mut inbox = lock(&self.inner);
        if inbox.closed || inbox.streams.len() >= BACKLOG {
            return Err(stream);
        }
        inbox.streams.push_back((from, stream));
        drop(inbox);
        self.stream_waker.wake();
        Ok(())
    }

    pub(super) fn next_stream(&self) -> Next<(SocketAddr, MemoryStream)> {
        let mut inbox = lock(&self.inner);
        if inbox.closed {
            return Next::Closed;
        }
        inbox.streams.pop_front().map_or(Next::Nothing, Next::Now)
    }

    pub(super) fn is_closed(&self) -> bool {
        lock(&self.inner).closed
    }

    pub(super) fn close(&self) {
        let old = {
            let mut inbox = lock(&self.inner);
            std::mem::replace(&mut *inbox, Inbox { closed: true, ..Inbox::default() })
        };
        drop(old);
        self.packet_waker.wake();
        self.stream_waker.wake();
    }
}
