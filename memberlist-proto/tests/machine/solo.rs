//! One endpoint and a hand-moved clock.

use bytes::Bytes;
use core::time::Duration;
use memberlist_proto::{
    CreateError, Endpoint, EndpointRng, Event, Instant, LocalNode, Member, Options, RequestId, StreamRequest,
    Transmit,
    types::{
        Ack, Alive, Dead, Framing, Incarnation, IndirectPing, Layers, Message, Meta, Nack, NativeWire, Node,
        NodeState, Ping, SequenceNumber, State, Suspect, Versions, Wire,
    },
};
use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};

pub type Id = u32;
pub type Addr = u16;
pub type Msg = Message<Id, Addr>;
#[cfg(not(feature = "shared-store"))]
pub type Machine = Endpoint<Id, Addr, NativeWire>;
/// With the store for simulations, all tests run with it and the dense one in lock-step.
#[cfg(feature = "shared-store")]
pub type Machine = Endpoint<Id, Addr, NativeWire, memberlist_proto::Lockstep<Id, Addr>>;
pub type Ev = Event<Id, Addr>;

pub const ME: Id = 1;

pub fn secs(s: u64) -> Duration {
    Duration::from_secs(s)
}

pub fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub fn inc(value: u32) -> Incarnation {
    Incarnation::new(value)
}

/// The address of a node, by convention: its id plus 1,000.
pub fn addr(id: Id) -> Addr {
    1_000 + id as u16
}

pub fn node(id: Id) -> Node<Id, Addr> {
    Node::new(id, addr(id))
}

pub fn alive(id: Id, incarnation: u32) -> Alive<Id, Addr> {
    Alive {
        incarnation: inc(incarnation),
        node: node(id),
        meta: Meta::EMPTY,
        versions: Some(Versions::default()),
        layers: Layers::BASE,
    }
}

pub fn suspect(id: Id, incarnation: u32, from: Id) -> Suspect<Id> {
    Suspect { incarnation: inc(incarnation), node: id, from }
}

pub fn dead(id: Id, incarnation: u32, from: Id) -> Dead<Id> {
    Dead { incarnation: inc(incarnation), node: id, from }
}

pub fn state_of(id: Id, incarnation: u32, state: State) -> NodeState<Id, Addr> {
    NodeState {
        node: node(id),
        meta: Meta::EMPTY,
        incarnation: inc(incarnation),
        state,
        versions: Some(Versions::default()),
        layers: Layers::BASE,
    }
}

/// As [`Endpoint::new`], with the store of these tests.
pub fn endpoint(
    now: Instant,
    local: LocalNode<Id, Addr>,
    options: Options,
    framing: &Framing,
    rng: EndpointRng,
) -> Result<Machine, CreateError> {
    #[cfg(not(feature = "shared-store"))]
    return Endpoint::new(now, local, options, framing, NativeWire, rng);
    #[cfg(feature = "shared-store")]
    {
        // All machines of a test (and of others, which does no harm) know of each other's members.
        std::thread_local!(static COMMON: memberlist_proto::Common<Id, Addr> = memberlist_proto::Common::new());
        let store = COMMON.with(memberlist_proto::Lockstep::new);
        Endpoint::with_store(now, local, options, framing, NativeWire, rng, store)
    }
}

pub fn machine(id: Id, options: Options, seed: u64) -> Machine {
    let rng = Box::new(Pcg64Mcg::seed_from_u64(seed));
    let local = LocalNode::new(id, addr(id));
    endpoint(Instant::START, local, options, &Framing::new(), rng).unwrap()
}

pub fn decode_packet(messages: &[Bytes]) -> Vec<Msg> {
    let framing = Framing::new();
    let wire = NativeWire;
    let packet = Wire::<Id, Addr>::encode_packet(&wire, &framing, messages).unwrap();
    let mut out = Vec::new();
    wire.decode_packet(&framing, packet, &mut |message| out.push(message.unwrap())).unwrap();
    out
}

pub fn packet_size(messages: &[Bytes]) -> usize {
    Wire::<Id, Addr>::encode_packet(&NativeWire, &Framing::new(), messages).unwrap().len()
}

/// Options for rules that are tested one by one: the LAN values without the rounds that would talk in between.
pub fn quiet() -> Options {
    let mut options = Options::lan();
    options.probe_interval = secs(1);
    options.gossip_interval = Duration::ZERO;
    options.push_pull_interval = Duration::ZERO;
    options.healing = false;
    options
}

/// An endpoint with what it put out so far.
pub struct Solo {
    pub machine: Machine,
    pub now: Instant,
    pub events: Vec<Ev>,
    pub sent: Vec<(Addr, Vec<Msg>)>,
    pub raw: Vec<Transmit<Addr>>,
    pub requests: Vec<StreamRequest<Id, Addr>>,
}

impl Solo {
    pub fn new(options: Options) -> Self {
        Self::seeded(options, 1)
    }

    pub fn seeded(options: Options, seed: u64) -> Self {
        let mut solo = Self {
            machine: machine(ME, options, seed),
            now: Instant::START,
            events: Vec::new(),
            sent: Vec::new(),
            raw: Vec::new(),
            requests: Vec::new(),
        };
        solo.drain();
        solo.clear();
        solo
    }

    /// With these members, known at incarnation 1; what that put out is forgotten.
    pub fn with_members(options: Options, ids: impl IntoIterator<Item = Id>) -> Self {
        let mut solo = Self::new(options);
        for id in ids {
            solo.hear(id, Message::Alive(alive(id, 1)));
        }
        solo.clear();
        solo
    }

    pub fn drain(&mut self) {
        while let Some(transmit) = self.machine.poll_transmit() {
            self.sent.push((transmit.to, decode_packet(&transmit.messages)));
            self.raw.push(transmit);
        }
        while let Some(request) = self.machine.poll_request() {
            self.requests.push(request);
        }
        while let Some(event) = self.machine.poll_event() {
            self.events.push(event);
        }
    }

    pub fn clear(&mut self) {
        self.events.clear();
        self.sent.clear();
        self.raw.clear();
        self.requests.clear();
    }

    /// A message from the node `from`, at its usual address.
    pub fn hear(&mut self, from: Id, message: Msg) {
        self.hear_from(addr(from), message);
    }

    pub fn hear_from(&mut self, from: Addr, message: Msg) {
        self.machine.handle_message(self.now, from, message);
        self.drain();
    }

    pub fn merge(&mut self, request: Option<RequestId>, states: Vec<NodeState<Id, Addr>>) {
        self.machine.handle_push_pull(self.now, request, states).unwrap();
        self.drain();
    }

    /// Moves the clock; every timer fires at its own time.
    pub fn advance(&mut self, by: Duration) {
        let end = self.now + by;
        while let Some(at) = self.machine.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.machine.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    /// Moves the clock to the very moment when a direct probe ping goes out; its target and number.
    pub fn until_probe(&mut self) -> (Id, SequenceNumber) {
        for _ in 0..1_000 {
            let before = self.raw.len();
            let at = self.machine.poll_timeout().expect("a timer");
            self.advance(at.since(self.now));
            for (transmit, (_, messages)) in self.raw.iter().zip(&self.sent).skip(before) {
                if let (Some(seq), Some(Message::Ping(ping))) = (transmit.probe, messages.first()) {
                    return (ping.target.unwrap(), seq);
                }
            }
        }
        panic!("no probe in a thousand timers");
    }

    /// Moves the clock; every probe is answered at once.
    pub fn advance_answering(&mut self, by: Duration) {
        let end = self.now + by;
        let mut seen = self.raw.len();
        while let Some(at) = self.machine.poll_timeout().filter(|at| *at <= end) {
            self.advance(at.since(self.now));
            let open: Vec<_> = self.raw.iter().skip(seen).filter_map(|t| Some((t.to, t.probe?))).collect();
            for (to, seq) in open {
                self.hear_from(to, Message::Ack(Ack { seq, payload: Bytes::new() }));
            }
            seen = self.raw.len();
        }
        self.advance(end.since(self.now));
    }

    pub fn ack(&mut self, from: Id, seq: SequenceNumber) {
        self.hear(from, Message::Ack(Ack { seq, payload: Bytes::new() }));
    }

    pub fn nack(&mut self, from: Id, seq: SequenceNumber) {
        self.hear(from, Message::Nack(Nack { seq }));
    }

    pub fn member(&self, id: Id) -> Option<Member<Id, Addr>> {
        self.machine.member(&id)
    }

    pub fn state(&self, id: Id) -> Option<State> {
        self.member(id).map(|m| m.state)
    }

    /// All messages sent so far, with their destinations.
    pub fn messages(&self) -> impl Iterator<Item = (Addr, &Msg)> {
        self.sent.iter().flat_map(|(to, messages)| messages.iter().map(|m| (*to, m)))
    }

    pub fn indirect_pings(&self) -> Vec<(Addr, IndirectPing<Id, Addr>)> {
        self.messages()
            .filter_map(|(to, m)| if let Message::IndirectPing(p) = m { Some((to, p.clone())) } else { None })
            .collect()
    }

    pub fn pings(&self) -> Vec<(Addr, Ping<Id, Addr>)> {
        self.messages()
            .filter_map(|(to, m)| if let Message::Ping(p) = m { Some((to, p.clone())) } else { None })
            .collect()
    }

    pub fn acks(&self) -> Vec<(Addr, SequenceNumber)> {
        self.messages()
            .filter_map(|(to, m)| if let Message::Ack(a) = m { Some((to, a.seq)) } else { None })
            .collect()
    }

    pub fn own_alives(&self) -> usize {
        self.messages().filter(|(_, m)| matches!(m, Message::Alive(a) if a.node.id == ME)).count()
    }

    pub fn incarnation(&self) -> u32 {
        self.machine.local().incarnation.value()
    }
}

/// The application's bytes in a message, if it carries any.
pub fn user_bytes(message: &Msg) -> Option<&Bytes> {
    match message {
        Message::User(payload) => Some(payload),
        Message::Broadcast(broadcast) => Some(&broadcast.payload),
        _ => None,
    }
}

/// What an event is, for comparing logs.
pub fn name(event: &Ev) -> &'static str {
    match event {
        Event::Joined(_) => "joined",
        Event::Left(_) => "left",
        Event::Failed { .. } => "failed",
        Event::Updated { .. } => "updated",
        Event::Suspected { .. } => "suspected",
        Event::Recovered { .. } => "recovered",
        Event::Removed(_) => "removed",
        Event::Conflict { .. } => "conflict",
        Event::Refuted { .. } => "refuted",
        Event::IncarnationExhausted => "exhausted",
        Event::HealthChanged { .. } => "health",
        Event::User { .. } => "user",
        Event::PingCompleted { .. } => "ping_completed",
        Event::PingFailed { .. } => "ping_failed",
        Event::ProbeAborted { .. } => "probe_aborted",
        Event::JoinProgress { .. } => "join_progress",
        Event::JoinFinished { .. } => "join_finished",
        Event::LeaveFinished { .. } => "leave_finished",
        Event::BroadcastFinished { .. } => "broadcast_finished",
        Event::Idle => "idle",
        Event::Active => "active",
        Event::Rejected(_) => "rejected",
        _ => "other",
    }
}

/// The names of the events so far that concern membership.
pub fn names(events: &[Ev]) -> Vec<&'static str> {
    let other = ["health", "broadcast_finished", "ping_completed", "idle", "active"];
    events.iter().map(name).filter(|n| !other.contains(n)).collect()
}
