use crate::gate::Gate;
use memberlist_sockets::Lifecycle;
use quinn::{AsyncTimer, AsyncUdpSocket, Runtime};
use std::fmt;
use std::future::Future;
use std::io;
use std::net::UdpSocket;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What the tasks of the QUIC implementation work with: closed when the last of them has ended.
pub(crate) struct Gates(pub(crate) Vec<Arc<Gate>>);

impl Gates {
    /// Waits until all that the connections have said has left, but not for long.
    pub(crate) async fn flush<R: agnostic::Runtime>(&self) {
        let mut calm = 0;
        for _ in 0..100 {
            // Twice: what has been found writable is only just being written.
            calm = if self.0.iter().any(|gate| gate.is_sending()) { 0 } else { calm + 1 };
            if calm == 2 {
                return;
            }
            R::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Drop for Gates {
    fn drop(&mut self) {
        for gate in &self.0 {
            gate.close();
        }
    }
}

/// The runtime as the QUIC implementation knows it, whose tasks end with the transport: by themselves they would live until every
/// connection has drained, and every stream that is still held has been dropped.
pub(crate) struct Spawner<Q> {
    pub(crate) runtime: Q,
    pub(crate) lifecycle: Arc<Lifecycle<Gates>>,
}

impl<Q: Runtime> Runtime for Spawner<Q> {
    fn new_timer(&self, at: Instant) -> Pin<Box<dyn AsyncTimer>> {
        self.runtime.new_timer(at)
    }

    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send>>) {
        let Some(held) = self.lifecycle.enter() else { return };
        let ending = self.lifecycle.closing();
        self.runtime.spawn(Box::pin(async move {
            // Declared first, dropped last: the end is reported when the task is gone.
            let _held = held;
            ending.or(task).await;
        }));
    }

    fn wrap_udp_socket(&self, socket: UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        self.runtime.wrap_udp_socket(socket)
    }

    fn now(&self) -> Instant {
        self.runtime.now()
    }
}

impl<Q> fmt::Debug for Spawner<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spawner")
    }
}
