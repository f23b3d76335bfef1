//! Small pieces of synchronisation that depend on no runtime.

use futures_util::task::AtomicWaker;
use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

/// Locks; a panic of another holder (in a user's `Wire`, say) does not spread.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says to one waiting task that there is something to do; several sayings before it looks count as one.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    set: AtomicBool,
    waker: AtomicWaker,
}

impl Signal {
    pub(crate) fn set(&self) {
        self.set.store(true, Ordering::Release);
        self.waker.wake();
    }

    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.set.swap(false, Ordering::AcqRel) {
            return Poll::Ready(());
        }
        self.waker.register(cx.waker());
        // It may have been set between the look and the registration.
        if self.set.swap(false, Ordering::AcqRel) { Poll::Ready(()) } else { Poll::Pending }
    }

    pub(crate) async fn wait(&self) {
        poll_fn(|cx| self.poll(cx)).await;
    }
}

/// A number of places, of which one task takes some to give to others.
#[derive(Debug)]
pub(crate) struct Places {
    free: AtomicUsize,
    freed: Signal,
}

/// A taken place; dropping it frees the place.
#[derive(Debug)]
pub(crate) struct Place(Arc<Places>);

impl Places {
    pub(crate) fn new(places: usize) -> Arc<Self> {
        Arc::new(Self { free: AtomicUsize::new(places), freed: Signal::default() })
    }

    pub(crate) fn try_take(self: &Arc<Self>) -> Option<Place> {
        let take = |free: usize| free.checked_sub(1);
        self.free
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, take)
            .ok()
            .map(|_| Place(Arc::clone(self)))
    }

    /// Whether all are taken.
    pub(crate) fn are_all_taken(&self) -> bool {
        self.free.load(Ordering::Acquire) == 0
    }

    /// Waits for a free place. For one task only.
    pub(crate) async fn take(self: &Arc<Self>) -> Place {
        loop {
            if let Some(place) = self.try_take() {
                return place;
            }
            self.freed.wait().await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.free.fetch_add(1, Ordering::AcqRel);
        self.0.freed.set();
    }
}

/// Lets something through once in a while, so that a lasting trouble does not flood the log.
#[derive(Debug, Default)]
pub(crate) struct Occasionally(AtomicU64);

impl Occasionally {
    /// Whether the last time that this was true is at least `pause` ago; `now` is the time since some start.
    pub(crate) fn now(&self, now: Duration, pause: Duration) -> bool {
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX).saturating_add(1);
        let pause = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        let last = self.0.load(Ordering::Relaxed);
        (last == 0 || now.saturating_sub(last) >= pause)
            && self.0.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// The pause after a failure: 5 ms, doubling with each in a row up to one second.
#[derive(Debug, Default)]
pub(crate) struct Backoff(u32);

impl Backoff {
    pub(crate) fn next(&mut self) -> Duration {
        let pause = Duration::from_millis(5 << self.0.min(8)).min(Duration::from_secs(1));
        self.0 = self.0.saturating_add(1);
        pause
    }

    pub(crate) fn reset(&mut self) {
        self.0 = 0;
    }
}

#[cfg(test)]
mod tests;
