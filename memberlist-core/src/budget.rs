//! Bytes of memory that several may use together.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// What is used, and how much that may be.
#[derive(Debug)]
pub(crate) struct Budget {
    used: AtomicUsize,
    limit: usize,
}

/// One user's part; given back when dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    budget: Arc<Budget>,
    /// So much is everybody's own, and not counted.
    free: usize,
    charged: usize,
}

impl Budget {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), limit })
    }

    /// Nothing yet, for a user whose first `free` bytes are not counted.
    pub(crate) fn charge(self: &Arc<Self>, free: usize) -> Charge {
        Charge { budget: Arc::clone(self), free, charged: 0 }
    }

    #[cfg(test)]
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Acquire)
    }
}

impl Charge {
    /// The user now has so many bytes in all. False: that would be too much; nothing has changed then.
    #[must_use]
    pub(crate) fn set(&mut self, bytes: usize) -> bool {
        self.set_leaving(bytes, 0)
    }

    /// As `set`, if so much is left for others then.
    #[must_use]
    pub(crate) fn set_leaving(&mut self, bytes: usize, left: usize) -> bool {
        let wanted = bytes.saturating_sub(self.free);
        let Some(more) = wanted.checked_sub(self.charged) else {
            self.budget.used.fetch_sub(self.charged - wanted, Ordering::AcqRel);
            self.charged = wanted;
            return true;
        };
        let limit = self.budget.limit.saturating_sub(left);
        let grow = |used: usize| used.checked_add(more).filter(|used| *used <= limit);
        let granted = self.budget.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, grow).is_ok();
        if granted {
            self.charged = wanted;
        }
        granted
    }

    /// As `set`, and then as much of what is wished on top as there is; of what is left for all, no more than half. Gives how much of
    /// the wish is granted.
    pub(crate) fn set_wishing(&mut self, bytes: usize, wish: usize) -> Option<usize> {
        if !self.set(bytes) {
            return None;
        }
        let own = self.free.saturating_sub(bytes).min(wish);
        let mut granted = 0;
        let limit = self.budget.limit;
        let grow = |used: usize| {
            granted = (wish - own).min(limit.saturating_sub(used) / 2);
            Some(used + granted)
        };
        if self.budget.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, grow).is_ok() {
            self.charged += granted;
        }
        Some(own + granted)
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.charged, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests;
