//! What becomes of a packet: admitted, decoded outside the lock, and handed to the machine.

use super::{admission, refusals};
use crate::{AddressOf, Delegate, Packet, Transport, metrics, shared::Shared, stats::add, sync::lock};
use memberlist_proto::RejectReason;
use memberlist_types::{Message, Wire};
use std::sync::Arc;

/// Handles one packet. `buffer` is empty before and after; its memory is reused.
pub(crate) fn handle<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    packet: Packet<D::Address>,
    buffer: &mut Vec<Message<D::Id, D::Address>>,
) where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let Packet { from, data } = packet;
    let counters = &shared.counters;
    add(&counters.packets_received, 1);
    add(&counters.bytes_received, data.len());
    metrics::packet_received(data.len());
    if !shared.transport.is_allowed(&from) {
        shared.input(|machine, now| {
            machine.endpoint.reject(now, RejectReason::AddressNotAllowed, None, Some(from));
        });
        return;
    }
    let admitted = {
        let mut machine = lock(&shared.machine);
        let now = shared.clock.now();
        machine.endpoint.admit_packet(now, &from, data.len())
    };
    if !admitted {
        return;
    }
    let decoded =
        shared.wire.decode_packet(shared.framings.packets.wanted(), data, &mut |message| match message {
            Ok(message) => buffer.push(message),
            Err(error) => reject(shared, &from, &error),
        });
    if let Err(error) = decoded {
        reject(shared, &from, &error);
    }
    buffer.retain(|message| admission::may_enter(shared, &from, message));
    if buffer.is_empty() {
        return;
    }
    shared.input(|machine, now| {
        for message in buffer.drain(..) {
            machine.endpoint.handle_message(now, from.clone(), message);
        }
    });
}

fn reject<T, D, W>(shared: &Arc<Shared<T, D, W>>, from: &D::Address, error: &memberlist_types::DecodeError)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    shared.counters.reject(error);
    metrics::decode_rejected(error.reason());
    tracing::trace!(%from, %error, "packet or message refused");
    refusals::packet(shared, from, error);
}
