use super::OwnRuntime;
use memberlist::agnostic::{JoinHandle, RuntimeLite};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

fn run<T>(test: impl Future<Output = T>) -> T {
    let limited = OwnRuntime::timeout_local(Duration::from_secs(60), test);
    OwnRuntime::block_on(limited).expect("nothing happened before the deadline")
}

fn thread_name() -> String {
    thread::current().name().unwrap_or_default().to_owned()
}

#[test]
fn tasks_and_blocking_work_run_on_their_own_threads() {
    run(async {
        let task = OwnRuntime::spawn(async { thread_name() }).await.expect("its output");
        assert!(task.starts_with("own-task-"), "{task}");
        let blocking = OwnRuntime::spawn_blocking(thread_name).await.expect("its output");
        assert!(blocking.starts_with("own-blocking-"), "{blocking}");
    });
}

#[test]
fn aborted_task_ends_and_detached_one_runs_on() {
    run(async {
        let (ended, end) = mpsc::channel::<()>();
        let forever = OwnRuntime::spawn(async move {
            let _ended = ended;
            std::future::pending::<()>().await;
        });
        JoinHandle::abort(forever);
        let gone = OwnRuntime::spawn_blocking(move || end.recv()).await.expect("its output");
        assert!(gone.is_err(), "dropped, not told");

        let (say, hear) = futures_channel::oneshot::channel();
        drop(OwnRuntime::spawn(async move {
            OwnRuntime::yield_now().await;
            let _ = say.send(());
        }));
        hear.await.expect("it ran on");
    });
}

#[test]
fn panic_is_an_error_and_the_threads_live_on() {
    run(async {
        // More often than there are threads.
        for _ in 0..10 {
            assert!(OwnRuntime::spawn(async { panic!("on purpose") }).await.is_err());
            assert!(OwnRuntime::spawn_blocking(|| panic!("on purpose")).await.is_err());
        }
        assert_eq!(OwnRuntime::spawn(async { 1 }).await.expect("its output"), 1);
        assert_eq!(OwnRuntime::spawn_blocking(|| 2).await.expect("its output"), 2);
    });
}

#[test]
fn task_that_is_woken_while_it_is_polled_is_polled_again() {
    run(async {
        for _ in 0..1_000 {
            OwnRuntime::spawn(OwnRuntime::yield_now()).await.expect("its output");
        }
    });
}
