//! TLS over the runtime's TCP streams.

mod explain;
mod gather;
mod stream;

pub use stream::TlsStream;

use crate::layer::{LateFailure, Layering, Unopened};
use crate::sockets::Stream;
use crate::{Layer, NetError, NetOptions, NetTransport};
use agnostic::Runtime;
use explain::explain_handshake;
use futures_rustls::{TlsAcceptor, TlsConnector};
use gather::Gather;
use memberlist_core::ResolveAll;
use memberlist_tls::TlsOptions;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

pub(crate) use explain::{handshake_failure, is_handshake_failure};

/// The layer of TLS, as [`TlsOptions`] say.
#[derive(Debug)]
pub struct Tls {
    options: TlsOptions,
}

impl Tls {
    /// TLS in this way, but for the tickets with which a server lets TLS 1.3 sessions be resumed: none are sent. They would lie unread
    /// with those who say something and close without waiting for an answer, and closing a TCP connection with bytes unread resets it
    /// and takes away what the peer has not read yet.
    #[must_use]
    pub fn new(mut options: TlsOptions) -> Self {
        if options.server.send_tls13_tickets > 0 {
            Arc::make_mut(&mut options.server).send_tls13_tickets = 0;
        }
        Self { options }
    }
}

/// TLS streams and UDP packets on one port; made by [`bind_tls`](NetTransport::bind_tls).
///
/// **Packets are not encrypted** by TLS: they travel over UDP beside it. Either encrypt them with a keyring (the driver warns where
/// there is none), or let them travel inside the streams: [`NetOptions::streams_only`].
///
/// A node answers handshakes each in a task of its own, under the limits of all inbound connections ([`NetOptions::max_pending`],
/// [`max_per_ip`](NetOptions::max_per_ip)), and within [`NetOptions::inbound_timeout`]; so neither silence nor slowness keeps anybody
/// else waiting.
///
/// A stream that is closed says so (close_notify); one that is cut without that ends in an error of the kind `UnexpectedEof`, never as
/// if it were complete. (What memberlist itself says on streams carries its length besides, so that a cut shows in any case.)
///
/// Every stream is a full handshake, so that certificates are looked at anew each time; TLS 1.3 sessions are never resumed.
///
/// With TLS 1.3 the dialler is through before the dialled has seen its certificate. So where a node's certificate is refused, opening
/// a stream succeeds and the first read fails, with the [`HandshakeFailure`](memberlist_tls::HandshakeFailure) inside the [`io::Error`].
pub type TlsTransport<Res, R> = NetTransport<Res, R, Tls>;

impl<Res, R> NetTransport<Res, R, Tls>
where
    Res: ResolveAll<Address: Send + Sync, ResolvedAddress = SocketAddr, Runtime = R>,
    R: Runtime,
{
    /// Binds the sockets and starts accepting connections. Must be called on the runtime `R`.
    ///
    /// ```
    /// use agnostic::tokio::TokioRuntime;
    /// use memberlist_core::Transport;
    /// use memberlist_net::{HostResolver, NetOptions, TlsTransport};
    /// use memberlist_tls::self_signed::Authority;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let tls = Authority::new()?.identity("node-1", &[[127, 0, 0, 1].into()])?.tls_options()?;
    /// let options = NetOptions::new().with_bind("127.0.0.1:0".parse::<std::net::SocketAddr>()?).with_streams_only(true);
    /// let transport = TlsTransport::<_, TokioRuntime>::bind_tls(HostResolver::default(), options, tls).await?;
    /// assert!(transport.capabilities().secure_packets);
    /// transport.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// An option that cannot be, an address that cannot be bound, or no address to advertise; nothing stays open then.
    pub async fn bind_tls(resolver: Res, options: NetOptions, tls: TlsOptions) -> Result<Self, NetError> {
        Self::bind_layered(resolver, options, Tls::new(tls)).await
    }
}

impl Layer for Tls {
    type Stream<R: Runtime> = TlsStream<Stream<R>>;
}

impl Layering for Tls {
    fn is_secure(&self) -> bool {
        !self.options.anonymous_clients
    }

    fn is_anonymous(&self) -> bool {
        self.options.anonymous_clients
    }

    async fn accept<R: Runtime>(&self, tcp: Stream<R>) -> Result<TlsStream<Stream<R>>, Unopened<R>> {
        let acceptor = TlsAcceptor::from(self.options.server.clone());
        let stream = acceptor.accept(Gather::new(tcp)).into_fallible().await.map_err(|(error, tcp)| {
            Unopened { error: explain_handshake(error, true), tcp: tcp.into_inner() }
        })?;
        match self.options.admit_client(stream.get_ref().1.peer_certificates()) {
            Ok(()) => Ok(TlsStream::accepted(stream)),
            Err(failure) => {
                Err(Unopened { error: explain::as_io(failure), tcp: stream.into_inner().0.into_inner() })
            }
        }
    }

    async fn connect<R: Runtime>(
        &self,
        tcp: Stream<R>,
        to: SocketAddr,
        late: LateFailure,
    ) -> io::Result<TlsStream<Stream<R>>> {
        let connector = TlsConnector::from(self.options.client.clone());
        let name = self.options.server_name.name_for(to.ip());
        let stream = connector
            .connect(name, Gather::new(tcp))
            .into_fallible()
            .await
            .map_err(|(error, tcp)| explain_handshake(error, tcp.has_heard()))?;
        Ok(TlsStream::connected(stream, late))
    }

    async fn first_byte<R: Runtime>(stream: &mut TlsStream<Stream<R>>) -> io::Result<Option<u8>> {
        stream.first_byte().await
    }
}
