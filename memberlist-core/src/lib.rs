//! The async driver of the memberlist framework.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod transport;

pub use memberlist_proto as proto;
pub use memberlist_types as types;
pub use transport::{Capabilities, Packet, ResolveAll, Transport, TransportError};
