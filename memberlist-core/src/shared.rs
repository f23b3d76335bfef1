use crate::{
    AddressOf, Delegate, Error, Event, Events, JoinError, JoinReport, Options, Transport, UserAddressOf,
    stats::Counters,
};
use bytes::Bytes;
use futures_channel::oneshot;
use memberlist_proto::{BroadcastId, BroadcastOutcome, Endpoint, Instant, JoinOptions, PingId};
use memberlist_types::Wire;
use std::{collections::HashMap, marker::PhantomData, sync::Arc, time::Duration};

pub(crate) struct Clock;
impl Clock {
    pub(crate) fn now(&self) -> Instant {
        todo!()
    }
}

pub(crate) struct Waiters {
    pub(crate) pings: HashMap<PingId, oneshot::Sender<Option<Duration>>>,
    pub(crate) broadcasts: HashMap<BroadcastId, oneshot::Sender<BroadcastOutcome>>,
}

pub(crate) struct Core<I, A, W> {
    pub(crate) endpoint: Endpoint<I, A, W>,
    pub(crate) waiters: Waiters,
}

impl<I, A, W> Core<I, A, W> {
    pub(crate) fn subscribe(&mut self, _options: &Options) -> Events<I, A> {
        let _: Option<Event<I, A>> = None;
        todo!()
    }
}

pub(crate) struct Shared<T, D: Delegate, W> {
    pub(crate) local_id: D::Id,
    pub(crate) clock: Clock,
    pub(crate) counters: Counters,
    pub(crate) transport: T,
    pub(crate) delegate: D,
    pub(crate) options: Options,
    w: PhantomData<W>,
}

#[allow(clippy::todo, unused_variables)]
impl<T, D, W> Shared<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    pub(crate) async fn start(
        id: D::Id,
        transport: T,
        delegate: D,
        wire: W,
        options: Options,
    ) -> Result<Arc<Self>, Error> {
        todo!()
    }
    pub(crate) fn read<R>(&self, read: impl FnOnce(&mut Core<D::Id, D::Address, W>) -> R) -> R {
        todo!()
    }
    pub(crate) fn command<R>(
        &self,
        command: impl FnOnce(&mut Core<D::Id, D::Address, W>, Instant) -> R,
    ) -> Result<R, Error> {
        todo!()
    }
    pub(crate) async fn send_reliable(&self, to: D::Address, payload: Bytes) -> Result<(), Error> {
        todo!()
    }
    pub(crate) async fn leave(&self, timeout: Duration) -> Result<usize, Error> {
        todo!()
    }
    pub(crate) fn rejoin(&self) -> Result<(), Error> {
        todo!()
    }
    pub(crate) fn begin_shutdown(&self) {}
    pub(crate) async fn shutdown(&self) {}
    pub(crate) fn is_shutdown(&self) -> bool {
        todo!()
    }
    pub(crate) async fn join(
        &self,
        addresses: Vec<UserAddressOf<T>>,
        options: JoinOptions,
    ) -> Result<JoinReport<UserAddressOf<T>, D::Address>, JoinError<UserAddressOf<T>, D::Address>> {
        todo!()
    }
}
