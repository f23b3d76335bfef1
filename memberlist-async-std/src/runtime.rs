use crate::AsyncStdSpawner;
use agnostic_lite::RuntimeLite;
use agnostic_lite::async_io::{AsyncIoDelay, AsyncIoInterval, AsyncIoSleep, AsyncIoTimeout};
use agnostic_lite::time::{
    AsyncDelayExt, AsyncIntervalExt, AsyncLocalDelayExt, AsyncLocalIntervalExt, AsyncLocalSleepExt,
    AsyncLocalTimeout, AsyncSleepExt, AsyncTimeout,
};
use async_std::task;
use std::future::Future;
use std::time::{Duration, Instant};

/// The async-std runtime.
///
/// Names a runtime and holds nothing: async-std's executor is one for the whole process, and starts by itself.
#[derive(Debug, Clone, Copy)]
pub struct AsyncStdRuntime;

impl std::fmt::Display for AsyncStdRuntime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(Self::name())
    }
}

impl agnostic::Runtime for AsyncStdRuntime {
    /// Sockets on async-io's reactor, which is async-std's too. async-std's own types can't be polled for packets, hence smol's; smol's
    /// executor has no part in it, and names are resolved on the pool that async-std uses.
    type Net = agnostic::smol::net::Net;
    type Process = agnostic::smol::process::AsyncProcess;
    #[cfg(feature = "quinn")]
    type Quinn = quinn::AsyncStdRuntime;

    #[cfg(feature = "quinn")]
    fn quinn() -> Self::Quinn {
        quinn::AsyncStdRuntime
    }
}

impl RuntimeLite for AsyncStdRuntime {
    type Spawner = AsyncStdSpawner;
    type LocalSpawner = AsyncStdSpawner;
    type BlockingSpawner = AsyncStdSpawner;
    type AfterSpawner = AsyncStdSpawner;
    type Instant = Instant;
    type Interval = AsyncIoInterval;
    type LocalInterval = AsyncIoInterval;
    type Sleep = AsyncIoSleep;
    type LocalSleep = AsyncIoSleep;
    type Delay<F>
        = AsyncIoDelay<F>
    where
        F: Future + Send;
    type LocalDelay<F>
        = AsyncIoDelay<F>
    where
        F: Future;
    type Timeout<F>
        = AsyncIoTimeout<F>
    where
        F: Future + Send;
    type LocalTimeout<F>
        = AsyncIoTimeout<F>
    where
        F: Future;

    fn new() -> Self {
        Self
    }

    fn name() -> &'static str {
        "async-std"
    }

    fn fqname() -> &'static str {
        "async-std"
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        task::block_on(future)
    }

    async fn yield_now() {
        task::yield_now().await;
    }

    fn interval(period: Duration) -> Self::Interval {
        AsyncIntervalExt::interval(period)
    }

    fn interval_at(start: Instant, period: Duration) -> Self::Interval {
        AsyncIntervalExt::interval_at(start, period)
    }

    fn interval_local(period: Duration) -> Self::LocalInterval {
        AsyncLocalIntervalExt::interval_local(period)
    }

    fn interval_local_at(start: Instant, period: Duration) -> Self::LocalInterval {
        AsyncLocalIntervalExt::interval_local_at(start, period)
    }

    fn sleep(duration: Duration) -> Self::Sleep {
        AsyncSleepExt::sleep(duration)
    }

    fn sleep_until(instant: Instant) -> Self::Sleep {
        AsyncSleepExt::sleep_until(instant)
    }

    fn sleep_local(duration: Duration) -> Self::LocalSleep {
        AsyncLocalSleepExt::sleep_local(duration)
    }

    fn sleep_local_until(instant: Instant) -> Self::LocalSleep {
        AsyncLocalSleepExt::sleep_local_until(instant)
    }

    fn delay<F: Future + Send>(duration: Duration, future: F) -> Self::Delay<F> {
        AsyncDelayExt::delay(duration, future)
    }

    fn delay_local<F: Future>(duration: Duration, future: F) -> Self::LocalDelay<F> {
        AsyncLocalDelayExt::delay(duration, future)
    }

    fn delay_at<F: Future + Send>(deadline: Instant, future: F) -> Self::Delay<F> {
        AsyncDelayExt::delay_at(deadline, future)
    }

    fn delay_local_at<F: Future>(deadline: Instant, future: F) -> Self::LocalDelay<F> {
        AsyncLocalDelayExt::delay_at(deadline, future)
    }

    fn timeout<F: Future + Send>(duration: Duration, future: F) -> Self::Timeout<F> {
        AsyncTimeout::timeout(duration, future)
    }

    fn timeout_at<F: Future + Send>(deadline: Instant, future: F) -> Self::Timeout<F> {
        AsyncTimeout::timeout_at(deadline, future)
    }

    fn timeout_local<F: Future>(duration: Duration, future: F) -> Self::LocalTimeout<F> {
        AsyncLocalTimeout::timeout_local(duration, future)
    }

    fn timeout_local_at<F: Future>(deadline: Instant, future: F) -> Self::LocalTimeout<F> {
        AsyncLocalTimeout::timeout_local_at(deadline, future)
    }
}
