//! What the application may have a say in: six small traits with default bodies.
//!
//! Most applications need none of them: [`Memberlist::events`](crate::Memberlist::events) is a stream.
//! Implement the parts that you need and assemble them with [`CompositeDelegate`]; what is not set does nothing.
//!
//! How each is called: the asynchronous methods run in tasks of their own behind bounded queues, may call back into the
//! handle, and never stall probing or gossip however long they take (a queue that overflows is counted, and what it
//! lost is documented with the method). The synchronous ones are asked ahead of time, off the packet path; they should
//! not block.

mod alive;
mod composite;
mod conflict;
mod event;
mod merge;
mod node;
mod ping;
mod refusal;
mod void;

pub use alive::AliveDelegate;
pub use composite::CompositeDelegate;
pub use conflict::ConflictDelegate;
pub use event::EventDelegate;
pub use merge::MergeDelegate;
pub use node::NodeDelegate;
pub use ping::PingDelegate;
pub use refusal::Refusal;
pub use void::VoidDelegate;

use memberlist_types::Address;

/// All six delegates in one, and the types of a node's id and address.
///
/// [`CompositeDelegate`] and [`VoidDelegate`] implement it; an own type does by implementing the six (each may be empty)
/// and naming its types:
///
/// ```
/// use memberlist_core::delegate::*;
/// use smol_str::SmolStr;
/// use std::net::SocketAddr;
///
/// struct Mine;
/// impl AliveDelegate<SmolStr, SocketAddr> for Mine {}
/// impl ConflictDelegate<SmolStr, SocketAddr> for Mine {}
/// impl EventDelegate<SmolStr, SocketAddr> for Mine {}
/// impl MergeDelegate<SmolStr, SocketAddr> for Mine {}
/// impl NodeDelegate<SocketAddr> for Mine {}
/// impl PingDelegate<SmolStr, SocketAddr> for Mine {}
/// impl Delegate for Mine {
///     type Id = SmolStr;
///     type Address = SocketAddr;
/// }
/// ```
pub trait Delegate:
    AliveDelegate<<Self as Delegate>::Id, <Self as Delegate>::Address>
    + ConflictDelegate<<Self as Delegate>::Id, <Self as Delegate>::Address>
    + EventDelegate<<Self as Delegate>::Id, <Self as Delegate>::Address>
    + MergeDelegate<<Self as Delegate>::Id, <Self as Delegate>::Address>
    + NodeDelegate<<Self as Delegate>::Address>
    + PingDelegate<<Self as Delegate>::Id, <Self as Delegate>::Address>
{
    /// What names a node.
    type Id: nodecraft::Id + Send + Sync;
    /// Where a node is reached: the transport's resolved address.
    type Address: Address;
}
