//! Pumps an [`Exchange`] through a stream.

use super::{
    refusals,
    state::{Part, Telling},
};
use crate::{
    AddressOf, Delegate, Transport,
    budget::{Budget, Charge},
    metrics,
    shared::Shared,
    start::random_word,
    stats::add,
    tasks,
};
use agnostic::RuntimeLite;
use bytes::Bytes;
use futures_util::{AsyncReadExt, AsyncWriteExt};
use memberlist_proto::{Exchange, ExchangeOutput, StreamFailure};
use memberlist_types::{DecodeError, EncodeError, Layers, NodeState, StreamMessage, Wire};
use std::{sync::Arc, time::Duration};

mod messages;
mod reading;

pub(crate) use messages::message_frame;
use reading::Reading;

/// A frame from this size on (what decoding it takes, or what is encoded) is encoded or decoded off the async worker. In clear this takes
/// 20 µs, hardly more than the way to another thread; but inside encryption so many bytes may decompress to ten times as many.
/// It is also what each inbound stream may hold whatever others do.
const OFF_WORKER: usize = 16 << 10;
/// The same for user messages that are neither compressed nor encrypted: these are only summed up, which takes some 40 µs. The way to another
/// thread and back takes as long, and brings the bytes into the near cache of another core.
const PLAIN_OFF_WORKER: usize = 1 << 20;
/// How long a peer whose request was refused may go on with it before the stream is closed.
const LISTEN_ON: Duration = Duration::from_millis(500);
/// Bytes that a state has on any wire, at least.
const LEAST_STATE: usize = 4;
/// What is read at once: little at first, because most streams say little, and many may wait for the first word at once.
const FIRST_READ: usize = 1 << 10;
/// … and in the end.
const READ: usize = 64 << 10;

/// A stream with the conversation on it. It is boxed, so that the futures that hand it on to each other have no room for it, each of its own.
pub(crate) struct Talk<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    shared: Arc<Shared<T, D, W>>,
    /// What the peer is known to read.
    reads: Option<Layers>,
    stream: T::Stream,
    /// For streams that peers opened.
    charge: Option<Charge>,
    /// Taken only while it is at work elsewhere.
    exchange: Option<Conversation<D>>,
    received: usize,
    sent: usize,
    buffer: Vec<u8>,
    reading: Reading,
    /// Nothing but user messages is awaited any more.
    only_messages: bool,
}

/// Boxed, because each future on the way there holds it.
type Conversation<D> = Box<Exchange<<D as Delegate>::Id, <D as Delegate>::Address>>;
type Output<D> = ExchangeOutput<<D as Delegate>::Id, <D as Delegate>::Address>;

impl<T, D, W> Talk<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// Answers on a stream that a peer opened, within the memory that there is for all of these.
    pub(crate) fn accept(
        shared: &Arc<Shared<T, D, W>>,
        stream: T::Stream,
        memory: &Arc<Budget>,
    ) -> Box<Self> {
        let mut exchange = Exchange::accept(shared.options.stream_limits).answering_as(random_word().max(1));
        if shared.wire.features().message_streams {
            exchange = exchange.taking_messages();
        }
        let mut talk = Self::new(shared, stream, Box::new(exchange));
        talk.charge = Some(memory.charge(OFF_WORKER));
        talk
    }

    /// Tells our state on a stream that was opened for it here.
    pub(crate) async fn push_pull(
        shared: &Arc<Shared<T, D, W>>,
        reads: Option<Layers>,
        stream: T::Stream,
        begun: Begun<D::Id, D::Address>,
    ) -> Result<Box<Self>, StreamFailure> {
        let mut talk = Self::new(shared, stream, begun.exchange);
        talk.reads = reads;
        talk.write().await?;
        if let Some(rest) = begun.telling {
            talk.tell_rest(rest).await?;
        }
        Ok(talk)
    }

    /// Asks on a stream that was opened here.
    pub(crate) fn new(
        shared: &Arc<Shared<T, D, W>>,
        stream: T::Stream,
        exchange: Conversation<D>,
    ) -> Box<Self> {
        Box::new(Self {
            shared: Arc::clone(shared),
            reads: None,
            stream,
            charge: None,
            exchange: Some(exchange),
            received: 0,
            sent: 0,
            buffer: Vec::new(),
            reading: Reading::default(),
            only_messages: false,
        })
    }

    /// From now on what is said may be wrapped in anything that these layers can read.
    pub(crate) const fn answer_in(&mut self, layers: Layers) {
        self.reads = Some(layers);
    }

    /// Goes on until something was found out, or there is nothing more to say or hear (`None`).
    pub(crate) async fn next(&mut self) -> Result<Option<Output<D>>, StreamFailure> {
        loop {
            self.write().await?;
            let Some(exchange) = &mut self.exchange else { return Ok(None) };
            if let Some(output) = exchange.poll_output() {
                // What follows from it may take a while.
                self.rest();
                return Ok(Some(output));
            }
            if !exchange.wants_read() {
                return Ok(None);
            }
            if let Err(failure) = self.read().await {
                Box::pin(self.explain()).await;
                return Err(failure);
            }
        }
    }

    /// What the peer sent was refused: the exchange may have a word for it.
    async fn explain(&mut self) {
        // What was refused is not held any more.
        self.charge = None;
        let before = self.sent;
        if self.write().await.is_err() || self.sent == before || self.stream.close().await.is_err() {
            return;
        }
        // To close on what was not read would be to break off, and the word might not arrive.
        let _ = T::Runtime::timeout(LISTEN_ON, async {
            self.buffer.resize(READ, 0);
            while self.stream.read(&mut self.buffer).await.is_ok_and(|read| read > 0) {}
        })
        .await;
    }

    /// Accepting side: answers a push/pull with our own state, part by part as the stream takes them.
    pub(crate) async fn tell(&mut self, user: Bytes) -> Result<(), StreamFailure> {
        let telling = telling(&self.shared, user)?;
        self.tell_rest(telling).await
    }

    async fn tell_rest(&mut self, mut telling: Telling) -> Result<(), StreamFailure> {
        loop {
            let part = telling.next(&self.shared).await;
            let more = part.more;
            let exchange = self.exchange.take().ok_or(StreamFailure::Cancelled)?;
            self.exchange = Some(send(&self.shared, self.reads, exchange, part).await?);
            self.write().await?;
            if !more {
                return Ok(());
            }
        }
    }

    /// The memory that is accounted for what this conversation has brought; to be kept as long as that.
    pub(crate) const fn take_charge(&mut self) -> Option<Charge> {
        self.charge.take()
    }

    /// Accepting side: says this, which is not large.
    pub(crate) async fn reply(
        &mut self,
        message: StreamMessage<D::Id, D::Address>,
    ) -> Result<(), StreamFailure> {
        let (reads, shared) = (self.reads, Arc::clone(&self.shared));
        self.with_exchange(false, move |exchange| {
            exchange.reply(&shared.wire, shared.framings.streams.readable(&shared.wire, reads), &message)
        })
        .await?
        .map_err(|error| unsendable(&error))?;
        self.write().await
    }

    /// Notes the sizes of a push/pull.
    pub(crate) fn measure(&self) {
        metrics::local_size(self.sent);
        metrics::remote_size(self.received);
    }

    /// Ends the conversation in order: all is written and the end is marked.
    pub(crate) async fn close(mut self: Box<Self>) -> Result<(), StreamFailure> {
        self.write().await?;
        self.stream.close().await.map_err(|error| unreachable(&error))
    }

    async fn write(&mut self) -> Result<(), StreamFailure> {
        let mut written = 0;
        while let Some(bytes) = self.exchange.as_mut().and_then(|exchange| exchange.poll_write()) {
            self.stream.write_all(&bytes).await.map_err(|error| unreachable(&error))?;
            written += bytes.len();
        }
        if written > 0 {
            self.stream.flush().await.map_err(|error| unreachable(&error))?;
            self.sent += written;
            add(&self.shared.counters.stream_bytes_sent, written);
            metrics::stream_sent(written);
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<(), StreamFailure> {
        // Grows with what really came, never with what was announced.
        let read = self.read_some(self.received.clamp(FIRST_READ, READ)).await?;
        self.take_in(read)?;
        while self.decode().await? {}
        self.afford(0)
    }

    /// Decodes one frame, if there is one. True if there may be another.
    async fn decode(&mut self) -> Result<bool, StreamFailure> {
        let shared = Arc::clone(&self.shared);
        let framing = shared.framings.streams.readable(&shared.wire, None);
        let cost = self.exchange.as_ref().map_or(0, |exchange| exchange.decode_cost(&shared.wire, framing));
        self.afford_states(cost)?;
        // What is compressed costs more than what has arrived.
        let plain = self.only_messages && cost <= self.held() && shared.framings.streams.is_plain();
        let limit = if plain { PLAIN_OFF_WORKER } else { OFF_WORKER };
        let decoded = self.with_exchange(cost >= limit, move |exchange| {
            exchange.decode(&shared.wire, shared.framings.streams.readable(&shared.wire, None))
        });
        decoded.await?.map_err(|error| {
            self.shared.counters.reject(&error);
            metrics::decode_rejected(error.reason());
            refusals::failure(error)
        })
    }

    /// Bytes of memory: what is held, and room for more.
    fn allocated(&self) -> usize {
        self.exchange.as_ref().map_or(0, |exchange| exchange.held().saturating_add(exchange.reserved()))
    }

    fn held(&self) -> usize {
        self.exchange.as_ref().map_or(0, |exchange| exchange.held())
    }

    /// Whether there is memory for what is held, and so much more.
    fn afford(&mut self, more: usize) -> Result<(), StreamFailure> {
        let held = self.allocated();
        if self.charge.as_mut().is_none_or(|charge| charge.set(held.saturating_add(more))) {
            return Ok(());
        }
        add(&self.shared.counters.streams_over_budget, 1);
        Err(StreamFailure::MergeRefused("all streams together hold too much memory".into()))
    }

    /// Whether there is memory for what is held, and for a frame that takes so much to decode. How many states it may become is bounded by
    /// the memory that there is for them: a compressed frame says nothing of it, and can become hundreds of times as much.
    fn afford_states(&mut self, cost: usize) -> Result<(), StreamFailure> {
        let allocated = self.allocated();
        let (Some(charge), Some(exchange)) = (&mut self.charge, &mut self.exchange) else { return Ok(()) };
        let state = size_of::<NodeState<D::Id, D::Address>>();
        let wish = (cost / LEAST_STATE).saturating_mul(state);
        let Some(granted) = charge.set_wishing(allocated.saturating_add(cost), wish) else {
            return self.afford(cost);
        };
        // The beginning of a frame may announce all that is still to come: only what is short is a bound.
        exchange.set_room_for_states(if granted < wish { granted / state } else { usize::MAX });
        Ok(())
    }

    /// Works on the exchange, off the async worker if that takes long.
    async fn with_exchange<R: Send + 'static>(
        &mut self,
        large: bool,
        work: impl FnOnce(&mut Exchange<D::Id, D::Address>) -> R + Send + 'static,
    ) -> Result<R, StreamFailure> {
        let mut exchange = self.exchange.take().ok_or(StreamFailure::Cancelled)?;
        let (exchange, result) = off_worker(&self.shared, large, move || {
            let result = work(&mut exchange);
            (exchange, result)
        })
        .await?;
        self.exchange = Some(exchange);
        Ok(result)
    }
}

/// Opens the conversation: encodes the request, which is not large.
pub(crate) fn dial<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    reads: Option<Layers>,
    request: &StreamMessage<D::Id, D::Address>,
) -> Result<Conversation<D>, EncodeError>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let framing = shared.framings.streams.readable(&shared.wire, reads);
    Exchange::dial(&shared.wire, framing, shared.options.stream_limits, request).map(Box::new)
}

/// A push/pull that is begun: the first part of ours is encoded, the others are still to be told.
pub(crate) struct Begun<I, A> {
    exchange: Box<Exchange<I, A>>,
    /// `None`: all is told.
    telling: Option<Telling>,
}

/// Opens a push/pull with the first part of our state.
pub(crate) async fn dial_push_pull<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    reads: Option<Layers>,
    join: bool,
    user: Bytes,
) -> Result<Begun<D::Id, D::Address>, StreamFailure>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let mut telling = telling(shared, user)?;
    // 0 is none.
    let conversation = random_word().max(1);
    let exchange = Exchange::dial_push_pull(&shared.wire, shared.options.stream_limits, conversation, join);
    let part = telling.next(shared).await;
    let more = part.more;
    let exchange = send(shared, reads, Box::new(exchange), part).await?;
    Ok(Begun { exchange, telling: more.then_some(telling) })
}

/// All that we have to tell; what is too much is known before anything is told.
fn telling<T, D, W>(shared: &Shared<T, D, W>, user: Bytes) -> Result<Telling, StreamFailure>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let limits = &shared.options.stream_limits;
    let states = shared.read(|machine| machine.endpoint.stats().known);
    for (what, actual, limit) in
        [("user bytes", user.len(), limits.max_user), ("states", states, limits.max_states)]
    {
        if actual > limit {
            return Err(unsendable(&EncodeError::TooLarge { what, actual, limit }));
        }
    }
    Ok(Telling::new(user, shared.wire.features().push_pull_parts))
}

/// Encodes a part, off the async worker if it is large.
async fn send<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    reads: Option<Layers>,
    mut exchange: Conversation<D>,
    part: Part<D::Id, D::Address>,
) -> Result<Conversation<D>, StreamFailure>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let with = Arc::clone(shared);
    let Part { states, user, more, size } = part;
    let (exchange, sent) = off_worker(shared, size >= OFF_WORKER, move || {
        let framing = with.framings.streams.readable(&with.wire, reads);
        let sent = exchange.send_part(&with.wire, framing, states, user, more);
        (exchange, sent)
    })
    .await?;
    sent.map_err(|error| unsendable(&error))?;
    Ok(exchange)
}

/// Runs it, if it is large where it may take its time. It counts as a task of the node, so that the shutdown waits for it.
async fn off_worker<T, D, W, R: Send + 'static>(
    shared: &Shared<T, D, W>,
    large: bool,
    work: impl FnOnce() -> R + Send + 'static,
) -> Result<R, StreamFailure>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    if !large {
        return Ok(work());
    }
    let running = shared.tasks.enter().ok_or(StreamFailure::Cancelled)?;
    let work = tasks::blocking::<T::Runtime, _>(move || {
        // The work holds what the node shares, so it must be gone before it is counted out.
        let result = work();
        drop(running);
        result
    });
    work.await.ok_or(StreamFailure::Cancelled)
}

pub(crate) fn unreachable(error: &dyn std::error::Error) -> StreamFailure {
    StreamFailure::Unreachable(error.to_string())
}

pub(crate) fn unsendable(error: &EncodeError) -> StreamFailure {
    StreamFailure::Unreachable(format!("what was to be sent can't be: {error}"))
}
