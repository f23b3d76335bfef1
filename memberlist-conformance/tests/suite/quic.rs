//! W-52, W-55: QUIC.

use crate::{
    identity::tls_options,
    runtimes::{Runs, bind_fresh, on_each_runtime},
};
use memberlist_conformance::{Bound, Fixture, Garbage, Relay, sockets};
use memberlist_quic::{QuicOptions, QuicTransport};
use nodecraft::resolver::socket_addr::SocketAddrResolver;
use std::{future::Future, marker::PhantomData, net::SocketAddr, time::Duration};

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
            // A peer that ends may fail to say so (its last packet is lost, or never left). It is then noticed by its silence.
            let options = QuicOptions::new().with_bind(address).with_idle_timeout(Duration::from_secs(5));
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

    fn exempt(&self, test: &str) -> Option<&'static str> {
        let shared = "streams::reader_that_takes_nothing_holds_the_writer_back streams::stalled_streams_hold_up_no_other";
        shared.contains(test).then_some(
            "a stream may fill the window of its whole connection, and nothing else is sent there until it is read",
        )
    }

    async fn throw(&self, to: &SocketAddr, garbage: Garbage) {
        sockets::throw(*to, &garbage);
    }

    async fn relay(&self, to: &SocketAddr) -> Option<Box<dyn Relay<SocketAddr>>> {
        Some(Box::new(sockets::SocketRelay::new(*to).unwrap()))
    }
}

on_each_runtime!(Quic::<R>::new());
