use super::MemoryNetwork;
use crate::sync::lock;
use futures_util::io::{AsyncRead, AsyncWrite};
use std::{
    collections::VecDeque,
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

/// Bytes that one direction holds before the writer has to wait.
const CAPACITY: usize = 64 << 10;

/// One end of a stream on a [`MemoryNetwork`]. Dropping it closes both directions.
pub struct MemoryStream {
    incoming: Arc<Mutex<Pipe>>,
    outgoing: Arc<Mutex<Pipe>>,
    network: MemoryNetwork,
    ends: (SocketAddr, SocketAddr),
}

#[derive(Default)]
struct Pipe {
    bytes: VecDeque<u8>,
    /// The writer is done, or gone.
    ended: bool,
    /// The reader is gone.
    abandoned: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Pipe {
    fn wake_reader(&mut self) {
        if let Some(waker) = self.reader.take() {
            waker.wake();
        }
    }

    fn wake_writer(&mut self) {
        if let Some(waker) = self.writer.take() {
            waker.wake();
        }
    }
}

impl MemoryStream {
    /// Both ends of a new stream.
    pub(super) fn pair(network: &MemoryNetwork, from: SocketAddr, to: SocketAddr) -> (Self, Self) {
        let (there, back) = (Arc::<Mutex<Pipe>>::default(), Arc::<Mutex<Pipe>>::default());
        let end = |incoming: &Arc<Mutex<Pipe>>, outgoing: &Arc<Mutex<Pipe>>, ends| Self {
            incoming: Arc::clone(incoming),
            outgoing: Arc::clone(outgoing),
            network: network.clone(),
            ends,
        };
        (end(&back, &there, (from, to)), end(&there, &back, (to, from)))
    }

    fn check(&self) -> io::Result<()> {
        let (from, to) = self.ends;
        if self.network.is_cut(from, to) || self.network.is_cut(to, from) {
            Err(io::Error::new(io::ErrorKind::ConnectionReset, "the network is cut"))
        } else {
            Ok(())
        }
    }
}

impl AsyncRead for MemoryStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        let mut pipe = lock(&self.incoming);
        if pipe.bytes.is_empty() {
            if pipe.ended {
                return Poll::Ready(Ok(0));
            }
            pipe.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let read = io::Read::read(&mut pipe.bytes, buf)?;
        pipe.wake_writer();
        Poll::Ready(Ok(read))
    }
}

impl AsyncWrite for MemoryStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        let mut pipe = lock(&self.outgoing);
        if pipe.abandoned || pipe.ended {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let room = CAPACITY.saturating_sub(pipe.bytes.len()).min(buf.len());
        if room == 0 && !buf.is_empty() {
            pipe.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        pipe.bytes.extend(buf.iter().take(room));
        pipe.wake_reader();
        Poll::Ready(Ok(room))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut pipe = lock(&self.outgoing);
        pipe.ended = true;
        pipe.wake_reader();
        Poll::Ready(Ok(()))
    }
}

impl Drop for MemoryStream {
    fn drop(&mut self) {
        {
            let mut pipe = lock(&self.outgoing);
            pipe.ended = true;
            pipe.wake_reader();
        }
        let mut pipe = lock(&self.incoming);
        pipe.abandoned = true;
        pipe.bytes = VecDeque::new();
        pipe.wake_writer();
    }
}

impl fmt::Debug for MemoryStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStream").field("from", &self.ends.0).field("to", &self.ends.1).finish()
    }
}
