use futures_util::io::{AsyncRead, AsyncWrite};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A stream that writes several small buffers as one, where the runtimes' streams write the first alone. Apart from the calls that
/// saves, it matters for what is said last: of an alert behind other records, which is tried to be sent once, nothing would leave.
///
/// And it knows whether the peer has ever said anything.
pub(super) struct Gather<S> {
    inner: S,
    heard: bool,
}

/// More than the records that end a handshake. Longer ones are written as they are.
const SMALL: usize = 2 * 1024;

impl<S> Gather<S> {
    pub(super) const fn new(inner: S) -> Self {
        Self { inner, heard: false }
    }

    pub(super) fn into_inner(self) -> S {
        self.inner
    }

    /// Whether at least a byte has come.
    pub(super) const fn has_heard(&self) -> bool {
        self.heard
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gather<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let read = Pin::new(&mut this.inner).poll_read(cx, buf);
        this.heard |= matches!(read, Poll::Ready(Ok(1..)));
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gather<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let inner = Pin::new(&mut self.get_mut().inner);
        let mut gathered = [0; SMALL];
        let mut len = 0;
        for buf in bufs {
            let Some(place) = gathered.get_mut(len..len + buf.len()) else { break };
            place.copy_from_slice(buf);
            len += buf.len();
        }
        match gathered.get(..len) {
            Some(small) if len > 0 => inner.poll_write(cx, small),
            _ => match bufs.iter().find(|buf| !buf.is_empty()) {
                Some(first) => inner.poll_write(cx, first),
                None => Poll::Ready(Ok(0)),
            },
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_close(cx)
    }
}
