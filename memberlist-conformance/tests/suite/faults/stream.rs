use super::Fault;
use futures_util::{AsyncRead, AsyncWrite, ready};
use memberlist_core::memory::MemoryStream;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::sync::OwnedSemaphorePermit;

/// A stream with a fault.
pub(super) struct BrokenStream {
    /// Always there, until it is dropped.
    inner: Option<MemoryStream>,
    fault: Fault,
    written: usize,
    closed: bool,
    /// What was taken and not passed on.
    held: Vec<u8>,
    /// What was looked at ahead.
    ahead: Option<u8>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl BrokenStream {
    pub(super) fn new(inner: MemoryStream, fault: Fault, permit: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            inner: Some(inner),
            fault,
            written: 0,
            closed: false,
            held: Vec::new(),
            ahead: None,
            _permit: permit,
        }
    }

    pub(super) async fn wait_for_a_byte(&mut self) {
        let mut byte = [0];
        if let Ok(1) = futures_util::AsyncReadExt::read(&mut self.inner(), &mut byte).await {
            self.ahead = Some(byte[0]);
        }
    }

    fn inner(&mut self) -> Pin<&mut MemoryStream> {
        Pin::new(self.inner.as_mut().unwrap())
    }

    /// Passes on what is held, up to this much of it.
    fn poll_pass(&mut self, cx: &mut Context<'_>, keep: usize) -> Poll<io::Result<()>> {
        while self.held.len() > keep {
            let upto = self.held.len() - keep;
            let bytes = self.held[..upto].to_vec();
            let passed = ready!(self.inner().poll_write(cx, &bytes))?;
            self.held.drain(..passed);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for BrokenStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        if self.fault == Fault::EndsBothWays && self.closed {
            return Poll::Ready(Ok(0));
        }
        if let (Some(byte), Some(first)) = (self.ahead, buf.first_mut()) {
            *first = byte;
            self.ahead = None;
            return Poll::Ready(Ok(1));
        }
        self.inner().poll_read(cx, buf)
    }
}

impl AsyncWrite for BrokenStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        const PLACE: usize = 150_000;
        const LONG: usize = 1 << 20;
        let written = self.written;
        let taken = match self.fault {
            Fault::SwallowsTheLastByte => {
                ready!(self.poll_pass(cx, 1))?;
                self.held.extend_from_slice(buf);
                let _as_much_as_goes = self.poll_pass(cx, 1)?;
                buf.len()
            }
            Fault::BuffersWithoutBound => {
                self.held.extend_from_slice(buf);
                let _as_much_as_goes = self.poll_pass(cx, 0)?;
                buf.len()
            }
            Fault::ForgetsToFail => match self.inner().poll_write(cx, buf) {
                Poll::Ready(Err(_)) => buf.len(),
                other => ready!(other)?,
            },
            Fault::ChangesAByte if (written..written + buf.len()).contains(&PLACE) => {
                let mut changed = buf.to_vec();
                changed[PLACE - written] ^= 1;
                ready!(self.inner().poll_write(cx, &changed))?
            }
            Fault::CutsLongStreams if written + buf.len() > LONG => {
                let upto = LONG.saturating_sub(written);
                if upto == 0 { buf.len() } else { ready!(self.inner().poll_write(cx, &buf[..upto]))? }
            }
            _ => ready!(self.inner().poll_write(cx, buf))?,
        };
        self.written += taken;
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.fault {
            Fault::SwallowsTheLastByte => ready!(self.poll_pass(cx, 1))?,
            Fault::BuffersWithoutBound => {
                let _as_much_as_goes = self.poll_pass(cx, 0)?;
            }
            _ => {}
        }
        self.closed = true;
        self.inner().poll_close(cx)
    }
}

impl Drop for BrokenStream {
    fn drop(&mut self) {
        if self.fault == Fault::ForgetsToEnd {
            std::mem::forget(self.inner.take());
        }
    }
}
