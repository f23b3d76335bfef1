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
    /// Data of the application: the oldest makes room for the newest.
    Data,
}

struct Inner<T> {
    /// Both lanes bear the number of their place in the whole, so that they merge again in order.
    events: VecDeque<(u64, T)>,
    data: VecDeque<(u64, T)>,
    next: u64,
    lagged: u64,
    closed: bool,
    waker: Option<Waker>,
}

/// The writing end. Never waits: a full lane drops its oldest item.
pub(crate) struct Sender<T> {
    inner: Arc<Mutex<Inner<T>>>,
    events: usize,
    data: usize,
}

/// The reading end.
pub(crate) struct Receiver<T> {
    inner: Arc<Mutex<Inner<T>>>,
}

/// A queue whose lanes hold so many items.
pub(crate) fn channel<T>(events: usize, data: usize) -> (Sender<T>, Receiver<T>) {
    let inner = Arc::new(Mutex::new(Inner {
        events: VecDeque::new(),
        data: VecDeque::new(),
        next: 0,
        lagged: 0,
        closed: false,
        waker: None,
    }));
    (Sender { inner: Arc::clone(&inner), events: events.max(1), data: data.max(1) }, Receiver { inner })
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It is queued.
    Queued,
    /// It is queued, and the oldest of its lane was dropped for it.
    Displaced,
    /// Nobody listens any more.
    Closed,
}

impl<T> Sender<T> {
    pub(crate) fn send(&self, lane: Lane, item: T) -> Sent {
        let mut inner = lock(&self.inner);
        if inner.closed {
            return Sent::Closed;
        }
        let place = inner.next;
        inner.next += 1;
        let (queue, limit) = match lane {
            Lane::Events => (&mut inner.events, self.events),
            Lane::Data => (&mut inner.data, self.data),
        };
        let displaced = queue.len() >= limit;
        let old = if displaced { queue.pop_front() } else { None };
        queue.push_back((place, item));
        if displaced {
            inner.lagged += 1;
        }
        let waker = inner.waker.take();
        drop(inner);
        drop(old);
        if let Some(waker) = waker {
            waker.wake();
        }
        if displaced { Sent::Displaced } else { Sent::Queued }
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
    /// The oldest item of both lanes; before it, how many were lost.
    fn pop(&mut self) -> Option<Result<T, u64>> {
        if self.lagged > 0 {
            return Some(Err(std::mem::take(&mut self.lagged)));
        }
        let lane = match (self.events.front(), self.data.front()) {
            (Some((event, _)), Some((data, _))) if event < data => &mut self.events,
            (Some(_), None) => &mut self.events,
            _ => &mut self.data,
        };
        lane.pop_front().map(|(_, item)| Ok(item))
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
