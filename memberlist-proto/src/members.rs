//! The membership table: a slab of records, an index by id, and the shuffled order in which members are probed.

mod dense;
mod record;

pub(crate) use dense::Members;
pub(crate) use record::{Profile, Record, RunningSuspicion};

use record::Generation;

/// Names a record; a key of a forgotten record finds nothing, even if its place was taken by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MemberKey {
    slot: u32,
    generation: Generation,
}

#[cfg(test)]
mod tests;
