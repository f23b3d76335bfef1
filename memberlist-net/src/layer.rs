use crate::sockets::Stream;
use agnostic::Runtime;
use agnostic::net::TcpStream;
use futures_util::io::{AsyncRead, AsyncWrite};
use std::io;
use std::net::SocketAddr;

/// What lies between TCP and the streams of a [`NetTransport`](crate::NetTransport): nothing ([`Plain`]) or TLS (`Tls`, with the
/// feature `tls`). Sealed: the layers are those of this crate.
pub trait Layer: Layering {
    /// A stream through this layer.
    type Stream<R: Runtime>: AsyncRead + AsyncWrite + Unpin + Send + 'static;
}

/// No layer: streams are TCP as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Layer for Plain {
    type Stream<R: Runtime> = Stream<R>;
}

pub(crate) use sealed::{LateFailure, Layering, Unopened};

/// Public in name only, so that [`Layer`] can stand in public signatures.
mod sealed {
    use super::{Layer, Runtime, SocketAddr, Stream, io};
    use std::future::Future;
    use std::sync::Arc;

    /// What the transport asks of a layer.
    pub trait Layering: Send + Sync + 'static {
        /// Whether what arrives on a stream came unread and unchanged from somebody who belongs to the cluster.
        fn is_secure(&self) -> bool;

        /// Whether streams are encrypted, but opened by whoever comes.
        fn is_anonymous(&self) -> bool {
            false
        }

        /// Answers a peer that connected.
        fn accept<R: Runtime>(
            &self,
            tcp: Stream<R>,
        ) -> impl Future<Output = Result<<Self as Layer>::Stream<R>, Unopened<R>>> + Send
        where
            Self: Layer;

        /// Greets a peer that was connected to. A failure that shows only when the stream is used goes to `late`.
        fn connect<R: Runtime>(
            &self,
            tcp: Stream<R>,
            to: SocketAddr,
            late: LateFailure,
        ) -> impl Future<Output = io::Result<<Self as Layer>::Stream<R>>> + Send
        where
            Self: Layer;

        /// The first byte of an accepted stream, which stays to be read; `None` if the stream ends without one.
        fn first_byte<R: Runtime>(
            stream: &mut <Self as Layer>::Stream<R>,
        ) -> impl Future<Output = io::Result<Option<u8>>> + Send
        where
            Self: Layer;
    }

    /// Told of a handshake that turned out to have failed after all.
    pub(crate) type LateFailure = Arc<dyn Fn(&io::Error) + Send + Sync>;

    /// An inbound connection of which no stream came.
    pub struct Unopened<R: Runtime> {
        /// Why.
        pub error: io::Error,
        /// What is left: the peer should have time to read why.
        pub tcp: Stream<R>,
    }
}

impl Layering for Plain {
    fn is_secure(&self) -> bool {
        false
    }

    async fn accept<R: Runtime>(&self, tcp: Stream<R>) -> Result<Stream<R>, Unopened<R>> {
        Ok(tcp)
    }

    async fn connect<R: Runtime>(
        &self,
        tcp: Stream<R>,
        _: SocketAddr,
        _: LateFailure,
    ) -> io::Result<Stream<R>> {
        Ok(tcp)
    }

    async fn first_byte<R: Runtime>(stream: &mut Stream<R>) -> io::Result<Option<u8>> {
        let mut first = [0];
        let read = stream.peek(&mut first).await?;
        Ok(first.get(..read).and_then(<[u8]>::first).copied())
    }
}
