//! What most users of the crate need: `use memberlist::prelude::*`.

#[cfg(feature = "_tls")]
pub use crate::TlsBuilder;
#[cfg(any(feature = "_tls", feature = "_quic"))]
pub use crate::tls::TlsOptions;
#[cfg(all(feature = "tokio", feature = "tcp"))]
pub use crate::tokio::TcpMemberlist;
#[cfg(any(feature = "snappy", feature = "lz4", feature = "zstd", feature = "brotli"))]
pub use crate::types::CompressionAlgorithm;
#[cfg(any(feature = "aes-gcm", feature = "chacha20-poly1305"))]
pub use crate::types::{EncryptionAlgorithm, EncryptionPolicy, Keyring, SecretKey};
pub use crate::{
    CompositeDelegate, Delegate, Event, Events, JoinError, JoinOptions, JoinReport, Member, Memberlist, Meta,
    Node, Options, SmolStr, State, VoidDelegate,
};
#[cfg(feature = "_quic")]
pub use crate::{QuicBuilder, quic::QuicOptions};
#[cfg(any(feature = "tcp", feature = "_quic"))]
pub use crate::{StartError, types::ChecksumAlgorithm};
#[cfg(feature = "tcp")]
pub use crate::{TcpBuilder, net::NetOptions};
#[cfg(any(feature = "tcp", feature = "_quic"))]
pub use memberlist_sockets::{CidrPolicy, SeedAddress};
pub use std::time::Duration;
