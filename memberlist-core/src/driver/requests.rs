//! Streams that are opened from here: what the machine asks for, and reliable messages.

use super::{
    admission,
    exchange::{self, Talk, unreachable, unsendable},
    lines::{self, Entered, Outbound},
    merge::{self, Theirs},
    refusals, seeds, streams,
};
use crate::{AddressOf, Delegate, Error, Transport, metrics, shared::Shared, stats::add, sync::lock};
use agnostic::RuntimeLite;
use bytes::Bytes;
use futures_channel::oneshot;
use memberlist_proto::{ExchangeOutput, RequestId, StreamFailure, StreamRequest, StreamRequestKind};
use memberlist_types::{Layers, Ping, StreamMessage, Wire};
use std::sync::Arc;

/// The task that starts what the machine asks for.
pub(crate) async fn run<T, D, W>(shared: Arc<Shared<T, D, W>>)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    loop {
        shared.requested.wait().await;
        let requests = std::mem::take(&mut *lock(&shared.requests));
        for request in requests {
            shared.spawn(carry_out(Arc::clone(&shared), request));
        }
    }
}

/// One request of the machine, to its end or its deadline.
async fn carry_out<T, D, W>(shared: Arc<Shared<T, D, W>>, request: StreamRequest<D::Id, D::Address>)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let StreamRequest { id, to, deadline, reads, kind } = request;
    let left = deadline.since(shared.clock.now());
    let is_push_pull = matches!(kind, StreamRequestKind::PushPull { .. });
    let started = shared.clock.now();
    let done = match T::Runtime::timeout(left, attempt(&shared, id, &to, reads, kind)).await {
        Ok(Ok(Some(theirs))) => {
            let merged = merge::merge(&shared, Some(id), theirs).await;
            if merged.is_ok() {
                metrics::push_pull(shared.clock.now().since(started));
            }
            merged
        }
        Ok(Ok(None)) => Ok(()),
        Ok(Err(failure)) => Err(failure),
        Err(_elapsed) => Err(StreamFailure::TimedOut),
    };
    if let Err(failure) = done {
        tracing::debug!(%to, %failure, "a stream to a peer failed");
        refusals::stream(&shared, &to, &failure);
        shared.input(|machine, now| machine.endpoint.handle_stream_failure(now, id, failure));
        if is_push_pull {
            Box::pin(seeds::look_up_again(&shared, Some(&to))).await;
        }
    }
}

async fn attempt<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    id: RequestId,
    to: &D::Address,
    reads: Option<Layers>,
    kind: StreamRequestKind<D::Id>,
) -> Result<Option<Theirs<D::Id, D::Address>>, StreamFailure>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    match kind {
        StreamRequestKind::PushPull { join } => push_pull(shared, to, reads, join).await.map(Some),
        StreamRequestKind::Ping { target, seq } => {
            let source = shared.read(|machine| machine.endpoint.local().node);
            let ping = Ping { seq, target: Some(target), source: Some(source) };
            let mut talk = dial(shared, to, reads, StreamMessage::Ping(ping)).await?;
            match talk.next().await? {
                Some(ExchangeOutput::Ack(ack)) => {
                    shared.input(|machine, now| machine.endpoint.handle_stream_ack(now, id, &ack));
                    Ok(None)
                }
                other => Err(unexpected(other)),
            }
        }
        _ => Err(StreamFailure::Cancelled),
    }
}

/// Exchanges full states with a peer; gives what is then to be merged.
async fn push_pull<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    to: &D::Address,
    reads: Option<Layers>,
    join: bool,
) -> Result<Theirs<D::Id, D::Address>, StreamFailure>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    check_allowed(shared, to)?;
    let user = shared.delegate.local_state(join).await;
    let begun = exchange::dial_push_pull(shared, reads, join, user).await?;
    let stream = open(shared, to).await?;
    let mut talk = Talk::push_pull(shared, reads, stream, begun).await?;
    let mut theirs = match talk.next().await? {
        Some(ExchangeOutput::PushPullReply(theirs)) => theirs,
        other => return Err(unexpected(other)),
    };
    talk.measure();
    drop(talk);
    // Whether it is a join is what we asked for, not what the answer claims.
    theirs.join = join;
    streams::consider(shared, to, &theirs).await.map_err(StreamFailure::MergeRefused)?;
    let states = admission::filter_states(shared, to, theirs.states).await;
    Ok(Theirs { join, states, merged: false, user: theirs.user, charge: None })
}

/// Opens a stream and puts the request on it.
async fn dial<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    to: &D::Address,
    reads: Option<Layers>,
    request: StreamMessage<D::Id, D::Address>,
) -> Result<Box<Talk<T, D, W>>, StreamFailure>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    check_allowed(shared, to)?;
    // Encoded before dialling: what can't be said needs no stream.
    let exchange = exchange::dial(shared, reads, &request).map_err(|error| unsendable(&error))?;
    Ok(Talk::new(shared, open(shared, to).await?, exchange))
}

fn check_allowed<T, D, W>(shared: &Shared<T, D, W>, to: &D::Address) -> Result<(), StreamFailure>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    if shared.transport.is_allowed(to) {
        Ok(())
    } else {
        Err(StreamFailure::Unreachable("the address is not allowed by the transport".into()))
    }
}

pub(crate) async fn open<T, D, W>(
    shared: &Shared<T, D, W>,
    to: &D::Address,
) -> Result<T::Stream, StreamFailure>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let stream = shared.transport.open_stream(to).await.map_err(|error| unreachable(&error))?;
    add(&shared.counters.streams_opened, 1);
    metrics::stream_opened();
    Ok(stream)
}

fn unexpected<I, A>(output: Option<ExchangeOutput<I, A>>) -> StreamFailure {
    match output {
        Some(ExchangeOutput::Refused(reason)) => StreamFailure::Refused(reason),
        Some(_) => StreamFailure::Invalid(memberlist_types::DecodeError::Invalid("kind of answer")),
        None => StreamFailure::Unreachable("the peer closed the stream without an answer".into()),
    }
}

impl<T, D, W> Shared<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// A reliable user message. It travels in a task of the node's, so that a caller who holds this future without polling
    /// it can't hold up the shutdown; dropping the future says that nobody waits for it any more.
    pub(crate) async fn send_reliable(self: &Arc<Self>, to: D::Address, payload: Bytes) -> Result<(), Error> {
        let until = self.clock.now() + self.options.protocol.stream_timeout;
        let reads = self.read(|machine| machine.endpoint.reads(&to));
        let encoded = exchange::message_frame(self, reads, payload).await;
        if self.is_shutdown() {
            return Err(Error::ShutDown);
        }
        let (done, sent) = oneshot::channel();
        let message = Outbound { frame: encoded??, until, done };
        let entered =
            if self.reuses_streams { self.lines.enter(&to, message) } else { Entered::NoRoom(message) };
        match entered {
            Entered::Waits => {}
            Entered::First(task) => self.spawn(lines::run(Arc::clone(self), to, task)),
            Entered::NoRoom(message) => self.spawn(lines::alone(Arc::clone(self), to, message)),
        }
        sent.await.unwrap_or(Err(Error::ShutDown))
    }
}
