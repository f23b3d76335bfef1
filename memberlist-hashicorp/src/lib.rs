//! The wire format of HashiCorp's memberlist, byte for byte: nodes of this framework, and those that are written in Go (Serf's, Consul's, Nomad's,
//! Loki's …), in one cluster.
//!
//! [`HashicorpWire`] implements [`Wire`](memberlist_types::Wire): give it to a node instead of the native wire. It reads and writes packets (several messages in one,
//! LZW, checksum, AES-GCM, label) and streams, for protocol versions 1 to 5. What it reads of msgpack is what Go reads; what it writes is what Go would
//! have written. [`msgpack`] is public, for what lies above: Serf's messages are written in it, too.
//!
//! It is not the native wire, and has less: no messages that tell who broadcasts, no push/pulls in parts, no other algorithms. All nodes of
//! a cluster must speak the same wire. It knows nothing of rules, time, or sockets, and is `no_std + alloc` (switch the default feature `std` off).
//!
//! ```
//! use bytes::{Bytes, BytesMut};
//! use core::net::SocketAddr;
//! use memberlist_hashicorp::HashicorpWire;
//! use memberlist_types::{Framing, Label, StreamLimits, StreamMessage, Wire};
//!
//! let wire: &dyn Wire<String, SocketAddr> = &HashicorpWire::new();
//! let framing = Framing::new().with_label(Label::new("production")?);
//! let message = StreamMessage::User(Bytes::from_static(b"hello"));
//!
//! let frame = wire.encode_frame(&framing, &StreamLimits::default(), true, &message)?;
//! assert_eq!(frame, &b"\xf4\x0aproduction\x08\x81\xaaUserMsgLen\x05hello"[..]);
//! let mut received = BytesMut::from(&frame[..]);
//! assert_eq!(wire.decode_frame(&framing, &StreamLimits::default(), true, &mut received)?, Some(message));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a node needs
//! * An id that is a [`HashicorpName`], and an address that is a [`HashicorpAddress`]: text and `SocketAddr` are.
//! * A [`Framing`](memberlist_types::Framing) with crc32 or no checksum, without compression (that is a setting of the wire, on by default as in Go), and
//!   with keys of AES-GCM, if any (feature `aes-gcm`).
//! * The versions of the application that the cluster's other nodes speak (`Versions::delegate_*`), or they refuse every push/pull.
//!
//! # Where it is stricter than Go
//! * Names have 1 to 255 bytes, and are UTF-8 if the type of the id is text; addresses have 4 or 16 bytes, and a port. A message with others is refused.
//!   In a push/pull such a node is left out, for Go admits it, and would tell us of it for ever.
//! * Sizes: a packet becomes no more than 64 KiB when it is decompressed, and has at most 1,024 messages in containers 8 deep. On streams, a
//!   struct has at most 64 values.
//! * Encryption format 0 is refused unless [`HashicorpWire::format_0`] says otherwise.
//!
//! # What it can't protect
//! The label is in clear, though authenticated. Which encryption format was used is not authenticated ([`Format0`]). Packets can't be told from noise
//! before they are decrypted, for nothing says that they are encrypted, or with which key: each key is tried.

// Tests may have all of it.
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod compound;
mod compression;
#[cfg(feature = "aes-gcm")]
mod encryption;
#[cfg(not(feature = "aes-gcm"))]
mod plain;
#[cfg(not(feature = "aes-gcm"))]
use plain as encryption;
mod identity;
mod kind;
mod label;
mod layers;
mod lzw;
mod message;
pub mod msgpack;
mod packet;
pub mod serf;
mod stream;
mod wire;

pub use identity::{HashicorpAddress, HashicorpName};
pub use wire::{Format0, HashicorpWire};
