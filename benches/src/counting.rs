//! The allocator that counts.

// An allocator can't be written without it. It passes everything on to the system's, with the same arguments.
#![allow(unsafe_code)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

/// The system's allocator; counts for each thread what it asks for, and gives back.
pub struct Counting;

/// What a thread has asked for since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How often memory was asked for; to make a piece larger counts as well.
    pub allocations: u64,
    /// How many bytes in all.
    pub bytes: u64,
    /// How many more bytes are held than were when the thread began. Memory may be freed by another thread.
    pub held: i64,
}

thread_local! {
    static COUNT: Cell<Count> = const { Cell::new(Count { allocations: 0, bytes: 0, held: 0 }) };
}

/// What this thread has asked for so far.
#[must_use]
pub fn count() -> Count {
    COUNT.get()
}

fn taken(old: usize, new: usize) {
    // While a thread ends it may allocate when its counter is gone; that is nobody's measurement.
    let _ = COUNT.try_with(|count| {
        let Count { allocations, bytes, held } = count.get();
        let held = held + new as i64 - old as i64;
        count.set(Count { allocations: allocations + 1, bytes: bytes + new as u64, held });
    });
}

// SAFETY: each method does what that of `System` does, under the same conditions.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        taken(0, layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        taken(0, layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        taken(layout.size(), size);
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        let _ = COUNT.try_with(|count| {
            let now = count.get();
            count.set(Count { held: now.held - layout.size() as i64, ..now });
        });
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    fn every_request_is_counted_and_what_is_given_back_is_not_held() {
        let before = count();
        let mut bytes: Vec<u8> = black_box(Vec::with_capacity(100));
        bytes.reserve_exact(black_box(200));
        let during = count();
        assert_eq!(during.allocations - before.allocations, 2);
        assert_eq!(during.bytes - before.bytes, 300);
        assert_eq!(during.held - before.held, 200);
        drop(bytes);
        assert_eq!(count(), Count { held: before.held, ..during });
    }
}
