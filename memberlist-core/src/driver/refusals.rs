//! What can't be read because nodes are set up differently: somebody has to know, for no node can mend it.

use crate::{AddressOf, Delegate, Transport, shared::Shared};
use memberlist_proto::{RejectReason, StreamFailure};
use memberlist_types::{DecodeError, Wire};
use std::{sync::Arc, time::Duration};

/// What became of bytes that can't be read, as a conversation's failure.
pub(super) const fn failure(error: DecodeError) -> StreamFailure {
    match RejectReason::of(&error) {
        Some(RejectReason::WrongKey | RejectReason::Unencrypted) => StreamFailure::KeyMismatch(error),
        _ => StreamFailure::Invalid(error),
    }
}

/// Tells of a packet that can't be read.
pub(super) fn packet<T, D, W>(shared: &Arc<Shared<T, D, W>>, from: &D::Address, error: &DecodeError)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let Some(reason) = RejectReason::of(error) else { return };
    shared.input(|machine, now| machine.endpoint.reject(now, reason, None, Some(from.clone())));
    if shared.key_trouble.now(shared.uptime(), Duration::from_secs(60)) {
        // A node that leaves the encryption to its transport does not know that it is expected from itself.
        let hint = match reason {
            RejectReason::Unencrypted => {
                "keys and algorithms with those here; if that node sends packets inside TLS or QUIC, set its `always_encrypt`"
            }
            RejectReason::AnotherWire => "wire with the one here",
            _ => "keys and algorithms with those here",
        };
        tracing::warn!(
            %from, reason = reason.name(), %error,
            "what a node sent can't be read: compare its {hint}; all such refusals are counted, and told once a minute"
        );
    }
}

/// Tells of a conversation that failed because of it.
pub(super) fn stream<T, D, W>(shared: &Arc<Shared<T, D, W>>, peer: &D::Address, failure: &StreamFailure)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    if let StreamFailure::KeyMismatch(error) | StreamFailure::Invalid(error) = failure {
        packet(shared, peer, error);
    }
}
