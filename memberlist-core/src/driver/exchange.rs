//! Pumps an [`Exchange`] through a stream.

use super::refusals;
use crate::{AddressOf, Delegate, Transport, metrics, shared::Shared, stats::add, tasks};
use agnostic::RuntimeLite;
use futures_util::{AsyncReadExt, AsyncWriteExt};
use memberlist_proto::{Exchange, ExchangeOutput, StreamFailure};
use memberlist_types::{DecodeError, EncodeError, Layers, NodeState, StreamMessage, Wire};
use std::{sync::Arc, time::Duration};

/// From this size on (of a frame, or of what was read so far) it is encoded or decoded off the async worker.
const OFF_WORKER: usize = 64 << 10;
/// How long a peer whose request was refused may go on with it before the stream is closed.
const LISTEN_ON: Duration = Duration::from_millis(500);
/// What is read at once: little at first, because most streams say little.
const FIRST_READ: usize = 4 << 10;

/// A stream with the conversation on it.
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
    /// Taken only while it is at work elsewhere.
    exchange: Option<Exchange<D::Id, D::Address>>,
    received: usize,
    sent: usize,
    buffer: Vec<u8>,
}

type Output<D> = ExchangeOutput<<D as Delegate>::Id, <D as Delegate>::Address>;

impl<T, D, W> Talk<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// Answers on a stream that a peer opened.
    pub(crate) fn accept(shared: &Arc<Shared<T, D, W>>, stream: T::Stream) -> Self {
        Self::new(shared, stream, Exchange::accept(shared.options.stream_limits))
    }

    /// Asks on a stream that was opened here.
    pub(crate) fn new(
        shared: &Arc<Shared<T, D, W>>,
        stream: T::Stream,
        exchange: Exchange<D::Id, D::Address>,
    ) -> Self {
        Self {
            shared: Arc::clone(shared),
            reads: None,
            stream,
            exchange: Some(exchange),
            received: 0,
            sent: 0,
            buffer: Vec::new(),
        }
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
                return Ok(Some(output));
            }
            if !exchange.wants_read() {
                return Ok(None);
            }
            if let Err(failure) = self.read().await {
                self.explain().await;
                return Err(failure);
            }
        }
    }

    /// What the peer sent was refused: the exchange may have a word for it.
    async fn explain(&mut self) {
        let before = self.sent;
        if self.write().await.is_err() || self.sent == before || self.stream.close().await.is_err() {
            return;
        }
        // To close on what was not read would be to break off, and the word might not arrive.
        let _ = T::Runtime::timeout(LISTEN_ON, async {
            self.buffer.resize(OFF_WORKER, 0);
            while self.stream.read(&mut self.buffer).await.is_ok_and(|read| read > 0) {}
        })
        .await;
    }

    /// Accepting side: says this.
    pub(crate) async fn reply(
        &mut self,
        message: StreamMessage<D::Id, D::Address>,
    ) -> Result<(), StreamFailure> {
        let large = is_large(&message);
        let (reads, shared) = (self.reads, Arc::clone(&self.shared));
        self.with_exchange(large, move |exchange| {
            exchange.reply(&shared.wire, shared.framings.streams.readable_by(reads), &message)
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
    pub(crate) async fn close(mut self) -> Result<(), StreamFailure> {
        self.write().await?;
        self.stream.close().await.map_err(|error| unreachable(&error))
    }

    async fn write(&mut self) -> Result<(), StreamFailure> {
        let mut written = 0;
        while let Some(bytes) = self.exchange.as_mut().and_then(Exchange::poll_write) {
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
        let size = self.received.clamp(FIRST_READ, OFF_WORKER);
        if self.buffer.len() < size {
            self.buffer.resize(size, 0);
        }
        let read = self.stream.read(&mut self.buffer).await.map_err(|error| unreachable(&error))?;
        if read == 0 {
            return Err(if self.received == 0 {
                StreamFailure::Unreachable("the peer closed the stream without a word".into())
            } else {
                self.shared.counters.reject(&DecodeError::Truncated);
                StreamFailure::Invalid(DecodeError::Truncated)
            });
        }
        self.received += read;
        add(&self.shared.counters.stream_bytes_received, read);
        let large = self.received >= OFF_WORKER;
        let shared = Arc::clone(&self.shared);
        let data = self.buffer.get(..read).unwrap_or_default();
        let handled = if large {
            let data = data.to_vec();
            self.with_exchange(true, move |exchange| {
                exchange.handle_data(&shared.wire, shared.framings.streams.readable_by(None), &data)
            })
            .await?
        } else if let Some(exchange) = &mut self.exchange {
            exchange.handle_data(&shared.wire, shared.framings.streams.readable_by(None), data)
        } else {
            Ok(())
        };
        handled.map_err(|error| {
            self.shared.counters.reject(&error);
            metrics::decode_rejected(error.reason());
            refusals::failure(error)
        })
    }

    /// Works on the exchange, off the async worker if that takes long.
    async fn with_exchange<R: Send + 'static>(
        &mut self,
        large: bool,
        work: impl FnOnce(&mut Exchange<D::Id, D::Address>) -> R + Send + 'static,
    ) -> Result<R, StreamFailure> {
        let mut exchange = self.exchange.take().ok_or(StreamFailure::Cancelled)?;
        if !large {
            let result = work(&mut exchange);
            self.exchange = Some(exchange);
            return Ok(result);
        }
        let (exchange, result) = off_worker(&self.shared, move || {
            let result = work(&mut exchange);
            (exchange, result)
        })
        .await?;
        self.exchange = Some(exchange);
        Ok(result)
    }
}

/// Opens the conversation: encodes the request, off the async worker if it is large.
pub(crate) async fn dial<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    reads: Option<Layers>,
    request: StreamMessage<D::Id, D::Address>,
) -> Result<Result<Exchange<D::Id, D::Address>, EncodeError>, StreamFailure>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let limits = shared.options.stream_limits;
    if !is_large(&request) {
        let framing = shared.framings.streams.readable_by(reads);
        return Ok(Exchange::dial(&shared.wire, framing, limits, &request));
    }
    let with = Arc::clone(shared);
    off_worker(shared, move || {
        let framing = with.framings.streams.readable_by(reads);
        Exchange::dial(&with.wire, framing, limits, &request)
    })
    .await
}

/// Runs it where it may take its time. It counts as a task of the node, so that the shutdown waits for it.
async fn off_worker<T, D, W, R: Send + 'static>(
    shared: &Shared<T, D, W>,
    work: impl FnOnce() -> R + Send + 'static,
) -> Result<R, StreamFailure>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let running = shared.tasks.enter().ok_or(StreamFailure::Cancelled)?;
    let work = tasks::blocking::<T::Runtime, _>(move || {
        // The work holds what the node shares, so it must be gone before it is counted out.
        let result = work();
        drop(running);
        result
    });
    work.await.ok_or(StreamFailure::Cancelled)
}

fn is_large<I, A>(message: &StreamMessage<I, A>) -> bool {
    match message {
        StreamMessage::PushPull(state) => {
            state.user.len() + state.states.len() * size_of::<NodeState<I, A>>() >= OFF_WORKER
        }
        StreamMessage::User(bytes) => bytes.len() >= OFF_WORKER,
        _ => false,
    }
}

pub(crate) fn unreachable(error: &dyn std::error::Error) -> StreamFailure {
    StreamFailure::Unreachable(error.to_string())
}

pub(crate) fn unsendable(error: &EncodeError) -> StreamFailure {
    StreamFailure::Unreachable(format!("what was to be sent can't be: {error}"))
}
