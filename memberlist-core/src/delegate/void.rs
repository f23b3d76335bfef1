use super::{
    AliveDelegate, ConflictDelegate, Delegate, EventDelegate, MergeDelegate, NodeDelegate, PingDelegate,
};
use memberlist_types::{Address, Id};
use std::{fmt, marker::PhantomData};

/// A delegate that has no say: accepts everything, hears nothing.
///
/// ```
/// use memberlist_core::delegate::VoidDelegate;
/// use smol_str::SmolStr;
/// use std::net::SocketAddr;
///
/// let void = VoidDelegate::<SmolStr, SocketAddr>::new();
/// # let _ = void;
/// ```
pub struct VoidDelegate<I, A>(PhantomData<fn() -> (I, A)>);

impl<I, A> VoidDelegate<I, A> {
    /// The void.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<I, A> Default for VoidDelegate<I, A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I, A> Clone for VoidDelegate<I, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I, A> Copy for VoidDelegate<I, A> {}

impl<I, A> fmt::Debug for VoidDelegate<I, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VoidDelegate")
    }
}

impl<I: Id, A: Address> AliveDelegate<I, A> for VoidDelegate<I, A> {
    fn filters_alive(&self) -> bool {
        false
    }
}

impl<I: Id, A: Address> ConflictDelegate<I, A> for VoidDelegate<I, A> {}
impl<I: Id, A: Address> EventDelegate<I, A> for VoidDelegate<I, A> {}
impl<I: Id, A: Address> MergeDelegate<I, A> for VoidDelegate<I, A> {}

impl<I: Id, A: Address> NodeDelegate<A> for VoidDelegate<I, A> {
    fn takes_messages(&self) -> bool {
        false
    }

    fn has_broadcasts(&self) -> bool {
        false
    }
}

impl<I: Id, A: Address> PingDelegate<I, A> for VoidDelegate<I, A> {
    fn changes_ack_payload(&self) -> bool {
        false
    }
}

impl<I: nodecraft::Id + Send + Sync, A: Address> Delegate for VoidDelegate<I, A> {
    type Id = I;
    type Address = A;
}
