//! A node, whatever its transport and its runtime: what the demonstration needs of a memberlist, behind one object.

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use memberlist::{
    AddressResolver, Broadcast, Error, NativeWire, Transport, VoidDelegate, prelude::*, proto::Instant,
};
use std::{net::SocketAddr, sync::Arc};

/// A handle; the node runs until it is shut down, or the last handle is gone.
pub(crate) type Node = Arc<dyn AnyNode>;

pub(crate) type Peer = Member<SmolStr, SocketAddr>;
pub(crate) type Seen = Events<SmolStr, SocketAddr>;
pub(crate) type Joined = Result<JoinReport<SeedAddress, SocketAddr>, JoinError<SeedAddress, SocketAddr>>;

/// What a `Memberlist` of any transport can do, of the same types for all.
pub(crate) trait AnyNode: Send + Sync {
    fn id(&self) -> &SmolStr;
    fn address(&self) -> SocketAddr;
    fn known(&self) -> Vec<Peer>;
    fn now(&self) -> Instant;
    fn has_left(&self) -> bool;
    fn keyring(&self) -> Option<Keyring>;
    fn events(&self) -> Seen;
    fn members_and_events(&self) -> (Vec<Peer>, Seen);
    fn broadcast(&self, payload: Bytes) -> Result<Broadcast, Error>;
    fn update_meta(&self, meta: Meta) -> BoxFuture<'_, Result<Broadcast, Error>>;
    fn ping<'a>(&'a self, id: &'a SmolStr) -> BoxFuture<'a, Result<Duration, Error>>;
    fn join(&self, seeds: Vec<SeedAddress>, options: JoinOptions) -> BoxFuture<'_, Joined>;
    fn leave(&self, timeout: Duration) -> BoxFuture<'_, Result<usize, Error>>;
    fn rejoin(&self) -> BoxFuture<'_, Result<(), Error>>;
    fn shutdown(&self) -> BoxFuture<'_, ()>;
}

impl<T> AnyNode for Memberlist<T, VoidDelegate<SmolStr, SocketAddr>, NativeWire>
where
    T: Transport<Resolver: AddressResolver<Address = SeedAddress, ResolvedAddress = SocketAddr>>,
{
    fn id(&self) -> &SmolStr {
        self.local_id()
    }

    fn address(&self) -> SocketAddr {
        self.advertise_address()
    }

    fn known(&self) -> Vec<Peer> {
        Self::known(self)
    }

    fn now(&self) -> Instant {
        Self::now(self)
    }

    fn has_left(&self) -> bool {
        Self::has_left(self)
    }

    fn keyring(&self) -> Option<Keyring> {
        self.options().framing.keyring.clone()
    }

    fn events(&self) -> Seen {
        Self::events(self)
    }

    fn members_and_events(&self) -> (Vec<Peer>, Seen) {
        Self::members_and_events(self)
    }

    fn broadcast(&self, payload: Bytes) -> Result<Broadcast, Error> {
        Self::broadcast(self, payload)
    }

    fn update_meta(&self, meta: Meta) -> BoxFuture<'_, Result<Broadcast, Error>> {
        Self::update_meta(self, meta).boxed()
    }

    fn ping<'a>(&'a self, id: &'a SmolStr) -> BoxFuture<'a, Result<Duration, Error>> {
        Self::ping(self, id).boxed()
    }

    fn join(&self, seeds: Vec<SeedAddress>, options: JoinOptions) -> BoxFuture<'_, Joined> {
        self.join_many(seeds, options).boxed()
    }

    fn leave(&self, timeout: Duration) -> BoxFuture<'_, Result<usize, Error>> {
        Self::leave(self, timeout).boxed()
    }

    fn rejoin(&self) -> BoxFuture<'_, Result<(), Error>> {
        Self::rejoin(self).boxed()
    }

    fn shutdown(&self) -> BoxFuture<'_, ()> {
        Self::shutdown(self).boxed()
    }
}
