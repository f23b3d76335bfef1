//! A small executor: threads for tasks, threads for work that blocks, and handles to both.

use futures_channel::oneshot;
use futures_util::future::{AbortHandle, FutureExt, abortable};
use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

static TASKS: LazyLock<mpsc::Sender<Job>> = LazyLock::new(|| pool("own-task", 2));
static BLOCKING: LazyLock<mpsc::Sender<Job>> = LazyLock::new(|| pool("own-blocking", 4));

/// Threads of this name, which run what is sent to them.
fn pool(name: &str, threads: usize) -> mpsc::Sender<Job> {
    let (sender, receiver) = mpsc::channel::<Job>();
    let receiver = Arc::new(Mutex::new(receiver));
    for number in 1..=threads {
        let receiver = Arc::clone(&receiver);
        let work = move || loop {
            let Ok(job) = lock(&receiver).recv() else { return };
            // A panic ends its job, not the thread.
            let _ = catch_unwind(AssertUnwindSafe(job));
        };
        #[allow(clippy::expect_used, reason = "a runtime without threads is none")]
        thread::Builder::new().name(format!("{name}-{number}")).spawn(work).expect("a thread");
    }
    sender
}

/// A future and its place in the queue: waking it sends it to the threads.
struct Task(Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        // The threads run as long as the process.
        let _ = TASKS.send(Box::new(move || self.poll()));
    }
}

impl Task {
    /// Woken while it is polled, it is polled again afterwards: the second thread waits here.
    fn poll(self: Arc<Self>) {
        let mut place = lock(&self.0);
        let waker = Waker::from(Arc::clone(&self));
        if let Some(mut future) = place.take()
            && future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending()
        {
            *place = Some(future);
        }
    }
}

/// Awaits a task's output. Dropped, it lets the task run on.
#[derive(Debug)]
pub struct Handle<T> {
    output: oneshot::Receiver<T>,
    abort: AbortHandle,
}

impl<T> Handle<T> {
    /// Drops the task at its next await; work that blocks is not begun, if it has not yet.
    pub fn abort(&self) {
        self.abort.abort();
    }
}

impl<T> Future for Handle<T> {
    type Output = io::Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        self.output.poll_unpin(cx).map_err(|_| io::Error::other("the task panicked or was aborted"))
    }
}

/// Runs the future on the threads for tasks.
pub fn spawn<F>(future: F) -> Handle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let (sender, output) = oneshot::channel();
    let (future, abort) = abortable(future);
    let task = async move {
        if let Ok(done) = future.await {
            // Nobody may want it.
            let _ = sender.send(done);
        }
    };
    Arc::new(Task(Mutex::new(Some(Box::pin(task))))).wake();
    Handle { output, abort }
}

/// Runs the work where it may block.
pub fn spawn_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Handle<T> {
    let (sender, output) = oneshot::channel();
    let (aborted, abort) = abortable(std::future::pending::<()>());
    let job = move || {
        if !aborted.is_aborted() {
            let _ = sender.send(work());
        }
    };
    let _ = BLOCKING.send(Box::new(job));
    Handle { output, abort }
}

/// Runs the future on this thread, which sleeps until it is woken.
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

/// Goes to the end of the queue.
pub async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
