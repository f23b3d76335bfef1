use super::{
    MemoryError, MemoryNetwork, MemoryResolver, MemoryStream,
    network::Fate,
    port::{Next, Port},
};
use crate::{Capabilities, Packet, Transport};
use agnostic::Runtime;
use bytes::Bytes;
use std::{
    fmt,
    future::{Future, pending, poll_fn},
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

/// A transport on a [`MemoryNetwork`]; made by [`MemoryNetwork::bind`].
pub struct MemoryTransport<R: Runtime> {
    network: MemoryNetwork,
    address: SocketAddr,
    port: Arc<Port>,
    resolver: MemoryResolver<R>,
}

impl<R: Runtime> MemoryTransport<R> {
    pub(super) fn new(network: MemoryNetwork, address: SocketAddr, port: Arc<Port>) -> Self {
        Self { resolver: MemoryResolver::on(network.clone()), network, address, port }
    }

    /// The network that it is on.
    #[must_use]
    pub const fn network(&self) -> &MemoryNetwork {
        &self.network
    }

    fn now() -> Instant {
        R::now().into()
    }

    fn close(&self) {
        self.network.unbind(self.address, &self.port);
        self.port.close();
    }

    fn poll_stream(&self, cx: &mut Context<'_>) -> Poll<Result<(SocketAddr, MemoryStream), MemoryError>> {
        self.port.stream_waker.register(cx.waker());
        if self.port.is_closed() {
            return Poll::Ready(Err(MemoryError::Closed));
        }
        if self.network.is_failing(self.address) {
            return Poll::Ready(Err(MemoryError::OnDemand));
        }
        match self.port.next_stream() {
            Next::Now(stream) => Poll::Ready(Ok(stream)),
            Next::Closed => Poll::Ready(Err(MemoryError::Closed)),
            Next::At(_) | Next::Nothing => Poll::Pending,
        }
    }
}

impl<R: Runtime> Transport for MemoryTransport<R> {
    type Runtime = R;
    type Resolver = MemoryResolver<R>;
    type Stream = MemoryStream;
    type Error = MemoryError;

    fn resolver(&self) -> &MemoryResolver<R> {
        &self.resolver
    }

    fn advertise_address(&self) -> &SocketAddr {
        &self.address
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn send_packet(&self, to: &SocketAddr, packet: Bytes) -> Result<(), MemoryError> {
        if self.port.is_closed() {
            return Err(MemoryError::Closed);
        }
        if packet.is_empty() {
            return Err(MemoryError::EmptyPacket);
        }
        let limit = self.capabilities().max_packet;
        if packet.len() > limit {
            return Err(MemoryError::TooLarge { actual: packet.len(), limit });
        }
        match self.network.send(self.address, *to, packet, Self::now()) {
            Fate::Go => Ok(()),
            Fate::Fail(error) => Err(error),
            Fate::Stall => pending().await,
        }
    }

    async fn recv_packet(&self) -> Result<Packet<SocketAddr>, MemoryError> {
        let mut sleep = None;
        poll_fn(|cx| {
            self.port.packet_waker.register(cx.waker());
            loop {
                let due = match self.port.next_packet(Self::now()) {
                    Next::Now(packet) => return Poll::Ready(Ok(packet)),
                    Next::Closed => return Poll::Ready(Err(MemoryError::Closed)),
                    Next::Nothing => return Poll::Pending,
                    Next::At(due) => due,
                };
                // The earliest packet is still on its way; whichever comes before it wakes us.
                let sleep = match &mut sleep {
                    Some((until, sleep)) if *until == due => sleep,
                    other => {
                        let left = due.saturating_duration_since(Self::now());
                        &mut other.insert((due, Box::pin(R::sleep(left)))).1
                    }
                };
                if sleep.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
            }
        })
        .await
    }

    async fn open_stream(&self, to: &SocketAddr) -> Result<MemoryStream, MemoryError> {
        if self.port.is_closed() {
            return Err(MemoryError::Closed);
        }
        if self.network.is_failing(self.address) {
            return Err(MemoryError::OnDemand);
        }
        let delay = self.network.stream_delay(self.address, *to);
        if !delay.is_zero() {
            R::sleep(delay).await;
        }
        if self.network.is_cut(self.address, *to) || self.network.is_cut(*to, self.address) {
            // Nobody says no on a cut way: the caller's deadline ends it.
            return pending().await;
        }
        self.network.connect(self.address, *to)
    }

    async fn accept_stream(&self) -> Result<(SocketAddr, MemoryStream), MemoryError> {
        poll_fn(|cx| self.poll_stream(cx)).await
    }

    async fn shutdown(&self) {
        self.close();
    }
}

impl<R: Runtime> Drop for MemoryTransport<R> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<R: Runtime> fmt::Debug for MemoryTransport<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryTransport").field("address", &self.address).finish_non_exhaustive()
    }
}
