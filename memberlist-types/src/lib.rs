//! Data model of the memberlist framework and everything that turns it into bytes.
//!
//! This crate knows *what is said* between nodes ([`Message`], [`StreamMessage`]) and *how it looks in bytes*
//! ([`Wire`], [`NativeWire`]); it knows nothing of the protocol's rules, of time, or of sockets.
//! It is `no_std + alloc` (switch the default feature `std` off). The native format is specified byte by byte in `WIRE.md`, beside
//! this crate's manifest.
//!
//! Features: `std` (default); `serde`, for the types that stand in configuration files; `nodecraft`, so that the native wire carries its `NodeId`.
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

mod framing;
mod identity;
mod incarnation;
mod label;
mod message;
mod meta;
mod native;
mod node;
mod rejection;
mod text;
mod versions;
mod wire;

pub use framing::{ChecksumAlgorithm, Framing};
pub use identity::{Address, Id};
pub use incarnation::Incarnation;
pub use label::{Label, LabelTooLong};
pub use message::{
    Ack, Alive, Broadcast, Dead, IndirectPing, Message, MessageKind, Nack, Ping, PushPull, SequenceNumber,
    StreamMessage, Suspect,
};
pub use meta::{Meta, MetaTooLarge};
pub use native::{NativeWire, WireData};
pub use node::{Node, NodeState, State};
pub use rejection::{DecodeError, EncodeError};
pub use versions::Versions;
pub use wire::{StreamLimits, Wire, WireFeatures};
