//! A socket that can be closed while others still hold it.
//!
//! A stream that an application keeps holds the connection, and that the socket. But the port must be free when the transport has been
//! shut down, whatever is still held.

use crate::guard::Guard;
use memberlist_sockets::lock;
use quinn::udp::{RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, UdpPoller};
use std::fmt;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::task::{Context, Poll};

/// The socket until it is closed, and nothing after that: what is sent is lost, and nothing comes.
pub(crate) struct Gate {
    socket: RwLock<Option<Arc<dyn AsyncUdpSocket>>>,
    /// They hold the socket too.
    pollers: Mutex<Vec<Weak<Inner>>>,
    local: SocketAddr,
    guard: Arc<Guard>,
}

struct Inner {
    poller: Mutex<Option<Pin<Box<dyn UdpPoller>>>>,
    /// Something waits until the socket takes it: on some runtimes each datagram does, for a moment.
    waiting: AtomicBool,
}

impl Gate {
    pub(crate) fn new(socket: Arc<dyn AsyncUdpSocket>, guard: Arc<Guard>) -> io::Result<Arc<Self>> {
        let local = socket.local_addr()?;
        Ok(Arc::new(Self { socket: RwLock::new(Some(socket)), pollers: Mutex::default(), local, guard }))
    }

    pub(crate) fn close(&self) {
        let socket = self.socket.write().unwrap_or_else(PoisonError::into_inner).take();
        for poller in lock(&self.pollers).drain(..) {
            if let Some(poller) = poller.upgrade() {
                lock(&poller.poller).take();
            }
        }
        drop(socket);
    }

    /// Whether something waits to be sent.
    pub(crate) fn is_sending(&self) -> bool {
        let pollers = lock(&self.pollers);
        pollers.iter().filter_map(Weak::upgrade).any(|poller| poller.waiting.load(Ordering::Relaxed))
    }

    fn with<T>(&self, otherwise: T, work: impl FnOnce(&Arc<dyn AsyncUdpSocket>) -> T) -> T {
        match &*self.socket.read().unwrap_or_else(PoisonError::into_inner) {
            Some(socket) => work(socket),
            None => otherwise,
        }
    }
}

impl AsyncUdpSocket for Gate {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        let mut pollers = lock(&self.pollers);
        let inner = self.with(None, |socket| Some(Arc::clone(socket).create_io_poller()));
        let inner = Arc::new(Inner { poller: Mutex::new(inner), waiting: AtomicBool::new(false) });
        // Amortised: it is looked through when it would have to grow.
        if pollers.len() == pollers.capacity() {
            pollers.retain(|poller| poller.strong_count() > 0);
        }
        pollers.push(Arc::downgrade(&inner));
        Box::pin(GatePoller(inner))
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.with(Ok(()), |socket| socket.try_send(transmit))
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let received = self.with(Poll::Pending, |socket| socket.poll_recv(cx, bufs, meta));
        if let Poll::Ready(Ok(count)) = received {
            self.guard.sift(meta.get_mut(..count).unwrap_or_default());
        }
        received
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    fn max_transmit_segments(&self) -> usize {
        self.with(1, |socket| socket.max_transmit_segments())
    }

    fn max_receive_segments(&self) -> usize {
        self.with(1, |socket| socket.max_receive_segments())
    }

    fn may_fragment(&self) -> bool {
        self.with(true, |socket| socket.may_fragment())
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("local", &self.local).finish_non_exhaustive()
    }
}

struct GatePoller(Arc<Inner>);

impl UdpPoller for GatePoller {
    fn poll_writable(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let writable = match &mut *lock(&self.0.poller) {
            Some(poller) => poller.as_mut().poll_writable(cx),
            None => Poll::Ready(Ok(())),
        };
        self.0.waiting.store(writable.is_pending(), Ordering::Relaxed);
        writable
    }
}

impl fmt::Debug for GatePoller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GatePoller")
    }
}
