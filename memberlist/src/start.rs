use crate::net::{
    BindAddress, DEFAULT_PORT, HostResolver, InvalidBindAddress, NetError, NetOptions, NetTransport,
};
use crate::types::{Label, LabelTooLong, Wire};
use crate::{Delegate, Error, Memberlist, NativeWire, Options, VoidDelegate};
use agnostic::Runtime;
use std::convert::Infallible;
use std::marker::PhantomData;
use std::net::SocketAddr;

/// Starts a [`Memberlist`] over TCP and UDP on the runtime `R`. What is not set has its default: port 7946 of all IPv4 addresses, the LAN
/// options, no label, no delegate, the native wire.
///
/// Made by the runtime's module, for example `memberlist::tokio::builder("node-1")`; [`new`](Self::new) for ids that are no
/// strings.
#[derive(Debug)]
#[must_use = "a builder does nothing until `start`"]
pub struct NetBuilder<R, I, D = VoidDelegate<I, SocketAddr>, W = NativeWire> {
    id: I,
    delegate: D,
    wire: W,
    options: Options,
    net: NetOptions,
    /// Instead of those in `net`.
    binds: Vec<BindAddress>,
    /// Instead of that in `options`.
    label: Option<Label>,
    /// The first thing that could not be.
    wrong: Option<StartError>,
    runtime: PhantomData<fn() -> R>,
}

impl<R, I> NetBuilder<R, I> {
    /// A node of this name.
    pub fn new(id: I) -> Self {
        Self {
            id,
            delegate: VoidDelegate::new(),
            wire: NativeWire,
            options: Options::lan(),
            net: NetOptions::new(),
            binds: Vec::new(),
            label: None,
            wrong: None,
            runtime: PhantomData,
        }
    }
}

impl<R, I, D, W> NetBuilder<R, I, D, W> {
    /// Binds this address, TCP and UDP (text or socket address; port 0 takes a free one). Call it again to bind several, on one port.
    pub fn bind<B>(mut self, address: B) -> Self
    where
        B: TryInto<BindAddress, Error: Into<StartError>>,
    {
        match address.try_into() {
            Ok(address) => self.binds.push(address),
            Err(error) => self.note(error.into()),
        }
        self
    }

    /// Advertises this address instead of the bound one: where others reach this node.
    pub fn advertise(mut self, address: SocketAddr) -> Self {
        self.net.advertise = Some(address);
        self
    }

    /// Belongs to the cluster of this label; input with another is refused. At most 255 bytes.
    pub fn label(mut self, label: &str) -> Self {
        match Label::new(label) {
            Ok(label) => self.label = Some(label),
            Err(error) => self.note(error.into()),
        }
        self
    }

    /// With these options.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// With these options of the transport. Addresses given to [`bind`](Self::bind) replace those in here, whichever comes first; the
    /// advertised one is kept unless there is one in here.
    pub fn net_options(mut self, options: NetOptions) -> Self {
        let advertise = self.net.advertise;
        self.net = options;
        self.net.advertise = self.net.advertise.or(advertise);
        self
    }

    /// With this delegate.
    pub fn delegate<N>(self, delegate: N) -> NetBuilder<R, I, N, W> {
        NetBuilder {
            id: self.id,
            delegate,
            wire: self.wire,
            options: self.options,
            net: self.net,
            binds: self.binds,
            label: self.label,
            wrong: self.wrong,
            runtime: PhantomData,
        }
    }

    /// With this wire.
    pub fn wire<N>(self, wire: N) -> NetBuilder<R, I, D, N> {
        NetBuilder {
            id: self.id,
            delegate: self.delegate,
            wire,
            options: self.options,
            net: self.net,
            binds: self.binds,
            label: self.label,
            wrong: self.wrong,
            runtime: PhantomData,
        }
    }

    /// Binds the sockets and starts the node, alive and alone. Must be called on the runtime `R`.
    ///
    /// # Errors
    /// The first thing given that could not be; a socket that could not be bound; options that contradict each other. Nothing stays
    /// open or running then.
    pub async fn start(self) -> Result<Memberlist<NetTransport<HostResolver<R>, R>, D, W>, StartError>
    where
        R: Runtime,
        D: Delegate<Id = I, Address = SocketAddr>,
        W: Wire<I, SocketAddr> + Clone,
    {
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        let mut net = self.net;
        if !self.binds.is_empty() {
            net.bind = self.binds;
        }
        let mut options = self.options;
        if let Some(label) = self.label {
            options.framing.label = label;
        }
        // Nodes of one cluster usually share a port, unless it is a free one.
        let port = net.bind.first().map(|bind| bind.socket_addr().port()).filter(|port| *port != 0);
        let resolver = HostResolver::new(port.unwrap_or(DEFAULT_PORT));
        let transport = NetTransport::bind(resolver, net).await?;
        Ok(Memberlist::new(self.id, transport, self.delegate, self.wire, options).await?)
    }

    fn note(&mut self, wrong: StartError) {
        self.wrong.get_or_insert(wrong);
    }
}

/// Why a node could not be started. Nothing stays open or running.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Our configuration: an address to bind is no IP address.
    #[error(transparent)]
    Bind(#[from] InvalidBindAddress),
    /// Our configuration: the label is too long.
    #[error(transparent)]
    Label(#[from] LabelTooLong),
    /// Our configuration or the local system: the transport could not be bound.
    #[error(transparent)]
    Net(#[from] NetError),
    /// Our configuration: the node's options, name or metadata can't be.
    #[error(transparent)]
    Node(#[from] Error),
}

impl From<Infallible> for StartError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
