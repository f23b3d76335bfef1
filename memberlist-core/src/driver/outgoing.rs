//! The bounded queue of packets on their way out.
//!
//! Messages of the application that wait here for the same destination share packets: whatever comes while the packets before it are
//! encrypted and sent joins the last one that has room. So a node with little to say sends at once, and one with much to say sends few
//! packets, and full ones.

use crate::{
    stats::{Counters, add},
    sync::{Signal, lock},
};
use memberlist_proto::Transmit;
use memberlist_types::{Address, SequenceNumber};
use std::{
    collections::{HashMap, VecDeque},
    future::poll_fn,
    sync::Mutex,
    task::{Poll, Waker},
};

/// The empty queue keeps memory for so many packets; what a burst took besides is given back.
const KEPT: usize = 16;

/// What fits a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    /// Bytes, for messages and their overheads.
    pub(crate) bytes: usize,
    /// Bytes that each message takes besides its own.
    pub(crate) overhead: usize,
    /// So many messages.
    pub(crate) messages: usize,
}

/// Packets that wait to be sent.
pub(crate) struct Outgoing<A> {
    inner: Mutex<Inner<A>>,
    limit: usize,
    capacity: Capacity,
    pub(crate) filled: Signal,
}

struct Inner<A> {
    queue: VecDeque<Transmit<A>>,
    /// How many have been taken out: the place of the first one in the queue, counted from the very first.
    taken: u64,
    /// For each destination, the packet of user messages that further ones may join; one that waits.
    open: HashMap<A, Open>,
    /// Room that was promised to senders of user messages.
    promised: usize,
    /// Senders of user messages that wait for room.
    waiting: Vec<Waker>,
    closed: bool,
}

/// A packet that others may join.
struct Open {
    place: u64,
    /// Bytes of its capacity that are taken.
    bytes: usize,
}

/// Room for some packets of user messages; what was not used is given back when it is dropped.
pub(crate) struct Promise<'a, A: Address> {
    outgoing: &'a Outgoing<A>,
    packets: usize,
}

impl<A: Address> Outgoing<A> {
    pub(crate) fn new(limit: usize, capacity: Capacity) -> Self {
        let inner = Inner {
            queue: VecDeque::new(),
            taken: 0,
            open: HashMap::new(),
            promised: 0,
            waiting: Vec::new(),
            closed: false,
        };
        Self { inner: Mutex::new(inner), limit, capacity, filled: Signal::default() }
    }

    /// Waits until half the queue has room for a packet (or the node ends), and promises it for so many if there is as much. The other
    /// half is the protocol's own, so that a flood of user messages can't push out probes.
    pub(crate) async fn room(&self, wanted: usize) -> Promise<'_, A> {
        let packets = poll_fn(|cx| {
            let mut inner = lock(&self.inner);
            let free = (self.limit / 2).saturating_sub(inner.queue.len() + inner.promised);
            let granted = if inner.closed { wanted } else { wanted.min(free) };
            if granted > 0 || wanted == 0 {
                inner.promised += granted;
                return Poll::Ready(granted);
            }
            if !inner.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
                inner.waiting.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
        Promise { outgoing: self, packets }
    }

    /// Nobody takes anything out any more.
    pub(crate) fn close(&self) {
        let waiting = {
            let mut inner = lock(&self.inner);
            inner.closed = true;
            std::mem::take(&mut inner.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Queues what finds room; what does not is dropped and counted. Gives the probes among the dropped.
    pub(crate) fn push(&self, transmits: &mut Vec<Transmit<A>>, counters: &Counters) -> Vec<SequenceNumber> {
        if transmits.is_empty() {
            return Vec::new();
        }
        let mut refused = Vec::new();
        let mut inner = lock(&self.inner);
        for transmit in transmits.drain(..) {
            if inner.queue.len() < self.limit {
                inner.queue.push_back(transmit);
            } else {
                add(&counters.packets_dropped, 1);
                refused.extend(transmit.probe);
            }
        }
        drop(inner);
        self.filled.set();
        refused
    }

    /// As `push`, for packets of nothing but user messages: they join others that wait for the same destination, where they fit.
    pub(crate) fn push_messages(&self, transmits: &mut Vec<Transmit<A>>, counters: &Counters) {
        let mut inner = lock(&self.inner);
        for transmit in transmits.drain(..) {
            let bytes = transmit.messages.iter().map(|message| message.len() + self.capacity.overhead).sum();
            let Err(transmit) = inner.join(transmit, bytes, self.capacity) else { continue };
            if inner.queue.len() < self.limit {
                let place = inner.taken + inner.queue.len() as u64;
                inner.open.insert(transmit.to.clone(), Open { place, bytes });
                inner.queue.push_back(transmit);
            } else {
                add(&counters.packets_dropped, 1);
            }
        }
        drop(inner);
        self.filled.set();
    }

    pub(crate) fn pop(&self) -> Option<Transmit<A>> {
        let mut inner = lock(&self.inner);
        let transmit = inner.pop();
        let waiting = self.may_go_on(&mut inner);
        drop(inner);
        waiting.into_iter().for_each(Waker::wake);
        transmit
    }

    /// Who waits for room, if there may be enough: all look again.
    fn may_go_on(&self, inner: &mut Inner<A>) -> Vec<Waker> {
        let free = inner.queue.len() + inner.promised < self.limit / 2;
        if free { std::mem::take(&mut inner.waiting) } else { Vec::new() }
    }
}

impl<A: Address> Inner<A> {
    /// Puts the messages into a packet that waits for the same destination, or gives them back.
    fn join(&mut self, transmit: Transmit<A>, bytes: usize, capacity: Capacity) -> Result<(), Transmit<A>> {
        let Some(open) = self.open.get_mut(&transmit.to) else { return Err(transmit) };
        let at = usize::try_from(open.place.wrapping_sub(self.taken)).unwrap_or(usize::MAX);
        let Some(packet) = self.queue.get_mut(at) else { return Err(transmit) };
        // What its destination reads may have become known in between.
        let fits = open.bytes + bytes <= capacity.bytes
            && packet.messages.len() + transmit.messages.len() <= capacity.messages
            && packet.reads == transmit.reads;
        if !fits {
            return Err(transmit);
        }
        open.bytes += bytes;
        packet.messages.append(transmit.messages);
        Ok(())
    }

    fn pop(&mut self) -> Option<Transmit<A>> {
        let transmit = self.queue.pop_front()?;
        if !self.open.is_empty() && self.open.get(&transmit.to).is_some_and(|open| open.place == self.taken) {
            self.open.remove(&transmit.to);
        }
        self.taken += 1;
        if self.queue.is_empty() && self.queue.capacity() > KEPT {
            self.queue = VecDeque::with_capacity(KEPT);
        }
        Some(transmit)
    }
}

impl<A: Address> Promise<'_, A> {
    /// For so many.
    pub(crate) const fn packets(&self) -> usize {
        self.packets
    }
}

impl<A: Address> Drop for Promise<'_, A> {
    fn drop(&mut self) {
        let waiting = {
            let mut inner = lock(&self.outgoing.inner);
            inner.promised -= self.packets;
            self.outgoing.may_go_on(&mut inner)
        };
        waiting.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests;
