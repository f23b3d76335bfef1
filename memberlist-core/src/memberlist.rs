use crate::{AddressOf, Delegate, Error, Options, Transport, record::Recorder, shared::Shared};
use memberlist_types::{NativeWire, Wire};
use std::{
    fmt,
    sync::{Arc, Weak},
};

mod builder;
mod commands;
mod joining;
mod lifecycle;
mod messages;
mod reads;

pub use builder::Builder;

/// A member of a cluster: the handle to a node that runs in the background.
///
/// Cheap to clone; all clones are the same node. When the last one is dropped the node shuts down in the background, as
/// if [`shutdown`](Self::shutdown) had been called (that is: without a goodbye; see [`leave`](Self::leave)).
///
/// ```
/// # use agnostic::tokio::TokioRuntime;
/// # use memberlist_core::{Event, Memberlist, Options, memory::MemoryNetwork};
/// # use smol_str::SmolStr;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let network = MemoryNetwork::new(42);
/// # let address = "10.0.0.1:7946".parse()?;
/// # let transport = network.bind::<TokioRuntime>(address)?;
/// # let other = network.bind::<TokioRuntime>("10.0.0.2:7946".parse()?)?;
/// let node = Memberlist::start(SmolStr::new("a"), transport, Options::local()).await?;
/// let mut events = node.events();
/// # let other = Memberlist::start(SmolStr::new("b"), other, Options::local()).await?;
/// # other.join(address).await?;
/// while let Some(event) = events.recv().await {
///     match event {
///         Event::Joined(member) => println!("{} joined", member.node),
///         Event::Failed { member, reason } => println!("{} failed: {reason}", member.node),
///         Event::User { from, payload, .. } => println!("{from} says {payload:?}"),
///         _ => {}
///     }
/// #   break;
/// }
/// # Ok(())
/// # }
/// ```
///
/// Generic over the [`Transport`], the [`Delegate`] (which names the types of id and address) and the [`Wire`].
pub struct Memberlist<T, D, W = NativeWire>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    inner: Arc<Handle<T, D, W>>,
}

/// What all clones share; dropped with the last.
struct Handle<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    shared: Arc<Shared<T, D, W>>,
}

impl<T, D, W> Memberlist<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// Starts a node, alive and alone, on the current runtime.
    ///
    /// # Errors
    /// [`Error::Options`] or [`Error::Create`] if the options, the name or the metadata can't be; the transport is then shut down.
    pub async fn new(id: D::Id, transport: T, delegate: D, wire: W, options: Options) -> Result<Self, Error> {
        let shared = Shared::start(id, transport, delegate, wire, options, None).await?;
        Ok(Self { inner: Arc::new(Handle { shared }) })
    }

    /// Starts a node, and [records](crate::record) everything that its state machine is told.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub async fn new_recorded(
        id: D::Id,
        transport: T,
        delegate: D,
        wire: W,
        options: Options,
        recorder: Recorder<D::Id, D::Address>,
    ) -> Result<Self, Error> {
        let shared = Shared::start(id, transport, delegate, wire, options, Some(recorder)).await?;
        Ok(Self { inner: Arc::new(Handle { shared }) })
    }

    /// A handle that does not keep the node running: for a delegate that calls back into its own memberlist.
    #[must_use]
    pub fn downgrade(&self) -> WeakMemberlist<T, D, W> {
        WeakMemberlist { inner: Arc::downgrade(&self.inner) }
    }

    fn shared(&self) -> &Arc<Shared<T, D, W>> {
        &self.inner.shared
    }
}

impl<T, D, W> Clone for Memberlist<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<T, D, W> fmt::Debug for Memberlist<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memberlist").field("id", self.local_id()).finish_non_exhaustive()
    }
}

impl<T, D, W> Drop for Handle<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    fn drop(&mut self) {
        self.shared.begin_shutdown();
    }
}

/// A handle that does not keep its node running; made by [`Memberlist::downgrade`].
pub struct WeakMemberlist<T, D, W = NativeWire>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    inner: Weak<Handle<T, D, W>>,
}

impl<T, D, W> WeakMemberlist<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// The handle, if some other handle still exists.
    #[must_use]
    pub fn upgrade(&self) -> Option<Memberlist<T, D, W>> {
        self.inner.upgrade().map(|inner| Memberlist { inner })
    }
}

impl<T, D, W> Clone for WeakMemberlist<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    fn clone(&self) -> Self {
        Self { inner: Weak::clone(&self.inner) }
    }
}
