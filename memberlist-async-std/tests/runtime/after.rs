use crate::{Dropped, NEVER, SHORT, run};
use agnostic::{AfterHandle as _, RuntimeLite};
use futures_channel::oneshot;
use memberlist_async_std::AsyncStdRuntime;
use std::time::{Duration, Instant};

#[test]
fn task_begins_after_its_time_and_not_before() {
    run(async {
        let begin = Instant::now();
        let began = AsyncStdRuntime::spawn_after(SHORT, async { Instant::now() }).await.unwrap();
        assert!(began >= begin + SHORT);
        let at = begin + SHORT * 2;
        let began = AsyncStdRuntime::spawn_after_at(at, async { Instant::now() }).await.unwrap();
        assert!(began >= at);
    });
}

#[test]
fn handle_knows_how_far_the_task_is() {
    run(async {
        let (go, wait) = oneshot::channel::<()>();
        let (begun, began) = oneshot::channel();
        let handle = AsyncStdRuntime::spawn_after(NEVER, async {
            begun.send(()).unwrap();
            wait.await.unwrap();
        });
        assert!(!handle.is_expired() && !handle.is_finished());
        handle.reset(Duration::ZERO);
        began.await.unwrap();
        assert!(handle.is_expired() && !handle.is_finished());
        go.send(()).unwrap();
        while !handle.is_finished() {
            AsyncStdRuntime::yield_now().await;
        }
        handle.await.unwrap();
    });
}

#[test]
fn task_can_be_put_off_and_brought_forward_from_when_it_was_spawned() {
    run(async {
        let begin = Instant::now();
        let handle = AsyncStdRuntime::spawn_after(SHORT, async { Instant::now() });
        handle.reset(SHORT * 3);
        assert!(handle.await.unwrap() >= begin + SHORT * 3);

        // Brought forward, also when it already waits.
        for waits in [false, true] {
            let handle = AsyncStdRuntime::spawn_after(NEVER, async {});
            if waits {
                AsyncStdRuntime::sleep(SHORT).await;
            }
            handle.reset(SHORT);
            handle.await.unwrap();
        }
    });
}

#[test]
fn cancelled_task_never_begins() {
    run(async {
        let (dropped, hear) = Dropped::new();
        let handle = AsyncStdRuntime::spawn_after(NEVER, async move { drop(dropped) });
        assert!(handle.cancel().await.is_none());
        hear.await.unwrap();
        let (dropped, hear) = Dropped::new();
        AsyncStdRuntime::spawn_after(NEVER, async move { drop(dropped) }).abort();
        hear.await.unwrap();
    });
}

#[test]
fn task_that_has_finished_gives_its_output_to_who_cancels_it() {
    run(async {
        let handle = AsyncStdRuntime::spawn_after(Duration::ZERO, async { 5 });
        while !handle.is_finished() {
            AsyncStdRuntime::yield_now().await;
        }
        assert_eq!(handle.cancel().await.unwrap().unwrap(), 5);
    });
}

#[test]
fn task_whose_handle_is_dropped_begins_all_the_same() {
    run(async {
        let (say, hear) = oneshot::channel();
        drop(AsyncStdRuntime::spawn_after(SHORT, async move { say.send(1).unwrap() }));
        assert_eq!(hear.await.unwrap(), 1);
    });
}

#[test]
fn panic_is_an_error_and_an_end() {
    run(async {
        let mut handle = AsyncStdRuntime::spawn_after(Duration::ZERO, async { panic!("late") });
        let error = (&mut handle).await.unwrap_err();
        assert_eq!(error.message(), "late");
        assert!(handle.is_finished());
    });
}

#[test]
fn longest_time_does_not_overflow() {
    run(async {
        let handle = AsyncStdRuntime::spawn_after(Duration::MAX, async {});
        handle.reset(Duration::MAX);
        assert!(handle.cancel().await.is_none());
    });
}
