//! A runtime of one's own: what memberlist asks of it, in terms of `agnostic`'s traits.
//!
//! Its own are the executor, the threads for blocking work, and `block_on` ([`threads`]). Timers and sockets are async-io's, by the types
//! that agnostic has for smol: they bring a thread of their own that waits for the system, and wake tasks on any executor.
//!
//! memberlist spawns, runs blocking work, sleeps, limits by time, yields, and opens sockets. The traits ask for more; where memberlist
//! never does, this runtime lends what smol has.

pub mod threads;

use memberlist::agnostic::smol::{
    AsyncIoDelay, AsyncIoInterval, AsyncIoSleep, AsyncIoTimeout, SmolRuntime, SmolSpawner,
};
use memberlist::agnostic::{self, AsyncBlockingSpawner, AsyncSpawner, Runtime, RuntimeLite, Yielder};
use std::time::{Duration, Instant};
use threads::Handle;

/// The runtime, and its spawner.
#[derive(Debug, Clone, Copy)]
pub struct OwnRuntime;

impl Runtime for OwnRuntime {
    type Net = agnostic::smol::net::Net;
    // The next two are asked for because this workspace builds every runtime and transport at once. With TCP alone, leave them out.
    type Process = agnostic::smol::process::AsyncProcess;
    type Quinn = agnostic::smol::quinn::SmolQuinnRuntime;

    fn quinn() -> Self::Quinn {
        agnostic::smol::quinn::SmolQuinnRuntime
    }
}

impl Yielder for OwnRuntime {
    async fn yield_now() {
        threads::yield_now().await;
    }

    async fn yield_now_local() {
        threads::yield_now().await;
    }
}

impl AsyncSpawner for OwnRuntime {
    type JoinHandle<T>
        = Handle<T>
    where
        T: Send + 'static;

    fn spawn<F>(future: F) -> Handle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        threads::spawn(future)
    }
}

impl AsyncBlockingSpawner for OwnRuntime {
    type JoinHandle<T>
        = Handle<T>
    where
        T: Send + 'static;

    fn spawn_blocking<F, T>(work: F) -> Handle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        threads::spawn_blocking(work)
    }
}

impl<T: Send + 'static> agnostic::JoinHandle<T> for Handle<T> {
    type JoinError = std::io::Error;

    fn abort(self) {
        Self::abort(&self);
    }
}

/// From here on it says which types it uses, and makes them.
impl RuntimeLite for OwnRuntime {
    type Spawner = Self;
    type BlockingSpawner = Self;
    // Nobody asks for these two.
    type LocalSpawner = SmolSpawner;
    type AfterSpawner = SmolSpawner;

    type Instant = Instant;
    type Sleep = AsyncIoSleep;
    type LocalSleep = AsyncIoSleep;
    type Interval = AsyncIoInterval;
    type LocalInterval = AsyncIoInterval;
    type Timeout<F>
        = AsyncIoTimeout<F>
    where
        F: Future + Send;
    type LocalTimeout<F>
        = AsyncIoTimeout<F>
    where
        F: Future;
    type Delay<F>
        = AsyncIoDelay<F>
    where
        F: Future + Send;
    type LocalDelay<F>
        = AsyncIoDelay<F>
    where
        F: Future;

    fn new() -> Self {
        Self
    }

    fn name() -> &'static str {
        "own"
    }

    fn fqname() -> &'static str {
        "own"
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        threads::block_on(future)
    }

    async fn yield_now() {
        threads::yield_now().await;
    }

    fn sleep(duration: Duration) -> Self::Sleep {
        SmolRuntime::sleep(duration)
    }

    fn sleep_until(instant: Instant) -> Self::Sleep {
        SmolRuntime::sleep_until(instant)
    }

    fn sleep_local(duration: Duration) -> Self::LocalSleep {
        SmolRuntime::sleep_local(duration)
    }

    fn sleep_local_until(instant: Instant) -> Self::LocalSleep {
        SmolRuntime::sleep_local_until(instant)
    }

    fn interval(period: Duration) -> Self::Interval {
        SmolRuntime::interval(period)
    }

    fn interval_at(start: Instant, period: Duration) -> Self::Interval {
        SmolRuntime::interval_at(start, period)
    }

    fn interval_local(period: Duration) -> Self::LocalInterval {
        SmolRuntime::interval_local(period)
    }

    fn interval_local_at(start: Instant, period: Duration) -> Self::LocalInterval {
        SmolRuntime::interval_local_at(start, period)
    }

    fn timeout<F: Future + Send>(duration: Duration, future: F) -> Self::Timeout<F> {
        SmolRuntime::timeout(duration, future)
    }

    fn timeout_at<F: Future + Send>(deadline: Instant, future: F) -> Self::Timeout<F> {
        SmolRuntime::timeout_at(deadline, future)
    }

    fn timeout_local<F: Future>(duration: Duration, future: F) -> Self::LocalTimeout<F> {
        SmolRuntime::timeout_local(duration, future)
    }

    fn timeout_local_at<F: Future>(deadline: Instant, future: F) -> Self::LocalTimeout<F> {
        SmolRuntime::timeout_local_at(deadline, future)
    }

    fn delay<F: Future + Send>(duration: Duration, future: F) -> Self::Delay<F> {
        SmolRuntime::delay(duration, future)
    }

    fn delay_at<F: Future + Send>(deadline: Instant, future: F) -> Self::Delay<F> {
        SmolRuntime::delay_at(deadline, future)
    }

    fn delay_local<F: Future>(duration: Duration, future: F) -> Self::LocalDelay<F> {
        SmolRuntime::delay_local(duration, future)
    }

    fn delay_local_at<F: Future>(deadline: Instant, future: F) -> Self::LocalDelay<F> {
        SmolRuntime::delay_local_at(deadline, future)
    }
}

#[cfg(test)]
mod tests;
