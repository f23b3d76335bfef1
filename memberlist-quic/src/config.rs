//! From what the user configures to what the QUIC implementation takes.

use crate::{QuicError, QuicOptions};
use memberlist_sockets::lock;
use memberlist_tls::TlsOptions;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{ClientConfig, EndpointConfig, ServerConfig, TransportConfig, VarInt};
use rustls::client::Resumption;
use rustls::pki_types::{IpAddr, Ipv4Addr, ServerName};
use rustls::quic::{ClientConnection, ServerConnection, Version};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The protocol's name in the TLS handshake (ALPN), if the configurations name none.
const PROTOCOL: &[u8] = b"memberlist/1";
/// Datagrams of one connection that wait, either way, in bytes.
const DATAGRAM_BUFFER: usize = 256 * 1024;
/// A stream may fill this part of its connection's window, and no more: others, and packets on streams, share what is left.
const STREAM_SHARE: u32 = 8;
/// How often a peer can be called again before it must have given new tickets.
const TICKETS: usize = 4;

pub(crate) struct Configs {
    pub(crate) endpoint: EndpointConfig,
    pub(crate) server: ServerConfig,
    pub(crate) clients: Clients,
}

impl Configs {
    pub(crate) fn new(options: &QuicOptions, tls: &TlsOptions) -> Result<Self, QuicError> {
        let transport = Arc::new(transport(options)?);
        let mut server = ServerConfig::with_crypto(Arc::new(server_crypto(options, tls)?));
        server
            .transport_config(Arc::clone(&transport))
            // Nodes have an address, which is what they are known by.
            .migration(false)
            .max_incoming(options.max_handshakes.saturating_mul(2))
            .incoming_buffer_size(16 * 1024)
            .incoming_buffer_size_total(1024 * 1024);
        let clients = Clients::new(options, tls, transport)?;
        Ok(Self { endpoint: EndpointConfig::default(), server, clients })
    }
}

/// The configurations for connections that this node opens.
pub(crate) struct Clients {
    any: ClientConfig,
    /// For packets before the end of the handshake each peer needs a memory of its own for what is resumed: that of rustls goes by the
    /// name in the certificate, which the nodes of one host, or of the whole cluster, may share.
    resuming: Option<Resuming>,
}

struct Resuming {
    crypto: Arc<rustls::ClientConfig>,
    transport: Arc<TransportConfig>,
    by_peer: Mutex<HashMap<SocketAddr, ClientConfig>>,
    max: usize,
}

impl Clients {
    fn new(
        options: &QuicOptions,
        tls: &TlsOptions,
        transport: Arc<TransportConfig>,
    ) -> Result<Self, QuicError> {
        let crypto = client_crypto(options, tls)?;
        let any =
            client(&crypto, &transport).map_err(|reason| QuicError::InvalidTls { side: "client", reason })?;
        let resuming = options.early_packets().then(|| Resuming {
            crypto,
            transport,
            by_peer: Mutex::default(),
            max: options.max_outbound,
        });
        Ok(Self { any, resuming })
    }

    /// The configuration for connections to this peer.
    pub(crate) fn config_for(&self, peer: SocketAddr) -> ClientConfig {
        let Some(resuming) = &self.resuming else { return self.any.clone() };
        let mut by_peer = lock(&resuming.by_peer);
        if let Some(config) = by_peer.get(&peer) {
            return config.clone();
        }
        let mut crypto = rustls::ClientConfig::clone(&resuming.crypto);
        crypto.resumption = Resumption::in_memory_sessions(TICKETS);
        let Ok(config) = client(&Arc::new(crypto), &resuming.transport) else { return self.any.clone() };
        if by_peer.len() >= resuming.max
            && let Some(other) = by_peer.keys().next().copied()
        {
            // Any of them: all that is lost is a round trip, once.
            by_peer.remove(&other);
        }
        by_peer.insert(peer, config.clone());
        config
    }
}

fn client(
    crypto: &Arc<rustls::ClientConfig>,
    transport: &Arc<TransportConfig>,
) -> Result<ClientConfig, String> {
    let crypto = QuicClientConfig::try_from(Arc::clone(crypto)).map_err(|error| error.to_string())?;
    let mut config = ClientConfig::new(Arc::new(crypto));
    config.transport_config(Arc::clone(transport));
    Ok(config)
}

fn transport(options: &QuicOptions) -> Result<TransportConfig, QuicError> {
    let window = VarInt::from_u32(options.window);
    let idle = options.idle_timeout.try_into().map_err(|_| QuicError::InvalidOption {
        name: "idle_timeout",
        value: format!("{:?}", options.idle_timeout),
        range: "1 ms to a day",
    })?;
    let mut config = TransportConfig::default();
    config
        .max_idle_timeout(Some(idle))
        .max_concurrent_bidi_streams(VarInt::from_u32(options.max_streams.into()))
        .max_concurrent_uni_streams(VarInt::from_u32(options.max_packet_streams.into()))
        .receive_window(window)
        .stream_receive_window(VarInt::from_u32(options.window / STREAM_SHARE))
        .send_window(options.window.into())
        .datagram_receive_buffer_size(Some(DATAGRAM_BUFFER))
        .datagram_send_buffer_size(DATAGRAM_BUFFER)
        // The default, a third of a second, is made for the internet at large. A handshake's first packet that is lost is repeated
        // after twice that time, and a probe would not wait so long.
        .initial_rtt(Duration::from_millis(100));
    Ok(config)
}

fn server_crypto(options: &QuicOptions, tls: &TlsOptions) -> Result<QuicServerConfig, QuicError> {
    let invalid = |reason: String| QuicError::InvalidTls { side: "server", reason };
    let mut config = rustls::ServerConfig::clone(&tls.server);
    if config.alpn_protocols.is_empty() {
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
    }
    // A resumed session looks at no certificate, so one that was revoked would go on for as long as its tickets. They are given where
    // early packets are asked for, and nothing else needs them.
    if !options.early_packets() {
        config.send_tls13_tickets = 0;
    }
    config.max_early_data_size = if options.early_packets() { u32::MAX } else { 0 };
    let config = Arc::new(config);
    // What the QUIC implementation would only find out, and panic at, when the first connection comes.
    ServerConnection::new(Arc::clone(&config), Version::V1, Vec::new())
        .map_err(|error| invalid(error.to_string()))?;
    QuicServerConfig::try_from(config).map_err(|error| invalid(error.to_string()))
}

fn client_crypto(options: &QuicOptions, tls: &TlsOptions) -> Result<Arc<rustls::ClientConfig>, QuicError> {
    let mut config = rustls::ClientConfig::clone(&tls.client);
    if config.alpn_protocols.is_empty() {
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
    }
    config.enable_early_data = options.early_packets();
    let config = Arc::new(config);
    let anybody = ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([127, 0, 0, 1])));
    ClientConnection::new(Arc::clone(&config), Version::V1, anybody, Vec::new())
        .map_err(|error| QuicError::InvalidTls { side: "client", reason: error.to_string() })?;
    Ok(config)
}
