use crate::link::{Acknowledged, Link, Note};
use futures_util::io::{AsyncRead, AsyncWrite};
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A stream of a QUIC connection.
///
/// Closing marks the end of what is written; dropping closes too, and gives up reading. What was written before still arrives, as long
/// as the connection lives: a shutdown waits for it, but not for long ([`QuicOptions::close_timeout`](crate::QuicOptions::close_timeout)).
/// After a shutdown it gives errors, and holds no socket.
pub struct QuicStream {
    send: quinn::SendStream,
    recv: quinn::RecvStream,
    /// Comes when the peer wants no more, or has acknowledged all.
    ended: Option<Pin<Box<Acknowledged>>>,
    link: Arc<Link>,
}

impl QuicStream {
    pub(crate) fn new((send, recv): (quinn::SendStream, quinn::RecvStream), link: Arc<Link>) -> Self {
        link.stream_opened();
        Self { ended: Some(Box::pin(send.stopped())), send, recv, link }
    }

    /// Refuses a stream that the peer opened.
    pub(crate) fn refuse(mut self) {
        let _ = self.send.reset(0u32.into());
        let _ = self.recv.stop(0u32.into());
    }
}

impl AsyncRead for QuicStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.recv.poll_read(cx, buf).map_err(io::Error::from)
    }
}

impl AsyncWrite for QuicStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let before = self.link.before();
        if let Poll::Ready(written) = Pin::new(&mut self.send).poll_write(cx, buf) {
            if written.is_ok() {
                self.link.watch(before, None);
            }
            return Poll::Ready(written.map_err(io::Error::from));
        }
        // A writer that is blocked is not told by itself that the peer wants no more.
        let Some(ended) = &mut self.ended else {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        };
        if let Poll::Ready(outcome) = ended.as_mut().poll(cx) {
            self.ended = None;
            // What nobody wants must not block other streams either.
            let _ = self.send.reset(0u32.into());
            return Poll::Ready(Err(match outcome {
                Ok(_) => io::ErrorKind::ConnectionReset.into(),
                Err(lost) => lost.into(),
            }));
        }
        Poll::Pending
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // What was written is on its way.
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // To close twice is no error.
        let _ = self.send.finish();
        Poll::Ready(match self.link.connection.close_reason() {
            Some(lost) => Err(lost.into()),
            None => Ok(()),
        })
    }
}

impl Drop for QuicStream {
    fn drop(&mut self) {
        let _ = self.recv.stop(0u32.into());
        let _ = self.send.finish();
        if let Some(ended) = self.ended.take() {
            self.link.note(Note::Linger(ended));
        }
        self.link.stream_dropped();
    }
}

impl fmt::Debug for QuicStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuicStream").field("peer", &self.link.address).finish_non_exhaustive()
    }
}
