//! From what the user configures to what the QUIC implementation takes.

use crate::{QuicError, QuicOptions};
use memberlist_tls::TlsOptions;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{ClientConfig, EndpointConfig, ServerConfig, TransportConfig, VarInt};
use rustls::pki_types::{IpAddr, Ipv4Addr, ServerName};
use rustls::quic::{ClientConnection, ServerConnection, Version};
use std::sync::Arc;
use std::time::Duration;

/// The protocol's name in the TLS handshake (ALPN), if the configurations name none.
const PROTOCOL: &[u8] = b"memberlist/1";
/// Datagrams of one connection that wait, either way, in bytes.
const DATAGRAM_BUFFER: usize = 256 * 1024;

pub(crate) struct Configs {
    pub(crate) endpoint: EndpointConfig,
    pub(crate) server: ServerConfig,
    pub(crate) client: ClientConfig,
}

impl Configs {
    pub(crate) fn new(options: &QuicOptions, tls: &TlsOptions) -> Result<Self, QuicError> {
        let transport = Arc::new(transport(options)?);
        let mut server = ServerConfig::with_crypto(Arc::new(server_crypto(options, tls)?));
        server
            .transport_config(Arc::clone(&transport))
            // Nodes have an address, which is what they are known by.
            .migration(false)
            .max_incoming(2 * options.max_handshakes)
            .incoming_buffer_size(16 * 1024)
            .incoming_buffer_size_total(1024 * 1024);
        let mut client = ClientConfig::new(Arc::new(client_crypto(options, tls)?));
        client.transport_config(transport);
        Ok(Self { endpoint: EndpointConfig::default(), server, client })
    }
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
        .stream_receive_window(window)
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
    config.max_early_data_size = if options.zero_rtt { u32::MAX } else { 0 };
    let config = Arc::new(config);
    // What the QUIC implementation would only find out, and panic at, when the first connection comes.
    ServerConnection::new(Arc::clone(&config), Version::V1, Vec::new())
        .map_err(|error| invalid(error.to_string()))?;
    QuicServerConfig::try_from(config).map_err(|error| invalid(error.to_string()))
}

fn client_crypto(options: &QuicOptions, tls: &TlsOptions) -> Result<QuicClientConfig, QuicError> {
    let invalid = |reason: String| QuicError::InvalidTls { side: "client", reason };
    let mut config = rustls::ClientConfig::clone(&tls.client);
    if config.alpn_protocols.is_empty() {
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
    }
    config.enable_early_data = options.zero_rtt;
    let config = Arc::new(config);
    let anybody = ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([127, 0, 0, 1])));
    ClientConnection::new(Arc::clone(&config), Version::V1, anybody, Vec::new())
        .map_err(|error| invalid(error.to_string()))?;
    QuicClientConfig::try_from(config).map_err(|error| invalid(error.to_string()))
}
