//! From a name to a running node, over every transport alike.

mod binding;
mod error;
mod frames;

pub use binding::*;
pub use error::StartError;

use crate::record::Recorder;
#[cfg(any(feature = "aes-gcm", feature = "chacha20-poly1305"))]
use crate::types::Keyring;
use crate::types::Wire;
use crate::types::{ChecksumAlgorithm, Label};
use crate::{Delegate, Memberlist, NativeWire, Options, VoidDelegate};
use frames::Frames;
use memberlist_sockets::{BindAddress, DEFAULT_PORT, HostResolver};
use std::net::SocketAddr;

/// Starts a [`Memberlist`] over the transport that `B` says. What is not set has its default: port 7946 of all IPv4 addresses, the LAN
/// options, no label, no delegate, the native wire.
///
/// Made by the runtime's module, for example `memberlist::tokio::builder("node-1")` for TCP, `tls_builder` and `quic_builder` for the
/// others; by `TcpBuilder::new` and its siblings for ids that are no strings, and for a runtime of one's own.
#[derive(Debug)]
#[must_use = "a builder does nothing until `start`"]
pub struct NodeBuilder<B, I, D = VoidDelegate<I, SocketAddr>, W = NativeWire> {
    id: I,
    delegate: D,
    wire: W,
    options: Options,
    /// Instead of those in `options`.
    frames: Frames,
    binding: B,
    /// Instead of those in `binding`.
    binds: Vec<BindAddress>,
    /// Instead of that in `binding`.
    advertise: Option<SocketAddr>,
    /// The first thing that could not be.
    wrong: Option<StartError>,
}

impl<B, I> NodeBuilder<B, I> {
    fn with_binding(id: I, binding: B) -> Self {
        Self {
            id,
            delegate: VoidDelegate::new(),
            wire: NativeWire,
            options: Options::lan(),
            frames: Frames::default(),
            binding,
            binds: Vec::new(),
            advertise: None,
            wrong: None,
        }
    }
}

impl<B, I, D, W> NodeBuilder<B, I, D, W> {
    /// Binds this address (text or socket address; port 0 takes a free one). Call it again to bind several, on one port.
    pub fn bind<A>(mut self, address: A) -> Self
    where
        A: TryInto<BindAddress, Error: Into<StartError>>,
    {
        match address.try_into() {
            Ok(address) => self.binds.push(address),
            Err(error) => self.note(error.into()),
        }
        self
    }

    /// Advertises this address instead of the bound one: where others reach this node.
    pub fn advertise(mut self, address: SocketAddr) -> Self {
        self.advertise = Some(address);
        self
    }

    /// With these options. What [`label`](Self::label) and the other methods for frames are given replaces what is in here,
    /// whichever comes first.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Belongs to the cluster of this label; input with another is refused. At most 255 bytes.
    pub fn label(mut self, label: &str) -> Self {
        match Label::new(label) {
            Ok(label) => self.frames.label = Some(label),
            Err(error) => self.note(error.into()),
        }
        self
    }

    /// Sends with this checksum, or none. Default: crc32 where the transport does not check its packets itself. Each algorithm but crc32
    /// is a feature; nodes that lack it get crc32.
    pub fn checksum(mut self, checksum: impl Into<Option<ChecksumAlgorithm>>) -> Self {
        self.frames.checksum = Some(checksum.into());
        self
    }

    /// Compresses what is sent: with an algorithm, or a [`Compression`](crate::types::Compression) with its threshold. Default: not.
    /// Each algorithm is a feature; nodes that lack it get everything uncompressed.
    #[cfg(any(feature = "snappy", feature = "lz4", feature = "zstd", feature = "brotli"))]
    #[cfg_attr(
        docsrs,
        doc(cfg(any(feature = "snappy", feature = "lz4", feature = "zstd", feature = "brotli")))
    )]
    pub fn compression(mut self, compression: impl Into<crate::types::Compression>) -> Self {
        self.frames.compression = Some(compression.into());
        self
    }

    /// Encrypts and decrypts with these keys, which can be changed while the node runs: keep a clone. Default: no encryption.
    /// Each algorithm is a feature, which all nodes need.
    #[cfg(any(feature = "aes-gcm", feature = "chacha20-poly1305"))]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "aes-gcm", feature = "chacha20-poly1305"))))]
    pub fn keyring(mut self, keyring: Keyring) -> Self {
        self.frames.keyring = Some(keyring);
        self
    }

    /// With this delegate.
    pub fn delegate<N>(self, delegate: N) -> NodeBuilder<B, I, N, W> {
        let wire = self.wire;
        NodeBuilder {
            delegate,
            wire,
            id: self.id,
            options: self.options,
            frames: self.frames,
            binding: self.binding,
            binds: self.binds,
            advertise: self.advertise,
            wrong: self.wrong,
        }
    }

    /// With this wire.
    pub fn wire<N>(self, wire: N) -> NodeBuilder<B, I, D, N> {
        let delegate = self.delegate;
        NodeBuilder {
            delegate,
            wire,
            id: self.id,
            options: self.options,
            frames: self.frames,
            binding: self.binding,
            binds: self.binds,
            advertise: self.advertise,
            wrong: self.wrong,
        }
    }

    /// Binds the sockets and starts the node, alive and alone. Must be called on the runtime of `B`.
    ///
    /// # Errors
    /// The first thing given that could not be; a socket that could not be bound; options that contradict each other. Nothing stays
    /// open or running then.
    pub async fn start(self) -> Result<Memberlist<B::Transport, D, W>, StartError>
    where
        B: Bind,
        D: Delegate<Id = I, Address = SocketAddr>,
        W: Wire<I, SocketAddr> + Clone,
    {
        let (transport, node) = self.bound().await?;
        Ok(Memberlist::new(node.id, transport, node.delegate, node.wire, node.options).await?)
    }

    /// Binds the sockets and starts the node, and [records](crate::record) everything that its state machine is told: for a look, later, at what
    /// it did. See there for what it costs and what is in the recording.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_recorded(
        self,
        recorder: Recorder<I, SocketAddr>,
    ) -> Result<Memberlist<B::Transport, D, W>, StartError>
    where
        B: Bind,
        D: Delegate<Id = I, Address = SocketAddr>,
        W: Wire<I, SocketAddr> + Clone,
    {
        let (transport, node) = self.bound().await?;
        let Bound { id, delegate, wire, options } = node;
        Ok(Memberlist::new_recorded(id, transport, delegate, wire, options, recorder).await?)
    }

    /// Binds the sockets.
    async fn bound(self) -> Result<(B::Transport, Bound<I, D, W>), StartError>
    where
        B: Bind,
    {
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        let mut binding = self.binding;
        let (bind, advertise) = binding.addresses();
        if !self.binds.is_empty() {
            *bind = self.binds;
        }
        *advertise = self.advertise.or(*advertise);
        // Nodes of one cluster usually share a port, unless it is a free one.
        let port = bind.first().map(|bind| bind.socket_addr().port()).filter(|port| *port != 0);
        let resolver = HostResolver::new(port.unwrap_or(DEFAULT_PORT));
        let mut options = self.options;
        self.frames.apply(&mut options.framing);
        let transport = binding.bind(resolver).await?;
        Ok((transport, Bound { id: self.id, delegate: self.delegate, wire: self.wire, options }))
    }

    fn note(&mut self, wrong: StartError) {
        self.wrong.get_or_insert(wrong);
    }
}

/// What a node is made of, besides its transport.
struct Bound<I, D, W> {
    id: I,
    delegate: D,
    wire: W,
    options: Options,
}
