use crate::{BindAddress, CidrPolicy, DEFAULT_PORT, PeerVerifier, QuicError};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The largest packet: 65,507 bytes, as over UDP.
pub const MAX_PACKET: usize = 65_507;

/// How the QUIC transport binds, what it lets in, and what it may hold.
///
/// ```
/// use memberlist_quic::{CidrPolicy, QuicOptions};
///
/// let options = QuicOptions::new()
///     .with_bind("10.0.0.1:7946".parse::<std::net::SocketAddr>().unwrap())
///     .with_allowed(CidrPolicy::parse(["10.0.0.0/8"]).unwrap());
/// assert_eq!(options.bind.len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct QuicOptions {
    /// Where to listen, all on one UDP port (0: a free one, the same for all), one socket each. IPv6 sockets carry IPv6 only, so for
    /// both families bind both: `0.0.0.0` and `[::]`. Connections leave from the first socket of the destination's family.
    /// Default: `0.0.0.0:7946`.
    pub bind: Vec<BindAddress>,
    /// Where other nodes reach this one; never unspecified, port 0 stands for the bound port. Default: none, which is the first
    /// bind address if that is specified, else an address of this machine that is found by asking the routing table (a private one
    /// if there is one).
    pub advertise: Option<SocketAddr>,
    /// Bytes of the largest packet that is sent or received, 512 to 65,507. Default: 65,507. What does not fit into a QUIC datagram
    /// (about 1,160 bytes on a fresh connection, about 1,410 once the path is known to carry it) travels on a one-way stream.
    pub max_packet: usize,
    /// Bytes of the receive buffer that is asked of the system for each socket; the system may give less. 0 leaves the system's
    /// default. Default: 2 MiB.
    pub recv_buffer: usize,
    /// The networks that may take part; `None` allows all, an empty policy none. Applied to all that
    /// arrives (ignored before anything is computed or answered), to outbound connections and members' addresses. Default: `None`.
    pub allowed: Option<CidrPolicy>,
    /// Is asked about each peer's certificates, in both directions, once a handshake has succeeded. Default: none, which accepts
    /// whom the TLS configuration accepts.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub peer_verifier: Option<PeerVerifier>,
    /// A handshake, inbound or outbound, is given up after this time. Must not be zero. Default: 5 s.
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    pub handshake_timeout: Duration,
    /// A connection over which nothing travels for this time is closed by both sides. 1 ms to a day. Default: 60 s. Longer saves
    /// handshakes where peers meet seldom (a node probes each of n others about once in n probe intervals, and gossips to more of
    /// them in between), and costs memory for the connections that are kept.
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    pub idle_timeout: Duration,
    /// A packet that travels on a stream must be complete after this time, on either side. Must not be zero. Default: 5 s.
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    pub packet_timeout: Duration,
    /// What a shutdown waits at most until what was sent has been acknowledged, and as long again until peers have been told of the end
    /// (50 ms at least, 5 s at most; it takes one as a rule). Zero does not wait for acknowledgements. Default: 500 ms.
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    pub close_timeout: Duration,
    /// Inbound handshakes at once, at most; the newest beyond are refused. One IP address has half of them at most, so that a host
    /// without a certificate cannot keep others out. From a quarter of it on (or of `max_per_ip`, if that is less), a peer must first
    /// show that its address is its own, which costs it a round trip and spoofed addresses everything. At least 1. Default: 128.
    pub max_handshakes: usize,
    /// Connections that peers have opened, at most; the one unused for longest makes room. At least 1. Default: 1,024.
    pub max_inbound: usize,
    /// Connections that peers have opened from one IP address (handshakes included), at most, so that one host cannot take every
    /// place; the newest beyond are refused. At least 1. Default: 128. Raise it for more nodes than that on one host (or behind one
    /// NAT address).
    pub max_per_ip: usize,
    /// Connections that this node has opened, at most; the one unused for longest makes room. At least 1. Default: 1,024.
    pub max_outbound: usize,
    /// Streams that a peer may have open at once on one connection. 1 to 65,535. Default: 128.
    pub max_streams: u16,
    /// Packets that a peer may send at once on one-way streams of one connection. 1 to 65,535. Default: 16.
    pub max_packet_streams: u16,
    /// Streams that peers opened and that nobody has taken yet, at most; the newest beyond are refused. At least 1. Default: 512.
    pub max_pending: usize,
    /// Packets that wait for the connection to one peer, at most; the newest beyond are dropped and counted. At least 1. Default: 64.
    pub peer_queue: usize,
    /// Bytes that a peer may send on all streams of one connection before they are read, and as many that this node may have sent
    /// unacknowledged. A single stream may fill an eighth of it, so that seven that nobody reads leave room for others, and for the
    /// packets that travel on streams (those in datagrams need none). 16 KiB to 1 GiB. Default: 1 MiB, enough for 80 Mbit/s over a
    /// round trip of 100 ms, 10 of them on one stream. What one connection can hold is twice this, the datagrams that wait
    /// (256 KiB either way), those kept to be sent again (128 KiB), and packets on one-way streams (`max_packet_streams` of `max_packet`
    /// bytes): 3.6 MiB with a peer that is hostile or overwhelmed. To that come packets too large for a datagram that this node itself
    /// has for the peer (`peer_queue`), if it sends such. An idle connection holds about 28 KiB (measured).
    pub window: u32,
    /// Sends packets to peers that were met before ahead of the end of the handshake (0-RTT), and takes such packets. **They can be
    /// replayed**: whoever records them on the way can make them arrive again, at a node that was restarted meanwhile, as with packets
    /// over plain UDP. Streams never travel so. Saves a round trip when a connection is opened again. Both sides need it, and it is
    /// not used by a node with a `peer_verifier`, because that is asked at the end of the handshake. Default: false.
    pub zero_rtt: bool,
}

impl QuicOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bind: vec![BindAddress::from(SocketAddr::from((Ipv4Addr::UNSPECIFIED, DEFAULT_PORT)))],
            advertise: None,
            max_packet: MAX_PACKET,
            recv_buffer: 2 * 1024 * 1024,
            allowed: None,
            peer_verifier: None,
            handshake_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(60),
            packet_timeout: Duration::from_secs(5),
            close_timeout: Duration::from_millis(500),
            max_handshakes: 128,
            max_inbound: 1024,
            max_per_ip: 128,
            max_outbound: 1024,
            max_streams: 128,
            max_packet_streams: 16,
            max_pending: 512,
            peer_queue: 64,
            window: 1024 * 1024,
            zero_rtt: false,
        }
    }

    /// Binds this address alone.
    #[must_use]
    pub fn with_bind(mut self, address: impl Into<BindAddress>) -> Self {
        self.bind = vec![address.into()];
        self
    }

    /// Binds these addresses, which must have one port.
    #[must_use]
    pub fn with_binds<B: Into<BindAddress>>(mut self, addresses: impl IntoIterator<Item = B>) -> Self {
        self.bind = addresses.into_iter().map(Into::into).collect();
        self
    }

    /// Advertises this address.
    #[must_use]
    pub fn with_advertise(mut self, address: SocketAddr) -> Self {
        self.advertise = Some(address);
        self
    }

    /// Lets only these networks take part.
    #[must_use]
    pub fn with_allowed(mut self, policy: CidrPolicy) -> Self {
        self.allowed = Some(policy);
        self
    }

    /// Asks this about each peer's certificates.
    #[must_use]
    pub fn with_peer_verifier(mut self, verifier: impl Into<PeerVerifier>) -> Self {
        self.peer_verifier = Some(verifier.into());
        self
    }

    /// Whether packets may travel before the end of the handshake.
    pub(crate) const fn early_packets(&self) -> bool {
        self.zero_rtt && self.peer_verifier.is_none()
    }

    /// Whether the options can work together; [`QuicTransport::bind`](crate::QuicTransport::bind) asks the same.
    ///
    /// # Errors
    /// The first option that cannot be, by name.
    pub fn validate(&self) -> Result<(), QuicError> {
        let first = self.bind.first().ok_or(QuicError::NoBindAddress)?.socket_addr();
        if let Some(second) = self.bind.iter().find(|other| other.socket_addr().port() != first.port()) {
            return Err(QuicError::DifferentPorts { first, second: second.socket_addr() });
        }
        if let Some(address) = self.advertise.filter(|address| address.ip().to_canonical().is_unspecified()) {
            return Err(QuicError::UnspecifiedAdvertise(address));
        }
        if !(512..=MAX_PACKET).contains(&self.max_packet) {
            return Err(invalid("max_packet", self.max_packet, "512 to 65,507 bytes"));
        }
        if !(16 * 1024..=1024 * 1024 * 1024).contains(&self.window) {
            return Err(invalid("window", self.window, "16 KiB to 1 GiB"));
        }
        for (name, value) in [
            ("max_handshakes", self.max_handshakes),
            ("max_inbound", self.max_inbound),
            ("max_per_ip", self.max_per_ip),
            ("max_outbound", self.max_outbound),
            ("max_streams", usize::from(self.max_streams)),
            ("max_packet_streams", usize::from(self.max_packet_streams)),
            ("max_pending", self.max_pending),
            ("peer_queue", self.peer_queue),
        ] {
            if value == 0 {
                return Err(invalid(name, value, "at least 1"));
            }
        }
        for (name, value) in
            [("handshake_timeout", self.handshake_timeout), ("packet_timeout", self.packet_timeout)]
        {
            if value.is_zero() {
                return Err(invalid(name, "0s", "longer than zero"));
            }
        }
        if !(Duration::from_millis(1)..=Duration::from_secs(24 * 60 * 60)).contains(&self.idle_timeout) {
            return Err(invalid("idle_timeout", format!("{:?}", self.idle_timeout), "1 ms to a day"));
        }
        Ok(())
    }
}

macro_rules! with {
    ($($(#[$doc:meta])* $name:ident: $field:ident, $type:ty;)*) => {
        impl QuicOptions {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(mut self, $field: $type) -> Self {
                    self.$field = $field;
                    self
                }
            )*
        }
    };
}

with! {
    /// Carries no larger packets.
    with_max_packet: max_packet, usize;
    /// Asks for receive buffers of this size.
    with_recv_buffer: recv_buffer, usize;
    /// Gives up handshakes after so long.
    with_handshake_timeout: handshake_timeout, Duration;
    /// Closes connections that are unused for so long.
    with_idle_timeout: idle_timeout, Duration;
    /// Gives up packets on streams after so long.
    with_packet_timeout: packet_timeout, Duration;
    /// Waits so long in a shutdown for acknowledgements.
    with_close_timeout: close_timeout, Duration;
    /// Holds no more inbound handshakes.
    with_max_handshakes: max_handshakes, usize;
    /// Holds no more connections that peers have opened.
    with_max_inbound: max_inbound, usize;
    /// Holds no more connections that peers have opened from one IP address.
    with_max_per_ip: max_per_ip, usize;
    /// Holds no more connections that this node has opened.
    with_max_outbound: max_outbound, usize;
    /// Lets a peer have no more streams on one connection.
    with_max_streams: max_streams, u16;
    /// Lets a peer send no more packets at once on streams of one connection.
    with_max_packet_streams: max_packet_streams, u16;
    /// Holds no more streams that nobody has taken yet.
    with_max_pending: max_pending, usize;
    /// Lets no more packets wait for one peer.
    with_peer_queue: peer_queue, usize;
    /// Lets no more bytes be under way on one connection.
    with_window: window, u32;
    /// Sends and takes packets before the handshake is complete (or not): they can be replayed.
    with_zero_rtt: zero_rtt, bool;
}

fn invalid(name: &'static str, value: impl ToString, range: &'static str) -> QuicError {
    QuicError::InvalidOption { name, value: value.to_string(), range }
}

impl Default for QuicOptions {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
