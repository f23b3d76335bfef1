//! The task that feeds the machine with packets and with the passing of time.
//!
//! Both are one task, because their order matters: what has arrived is handled before timers that have run out. A node that was
//! paused (a stopped process, a sleeping machine, a starved executor) finds the answers of others in its socket
//! when it wakes, and must not suspect them for its own sleep.

use super::packets;
use crate::{
    AddressOf, Delegate, Packet, Transport, TransportError, metrics,
    shared::Shared,
    sync::{Backoff, lock},
};
use agnostic::RuntimeLite;
use memberlist_proto::Instant;
use memberlist_types::Wire;
use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

/// Packets handled in a row before the timers get their turn, and other tasks theirs.
const BATCH: usize = 256;
/// From one run of the timers to the next, memory is kept for so many messages of a packet.
const KEPT: usize = 8;
/// A timer that is so late was late because this task could not run.
const PAUSED: Duration = Duration::from_millis(30);
/// What is given to packets that are on their way through the transport, after a pause.
const GRACE: Duration = Duration::from_millis(10);
/// How long to sleep if nothing is due: the machine says by itself when that changes.
const LONG: Duration = Duration::from_secs(3600);

enum Wake<A> {
    Packet(Packet<A>),
    Closed,
    Rearm,
    Due,
}

/// The engine task; ends when the transport is closed.
pub(crate) async fn run<T, D, W>(shared: Arc<Shared<T, D, W>>)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let mut receiving = pin!(receive(&shared));
    let mut sleep = pin!(T::Runtime::sleep(arm(&shared)));
    let mut row = 0;
    let mut buffer = Vec::new();
    loop {
        let wake = poll_fn(|cx| {
            if row < BATCH
                && let Poll::Ready(packet) = receiving.as_mut().poll(cx)
            {
                let Some(packet) = packet else {
                    return Poll::Ready(Wake::Closed);
                };
                receiving.set(receive(&shared));
                return Poll::Ready(Wake::Packet(packet));
            }
            if shared.rearm.poll(cx).is_ready() {
                return Poll::Ready(Wake::Rearm);
            }
            if row >= BATCH || sleep.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Wake::Due);
            }
            Poll::Pending
        })
        .await;
        match wake {
            Wake::Packet(packet) => {
                row += 1;
                packets::handle(&shared, packet, &mut buffer);
                continue;
            }
            Wake::Closed => return closed(&shared),
            Wake::Rearm => {}
            Wake::Due => {
                if row >= BATCH {
                    T::Runtime::yield_now().await;
                } else if lateness(&shared) > PAUSED {
                    let until = shared.clock.now() + GRACE;
                    while let left = until.since(shared.clock.now())
                        && !left.is_zero()
                        && let Ok(packet) = T::Runtime::timeout(left, receiving.as_mut()).await
                    {
                        let Some(packet) = packet else { return closed(&shared) };
                        receiving.set(receive(&shared));
                        packets::handle(&shared, packet, &mut buffer);
                    }
                }
                row = 0;
                if buffer.capacity() > KEPT {
                    buffer = Vec::new();
                }
                tick(&shared);
            }
        }
        sleep.set(T::Runtime::sleep(arm(&shared)));
    }
}

/// Nothing more comes in. Before the node's own end that is somebody else's doing, and a node that hears nothing is dead.
fn closed<T, D, W>(shared: &Shared<T, D, W>)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    if !shared.is_shutdown() {
        tracing::error!("the transport was closed underneath the node: shutting down");
        shared.begin_shutdown();
    }
}

/// Runs the timers that have run out.
fn tick<T, D, W>(shared: &Arc<Shared<T, D, W>>)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let started = shared.clock.now();
    let gossip = shared.input(|machine, now| {
        if machine.endpoint.poll_timeout().is_none_or(|due| due > now) {
            return false;
        }
        let gossip = machine.endpoint.gossip_room(now).is_some();
        machine.endpoint.handle_timeout(now);
        gossip
    });
    if gossip {
        metrics::gossip(shared.clock.now().since(started));
    }
}

/// Tells the machine until when we sleep, so that it wakes us if something is due earlier.
fn arm<T, D, W>(shared: &Shared<T, D, W>) -> Duration
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let mut machine = lock(&shared.machine);
    let now = shared.clock.now();
    let due = machine.endpoint.poll_timeout().unwrap_or(Instant::NEVER).min(now + LONG);
    machine.armed = due;
    due.since(now)
}

/// By how much the earliest timer is late.
fn lateness<T, D, W>(shared: &Shared<T, D, W>) -> Duration
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let machine = lock(&shared.machine);
    shared.clock.now().since(machine.armed)
}

/// The next packet; `None` if the transport is closed. Backs off while the transport fails, without holding up the timers.
async fn receive<T, D, W>(shared: &Shared<T, D, W>) -> Option<Packet<D::Address>>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let mut backoff = Backoff::default();
    loop {
        match shared.transport.recv_packet().await {
            Ok(packet) => return Some(packet),
            Err(error) if error.is_closed() => return None,
            Err(error) => {
                shared.transport_error("receive packets", &error);
                T::Runtime::sleep(backoff.next()).await;
            }
        }
    }
}
