//! What a driver of very many endpoints can do about memory that is in no near cache.

use super::*;

/// Brings memory into a near cache, or does not: nothing depends on it. How that is done is left to the driver, since it takes an instruction that
/// safe code has no name for.
pub trait Prefetch {
    /// So many bytes from this address on.
    fn memory(&self, address: usize, len: usize);

    /// All of this, but not what is behind its pointers.
    #[inline(always)]
    fn item<T>(&self, item: &T) {
        self.memory(core::ptr::from_ref(item) as usize, size_of::<T>());
    }
}

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    /// Prefetches what the next input is likely to need of this endpoint itself. A driver of very many endpoints calls this for those whose turn comes
    /// soon, so that their memory comes while it works on others, and later [`prefetch_lists`](Endpoint::prefetch_lists).
    #[inline]
    pub fn prefetch(&self, by: &impl Prefetch) {
        by.item(&self.timers);
        by.item(&self.budget);
        by.item(&self.hearing);
        by.item(&self.members);
        by.item(&self.pending);
        by.item(&self.probe);
        self.membership.prefetch(by);
        self.user.prefetch(by);
        by.item(&self.stats.probes);
        by.item(&self.stats.probes_by_stream);
        by.item(&self.work);
        by.item(&self.leaving);
        by.item(&self.probing);
        by.item(&self.ack_payload);
        by.item(&self.room);
        by.item(&self.in_company);
    }

    /// Prefetches what the next input is likely to need behind the pointers of this endpoint, which should have been
    /// [prefetched](Endpoint::prefetch) itself. `from` is whom a packet comes from; `None`: it is a timer.
    #[inline]
    pub fn prefetch_lists(&self, from: Option<&Node<I, A>>, by: &impl Prefetch) {
        self.timers.prefetch_lists(by);
        self.budget.prefetch_lists(by);
        self.members.prefetch_record(from.map(|node| &node.id), by);
        self.pending.prefetch_lists(by);
    }
}
