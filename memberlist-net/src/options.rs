use crate::{BindAddress, CidrPolicy, DEFAULT_PORT, NetError};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The largest packet: what UDP carries over IPv4, 65,507 bytes.
pub const MAX_PACKET: usize = 65_507;

/// How the TCP/UDP transport binds, what it lets in, and what it may hold.
///
/// ```
/// use memberlist_net::{CidrPolicy, NetOptions};
///
/// let options = NetOptions::new()
///     .with_bind("10.0.0.1:7946".parse::<std::net::SocketAddr>().unwrap())
///     .with_allowed(CidrPolicy::parse(["10.0.0.0/8"]).unwrap());
/// assert_eq!(options.bind.len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct NetOptions {
    /// Where to listen, TCP and UDP alike, all on one port (0: a free one, the same for all). IPv6 sockets carry IPv6 only, so
    /// for both families bind both: `0.0.0.0` and `[::]`. Packets leave from the first socket of the destination's family.
    /// Default: `0.0.0.0:7946`.
    pub bind: Vec<BindAddress>,
    /// Where other nodes reach this one; never unspecified, port 0 stands for the bound port. Default: none, which is the first
    /// bind address if that is specified, else an address of this machine that is found by asking the routing table (a private one
    /// if there is one).
    pub advertise: Option<SocketAddr>,
    /// Bytes of the largest packet that is sent, 512 to 65,507. Default: 65,507. How full the protocol makes its packets is an
    /// option of the protocol, this is the transport's hard limit.
    pub max_packet: usize,
    /// Bytes of the receive buffer that is asked of the system for each UDP socket; the system may give less. 0 leaves the
    /// system's default. Default: 2 MiB.
    pub recv_buffer: usize,
    /// The networks that may take part; `None` allows all, an empty policy none. Applied to packets, inbound connections (closed
    /// before a byte is read), outbound ones and members' addresses. Default: `None`.
    pub allowed: Option<CidrPolicy>,
    /// Packets travel over TCP, and no UDP socket is opened: for networks that block UDP, and with TLS to have packets inside it.
    /// Nodes with and without it work together in one cluster; with TLS and a keyring that requires encryption, those with it must
    /// encrypt with the keyring all the same (`always_encrypt` among the node's options), for the others require it of packets. Costs a connection per peer that packets are exchanged with.
    /// Default: false.
    pub streams_only: bool,
    /// An inbound connection that has not sent its first byte in this time (and before that, with TLS, shaken hands) is closed, as is
    /// one that stops in the middle of a packet. Must not be zero. Default: 5 s.
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    pub inbound_timeout: Duration,
    /// Inbound connections that have sent nothing yet (with TLS, also those that still shake hands), or that nobody has taken yet, at
    /// most; the newest beyond are refused. At least 1. Default: 512.
    pub max_pending: usize,
    /// Inbound connections that carry packets, at most; the newest beyond are refused. At least 1. Default: 1,024.
    pub max_packet_connections: usize,
    /// Inbound connections of either kind from one IP address, at most, so that one host cannot take every place; the newest beyond are
    /// refused. At least 1. Default: 128. Raise it for more nodes than that on one host (or behind one NAT address) with
    /// `streams_only`.
    pub max_per_ip: usize,
    /// Peers with an outbound connection for packets, at most; the one unused for longest makes room. At least 1. Default: 1,024.
    pub max_peers: usize,
    /// Packets that wait for one peer's connection, at most; the newest beyond are dropped and counted. At least 1. Default: 64.
    pub peer_queue: usize,
    /// Connecting to a peer for packets (with TLS, the handshake included), and each write to it, is given up after this time. Must not be zero. Default: 5 s.
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    pub peer_timeout: Duration,
    /// An outbound connection for packets that was unused for this time is closed. Must not be zero. Default: 60 s.
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    pub peer_idle: Duration,
    /// Connections that the system may hold before they are accepted. At least 1. Default: 1,024.
    pub backlog: u32,
}

impl NetOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bind: vec![BindAddress::from(SocketAddr::from((Ipv4Addr::UNSPECIFIED, DEFAULT_PORT)))],
            advertise: None,
            max_packet: MAX_PACKET,
            recv_buffer: 2 * 1024 * 1024,
            allowed: None,
            streams_only: false,
            inbound_timeout: Duration::from_secs(5),
            max_pending: 512,
            max_packet_connections: 1024,
            max_per_ip: 128,
            max_peers: 1024,
            peer_queue: 64,
            peer_timeout: Duration::from_secs(5),
            peer_idle: Duration::from_secs(60),
            backlog: 1024,
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

    /// Sends no larger packets.
    #[must_use]
    pub fn with_max_packet(mut self, bytes: usize) -> Self {
        self.max_packet = bytes;
        self
    }

    /// Asks for receive buffers of this size.
    #[must_use]
    pub fn with_recv_buffer(mut self, bytes: usize) -> Self {
        self.recv_buffer = bytes;
        self
    }

    /// Lets only these networks take part.
    #[must_use]
    pub fn with_allowed(mut self, policy: CidrPolicy) -> Self {
        self.allowed = Some(policy);
        self
    }

    /// Carries packets over TCP (or not).
    #[must_use]
    pub fn with_streams_only(mut self, streams_only: bool) -> Self {
        self.streams_only = streams_only;
        self
    }

    /// Closes inbound connections that stay silent for so long.
    #[must_use]
    pub fn with_inbound_timeout(mut self, timeout: Duration) -> Self {
        self.inbound_timeout = timeout;
        self
    }

    /// Holds no more inbound connections that have sent nothing yet.
    #[must_use]
    pub fn with_max_pending(mut self, connections: usize) -> Self {
        self.max_pending = connections;
        self
    }

    /// Holds no more inbound connections that carry packets.
    #[must_use]
    pub fn with_max_packet_connections(mut self, connections: usize) -> Self {
        self.max_packet_connections = connections;
        self
    }

    /// Holds no more inbound connections of either kind from one IP address.
    #[must_use]
    pub fn with_max_per_ip(mut self, connections: usize) -> Self {
        self.max_per_ip = connections;
        self
    }

    /// Holds no more outbound connections for packets.
    #[must_use]
    pub fn with_max_peers(mut self, peers: usize) -> Self {
        self.max_peers = peers;
        self
    }

    /// Lets no more packets wait for one peer.
    #[must_use]
    pub fn with_peer_queue(mut self, packets: usize) -> Self {
        self.peer_queue = packets;
        self
    }

    /// Gives up connecting and writing to a peer after so long.
    #[must_use]
    pub fn with_peer_timeout(mut self, timeout: Duration) -> Self {
        self.peer_timeout = timeout;
        self
    }

    /// Closes an outbound connection for packets that is unused for so long.
    #[must_use]
    pub fn with_peer_idle(mut self, idle: Duration) -> Self {
        self.peer_idle = idle;
        self
    }

    /// Asks the system to hold so many connections before they are accepted.
    #[must_use]
    pub fn with_backlog(mut self, connections: u32) -> Self {
        self.backlog = connections;
        self
    }

    /// Whether the options can work together; [`NetTransport::bind`](crate::NetTransport::bind) asks the same.
    ///
    /// # Errors
    /// The first option that cannot be, by name.
    pub fn validate(&self) -> Result<(), NetError> {
        let first = self.bind.first().ok_or(NetError::NoBindAddress)?.socket_addr();
        if let Some(second) = self.bind.iter().find(|other| other.socket_addr().port() != first.port()) {
            return Err(NetError::DifferentPorts { first, second: second.socket_addr() });
        }
        if let Some(address) = self.advertise.filter(|address| address.ip().to_canonical().is_unspecified()) {
            return Err(NetError::UnspecifiedAdvertise(address));
        }
        if !(512..=MAX_PACKET).contains(&self.max_packet) {
            return Err(invalid("max_packet", self.max_packet, "512 to 65,507 bytes"));
        }
        for (name, value) in [
            ("max_pending", self.max_pending),
            ("max_packet_connections", self.max_packet_connections),
            ("max_per_ip", self.max_per_ip),
            ("max_peers", self.max_peers),
            ("peer_queue", self.peer_queue),
            ("backlog", self.backlog as usize),
        ] {
            if value == 0 {
                return Err(invalid(name, value, "at least 1"));
            }
        }
        for (name, value) in [
            ("inbound_timeout", self.inbound_timeout),
            ("peer_timeout", self.peer_timeout),
            ("peer_idle", self.peer_idle),
        ] {
            if value.is_zero() {
                return Err(invalid(name, "0s", "longer than zero"));
            }
        }
        Ok(())
    }
}

fn invalid(name: &'static str, value: impl ToString, range: &'static str) -> NetError {
    NetError::InvalidOption { name, value: value.to_string(), range }
}

impl Default for NetOptions {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
