use crate::{NEVER, SHORT, run};
use agnostic::RuntimeLite;
use agnostic::time::{AsyncDelay, AsyncLocalInterval, AsyncLocalSleep};
use futures_util::StreamExt;
use memberlist_async_std::AsyncStdRuntime;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

#[test]
fn sleep_ends_at_its_time_and_not_before() {
    run(async {
        let begin = AsyncStdRuntime::now();
        let end = AsyncStdRuntime::sleep(SHORT).await;
        assert!(end >= begin + SHORT && begin.elapsed() >= SHORT);
        AsyncStdRuntime::sleep_local(SHORT).await;
        assert!(begin.elapsed() >= SHORT * 2);
        AsyncStdRuntime::sleep_until(begin + SHORT * 3).await;
        assert!(begin.elapsed() >= SHORT * 3);
        AsyncStdRuntime::sleep_local_until(begin + SHORT * 4).await;
        assert!(begin.elapsed() >= SHORT * 4);
        // What is past is at once.
        AsyncStdRuntime::sleep_until(begin).await;
    });
}

#[test]
fn sleep_that_is_reset_ends_at_its_new_time() {
    run(async {
        let begin = Instant::now();
        let mut sleep = AsyncStdRuntime::sleep(NEVER);
        Pin::new(&mut sleep).reset(begin + SHORT);
        sleep.await;
        assert!(begin.elapsed() >= SHORT);
    });
}

#[test]
fn longest_sleep_does_not_overflow() {
    run(async {
        let longest = AsyncStdRuntime::sleep(Duration::MAX);
        assert!(AsyncStdRuntime::timeout(Duration::ZERO, longest).await.is_err());
    });
}

#[test]
fn timeout_ends_what_takes_too_long_and_nothing_else() {
    run(async {
        let begin = Instant::now();
        assert!(AsyncStdRuntime::timeout(SHORT, pending::<()>()).await.is_err());
        assert!(begin.elapsed() >= SHORT);
        assert!(AsyncStdRuntime::timeout_at(begin + SHORT * 2, pending::<()>()).await.is_err());
        assert!(begin.elapsed() >= SHORT * 2);
        assert!(matches!(AsyncStdRuntime::timeout(NEVER, async { 1 }).await, Ok(1)));
        assert!(matches!(AsyncStdRuntime::timeout_at(begin + NEVER, async { 2 }).await, Ok(2)));
        // What is ready wins over a time that has passed.
        assert!(matches!(AsyncStdRuntime::timeout_at(begin, async { 3 }).await, Ok(3)));
        let local = Rc::new(4);
        let four = AsyncStdRuntime::timeout_local(NEVER, async { *local }).await;
        assert!(matches!(four, Ok(4)));
        let elapsed = AsyncStdRuntime::timeout_local_at(begin, pending::<()>()).await.unwrap_err();
        assert_eq!(std::io::Error::from(elapsed).kind(), std::io::ErrorKind::TimedOut);
    });
}

#[test]
fn interval_ticks_no_earlier_than_its_period() {
    run(async {
        let begin = Instant::now();
        let mut interval = AsyncStdRuntime::interval(SHORT);
        for tick in 1..=3 {
            assert!(interval.next().await.unwrap() >= begin + SHORT * tick);
        }
        let begin = Instant::now();
        let mut interval = AsyncStdRuntime::interval_at(begin, SHORT);
        assert!(interval.next().await.unwrap() >= begin);
        assert!(interval.next().await.unwrap() >= begin + SHORT);
        let begin = Instant::now();
        let mut interval = AsyncStdRuntime::interval_local(NEVER);
        AsyncLocalInterval::reset(&mut interval, SHORT);
        let tick = poll_fn(|cx| AsyncLocalInterval::poll_tick(&mut interval, cx)).await;
        assert!(tick >= begin + SHORT);
        let begin = Instant::now();
        let mut interval = AsyncStdRuntime::interval_local_at(begin + SHORT, NEVER);
        assert!(interval.next().await.unwrap() >= begin + SHORT);
    });
}

#[test]
fn delayed_future_begins_after_its_delay_unless_aborted() {
    run(async {
        let begin = Instant::now();
        let began = AsyncStdRuntime::delay(SHORT, async { Instant::now() }).await.unwrap();
        assert!(began >= begin + SHORT);
        let began = AsyncStdRuntime::delay_at(begin + SHORT * 2, async { Instant::now() }).await.unwrap();
        assert!(began >= begin + SHORT * 2);
        let local = Rc::new(1);
        assert_eq!(AsyncStdRuntime::delay_local(Duration::ZERO, async { *local }).await.unwrap(), 1);
        assert_eq!(AsyncStdRuntime::delay_local_at(begin, async { *local }).await.unwrap(), 1);
        let aborted = AsyncStdRuntime::delay(NEVER, async {});
        AsyncDelay::abort(&aborted);
        assert!(aborted.await.is_err());
        let early = AsyncStdRuntime::delay(NEVER, async { 1 });
        AsyncDelay::cancel(&early);
        assert_eq!(early.await.unwrap(), 1);
    });
}
