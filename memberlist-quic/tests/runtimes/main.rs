//! W-52, W-55: the same transport on each runtime, alone and under a cluster; what `tests/quic` shows in full on tokio, in brief.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod cluster;
mod transport;

use agnostic::Runtime;
use agnostic::smol::SmolRuntime;
use agnostic::tokio::TokioRuntime;
use memberlist_async_std::AsyncStdRuntime;
use memberlist_quic::{HostResolver, QuicOptions, QuicTransport};
use memberlist_tls::self_signed::{Authority, Identity};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

type Quic<R> = QuicTransport<HostResolver<R>, R>;

/// Generous: the machine may be loaded; nothing waits for it when all is well.
const DEADLINE: Duration = Duration::from_secs(60);

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn identity(name: &str, address: SocketAddr) -> Identity {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| Authority::new().unwrap()).identity(name, &[address.ip()]).unwrap()
}

async fn bind_as<R: Runtime>(name: &str, address: SocketAddr) -> Quic<R> {
    let tls = identity(name, address).tls_options().unwrap();
    Quic::bind(HostResolver::default(), QuicOptions::new().with_bind(address), tls).await.unwrap()
}

async fn within<R: Runtime, T: Send>(what: impl Future<Output = T> + Send) -> T {
    R::timeout(DEADLINE, what).await.expect("nothing happened before the deadline")
}

async fn until<R: Runtime>(mut condition: impl FnMut() -> bool + Send) {
    within::<R, _>(async {
        while !condition() {
            R::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

fn on_tokio(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(test);
}

/// Each of these tests, on each runtime. The last number of its addresses is the runtime's own.
macro_rules! on_each_runtime {
    ($($module:ident::$test:ident,)*) => {
        mod on_tokio {
            $(#[test] fn $test() { super::on_tokio(super::$module::$test::<super::TokioRuntime>(1)); })*
        }
        mod on_smol {
            use agnostic::RuntimeLite;
            $(#[test] fn $test() { super::SmolRuntime::block_on(super::$module::$test::<super::SmolRuntime>(2)); })*
        }
        mod on_async_std {
            use agnostic::RuntimeLite;
            $(#[test] fn $test() { super::AsyncStdRuntime::block_on(super::$module::$test::<super::AsyncStdRuntime>(3)); })*
        }
    };
}

on_each_runtime! {
    transport::packets_and_streams_travel_both_ways,
    transport::end_closes_everything_and_the_port_is_free_at_once,
    transport::dropped_transport_frees_its_port,
    transport::idle_connections_are_closed_and_opened_again,
    cluster::nodes_join_fail_rejoin_and_leave,
    cluster::nodes_are_who_their_certificates_say,
}
