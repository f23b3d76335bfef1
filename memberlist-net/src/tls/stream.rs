use super::explain::{explain, of_rustls};
use super::gather::Gather;
use crate::layer::LateFailure;
use futures_rustls::TlsStream as Inner;
use futures_util::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use rustls::pki_types::CertificateDer;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A stream over TLS, on the TCP stream `S`.
///
/// Errors that come of TLS have a [`HandshakeFailure`](memberlist_tls::HandshakeFailure) inside. Dropping it cuts the connection;
/// [`close`](futures_util::io::AsyncWriteExt::close) ends it in order.
pub struct TlsStream<S> {
    inner: Inner<Gather<S>>,
    /// The first byte, which was looked at before anybody read.
    first: Option<u8>,
    /// Outbound, until the peer has said something: it may yet refuse our certificate.
    unconfirmed: Option<LateFailure>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream<S> {
    pub(super) fn accepted(inner: futures_rustls::server::TlsStream<Gather<S>>) -> Self {
        Self { inner: inner.into(), first: None, unconfirmed: None }
    }

    pub(super) fn connected(inner: futures_rustls::client::TlsStream<Gather<S>>, late: LateFailure) -> Self {
        Self { inner: inner.into(), first: None, unconfirmed: Some(late) }
    }

    /// What the peer showed, its own certificate first. `None` only if anonymous clients are let in and this is one.
    #[must_use]
    pub fn peer_certificates(&self) -> Option<&[CertificateDer<'static>]> {
        self.inner.get_ref().1.peer_certificates()
    }

    pub(super) async fn first_byte(&mut self) -> io::Result<Option<u8>> {
        let mut first = [0];
        let read = self.read(&mut first).await?;
        self.first = first.get(..read).and_then(<[u8]>::first).copied();
        Ok(self.first)
    }

    /// An error as it is handed on.
    fn failed(&mut self, error: io::Error) -> io::Error {
        let late = self.unconfirmed.take();
        if of_rustls(&error).is_none() {
            return error;
        }
        let error = explain(error);
        if let Some(late) = late {
            late(&error);
        }
        error
    }

    /// A write that failed: a peer that refuses us has said why before it closed, and that tells more than that it closed.
    fn write_failed(&mut self, cx: &mut Context<'_>, error: io::Error) -> io::Error {
        if self.unconfirmed.is_some() && self.first.is_none() {
            let mut first = [0];
            match Pin::new(&mut self.inner).poll_read(cx, &mut first) {
                Poll::Ready(Ok(1)) => self.first = first.first().copied(),
                Poll::Ready(Err(reason)) if of_rustls(&reason).is_some() => return self.failed(reason),
                _ => {}
            }
        }
        self.failed(error)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for TlsStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let (Some(first), Some(place)) = (this.first, buf.first_mut()) {
            *place = first;
            this.first = None;
            return Poll::Ready(Ok(1));
        }
        match Pin::new(&mut this.inner).poll_read(cx, buf) {
            Poll::Ready(Ok(read)) => {
                this.unconfirmed = None;
                Poll::Ready(Ok(read))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(this.failed(error))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TlsStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        Pin::new(&mut this.inner).poll_write(cx, buf).map_err(|error| this.write_failed(cx, error))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        Pin::new(&mut this.inner).poll_write_vectored(cx, bufs).map_err(|error| this.write_failed(cx, error))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        Pin::new(&mut this.inner).poll_flush(cx).map_err(|error| this.write_failed(cx, error))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        Pin::new(&mut this.inner).poll_close(cx).map_err(|error| this.write_failed(cx, error))
    }
}

impl<S> fmt::Debug for TlsStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream").finish_non_exhaustive()
    }
}
