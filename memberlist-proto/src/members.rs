//! The membership table: a record for each node, an index by id, and the shuffled order in which members are probed.

mod dense;
#[cfg(feature = "shared-store")]
mod lockstep;
mod record;
#[cfg(feature = "shared-store")]
mod shared;
mod snapshot;
mod store;

pub use dense::Dense;
#[cfg(feature = "shared-store")]
pub use lockstep::Lockstep;
pub(crate) use record::{Profile, Record, RunningSuspicion};
#[cfg(feature = "shared-store")]
pub use shared::{Common, Shared};
pub use snapshot::Snapshot;
pub use store::Store;
#[cfg(any(test, feature = "_bench"))]
pub(crate) use store::Table;

use record::Generation;

/// Names a record; a key of a forgotten record finds nothing, even if its place was taken by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberKey {
    slot: u32,
    generation: Generation,
}

#[cfg(test)]
mod tests;
