use crate::{
    AddressOf, Delegate, Error, Memberlist, Options, Transport, delegate::VoidDelegate, record::Recorder,
};
use memberlist_types::{NativeWire, Wire, WireData};

/// Starts a [`Memberlist`] with defaults for all that is not set: no delegate, the native wire, the LAN options.
///
/// ```
/// # use memberlist_core::{Builder, Error, Options, memory::MemoryNetwork};
/// # use smol_str::SmolStr;
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// let network = MemoryNetwork::new(1);
/// let transport = network.bind::<agnostic::tokio::TokioRuntime>("10.0.0.1:7946".parse()?)?;
/// let node = Builder::new(SmolStr::new("a"), transport).with_options(Options::local()).start().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until `start`"]
pub struct Builder<I, T, D, W> {
    id: I,
    transport: T,
    delegate: D,
    wire: W,
    options: Options,
}

impl<I, T> Builder<I, T, VoidDelegate<I, AddressOf<T>>, NativeWire>
where
    T: Transport,
    I: nodecraft::Id + Send + Sync,
{
    /// A node of this name on this transport.
    pub fn new(id: I, transport: T) -> Self {
        Self { id, transport, delegate: VoidDelegate::new(), wire: NativeWire, options: Options::lan() }
    }
}

impl<I, T, D, W> Builder<I, T, D, W> {
    /// With this delegate.
    pub fn with_delegate<N>(self, delegate: N) -> Builder<I, T, N, W> {
        Builder { id: self.id, transport: self.transport, delegate, wire: self.wire, options: self.options }
    }

    /// With this wire.
    pub fn with_wire<N>(self, wire: N) -> Builder<I, T, D, N> {
        Builder {
            id: self.id,
            transport: self.transport,
            delegate: self.delegate,
            wire,
            options: self.options,
        }
    }

    /// With these options.
    pub fn with_options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Starts the node.
    ///
    /// # Errors
    /// As for [`Memberlist::new`].
    pub async fn start(self) -> Result<Memberlist<T, D, W>, Error>
    where
        T: Transport,
        D: Delegate<Id = I, Address = AddressOf<T>>,
        W: Wire<I, AddressOf<T>> + Clone,
    {
        Memberlist::new(self.id, self.transport, self.delegate, self.wire, self.options).await
    }

    /// Starts the node, and [records](crate::record) everything that its state machine is told.
    ///
    /// # Errors
    /// As for [`Memberlist::new`].
    pub async fn start_recorded(
        self,
        recorder: Recorder<I, AddressOf<T>>,
    ) -> Result<Memberlist<T, D, W>, Error>
    where
        T: Transport,
        D: Delegate<Id = I, Address = AddressOf<T>>,
        W: Wire<I, AddressOf<T>> + Clone,
    {
        let Self { id, transport, delegate, wire, options } = self;
        Memberlist::new_recorded(id, transport, delegate, wire, options, recorder).await
    }
}

impl<I, T> Memberlist<T, VoidDelegate<I, AddressOf<T>>, NativeWire>
where
    T: Transport,
    AddressOf<T>: WireData,
    I: nodecraft::Id + WireData + Send + Sync,
{
    /// Starts a node without a delegate, with the native wire.
    ///
    /// # Errors
    /// As for [`Memberlist::new`].
    pub async fn start(id: I, transport: T, options: Options) -> Result<Self, Error> {
        Self::new(id, transport, VoidDelegate::new(), NativeWire, options).await
    }
}
