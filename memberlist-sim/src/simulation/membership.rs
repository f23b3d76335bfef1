use crate::{Addr, Name};
use memberlist_proto::{Common, Dense, Endpoint, Instant, Lockstep, Shared, Store, types::Wire};

/// Where the nodes of a simulation keep what they know of each other.
///
/// [`Dense`] is what users deploy, and the default: 60 bytes for each pair of nodes. [`Shared`] stores once what all agree on, for many
/// thousands of nodes. [`Lockstep`] runs both, and panics where they differ.
pub trait Membership: Store<Name, Addr> + Sized {
    /// What the stores of one simulation have in common.
    type Common: Default;

    /// Whether nodes can be introduced to each other all at once, by what they have in common.
    const AT_ONCE: bool = false;

    /// An empty store.
    fn fresh(common: &Self::Common) -> Self;

    /// Makes a node that knows nobody know everybody, where that can be done at once.
    fn introduce_to_all<W: Wire<Name, Addr>>(_: &mut Endpoint<Name, Addr, W, Self>, _: Instant) {}
}

impl Membership for Dense<Name, Addr> {
    type Common = ();

    fn fresh((): &()) -> Self {
        Self::new()
    }
}

impl Membership for Shared<Name, Addr> {
    type Common = Common<Name, Addr>;

    const AT_ONCE: bool = true;

    fn fresh(common: &Self::Common) -> Self {
        Self::new(common)
    }

    fn introduce_to_all<W: Wire<Name, Addr>>(endpoint: &mut Endpoint<Name, Addr, W, Self>, now: Instant) {
        endpoint.restore_common(now);
    }
}

impl Membership for Lockstep<Name, Addr> {
    type Common = Common<Name, Addr>;

    fn fresh(common: &Self::Common) -> Self {
        Self::new(common)
    }
}

#[cfg(test)]
mod tests;
