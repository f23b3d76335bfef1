use super::{Fault, transport::BrokenTransport};
use crate::runtimes::Runs;
use agnostic::tokio::TokioRuntime;
use memberlist_conformance::{Bound, Fixture, Garbage, Relay};
use memberlist_core::{
    Transport,
    memory::{MemoryNetwork, MemoryTransport},
};
use std::{
    collections::HashMap,
    future::Future,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU16, Ordering},
    },
    time::Duration,
};

/// The in-memory network, with one fault.
pub(super) struct Broken {
    network: MemoryNetwork,
    fault: Fault,
    next: AtomicU16,
    lives: Lives,
}

/// How often each address was bound.
pub(super) type Lives = Arc<Mutex<HashMap<SocketAddr, u32>>>;

impl Broken {
    pub(super) fn new(fault: Fault) -> Self {
        Self { network: MemoryNetwork::new(1), fault, next: AtomicU16::new(1), lives: Lives::default() }
    }

    fn fresh(&self) -> SocketAddr {
        ([10, 0, 0, 1], self.next.fetch_add(1, Ordering::Relaxed)).into()
    }
}

impl Fixture for Broken {
    type Transport = BrokenTransport;

    async fn bind(&self, at: Option<&SocketAddr>) -> Bound<Self> {
        let mut at = at.copied().unwrap_or_else(|| self.fresh());
        if self.fault == Fault::BindsTwice && self.network.bound().contains(&at) {
            at = self.fresh();
        }
        let transport = self
            .network
            .bind(at)
            .map_err(|error| super::transport::BrokenError { error, fault: self.fault })?;
        *self.lives.lock().unwrap().entry(at).or_default() += 1;
        Ok(BrokenTransport::new(transport, self.fault, Arc::clone(&self.lives)))
    }

    fn seed(&self, address: &SocketAddr) -> nodecraft::HostAddr {
        (*address).into()
    }

    fn block_on<T>(test: impl Future<Output = T>) -> T {
        TokioRuntime::run(test)
    }

    /// Where something is to be noticed by waiting in vain, it shall not take long.
    fn patience(&self) -> Duration {
        Duration::from_secs(if self.fault == Fault::None { 20 } else { 3 })
    }

    async fn throw(&self, to: &SocketAddr, garbage: Garbage) {
        if let Garbage::Packet(bytes) = garbage {
            self.network.inject(([10, 6, 6, 6], 6).into(), *to, bytes);
        }
    }

    async fn relay(&self, to: &SocketAddr) -> Option<Box<dyn Relay<SocketAddr>>> {
        if self.fault == Fault::ClaimsSecureStreams {
            return None;
        }
        let address = self.fresh();
        let transport: MemoryTransport<TokioRuntime> = self.network.bind(address).unwrap();
        let relay = Between { address, heard: Arc::default(), tampering: Arc::default() };
        let (heard, tampering, to) = (Arc::clone(&relay.heard), Arc::clone(&relay.tampering), *to);
        tokio::spawn(async move {
            while let Ok(packet) = transport.recv_packet().await {
                let mut bytes = packet.data.to_vec();
                heard.lock().unwrap().extend_from_slice(&bytes);
                if tampering.load(Ordering::Relaxed) {
                    bytes[0] ^= 1;
                }
                transport.send_packet(&to, bytes.into()).await.unwrap();
            }
        });
        Some(Box::new(relay))
    }
}

/// Listens to packets, and changes them.
struct Between {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
    tampering: Arc<AtomicBool>,
}

impl Relay<SocketAddr> for Between {
    fn address(&self) -> &SocketAddr {
        &self.address
    }

    fn heard(&self) -> Vec<u8> {
        // Whatever is claimed to be secure has a header of its own, so this alone proves nothing yet.
        [&[0][..], &self.heard.lock().unwrap()].concat()
    }

    fn set_tampering(&self, tampering: bool) {
        self.tampering.store(tampering, Ordering::Relaxed);
    }
}
