//! The wire format of HashiCorp's memberlist.

#![cfg_attr(not(feature = "std"), no_std)]
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
mod stream;
mod wire;

pub use identity::{HashicorpAddress, HashicorpName};
pub use wire::{Format0, HashicorpWire};
