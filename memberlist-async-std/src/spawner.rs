use agnostic_lite::{AsyncBlockingSpawner, AsyncLocalSpawner, AsyncSpawner, LocalJoinHandle, Yielder};
use async_std::task;
use futures_util::FutureExt;
use std::any::Any;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Spawns on async-std's executor and on its pool for blocking work.
#[derive(Debug, Clone, Copy)]
pub struct AsyncStdSpawner;

/// A task that was spawned: await it for its output.
///
/// Dropping it detaches the task, which runs on.
#[derive(Debug)]
#[must_use = "a dropped handle detaches its task; `spawn_detach` says so"]
pub struct JoinHandle<T> {
    task: task::JoinHandle<std::thread::Result<T>>,
}

/// The task has panicked, with this message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the task panicked: {message}")]
pub struct JoinError {
    message: String,
}

impl JoinError {
    /// What it said; nothing if it was no text.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    fn new(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied();
        let message = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self { message: message.unwrap_or_default().to_owned() }
    }
}

impl From<JoinError> for io::Error {
    fn from(error: JoinError) -> Self {
        Self::other(error)
    }
}

impl<T> JoinHandle<T> {
    /// Ends the task: it is dropped at its next await. Blocking work that has begun runs to its end.
    pub fn abort(self) {
        // One poll marks the task, and its executor drops it; nobody waits for that.
        let _ = self.task.cancel().now_or_never();
    }

    /// Lets the task run on without a handle, as dropping it does.
    pub fn detach(self) {}

    /// Nothing if it was cancelled before its end.
    pub(crate) async fn cancel(self) -> Option<Result<T, JoinError>> {
        Some(self.task.cancel().await?.map_err(|panic| JoinError::new(&*panic)))
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.task.poll_unpin(cx).map_err(|panic| JoinError::new(&*panic))
    }
}

impl<T> agnostic_lite::JoinHandle<T> for JoinHandle<T> {
    type JoinError = JoinError;

    fn abort(self) {
        self.abort();
    }
}

impl<T> LocalJoinHandle<T> for JoinHandle<T> {
    type JoinError = JoinError;
}

impl Yielder for AsyncStdSpawner {
    async fn yield_now() {
        task::yield_now().await;
    }

    async fn yield_now_local() {
        task::yield_now().await;
    }
}

impl AsyncSpawner for AsyncStdSpawner {
    type JoinHandle<O>
        = JoinHandle<O>
    where
        O: Send + 'static;

    fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        JoinHandle { task: task::spawn(AssertUnwindSafe(future).catch_unwind()) }
    }
}

impl AsyncLocalSpawner for AsyncStdSpawner {
    type JoinHandle<O>
        = JoinHandle<O>
    where
        O: 'static;

    fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: 'static> + 'static,
    {
        JoinHandle { task: task::spawn_local(AssertUnwindSafe(future).catch_unwind()) }
    }
}

impl AsyncBlockingSpawner for AsyncStdSpawner {
    type JoinHandle<O>
        = JoinHandle<O>
    where
        O: Send + 'static;

    fn spawn_blocking<F, O>(work: F) -> JoinHandle<O>
    where
        F: FnOnce() -> O + Send + 'static,
        O: Send + 'static,
    {
        JoinHandle { task: task::spawn_blocking(|| catch_unwind(AssertUnwindSafe(work))) }
    }
}
