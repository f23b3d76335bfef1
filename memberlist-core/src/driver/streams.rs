//! Streams that peers open: accepted within bounds, and over at their deadline.

use super::{
    admission,
    exchange::Talk,
    merge::{self, Theirs},
    refusals, residents,
};
use crate::{
    AddressOf, Delegate, Transport, TransportError,
    budget::Budget,
    metrics,
    shared::Shared,
    stats::add,
    sync::{Backoff, Place, Places},
};
use agnostic::RuntimeLite;
use futures_util::FutureExt;
use memberlist_proto::{ExchangeOutput, RejectReason, StreamFailure};
use memberlist_types::{PushPull, StreamMessage, Wire};
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

/// How long a stream waits for a place when all are taken.
const WAIT_FOR_PLACE: Duration = Duration::from_secs(1);

/// The accept task; ends when the transport is closed.
pub(crate) async fn accept<T, D, W>(shared: Arc<Shared<T, D, W>>)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let places = Places::new(shared.options.max_inbound_streams);
    let residents = Places::new(shared.options.message_streams);
    let memory = Budget::new(shared.options.max_inbound_bytes);
    let mut backoff = Backoff::default();
    loop {
        let (from, stream) = match shared.transport.accept_stream().await {
            Ok(accepted) => accepted,
            Err(error) if error.is_closed() => return,
            Err(error) => {
                shared.transport_error("accept streams", &error);
                T::Runtime::sleep(backoff.next()).await;
                continue;
            }
        };
        backoff.reset();
        if !shared.transport.is_allowed(&from) {
            add(&shared.counters.streams_refused, 1);
            shared.input(|machine, now| {
                machine.endpoint.reject(now, RejectReason::AddressNotAllowed, None, Some(from));
            });
            continue;
        }
        let place = match places.try_take() {
            Some(place) => place,
            None => match T::Runtime::timeout(WAIT_FOR_PLACE, places.take()).await {
                Ok(place) => place,
                Err(_elapsed) => {
                    add(&shared.counters.streams_refused, 1);
                    metrics::stream_refused();
                    continue;
                }
            },
        };
        add(&shared.counters.streams_accepted, 1);
        metrics::stream_accepted();
        let talk = Talk::accept(&shared, stream, &memory);
        shared.spawn(serve(Arc::clone(&shared), from, talk, place, Arc::clone(&residents)));
    }
}

/// What a stream has come to.
enum Answered<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// Its end.
    Done,
    /// Its end; this is to be merged.
    Merge(Theirs<D::Id, D::Address>),
    /// Further messages may follow.
    GoesOn(Box<Talk<T, D, W>>),
}

/// One stream, to its end or its deadline; and then what is to be merged of it, or what else comes on it.
async fn serve<T, D, W>(
    shared: Arc<Shared<T, D, W>>,
    from: D::Address,
    talk: Box<Talk<T, D, W>>,
    place: Place,
    residents: Arc<Places>,
) where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let deadline = shared.options.protocol.stream_timeout;
    let done = T::Runtime::timeout(deadline, answer(&shared, &from, talk)).await;
    let (place, failure) = match done {
        Ok(Ok(Answered::Done)) => (Some(place), None),
        Ok(Ok(Answered::Merge(theirs))) => (Some(place), merge::merge(&shared, None, theirs).await.err()),
        Ok(Ok(Answered::GoesOn(talk))) => {
            (None, Box::pin(residents::stay(&shared, &from, talk, place, &residents)).await.err())
        }
        Ok(Err(failure)) => (Some(place), Some(failure)),
        Err(_elapsed) => (Some(place), Some(StreamFailure::TimedOut)),
    };
    if let Some(failure) = failure {
        add(&shared.counters.streams_failed, 1);
        tracing::debug!(%from, %failure, "a stream of a peer failed");
        refusals::stream(&shared, &from, &failure);
    }
    drop(place);
}

async fn answer<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    from: &D::Address,
    mut talk: Box<Talk<T, D, W>>,
) -> Result<Answered<T, D, W>, StreamFailure>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    match talk.next().await? {
        Some(ExchangeOutput::PushPullRequest(state)) => {
            push_pull(shared, from, talk, state).await.map(Answered::Merge)
        }
        Some(ExchangeOutput::Ping(ping)) => {
            let ack = shared.input(|machine, now| machine.endpoint.handle_stream_ping(now, &ping));
            if let Some(ack) = ack {
                talk.reply(StreamMessage::Ack(ack)).await?;
                talk.close().await?;
            }
            Ok(Answered::Done)
        }
        Some(ExchangeOutput::User(payload)) => {
            // Never waits, so the machine's lock is as good as any to keep the order of events.
            let said = [(from.clone(), payload)];
            shared.read(|machine| machine.sink.messages(&said, true, &shared.counters));
            if talk.goes_on() {
                return Ok(Answered::GoesOn(talk));
            }
            talk.close().await.map(|()| Answered::Done)
        }
        _ => Ok(Answered::Done),
    }
}

/// Answers a push/pull: a refusal before anything of ours is told, or our state. Gives what is then to be merged.
async fn push_pull<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    from: &D::Address,
    mut talk: Box<Talk<T, D, W>>,
    theirs: PushPull<D::Id, D::Address>,
) -> Result<Theirs<D::Id, D::Address>, StreamFailure>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    if let Some(theirs) = theirs.states.first() {
        talk.answer_in(theirs.layers);
    }
    if let Err(refusal) = consider(shared, from, &theirs).await {
        talk.reply(StreamMessage::Error(refusal.as_str().into())).await?;
        talk.close().await?;
        return Err(StreamFailure::MergeRefused(refusal));
    }
    let PushPull { join, mut states, user } = theirs;
    // Whoever joins with more than that is a cluster of its own, and its states are merged behind the answer, slice by slice.
    let mut merged = false;
    if join && states.len() <= merge::SLICE {
        let few = admission::filter_states(shared, from, std::mem::take(&mut states)).await;
        let merge = |states| merge::merge_ahead(shared, states);
        shared.gathering.wait::<T::Runtime>(few, || shared.clock.now(), merge).await;
        merged = !shared.read(|machine| machine.endpoint.has_left());
    }
    let told = shared.delegate.local_state(join).await;
    talk.tell(told).await?;
    talk.measure();
    let charge = talk.take_charge();
    talk.close().await?;
    let states = admission::filter_states(shared, from, states).await;
    Ok(Theirs { join, states, merged, user, charge })
}

/// Whether a peer's state may be merged at all: its versions fit, and if it is a join the merge delegate agrees.
pub(crate) async fn consider<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    from: &D::Address,
    theirs: &PushPull<D::Id, D::Address>,
) -> Result<(), String>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    if let Err(error) = merge::check_versions(shared, &theirs.states).await {
        shared.input(|machine, now| {
            machine.endpoint.reject(now, RejectReason::Incompatible, None, Some(from.clone()));
        });
        return Err(error.to_string());
    }
    if !theirs.join {
        return Ok(());
    }
    let asked = AssertUnwindSafe(shared.delegate.notify_merge(&theirs.states)).catch_unwind().await;
    let refusal = match asked {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(refusal)) => refusal.to_string(),
        Err(_panic) => {
            tracing::error!("the merge delegate panicked");
            "internal error".into()
        }
    };
    shared.input(|machine, now| {
        machine.endpoint.reject(now, RejectReason::Delegate, None, Some(from.clone()));
    });
    Err(refusal)
}
