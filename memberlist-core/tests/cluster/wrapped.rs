//! A transport around the in-memory one, for what that one can't do.

use crate::harness::Net;
use agnostic::tokio::TokioRuntime;
use bytes::Bytes;
use memberlist_core::{Capabilities, Packet, Transport, memory::MemoryError};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::watch;

pub(crate) struct Wrapped {
    pub(crate) inner: Net,
    /// Packets take a few turns of the executor from the socket to the node, and none while its machine sleeps.
    pub(crate) awake: Option<watch::Receiver<bool>>,
    /// The addresses that are allowed.
    pub(crate) allowed: fn(&SocketAddr) -> bool,
    pub(crate) capabilities: Capabilities,
    /// Receiving fails.
    pub(crate) deaf: Arc<AtomicBool>,
}

impl Wrapped {
    pub(crate) fn new(inner: Net) -> Self {
        Self {
            inner,
            awake: None,
            allowed: |_| true,
            capabilities: Capabilities::default(),
            deaf: Arc::default(),
        }
    }
}

impl Transport for Wrapped {
    type Runtime = TokioRuntime;
    type Resolver = <Net as Transport>::Resolver;
    type Stream = <Net as Transport>::Stream;
    type Error = <Net as Transport>::Error;

    fn resolver(&self) -> &Self::Resolver {
        self.inner.resolver()
    }

    fn advertise_address(&self) -> &SocketAddr {
        self.inner.advertise_address()
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn is_allowed(&self, address: &SocketAddr) -> bool {
        (self.allowed)(address)
    }

    async fn send_packet(&self, to: &SocketAddr, packet: Bytes) -> Result<(), Self::Error> {
        self.inner.send_packet(to, packet).await
    }

    async fn recv_packet(&self) -> Result<Packet<SocketAddr>, Self::Error> {
        if self.deaf.load(Ordering::Relaxed) {
            return Err(MemoryError::OnDemand);
        }
        let packet = self.inner.recv_packet().await?;
        if let Some(awake) = &self.awake {
            let _ = awake.clone().wait_for(|awake| *awake).await;
            for _ in 0..5 {
                tokio::task::yield_now().await;
            }
        }
        Ok(packet)
    }

    async fn open_stream(&self, to: &SocketAddr) -> Result<Self::Stream, Self::Error> {
        self.inner.open_stream(to).await
    }

    async fn accept_stream(&self) -> Result<(SocketAddr, Self::Stream), Self::Error> {
        self.inner.accept_stream().await
    }

    async fn shutdown(&self) {
        self.inner.shutdown().await;
    }
}
