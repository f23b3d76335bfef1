//! The transports, as the builder sees them.

use super::NodeBuilder;
use crate::net::{NetOptions, NetTransport};
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
    #[allow(dead_code, reason = "nothing is secured")]
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
pub type TcpBuilder<R, I, D = VoidDelegate<I, SocketAddr>, W = NativeWire> =
    NodeBuilder<Binding<R, NetOptions>, I, D, W>;

impl<R, I> TcpBuilder<R, I> {
    /// A node of this name.
    pub fn new(id: I) -> Self {
        Self::with_binding(id, Binding::new(NetOptions::new(), ()))
    }
}

impl<R: Runtime> Binder for Binding<R, NetOptions> {
    type Runtime = R;
    type Transport = NetTransport<HostResolver<R>, R>;

    fn addresses(&mut self) -> (&mut Vec<BindAddress>, &mut Option<SocketAddr>) {
        (&mut self.options.bind, &mut self.options.advertise)
    }

    async fn bind(self, resolver: HostResolver<R>) -> Result<Self::Transport, StartError> {
        Ok(NetTransport::bind(resolver, self.options).await?)
    }
}

impl<R, S, I, D, W> NodeBuilder<Binding<R, NetOptions, S>, I, D, W> {
    /// With these options of the transport. Addresses given to [`bind`](Self::bind) and [`advertise`](Self::advertise) replace those in
    /// here, whichever comes first.
    pub fn net_options(mut self, options: NetOptions) -> Self {
        self.binding.options = options;
        self
    }
}
