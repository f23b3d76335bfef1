//! The transports, as the builder sees them.

use super::NodeBuilder;
#[cfg(feature = "_tls")]
use crate::net::TlsTransport;
#[cfg(feature = "tcp")]
use crate::net::{NetOptions, NetTransport};
#[cfg(feature = "_quic")]
use crate::quic::{QuicOptions, QuicTransport};
#[cfg(any(feature = "_tls", feature = "_quic"))]
use crate::tls::TlsOptions;
use crate::{NativeWire, StartError, VoidDelegate};
use agnostic::Runtime;
use memberlist_sockets::{BindAddress, HostResolver};
use sealed::Binder;
use std::marker::PhantomData;
use std::net::SocketAddr;

/// The transport of a [`NodeBuilder`], not bound yet: on the runtime `R`, with options `O`, secured by `S`.
#[derive(Debug)]
pub struct Binding<R, O, S = ()> {
    options: O,
    #[cfg_attr(
        not(any(feature = "_tls", feature = "_quic")),
        allow(dead_code, reason = "nothing is secured")
    )]
    security: S,
    runtime: PhantomData<fn() -> R>,
}

/// A [`Binding`] of which a transport can be made. Sealed: a transport of one's own is made first, and given to
/// [`Memberlist::start`](crate::Memberlist::start) or [`Builder`](crate::Builder).
pub trait Bind: Binder {}

impl<B: Binder> Bind for B {}

/// Public in name only, so that [`Bind`] can stand in public signatures.
mod sealed {
    use super::{BindAddress, HostResolver, Runtime, SocketAddr, StartError};
    use crate::core::Transport;
    use std::future::Future;

    pub trait Binder: Send {
        type Runtime: Runtime;
        type Transport: Transport<Resolver = HostResolver<Self::Runtime>, Runtime = Self::Runtime>;

        /// Where it will be bound, and where it will say that it is.
        fn addresses(&mut self) -> (&mut Vec<BindAddress>, &mut Option<SocketAddr>);

        fn bind(
            self,
            resolver: HostResolver<Self::Runtime>,
        ) -> impl Future<Output = Result<Self::Transport, StartError>> + Send;
    }
}

impl<R, O, S> Binding<R, O, S> {
    const fn new(options: O, security: S) -> Self {
        Self { options, security, runtime: PhantomData }
    }
}

/// Starts a memberlist over TCP and UDP, see [`NodeBuilder`].
#[cfg(feature = "tcp")]
#[cfg_attr(docsrs, doc(cfg(feature = "tcp")))]
pub type TcpBuilder<R, I, D = VoidDelegate<I, SocketAddr>, W = NativeWire> =
    NodeBuilder<Binding<R, NetOptions>, I, D, W>;

#[cfg(feature = "tcp")]
impl<R, I> TcpBuilder<R, I> {
    /// A node of this name.
    pub fn new(id: I) -> Self {
        Self::with_binding(id, Binding::new(NetOptions::new(), ()))
    }
}

/// Starts a memberlist over TLS and UDP, see [`NodeBuilder`].
#[cfg(feature = "_tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub type TlsBuilder<R, I, D = VoidDelegate<I, SocketAddr>, W = NativeWire> =
    NodeBuilder<Binding<R, NetOptions, TlsOptions>, I, D, W>;

#[cfg(feature = "_tls")]
impl<R, I> TlsBuilder<R, I> {
    /// A node of this name, whose streams are secured in this way.
    pub fn new(id: I, tls: TlsOptions) -> Self {
        Self::with_binding(id, Binding::new(NetOptions::new(), tls))
    }
}

/// Starts a memberlist over QUIC, see [`NodeBuilder`].
#[cfg(feature = "_quic")]
#[cfg_attr(docsrs, doc(cfg(feature = "quic")))]
pub type QuicBuilder<R, I, D = VoidDelegate<I, SocketAddr>, W = NativeWire> =
    NodeBuilder<Binding<R, QuicOptions, TlsOptions>, I, D, W>;

#[cfg(feature = "_quic")]
impl<R, I> QuicBuilder<R, I> {
    /// A node of this name, whose connections are secured in this way.
    pub fn new(id: I, tls: TlsOptions) -> Self {
        Self::with_binding(id, Binding::new(QuicOptions::new(), tls))
    }
}

#[cfg(feature = "tcp")]
impl<R, S, I, D, W> NodeBuilder<Binding<R, NetOptions, S>, I, D, W> {
    /// With these options of the transport. Addresses given to [`bind`](Self::bind) and [`advertise`](Self::advertise) replace those in
    /// here, whichever comes first.
    pub fn net_options(mut self, options: NetOptions) -> Self {
        self.binding.options = options;
        self
    }
}

#[cfg(feature = "_quic")]
impl<R, S, I, D, W> NodeBuilder<Binding<R, QuicOptions, S>, I, D, W> {
    /// With these options of the transport. Addresses given to [`bind`](Self::bind) and [`advertise`](Self::advertise) replace those in
    /// here, whichever comes first.
    pub fn quic_options(mut self, options: QuicOptions) -> Self {
        self.binding.options = options;
        self
    }
}

/// `$transport` is made from a binding with these options and this security, as `$bind` does it.
macro_rules! binder {
    ($options:ty, $security:ty, $transport:ident, |$resolver:ident, $binding:ident| $bind:expr) => {
        impl<R: Runtime> Binder for Binding<R, $options, $security> {
            type Runtime = R;
            type Transport = $transport<HostResolver<R>, R>;

            fn addresses(&mut self) -> (&mut Vec<BindAddress>, &mut Option<SocketAddr>) {
                (&mut self.options.bind, &mut self.options.advertise)
            }

            async fn bind(self, $resolver: HostResolver<R>) -> Result<Self::Transport, StartError> {
                let $binding = self;
                Ok($bind.await?)
            }
        }
    };
}

#[cfg(feature = "tcp")]
binder!(NetOptions, (), NetTransport, |resolver, to| NetTransport::bind(resolver, to.options));
#[cfg(feature = "_tls")]
binder!(NetOptions, TlsOptions, TlsTransport, |resolver, to| {
    TlsTransport::bind_tls(resolver, to.options, to.security)
});
#[cfg(feature = "_quic")]
binder!(QuicOptions, TlsOptions, QuicTransport, |resolver, to| {
    QuicTransport::bind(resolver, to.options, to.security)
});
