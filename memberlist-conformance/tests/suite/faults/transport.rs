use super::{Fault, fixture::Lives, stream::BrokenStream};
use agnostic::tokio::TokioRuntime;
use bytes::Bytes;
use memberlist_core::{
    Capabilities, Packet, Transport, TransportError,
    memory::{MemoryError, MemoryResolver, MemoryTransport},
};
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    future::{Future, pending},
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
};
use tokio::sync::Semaphore;

/// An in-memory transport with a fault.
pub(super) struct BrokenTransport {
    inner: Arc<MemoryTransport<TokioRuntime>>,
    fault: Fault,
    elsewhere: SocketAddr,
    lives: Lives,
    /// In which of their lives others were first met.
    met: Mutex<HashMap<SocketAddr, u32>>,
    hoard: Arc<Mutex<VecDeque<Packet<SocketAddr>>>>,
    ended: AtomicBool,
    stumbled: AtomicBool,
    calls: AtomicUsize,
    opening: AtomicUsize,
    /// As many streams as may be open.
    streams: Arc<Semaphore>,
}

impl BrokenTransport {
    pub(super) fn new(inner: MemoryTransport<TokioRuntime>, fault: Fault, lives: Lives) -> Self {
        let inner = Arc::new(inner);
        let hoard = Arc::<Mutex<VecDeque<_>>>::default();
        if fault == Fault::HoardsPackets {
            let (inner, hoard) = (Arc::clone(&inner), Arc::clone(&hoard));
            tokio::spawn(async move {
                while let Ok(packet) = inner.recv_packet().await {
                    hoard.lock().unwrap().push_back(packet);
                }
            });
        }
        Self {
            inner,
            fault,
            elsewhere: ([10, 9, 9, 9], 9).into(),
            lives,
            met: Mutex::default(),
            hoard,
            ended: AtomicBool::new(false),
            stumbled: AtomicBool::new(false),
            calls: AtomicUsize::new(0),
            opening: AtomicUsize::new(0),
            streams: Arc::new(Semaphore::new(1)),
        }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn error(&self, error: MemoryError) -> BrokenError {
        BrokenError { error, fault: self.fault }
    }

    /// Whether the other one was met in an earlier life of his.
    fn knows_an_earlier(&self, other: SocketAddr) -> bool {
        let life = self.lives.lock().unwrap().get(&other).copied().unwrap_or_default();
        *self.met.lock().unwrap().entry(other).or_insert(life) != life
    }

    async fn call<T>(&self, call: impl Future<Output = T>) -> T {
        struct Leave<'a>(&'a AtomicUsize);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, SeqCst);
            }
        }
        self.calls.fetch_add(1, SeqCst);
        let _leave = Leave(&self.calls);
        call.await
    }

    /// What a method without a fault of its own does with the end.
    async fn unless_ended<T>(&self, outcome: Result<T, MemoryError>) -> Result<T, BrokenError> {
        match outcome {
            Err(MemoryError::Closed) if self.is(Fault::LetsCallsWait) => pending().await,
            outcome => outcome.map_err(|error| self.error(error)),
        }
    }

    async fn next_packet(&self) -> Result<Packet<SocketAddr>, MemoryError> {
        if !self.is(Fault::HoardsPackets) {
            return self.inner.recv_packet().await;
        }
        loop {
            if let Some(packet) = self.hoard.lock().unwrap().pop_front() {
                return Ok(packet);
            }
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for BrokenTransport {
    fn drop(&mut self) {
        if self.is(Fault::KeepsTheAddress) || self.is(Fault::KeepsTheAddressWhenDropped) {
            std::mem::forget(Arc::clone(&self.inner));
        }
    }
}

impl Transport for BrokenTransport {
    type Runtime = TokioRuntime;
    type Resolver = MemoryResolver<TokioRuntime>;
    type Stream = BrokenStream;
    type Error = BrokenError;

    fn resolver(&self) -> &MemoryResolver<TokioRuntime> {
        self.inner.resolver()
    }

    fn advertise_address(&self) -> &SocketAddr {
        // Each another one, so that it is not for this that it is noticed.
        if self.is(Fault::AdvertisesAnother) && self.inner.advertise_address().port() == 1 {
            return &self.elsewhere;
        }
        self.inner.advertise_address()
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = self.inner.capabilities();
        match self.fault {
            Fault::ClaimsLargerPackets => capabilities.max_packet += 1,
            Fault::ClaimsSecurePackets => capabilities.secure_packets = true,
            Fault::ClaimsSecureStreams => capabilities.secure_streams = true,
            Fault::ClaimsCheckedPackets => capabilities.checked_packets = true,
            _ => {}
        }
        capabilities
    }

    async fn send_packet(&self, to: &SocketAddr, mut packet: Bytes) -> Result<(), BrokenError> {
        match self.fault {
            Fault::CutsPackets => packet.truncate(1_000),
            Fault::DropsLargePacketsSilently if packet.len() > self.inner.capabilities().max_packet => {
                return Ok(());
            }
            Fault::SendsEmptyPackets if packet.is_empty() => return Ok(()),
            Fault::LosesEveryPacket => return Ok(()),
            Fault::SendsAfterTheEnd if self.ended.load(SeqCst) => return Ok(()),
            Fault::SticksToThePeerThatWas if self.knows_an_earlier(*to) => return Ok(()),
            Fault::StopsReceivingWhenAPeerIsGone if !self.inner.network().bound().contains(to) => {
                self.stumbled.store(true, SeqCst);
            }
            _ => {}
        }
        self.inner.send_packet(to, packet).await.map_err(|error| self.error(error))
    }

    async fn recv_packet(&self) -> Result<Packet<SocketAddr>, BrokenError> {
        if self.stumbled.load(SeqCst) {
            return match self.fault {
                Fault::StumblesOverGarbage => pending().await,
                _ => Err(self.error(MemoryError::OnDemand)),
            };
        }
        let received = self.call(self.next_packet()).await;
        let mut packet = self.unless_ended(received).await?;
        match self.fault {
            Fault::LosesTheSender => packet.from = self.elsewhere,
            Fault::LosesPacketsOfDroppedCalls => tokio::task::yield_now().await,
            Fault::JoinsPackets => {
                let next =
                    tokio::time::timeout(std::time::Duration::from_millis(1), self.inner.recv_packet());
                if let Ok(Ok(next)) = next.await {
                    packet.data = [packet.data, next.data].concat().into();
                }
            }
            Fault::StumblesOverGarbage if packet.from.port() == 6 => self.stumbled.store(true, SeqCst),
            _ => {}
        }
        Ok(packet)
    }

    async fn open_stream(&self, to: &SocketAddr) -> Result<BrokenStream, BrokenError> {
        let permit = match self.fault {
            Fault::OneStreamAtATime => Arc::clone(&self.streams).acquire_owned().await.ok(),
            Fault::SticksToThePeerThatWas if self.knows_an_earlier(*to) => pending().await,
            Fault::LeaksDroppedOpens => {
                if self.opening.fetch_add(1, SeqCst) >= 50 {
                    pending::<()>().await;
                }
                tokio::task::yield_now().await;
                self.opening.fetch_sub(1, SeqCst);
                None
            }
            _ => None,
        };
        let opened = self.call(self.inner.open_stream(to)).await;
        let stream = self.unless_ended(opened).await?;
        Ok(BrokenStream::new(stream, self.fault, permit))
    }

    async fn accept_stream(&self) -> Result<(SocketAddr, BrokenStream), BrokenError> {
        let accepted = self.call(self.inner.accept_stream()).await;
        let (from, stream) = self.unless_ended(accepted).await?;
        let mut stream = BrokenStream::new(stream, self.fault, None);
        match self.fault {
            Fault::LosesStreamsOfDroppedCalls => tokio::task::yield_now().await,
            // Until the first byte is there nobody else is accepted.
            Fault::OneByteOfHandshake => stream.wait_for_a_byte().await,
            _ => {}
        }
        Ok((from, stream))
    }

    async fn shutdown(&self) {
        self.ended.store(true, SeqCst);
        match self.fault {
            Fault::KeepsTheAddress => return,
            Fault::WaitsForCalls => {
                while self.calls.load(SeqCst) > 0 {
                    tokio::task::yield_now().await;
                }
            }
            Fault::LeavesStreamsSilent => {
                let accept = self.inner.accept_stream();
                if let Ok(Ok((_, stream))) =
                    tokio::time::timeout(std::time::Duration::from_millis(50), accept).await
                {
                    std::mem::forget(stream);
                }
            }
            _ => {}
        }
        self.inner.shutdown().await;
    }
}

#[derive(Debug)]
pub(super) struct BrokenError {
    pub(super) error: MemoryError,
    pub(super) fault: Fault,
}

impl fmt::Display for BrokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for BrokenError {}

impl TransportError for BrokenError {
    fn is_closed(&self) -> bool {
        self.fault != Fault::NeverSaysClosed && self.error.is_closed()
    }

    fn is_remote(&self) -> bool {
        match self.fault {
            Fault::BlamesThePeerForAll => true,
            Fault::BlamesNobodyButItself => false,
            _ => self.error.is_remote(),
        }
    }
}
