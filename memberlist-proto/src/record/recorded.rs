use super::{Input, Recorder, Seed, Start};
use crate::{
    BroadcastId, CommandError, CreateError, Endpoint, EndpointRng, Event, Instant, JoinId, JoinOptions,
    LocalNode, Member, Merge, MergeError, Options, PingId, RejectReason, RequestId, Snapshot, StreamFailure,
    StreamRequest, Transmit,
};
use alloc::{borrow::ToOwned, vec::Vec};
use bytes::Bytes;
use core::{fmt::Debug, ops::Deref};
use memberlist_types::{
    Ack, Address, Framing, Id, Message, Meta, Node, NodeState, Ping, SequenceNumber, Wire,
};

/// An [`Endpoint`] whose inputs are recorded, or not: then it is one and nothing else.
///
/// It has the methods of the endpoint; those that only look are the endpoint's own. Dropping it ends the recording.
pub struct Recorded<I: Id, A: Address, W: Wire<I, A>> {
    endpoint: Endpoint<I, A, W>,
    recorder: Option<Recorder<I, A>>,
}

/// A push/pull that is being merged, see [`Recorded::begin_merge`].
#[derive(Debug)]
#[must_use = "a merge is to be finished"]
pub struct Merging<I, A> {
    merge: Merge<I, A>,
    number: u64,
}

impl<I: Id, A: Address, W: Wire<I, A>> From<Endpoint<I, A, W>> for Recorded<I, A, W> {
    /// Not recorded.
    fn from(endpoint: Endpoint<I, A, W>) -> Self {
        Self { endpoint, recorder: None }
    }
}

impl<I: Id, A: Address, W: Wire<I, A>> Deref for Recorded<I, A, W> {
    type Target = Endpoint<I, A, W>;

    fn deref(&self) -> &Endpoint<I, A, W> {
        &self.endpoint
    }
}

impl<I: Id, A: Address, W: Wire<I, A>> Drop for Recorded<I, A, W> {
    fn drop(&mut self) {
        self.end_recording();
    }
}

impl<I: Id, A: Address, W: Wire<I, A>> Recorded<I, A, W> {
    /// As [`Endpoint::new`]; its randomness is what `generator` makes of the seed, which must be the same for the same seed.
    ///
    /// # Errors
    /// As [`Endpoint::new`]. Nothing is recorded then.
    #[allow(clippy::too_many_arguments)] // Those of the endpoint, and the recorder.
    pub fn new(
        now: Instant,
        local: LocalNode<I, A>,
        options: Options,
        framing: &Framing,
        wire: W,
        seed: &Seed,
        generator: impl FnOnce(&Seed) -> EndpointRng,
        recorder: Option<Recorder<I, A>>,
    ) -> Result<Self, CreateError> {
        let start = recorder.is_some().then(|| Start {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            now,
            local: local.clone(),
            options: options.clone(),
            overhead: wire.packet_overhead(framing),
            base: wire.is_base(framing),
            seed: *seed,
        });
        let endpoint = Endpoint::new(now, local, options, framing, wire, generator(seed))?;
        let mut recorded = Self { endpoint, recorder };
        if let (Some(recorder), Some(start)) = (&mut recorded.recorder, start) {
            recorder.start(start);
        }
        Ok(recorded)
    }

    /// Whether its inputs are being recorded: not if it was made without a recorder, and not any more after the recording has reached its limit, or could not
    /// be written.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.recorder.is_some()
    }

    /// Ends the recording; the endpoint goes on. Does nothing if there is none.
    pub fn end_recording(&mut self) {
        if let Some(mut recorder) = self.recorder.take() {
            recorder.finish(self.endpoint.poll_timeout());
        }
    }

    fn record(&mut self, input: impl FnOnce() -> Input<I, A>) {
        if let Some(recorder) = &mut self.recorder {
            recorder.input(input(), self.endpoint.poll_timeout());
            if recorder.is_over() {
                self.recorder = None;
            }
        }
    }

    fn returned<T: Debug>(&mut self, value: T) -> T {
        if let Some(recorder) = &mut self.recorder {
            recorder.returned(&value);
        }
        value
    }

    /// [`Endpoint::snapshot`]; it changes nothing that is recorded.
    pub fn snapshot(&mut self) -> Snapshot<I, A> {
        self.endpoint.snapshot()
    }

    // ---- outputs ----

    /// [`Endpoint::poll_transmit`].
    pub fn poll_transmit(&mut self) -> Option<Transmit<A>> {
        let output = self.endpoint.poll_transmit();
        if let (Some(recorder), Some(output)) = (&mut self.recorder, &output) {
            recorder.transmit(output);
        }
        output
    }

    /// [`Endpoint::poll_request`].
    pub fn poll_request(&mut self) -> Option<StreamRequest<I, A>> {
        let output = self.endpoint.poll_request();
        if let (Some(recorder), Some(output)) = (&mut self.recorder, &output) {
            recorder.request(output);
        }
        output
    }

    /// [`Endpoint::poll_event`].
    pub fn poll_event(&mut self) -> Option<Event<I, A>> {
        let output = self.endpoint.poll_event();
        if let (Some(recorder), Some(output)) = (&mut self.recorder, &output) {
            recorder.event(output);
        }
        output
    }

    // ---- merges ----

    /// [`Endpoint::begin_merge`].
    ///
    /// # Errors
    /// As there.
    pub fn begin_merge(
        &mut self,
        now: Instant,
        id: Option<RequestId>,
        states: usize,
    ) -> Result<Option<Merging<I, A>>, MergeError> {
        let number = self.recorder.as_mut().map_or(0, Recorder::next_merge);
        self.record(|| Input::BeginMerge { now, id, states, merge: number });
        let begun = self.endpoint.begin_merge(now, id, states);
        let begun = self.returned(begun)?;
        Ok(begun.map(|merge| Merging { merge, number }))
    }

    /// [`Endpoint::merge_states`].
    pub fn merge_states(
        &mut self,
        now: Instant,
        merging: &mut Merging<I, A>,
        states: impl IntoIterator<Item = NodeState<I, A>>,
    ) {
        if self.recorder.is_none() {
            return self.endpoint.merge_states(now, &mut merging.merge, states);
        }
        let states: Vec<_> = states.into_iter().collect();
        self.record(|| Input::MergeStates { now, merge: merging.number, states: states.clone() });
        self.endpoint.merge_states(now, &mut merging.merge, states);
    }

    /// [`Endpoint::finish_merge`].
    ///
    /// # Errors
    /// As there.
    pub fn finish_merge(&mut self, now: Instant, merging: Merging<I, A>) -> Result<(), MergeError> {
        self.record(|| Input::FinishMerge { now, merge: merging.number });
        let result = self.endpoint.finish_merge(now, merging.merge);
        self.returned(result)
    }
}

/// Methods that are recorded and handed on: the input, how its arguments are copied, and how they are handed on.
macro_rules! methods {
    ($(
        $(#[$meta:meta])*
        $method:ident($($arg:ident: $type:ty),*) $(-> $output:ty)? = $input:ident { $($field:ident: $copy:expr),* };
    )*) => {
        impl<I: Id, A: Address, W: Wire<I, A>> Recorded<I, A, W> {
            $(
                $(#[$meta])*
                pub fn $method(&mut self, $($arg: $type),*) $(-> $output)? {
                    self.record(|| Input::$input { $($field: $copy),* });
                    let result = self.endpoint.$method($($arg),*);
                    methods!(@result self result $($output)?)
                }
            )*
        }
    };
    (@result $self:ident $result:ident) => {
        $result
    };
    (@result $self:ident $result:ident $output:ty) => {
        $self.returned($result)
    };
}

methods! {
    /// [`Endpoint::handle_message`].
    handle_message(now: Instant, from: A, message: Message<I, A>)
        = Message { now: now, from: from.clone(), message: message.clone() };
    /// [`Endpoint::handle_timeout`].
    handle_timeout(now: Instant) = Timeout { now: now };
    /// [`Endpoint::handle_send_failure`].
    handle_send_failure(now: Instant, probe: SequenceNumber) = SendFailure { now: now, probe: probe };
    /// [`Endpoint::admit_packet`].
    admit_packet(now: Instant, from: &A, bytes: usize) -> bool
        = AdmitPacket { now: now, from: from.clone(), bytes: bytes };
    /// [`Endpoint::reject`].
    reject(now: Instant, reason: RejectReason, about: Option<I>, from: Option<A>)
        = Reject { now: now, reason: reason, about: about.clone(), from: from.clone() };
    /// [`Endpoint::forget`].
    forget(id: &I) -> Option<Member<I, A>> = Forget { id: id.clone() };
    /// [`Endpoint::gossip`].
    gossip(now: Instant) = Gossip { now: now };
    /// [`Endpoint::set_seeds`].
    set_seeds(now: Instant, seeds: Vec<A>) = SetSeeds { now: now, seeds: seeds.clone() };
    /// [`Endpoint::join`].
    ///
    /// # Errors
    /// As there.
    join(now: Instant, seeds: Vec<A>, options: JoinOptions) -> Result<JoinId, CommandError>
        = Join { now: now, seeds: seeds.clone(), options: options.clone() };
    /// [`Endpoint::cancel_join`].
    cancel_join(now: Instant, id: JoinId) = CancelJoin { now: now, id: id };
    /// [`Endpoint::leave`].
    ///
    /// # Errors
    /// As there.
    leave(now: Instant) -> Result<(), CommandError> = Leave { now: now };
    /// [`Endpoint::rejoin`].
    ///
    /// # Errors
    /// As there.
    rejoin(now: Instant) -> Result<(), CommandError> = Rejoin { now: now };
    /// [`Endpoint::ping`].
    ///
    /// # Errors
    /// As there.
    ping(now: Instant, node: Node<I, A>) -> Result<PingId, CommandError> = Ping { now: now, node: node.clone() };
    /// [`Endpoint::set_ack_payload`].
    ///
    /// # Errors
    /// As there.
    set_ack_payload(payload: Bytes) -> Result<(), CommandError> = SetAckPayload { payload: payload.clone() };
    /// [`Endpoint::handle_stream_ping`].
    handle_stream_ping(now: Instant, ping: &Ping<I, A>) -> Option<Ack> = StreamPing { now: now, ping: ping.clone() };
    /// [`Endpoint::handle_push_pull`].
    ///
    /// # Errors
    /// As there.
    handle_push_pull(now: Instant, id: Option<RequestId>, states: Vec<NodeState<I, A>>) -> Result<(), MergeError>
        = PushPull { now: now, id: id, states: states.clone() };
    /// [`Endpoint::restore`].
    ///
    /// # Errors
    /// As there.
    restore(now: Instant, states: Vec<NodeState<I, A>>) -> Result<(), MergeError>
        = Restore { now: now, states: states.clone() };
    /// [`Endpoint::handle_stream_ack`].
    handle_stream_ack(now: Instant, id: RequestId, ack: &Ack) = StreamAck { now: now, id: id, ack: ack.clone() };
    /// [`Endpoint::handle_stream_failure`].
    handle_stream_failure(now: Instant, id: RequestId, failure: StreamFailure)
        = StreamFailure { now: now, id: id, failure: failure.clone() };
    /// [`Endpoint::update_meta`].
    ///
    /// # Errors
    /// As there.
    update_meta(now: Instant, meta: Meta) -> Result<BroadcastId, CommandError>
        = UpdateMeta { now: now, meta: meta.clone() };
    /// [`Endpoint::update_address`].
    ///
    /// # Errors
    /// As there.
    update_address(now: Instant, address: A) -> Result<BroadcastId, CommandError>
        = UpdateAddress { now: now, address: address.clone() };
    /// [`Endpoint::set_options`].
    ///
    /// # Errors
    /// As there.
    set_options(now: Instant, options: Options) -> Result<(), CreateError>
        = SetOptions { now: now, options: options.clone() };
    /// [`Endpoint::broadcast`].
    ///
    /// # Errors
    /// As there.
    broadcast(now: Instant, key: Option<Bytes>, payload: Bytes) -> Result<BroadcastId, CommandError>
        = Broadcast { now: now, key: key.clone(), payload: payload.clone() };
    /// [`Endpoint::send`].
    ///
    /// # Errors
    /// As there.
    send(now: Instant, to: A, payload: Bytes) -> Result<(), CommandError>
        = Send { now: now, to: to.clone(), payload: payload.clone() };
    /// [`Endpoint::send_many`].
    ///
    /// # Errors
    /// As there.
    send_many(now: Instant, to: A, payloads: Vec<Bytes>) -> Result<(), CommandError>
        = SendMany { now: now, to: to.clone(), payloads: payloads.clone() };
}
