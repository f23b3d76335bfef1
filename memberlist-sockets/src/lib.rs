//! What transports over sockets share: what users write as an address, who may take part, which address is advertised, and an orderly
//! end. For authors of transports; applications meet these types in `memberlist-net` and `memberlist-quic`, which re-export them.
//!
//! * addresses: [`BindAddress`], [`SeedAddress`], [`HostResolver`], [`canonical`], [`advertise_address`];
//! * limits: [`CidrPolicy`], [`Slots`], [`Inbox`], [`Backoff`];
//! * the end: [`Lifecycle`], in which a transport's tasks and pending calls hold a share, so that it knows when nothing is open any more.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod advertise;
mod backoff;
mod bind_address;
mod canonical;
mod cidr;
mod host_text;
mod inbox;
mod lifecycle;
mod open;
mod remote;
mod resolver;
mod seed_address;
mod slots;

pub use advertise::{AdvertiseError, advertise_address, source_towards};
pub use backoff::Backoff;
pub use bind_address::{BindAddress, DEFAULT_PORT, InvalidBindAddress};
pub use canonical::canonical;
pub use cidr::{CidrPolicy, InvalidCidrs};
pub use host_text::{InvalidHost, NamedHost};
pub use inbox::Inbox;
pub use ipnet;
pub use lifecycle::{Held, Lifecycle, Signal, lock};
pub use nodecraft::HostAddr;
pub use open::{grow_recv_buffer, open_socket};
pub use remote::is_remote_kind;
pub use resolver::{HostResolver, ResolveError};
pub use seed_address::SeedAddress;
pub use slots::{Slot, Slots};
