//! M8: reading the members while they change.

use crate::{
    Case, Row,
    crowd::{Addr, INCARNATION, Name, alive, encoded, node, wire},
};
use agnostic::tokio::TokioRuntime;
use bytes::Bytes;
use memberlist_core::{
    Memberlist, NativeWire, Options, VoidDelegate,
    memory::{MemoryNetwork, MemoryTransport},
    types::{Framing, Incarnation},
};
use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

type Real = Memberlist<MemoryTransport<TokioRuntime>, VoidDelegate<Name, Addr>, NativeWire>;

const SIZE: u32 = 10_000;
/// Updates in a packet.
const UPDATES: u32 = 20;

pub(super) fn row() -> Row {
    let mut row = Row::new("M8", "Reading the members of a node in use: 10,000 of them");
    row.add(|| snapshot("snapshot(), nothing changes", 0, 0));
    row.add(|| snapshot("snapshot(), 10,000 updates a second", 10_000, 0).targets(1_000.0, 50.0));
    row.add(|| snapshot("snapshot(), 10,000 updates a second, another reader", 10_000, 1));
    row.add(|| snapshot("snapshot(), 10,000 updates a second, 15 other readers", 10_000, 15));
    row.add(|| members("members() (a copy of all), 10,000 updates a second", 10_000, 0));
    row.add(|| {
        let cluster = Cluster::start(0, 0);
        let name = node(SIZE / 2).id;
        Case::new("member(id)", move || cluster.node.member(&name).is_some())
    });
    row
}

fn snapshot(name: &str, updates: u32, readers: usize) -> Case {
    let cluster = Cluster::start(updates, readers);
    Case::new(name, move || black_box(cluster.node.snapshot()).len())
}

fn members(name: &str, updates: u32, readers: usize) -> Case {
    let cluster = Cluster::start(updates, readers);
    Case::new(name, move || black_box(cluster.node.members()).len())
}

/// A node that knows a crowd of which nobody exists, and what disturbs the one who reads. Ends with the case.
struct Cluster {
    node: Real,
    end: Arc<AtomicBool>,
    others: Vec<JoinHandle<()>>,
    _runtime: tokio::runtime::Runtime,
}

impl Cluster {
    fn start(updates: u32, readers: usize) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("threads can be started");
        let network = MemoryNetwork::new(1);
        let own = node(u32::MAX >> 8);
        let mut options = Options::lan();
        options.protocol.probe_interval = Duration::ZERO;
        options.protocol.gossip_interval = Duration::ZERO;
        options.protocol.push_pull_interval = Duration::ZERO;
        (options.protocol.max_peer_bytes, options.protocol.max_peer_messages) = (0, 0);
        let transport = network.bind(own.address).expect("nobody else is there");
        let node = runtime.block_on(Real::start(own.id, transport, options)).expect("the options are right");
        for first in (0..SIZE).step_by(UPDATES as usize) {
            network.inject(crate::crowd::node(first).address, own.address, packet(first, INCARNATION));
        }
        while node.num_members() <= SIZE as usize {
            std::thread::sleep(Duration::from_millis(1));
        }
        let end = Arc::new(AtomicBool::new(false));
        let mut others = Vec::new();
        if updates > 0 {
            let end = Arc::clone(&end);
            others.push(std::thread::spawn(move || write(&network, own.address, updates, &end)));
        }
        for _ in 0..readers {
            let (node, end) = (node.clone(), Arc::clone(&end));
            others.push(std::thread::spawn(move || {
                while !end.load(Ordering::Relaxed) {
                    black_box(node.snapshot());
                    std::thread::sleep(Duration::from_millis(1));
                }
            }));
        }
        Self { node, end, others, _runtime: runtime }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        self.others.drain(..).for_each(|other| drop(other.join()));
    }
}

fn packet(first: u32, incarnation: Incarnation) -> Bytes {
    let messages: Vec<_> = (first..first + UPDATES).map(|n| encoded(&alive(n, incarnation))).collect();
    wire().encode_packet(&Framing::new(), &messages).expect("it is on the wire")
}

/// Signs of life with ever higher incarnations, so many a second.
fn write(network: &MemoryNetwork, to: Addr, updates: u32, end: &AtomicBool) {
    let started = Instant::now();
    let (mut sent, mut incarnation) = (0u32, INCARNATION);
    while !end.load(Ordering::Relaxed) {
        let due = started.elapsed().as_secs_f64() * f64::from(updates);
        while f64::from(sent) < due {
            let first = sent % SIZE;
            if first == 0 {
                incarnation = incarnation.next();
            }
            network.inject(node(first).address, to, packet(first, incarnation));
            sent += UPDATES;
        }
        std::thread::sleep(Duration::from_micros(500));
    }
}
