use futures_channel::oneshot;
use futures_util::FutureExt;
use futures_util::future::Shared;
use pin_project_lite::pin_project;
use std::convert::Infallible;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

/// Who still works with the sockets, and how all of them are told to stop.
///
/// Every task and every pending call holds a [`Held`] for as long as it runs; the value inside is dropped with the last of them,
/// and only then is the end reported. So when [`close`](Self::close) and [`ended`](Self::ended) are through, nothing is open.
pub struct Lifecycle<T> {
    held: Mutex<Option<Held<T>>>,
    stop: Mutex<Option<oneshot::Sender<Infallible>>>,
    closing: Signal,
    ended: Signal,
}

impl<T> Lifecycle<T> {
    /// Begins, with what the sharers hold.
    pub fn new(value: T) -> Self {
        let (stop, closing) = Signal::new();
        let (end, ended) = Signal::new();
        let held = Held(Arc::new(Inner { value, _end: end }));
        Self { held: Mutex::new(Some(held)), stop: Mutex::new(Some(stop)), closing, ended }
    }

    /// A share of the value, unless it has been closed.
    pub fn enter(&self) -> Option<Held<T>> {
        lock(&self.held).clone()
    }

    /// Comes when it is being closed.
    pub fn closing(&self) -> Signal {
        self.closing.clone()
    }

    /// Tells everybody to stop; idempotent.
    pub fn close(&self) {
        lock(&self.held).take();
        lock(&self.stop).take();
    }

    /// Comes when everybody has stopped and the value has been dropped.
    pub fn ended(&self) -> Signal {
        self.ended.clone()
    }
}

/// A share of what a [`Lifecycle`] guards.
pub struct Held<T>(Arc<Inner<T>>);

struct Inner<T> {
    // Dropped first: the fields' order matters.
    value: T,
    _end: oneshot::Sender<Infallible>,
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

/// A future that comes once, for everybody who holds a clone.
#[derive(Clone)]
pub struct Signal(Shared<oneshot::Receiver<Infallible>>);

impl Signal {
    fn new() -> (oneshot::Sender<Infallible>, Self) {
        let (sender, receiver) = oneshot::channel();
        (sender, Self(receiver.shared()))
    }

    /// The future's result, or `None` if the signal comes first.
    pub fn or<F: Future>(self, future: F) -> impl Future<Output = Option<F::Output>> {
        Or { future, signal: self }
    }
}

pin_project! {
    // An `async fn` would hold the future twice: where it came in, and where it is polled.
    struct Or<F> {
        #[pin]
        future: F,
        signal: Signal,
    }
}

impl<F: Future> Future for Or<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(output) = this.future.poll(cx) {
            return Poll::Ready(Some(output));
        }
        this.signal.poll_unpin(cx).map(|()| None)
    }
}

impl Future for Signal {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_unpin(cx).map(|_| ())
    }
}

/// Locks; a panic elsewhere leaves nothing half done under our locks.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
