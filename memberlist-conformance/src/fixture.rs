use crate::Relay;
use agnostic::RuntimeLite;
use bytes::Bytes;
use memberlist_core::{
    AddressOf, ResolveAll, Transport, UserAddressOf,
    types::{Framing, WireData},
};
use std::{future::Future, time::Duration};

/// What the suite needs to know of the transport that it tests: how to make one.
///
/// Two methods are required; the others have defaults that fit most transports. A fixture is made anew for each test; all
/// transports of one fixture must reach each other.
pub trait Fixture: Sized + 'static {
    /// What is tested.
    type Transport: Transport<Resolver: ResolveAll<ResolvedAddress: WireData>>;

    /// Binds a transport: where one was before (`Some`), or at a fresh address of its own (`None`).
    ///
    /// A fresh address should be one that no other test is given meanwhile, also after its transport has ended: tests
    /// bind it again. (On sockets: another loopback address for each, such as 127.1.2.3, and port 0.)
    ///
    /// # Errors
    /// What the transport says. If the address is still in use, that must be an error.
    fn bind(&self, at: Option<&AddressIn<Self>>) -> impl Future<Output = Bound<Self>>;

    /// What a user would write for this address to join through it; the transport's resolver makes the address of it again.
    fn seed(&self, address: &AddressIn<Self>) -> UserAddressOf<Self::Transport>;

    /// Runs a test to its end. Default: as the transport's runtime does it.
    ///
    /// On tokio the runtime has to be made first, so there this method must be written: see the example at the top of this crate.
    fn block_on<T>(test: impl Future<Output = T>) -> T {
        RuntimeIn::<Self>::block_on(test)
    }

    /// How the nodes of a cluster wrap what they send; asked once for each node. Default: [`Framing::new`].
    fn framing(&self) -> Framing {
        Framing::new()
    }

    /// How long something may take before the test fails. Nothing waits so long when all is well. Default: 30 s, because machines
    /// that run tests are often busy.
    fn patience(&self) -> Duration {
        Duration::from_secs(30)
    }

    /// Why this test (`room::name`) is not run: something that the transport is known not to do, and that is accepted. Said in
    /// the test's output. Default: all are run.
    fn exempt(&self, test: &str) -> Option<&'static str> {
        let _ = test;
        None
    }

    /// Throws bytes at this address from below the transport: where its packets and connections come from, past everything that a
    /// well-behaved peer does. Default: nothing (and what the transport itself can send is thrown anyway).
    ///
    /// For sockets: [`sockets::throw`](crate::sockets::throw).
    fn throw(&self, to: &AddressIn<Self>, garbage: Garbage) -> impl Future<Output = ()> {
        let _ = (to, garbage);
        async {}
    }

    /// Somebody in the middle: an address whose packets and streams go on to this one, and who listens and tampers.
    /// Default: none; but a transport that claims to be [secure or checked](memberlist_core::Capabilities) must prove it, and so needs one.
    ///
    /// For sockets: [`sockets::SocketRelay`](crate::sockets::SocketRelay).
    fn relay(&self, to: &AddressIn<Self>) -> impl Future<Output = Option<Box<dyn Relay<AddressIn<Self>>>>> {
        let _ = to;
        async { None }
    }
}

/// The resolved address of a fixture's transport.
pub type AddressIn<F> = AddressOf<<F as Fixture>::Transport>;

/// The runtime of a fixture's transport.
pub type RuntimeIn<F> = <<F as Fixture>::Transport as Transport>::Runtime;

/// A transport, or why it can't be bound.
pub type Bound<F> = Result<<F as Fixture>::Transport, <<F as Fixture>::Transport as Transport>::Error>;

/// The stream of a fixture's transport.
pub(crate) type StreamIn<F> = <<F as Fixture>::Transport as Transport>::Stream;

/// Bytes that make no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Garbage {
    /// As a packet of the medium below (a UDP datagram).
    Packet(Bytes),
    /// As all that is said on a connection of the medium below (TCP), which is then closed.
    Stream(Bytes),
}
