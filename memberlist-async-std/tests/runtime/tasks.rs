use crate::{Dropped, run};
use agnostic::{RuntimeLite, Yielder};
use futures_channel::oneshot;
use memberlist_async_std::{AsyncStdRuntime, AsyncStdSpawner};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn task_gives_its_output() {
    assert_eq!(run(async { AsyncStdRuntime::spawn(async { 7 }).await.unwrap() }), 7);
}

#[test]
fn task_whose_handle_is_dropped_runs_on() {
    run(async {
        let (go, wait) = oneshot::channel::<()>();
        let (say, hear) = oneshot::channel();
        drop(AsyncStdRuntime::spawn(async move {
            wait.await.unwrap();
            say.send(1).unwrap();
        }));
        go.send(()).unwrap();
        assert_eq!(hear.await.unwrap(), 1);
    });
}

#[test]
fn detached_task_runs_on() {
    run(async {
        let (go, wait) = oneshot::channel::<()>();
        let (say, hear) = oneshot::channel();
        let task = AsyncStdRuntime::spawn(async move {
            wait.await.unwrap();
            say.send(1).unwrap();
        });
        task.detach();
        let (say_too, hear_too) = oneshot::channel();
        AsyncStdRuntime::spawn_detach(async move { say_too.send(2).unwrap() });
        go.send(()).unwrap();
        assert_eq!((hear.await.unwrap(), hear_too.await.unwrap()), (1, 2));
    });
}

#[test]
fn aborted_task_is_dropped_and_does_not_go_on() {
    run(async {
        let (go, wait) = oneshot::channel::<()>();
        let (dropped, hear) = Dropped::new();
        let went_on = Arc::new(AtomicBool::new(false));
        let task = AsyncStdRuntime::spawn({
            let went_on = Arc::clone(&went_on);
            async move {
                let _dropped = dropped;
                let _ = wait.await;
                went_on.store(true, Ordering::SeqCst);
            }
        });
        task.abort();
        hear.await.unwrap();
        assert!(go.send(()).is_err(), "nobody waits any more");
        assert!(!went_on.load(Ordering::SeqCst));
    });
}

#[test]
fn task_that_aborts_after_its_end_has_no_effect() {
    run(async {
        let (say, hear) = oneshot::channel();
        let task = AsyncStdRuntime::spawn(async move { say.send(1).unwrap() });
        assert_eq!(hear.await.unwrap(), 1);
        task.abort();
    });
}

#[test]
fn panic_of_a_task_is_an_error_for_who_awaits_it_and_nobody_else() {
    run(async {
        let text = AsyncStdRuntime::spawn(async { panic!("as text") }).await.unwrap_err();
        assert_eq!(text.message(), "as text");
        assert_eq!(text.to_string(), "the task panicked: as text");
        let number = 5;
        let owned = AsyncStdRuntime::spawn(async move { panic!("number {number}") }).await.unwrap_err();
        assert_eq!(owned.message(), "number 5");
        assert_eq!(std::io::Error::from(owned).to_string(), "the task panicked: number 5");
        let other = AsyncStdRuntime::spawn(async { std::panic::panic_any(1) }).await.unwrap_err();
        assert_eq!(other.message(), "");
        let local = AsyncStdRuntime::spawn_local(async { panic!("local") }).await.unwrap_err();
        assert_eq!(local.message(), "local");
        let blocking = AsyncStdRuntime::spawn_blocking(|| panic!("blocking")).await.unwrap_err();
        assert_eq!(blocking.message(), "blocking");
        assert_eq!(AsyncStdRuntime::spawn(async { 1 }).await.unwrap(), 1);
    });
}

#[test]
fn local_task_stays_on_its_thread_and_needs_no_send() {
    run(async {
        let here = std::thread::current().id();
        let count = Rc::new(Cell::new(0));
        let (say, hear) = oneshot::channel();
        let first = AsyncStdRuntime::spawn_local({
            let count = Rc::clone(&count);
            async move {
                AsyncStdSpawner::yield_now_local().await;
                count.set(count.get() + 1);
                std::thread::current().id()
            }
        });
        AsyncStdRuntime::spawn_local({
            let count = Rc::clone(&count);
            async move {
                count.set(count.get() + 1);
                say.send(()).unwrap();
            }
        })
        .detach();
        assert_eq!(first.await.unwrap(), here);
        hear.await.unwrap();
        assert_eq!(count.get(), 2);
    });
}

#[test]
fn yielding_lets_others_have_their_turn() {
    run(async {
        let turn = Rc::new(Cell::new(false));
        AsyncStdRuntime::spawn_local_detach({
            let turn = Rc::clone(&turn);
            async move { turn.set(true) }
        });
        while !turn.get() {
            AsyncStdRuntime::yield_now().await;
        }
    });
}

#[test]
fn futures_can_be_blocked_on_within_each_other() {
    let inner = || AsyncStdRuntime::block_on(async { AsyncStdRuntime::spawn(async { 3 }).await.unwrap() });
    assert_eq!(run(async { inner() }), 3);
}
