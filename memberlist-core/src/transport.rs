use crate::{AddressResolver, ResolveAll};
use agnostic::Runtime;
use bytes::Bytes;
use futures_util::io::{AsyncRead, AsyncWrite};
use memberlist_types::Address;
use std::future::Future;

/// Moves bytes, and nothing else: packets (best effort, bounded size) and streams (reliable, ordered).
///
/// About fifty lines make one: see `tests/custom_transport.rs` beside this crate.
///
/// All methods may be called from several tasks at once, and every future may be dropped at any point without losing
/// anything but its own effect. Deadlines are the caller's: no method needs one of its own.
pub trait Transport: Send + Sync + 'static {
    /// The async runtime that it works on.
    type Runtime: Runtime;
    /// Turns what a user writes (a host name …) into what packets are sent to.
    type Resolver: ResolveAll<Address: Send + Sync, ResolvedAddress: Address, Runtime = Self::Runtime>;
    /// A bidirectional byte stream. Dropping it closes it.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// What can go wrong.
    type Error: TransportError;

    /// The resolver.
    fn resolver(&self) -> &Self::Resolver;

    /// Where others reach this node: never an unspecified address or port 0.
    fn advertise_address(&self) -> &AddressOf<Self>;

    /// What it can do. Default: what UDP and TCP can.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// Whether packets and streams from, and members at, this address are allowed. Default: yes.
    fn is_allowed(&self, address: &AddressOf<Self>) -> bool {
        let _ = address;
        true
    }

    /// Sends one packet, best effort: `Ok` says that it left, not that it arrived.
    fn send_packet(
        &self,
        to: &AddressOf<Self>,
        packet: Bytes,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Waits for a packet. Called from one task. An error is logged, counted, and the call repeated, unless it `is_closed`.
    fn recv_packet(&self) -> impl Future<Output = Result<Packet<AddressOf<Self>>, Self::Error>> + Send;

    /// Opens a stream.
    fn open_stream(
        &self,
        to: &AddressOf<Self>,
    ) -> impl Future<Output = Result<Self::Stream, Self::Error>> + Send;

    /// Waits for a stream that a peer opened. Called from one task. Errors as for `recv_packet`.
    fn accept_stream(
        &self,
    ) -> impl Future<Output = Result<(AddressOf<Self>, Self::Stream), Self::Error>> + Send;

    /// Closes every socket and ends every task of the transport; returns when that is done. Pending and later calls of the other
    /// methods give an error that `is_closed`. Idempotent.
    fn shutdown(&self) -> impl Future<Output = ()> + Send;
}

/// What a transport sends to: a resolved address.
pub type AddressOf<T> = <<T as Transport>::Resolver as AddressResolver>::ResolvedAddress;

/// What a user of a transport writes: an address before resolving.
pub type UserAddressOf<T> = <<T as Transport>::Resolver as AddressResolver>::Address;

/// A packet that arrived.
///
/// ```
/// use memberlist_core::Packet;
/// let packet = Packet { from: "10.0.0.1:7946", data: "bytes".into() };
/// # let _ = packet;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet<A> {
    /// Where it came from.
    pub from: A,
    /// Its bytes.
    pub data: Bytes,
}

/// What a transport can do.
///
/// ```
/// use memberlist_core::Capabilities;
///
/// let mut datagrams_over_tls = Capabilities::default();
/// datagrams_over_tls.max_packet = 16 << 10;
/// datagrams_over_tls.checked_packets = true;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Bytes of the largest packet that can be sent.
    pub max_packet: usize,
    /// Packets are already protected against change (the frame's checksum is then left out).
    pub checked_packets: bool,
    /// Packets are already encrypted and authenticated.
    pub secure_packets: bool,
    /// Streams are already encrypted and authenticated.
    pub secure_streams: bool,
    /// Streams (and perhaps packets) are encrypted, but opened by whoever reaches the network (TLS without certificates of clients): so they are
    /// not secure, and a node that starts without a keyring which requires encryption warns of it.
    pub anonymous_streams: bool,
    /// A ping on a stream tells something that a packet can't (false where packets travel on streams anyway).
    pub distinct_streams: bool,
    /// To open a stream takes a connection (TCP, TLS), so that user messages to one peer share one that stays open for a while. False where streams
    /// cost next to nothing (QUIC): then each message has its own, and none waits behind a large one.
    pub costly_streams: bool,
}

impl Default for Capabilities {
    /// UDP and TCP: 65,507 bytes (UDP over IPv4), nothing protected, streams distinct from packets, and costly.
    fn default() -> Self {
        Self {
            max_packet: 65_507,
            checked_packets: false,
            secure_packets: false,
            secure_streams: false,
            anonymous_streams: false,
            distinct_streams: true,
            costly_streams: true,
        }
    }
}

/// What a transport can say about its errors.
pub trait TransportError: std::error::Error + Send + Sync + 'static {
    /// The transport has been shut down.
    fn is_closed(&self) -> bool;

    /// The failure lies with the peer or the way to it (refused, reset, unreachable), not with this machine (no descriptors,
    /// no buffers, no route at all). A local failure is no evidence against a peer.
    fn is_remote(&self) -> bool;
}
