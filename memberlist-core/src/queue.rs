//! The bounded two-lane queue between the protocol and whoever listens.

use crate::sync::lock;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

/// Which lane an item takes; each has a bound of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Membership: never pushed out by data.
    Events,
    /// Data of the application, of so many bytes: the oldest makes room for the newest.
    Data(usize),
}

/// What the lanes hold at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) events: usize,
    pub(crate) data: usize,
    pub(crate) bytes: usize,
}

/// An empty lane keeps memory for so many.
const KEPT: usize = 8;

struct Inner<T> {
    /// Both lanes bear the number of their place in the whole, so that they merge again in order.
    events: VecDeque<(u64, T)>,
    data: VecDeque<(u64, T, usize)>,
    /// Bytes in `data`.
    bytes: usize,
    next: u64,
    lagged: u64,
    closed: bool,
    waker: Option<Waker>,
}

/// The writing end. Never waits: a full lane drops its oldest item.
pub(crate) struct Sender<T> {
    inner: Arc<Mutex<Inner<T>>>,
    bounds: Bounds,
}

/// The reading end.
pub(crate) struct Receiver<T> {
    inner: Arc<Mutex<Inner<T>>>,
}

/// A queue with these bounds.
pub(crate) fn channel<T>(bounds: Bounds) -> (Sender<T>, Receiver<T>) {
    let inner = Arc::new(Mutex::new(Inner {
        events: VecDeque::new(),
        data: VecDeque::new(),
        bytes: 0,
        next: 0,
        lagged: 0,
        closed: false,
        waker: None,
    }));
    (Sender { inner: Arc::clone(&inner), bounds }, Receiver { inner })
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It is queued.
    Queued,
    /// It is queued, and so many of the oldest of its lane were dropped for it.
    Displaced(usize),
    /// Nobody listens any more.
    Closed,
}

impl<T> Sender<T> {
    pub(crate) fn send(&self, lane: Lane, item: T) -> Sent {
        self.send_all(std::iter::once((lane, item)))
    }

    /// Several in a row, under one lock and with one waking.
    pub(crate) fn send_all(&self, items: impl Iterator<Item = (Lane, T)>) -> Sent {
        let mut dropped = Vec::new();
        let waker = {
            let mut inner = lock(&self.inner);
            if inner.closed {
                return Sent::Closed;
            }
            for (lane, item) in items {
                match lane {
                    Lane::Events => inner.push_event(item, self.bounds, &mut dropped),
                    Lane::Data(bytes) => inner.push_data(item, bytes, self.bounds, &mut dropped),
                }
            }
            inner.lagged += dropped.len() as u64;
            inner.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        // Dropped only here, outside the lock.
        if dropped.is_empty() { Sent::Queued } else { Sent::Displaced(dropped.len()) }
    }

    /// Whether the lane of events is half full, but has room for so many more: its reader may just be behind.
    pub(crate) fn is_filling(&self, more: usize) -> bool {
        let (waiting, bound) = (lock(&self.inner).events.len(), self.bounds.events);
        waiting >= bound / 2 && waiting + more <= bound
    }

    /// Nothing more comes; what is queued can still be taken.
    pub(crate) fn close(&self) {
        let waker = {
            let mut inner = lock(&self.inner);
            inner.closed = true;
            inner.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<T> Inner<T> {
    fn place(&mut self) -> u64 {
        let place = self.next;
        self.next += 1;
        place
    }

    fn push_event(&mut self, item: T, bounds: Bounds, dropped: &mut Vec<T>) {
        while self.events.len() >= bounds.events.max(1) {
            dropped.extend(self.events.pop_front().map(|(_, item)| item));
        }
        let place = self.place();
        self.events.push_back((place, item));
    }

    fn push_data(&mut self, item: T, bytes: usize, bounds: Bounds, dropped: &mut Vec<T>) {
        // One that is over the bound all by itself is still taken.
        while !self.data.is_empty()
            && (self.data.len() >= bounds.data || self.bytes.saturating_add(bytes) > bounds.bytes)
        {
            dropped.extend(self.pop_data().map(|(_, item)| item));
        }
        let place = self.place();
        self.bytes += bytes;
        self.data.push_back((place, item, bytes));
    }

    fn pop_data(&mut self) -> Option<(u64, T)> {
        let (place, item, bytes) = self.data.pop_front()?;
        self.bytes -= bytes;
        Some((place, item))
    }

    /// The oldest item of both lanes; before it, how many were lost.
    fn pop(&mut self) -> Option<Result<T, u64>> {
        if self.lagged > 0 {
            return Some(Err(std::mem::take(&mut self.lagged)));
        }
        let event_first = match (self.events.front(), self.data.front()) {
            (Some((event, _)), Some((data, ..))) => event < data,
            (event, _) => event.is_some(),
        };
        let item = if event_first { self.events.pop_front() } else { self.pop_data() };
        give_back(&mut self.events);
        give_back(&mut self.data);
        item.map(|(_, item)| Ok(item))
    }
}

/// A burst, such as the members that a join brings, does not hold its memory for ever.
fn give_back<T>(lane: &mut VecDeque<T>) {
    if lane.is_empty() && lane.capacity() > KEPT {
        *lane = VecDeque::new();
    }
}

impl<T> Receiver<T> {
    pub(crate) fn try_recv(&mut self) -> Option<Result<T, u64>> {
        lock(&self.inner).pop()
    }

    pub(crate) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, u64>>> {
        let mut inner = lock(&self.inner);
        if let Some(item) = inner.pop() {
            return Poll::Ready(Some(item));
        }
        if inner.closed {
            return Poll::Ready(None);
        }
        inner.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    pub(crate) async fn recv(&mut self) -> Option<Result<T, u64>> {
        std::future::poll_fn(|cx| self.poll_recv(cx)).await
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let (events, data) = {
            let mut inner = lock(&self.inner);
            inner.closed = true;
            (std::mem::take(&mut inner.events), std::mem::take(&mut inner.data))
        };
        drop((events, data));
    }
}

#[cfg(test)]
mod tests;
