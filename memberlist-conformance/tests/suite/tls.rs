//! W-52, W-55: TLS beside UDP, and TLS alone.

use crate::{
    identity::tls_options,
    runtimes::{Runs, bind_fresh, on_each_runtime},
};
use memberlist_conformance::{Bound, Fixture, Garbage, Relay, sockets};
use memberlist_net::{NetOptions, TlsTransport};
use nodecraft::resolver::socket_addr::SocketAddrResolver;
use std::{future::Future, marker::PhantomData, net::SocketAddr};

pub(crate) struct Tls<R> {
    streams_only: bool,
    runtime: PhantomData<R>,
}

impl<R> Tls<R> {
    pub(crate) const fn new(streams_only: bool) -> Self {
        Self { streams_only, runtime: PhantomData }
    }
}

impl<R: Runs> Fixture for Tls<R> {
    type Transport = TlsTransport<SocketAddrResolver<R>, R>;

    async fn bind(&self, at: Option<&SocketAddr>) -> Bound<Self> {
        let options = NetOptions::new().with_streams_only(self.streams_only);
        bind_fresh(at, self.streams_only, async |address| {
            let options = options.clone().with_bind(address);
            TlsTransport::bind_tls(SocketAddrResolver::default(), options, tls_options()).await
        })
        .await
    }

    fn seed(&self, address: &SocketAddr) -> SocketAddr {
        *address
    }

    fn block_on<T>(test: impl Future<Output = T>) -> T {
        R::run(test)
    }

    async fn throw(&self, to: &SocketAddr, garbage: Garbage) {
        sockets::throw(*to, &garbage);
    }

    async fn relay(&self, to: &SocketAddr) -> Option<Box<dyn Relay<SocketAddr>>> {
        Some(Box::new(sockets::SocketRelay::new(*to).unwrap()))
    }
}

on_each_runtime!(Tls::<R>::new(false));

mod streams_only {
    use super::*;
    on_each_runtime!(Tls::<R>::new(true));
}
