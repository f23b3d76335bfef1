use crate::{AsyncStdSpawner, JoinError, JoinHandle};
use agnostic_lite::time::{AsyncSleep, AsyncSleepExt};
use agnostic_lite::{AsyncAfterSpawner, AsyncSpawner, async_io::AsyncIoSleep};
use futures_util::FutureExt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// A task that begins later: await it for its output.
///
/// Dropping it detaches the task, which begins at its time.
#[derive(Debug)]
#[must_use = "a dropped handle detaches its task"]
pub struct AfterHandle<T> {
    task: JoinHandle<T>,
    plan: Arc<Plan>,
}

/// When the task begins, and how far it is.
#[derive(Debug)]
struct Plan {
    spawned: Instant,
    due: Mutex<Due>,
    expired: AtomicBool,
    finished: AtomicBool,
}

#[derive(Debug)]
struct Due {
    at: Instant,
    /// The timer does not know it yet.
    moved: bool,
    waker: Option<Waker>,
}

impl Plan {
    fn due(&self) -> MutexGuard<'_, Due> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait(&self) {
        let mut sleep = AsyncIoSleep::sleep_until(self.due().at);
        poll_fn(|cx| {
            let mut due = self.due();
            if std::mem::take(&mut due.moved) {
                Pin::new(&mut sleep).reset(due.at);
            }
            due.waker = Some(cx.waker().clone());
            sleep.poll_unpin(cx)
        })
        .await;
        self.expired.store(true, Ordering::Release);
    }
}

/// Says that the task has finished, also when it panics.
struct Finish(Arc<Plan>);

impl Drop for Finish {
    fn drop(&mut self) {
        self.0.finished.store(true, Ordering::Release);
    }
}

/// A time that can't be expressed is further away than any program runs.
fn later(from: Instant, by: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    from.checked_add(by).or_else(|| from.checked_add(FAR)).unwrap_or(from)
}

impl AsyncAfterSpawner for AsyncStdSpawner {
    type Instant = Instant;
    type JoinHandle<O>
        = AfterHandle<O>
    where
        O: Send + 'static;

    fn spawn_after<F>(duration: Duration, future: F) -> AfterHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        Self::spawn_after_at(later(Instant::now(), duration), future)
    }

    fn spawn_after_at<F>(instant: Instant, future: F) -> AfterHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let plan = Arc::new(Plan {
            spawned: Instant::now(),
            due: Mutex::new(Due { at: instant, moved: false, waker: None }),
            expired: AtomicBool::new(false),
            finished: AtomicBool::new(false),
        });
        let finish = Finish(Arc::clone(&plan));
        let task = Self::spawn(async move {
            finish.0.wait().await;
            let output = future.await;
            drop(finish);
            output
        });
        AfterHandle { task, plan }
    }
}

impl<T> Future for AfterHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.task.poll_unpin(cx)
    }
}

impl<T: Send + 'static> agnostic_lite::AfterHandle<T> for AfterHandle<T> {
    type JoinError = JoinError;

    async fn cancel(self) -> Option<Result<T, JoinError>> {
        if self.is_finished() { Some(self.task.await) } else { self.task.cancel().await }
    }

    /// The task begins when this long has passed since it was spawned: at once, if it has.
    fn reset(&self, duration: Duration) {
        let mut due = self.plan.due();
        due.at = later(self.plan.spawned, duration);
        due.moved = true;
        let waker = due.waker.take();
        drop(due);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn abort(self) {
        self.task.abort();
    }

    fn is_expired(&self) -> bool {
        self.plan.expired.load(Ordering::Acquire)
    }

    fn is_finished(&self) -> bool {
        self.plan.finished.load(Ordering::Acquire)
    }
}
