//! W-52, W-55: QUIC.

use crate::{
    identity::tls_options,
    runtimes::{Runs, bind_fresh, on_each_runtime},
};
use memberlist_conformance::{Bound, Fixture, Garbage, Relay, sockets};
use memberlist_quic::{QuicOptions, QuicTransport};
use nodecraft::resolver::socket_addr::SocketAddrResolver;
use std::{future::Future, marker::PhantomData, net::SocketAddr};

pub(crate) struct Quic<R>(PhantomData<R>);

impl<R> Quic<R> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<R: Runs> Fixture for Quic<R> {
    type Transport = QuicTransport<SocketAddrResolver<R>, R>;

    async fn bind(&self, at: Option<&SocketAddr>) -> Bound<Self> {
        bind_fresh(at, false, async |address| {
            let options = QuicOptions::new().with_bind(address);
            QuicTransport::bind(SocketAddrResolver::default(), options, tls_options()).await
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

on_each_runtime!(Quic::<R>::new());
