//! Many endpoints on a virtual network: latency, loss, cuts, crashes. Packets go through the wire, byte for byte.

use crate::solo::{Addr, Ev, Id, Machine, Msg, addr, decode_packet, packet_size};
use core::{cmp::Reverse, time::Duration};
use memberlist_proto::{
    Instant, LocalNode, Options, RequestId, StreamFailure, StreamRequest, StreamRequestKind, Transmit,
    types::{Ack, Framing, Incarnation, NodeState, Ping, State},
};
use rand_pcg::{
    Pcg64Mcg,
    rand_core::{Rng, SeedableRng},
};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

pub struct Host {
    pub id: Id,
    pub machine: Machine,
    pub up: bool,
    pub events: Vec<(Instant, Ev)>,
    pub packets: u64,
    /// Cut off until then: timers run, what arrives and what is sent waits.
    blocked_until: Option<Instant>,
    outbox: Vec<Outgoing>,
    /// Asleep until then: what arrives waits, timers are late.
    asleep_until: Option<Instant>,
    /// Of what arrives in its sleep, so many are kept (a socket's buffer).
    pub inbox: usize,
    waiting: usize,
    /// How much later than asked each timer fires.
    pub lag: Duration,
    /// When its timer is in `timers`.
    timer: Option<Instant>,
}

enum Outgoing {
    Packet(Transmit<Addr>),
    Stream(StreamRequest<Id, Addr>),
}

enum Delivery {
    Unblock,
    Packet { from: Addr, messages: Vec<Msg> },
    PushPullRequest { from: Addr, id: RequestId, states: Vec<NodeState<Id, Addr>> },
    PushPullReply { id: RequestId, states: Vec<NodeState<Id, Addr>> },
    PingRequest { from: Addr, id: RequestId, ping: Ping<Id, Addr> },
    PingReply { id: RequestId, ack: Ack },
    Failure { id: RequestId, failure: StreamFailure },
}

/// What somebody on the way may have written down.
#[derive(Clone)]
pub enum Recorded {
    Packet { from: Addr, message: Msg },
    States(Vec<NodeState<Id, Addr>>),
}

type Rule = Box<dyn Fn(Id, Id, bool) -> bool>;

pub struct Net {
    pub now: Instant,
    pub hosts: BTreeMap<Addr, Host>,
    pub latency: (Duration, Duration),
    pub loss: f64,
    pub duplicate: f64,
    /// Whether a packet (or, with `true`, a stream) from one to the other is cut.
    pub cut: Rule,
    /// All that was received so far, if it is kept.
    pub recorded: Option<Vec<Recorded>>,
    queue: BinaryHeap<Reverse<(Instant, u64, Addr)>>,
    /// The next timer of each host that is up.
    timers: BTreeSet<(Instant, Addr)>,
    deliveries: BTreeMap<u64, Delivery>,
    next: u64,
    rng: Pcg64Mcg,
    seed: u64,
}

impl Net {
    pub fn new(seed: u64) -> Self {
        Self {
            now: Instant::START + Duration::from_secs(1),
            hosts: BTreeMap::new(),
            latency: (Duration::from_millis(1), Duration::from_millis(5)),
            loss: 0.0,
            duplicate: 0.0,
            cut: Box::new(|_, _, _| false),
            recorded: None,
            queue: BinaryHeap::new(),
            timers: BTreeSet::new(),
            deliveries: BTreeMap::new(),
            next: 0,
            rng: Pcg64Mcg::seed_from_u64(seed),
            seed,
        }
    }

    /// `n` hosts with ids 1..=n that all join host 1, run until all know all.
    pub fn cluster(n: u32, options: &Options, seed: u64) -> Self {
        let mut net = Self::new(seed);
        for id in 1..=n {
            net.start(id, addr(id), options.clone(), 1);
        }
        for id in 2..=n {
            net.join(id, 1);
        }
        assert!(
            net.run_until(Duration::from_secs(60), |net| net.all_see(n as usize)),
            "no full view in 60 s"
        );
        net
    }

    pub fn start(&mut self, id: Id, address: Addr, options: Options, incarnation: u32) {
        self.start_with(LocalNode::new(id, address).with_incarnation(Incarnation::new(incarnation)), options);
    }

    pub fn start_with(&mut self, local: LocalNode<Id, Addr>, options: Options) {
        let (id, address) = (local.node.id, local.node.address);
        self.seed = self.seed.wrapping_mul(31).wrapping_add(u64::from(address));
        let rng = Box::new(Pcg64Mcg::seed_from_u64(self.seed));
        let machine = crate::solo::endpoint(self.now, local, options, &Framing::new(), rng).unwrap();
        let host = Host {
            id,
            machine,
            up: true,
            events: Vec::new(),
            packets: 0,
            blocked_until: None,
            outbox: Vec::new(),
            asleep_until: None,
            inbox: usize::MAX,
            waiting: 0,
            lag: Duration::ZERO,
            timer: None,
        };
        if let Some(old) = self.hosts.insert(address, host)
            && let Some(at) = old.timer
        {
            self.timers.remove(&(at, address));
        }
        self.flush(address);
    }

    pub fn join(&mut self, id: Id, seed: Id) {
        let now = self.now;
        self.with(id, |m| m.join(now, vec![addr(seed)], Default::default()).unwrap());
    }

    pub fn join_from(&mut self, address: Addr, seed: Id) {
        let now = self.now;
        let host = self.hosts.get_mut(&address).unwrap();
        host.machine.join(now, vec![addr(seed)], Default::default()).unwrap();
        self.flush(address);
    }

    /// The host that runs under this id now.
    pub fn host(&self, id: Id) -> &Host {
        self.hosts.values().filter(|h| h.id == id).max_by_key(|h| h.up).unwrap()
    }

    fn address(&self, id: Id) -> Addr {
        *self.hosts.iter().filter(|(_, h)| h.id == id).max_by_key(|(_, h)| h.up).unwrap().0
    }

    pub fn with<T>(&mut self, id: Id, f: impl FnOnce(&mut Machine) -> T) -> T {
        let address = self.address(id);
        let result = f(&mut self.hosts.get_mut(&address).unwrap().machine);
        self.flush(address);
        result
    }

    pub fn crash(&mut self, id: Id) {
        let address = self.address(id);
        self.hosts.get_mut(&address).unwrap().up = false;
        self.rearm(address);
    }

    /// The process stops for a while; what arrives is buffered and handled when it wakes, before its timers.
    pub fn pause(&mut self, id: Id, time: Duration) {
        let address = self.address(id);
        let until = self.now + time;
        self.hosts.get_mut(&address).unwrap().asleep_until = Some(until);
        self.rearm(address);
    }

    /// The network of the host stands still for a while, but its timers run; what is sent goes out when it moves again, and then all
    /// that has arrived is read at once.
    pub fn block(&mut self, id: Id, time: Duration) {
        let address = self.address(id);
        let until = self.now + time;
        self.hosts.get_mut(&address).unwrap().blocked_until = Some(until);
        self.schedule_at(until, address, Delivery::Unblock);
    }

    /// Puts the host's next timer into the list of timers.
    fn rearm(&mut self, address: Addr) {
        let Some(host) = self.hosts.get_mut(&address) else { return };
        let next = host.machine.poll_timeout().filter(|_| host.up).map(|at| {
            let due = (at + host.lag).max(at);
            host.asleep_until.map_or(due, |until| due.max(until + Duration::from_nanos(1)))
        });
        if next != host.timer {
            if let Some(old) = core::mem::replace(&mut host.timer, next) {
                self.timers.remove(&(old, address));
            }
            if let Some(at) = next {
                self.timers.insert((at, address));
            }
        }
    }

    pub fn up(&self) -> impl Iterator<Item = &Host> {
        self.hosts.values().filter(|h| h.up)
    }

    pub fn all_see(&self, members: usize) -> bool {
        self.up().all(|h| h.machine.num_members() == members)
    }

    pub fn state_at(&self, observer: Id, id: Id) -> Option<State> {
        self.host(observer).machine.member(&id).map(|m| m.state)
    }

    pub fn count(&self, observer: Id, name: &str) -> usize {
        self.host(observer).events.iter().filter(|(_, e)| crate::solo::name(e) == name).count()
    }

    pub fn total(&self, name: &str) -> usize {
        self.up().map(|h| self.count(h.id, name)).sum()
    }

    pub fn forget_events(&mut self) {
        self.hosts.values_mut().for_each(|h| h.events.clear());
    }

    pub fn run(&mut self, time: Duration) {
        self.run_until(time, |_| false);
    }

    /// Runs until the condition holds (checked after every event) or the time is over.
    pub fn run_until(&mut self, time: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        let end = self.now + time;
        loop {
            if done(self) {
                return true;
            }
            let timer = self.timers.first().copied();
            let delivery = self.queue.peek().map(|Reverse((at, _, _))| *at);
            // What has arrived is handled before timers that have expired.
            match (delivery, timer) {
                (Some(at), timer) if timer.is_none_or(|(t, _)| at <= t) && at <= end => self.deliver(),
                (_, Some((at, address))) if at <= end => {
                    self.now = self.now.max(at);
                    let now = self.now;
                    // A host that was removed by the test has no timers any more.
                    let Some(host) = self.hosts.get_mut(&address) else {
                        self.timers.remove(&(at, address));
                        continue;
                    };
                    host.asleep_until = host.asleep_until.filter(|until| *until > now);
                    host.machine.handle_timeout(now);
                    self.flush(address);
                }
                _ => {
                    self.now = end;
                    return done(self);
                }
            }
        }
    }

    fn chance(&mut self, p: f64) -> bool {
        p > 0.0 && (self.rng.next_u32() as f64) < p * f64::from(u32::MAX)
    }

    fn delay(&mut self) -> Duration {
        let (low, high) = self.latency;
        let span = (high - low).as_nanos() as u64;
        low + Duration::from_nanos(if span == 0 { 0 } else { self.rng.next_u64() % span })
    }

    fn schedule(&mut self, to: Addr, delivery: Delivery) {
        let at = self.now + self.delay();
        self.schedule_at(at, to, delivery);
    }

    fn schedule_at(&mut self, at: Instant, to: Addr, delivery: Delivery) {
        self.next += 1;
        self.queue.push(Reverse((at, self.next, to)));
        self.deliveries.insert(self.next, delivery);
    }

    fn open(&self, from: Addr, to: Addr, stream: bool) -> bool {
        let id = |a: Addr| self.hosts.get(&a).map_or(0, |h| h.id);
        !(self.cut)(id(from), id(to), stream)
    }

    fn flush(&mut self, address: Addr) {
        self.drain(address);
        self.rearm(address);
    }

    fn drain(&mut self, address: Addr) {
        loop {
            let Some(host) = self.hosts.get_mut(&address) else { return };
            if let Some(event) = host.machine.poll_event() {
                let now = self.now;
                host.events.push((now, event));
                continue;
            }
            let blocked = host.blocked_until.is_some();
            if let Some(transmit) = host.machine.poll_transmit() {
                host.packets += 1;
                if blocked {
                    host.outbox.push(Outgoing::Packet(transmit));
                    continue;
                }
                self.send(address, transmit);
                continue;
            }
            let Some(request) = host.machine.poll_request() else { return };
            if blocked {
                host.outbox.push(Outgoing::Stream(request));
                continue;
            }
            self.carry_out(address, request);
        }
    }

    fn send(&mut self, address: Addr, transmit: Transmit<Addr>) {
        let budget = self.hosts[&address].machine.options().packet_size;
        let size = packet_size(&transmit.messages);
        assert!(size <= budget, "packet of {size} bytes over the budget of {budget}");
        if !self.open(address, transmit.to, false) {
            return;
        }
        let copies = if self.chance(self.duplicate) { 2 } else { 1 };
        for _ in 0..copies {
            if !self.chance(self.loss) {
                let messages = decode_packet(&transmit.messages);
                self.schedule(transmit.to, Delivery::Packet { from: address, messages });
            }
        }
    }

    fn carry_out(&mut self, from: Addr, request: StreamRequest<Id, Addr>) {
        let StreamRequest { id, to, deadline, kind, .. } = request;
        if !self.open(from, to, true) {
            return self.schedule_at(
                deadline,
                from,
                Delivery::Failure { id, failure: StreamFailure::TimedOut },
            );
        }
        if !self.hosts.get(&to).is_some_and(|h| h.up) {
            let failure = StreamFailure::Unreachable("refused".into());
            return self.schedule(from, Delivery::Failure { id, failure });
        }
        match kind {
            StreamRequestKind::PushPull { .. } => {
                let states = self.hosts[&from].machine.local_states();
                self.schedule(to, Delivery::PushPullRequest { from, id, states });
            }
            StreamRequestKind::Ping { target, seq } => {
                let ping = Ping { seq, target: Some(target), source: None };
                self.schedule(to, Delivery::PingRequest { from, id, ping });
            }
            _ => {}
        }
    }

    fn deliver(&mut self) {
        let Some(Reverse((at, key, to))) = self.queue.pop() else { return };
        let Some(delivery) = self.deliveries.remove(&key) else { return };
        self.now = self.now.max(at);
        let now = self.now;
        let Some(host) = self.hosts.get_mut(&to).filter(|h| h.up) else {
            // The dialler sees the connection break.
            if let Delivery::PushPullRequest { from, id, .. } | Delivery::PingRequest { from, id, .. } =
                delivery
            {
                let failure = StreamFailure::Unreachable("reset".into());
                self.schedule(from, Delivery::Failure { id, failure });
            }
            return;
        };
        if let Some(until) = host.asleep_until.filter(|until| *until > now) {
            if host.waiting < host.inbox || !matches!(delivery, Delivery::Packet { .. }) {
                host.waiting += 1;
                self.schedule_at(until, to, delivery);
            }
            return;
        }
        if let Some(until) = host.blocked_until {
            if !matches!(delivery, Delivery::Unblock) {
                return self.schedule_at(until, to, delivery);
            }
            host.blocked_until = None;
            for outgoing in core::mem::take(&mut host.outbox) {
                match outgoing {
                    Outgoing::Packet(transmit) => self.send(to, transmit),
                    Outgoing::Stream(request) if request.deadline > now => self.carry_out(to, request),
                    Outgoing::Stream(request) => {
                        let failure = StreamFailure::TimedOut;
                        self.schedule_at(now, to, Delivery::Failure { id: request.id, failure });
                    }
                }
            }
            return;
        }
        host.waiting = 0;
        match delivery {
            Delivery::Unblock => {}
            Delivery::Packet { from, messages } => {
                for message in messages {
                    if let Some(recorded) = &mut self.recorded {
                        recorded.push(Recorded::Packet { from, message: message.clone() });
                    }
                    host.machine.handle_message(now, from, message);
                }
            }
            Delivery::PushPullRequest { from, id, states } => {
                let reply = host.machine.local_states();
                if let Some(recorded) = &mut self.recorded {
                    recorded.push(Recorded::States(states.clone()));
                    recorded.push(Recorded::States(reply.clone()));
                }
                let _ = host.machine.handle_push_pull(now, None, states);
                self.schedule(from, Delivery::PushPullReply { id, states: reply });
            }
            Delivery::PushPullReply { id, states } => {
                let _ = host.machine.handle_push_pull(now, Some(id), states);
            }
            Delivery::PingRequest { from, id, ping } => {
                if let Some(ack) = host.machine.handle_stream_ping(now, &ping) {
                    self.schedule(from, Delivery::PingReply { id, ack });
                }
            }
            Delivery::PingReply { id, ack } => host.machine.handle_stream_ack(now, id, &ack),
            Delivery::Failure { id, failure } => host.machine.handle_stream_failure(now, id, failure),
        }
        self.flush(to);
    }
}
