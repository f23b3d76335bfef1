//! Data model of the memberlist framework and everything that turns it into bytes.
//!
//! This crate knows *what is said* between nodes ([`Message`], [`StreamMessage`]) and *how it looks in bytes*
//! ([`Wire`], [`NativeWire`]); it knows nothing of the protocol's rules, of time, or of sockets.
//! It is `no_std + alloc` (switch the default feature `std` off). The native format is specified byte by byte in `WIRE.md`, beside
//! this crate's manifest.
//!
//! Features: `std` (default); `serde`, for the types that stand in configuration files; `nodecraft`, so that the native wire carries its `NodeId`.
//! Then one for each algorithm of the frame layers. They make it known, but change nothing of what is sent by default:
//!
//! | | features | without `std` |
//! |---|---|---|
//! | checksum | `xxhash32`, `xxhash64`, `xxhash3`, `murmur3` (crc32 is always there) | all |
//! | compression | `snappy`, `lz4`, `zstd`, `brotli` | `lz4`; the others switch `std` on |
//! | encryption | `aes-gcm`, `chacha20-poly1305` (both switch `encryption` on: the keyring) | all; the caller brings random numbers |
//!
//! With `aws-lc-rs` the algorithms of encryption that are compiled in are those of AWS-LC instead of pure Rust: two to seven times as fast, the same
//! bytes. It needs `std` and a C compiler.
//!
//! ```
//! use bytes::{Bytes, BytesMut};
//! use core::net::SocketAddr;
//! use memberlist_types::{Framing, Label, NativeWire, StreamLimits, StreamMessage, Wire};
//!
//! let wire: &dyn Wire<String, SocketAddr> = &NativeWire;
//! let framing = Framing::new().with_label(Label::new("production")?);
//! let limits = StreamLimits::default();
//! let message = StreamMessage::User(Bytes::from_static(b"hello"));
//!
//! let frame = wire.encode_frame(&framing, &limits, true, &message)?;
//! let mut received = BytesMut::from(&frame[..]);
//! assert_eq!(wire.decode_frame(&framing, &limits, true, &mut received)?, Some(message));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod algorithm;
mod framing;
mod identity;
mod incarnation;
// Without an algorithm there can be no key, and the compiler notices.
#[cfg(feature = "encryption")]
#[cfg_attr(
    not(any(feature = "aes-gcm", feature = "chacha20-poly1305")),
    allow(unreachable_code, unused_imports)
)]
mod keyring;
mod label;
mod layers;
mod message;
mod meta;
mod native;
mod node;
mod rejection;
mod text;
mod versions;
mod wire;

pub use algorithm::{ChecksumAlgorithm, Compression, CompressionAlgorithm};
pub use framing::{Framing, Protection};
pub use identity::{Address, Id};
pub use incarnation::Incarnation;
#[cfg(feature = "encryption")]
#[cfg_attr(docsrs, doc(cfg(feature = "encryption")))]
pub use keyring::{
    EncryptionAlgorithm, EncryptionPolicy, KeyId, KeyUse, Keyring, KeyringError, Sealed, SecretKey,
};
pub use label::{Label, LabelTooLong};
pub use layers::Layers;
pub use message::{
    Ack, Alive, Broadcast, Dead, IndirectPing, Message, MessageKind, Nack, Ping, PushPull, PushPullPart,
    SequenceNumber, StreamMessage, Suspect,
};
pub use meta::{Meta, MetaTooLarge};
pub use native::{NativeWire, WireData};
pub use node::{Node, NodeState, State};
pub use rejection::{DecodeError, EncodeError};
pub use versions::Versions;
pub use wire::{StreamLimits, Wire, WireFeatures};
