//! A node of the crate `foca` 2.0.0, which has no I/O: around it the thinnest loop over a UDP socket and tokio's timer.

use crate::compare::{
    Contender, Fault, Received, Settings,
    contender::{GOSSIP_INTERVAL, GOSSIP_NODES, PROBE_INTERVAL, PROBE_TIMEOUT, SUSPICION_MULT, number},
};
use bytes::Bytes;
use foca::{
    AccumulatingRuntime, BroadcastHandler, Config, Foca, Invalidates, Member, OwnedNotification,
    PeriodicParams, PostcardCodec, Timer,
};
use rand_pcg::Pcg64Mcg;
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashSet},
    convert::Infallible,
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    net::UdpSocket,
    sync::{Notify, mpsc},
    time::{Instant, sleep_until, timeout},
};

/// A node of `foca` 2.0.0; its address is its whole identity.
#[derive(Clone)]
pub struct FocaUdp {
    address: SocketAddr,
    shared: Arc<Shared>,
    orders: mpsc::UnboundedSender<Order>,
}

#[derive(Debug)]
struct Shared {
    received: Arc<Received>,
    /// Members, itself included.
    view: AtomicUsize,
    bytes_sent: AtomicU64,
    joined: Notify,
}

enum Order {
    Join(SocketAddr),
    Tell(Vec<SocketAddr>),
    Leave,
    Broadcast(Bytes),
    Stop,
}

/// Tells broadcasts apart by their number.
struct News {
    received: Arc<Received>,
    seen: HashSet<u64>,
}

struct Key(u64);

impl Invalidates for Key {
    fn invalidates(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl BroadcastHandler<SocketAddr> for News {
    type Key = Key;
    type Error = Infallible;

    fn receive_item(&mut self, data: &[u8], sender: Option<&SocketAddr>) -> Result<Option<Key>, Infallible> {
        let Some(id) = number(data).filter(|id| self.seen.insert(*id)) else { return Ok(None) };
        if sender.is_some() {
            self.received.note(data);
        }
        Ok(Some(Key(id)))
    }
}

/// Due at a moment; of two at once, the one that was set first.
struct Due {
    at: Instant,
    order: u64,
    timer: Timer<SocketAddr>,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// The crate's own numbers for a LAN of this size, with the intervals that all have.
fn config(settings: &Settings) -> Config {
    let size = u32::try_from(settings.nodes).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
    let mut config = Config::new_lan(size);
    config.probe_period = settings.probe_interval();
    config.probe_rtt = PROBE_TIMEOUT;
    // As the others have it: the multiplier, times log10 of the size where that exceeds 1.
    let factor = f64::from(SUSPICION_MULT) * f64::from(size.get()).log10().max(1.0);
    config.suspect_to_down_after = PROBE_INTERVAL.mul_f64(factor);
    if let (Some(num_members), Some(packet)) = (NonZeroUsize::new(GOSSIP_NODES), NonZeroUsize::new(1_400)) {
        config.periodic_gossip = Some(PeriodicParams { frequency: GOSSIP_INTERVAL, num_members });
        config.max_packet_size = packet;
    }
    config
}

struct Loop {
    foca: Foca<SocketAddr, PostcardCodec, Pcg64Mcg, News>,
    runtime: AccumulatingRuntime<SocketAddr>,
    socket: UdpSocket,
    timers: BinaryHeap<Reverse<Due>>,
    set: u64,
    shared: Arc<Shared>,
}

impl Loop {
    async fn run(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
        let mut packet = vec![0; 65_536];
        loop {
            self.drain();
            let far = Instant::now() + Duration::from_secs(3_600);
            let next = self.timers.peek().map_or(far, |due| due.0.at);
            // What it refuses, it refuses: another packet, another timer will come.
            tokio::select! {
                read = self.socket.recv_from(&mut packet) => {
                    if let Some(data) = read.ok().and_then(|(length, _)| packet.get(..length)) {
                        let _ = self.foca.handle_data(data, &mut self.runtime);
                    }
                }
                () = sleep_until(next) => {
                    while let Some(due) = self.timers.peek() {
                        if due.0.at > Instant::now() {
                            break;
                        }
                        if let Some(Reverse(due)) = self.timers.pop() {
                            let _ = self.foca.handle_timer(due.timer, &mut self.runtime);
                        }
                    }
                }
                order = orders.recv() => match order {
                    Some(Order::Join(seed)) => drop(self.foca.announce(seed, &mut self.runtime)),
                    Some(Order::Tell(members)) => {
                        let members = members.into_iter().map(Member::alive);
                        drop(self.foca.apply_many(members, false, &mut self.runtime));
                    }
                    Some(Order::Leave) => drop(self.foca.leave_cluster(&mut self.runtime)),
                    Some(Order::Broadcast(payload)) => drop(self.foca.add_broadcast(&payload)),
                    Some(Order::Stop) | None => return,
                }
            }
        }
    }

    /// Does what it asks for.
    fn drain(&mut self) {
        while let Some((to, data)) = self.runtime.to_send() {
            if self.socket.try_send_to(&data, to).is_ok() {
                self.shared.bytes_sent.fetch_add(data.len() as u64, Relaxed);
            }
        }
        while let Some((after, timer)) = self.runtime.to_schedule() {
            self.set += 1;
            self.timers.push(Reverse(Due { at: Instant::now() + after, order: self.set, timer }));
        }
        while let Some(notification) = self.runtime.to_notify() {
            if matches!(notification, OwnedNotification::Active) {
                self.shared.joined.notify_one();
            }
        }
        self.shared.view.store(self.foca.num_members() + 1, Relaxed);
    }
}

impl FocaUdp {
    fn order(&self, order: Order) -> Result<(), Fault> {
        self.orders.send(order).map_err(|_| Fault::Failed("has ended".into()))
    }
}

impl Contender for FocaUdp {
    async fn start(number: usize, settings: &Settings) -> Result<Self, Fault> {
        if settings.sealed {
            return Err(Fault::Lacking("no encryption".into()));
        }
        let socket = UdpSocket::bind("127.0.0.1:0").await.map_err(|error| Fault::failed("bind", error))?;
        let address = socket.local_addr().map_err(|error| Fault::failed("bind", error))?;
        let received = Arc::new(Received::new(settings));
        let news = News { received: Arc::clone(&received), seen: HashSet::new() };
        let shared = Arc::new(Shared {
            received,
            view: AtomicUsize::new(1),
            bytes_sent: AtomicU64::new(0),
            joined: Notify::new(),
        });
        let dice = Pcg64Mcg::new(u128::from(address.port()) << 64 | number as u128);
        let foca = Foca::with_custom_broadcast(address, config(settings), dice, PostcardCodec, news);
        let (orders, taken) = mpsc::unbounded_channel();
        let (runtime, timers) = (AccumulatingRuntime::new(), BinaryHeap::new());
        let node = Loop { foca, runtime, socket, timers, set: 0, shared: Arc::clone(&shared) };
        tokio::spawn(node.run(taken));
        Ok(Self { address, shared, orders })
    }

    fn address(&self) -> SocketAddr {
        self.address
    }

    fn received(&self) -> &Received {
        &self.shared.received
    }

    async fn stop(self) {
        let _ = self.order(Order::Stop);
    }

    async fn join(&self, seed: SocketAddr) -> Result<(), Fault> {
        // It asks once, in a packet that may be lost.
        for _ in 0..10 {
            self.order(Order::Join(seed))?;
            if timeout(PROBE_TIMEOUT, self.shared.joined.notified()).await.is_ok() {
                return Ok(());
            }
        }
        Err(Fault::Failed("join: no answer".into()))
    }

    async fn view(&self) -> usize {
        self.shared.view.load(Relaxed)
    }

    async fn tell(&self, members: &[SocketAddr]) -> Result<(), Fault> {
        self.order(Order::Tell(members.to_vec()))
    }

    async fn leave(&self) -> Result<(), Fault> {
        self.order(Order::Leave)
    }

    async fn broadcast(&self, payload: Bytes) -> Result<(), Fault> {
        self.order(Order::Broadcast(payload))
    }

    fn bytes_sent(&self) -> Option<u64> {
        Some(self.shared.bytes_sent.load(Relaxed))
    }
}
