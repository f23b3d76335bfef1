//! What the memberlist transports over TLS and QUIC share: configurations, names, and development certificates.
