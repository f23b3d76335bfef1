use agnostic::{Runtime, smol::SmolRuntime, tokio::TokioRuntime};
use memberlist_async_std::AsyncStdRuntime;
use std::{
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicU16, Ordering},
};

/// Runs tests on a runtime; only tokio wants one to be made first.
pub(crate) trait Runs: Runtime {
    fn run<T>(test: impl Future<Output = T>) -> T {
        Self::block_on(test)
    }
}

impl Runs for SmolRuntime {}

impl Runs for AsyncStdRuntime {}

impl Runs for TokioRuntime {
    fn run<T>(test: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.unwrap().block_on(test)
    }
}

/// A free port of a loopback address that nobody else in this process uses, so that nobody takes the port when it is given back.
fn own_loopback() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(1);
    let [high, low] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    (Ipv4Addr::new(127, 90, high, low), 0).into()
}

/// A port of 127.0.0.1 outside the range from which the system picks free ones: for transports that are known by the address that
/// their connections come from, which on the loopback is always this one.
fn own_port() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add((std::process::id() % 12_000) as u16);
    (Ipv4Addr::LOCALHOST, 20_000 + number % 12_000).into()
}

/// Binds where it is told, or else at an address of its own; with `one_host`, at a port of 127.0.0.1.
pub(crate) async fn bind_fresh<T, E>(
    at: Option<&SocketAddr>,
    one_host: bool,
    bind: impl AsyncFn(SocketAddr) -> Result<T, E>,
) -> Result<T, E> {
    let Some(at) = at else {
        if !one_host {
            return bind(own_loopback()).await;
        }
        // Another process may have the port.
        for _ in 0..100 {
            if let Ok(bound) = bind(own_port()).await {
                return Ok(bound);
            }
        }
        return bind(own_port()).await;
    };
    bind(*at).await
}

/// Makes the suite's tests on each runtime. The fixture is an expression that names the runtime `R`.
macro_rules! on_each_runtime {
    ($fixture:expr) => {
        mod on_tokio {
            use super::*;
            type R = agnostic::tokio::TokioRuntime;
            memberlist_conformance::conformance_tests!($fixture);
        }

        mod on_smol {
            use super::*;
            type R = agnostic::smol::SmolRuntime;
            memberlist_conformance::conformance_tests!($fixture);
        }

        mod on_async_std {
            use super::*;
            type R = memberlist_async_std::AsyncStdRuntime;
            memberlist_conformance::conformance_tests!($fixture);
        }
    };
}
pub(crate) use on_each_runtime;
