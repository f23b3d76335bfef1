use super::{Acceptor, accept_connections};
use crate::NetOptions;
use crate::shared::Shared;
use crate::sockets::Stream;
use agnostic::tokio::TokioRuntime;
use memberlist_sockets::Lifecycle;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

struct Failing(Arc<AtomicUsize>);

impl Acceptor<Stream<TokioRuntime>> for Failing {
    async fn accept(&self) -> io::Result<(Stream<TokioRuntime>, SocketAddr)> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(io::Error::from_raw_os_error(24))
    }
}

/// 9.4 TestTransport_TcpListenBackoff: 9 to 13 attempts in four seconds, and the end comes at once although it waits. (Time is the
/// test's own.)
#[tokio::test(start_paused = true)]
async fn failing_accept_backs_off_and_still_stops_at_once() {
    let shared = Shared::new(NetOptions::new(), "127.0.0.1:1".parse().unwrap());
    let lifecycle = Lifecycle::new(());
    let attempts = Arc::new(AtomicUsize::new(0));
    let task = tokio::spawn(accept_connections::<TokioRuntime, _>(
        Failing(Arc::clone(&attempts)),
        Arc::clone(&shared),
        lifecycle.closing(),
        |_, _, _| {},
    ));
    tokio::time::sleep(Duration::from_secs(4)).await;
    let seen = attempts.load(Ordering::Relaxed);
    assert!((9..=13).contains(&seen), "{seen}");
    assert!(shared.stats().accept_errors >= 9);

    let before = tokio::time::Instant::now();
    lifecycle.close();
    task.await.unwrap();
    assert!(before.elapsed() < Duration::from_millis(100));
}
