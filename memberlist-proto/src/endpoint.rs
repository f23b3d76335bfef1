use crate::{
    CommandError, CreateError, Event, Instant, JoinId, Member, MergeError, Options, PingId, RequestId, Stats,
    StreamFailure, StreamRequest, Transmit,
    event::{BroadcastId, RejectReason},
};
use alloc::{boxed::Box, vec::Vec};
use bytes::Bytes;
use core::{marker::PhantomData, time::Duration};
use memberlist_types::{
    Ack, Address, Framing, Id, Incarnation, Message, Meta, Node, NodeState, Ping, SequenceNumber, Versions,
    Wire,
};

/// Randomness for an [`Endpoint`]: the same seed and the same inputs give the same outputs, byte for byte.
pub type EndpointRng = Box<dyn rand_core::Rng + Send + Sync>;

/// What an endpoint says of itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LocalNode<I, A> {
    /// Name and advertised address.
    pub node: Node<I, A>,
    /// Metadata.
    pub meta: Meta,
    /// Versions.
    pub versions: Versions,
    /// The incarnation to start with. Wall-clock seconds make a restart overrule what others remember.
    pub incarnation: Incarnation,
}

impl<I, A> LocalNode<I, A> {
    /// A node without metadata, with default versions, at incarnation 1.
    pub fn new(id: I, address: A) -> Self {
        Self {
            node: Node::new(id, address),
            meta: Meta::EMPTY,
            versions: Versions::default(),
            incarnation: Incarnation::new(1),
        }
    }
}

/// How a join goes about its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JoinOptions {
    /// Addresses tried at once. Default 8.
    pub parallel: usize,
    /// Attempts per address, at least 1. Default 1.
    pub attempts: u32,
    /// First pause between two attempts at one address; doubles, with jitter. Default 500 ms.
    pub backoff: Duration,
    /// Longest pause. Default 10 s.
    pub backoff_max: Duration,
}

impl Default for JoinOptions {
    fn default() -> Self {
        Self {
            parallel: 8,
            attempts: 1,
            backoff: Duration::from_millis(500),
            backoff_max: Duration::from_secs(10),
        }
    }
}

/// The protocol of one node as a pure state machine.
pub struct Endpoint<I, A, W> {
    _m: PhantomData<(I, A, W)>,
}

#[allow(clippy::todo, unused_variables, missing_docs)]
impl<I: Id, A: Address, W: Wire<I, A>> Endpoint<I, A, W> {
    /// Makes the endpoint, alive and alone.
    pub fn new(
        now: Instant,
        local: LocalNode<I, A>,
        options: Options,
        framing: &Framing,
        wire: W,
        rng: EndpointRng,
    ) -> Result<Self, CreateError> {
        todo!()
    }

    // ---- inputs ----

    /// A decoded message of a packet.
    pub fn handle_message(&mut self, now: Instant, from: A, message: Message<I, A>) {
        todo!()
    }
    /// Whether `from` may send a packet of this many bytes now; a refusal is counted. Ask before decoding.
    pub fn admit_packet(&mut self, now: Instant, from: &A, bytes: usize) -> bool {
        todo!()
    }
    /// The packet of `Transmit::probe` could not be sent for a local reason.
    pub fn handle_send_failure(&mut self, now: Instant, probe: SequenceNumber) {
        todo!()
    }
    /// What we say in a push/pull.
    pub fn local_states(&self) -> Vec<NodeState<I, A>> {
        todo!()
    }
    /// A peer's push/pull: the answer to our request `id`, or (None) a peer's own request.
    pub fn handle_push_pull(
        &mut self,
        now: Instant,
        id: Option<RequestId>,
        states: Vec<NodeState<I, A>>,
    ) -> Result<(), MergeError> {
        todo!()
    }
    /// Checks versions only, so that the merge delegate is asked about compatible peers alone.
    pub fn check_versions(&self, states: &[NodeState<I, A>]) -> Result<(), MergeError> {
        todo!()
    }
    /// A fallback ping on a stream; `None`: it is not for us, close silently.
    pub fn handle_stream_ping(&mut self, now: Instant, ping: &Ping<I, A>) -> Option<Ack> {
        todo!()
    }
    /// The ack to our stream ping `id`.
    pub fn handle_stream_ack(&mut self, now: Instant, id: RequestId, ack: &Ack) {
        todo!()
    }
    /// Our request `id` failed.
    pub fn handle_stream_failure(&mut self, now: Instant, id: RequestId, failure: StreamFailure) {
        todo!()
    }
    /// The time that `poll_timeout` named has come (early or late calls are harmless).
    pub fn handle_timeout(&mut self, now: Instant) {
        todo!()
    }
    /// Counts (and, rate-limited, reports) a refusal that the driver decided.
    pub fn reject(&mut self, now: Instant, reason: RejectReason, about: Option<I>, from: Option<A>) {
        todo!()
    }

    // ---- commands ----

    /// Joins through these addresses. Ends with `JoinFinished`; each address gives one `JoinProgress`.
    pub fn join(
        &mut self,
        now: Instant,
        seeds: Vec<A>,
        options: JoinOptions,
    ) -> Result<JoinId, CommandError> {
        todo!()
    }
    /// Stops a join; what was reached stays.
    pub fn cancel_join(&mut self, now: Instant, id: JoinId) {
        todo!()
    }
    /// Replaces the addresses that healing tries (a join adds its own).
    pub fn set_seeds(&mut self, seeds: Vec<A>) {
        todo!()
    }
    pub fn leave(&mut self, now: Instant) -> Result<(), CommandError> {
        todo!()
    }
    /// Become alive again after `leave`, in the same process.
    pub fn rejoin(&mut self, now: Instant) -> Result<(), CommandError> {
        todo!()
    }
    pub fn has_left(&self) -> bool {
        todo!()
    }
    pub fn update_meta(&mut self, now: Instant, meta: Meta) -> Result<BroadcastId, CommandError> {
        todo!()
    }
    pub fn update_address(&mut self, now: Instant, address: A) -> Result<BroadcastId, CommandError> {
        todo!()
    }
    /// Pings a node; answered by `PingCompleted` or `PingFailed`.
    pub fn ping(&mut self, now: Instant, node: Node<I, A>) -> Result<PingId, CommandError> {
        todo!()
    }
    /// Queues a user broadcast; a newer one with the same key replaces it.
    pub fn broadcast(
        &mut self,
        now: Instant,
        key: Option<Bytes>,
        payload: Bytes,
    ) -> Result<BroadcastId, CommandError> {
        todo!()
    }
    /// A best-effort user message to one address.
    pub fn send(&mut self, now: Instant, to: A, payload: Bytes) -> Result<(), CommandError> {
        todo!()
    }
    /// What is attached to acks from now on.
    pub fn set_ack_payload(&mut self, payload: Bytes) -> Result<(), CommandError> {
        todo!()
    }
    /// If a gossip round is due at `now`: bytes of user payload that the driver may offer with `offer`.
    pub fn gossip_room(&self, now: Instant) -> Option<usize> {
        todo!()
    }
    /// Changes options at run time; timings of running timers follow at their next round.
    pub fn set_options(&mut self, now: Instant, options: Options) -> Result<(), CreateError> {
        todo!()
    }

    // ---- outputs ----

    pub fn poll_transmit(&mut self) -> Option<Transmit<A>> {
        todo!()
    }
    pub fn poll_request(&mut self) -> Option<StreamRequest<I, A>> {
        todo!()
    }
    pub fn poll_event(&mut self) -> Option<Event<I, A>> {
        todo!()
    }
    pub fn poll_timeout(&self) -> Option<Instant> {
        todo!()
    }

    // ---- reads ----

    pub fn local(&self) -> Member<I, A> {
        todo!()
    }
    pub fn members(&self) -> Vec<Member<I, A>> {
        todo!()
    }
    /// Every known node, the dead and left included.
    pub fn known(&self) -> Vec<Member<I, A>> {
        todo!()
    }
    pub fn member(&self, id: &I) -> Option<Member<I, A>> {
        todo!()
    }
    pub fn num_members(&self) -> usize {
        todo!()
    }
    pub fn health_score(&self) -> u32 {
        todo!()
    }
    pub fn stats(&self) -> Stats {
        todo!()
    }
    pub fn options(&self) -> &Options {
        todo!()
    }
    /// Largest payload of `send` and `broadcast`, in bytes.
    pub fn max_user_payload(&self) -> usize {
        todo!()
    }
}
