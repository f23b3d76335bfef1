//! W-52: the in-memory network.

use crate::runtimes::{Runs, on_each_runtime};
use memberlist_conformance::{Bound, Fixture};
use memberlist_core::memory::{MemoryNetwork, MemoryTransport};
use std::{
    future::Future,
    marker::PhantomData,
    net::SocketAddr,
    sync::atomic::{AtomicU16, Ordering},
};

pub(crate) struct Memory<R> {
    network: MemoryNetwork,
    next: AtomicU16,
    runtime: PhantomData<R>,
}

impl<R> Memory<R> {
    pub(crate) fn new() -> Self {
        Self { network: MemoryNetwork::new(1), next: AtomicU16::new(1), runtime: PhantomData }
    }
}

impl<R: Runs> Fixture for Memory<R> {
    type Transport = MemoryTransport<R>;

    async fn bind(&self, at: Option<&SocketAddr>) -> Bound<Self> {
        let fresh = || ([10, 0, 0, 1], self.next.fetch_add(1, Ordering::Relaxed)).into();
        self.network.bind(at.copied().unwrap_or_else(fresh))
    }

    fn seed(&self, address: &SocketAddr) -> nodecraft::HostAddr {
        (*address).into()
    }

    fn block_on<T>(test: impl Future<Output = T>) -> T {
        R::run(test)
    }
}

on_each_runtime!(Memory::<R>::new());
