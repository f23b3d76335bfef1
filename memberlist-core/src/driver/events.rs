//! Events: from the machine to who waits for them, the delegate and the subscribers.

use crate::{
    AddressOf, Delegate, Event, Transport,
    machine::Machine,
    metrics,
    queue::{Lane, Receiver, Sender, Sent},
    shared::Shared,
    stats::{Counters, add},
};
use bytes::Bytes;
use futures_util::FutureExt;
use memberlist_proto::Event as Output;
use memberlist_types::{Address, Id, Node, Wire};
use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

/// What goes to the delegates that deal with the application's data.
pub(crate) enum Data<I, A> {
    /// A user message.
    Message(A, Bytes),
    /// A peer's state, and whether it came with a join.
    State(Bytes, bool),
    /// An answered ping.
    Ping(Node<I, A>, Duration, Bytes),
}

/// Where events go.
pub(crate) struct EventSink<I, A> {
    delegate_events: Sender<Event<I, A>>,
    delegate_data: Sender<Data<I, A>>,
    subscribers: Vec<Sender<Event<I, A>>>,
    /// Whether the delegate is told of user messages.
    tells_messages: bool,
    closed: bool,
}

impl<I: Id, A: Address> EventSink<I, A> {
    pub(crate) const fn new(
        events: Sender<Event<I, A>>,
        data: Sender<Data<I, A>>,
        tells_messages: bool,
    ) -> Self {
        Self {
            delegate_events: events,
            delegate_data: data,
            subscribers: Vec::new(),
            tells_messages,
            closed: false,
        }
    }

    pub(crate) fn subscribe(&mut self, subscriber: Sender<Event<I, A>>) {
        if !self.closed {
            self.subscribers.push(subscriber);
        }
    }

    pub(crate) fn close(&mut self) {
        self.closed = true;
        self.subscribers.clear();
        self.delegate_events.close();
        self.delegate_data.close();
    }

    /// Whether a listener is behind by half its queue, which has room for so many more events.
    pub(crate) fn is_filling(&self, more: usize) -> bool {
        self.delegate_events.is_filling(more) || self.subscribers.iter().any(|s| s.is_filling(more))
    }

    /// A membership event, to the delegate and every subscriber.
    fn event(&mut self, event: Event<I, A>, counters: &Counters) {
        let lost = &counters.events_dropped;
        self.subscribers.retain(|subscriber| count_lost(subscriber.send(Lane::Events, event.clone()), lost));
        count_lost(self.delegate_events.send(Lane::Events, event), lost);
    }

    /// User messages, to the delegate and every subscriber: all at once, so that a full packet costs each of them one lock and one waking.
    pub(crate) fn messages(&mut self, said: &[(A, Bytes)], reliable: bool, counters: &Counters) {
        let lane = |payload: &Bytes| Lane::Data(payload.len());
        self.subscribers.retain(|subscriber| {
            let events = said.iter().map(|(from, payload)| {
                (lane(payload), Event::User { from: from.clone(), payload: payload.clone(), reliable })
            });
            let sent = subscriber.send_all(events);
            count_lost(sent, &counters.data_dropped)
        });
        if self.tells_messages {
            let data = said
                .iter()
                .map(|(from, payload)| (lane(payload), Data::Message(from.clone(), payload.clone())));
            count_lost(self.delegate_data.send_all(data), &counters.data_dropped);
        }
    }

    pub(crate) fn data(&self, data: Data<I, A>, counters: &Counters) {
        // Ping results are the least worth keeping, so they must not push out messages: they take the other lane.
        let lane = match &data {
            Data::Message(_, bytes) | Data::State(bytes, _) => Lane::Data(bytes.len()),
            Data::Ping(..) => Lane::Events,
        };
        count_lost(self.delegate_data.send(lane, data), &counters.data_dropped);
    }
}

/// Counts what was pushed out; false if nobody listens any more.
fn count_lost(sent: Sent, counter: &AtomicU64) -> bool {
    if let Sent::Displaced(lost) = sent {
        add(counter, lost);
    }
    sent != Sent::Closed
}

impl<I: Id, A: Address, W: Wire<I, A>> Machine<I, A, W> {
    /// Brings one event to those whom it concerns.
    pub(crate) fn on_event(&mut self, event: Output<I, A>, counters: &Counters) {
        tell(&event);
        metrics::event(&event);
        let event = match event {
            Output::User { from, payload } => {
                return self.sink.messages(&[(from, payload)], false, counters);
            }
            Output::PingCompleted { node, rtt, payload, command } => {
                let waiter = command.and_then(|id| self.waiters.pings.remove(&id));
                if let Some(waiter) = waiter {
                    let _ = waiter.send(Some(rtt));
                }
                return self.sink.data(Data::Ping(node, rtt, payload), counters);
            }
            Output::PingFailed { command, .. } => {
                if let Some(waiter) = self.waiters.pings.remove(&command) {
                    let _ = waiter.send(None);
                }
                return;
            }
            Output::JoinProgress { id, result } => {
                if let Some(waiter) = self.waiters.joins.get_mut(&id) {
                    waiter.results.push(result);
                }
                return;
            }
            Output::JoinFinished { id, .. } => {
                if let Some(waiter) = self.waiters.joins.remove(&id) {
                    let _ = waiter.finished.send(waiter.results);
                }
                return;
            }
            Output::LeaveFinished { confirmed } => {
                self.left = Some(confirmed);
                for waiter in self.waiters.leaves.drain(..) {
                    let _ = waiter.send(confirmed);
                }
                return;
            }
            Output::BroadcastFinished { id, outcome } => {
                if let Some(waiter) = self.waiters.broadcasts.remove(&id) {
                    let _ = waiter.send(outcome);
                }
                return;
            }
            Output::Joined(member) => Event::Joined(member),
            Output::Left(member) => Event::Left(member),
            Output::Failed { member, reason } => Event::Failed { member, reason },
            Output::Updated { member, previous } => Event::Updated { member, previous },
            Output::Suspected { member, reason } => Event::Suspected { member, reason },
            Output::Recovered { member, suspected_for } => Event::Recovered { member, suspected_for },
            Output::Removed(member) => Event::Removed(member),
            Output::Conflict { existing, claimed } => Event::Conflict { existing, claimed },
            Output::Refuted { incarnation, accuser } => Event::Refuted { incarnation, accuser },
            Output::IncarnationExhausted => Event::IncarnationExhausted,
            Output::HealthChanged { score } => Event::HealthChanged { score },
            Output::ProbeAborted { node } => Event::ProbeAborted { node },
            Output::Idle => Event::Idle,
            Output::Active => Event::Active,
            Output::Rejected(rejection) => Event::Rejected(rejection),
            // An output that this driver does not know can't be waited for by anyone.
            _ => return,
        };
        self.sink.event(event, counters);
    }
}

/// What the log says of an event. What an operator must act on is rate-limited at its source: conflicts and refusals by the
/// machine, the exhausted incarnation by its nature.
fn tell<I: Id, A: Address>(event: &Output<I, A>) {
    match event {
        Output::Joined(member) => tracing::debug!(member = %member.node, "joined"),
        Output::Left(member) => tracing::debug!(member = %member.node, "left"),
        Output::Failed { member, reason } => tracing::debug!(member = %member.node, %reason, "failed"),
        Output::Updated { member, .. } => tracing::debug!(member = %member.node, "updated"),
        Output::Suspected { member, reason } => {
            tracing::debug!(member = %member.node, %reason, "suspected");
        }
        Output::Recovered { member, suspected_for } => {
            tracing::debug!(member = %member.node, ?suspected_for, "recovered");
        }
        Output::Removed(member) => tracing::debug!(member = %member.node, "forgotten"),
        Output::Conflict { existing, claimed } => {
            tracing::debug!(known = %existing.node, %claimed, "two nodes claim one name");
        }
        Output::Refuted { incarnation, accuser } => {
            tracing::debug!(%incarnation, accuser = accuser.as_ref().map(tracing::field::display), "refuted");
        }
        Output::IncarnationExhausted => {
            tracing::error!("the incarnation is exhausted: restart this node under another name");
        }
        Output::Rejected(rejection) => tracing::debug!(
            reason = rejection.reason.name(),
            about = rejection.about.as_ref().map(tracing::field::display),
            from = rejection.from.as_ref().map(tracing::field::display),
            "refused"
        ),
        _ => {}
    }
}

/// Calls a delegate; its panic costs this call only.
async fn guarded(call: impl Future<Output = ()>) {
    if AssertUnwindSafe(call).catch_unwind().await.is_err() {
        tracing::error!("a delegate's method panicked");
    }
}

/// The task that calls the event and the conflict delegate.
pub(crate) async fn dispatch_events<T, D, W>(
    shared: Arc<Shared<T, D, W>>,
    mut queue: Receiver<Event<D::Id, D::Address>>,
) where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let delegate = &shared.delegate;
    while let Some(item) = queue.recv().await {
        let event = item.unwrap_or_else(Event::Lagged);
        guarded(delegate.notify_event(&event)).await;
        match &event {
            Event::Joined(member) => guarded(delegate.notify_joined(member)).await,
            Event::Left(member) => guarded(delegate.notify_left(member)).await,
            Event::Failed { member, reason } => guarded(delegate.notify_failed(member, reason)).await,
            Event::Updated { member, previous } => guarded(delegate.notify_updated(member, previous)).await,
            Event::Suspected { member, reason } => guarded(delegate.notify_suspected(member, reason)).await,
            Event::Recovered { member, suspected_for } => {
                guarded(delegate.notify_recovered(member, *suspected_for)).await;
            }
            Event::Conflict { existing, claimed } => {
                guarded(delegate.notify_conflict(existing, claimed)).await;
            }
            _ => {}
        }
    }
}

/// The task that calls the node and the ping delegate.
pub(crate) async fn dispatch_data<T, D, W>(
    shared: Arc<Shared<T, D, W>>,
    mut queue: Receiver<Data<D::Id, D::Address>>,
) where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let delegate = &shared.delegate;
    while let Some(item) = queue.recv().await {
        match item {
            Ok(Data::Message(from, bytes)) => guarded(delegate.notify_message(from, bytes)).await,
            Ok(Data::State(bytes, join)) => guarded(delegate.merge_remote_state(bytes, join)).await,
            Ok(Data::Ping(node, rtt, bytes)) => {
                guarded(delegate.notify_ping_complete(&node, rtt, bytes)).await;
            }
            // Counted where they were dropped.
            Err(_lost) => {}
        }
    }
}

#[cfg(test)]
mod tests;
