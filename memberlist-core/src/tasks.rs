//! The tasks of a node: started together, counted, and ended together.

use crate::sync::lock;
use agnostic::RuntimeLite;
use futures_channel::{mpsc, oneshot};
use futures_util::{FutureExt, StreamExt, future::Shared};
use pin_project_lite::pin_project;
use std::{
    convert::Infallible,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Mutex,
    task::{Context, Poll},
};

/// Runtimes differ in what dropping a join handle does, so none is kept: a task ends by itself when the node stops, and holds a
/// [`Running`] until then.
pub(crate) struct Tasks {
    stop: Mutex<Option<oneshot::Sender<Infallible>>>,
    stopped: Shared<oneshot::Receiver<Infallible>>,
    /// Every task holds a clone; when the last is gone the receiver ends.
    running: Mutex<Option<mpsc::Sender<Infallible>>>,
    idle: Mutex<Option<mpsc::Receiver<Infallible>>>,
    ended: Shared<oneshot::Receiver<Infallible>>,
    end: Mutex<Option<oneshot::Sender<Infallible>>>,
}

/// Counts as a running task until dropped.
pub(crate) struct Running {
    _alive: mpsc::Sender<Infallible>,
}

pin_project! {
    // A task that ends when the node stops. An `async` block would hold what it does twice: where it came in, and where it is polled; and
    // of most of a node's memory that is the larger part.
    struct Task<F> {
        stopped: Shared<oneshot::Receiver<Infallible>>,
        #[pin]
        task: F,
        // The last field, so dropped last: what the task holds is gone before it is counted out.
        _running: Running,
    }
}

impl<F: Future<Output = ()>> Future for Task<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if this.stopped.poll_unpin(cx).is_ready() {
            return Poll::Ready(());
        }
        this.task.poll(cx)
    }
}

/// Does work that may take its time where it holds up nobody; `None` if it panicked, or the runtime ended first.
///
/// WebAssembly has no threads: there it is done at once, and whatever else runs here waits for it.
pub(crate) async fn blocking<R: RuntimeLite, O: Send + 'static>(
    work: impl FnOnce() -> O + Send + 'static,
) -> Option<O> {
    if cfg!(target_family = "wasm") {
        return Some(work());
    }
    // Runtimes differ in what becomes of a panic: on some, whoever awaits the work panics as well.
    let work = move || catch_unwind(AssertUnwindSafe(work)).ok();
    R::spawn_blocking(work).await.ok().flatten()
}

impl Tasks {
    pub(crate) fn new() -> Self {
        let (stop, stopped) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let (running, idle) = mpsc::channel(0);
        Self {
            stop: Mutex::new(Some(stop)),
            stopped: stopped.shared(),
            running: Mutex::new(Some(running)),
            idle: Mutex::new(Some(idle)),
            ended: ended.shared(),
            end: Mutex::new(Some(end)),
        }
    }

    /// Counts one more, unless the node has stopped.
    pub(crate) fn enter(&self) -> Option<Running> {
        let alive = lock(&self.running).clone()?;
        Some(Running { _alive: alive })
    }

    /// Starts a task that is dropped at its next await when the node stops. Does nothing if it has stopped.
    pub(crate) fn spawn<R: RuntimeLite>(&self, task: impl Future<Output = ()> + Send + 'static) {
        let Some(running) = self.enter() else { return };
        R::spawn_detach(Task { stopped: self.stopped.clone(), task, _running: running });
    }

    /// Ends every task and refuses new ones; returns at once. Idempotent.
    pub(crate) fn stop(&self) {
        drop(lock(&self.running).take());
        drop(lock(&self.stop).take());
    }

    pub(crate) fn is_stopped(&self) -> bool {
        lock(&self.stop).is_none()
    }

    /// Waits for `stop`.
    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        self.stopped.clone().map(drop)
    }

    /// Waits until no task runs, after `stop`. For one caller: the one that then takes [`end`](Self::end).
    pub(crate) async fn idle(&self) {
        let idle = lock(&self.idle).take();
        if let Some(mut idle) = idle {
            while idle.next().await.is_some() {}
        }
    }

    /// Dropping this says that everything has ended.
    pub(crate) fn end(&self) -> Option<oneshot::Sender<Infallible>> {
        lock(&self.end).take()
    }

    /// Waits for the end.
    pub(crate) fn ended(&self) -> impl Future<Output = ()> + Send + use<> {
        self.ended.clone().map(drop)
    }
}

#[cfg(test)]
mod tests;
