//! What agnostic's traits promise, kept on async-std.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod after;
mod blocking;
mod sockets;
mod tasks;
mod time;

use agnostic::RuntimeLite;
use memberlist_async_std::AsyncStdRuntime;
use std::future::Future;
use std::time::Duration;

/// Nothing waits for it when all is well.
const DEADLINE: Duration = Duration::from_secs(60);
/// A time that does not come while a test runs.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);
/// Long enough to be measured.
const SHORT: Duration = Duration::from_millis(30);

/// Runs the test on async-std, to its deadline at most.
fn run<T>(test: impl Future<Output = T>) -> T {
    AsyncStdRuntime::block_on(within(test))
}

async fn within<T>(what: impl Future<Output = T>) -> T {
    AsyncStdRuntime::timeout_local(DEADLINE, what).await.expect("nothing happened before the deadline")
}

/// Tells when it is dropped.
struct Dropped(Option<futures_channel::oneshot::Sender<()>>);

impl Dropped {
    fn new() -> (Self, futures_channel::oneshot::Receiver<()>) {
        let (sender, receiver) = futures_channel::oneshot::channel();
        (Self(Some(sender)), receiver)
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        if let Some(sender) = self.0.take() {
            let _ = sender.send(());
        }
    }
}

#[test]
fn runtime_is_known_by_its_name() {
    assert_eq!(AsyncStdRuntime::new().to_string(), "async-std");
    assert_eq!((AsyncStdRuntime::name(), AsyncStdRuntime::fqname()), ("async-std", "async-std"));
}
