//! What a node of each contender can be asked to do.

use bytes::Bytes;
use std::{
    fmt,
    future::Future,
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// Time between two probes, for all.
pub const PROBE_INTERVAL: Duration = Duration::from_secs(1);
/// How long an answer may take, for all.
pub const PROBE_TIMEOUT: Duration = Duration::from_millis(500);
/// Time between two rounds of gossip, for all.
pub const GOSSIP_INTERVAL: Duration = Duration::from_millis(200);
/// To how many each round goes, for all.
pub const GOSSIP_NODES: usize = 3;
/// The multiplier of suspicion, for all.
pub const SUSPICION_MULT: u32 = 4;

/// Why there is no figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The contender does not offer it; the text is for the cell of the table.
    Lacking(String),
    /// It did not work this time.
    Failed(String),
}

impl Fault {
    /// Something went wrong.
    pub fn failed(what: &str, error: impl fmt::Display) -> Self {
        Self::Failed(format!("{what}: {error}"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lacking(what) => write!(f, "not offered: {what}"),
            Self::Failed(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Fault {}

/// How nodes are started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How large the cluster will be: some have to be told.
    pub nodes: usize,
    /// Whether the application's messages are taken and counted.
    pub listen: bool,
    /// Whether broadcasts are told apart, and the moment of each arrival is kept.
    pub stamp: bool,
    /// Whether nobody is probed, so that members that are gone are not missed.
    pub patient: bool,
    /// Whether everything is encrypted (AES-256-GCM).
    pub sealed: bool,
    /// Whether messages of the application may come as fast as they can; otherwise limits per peer hold.
    pub flood: bool,
}

impl Settings {
    /// For a cluster of so many nodes whose application says nothing.
    #[must_use]
    pub fn quiet(nodes: usize) -> Self {
        Self { nodes, listen: false, stamp: false, patient: false, sealed: false, flood: false }
    }

    /// Time between two rounds of gossip. The patient have little time to tell of many members.
    #[must_use]
    pub const fn gossip_interval(&self) -> Duration {
        if self.patient { Duration::from_millis(20) } else { GOSSIP_INTERVAL }
    }

    /// Time between two probes.
    #[must_use]
    pub const fn probe_interval(&self) -> Duration {
        if self.patient { Duration::from_secs(24 * 3_600) } else { PROBE_INTERVAL }
    }
}

/// What a node's application got.
#[derive(Debug, Default)]
pub struct Received {
    messages: AtomicU64,
    stamps: Option<Mutex<Vec<(u64, Instant)>>>,
}

impl Received {
    /// Nothing yet.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self { messages: AtomicU64::new(0), stamps: settings.stamp.then(Mutex::default) }
    }

    /// Counts a message.
    pub fn note(&self, payload: &[u8]) {
        if let (Some(stamps), Some(id)) = (&self.stamps, number(payload)) {
            let mut stamps = stamps.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            stamps.push((id, Instant::now()));
        }
        self.messages.fetch_add(1, Relaxed);
    }

    /// How many there were.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.messages.load(Relaxed)
    }

    /// When the broadcast of this number came first, if it did.
    #[must_use]
    pub fn arrival(&self, id: u64) -> Option<Instant> {
        let stamps = self.stamps.as_ref()?.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        stamps.iter().find(|stamp| stamp.0 == id).map(|stamp| stamp.1)
    }
}

/// The number that a broadcast begins with.
#[must_use]
pub fn number(payload: &[u8]) -> Option<u64> {
    payload.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

/// A node, and how it is asked to do what a workload needs. What a contender does not offer, it says so.
///
/// A handle: clones are the same node.
pub trait Contender: Clone + Send + Sync + 'static {
    /// Starts a node on a free port of 127.0.0.1.
    fn start(number: usize, settings: &Settings) -> impl Future<Output = Result<Self, Fault>> + Send;

    /// Where others reach it.
    fn address(&self) -> SocketAddr;

    /// What its application got.
    fn received(&self) -> &Received;

    /// Ends it without a goodbye.
    fn stop(self) -> impl Future<Output = ()> + Send;

    /// Joins through another one; gives up after some seconds at most.
    fn join(&self, seed: SocketAddr) -> impl Future<Output = Result<(), Fault>> + Send {
        let _ = seed;
        lacking("has no members")
    }

    /// How many live members it sees, itself included.
    fn view(&self) -> impl Future<Output = usize> + Send {
        async { 1 }
    }

    /// Makes it know these members, without asking them.
    fn tell(&self, members: &[SocketAddr]) -> impl Future<Output = Result<(), Fault>> + Send {
        let _ = members;
        lacking("not told of members but by members")
    }

    /// Says goodbye.
    fn leave(&self) -> impl Future<Output = Result<(), Fault>> + Send {
        lacking("has no members")
    }

    /// Tells everybody; the payload begins with a number of its own.
    fn broadcast(&self, payload: Bytes) -> impl Future<Output = Result<(), Fault>> + Send {
        let _ = payload;
        lacking("no broadcasts")
    }

    /// Tells one, best effort.
    fn send(&self, to: SocketAddr, payload: Bytes) -> impl Future<Output = Result<(), Fault>> + Send {
        let _ = (to, payload);
        lacking("no messages to one node")
    }

    /// Tells one several things at once, best effort.
    fn send_many(
        &self,
        to: SocketAddr,
        payloads: Vec<Bytes>,
    ) -> impl Future<Output = Result<(), Fault>> + Send {
        async move {
            for payload in payloads {
                self.send(to, payload).await?;
            }
            Ok(())
        }
    }

    /// Tells one, reliably.
    fn send_reliable(
        &self,
        to: SocketAddr,
        payload: Bytes,
    ) -> impl Future<Output = Result<(), Fault>> + Send {
        let _ = (to, payload);
        lacking("no reliable messages")
    }

    /// Bytes that it sent so far, in packets and on streams, if that can be known.
    fn bytes_sent(&self) -> Option<u64> {
        None
    }
}

fn lacking(what: &str) -> impl Future<Output = Result<(), Fault>> + Send + use<> {
    std::future::ready(Err(Fault::Lacking(what.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcast_is_known_by_its_number() {
        let received = Received::new(&Settings { stamp: true, ..Settings::quiet(2) });
        received.note(&[&7u64.to_be_bytes()[..], b"and more"].concat());
        received.note(b"short");
        assert_eq!(received.messages(), 2);
        assert!(received.arrival(7).is_some() && received.arrival(8).is_none());
    }
}
