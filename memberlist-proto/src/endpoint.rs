//! The machine itself: its state, and one line for each input that says which room handles it.

use crate::{
    AddressChange, CommandError, CreateError, Event, Instant, JoinId, Member, Messages, Options, PingId,
    RequestId, Stats, StreamRequest, StreamRequestKind, Transmit,
    awareness::Awareness,
    budget::PeerBudget,
    event::{BroadcastId, RejectReason},
    members::{Dense, MemberKey, Profile, Record, Store},
    queue::{Broadcasts, Fairness},
    random, scale,
    timer::{TimerKey, Timers},
};
use alloc::{
    boxed::Box,
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    vec::Vec,
};
use bytes::Bytes;
use core::time::Duration;
use hashbrown::HashMap;
use memberlist_types::{
    Address, Framing, Id, Incarnation, Layers, Message, Meta, Node, NodeState, SequenceNumber, State,
    Versions, Wire,
};

mod admission;
mod alive;
mod compatibility;
mod dead;
mod forgotten;
mod gossip;
mod heal;
mod heard;
mod join;
mod leave;
mod pending;
mod ping;
mod prefetch;
mod probe;
mod push;
mod push_pull;
mod reads;
mod refute;
mod relay;
#[cfg(feature = "shared-store")]
mod shared;
mod stall;
mod suspect;
mod update;
mod user;
mod verify;
mod workspace;

pub use compatibility::VersionCheck;
pub use join::JoinOptions;
pub use prefetch::Prefetch;
pub use push::{Accumulator, Outputs};
pub use push_pull::{Merge, StateCursor};
pub use workspace::Workspace;

/// Randomness for an [`Endpoint`]: the same seed and the same inputs give the same outputs, byte for byte.
pub type EndpointRng = Box<dyn rand_core::Rng + Send + Sync>;

/// Packets waiting for the driver at most; beyond, the newest is dropped and counted.
const MAX_TRANSMITS: usize = 65_536;

/// How long after the deadline of a stream its outcome is waited for.
const REPORT_GRACE: Duration = Duration::from_secs(1);

/// What an endpoint says of itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LocalNode<I, A> {
    /// Name and advertised address.
    pub node: Node<I, A>,
    /// Metadata. Default: none.
    pub meta: Meta,
    /// Versions. Default: this implementation's, and an application protocol of 0.
    pub versions: Versions,
    /// Which layers of frames it can read. Default: all that are compiled in.
    pub layers: Layers,
    /// The incarnation to start with, at least 1 (the default). Wall-clock seconds make a restart overrule what
    /// others remember of the process before it.
    pub incarnation: Incarnation,
}

impl<I, A> LocalNode<I, A> {
    /// A node without metadata, with default versions, at incarnation 1.
    pub fn new(id: I, address: A) -> Self {
        Self {
            node: Node::new(id, address),
            meta: Meta::EMPTY,
            versions: Versions::default(),
            layers: Layers::compiled_in(),
            incarnation: Incarnation::new(1),
        }
    }

    /// With this metadata.
    #[must_use]
    pub fn with_meta(mut self, meta: Meta) -> Self {
        self.meta = meta;
        self
    }

    /// With these versions.
    #[must_use]
    pub fn with_versions(mut self, versions: Versions) -> Self {
        self.versions = versions;
        self
    }

    /// Reading these layers.
    #[must_use]
    pub fn with_layers(mut self, layers: Layers) -> Self {
        self.layers = layers;
        self
    }

    /// Starting at this incarnation (0 becomes 1).
    #[must_use]
    pub fn with_incarnation(mut self, incarnation: Incarnation) -> Self {
        self.incarnation = incarnation;
        self
    }
}

/// What an endpoint has to know of how its packets are wrapped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FramingFacts {
    /// Bytes that the wrapping takes.
    pub(crate) overhead: usize,
    /// Whether everybody reads it.
    pub(crate) base: bool,
}

/// The protocol of one node as a pure state machine.
///
/// Give it inputs (`handle_*`, commands), then drain its outputs (`poll_*`) until each is `None`, and call
/// [`handle_timeout`](Endpoint::handle_timeout) when the time comes that [`poll_timeout`](Endpoint::poll_timeout) names.
/// Packets that have already arrived must be handed in before expired timers, so that a process that was paused does not
/// suspect others for its own sleep.
///
/// ```
/// use memberlist_proto::{Endpoint, Event, Instant, LocalNode, Options, types::{Framing, NativeWire}};
/// use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};
///
/// let local = LocalNode::new(1u64, "127.0.0.1:7946".parse::<core::net::SocketAddr>()?);
/// let rng = Box::new(Pcg64Mcg::seed_from_u64(7));
/// let mut endpoint = Endpoint::new(Instant::START, local, Options::lan(), &Framing::new(), NativeWire, rng)?;
/// assert!(matches!(endpoint.poll_event(), Some(Event::Joined(me)) if me.node.id == 1));
/// assert_eq!(endpoint.num_members(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `M` is where it keeps what it knows of others; there is no reason to choose another one than the default outside a simulation.
pub struct Endpoint<I, A, W, M = Dense<I, A>> {
    /// Often the same for many endpoints of one process.
    options: Arc<Options>,
    wire: W,
    rng: EndpointRng,
    started_at: Instant,
    /// The incarnation that this endpoint started with: what others may plausibly have, too.
    seed_incarnation: Incarnation,
    /// When our own incarnation was last taken for the measure of accusations.
    trusted_at: Instant,
    me: MemberKey,
    id: I,
    members: M,
    awareness: Awareness,
    timers: Timers<Timer<A>>,
    membership: Broadcasts<I>,
    user: Broadcasts<Bytes>,
    heard: heard::Heard,
    hearing: stall::Hearing<I>,
    forgotten: forgotten::Forgotten<I, A>,
    searches: suspect::Searches,
    next_broadcast: u64,
    fairness: Fairness,
    budget: PeerBudget<A>,
    /// Bytes of a packet that messages and their own overheads may fill.
    room: usize,
    /// Bytes of the largest payload; known from the start, because neither our name nor the room ever change.
    max_payload: usize,
    next_seq: SequenceNumber,
    next_token: u64,
    /// Pings that wait for their ack, by number.
    pending: pending::Pending<ping::Pending<I, A>>,
    /// Streams that were asked for and have not been reported on.
    requests: HashMap<RequestId, push_pull::Purpose<I, A>>,
    /// Those of them whose answer is being merged, and when the last slice was.
    merging: HashMap<RequestId, Instant>,
    probe: Option<probe::Probe<I, A>>,
    relays: usize,
    /// Whether there is a live member besides ourselves.
    in_company: bool,
    /// Statements that come in now are not passed on.
    quiet: bool,
    gossip_timer: Option<TimerKey>,
    last_gossip: Option<Instant>,
    /// Whom the last gossip rounds went to, the oldest first.
    gossiped_to: VecDeque<I>,
    probing: Option<TimerKey>,
    push_pull_timer: Option<TimerKey>,
    settling: Option<push_pull::Settling>,
    joins: BTreeMap<JoinId, join::Join<A>>,
    healing: heal::Healing<I, A>,
    verifications: Vec<verify::Verification<I, A>>,
    leaving: Option<leave::Leaving>,
    ack_payload: Bytes,
    /// Behind a pointer, so that a driver of many endpoints can lend the same one to all.
    work: Option<Box<Workspace<I, A>>>,
    stats: Stats,
    /// When a refusal was last reported, for each reason that ever was.
    last_rejected: BTreeMap<RejectReason, Instant>,
}

/// An empty queue of outputs keeps memory for so many.
const KEPT_OUTPUTS: usize = 16;

/// Takes the first of a queue of outputs. A burst, such as the ten thousand members that a join brings, does not hold its memory for ever.
#[inline]
fn take_first<T>(queue: &mut VecDeque<T>) -> Option<T> {
    let first = queue.pop_front()?;
    if queue.is_empty() {
        if queue.capacity() > KEPT_OUTPUTS {
            *queue = VecDeque::new();
        }
        // It begins at its first place again, and not at one that was not used for long and is in no near cache.
        queue.clear();
    }
    Some(first)
}

/// What a timer is for.
#[derive(Clone, Debug)]
enum Timer<A> {
    ProbeTick,
    ProbeDirectExpired(SequenceNumber),
    ProbeExpired(SequenceNumber),
    ProbeSettled(SequenceNumber),
    RelayNack(SequenceNumber),
    PendingExpired(SequenceNumber),
    SuspicionExpired(MemberKey),
    Gossip,
    PushPull,
    Settle,
    Reap(MemberKey),
    JoinRetry(JoinId, A, u32),
    Heal,
    VerifyRetry(u64),
    VerifyExpired(u64),
    RequestExpired(RequestId),
}

impl<I: Id, A: Address, W: Wire<I, A>> Endpoint<I, A, W> {
    /// Makes the endpoint, alive and alone. Reports itself with [`Event::Joined`].
    ///
    /// `framing` is that of packets: it tells how much room the wrapping takes, and whether it matters what peers can read of it.
    ///
    /// # Errors
    /// If an option is inconsistent, or the node's name, metadata or versions are not acceptable.
    pub fn new(
        now: Instant,
        local: LocalNode<I, A>,
        options: Options,
        framing: &Framing,
        wire: W,
        rng: EndpointRng,
    ) -> Result<Self, CreateError> {
        Self::with_store(now, local, options, framing, wire, rng, Dense::new())
    }
}

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    /// As [`new`](Endpoint::new), with another store of members: a fresh one, of which nobody is a member yet. Endpoints can share their options.
    ///
    /// # Errors
    /// As [`new`](Endpoint::new).
    pub fn with_store(
        now: Instant,
        local: LocalNode<I, A>,
        options: impl Into<Arc<Options>>,
        framing: &Framing,
        wire: W,
        rng: EndpointRng,
        members: M,
    ) -> Result<Self, CreateError> {
        let facts = FramingFacts { overhead: wire.packet_overhead(framing), base: wire.is_base(framing) };
        Self::with_facts(now, local, options.into(), facts, wire, rng, members)
    }

    /// As [`with_store`](Endpoint::with_store), for a framing of which only this is known.
    pub(crate) fn with_facts(
        now: Instant,
        local: LocalNode<I, A>,
        options: Arc<Options>,
        framing: FramingFacts,
        wire: W,
        mut rng: EndpointRng,
        mut members: M,
    ) -> Result<Self, CreateError> {
        options.validate()?;
        if !update::speaks_what_it_understands(local.versions) {
            return Err(CreateError::Versions(local.versions));
        }
        local.meta.check(options.max_meta_size).map_err(CommandError::from)?;
        let incarnation = local.incarnation.max(Incarnation::new(1));
        let profile = Profile { meta: local.meta.clone(), versions: local.versions, layers: local.layers };
        // Nobody's layers matter where we send nothing but what everybody reads.
        if !framing.base {
            members.index_addresses();
        }
        let me = members.insert(local.node.clone(), profile, incarnation, now, &mut rng);
        let room = options.packet_size.saturating_sub(framing.overhead);
        let mut endpoint = Self {
            awareness: Awareness::new(options.awareness_max),
            timers: Timers::new(now),
            membership: Broadcasts::new(),
            user: Broadcasts::new(),
            heard: heard::Heard::new(),
            hearing: stall::Hearing::new(now),
            forgotten: forgotten::Forgotten::new(),
            searches: suspect::Searches::new(now),
            next_broadcast: rng.next_u32().into(),
            fairness: Fairness::default(),
            budget: PeerBudget::new(
                options.max_peer_bytes,
                options.max_peer_messages,
                admission::MAX_BUDGETS,
            ),
            room,
            max_payload: 0,
            next_seq: SequenceNumber(rng.next_u32()),
            next_token: 0,
            pending: pending::Pending::new(),
            requests: HashMap::new(),
            merging: HashMap::new(),
            probe: None,
            relays: 0,
            in_company: false,
            quiet: false,
            gossip_timer: None,
            last_gossip: None,
            gossiped_to: VecDeque::new(),
            probing: None,
            push_pull_timer: None,
            settling: None,
            joins: BTreeMap::new(),
            healing: heal::Healing::new(),
            verifications: Vec::new(),
            leaving: None,
            ack_payload: Bytes::new(),
            work: None,
            stats: Stats::default(),
            last_rejected: BTreeMap::new(),
            started_at: now,
            seed_incarnation: incarnation,
            trusted_at: now,
            id: local.node.id.clone(),
            me,
            members,
            options,
            wire,
            rng,
        };
        endpoint.max_payload = endpoint.largest_payload();
        endpoint.check_fits(&local.node, &local.meta, local.versions, local.layers)?;
        endpoint.announce_self(None);
        let member = endpoint.local();
        endpoint.emit(Event::Joined(member));
        Ok(endpoint)
    }

    /// A decoded message of a packet that came from `from`.
    pub fn handle_message(&mut self, now: Instant, from: A, message: Message<I, A>) {
        self.on_heard(now);
        if !matches!(message, Message::User(_)) && !self.budget.admit_message(now, &from) {
            return self.reject(now, RejectReason::PeerBudget, None, Some(from));
        }
        match message {
            Message::Ping(ping) => self.on_ping(now, from, ping),
            Message::IndirectPing(request) => self.on_indirect_ping(now, from, request),
            Message::Ack(ack) => self.on_ack(now, &from, ack),
            Message::Nack(nack) => self.on_nack(now, &from, nack),
            Message::Suspect(suspect) => {
                self.on_suspect(now, Some(from), suspect, suspect::Hearsay::Accusation)
            }
            Message::Alive(alive) => self.on_alive(now, Some(from), alive, alive::Source::Hearsay),
            Message::Dead(dead) => self.on_dead(now, Some(from), dead),
            Message::User(payload) => self.emit(Event::User { from, payload }),
            Message::Broadcast(broadcast) => self.on_broadcast(now, from, broadcast),
            other => {
                debug_assert!(false, "unhandled message kind {:?}", other.kind());
            }
        }
    }

    /// The time that [`poll_timeout`](Endpoint::poll_timeout) named has come. Early and late calls are harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((at, timer)) = self.timers.pop(now) {
            match timer {
                Timer::ProbeTick => self.on_probe_tick(now),
                Timer::ProbeDirectExpired(seq) => self.on_probe_direct_expired(now, seq),
                Timer::ProbeExpired(seq) if self.overslept(now, at) => self.on_probe_overslept(seq),
                Timer::ProbeExpired(seq) => self.on_probe_expired(now, seq),
                Timer::ProbeSettled(seq) => self.on_probe_settled(seq),
                Timer::RelayNack(seq) => self.on_relay_silent(seq),
                Timer::PendingExpired(seq) => self.on_pending_expired(seq),
                Timer::SuspicionExpired(key) => {
                    let overslept = self.overslept(now, at);
                    self.on_suspicion_expired(now, key, overslept);
                }
                Timer::Gossip => self.on_gossip(now),
                Timer::PushPull => self.on_push_pull_due(now),
                Timer::Settle => self.on_settle(now),
                Timer::Reap(key) => self.on_reap(now, key),
                Timer::JoinRetry(join, address, attempt) => self.on_join_retry(now, join, address, attempt),
                Timer::Heal => self.on_heal(now),
                Timer::VerifyRetry(id) => self.on_verify_retry(now, id),
                Timer::VerifyExpired(id) => self.on_verify_expired(now, id),
                Timer::RequestExpired(id) => self.on_request_expired(now, id),
            }
        }
    }

    /// Whether a timer fires so late that what did not arrive in the meantime says nothing about others. The worse we
    /// are doing, the later we must be: a node that is always late still judges in the end.
    fn overslept(&self, now: Instant, due: Instant) -> bool {
        now.since(due) > self.awareness.scale(self.options.probe_timeout)
    }

    // ---- outputs ----

    /// The next packet to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit<A>> {
        take_first(&mut self.work.as_mut()?.transmits)
    }

    /// The next conversation to hold on a stream.
    pub fn poll_request(&mut self) -> Option<StreamRequest<I, A>> {
        take_first(&mut self.work.as_mut()?.stream_requests)
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<Event<I, A>> {
        take_first(&mut self.work.as_mut()?.events)
    }

    /// When [`handle_timeout`](Endpoint::handle_timeout) must be called at the latest; `None`: not before another input.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    // ---- what the rooms share ----

    fn emit(&mut self, event: Event<I, A>) {
        let max = self.options.max_events;
        let events = &mut self.work().events;
        if events.len() >= max {
            self.stats.events_dropped += 1;
        } else {
            events.push_back(event);
        }
    }

    fn push_transmit(&mut self, to: A, messages: Messages, probe: Option<SequenceNumber>) {
        if self.work().transmits.len() >= MAX_TRANSMITS {
            self.stats.transmits_dropped += 1;
        } else {
            let reads = self.reads(&to);
            self.work().transmits.push_back(Transmit { to, messages, reads, probe });
        }
    }

    /// Asks for a conversation on a stream, to be over at `deadline`.
    fn request(
        &mut self,
        to: A,
        deadline: Instant,
        kind: StreamRequestKind<I>,
        purpose: push_pull::Purpose<I, A>,
    ) -> RequestId {
        let id = RequestId(self.token());
        self.requests.insert(id, purpose);
        // The driver reports by the deadline; if its report is lost, nothing waits for ever.
        self.timers.insert(deadline + REPORT_GRACE, Timer::RequestExpired(id));
        let reads = self.reads(&to);
        self.work().stream_requests.push_back(StreamRequest { id, to, deadline, reads, kind });
        id
    }

    fn token(&mut self) -> u64 {
        self.next_token += 1;
        self.next_token
    }

    fn seq(&mut self) -> SequenceNumber {
        let seq = self.next_seq;
        self.next_seq = seq.next();
        seq
    }

    /// The encoded message, or nothing if the wire can't express it (then there is nobody who could tell it).
    fn encode(&self, message: &Message<I, A>) -> Option<Bytes> {
        let mut out = Vec::with_capacity(64);
        self.wire.encode_message(message, &mut out).ok()?;
        Some(Bytes::from(out))
    }

    fn me(&self) -> Option<&Record<I, A>> {
        self.members.get(self.me)
    }

    fn local_node(&self) -> Option<Node<I, A>> {
        self.me().map(|me| me.node.clone())
    }

    /// Live members besides ourselves.
    fn others(&self) -> usize {
        let own = self.me().is_some_and(|me| !me.state().is_gone());
        self.members.live() - usize::from(own)
    }

    fn adjust_health(&mut self, delta: i32) {
        if self.awareness.apply(delta) {
            let score = self.awareness.score();
            self.emit(Event::HealthChanged { score });
        }
    }
}

#[cfg(test)]
mod tests;
