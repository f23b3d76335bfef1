//! Packets on their way out: the task that takes them from their queue, and hands them to the transport.

use crate::{AddressOf, Delegate, Transport, TransportError, metrics, shared::Shared, stats::add};
use agnostic::RuntimeLite;
use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use memberlist_proto::Transmit;
use memberlist_types::{Address, SequenceNumber, Wire};
use std::{
    collections::{HashMap, VecDeque},
    future::poll_fn,
    sync::Arc,
    task::Poll,
    time::Duration,
};

/// A destination that blocks holds at most so many sends …
const SENDS_PER_DESTINATION: usize = 8;
/// … and lets so many more packets wait; what comes on top is dropped.
const WAITING_PER_DESTINATION: usize = 128;

/// What came of a send.
enum Outcome<E> {
    Sent(usize),
    Failed(E),
    TimedOut,
    /// Never tried: not allowed, or not expressible.
    Refused,
}

/// What is on its way to one destination.
struct Lane<A> {
    sending: usize,
    waiting: VecDeque<Transmit<A>>,
}

/// All destinations that something is on its way to.
struct Lanes<A> {
    lanes: HashMap<A, Lane<A>>,
    waiting: usize,
    limit: usize,
}

impl<A: Address> Lanes<A> {
    /// Whether another packet to there can be sent or wait.
    fn has_room(&self, to: &A) -> bool {
        self.lanes.get(to).is_none_or(|lane| {
            lane.sending < SENDS_PER_DESTINATION
                || (lane.waiting.len() < WAITING_PER_DESTINATION && self.waiting < self.limit)
        })
    }

    /// Gives the packet back if it can be sent now, or lets it wait.
    fn enter(&mut self, transmit: Transmit<A>) -> Option<Transmit<A>> {
        let lane = self
            .lanes
            .entry(transmit.to.clone())
            .or_insert_with(|| Lane { sending: 0, waiting: VecDeque::new() });
        if lane.sending < SENDS_PER_DESTINATION {
            lane.sending += 1;
            return Some(transmit);
        }
        lane.waiting.push_back(transmit);
        self.waiting += 1;
        None
    }

    /// A send to there has ended: the next one in line.
    fn leave(&mut self, to: &A) -> Option<Transmit<A>> {
        let lane = self.lanes.get_mut(to)?;
        if let Some(next) = lane.waiting.pop_front() {
            self.waiting -= 1;
            return Some(next);
        }
        lane.sending -= 1;
        if lane.sending == 0 {
            self.lanes.remove(to);
        }
        None
    }
}

/// The transmit task.
pub(crate) async fn run<T, D, W>(shared: Arc<Shared<T, D, W>>)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let limit = shared.options.concurrent_sends;
    let mut lanes = Lanes { lanes: HashMap::new(), waiting: 0, limit: shared.options.transmit_queue };
    let mut sends = FuturesUnordered::new();
    // A send has ended: count it, and start what waited for it.
    macro_rules! conclude {
        ($done:expr) => {{
            let (to, probe, outcome) = $done;
            conclude(&shared, &to, probe, outcome);
            if let Some(next) = lanes.leave(&to) {
                sends.push(send(&shared, next));
            }
        }};
    }
    loop {
        while sends.len() < limit
            && let Some(transmit) = shared.outgoing.pop()
        {
            if !lanes.has_room(&transmit.to) {
                // Most sends end as soon as they are polled. The pause is for runtimes that let a task do only so
                // much at a time: behind it, whatever can end has ended.
                T::Runtime::yield_now().await;
                while let Some(Some(done)) = sends.next().now_or_never() {
                    conclude!(done);
                }
            }
            if !lanes.has_room(&transmit.to) {
                add(&shared.counters.packets_dropped, 1);
            } else if let Some(transmit) = lanes.enter(transmit) {
                sends.push(send(&shared, transmit));
            }
        }
        let room = sends.len() < limit;
        let done = poll_fn(|cx| {
            if let Poll::Ready(Some(done)) = sends.poll_next_unpin(cx) {
                return Poll::Ready(Some(done));
            }
            if room && shared.outgoing.filled.poll(cx).is_ready() { Poll::Ready(None) } else { Poll::Pending }
        })
        .await;
        if let Some(done) = done {
            conclude!(done);
        }
    }
}

async fn send<T, D, W>(
    shared: &Shared<T, D, W>,
    transmit: Transmit<D::Address>,
) -> (D::Address, Option<SequenceNumber>, Outcome<T::Error>)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let Transmit { to, messages, reads, probe } = transmit;
    if !shared.transport.is_allowed(&to) {
        return (to, probe, Outcome::Refused);
    }
    let framing = shared.framings.packets.readable(&shared.wire, reads);
    let packet = match shared.wire.encode_packet(framing, &messages) {
        Ok(packet) => packet,
        Err(error) => {
            if shared.encode_trouble.now(shared.uptime(), Duration::from_secs(60)) {
                tracing::error!(%error, "the wire can't express a packet that the protocol asks for");
            }
            return (to, probe, Outcome::Refused);
        }
    };
    let len = packet.len();
    let sent =
        T::Runtime::timeout(shared.options.send_timeout, shared.transport.send_packet(&to, packet)).await;
    let outcome = match sent {
        Ok(Ok(())) => Outcome::Sent(len),
        Ok(Err(error)) => Outcome::Failed(error),
        Err(_elapsed) => Outcome::TimedOut,
    };
    (to, probe, outcome)
}

fn conclude<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    to: &D::Address,
    probe: Option<SequenceNumber>,
    outcome: Outcome<T::Error>,
) where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let counters = &shared.counters;
    match outcome {
        Outcome::Sent(bytes) => {
            add(&counters.packets_sent, 1);
            add(&counters.bytes_sent, bytes);
            metrics::packet_sent(bytes);
        }
        Outcome::Failed(error) => {
            add(&counters.packets_failed, 1);
            if error.is_remote() || error.is_closed() {
                tracing::debug!(%to, %error, "packet not sent");
            } else {
                shared.transport_error("send packets", &error);
                if let Some(probe) = probe {
                    shared.input(|machine, now| machine.endpoint.handle_send_failure(now, probe));
                }
            }
        }
        Outcome::TimedOut | Outcome::Refused => add(&counters.packets_dropped, 1),
    }
}

#[cfg(test)]
mod tests;
