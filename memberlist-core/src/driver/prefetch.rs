//! Asks the delegate ahead of time for what goes into packets, so that the packet path never waits for it.

use crate::{AddressOf, Delegate, Transport, shared::Shared, stats::add};
use agnostic::RuntimeLite;
use bytes::Bytes;
use memberlist_proto::CommandError;
use memberlist_types::Wire;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// The task, for delegates that have anything to say; does nothing without gossip.
pub(crate) async fn run<T, D, W>(shared: Arc<Shared<T, D, W>>)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let pause = shared.options.protocol.gossip_interval;
    if pause.is_zero() {
        return;
    }
    let mut last_payload: Option<Bytes> = None;
    loop {
        let asked = catch_unwind(AssertUnwindSafe(|| {
            let limit = shared.read(|machine| machine.endpoint.max_user_payload());
            (shared.delegate.broadcast_messages(limit), shared.delegate.ack_payload())
        }));
        match asked {
            Ok((broadcasts, payload)) => {
                queue(&shared, broadcasts);
                if last_payload.as_ref() != Some(&payload) {
                    attach(&shared, payload.clone());
                    last_payload = Some(payload);
                }
            }
            Err(_panic) => tracing::error!("a delegate's method panicked"),
        }
        T::Runtime::sleep(pause).await;
    }
}

fn queue<T, D, W>(shared: &Arc<Shared<T, D, W>>, broadcasts: Vec<Bytes>)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    if broadcasts.is_empty() {
        return;
    }
    shared.input(|machine, now| {
        for payload in broadcasts {
            match machine.endpoint.broadcast(now, None, payload) {
                Ok(_) => {}
                Err(CommandError::QueueFull) => add(&shared.counters.data_dropped, 1),
                Err(error) => {
                    add(&shared.counters.data_dropped, 1);
                    tracing::debug!(%error, "a broadcast of the delegate is dropped");
                }
            }
        }
    });
}

fn attach<T, D, W>(shared: &Arc<Shared<T, D, W>>, payload: Bytes)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let set = shared.input(|machine, _| machine.endpoint.set_ack_payload(payload));
    if let Err(error) = set {
        tracing::error!(%error, "the ping delegate's ack payload is too large and was not attached");
    }
}
