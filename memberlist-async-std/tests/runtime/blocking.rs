use crate::run;
use agnostic::RuntimeLite;
use futures_channel::oneshot;
use futures_util::future::join_all;
use memberlist_async_std::AsyncStdRuntime;
use std::sync::mpsc;

#[test]
fn blocking_work_keeps_no_task_from_running() {
    run(async {
        // More than there are threads for tasks.
        let mut held = Vec::new();
        let mut works = Vec::new();
        for number in 0..32 {
            let (go, wait) = mpsc::channel::<()>();
            held.push(go);
            works.push(AsyncStdRuntime::spawn_blocking(move || {
                wait.recv().unwrap();
                number
            }));
        }
        assert_eq!(AsyncStdRuntime::spawn(async { 1 }).await.unwrap(), 1);
        for go in held {
            go.send(()).unwrap();
        }
        let done: Result<Vec<_>, _> = join_all(works).await.into_iter().collect();
        assert_eq!(done.unwrap(), (0..32).collect::<Vec<_>>());
    });
}

#[test]
fn blocking_work_that_has_begun_runs_to_its_end_without_its_handle() {
    run(async {
        for abort in [false, true] {
            let (begun, began) = oneshot::channel();
            let (go, wait) = mpsc::channel::<()>();
            let (say, hear) = oneshot::channel();
            let work = AsyncStdRuntime::spawn_blocking(move || {
                begun.send(()).unwrap();
                wait.recv().unwrap();
                say.send(()).unwrap();
            });
            began.await.unwrap();
            if abort {
                work.abort();
            } else {
                drop(work);
            }
            go.send(()).unwrap();
            hear.await.unwrap();
        }
    });
}

#[test]
fn detached_blocking_work_runs() {
    run(async {
        let (say, hear) = oneshot::channel();
        AsyncStdRuntime::spawn_blocking_detach(move || say.send(1).unwrap());
        assert_eq!(hear.await.unwrap(), 1);
    });
}
