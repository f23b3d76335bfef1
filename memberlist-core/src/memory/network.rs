use super::{Conditions, MemoryError, MemoryStream, MemoryTransport, port::Port};
use crate::sync::lock;
use agnostic::Runtime;
use bytes::Bytes;
use rand_core::Rng;
use smol_str::SmolStr;
use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// A network within this process. Cheap to clone; all clones are the same network.
///
/// Its dice (loss, delay, duplication, reordering) come from one seed. With several threads the order in which
/// nodes throw them still differs from run to run.
///
/// ```
/// use memberlist_core::memory::{Conditions, MemoryNetwork};
///
/// let network = MemoryNetwork::new(7);
/// let (a, b, c) = ("10.0.0.1:1".parse().unwrap(), "10.0.0.2:1".parse().unwrap(), "10.0.0.3:1".parse().unwrap());
/// network.set_conditions(Conditions::perfect().with_loss(0.1));
/// network.partition(&[a, b], &[c]);
/// network.cut(a, b); // one way only
/// network.heal();
/// ```
#[derive(Clone)]
pub struct MemoryNetwork {
    state: Arc<Mutex<State>>,
}

struct State {
    dice: rand_pcg::Pcg64Dxsm,
    conditions: Conditions,
    links: HashMap<(SocketAddr, SocketAddr), Conditions>,
    cuts: HashSet<(SocketAddr, SocketAddr)>,
    ports: HashMap<SocketAddr, Arc<Port>>,
    hosts: HashMap<SmolStr, Vec<SocketAddr>>,
    failing: HashSet<SocketAddr>,
    stalled: HashSet<SocketAddr>,
    record: Option<Record>,
}

/// The last packets, and how many of them are kept.
struct Record {
    limit: usize,
    packets: VecDeque<(SocketAddr, SocketAddr, Bytes)>,
}

/// What a sender is told to do with its packet.
pub(super) enum Fate {
    Go,
    Fail(MemoryError),
    Stall,
}

impl MemoryNetwork {
    /// A perfect network, until told otherwise.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let state = State {
            dice: rand_pcg::Pcg64Dxsm::new(u128::from(seed), 1),
            conditions: Conditions::perfect(),
            links: HashMap::new(),
            cuts: HashSet::new(),
            ports: HashMap::new(),
            hosts: HashMap::new(),
            failing: HashSet::new(),
            stalled: HashSet::new(),
            record: None,
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// A transport at this address; free again when it is shut down or dropped.
    ///
    /// # Errors
    /// [`MemoryError::AddressInUse`].
    pub fn bind<R: Runtime>(&self, address: SocketAddr) -> Result<MemoryTransport<R>, MemoryError> {
        let port = Arc::new(Port::new(R::now().into()));
        let mut state = lock(&self.state);
        if state.ports.contains_key(&address) {
            return Err(MemoryError::AddressInUse(address));
        }
        state.ports.insert(address, Arc::clone(&port));
        drop(state);
        Ok(MemoryTransport::new(self.clone(), address, port))
    }

    /// The addresses that are bound now.
    #[must_use]
    pub fn bound(&self) -> Vec<SocketAddr> {
        let mut bound: Vec<_> = lock(&self.state).ports.keys().copied().collect();
        bound.sort_unstable();
        bound
    }

    /// How all ways behave that have no conditions of their own.
    pub fn set_conditions(&self, conditions: Conditions) {
        lock(&self.state).conditions = conditions;
    }

    /// How the way from one address to another behaves; the way back has its own.
    pub fn set_link(&self, from: SocketAddr, to: SocketAddr, conditions: Conditions) {
        lock(&self.state).links.insert((from, to), conditions);
    }

    /// Cuts the way from one address to another. The way back is not touched: packets still go there, but no stream
    /// lives with one way only.
    pub fn cut(&self, from: SocketAddr, to: SocketAddr) {
        lock(&self.state).cuts.insert((from, to));
    }

    /// Undoes a `cut`.
    pub fn restore(&self, from: SocketAddr, to: SocketAddr) {
        lock(&self.state).cuts.remove(&(from, to));
    }

    /// Cuts every way between these and those, both ways.
    pub fn partition(&self, these: &[SocketAddr], those: &[SocketAddr]) {
        let mut state = lock(&self.state);
        for &here in these {
            for &there in those {
                state.cuts.insert((here, there));
                state.cuts.insert((there, here));
            }
        }
    }

    /// Undoes every cut and partition; conditions stay.
    pub fn heal(&self) {
        lock(&self.state).cuts.clear();
    }

    /// Lets a host's name stand for these addresses (none: for nothing).
    pub fn set_host(&self, name: &str, addresses: Vec<SocketAddr>) {
        let mut state = lock(&self.state);
        if addresses.is_empty() {
            state.hosts.remove(name);
        } else {
            state.hosts.insert(name.into(), addresses);
        }
    }

    /// Lets every send, dial and accept at this address fail as if its own machine were in trouble; or no longer.
    pub fn set_failing(&self, address: SocketAddr, failing: bool) {
        let waker = {
            let mut state = lock(&self.state);
            if failing {
                state.failing.insert(address)
            } else {
                state.failing.remove(&address)
            };
            state.ports.get(&address).cloned()
        };
        if let Some(port) = waker {
            port.stream_waker.wake();
        }
    }

    /// Lets sends of packets to this address never finish (as on a transport whose packets travel on streams); or no longer.
    pub fn set_stalled(&self, address: SocketAddr, stalled: bool) {
        let mut state = lock(&self.state);
        if stalled {
            state.stalled.insert(address)
        } else {
            state.stalled.remove(&address)
        };
    }

    /// Keeps the last so many packets that were sent, for [`recorded`](Self::recorded).
    pub fn record(&self, limit: usize) {
        lock(&self.state).record = Some(Record { limit, packets: VecDeque::new() });
    }

    /// The recorded packets, oldest first: from, to, bytes; lost ones included.
    #[must_use]
    pub fn recorded(&self) -> Vec<(SocketAddr, SocketAddr, Bytes)> {
        lock(&self.state).record.iter().flat_map(|record| record.packets.iter().cloned()).collect()
    }

    /// Puts a packet before a transport, past all conditions.
    pub fn inject(&self, from: SocketAddr, to: SocketAddr, data: impl Into<Bytes>) {
        let port = lock(&self.state).ports.get(&to).cloned();
        if let Some(port) = port {
            port.put_packet(port.born, from, data.into());
        }
    }

    /// Opens a stream to a transport without one of its own, at once.
    ///
    /// # Errors
    /// [`MemoryError::Refused`] if nobody listens there.
    pub fn connect(&self, from: SocketAddr, to: SocketAddr) -> Result<MemoryStream, MemoryError> {
        let port = lock(&self.state).ports.get(&to).cloned().ok_or(MemoryError::Refused(to))?;
        let (ours, theirs) = MemoryStream::pair(self, from, to);
        port.put_stream(from, theirs).map_err(|_| MemoryError::Refused(to))?;
        Ok(ours)
    }

    pub(super) fn host(&self, name: &str) -> Option<Vec<SocketAddr>> {
        lock(&self.state).hosts.get(name).cloned()
    }

    pub(super) fn is_cut(&self, from: SocketAddr, to: SocketAddr) -> bool {
        lock(&self.state).cuts.contains(&(from, to))
    }

    pub(super) fn is_failing(&self, address: SocketAddr) -> bool {
        lock(&self.state).failing.contains(&address)
    }

    pub(super) fn unbind(&self, address: SocketAddr, port: &Arc<Port>) {
        let mut state = lock(&self.state);
        if state.ports.get(&address).is_some_and(|bound| Arc::ptr_eq(bound, port)) {
            state.ports.remove(&address);
        }
    }

    /// The delay of a stream's opening: there and back.
    pub(super) fn stream_delay(&self, from: SocketAddr, to: SocketAddr) -> Duration {
        let mut state = lock(&self.state);
        state.delay(from, to) + state.delay(to, from)
    }

    /// Sends a packet under the conditions of its way.
    pub(super) fn send(&self, from: SocketAddr, to: SocketAddr, data: Bytes, now: Instant) -> Fate {
        let mut state = lock(&self.state);
        if state.failing.contains(&from) {
            return Fate::Fail(MemoryError::OnDemand);
        }
        if state.stalled.contains(&to) {
            return Fate::Stall;
        }
        if let Some(Record { limit, packets }) = &mut state.record {
            if packets.len() >= *limit {
                packets.pop_front();
            }
            packets.push_back((from, to, data.clone()));
        }
        let conditions = state.conditions_of(from, to);
        if state.cuts.contains(&(from, to)) || state.chance(conditions.loss) {
            return Fate::Go;
        }
        let Some(port) = state.ports.get(&to).cloned() else { return Fate::Go };
        let copies = if state.chance(conditions.duplication) { 2 } else { 1 };
        for _ in 0..copies {
            let mut delay = state.delay(from, to);
            if state.chance(conditions.reordering) {
                let back = conditions.delay.end.max(Duration::from_millis(5)) * 2;
                delay += state.between(Duration::ZERO, back);
            }
            port.put_packet(now + delay, from, data.clone());
        }
        Fate::Go
    }
}

impl State {
    fn conditions_of(&self, from: SocketAddr, to: SocketAddr) -> Conditions {
        self.links.get(&(from, to)).unwrap_or(&self.conditions).clone()
    }

    fn delay(&mut self, from: SocketAddr, to: SocketAddr) -> Duration {
        let range = self.conditions_of(from, to).delay;
        self.between(range.start, range.end)
    }

    fn chance(&mut self, probability: f64) -> bool {
        // Thrown even if the outcome is certain, so that a run does not depend on it further on.
        f64::from(self.dice.next_u32()) < probability * 4_294_967_296.0
    }

    fn between(&mut self, from: Duration, to: Duration) -> Duration {
        let share = f64::from(self.dice.next_u32()) / 4_294_967_296.0;
        from + to.saturating_sub(from).mul_f64(share)
    }
}

impl fmt::Debug for MemoryNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryNetwork").field("bound", &self.bound()).finish_non_exhaustive()
    }
}
